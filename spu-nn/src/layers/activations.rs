//! Functions without weights, as layers.

use spu::{Fxp, Secret, Tensor};

use super::Stateless;
use super::without_weights::without_weights;
use crate::rows::last_axis;

macro_rules! activations {
    ($($(#[$doc:meta])+ $layer:ident => |$x:ident| $value:expr, $input:tt => $output:tt;)+) => { $(
        $(#[$doc])+
        ///
        /// ```
        /// # extern crate spu_tensor as spu;
        /// use spu::{Fxp, Secret, Tensor, evaluate};
        #[doc = concat!("use spu_nn::layers::{Layer, ", stringify!($layer), "};")]
        ///
        #[doc = concat!("let y = evaluate(vec!", stringify!($input), ", |x: Tensor<Secret, Fxp>| ", stringify!($layer), ".apply((), x))?;")]
        #[doc = concat!("assert_eq!(y.values(), ", stringify!($output), ");")]
        /// # Ok::<(), spu::Error>(())
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub struct $layer;

        impl Stateless for $layer {
            without_weights!();

            fn apply(&self, (): (), $x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
                $value
            }
        }

    )+ };
}

activations! {
    /// max(x, 0).
    Relu => |x| x.relu(), [-1.0, 2.0] => [0.0, 2.0];
    /// x·Φ(x), Φ the normal distribution function (Hendrycks and Gimpel, 2016), not its approximation by tanh.
    Gelu => |x| x.gelu(), [0.0, 10.0] => [0.0, 10.0];
    /// x/(1 + e^−x), also called swish.
    Silu => |x| x.silu(), [0.0] => [0.0];
    /// The hyperbolic tangent.
    Tanh => |x| x.tanh(), [0.0] => [0.0];
    /// 1/(1 + e^−x).
    Sigmoid => |x| x.sigmoid(), [0.0] => [0.5];
    /// e^x / Σ e^x over the last axis. In front of a cross-entropy it has no place: that takes logits.
    Softmax => |x| x.softmax(last_axis(x).0), [3.0, 3.0, -1e9] => [0.5, 0.5, 0.0];
}

/// max(x, 0) + slope·min(x, 0).
///
/// ```
/// # extern crate spu_tensor as spu;
/// use spu::{Fxp, Secret, Tensor, evaluate};
/// use spu_nn::layers::{Layer, LeakyRelu};
///
/// let y = evaluate(vec![-8.0, 2.0], |x: Tensor<Secret, Fxp>| LeakyRelu::new(0.25).apply((), x))?;
/// assert_eq!(y.values(), [-2.0, 2.0]);
/// # Ok::<(), spu::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LeakyRelu {
    slope: f64,
}

impl LeakyRelu {
    /// With this slope where x is negative.
    pub const fn new(slope: f64) -> Self {
        Self { slope }
    }
}

impl Stateless for LeakyRelu {
    without_weights!();

    /// What is not negative passes exactly: the slope's rounding meets 0 there.
    fn apply(&self, (): (), x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
        let positive = x.relu();
        positive + self.slope * (x - positive)
    }
}
