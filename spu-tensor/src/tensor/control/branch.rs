//! A choice by a public condition.

use super::super::tree::{flatten, rebuild};
use super::super::{Bool, FlowsTo, Public, Tensor, Tree};
use super::{is_one_truth_value, placeholder, refuse_disclosed};
use crate::location::Location;
use crate::pphlo::Op;
use crate::trace;

/// `then()` if the scalar condition holds, else `otherwise()`. Both are traced; only the chosen one runs, and only its messages are
/// sent. Each leaf has one shape in both, and is secret if it is in either.
///
/// ```
/// use spu_tensor::{Fxp, Public, Secret, Tensor, cond, evaluate};
///
/// let f = |(x, p): (Tensor<Secret, Fxp>, Tensor<Public, Fxp>)| cond(p.gt(0.0), || x * x, || -x);
/// assert_eq!(evaluate((3.0, 1.0), f)?.values(), [9.0]);
/// assert_eq!(evaluate((3.0, -1.0), f)?.values(), [-3.0]);
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn cond<C: FlowsTo<Public>, T: Tree>(
    cond: Tensor<C, Bool>,
    then: impl FnOnce() -> T,
    otherwise: impl FnOnce() -> T,
) -> T {
    let location = Location::caller();
    refuse_disclosed::<T>("choose between", location);
    is_one_truth_value(cond.handle, "choose by", location);
    let first = trace::region(&[], None, location, |_| flatten(then()));
    let second = trace::region(&[], Some(&first), location, |_| flatten(otherwise()));
    let pairs: Vec<_> = first.outputs().into_iter().zip(second.outputs()).collect();
    for (((a, at), (b, other)), leaf) in pairs.iter().zip(T::leaves()) {
        if a.shape != b.shape {
            let name = if leaf.name.is_empty() { String::new() } else { format!(" as `{}`", leaf.name) };
            let message = format!("cannot choose between {} and {}{name}", a.shape, b.shape);
            trace::fault_with(message, &[], location, &[(*at, a.to_string()), (*other, b.to_string())]);
        }
    }
    if trace::is_poisoned() {
        return placeholder(location);
    }
    let secret = |i: usize| pairs.get(i).is_some_and(|((a, _), (b, _))| a.is_secret() || b.is_secret());
    let regions = vec![first.with_secret_outputs(secret), second.with_secret_outputs(secret)];
    let chosen = trace::emit_with_regions(Op::If, &[cond.handle], regions, location);
    chosen.map_or_else(|| placeholder(location), |chosen| rebuild(chosen, location))
}
