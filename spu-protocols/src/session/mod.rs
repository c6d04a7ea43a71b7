//! Sessions: parties that have found one another and agreed on what they do.

pub mod connect;
pub mod handshake;

pub use connect::Peers;
pub use handshake::{KeyPolicy, Terms};
