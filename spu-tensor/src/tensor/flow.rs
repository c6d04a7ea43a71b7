//! Where the values of a traced function may go: into its result, and into host control flow. `#[spu_fn]` calls these guards.

use std::marker::PhantomData;

use super::operand::convert;
use super::{DType, Disclosed, FlowsTo, Tensor, Visibility, WidensTo};
use crate::location::Location;

/// A condition known while tracing: a `bool` of the host.
#[diagnostic::on_unimplemented(
    message = "cannot branch on `{Self}`",
    label = "`if` needs a host `bool`, known while tracing",
    note = "a secret condition would leak through control flow: use `select(cond, a, b)`, which evaluates both sides",
    note = "for a public tensor condition use `spu::cond(cond, || a, || b)`"
)]
pub trait Condition {
    /// The condition.
    fn holds(self) -> bool;
}

// By way of another trait, which is never recommended: so the compiler underlines the condition alone.
#[diagnostic::do_not_recommend]
impl<C: HostCondition> Condition for C {
    fn holds(self) -> bool {
        self.known()
    }
}

/// What the host can branch on.
pub trait HostCondition {
    /// The condition.
    fn known(self) -> bool;
}

impl HostCondition for bool {
    fn known(self) -> bool {
        self
    }
}

/// The condition of an `if` or `while`.
pub fn condition<C: Condition>(condition: C) -> bool {
    condition.holds()
}

/// Values that may be returned as an `R`: visibility widens, data type widens.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot flow into `{R}` without disclosure or loss",
    label = "this value is a `{Self}`",
    note = "secret to public: call `.reveal()`, if every party may learn the value",
    note = "`Fxp` to `Int`: call `.round()`, `.floor()` or `.trunc()`"
)]
pub trait FlowsInto<R> {
    /// The value as an `R`.
    fn flow(self, location: Location) -> R;
}

/// What a function that returns an `R` returns.
pub struct Returns<R>(PhantomData<R>);

impl<R> Returns<R> {
    /// The value as an `R`.
    #[track_caller]
    pub fn from<T: FlowsInto<R>>(value: T) -> R {
        value.flow(Location::caller())
    }
}

#[diagnostic::do_not_recommend]
impl<V: FlowsTo<W>, W: Visibility, D: WidensTo<E>, E: DType> FlowsInto<Tensor<W, E>> for Tensor<V, D> {
    fn flow(self, location: Location) -> Tensor<W, E> {
        Tensor::from_handle(convert(self.handle, E::DTYPE, location))
    }
}

#[diagnostic::do_not_recommend]
impl<D: DType> FlowsInto<Self> for Disclosed<D> {
    fn flow(self, _: Location) -> Self {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T: FlowsInto<R>, R, const N: usize> FlowsInto<[R; N]> for [T; N] {
    fn flow(self, location: Location) -> [R; N] {
        self.map(|part| part.flow(location))
    }
}
