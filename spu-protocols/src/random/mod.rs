//! Randomness that two parties share without a message: a key for each pair of parties, a stream for each draw.
//!
//! A party holds the keys of its two pairs, never the third. Every draw reads a stream of its own, named by run, node, part and
//! label, so that what is drawn does not depend on the order in which kernels run.

mod key;
mod stream;

pub use key::{Contribution, Key, Keys, insecure_keys};
pub use stream::{Stream, Streams, expand};
