//! Pooling by the maximum.

use spu::{Fxp, Secret, Tensor, Window};

use super::without::{without_state, without_weights};
use super::{Layer, Pure};

/// The maximum of each window of `x[n, height, width, channels]`, channel by channel. Padding never wins.
///
/// In front of a ReLU it gives what it gives behind one, and leaves fewer of them.
///
/// ```
/// # extern crate spu_tensor as spu;
/// use spu::{Fxp, Secret, Tensor, evaluate};
/// use spu_nn::layers::{Layer, MaxPool2d};
///
/// let x: Vec<f64> = (0..16).map(f64::from).collect();
/// let pool = |x: Tensor<Secret, Fxp>| MaxPool2d::new([2, 2]).apply((), x.reshape([1, 4, 4, 1]));
/// assert_eq!(evaluate(x, pool)?.values(), [5.0, 7.0, 13.0, 15.0]);
/// # Ok::<(), spu::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MaxPool2d {
    window: [usize; 2],
    strides: [usize; 2],
    padding: [(usize, usize); 2],
}

impl MaxPool2d {
    /// Windows of this height and width, side by side.
    pub const fn new(window: [usize; 2]) -> Self {
        Self { window, strides: window, padding: [(0, 0); 2] }
    }

    /// With windows that lie so many pixels apart, down and to the right.
    pub const fn strides(self, strides: [usize; 2]) -> Self {
        Self { strides, ..self }
    }

    /// With so much room before and after the height, and the width. No window may lie in it wholly.
    pub const fn padding(self, padding: [(usize, usize); 2]) -> Self {
        Self { padding, ..self }
    }
}

impl Layer for MaxPool2d {
    without_weights!();
    without_state!();

    fn infer(self, (): (), (): (), x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
        x.max_pool(Window::tiles(self.window).strides(self.strides).padding(self.padding))
    }
}

impl Pure for MaxPool2d {}
