//! Dropout.

use spu::{Error, Fxp, HostOf, Secret, ShapeOf, Tensor, random};

use super::Layer;
use crate::init::Draws;

/// Dropout (Srivastava and others, 2014): in training each number is replaced by 0 with probability `rate`, and divided by
/// 1 − rate else, so that its mean stays. Afterwards it does nothing.
///
/// No party learns what was dropped; the derivative drops the same. The rate is rounded to a multiple of 1/256: so a mask takes
/// at most nine rounds, which depend on nothing, instead of 25, and the division uses the rate that was drawn by. A rate that rounds to 0 (but
/// for 0 itself) or to 1 is refused: it lies above 1/512 and at most 511/512.
///
/// ```
/// # extern crate spu_tensor as spu;
/// use spu::{Fxp, Secret, Tensor, evaluate};
/// use spu_nn::layers::{Dropout, Layer};
///
/// let drop = |x: Tensor<Secret, Fxp>| Dropout::new(0.75).train((), (), x).0;
/// assert!(evaluate(vec![1.0; 64], drop)?.values().iter().all(|&y| y == 0.0 || y == 4.0));
/// # Ok::<(), spu::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Dropout {
    rate: f64,
}

impl Dropout {
    /// With this probability of being dropped: 0, or above 1/512 and at most 511/512.
    pub const fn new(rate: f64) -> Self {
        Self { rate }
    }
}

impl Layer for Dropout {
    type Weights = ();
    type State = ();

    fn shape(self) -> ShapeOf<()> {
        ().into()
    }

    fn state_shape(self) -> ShapeOf<()> {
        ().into()
    }

    fn initial(self, _: &mut Draws) -> Result<HostOf<()>, Error> {
        Ok(().into())
    }

    fn initial_state(self) -> Result<HostOf<()>, Error> {
        Ok(().into())
    }

    fn infer(self, (): (), (): (), x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
        x
    }

    fn train(self, (): (), (): (), x: Tensor<Secret, Fxp>) -> (Tensor<Secret, Fxp>, ()) {
        if self.rate == 0.0 {
            return (x, ());
        }
        let kept = ((1.0 - self.rate) * RESOLUTION).round() / RESOLUTION;
        if !(kept > 0.0 && kept < 1.0) {
            let limits = "it must be 0, or above 1/512 and at most 511/512";
            spu::refuse(format!("cannot drop at a rate of {}: {limits}", self.rate), x);
            return (x, ());
        }
        let mask = random::bernoulli::<Secret>(kept, x.shape());
        (mask * x * (1.0 / kept), ())
    }
}

const RESOLUTION: f64 = 256.0;
