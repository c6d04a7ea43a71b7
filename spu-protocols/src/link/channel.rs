//! A link to one peer, made of two halves.

use std::fmt;
use std::time::{Duration, Instant};

use spu::error::PeerFault;
use spu::{Error, Party};
use zeroize::Zeroizing;

use super::codec::{Allowance, malformed};
use super::frame::{Body, Frame};
use super::stats::{Counters, LinkStats};

/// The half of a transport that sends. Dropping it writes what is queued, for a short time, and then closes the link.
pub trait Outbound: Send {
    /// Queues a frame; never waits for the peer. `Err` when the link has ended.
    fn send(&mut self, frame: Frame) -> Result<(), PeerFault>;

    /// Waits until all that was queued is written, no longer than `within`. Returns whether it is.
    fn flush(&mut self, within: Duration) -> bool;
}

/// The half of a transport that receives.
pub trait Inbound: Send {
    /// The next frame, waited for no longer than `within`.
    fn receive(&mut self, within: Duration) -> Result<Frame, PeerFault>;

    /// From now on data frames may be this large. What was allowed before stays so.
    fn allow(&mut self, allowance: Allowance);
}

/// The link to one peer.
pub struct Link {
    peer: Party,
    // Dropped before `inbound`, so that what is queued still leaves while the connection stands.
    outbound: Box<dyn Outbound>,
    inbound: Box<dyn Inbound>,
    counters: Counters,
    ended: Option<Error>,
}

impl Link {
    /// The link to `peer` over two halves; `outbound` adds to `counters` what it writes.
    pub fn new(
        peer: Party,
        outbound: impl Outbound + 'static,
        inbound: impl Inbound + 'static,
        counters: Counters,
    ) -> Self {
        Self { peer, outbound: Box::new(outbound), inbound: Box::new(inbound), counters, ended: None }
    }

    /// Who is at the other end.
    pub fn peer(&self) -> Party {
        self.peer
    }

    /// Queues a frame; never waits for the peer. When the link has ended, the error says why: what the peer sent last counts
    /// for more than the end itself.
    pub fn send(&mut self, frame: Frame) -> Result<(), Error> {
        self.queue(frame).map_err(|fault| self.why(fault))
    }

    /// Queues a frame, without asking for the reason of a link that has ended.
    pub(super) fn queue(&mut self, frame: Frame) -> Result<(), PeerFault> {
        self.outbound.send(frame)
    }

    /// Why this link ended: what the peer sent last counts for more than the `fault` that showed first.
    pub(super) fn why(&mut self, fault: PeerFault) -> Error {
        let last = Instant::now() + LAST_WORDS;
        loop {
            if let Some(error) = &self.ended {
                return error.clone();
            }
            match self.inbound.receive(last.saturating_duration_since(Instant::now())) {
                Ok(Frame { body: Body::Abort(reason), .. }) => self.ended = Some(reason.from_peer(self.peer)),
                Ok(_) => {}
                Err(PeerFault::Silent { .. }) => self.ended = Some(Error::peer(self.peer, fault.clone())),
                Err(fault) => self.ended = Some(Error::peer(self.peer, fault)),
            }
        }
    }

    /// The messages of a superstep. The wait is `within`, and longer for a large frame: see [`SLOWEST`].
    pub fn receive(
        &mut self,
        run: u64,
        superstep: u32,
        lengths: &[usize],
        within: Duration,
    ) -> Result<Vec<Vec<u64>>, Error> {
        let bytes = 8 * lengths.iter().sum::<usize>() as u64;
        let within = within + Duration::from_secs(bytes / SLOWEST);
        match self.take(Expect::Data { run, superstep, lengths }, within)? {
            Body::Data(messages) => Ok(messages),
            _ => unreachable!("`take` gives what was expected"),
        }
    }

    /// The bytes of an agreement.
    pub fn receive_agreement(&mut self, number: u32, within: Duration) -> Result<Zeroizing<Vec<u8>>, Error> {
        match self.take(Expect::Agreement { number }, within)? {
            Body::Agreement(bytes) => Ok(bytes),
            _ => unreachable!("`take` gives what was expected"),
        }
    }

    /// Waits for the peer's orderly end.
    pub fn receive_goodbye(&mut self, within: Duration) -> Result<(), Error> {
        self.take(Expect::Goodbye, within).map(drop)
    }

