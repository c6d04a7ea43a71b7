//! The ABY3 kernels, three parties with replicated secret sharing: x = x0 + x1 + x2, party i holds x_i and x_(i+1).
//!
//! A kernel is one file: the equations, the table of its messages ([`Message`]), and an `async fn` over a [`Context`].

mod context;
mod message;
mod role;
mod shares;
pub mod world;

pub use context::{Address, Context, Mailbox, Randomness};
pub use message::{Message, TableCost, cost, stamps};
pub use role::{Pair, Role};
pub use shares::{Arith, BitShares, View};
