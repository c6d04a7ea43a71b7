//! A loop whose number of iterations is a secret below a bound that is public.

use super::super::operand::broadcast;
use super::super::tree::{flatten, rebuild};
use super::super::{Bool, Int, Public, Secret, Tensor, Tree, Visibility};
use super::counted::{Trips, fori};
use super::{as_typed, carried, is_one_truth_value};
use crate::host::HostTensor;
use crate::location::Location;
use crate::pphlo::{self, Op};
use crate::trace::{self, Handle};

/// `body(i, state)` gives whether the loop goes on, and the next state if it does. All `max` iterations run whatever happens: once
/// the condition has failed, the state stays as it is, so nobody learns when that was. As host code:
///
/// ```text
/// for i in 0..max {
///     let (goes_on, next) = body(i, state);
///     if !goes_on { break; }
///     state = next;
/// }
/// ```
///
/// Every leaf of the state is secret. Costs one selection for each leaf and iteration beside what the body costs.
///
/// ```
/// use spu_tensor::{Fxp, Int, Secret, Tensor, evaluate, for_bounded};
///
/// // How often a number below 1 000 can be halved before it is 1 or less.
/// let halvings = |x: Tensor<Secret, Fxp>| {
///     let none = Tensor::constant(0).to_secret();
///     for_bounded(10, (x, none), |_, (x, n): (Tensor<Secret, Fxp>, Tensor<Secret, Int>)| (x.gt(1.0), (0.5 * x, n + 1))).1
/// };
/// assert_eq!(evaluate(100.0, halvings)?.values(), [7.0]);
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn for_bounded<T: Tree, V: Visibility>(
    max: impl Trips,
    init: T,
    mut body: impl FnMut(Tensor<Public, Int>, T) -> (Tensor<V, Bool>, T),
) -> T {
    let location = Location::caller();
    let specs = T::leaves();
    if let Some(leaf) = specs.iter().find(|leaf| leaf.visibility == pphlo::Visibility::Public) {
        let name = if leaf.name.is_empty() { "the state".into() } else { format!("`{}`", leaf.name) };
        let message = format!("cannot keep {name} public in `for_bounded`: whether it changes is secret");
        trace::fault(message, &[], location);
    }
    let init = as_typed(flatten(init), &specs, location);
    let active = trace::constant(HostTensor::from(true), location);
    let active = Tensor::from_handle(trace::emit(Op::ToSecret, &[active], location));
    let step = |i, (state, active): (T, Tensor<Secret, Bool>)| {
        let old = flatten(state);
        let (goes_on, next) = body(i, rebuild(old.clone(), location));
        is_one_truth_value(goes_on.handle, "go on while", location);
        let next = carried(flatten(next), &old, &specs, location);
        if trace::is_poisoned() {
            return (rebuild(old, location), active);
        }
        let active = trace::emit(Op::And, &[active.handle, goes_on.handle], location);
        let choose = |(next, old): (Handle, Handle)| {
            let predicate = broadcast(active, &trace::ty(old).shape, location);
            trace::emit(Op::Select, &[predicate, next, old], location)
        };
        let chosen = next.into_iter().zip(old).map(choose).collect();
        (rebuild(chosen, location), Tensor::from_handle(active))
    };
    fori(max, (rebuild(init, location), active), step).0
}
