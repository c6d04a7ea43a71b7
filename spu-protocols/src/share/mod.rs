//! The share program: what the parties execute. Its values have a shape, a kind and a scale.

mod builder;
mod masks;
mod ops;
mod plan;
mod schedule;
mod types;

pub use builder::Builder;
pub use ops::{PublicFunction, RingLiteral, ShareOp};
pub use plan::{Part, Plan, PlannedMessage, Superstep, Tables, parts_of};
pub use schedule::{Action, Block, Schedule, Slot, Step};
pub use types::{Kind, ShareType};

/// A share program.
pub type ShareGraph = spu::graph::Graph<ShareOp>;
