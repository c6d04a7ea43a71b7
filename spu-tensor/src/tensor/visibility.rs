//! Who may know a tensor, as a type: `Public` or `Secret`.

use crate::pphlo;
use crate::tensor::sealed::Sealed;

/// Known to every party.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Public {}

/// Known to no party.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Secret {}

/// `Public` or `Secret`.
pub trait Visibility: Sealed + Copy + 'static {
    /// The visibility of what is computed from this and `V`: secret if either is.
    type Join<V: Visibility>: Visibility;

    /// The same as a value.
    const VISIBILITY: pphlo::Visibility;
}

impl Visibility for Public {
    type Join<V: Visibility> = V;
    const VISIBILITY: pphlo::Visibility = pphlo::Visibility::Public;
}

impl Visibility for Secret {
    type Join<V: Visibility> = Self;
    const VISIBILITY: pphlo::Visibility = pphlo::Visibility::Secret;
}

/// Values of this visibility may stand where `V` is expected: public flows anywhere, secret only into secret.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` value cannot flow where a `Public` value is required",
    label = "this value is `{Self}`",
    note = "disclosure must be explicit: call `.reveal()` if every party may learn this value"
)]
pub trait FlowsTo<V: Visibility>: Visibility {}

#[diagnostic::do_not_recommend]
impl FlowsTo<Public> for Public {}

#[diagnostic::do_not_recommend]
impl FlowsTo<Secret> for Public {}

#[diagnostic::do_not_recommend]
impl FlowsTo<Secret> for Secret {}

impl Sealed for Public {}

impl Sealed for Secret {}
