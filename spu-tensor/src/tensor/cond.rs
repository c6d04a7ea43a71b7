//! A choice by a public condition.

use super::operand::broadcast;
use super::tree::{flatten, rebuild};
use super::{Bool, FlowsTo, Public, Tensor, Tree};
use crate::location::Location;
use crate::pphlo::Op;
use crate::trace;

/// `then()` if the scalar condition holds, else `otherwise()`. Both are traced and evaluated.
///
/// The condition is public, so the leaves keep their visibility.
#[track_caller]
pub fn cond<C: FlowsTo<Public>, T: Tree>(
    cond: Tensor<C, Bool>,
    then: impl FnOnce() -> T,
    otherwise: impl FnOnce() -> T,
) -> T {
    let location = Location::caller();
    if T::leaves().iter().any(|leaf| leaf.is_disclosed) {
        trace::fault("cannot choose between disclosed values: they can only be returned", &[], location);
    }
    let pairs = flatten(then()).into_iter().zip(flatten(otherwise()));
    let chosen = pairs.map(|(a, b)| {
        let (ty, other) = (trace::ty(a), trace::ty(b));
        if ty.shape != other.shape || cond.shape().rank() != 0 {
            let message = format!("cannot choose between {} and {} by {}", ty.shape, other.shape, cond.shape());
            trace::fault(message, &[a, b], location);
            return a;
        }
        let condition = broadcast(cond.handle, &ty.shape, location);
        trace::emit(Op::Select, &[condition, a, b], location)
    });
    rebuild(chosen.collect(), location)
}
