//! Links: how one party talks to its two peers.
//!
//! The parties move in supersteps: in each, a party sends one [`Frame`] to each peer and takes one from each. So a peer is
//! at most one superstep ahead, and no more than [`AHEAD`] of its frames ever wait here.
//!
//! | file | what |
//! |---|---|
//! | `frame`, `codec` | what travels, and its bytes |
//! | `channel` | a [`Link`] to one peer, made of two halves that transports implement |
//! | `links` | both links of a party: supersteps, exchanges, the end of a session |
//! | `local`, `stream`, `tcp` | threads of one process; any byte stream; loopback sockets |
//! | `shaped` | delay and bandwidth of a slower network on either transport |
//! | `record`, `fault` | for tests: replaying one party's run, and a network that misbehaves |

mod abort;
mod channel;
mod codec;
pub mod fault;
mod frame;
mod inbox;
mod links;
pub mod local;
pub mod record;
pub mod shaped;
mod stats;
pub mod stream;
pub mod tcp;

pub use abort::Reason;
pub use channel::{Inbound, Link, Outbound, SLOWEST};
pub use codec::{Allowance, HEADER_BYTES, WIRE_VERSION};
pub use frame::{Body, Frame, MAX_CONTROL};
pub use inbox::AHEAD;
pub use links::Links;
pub use shaped::Shaping;
pub use stats::{Counters, LinkStats};
