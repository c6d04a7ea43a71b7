//! Where a transport puts what arrives. It never waits for the executor.

use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use spu::error::PeerFault;

use super::codec::malformed;
use super::frame::Frame;

/// How many frames of a peer can wait at most: it sends that of superstep s + 1 once it has ours of s, and then needs ours of
/// s + 1. An abort or a goodbye may follow them.
pub const AHEAD: usize = 2;

/// An inbox and the way into it.
pub(super) fn inbox() -> (Delivery, Inbox) {
    let (to, from) = unbounded();
    (Delivery { to }, Inbox { from })
}

/// The way into an inbox. Dropped without a last frame, it closes the link.
pub(super) struct Delivery {
    to: Sender<Result<Frame, PeerFault>>,
}

/// What has arrived from one peer.
pub(super) struct Inbox {
    from: Receiver<Result<Frame, PeerFault>>,
}

/// Nothing more can be delivered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ended;

impl Delivery {
    /// Puts a frame in, or the fault of a peer that runs ahead of its plan.
    pub(super) fn deliver(&self, frame: Frame) -> Result<(), Ended> {
        if self.to.len() >= AHEAD && !frame.is_last() {
            return self.end(malformed(format!("at most {AHEAD} frames ahead"), format!("one more, {frame}")));
        }
        let last = frame.is_last();
        self.to.send(Ok(frame)).map_err(|_| Ended)?;
        if last { Err(Ended) } else { Ok(()) }
    }

    /// Ends the link with a fault.
    pub(super) fn end(&self, fault: PeerFault) -> Result<(), Ended> {
        // Should the other side be gone, nobody is left to tell.
        let _ = self.to.send(Err(fault));
        Err(Ended)
    }
}

impl Inbox {
    /// The next frame, waiting for it no longer than `within`.
    pub(super) fn take(&mut self, within: Duration) -> Result<Frame, PeerFault> {
        self.from.recv_timeout(within).unwrap_or_else(|error| match error {
            RecvTimeoutError::Timeout => Err(PeerFault::Silent { seconds: within.as_secs_f64() }),
            RecvTimeoutError::Disconnected => Err(PeerFault::Closed),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_runs_ahead_is_stopped() {
        let (delivery, mut inbox) = inbox();
        assert_eq!(delivery.deliver(Frame::data(1, 1, vec![])), Ok(()));
        assert_eq!(delivery.deliver(Frame::data(1, 2, vec![])), Ok(()));
        assert_eq!(delivery.deliver(Frame::data(1, 3, vec![])), Err(Ended));
        assert!(inbox.take(Duration::ZERO).is_ok() && inbox.take(Duration::ZERO).is_ok());
        assert!(matches!(inbox.take(Duration::ZERO), Err(PeerFault::Malformed { .. })));
    }

    #[test]
    fn a_goodbye_may_follow_two_frames() {
        let (delivery, mut inbox) = inbox();
        (1..=2).for_each(|s| delivery.deliver(Frame::data(1, s, vec![])).expect("within the bound"));
        assert_eq!(delivery.deliver(Frame::goodbye()), Err(Ended), "it is the last");
        drop(delivery);
        assert!((0..3).all(|_| inbox.take(Duration::ZERO).is_ok()));
        assert_eq!(inbox.take(Duration::ZERO).unwrap_err(), PeerFault::Closed);
    }
}
