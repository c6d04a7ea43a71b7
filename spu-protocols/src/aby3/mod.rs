//! The ABY3 kernels, three parties with replicated secret sharing: x = x0 + x1 + x2, party i holds x_i and x_(i+1).
//!
//! A kernel is one file: the equations, the table of its messages ([`Message`]), and an `async fn` over a [`Context`].

pub mod bits;
mod carry;
mod context;
pub mod inject;
mod message;
pub mod multiply;
mod products;
mod role;
mod shares;
pub mod sign;
mod steps;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod trial;
pub mod truncate;
pub mod world;

pub use context::{Address, Context, Mailbox, Randomness};
pub use inject::{bit_multiply, bit_to_arith};
pub use message::{Message, TableCost, cost, stamps};
pub use multiply::{product_terms, reshare};
pub use role::{Pair, Role};
pub use shares::{Arith, BitShares, View};
pub use sign::sign;
pub use steps::Steps;
pub use truncate::{truncate, truncate_sum};
