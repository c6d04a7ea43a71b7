//! What travels between two parties.

use std::fmt;

use spu::Error;
use zeroize::Zeroizing;

use super::abort::Reason;
use super::codec::{HEADER_BYTES, body_bytes};

/// The largest body of a frame that is not [`Body::Data`], in bytes.
pub const MAX_CONTROL: usize = 1 << 16;

/// One frame: all that a party says to a peer in a superstep.
#[derive(Clone)]
pub struct Frame {
    /// The run it belongs to; 0 outside runs.
    pub run: u64,
    /// The superstep in that run, from 1; for agreements, their number in the session.
    pub superstep: u32,
    /// What it carries.
    pub body: Body,
}

/// What a [`Frame`] carries.
#[derive(Clone)]
pub enum Body {
    /// Messages of words, in the order of the plan. The receiver knows their number and lengths beforehand.
    Data(Vec<Vec<u64>>),
    /// Opaque bytes of the handshake, at most [`MAX_CONTROL`]; wiped when dropped, for they may be contributions to keys.
    Agreement(Zeroizing<Vec<u8>>),
    /// The sender gives up, for this reason. Nothing follows.
    Abort(Reason),
    /// The sender ends the session in order. Nothing follows.
    Goodbye,
}

impl Frame {
    /// The messages of a superstep.
    pub fn data(run: u64, superstep: u32, messages: Vec<Vec<u64>>) -> Self {
        Self { run, superstep, body: Body::Data(messages) }
    }

    /// Bytes of the handshake.
    pub fn agreement(number: u32, bytes: Vec<u8>) -> Self {
        Self { run: 0, superstep: number, body: Body::Agreement(Zeroizing::new(bytes)) }
    }

    /// The reason to give up.
    pub fn abort(error: &Error) -> Self {
        Self { run: 0, superstep: 0, body: Body::Abort(Reason::of(error)) }
    }

    /// The orderly end.
    pub fn goodbye() -> Self {
        Self { run: 0, superstep: 0, body: Body::Goodbye }
    }

    /// Whether nothing follows this frame.
    pub fn is_last(&self) -> bool {
        matches!(self.body, Body::Abort(_) | Body::Goodbye)
    }

    /// What it takes on the wire, header and all.
    pub fn wire_bytes(&self) -> u64 {
        HEADER_BYTES as u64 + body_bytes(&self.body)
    }
}

impl fmt::Display for Frame {
    /// Kind, place and sizes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.body {
            Body::Data(messages) => {
                let (count, words) = (messages.len(), messages.iter().map(Vec::len).sum::<usize>());
                write!(f, "run {} superstep {}: {count} messages, {words} words", self.run, self.superstep)
            }
            Body::Agreement(bytes) => write!(f, "agreement {}: {} bytes", self.superstep, bytes.len()),
            Body::Abort(_) => write!(f, "an abort"),
            Body::Goodbye => write!(f, "a goodbye"),
        }
    }
}

impl fmt::Debug for Frame {
    /// Never what it carries: shares are not printed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({self})")
    }
}
