//! Running a plan at one party: local operations, kernels as futures, supersteps.

mod kernels;
mod local;
mod party;
mod rearrange;
mod value;
mod walk;

pub use local::evaluate_local;
pub use party::{Exchange, PartyRun, Traffic};
pub use value::PartyValue;
pub use walk::{Runner, walk};
