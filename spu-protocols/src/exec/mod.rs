//! Running a plan at one party: local operations, kernels as futures, supersteps.

mod bilinear;
mod bits;
mod fault;
mod indexed;
mod kernels;
mod local;
mod order;
mod party;
mod random;
mod rearrange;
mod value;
mod walk;

pub use local::evaluate_local;
pub(crate) use order::rows;
pub use party::{Exchange, PartyRun, Traffic};
pub use value::PartyValue;
pub use walk::{Runner, walk};
