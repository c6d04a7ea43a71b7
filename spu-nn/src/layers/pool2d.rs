//! Pooling of images.

use spu::{Fxp, Secret, Tensor, Window};

use super::Stateless;
use super::windows::expect_places;
use super::without_weights::without_weights;

macro_rules! pools {
    ($($(#[$doc:meta])+ $layer:ident => $pool:ident;)+) => { $(
        $(#[$doc])+
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub struct $layer {
            window: [usize; 2],
            strides: [usize; 2],
            padding: [(usize, usize); 2],
        }

        impl $layer {
            /// Windows of this height and width, side by side.
            pub const fn new(window: [usize; 2]) -> Self {
                Self { window, strides: window, padding: [(0, 0); 2] }
            }

            /// With windows that lie so many pixels apart, down and to the right.
            pub const fn strides(self, strides: [usize; 2]) -> Self {
                Self { strides, ..self }
            }

            /// With so much room before and after: of the height, of the width.
            pub const fn padding(self, padding: [(usize, usize); 2]) -> Self {
                Self { padding, ..self }
            }
        }

        impl Stateless for $layer {
            without_weights!();

            fn apply(&self, (): (), x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
                let pooled = x.$pool(Window::tiles(self.window).strides(self.strides).padding(self.padding));
                expect_places(x, self.window, pooled);
                pooled
            }
        }

    )+ };
}

pools! {
    /// The maximum of each window of `x[n, height, width, channels]`, channel by channel. Padding never wins; no window may
    /// lie in it wholly.
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
    MaxPool2d => max_pool;
    /// The mean of each window of `x[n, height, width, channels]`, channel by channel. Padding counts as zeros, and in the
    /// number of elements.
    ///
    /// ```
    /// # extern crate spu_tensor as spu;
    /// use spu::{Fxp, Secret, Tensor, evaluate};
    /// use spu_nn::layers::{AvgPool2d, Layer};
    ///
    /// let x: Vec<f64> = (0..16).map(f64::from).collect();
    /// let pool = |x: Tensor<Secret, Fxp>| AvgPool2d::new([2, 2]).apply((), x.reshape([1, 4, 4, 1]));
    /// assert_eq!(evaluate(x, pool)?.values(), [2.5, 4.5, 10.5, 12.5]);
    /// # Ok::<(), spu::Error>(())
    /// ```
    AvgPool2d => avg_pool;
}
