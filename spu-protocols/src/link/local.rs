//! Links between threads of one process. Messages are moved, not copied.

use std::time::Duration;

use spu::Party;
use spu::error::PeerFault;

use super::channel::{Inbound, Link, Outbound};
use super::codec::Allowance;
use super::frame::Frame;
use super::inbox::{Delivery, Inbox, inbox};
use super::links::Links;
use super::stats::{self, Counters};

/// A link between two parties: the end of `a`, the end of `b`.
pub fn pair(a: Party, b: Party) -> (Link, Link) {
    let ((to_a, at_a), (to_b, at_b)) = (inbox(), inbox());
    (end(b, to_b, at_a), end(a, to_a, at_b))
}

/// The links of all three parties.
pub fn triangle(deadline: Duration) -> [Links; 3] {
    let (next_0, previous_1) = pair(Party(0), Party(1));
    let (next_1, previous_2) = pair(Party(1), Party(2));
    let (next_2, previous_0) = pair(Party(2), Party(0));
    [
        Links::new(Party(0), next_0, previous_0, deadline),
        Links::new(Party(1), next_1, previous_1, deadline),
        Links::new(Party(2), next_2, previous_2, deadline),
    ]
}

fn end(peer: Party, to: Delivery, from: Inbox) -> Link {
    let counters = Counters::default();
    Link::new(peer, LocalOutbound { to: Some(to), counters: counters.clone() }, from, counters)
}

struct LocalOutbound {
    /// `None` once the link has ended.
    to: Option<Delivery>,
    counters: Counters,
}

impl Outbound for LocalOutbound {
    fn send(&mut self, frame: Frame) -> Result<(), PeerFault> {
        let to = self.to.as_ref().ok_or(PeerFault::Closed)?;
        let (written, last) = (stats::of_frame(&frame), frame.is_last());
        let ended = to.deliver(frame).is_err();
        if ended {
            self.to = None;
        }
        if ended && !last {
            return Err(PeerFault::Closed);
        }
        self.counters.add(written);
        Ok(())
    }

    fn flush(&mut self, _within: Duration) -> bool {
        true
    }
}

impl Inbound for Inbox {
    fn receive(&mut self, within: Duration) -> Result<Frame, PeerFault> {
        self.take(within)
    }

    /// What arrives here was allocated by the sender already; its lengths are checked by the link.
    fn allow(&mut self, _allowance: Allowance) {}
}

#[cfg(test)]
mod tests {
    use spu::Error;

    use super::*;

    const SOON: Duration = Duration::from_secs(5);

    #[test]
    fn messages_arrive_where_they_lay() {
        let (mut a, mut b) = pair(Party(0), Party(1));
        let message = vec![1, 2, 3];
        let address = message.as_ptr();
        a.send(Frame::data(1, 1, vec![message])).expect("open");
        let received = b.receive(1, 1, &[3], SOON).expect("sent");
        assert_eq!((received[0].as_ptr(), &received[0][..]), (address, &[1, 2, 3][..]));
    }

    #[test]
    fn dropping_one_end_closes_the_other() {
        let (a, mut b) = pair(Party(0), Party(1));
        drop(a);
        let error = b.receive(1, 1, &[], SOON).unwrap_err();
        assert!(matches!(&error, Error::Peer(e) if e.party == Party(0) && e.fault == PeerFault::Closed), "{error}");
        assert!(b.send(Frame::data(1, 1, vec![])).is_err());
    }

    #[test]
    fn a_failed_send_gives_the_reason_that_the_peer_left() {
        let (mut a, mut b) = pair(Party(0), Party(1));
        a.send(Frame::data(1, 1, vec![])).expect("open");
        a.abort(&Error::data("labels", Some(vec![4]), "expected a digit from 0 to 9"));
        drop(a);
        let error = b.send(Frame::data(1, 1, vec![])).unwrap_err();
        assert!(matches!(&error, Error::Data(e) if e.source == "labels" && e.index == Some(vec![4])), "{error}");
    }

    #[test]
    fn messages_of_other_lengths_places_or_numbers_are_refused() {
        let good = || Frame::data(3, 7, vec![vec![0; 2], vec![0; 5]]);
        let lengths_and_places: [(u64, u32, &[usize]); 5] =
            [(3, 7, &[2, 4]), (3, 7, &[5, 2]), (3, 7, &[2, 5, 0]), (3, 8, &[2, 5]), (4, 7, &[2, 5])];
        for (run, superstep, lengths) in lengths_and_places {
            let (mut a, mut b) = pair(Party(0), Party(1));
            a.send(good()).expect("open");
            let error = b.receive(run, superstep, lengths, SOON).unwrap_err();
            assert!(matches!(&error, Error::Peer(e) if matches!(e.fault, PeerFault::Malformed { .. })), "{error}");
        }
        let (mut a, mut b) = pair(Party(0), Party(1));
        a.send(good()).expect("open");
        assert!(b.receive(3, 7, &[2, 5], SOON).is_ok());
    }
}
