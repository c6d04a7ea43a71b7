//! A loop as long as a public condition holds.

use super::super::tree::{flatten, rebuild};
use super::super::{Bool, Public, Tensor, Tree, sealed::Sealed};
use super::{as_typed, carried, is_one_truth_value, placeholder, refuse_disclosed};
use crate::location::Location;
use crate::pphlo::{Op, Type};
use crate::trace::{self, Handle};

/// What a loop may ask before each iteration: a truth value that every party knows.
#[diagnostic::on_unimplemented(
    message = "cannot loop while `{Self}`",
    label = "`while_loop` needs a condition that every party knows: a `Tensor<Public, Bool>`",
    note = "a secret condition would leak through the number of iterations: use `for_bounded(max, init, |i, state| (goes_on, state))`, which always runs `max` of them",
    note = "call `.reveal()` on the condition if every party may learn it"
)]
pub trait LoopCondition: Sealed {
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn public(self) -> Handle;
}

#[diagnostic::do_not_recommend]
impl LoopCondition for Tensor<Public, Bool> {
    #[allow(private_interfaces)]
    fn public(self) -> Handle {
        self.handle
    }
}

/// As long as `condition(state)` holds, the next state is `body(state)`. The condition is public and decides at run time how often
/// the body runs; nothing bounds that. Each leaf keeps its shape; a leaf of a secret type is secret from the start.
///
/// The condition is traced twice: before the loop, and behind the body for the next iteration.
///
/// ```
/// use spu_tensor::{Fxp, Secret, Tensor, evaluate, while_loop};
///
/// // Newton's iteration for the square root, until the residual, which all parties see, is small.
/// let root = |a: Tensor<Secret, Fxp>| {
///     while_loop(a, |x| (x * x - a).abs().reveal().gt(1e-6), |x| 0.5 * (x + a / x))
/// };
/// assert!((evaluate(2.0, root)?.values()[0] - 2f64.sqrt()).abs() < 1e-6);
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn while_loop<T: Tree, C: LoopCondition>(
    init: T,
    mut condition: impl FnMut(T) -> C,
    body: impl FnOnce(T) -> T,
) -> T {
    let location = Location::caller();
    refuse_disclosed::<T>("carry", location);
    let specs = T::leaves();
    let initial = as_typed(flatten(init), &specs, location);
    let mut holds = |state: Vec<Handle>| {
        let condition = condition(rebuild(state, location)).public();
        is_one_truth_value(condition, "loop while", location);
        condition
    };
    let first = holds(initial.clone());
    let types: Vec<Type> = initial.iter().map(|&leaf| trace::ty(leaf)).collect();
    let region = trace::region(&types, None, location, |state| {
        let next = carried(flatten(body(rebuild(state, location))), &initial, &specs, location);
        let goes_on = holds(next.clone());
        [vec![goes_on], next].concat()
    });
    if trace::is_poisoned() {
        return placeholder(location);
    }
    let operands = [vec![first], initial].concat();
    let op = Op::While { carried: types.len() };
    let last = trace::emit_with_regions(op, &operands, vec![region], location);
    last.map_or_else(|| placeholder(location), |last| rebuild(last, location))
}
