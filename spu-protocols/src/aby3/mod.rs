//! The ABY3 kernels, three parties with replicated secret sharing: x = x0 + x1 + x2, party i holds x_i and x_(i+1).
//!
//! A kernel is one file: the equations, the table of its messages ([`Message`]), and an `async fn` over a [`Context`].

pub mod bits;
mod carry;
pub mod choose;
mod circuit;
mod context;
pub mod decompose;
mod digits;
pub mod exp;
mod fixed;
pub mod floor;
pub mod fourier;
pub mod inject;
pub mod input;
pub mod leading_one;
mod levels;
pub mod lookup;
pub mod maximum;
mod message;
pub mod multiply;
pub mod open;
mod powers;
#[cfg(test)]
mod privacy;
mod products;
pub mod relu;
mod role;
mod rotations;
mod shares;
pub mod sign;
mod steps;
mod tables;
#[cfg(test)]
mod trial;
pub mod truncate;
pub mod truncate_relu;
pub mod weigh;
mod wide;
pub mod world;
pub mod zero;

pub use bits::{and, xor_into};
pub use choose::{where_negative, where_zero};
pub use context::{Address, Context, Mailbox, Randomness};
pub use decompose::decompose;
pub use exp::exp_negative;
pub use floor::floor;
pub use fourier::fourier;
pub use inject::{bit_multiply, bit_to_arith};
pub use input::input;
pub use leading_one::{Layout, Weights, leading_one};
pub use lookup::lookup;
pub use maximum::maximum;
pub use message::{Message, TableCost, cost, stamps};
pub use multiply::{product_terms, reshare};
pub use open::{open, open_to};
pub use relu::{relu, relu_value};
pub use role::{Pair, Role};
pub use shares::{Arith, BitShares, View};
pub use sign::{sign, sign_to_arith};
pub use steps::Steps;
pub use tables::table;
pub use truncate::{truncate, truncate_sum};
pub use truncate_relu::{truncate_relu, truncate_relu_value};
pub use weigh::weigh;
pub use zero::{is_zero, is_zero_to_arith};
