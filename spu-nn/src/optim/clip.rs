//! Gradients no larger than allowed.

use spu::{Fxp, Location, Secret, Tensor, located};

use super::Trainable;
use super::constants::{Constant, are_sound};

/// Every element brought into [−limit, limit]. `limit` is above 0; any other is an error at the caller's line.
///
/// ```
/// use spu_nn::optim::clip;
/// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
///
/// let clipped = evaluate(vec![0.5, -7.0], |g: Tensor<Secret, Fxp>| clip::by_value(g, 2.0))?;
/// assert_eq!(clipped.values(), [0.5, -2.0]);
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn by_value<T: Trainable>(gradient: T, limit: f64) -> T {
    if !are_sound("clip::by_value", gradient, &[Constant::positive("the limit", limit)]) {
        return gradient;
    }
    located(Location::caller(), || gradient.map(|g| g.clamp(-limit, limit)))
}

/// The tree times min(1, limit/‖g‖), ‖g‖ the Euclidean norm of all its elements together (Pascanu, Mikolov and Bengio, ICML 2013). `limit` is above 0; any other is an error at the caller's line.
///
/// The factor is rsqrt(max(‖g/limit‖², 1)): there is no division, and nobody learns whether it is 1. It errs by 2^−15 of itself and two units
/// in the last place; a tree within the limit changes by no more. In a format with 18 fraction bits ‖g‖ must lie below 2^12, and elements below 2^−16
/// do not count towards it.
///
/// ```
/// use spu_nn::optim::clip;
/// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
///
/// type Vector = Tensor<Secret, Fxp>;
/// let (a, b) = evaluate((vec![3.0, 0.0], vec![4.0]), |g: (Vector, Vector)| clip::by_norm(g, 0.5))?.split();
/// assert!((a.values()[0] - 0.3).abs() < 1e-12 && (b.values()[0] - 0.4).abs() < 1e-12);
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn by_norm<T: Trainable>(gradient: T, limit: f64) -> T {
    if !are_sound("clip::by_norm", gradient, &[Constant::positive("the limit", limit)]) {
        return gradient;
    }
    located(Location::caller(), || shortened(gradient, limit))
}

fn shortened<T: Trainable>(gradient: T, limit: f64) -> T {
    // limit = c·2^e with c in [1, 2): all factors but c change scales alone, so that squares keep their digits and have room.
    let e = limit.log2().floor();
    let c = limit / e.exp2();
    let mut square: Option<Tensor<Secret, Fxp>> = None;
    let _ = gradient.map(|g| {
        let small = g * SMALL;
        let of_leaf = (small * small).sum_all() * (SMALL * e.exp2()).powi(-2);
        square = Some(square.map_or(of_leaf, |sum| sum + of_leaf));
        g
    });
    // A tree without leaves has nothing to clip.
    let Some(square) = square else { return gradient };
    let factor = c * square.maximum(c * c).rsqrt();
    gradient.map(|g| g * factor)
}

/// Squares of numbers with up to 26 fraction bits then lie below 2^10 for a norm below 2^12.
const SMALL: f64 = 1.0 / 256.0;
