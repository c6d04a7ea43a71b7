//! The share program: what the parties execute. Its values have a shape, a kind and a scale.

mod bits;
mod builder;
mod depth;
mod functions;
mod masks;
mod ops;
mod order;
mod plan;
mod schedule;
mod spare;
mod types;

pub use builder::Builder;
pub use functions::{Accuracy, ExpWindow, FourierSeries};
pub use ops::{Assertion, BitFunction, Named, PublicFunction, RingLiteral, ShareOp};
pub use plan::{Part, Plan, PlannedMessage, Superstep, Tables, parts_of};
pub use schedule::{Action, Block, Schedule, Slot, Step};
pub use types::{Kind, ShareType};

/// A share program.
pub type ShareGraph = spu::graph::Graph<ShareOp>;