    /// Tells the peer why this party gives up. Nothing is sent after it.
    pub fn abort(&mut self, error: &Error) {
        // A peer that is gone needs no reason.
        let _ = self.outbound.send(Frame::abort(error));
        self.ended.get_or_insert_with(|| error.clone());
    }

    /// From now on data frames may be this large. To be called before this party agrees to the plan that needs it: the peer's
    /// first frame can come as soon as the peer knows of the agreement.
    pub fn allow(&mut self, allowance: Allowance) {
        self.inbound.allow(allowance);
    }

    /// Waits until all that was queued is written, no longer than `within`.
    pub fn flush(&mut self, within: Duration) -> bool {
        self.outbound.flush(within)
    }

    /// What was written so far; after [`flush`](Self::flush), all that was sent.
    pub fn stats(&self) -> LinkStats {
        self.counters.get()
    }

    /// The same link with another sending half around its own.
    pub fn wrap_outbound<O: Outbound + 'static>(mut self, wrap: impl FnOnce(Box<dyn Outbound>) -> O) -> Self {
        self.outbound = Box::new(wrap(self.outbound));
        self
    }

    /// The same link with another receiving half around its own.
    pub fn wrap_inbound<I: Inbound + 'static>(mut self, wrap: impl FnOnce(Box<dyn Inbound>) -> I) -> Self {
        self.inbound = Box::new(wrap(self.inbound));
        self
    }

    fn take(&mut self, expect: Expect, within: Duration) -> Result<Body, Error> {
        if let Some(error) = &self.ended {
            return Err(error.clone());
        }
        match self.inbound.receive(within) {
            Ok(frame) if expect.fits(&frame) => return Ok(frame.body),
            Ok(frame) if frame.is_last() => self.end(expect, frame.body),
            Ok(frame) => {
                self.ended = Some(Error::peer(self.peer, malformed(expect.to_string(), expect.found(&frame))));
            }
            Err(fault) => self.ended = Some(Error::peer(self.peer, fault)),
        }
        Err(self.ended.clone().expect("just set"))
    }

    /// The peer's last frame, which is not what was expected.
    fn end(&mut self, expect: Expect, last: Body) {
        self.ended = Some(match last {
            Body::Abort(reason) => reason.from_peer(self.peer),
            _ => {
                let reason = format!("its session ended where this party expected {expect}");
                Error::peer(self.peer, PeerFault::Stopped { reason })
            }
        });
    }
}

/// What a receiver expects.
#[derive(Clone, Copy)]
enum Expect<'a> {
    Data { run: u64, superstep: u32, lengths: &'a [usize] },
    Agreement { number: u32 },
    Goodbye,
}

impl Expect<'_> {
    fn fits(&self, frame: &Frame) -> bool {
        match (self, &frame.body) {
            (&Expect::Data { run, superstep, lengths }, Body::Data(messages)) => {
                let same = messages.iter().map(Vec::len).eq(lengths.iter().copied());
                same && (frame.run, frame.superstep) == (run, superstep)
            }
            (&Expect::Agreement { number }, Body::Agreement(_)) => (frame.run, frame.superstep) == (0, number),
            (Expect::Goodbye, Body::Goodbye) => true,
            _ => false,
        }
    }

    /// A frame that does not fit, with the first message of a wrong length.
    fn found(&self, frame: &Frame) -> String {
        let (Expect::Data { lengths, .. }, Body::Data(messages)) = (self, &frame.body) else {
            return frame.to_string();
        };
        match messages
            .iter()
            .map(Vec::len)
            .zip(lengths.iter())
            .enumerate()
            .find(|(_, (found, expected))| found != *expected)
        {
            Some((i, (found, expected))) => format!("{frame}, message {i} with {found} words instead of {expected}"),
            None => frame.to_string(),
        }
    }
}

impl fmt::Display for Expect<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expect::Data { run, superstep, lengths } => {
                let (count, words) = (lengths.len(), lengths.iter().sum::<usize>());
                write!(f, "run {run} superstep {superstep}: {count} messages, {words} words")
            }
            Expect::Agreement { number } => write!(f, "agreement {number}"),
            Expect::Goodbye => write!(f, "a goodbye"),
        }
    }
}

/// The slowest rate, in bytes a second, at which a peer may send and not count as silent: a wait for n bytes takes n / this
/// longer than the deadline.
pub const SLOWEST: u64 = 1 << 17;
/// How long to wait for the reason of a link that ended.
const LAST_WORDS: Duration = Duration::from_secs(1);
