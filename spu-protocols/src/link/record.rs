//! Recording what one party receives, and replaying it to that party alone.
//!
//! With its keys and inputs a recorded run can be repeated without the peers: what a party computes depends on nothing else. A
//! recording holds shares; it is for tests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use spu::Party;
use spu::error::PeerFault;

use super::channel::{Inbound, Link, Outbound};
use super::codec::Allowance;
use super::frame::Frame;
use super::links::Links;
use super::stats::{self, Counters};

/// The frames that one party received, from the next and the previous party.
#[derive(Clone, Default)]
pub struct Recording([Arc<Mutex<VecDeque<Frame>>>; 2]);

impl Recording {
    /// The frames received so far from the next (0) or the previous (1) party.
    pub fn frames(&self, link: usize) -> Vec<Frame> {
        self.0[link].lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Links of `party` over which it receives a copy of this recording, and then the end. What it sends is counted and
    /// forgotten.
    pub fn replay(&self, party: Party) -> Links {
        let [next, previous] = [0, 1].map(|i| {
            let counters = Counters::default();
            let peer = if i == 0 { party.next() } else { party.previous() };
            Link::new(peer, Nobody(counters.clone()), Replay(self.frames(i).into()), counters)
        });
        Links::new(party, next, previous, Duration::ZERO)
    }
}

/// The same links, which now write down what arrives.
pub fn record(links: Links) -> (Links, Recording) {
    let recording = Recording::default();
    let mut places = recording.0.clone().into_iter();
    let links = links.map(|link| {
        let frames = places.next().expect("a party has two links");
        link.wrap_inbound(|below| Recorder { below, frames })
    });
    (links, recording)
}

struct Recorder {
    below: Box<dyn Inbound>,
    frames: Arc<Mutex<VecDeque<Frame>>>,
}

impl Inbound for Recorder {
    fn receive(&mut self, within: Duration) -> Result<Frame, PeerFault> {
        let frame = self.below.receive(within)?;
        self.frames.lock().unwrap_or_else(PoisonError::into_inner).push_back(frame.clone());
        Ok(frame)
    }

    fn allow(&mut self, allowance: Allowance) {
        self.below.allow(allowance);
    }
}

struct Replay(VecDeque<Frame>);

impl Inbound for Replay {
    fn receive(&mut self, _within: Duration) -> Result<Frame, PeerFault> {
        self.0.pop_front().ok_or(PeerFault::Closed)
    }

    fn allow(&mut self, _allowance: Allowance) {}
}

struct Nobody(Counters);

impl Outbound for Nobody {
    fn send(&mut self, frame: Frame) -> Result<(), PeerFault> {
        self.0.add(stats::of_frame(&frame));
        Ok(())
    }

    fn flush(&mut self, _within: Duration) -> bool {
        true
    }
}
