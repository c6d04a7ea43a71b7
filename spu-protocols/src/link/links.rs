//! Both links of one party.

use std::time::Duration;

use spu::{Error, Party};
use zeroize::Zeroizing;

use super::channel::Link;
use super::codec::Allowance;
use super::frame::{Frame, MAX_CONTROL};
use super::stats::LinkStats;

/// The links of one party to its two peers. Whatever fails here ends both: the peers are told why, and every later call gives
/// the same error.
///
/// Pairs are always in the order next party, previous party.
pub struct Links {
    party: Party,
    links: [Link; 2],
    deadline: Duration,
    agreements: u32,
    failed: Option<Error>,
}

impl Links {
    /// The links of `party`; a peer that sends nothing for `deadline` has failed.
    pub fn new(party: Party, next: Link, previous: Link, deadline: Duration) -> Self {
        let peers = (next.peer(), previous.peer());
        assert_eq!(peers, (party.next(), party.previous()), "links are given as next and previous");
        Self { party, links: [next, previous], deadline, agreements: 0, failed: None }
    }

    /// This party.
    pub fn party(&self) -> Party {
        self.party
    }

    /// How long a peer may be silent.
    pub fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Another limit on a peer's silence.
    pub fn set_deadline(&mut self, deadline: Duration) {
        self.deadline = deadline;
    }

    /// Lets data frames of the next and the previous party be this large; see [`Link::allow`] for when.
    pub fn allow(&mut self, allowances: [Allowance; 2]) {
        self.links.iter_mut().zip(allowances).for_each(|(link, allowance)| link.allow(allowance));
    }

    /// One superstep: sends these messages, and takes messages of exactly these `lengths` in words.
    pub fn superstep(
        &mut self,
        run: u64,
        superstep: u32,
        messages: [Vec<Vec<u64>>; 2],
        lengths: [&[usize]; 2],
    ) -> Result<[Vec<Vec<u64>>; 2], Error> {
        self.guarded(|links| {
            links.send(messages.map(|messages| Frame::data(run, superstep, messages)))?;
            let deadline = links.deadline;
            let [next, previous] = &mut links.links;
            let from_next = next.receive(run, superstep, lengths[0], deadline)?;
            Ok([from_next, previous.receive(run, superstep, lengths[1], deadline)?])
        })
    }

    /// One exchange of a handshake: sends these bytes, at most [`MAX_CONTROL`] each, and takes what the peers sent in theirs.
    /// The parties make the same exchanges in the same order.
    pub fn exchange(&mut self, ours: [Vec<u8>; 2]) -> Result<[Zeroizing<Vec<u8>>; 2], Error> {
        assert!(ours.iter().all(|bytes| bytes.len() <= MAX_CONTROL), "agreements are small");
        self.guarded(|links| {
            links.agreements += 1;
            let (number, deadline) = (links.agreements, links.deadline);
            links.send(ours.map(|bytes| Frame::agreement(number, bytes)))?;
            let [next, previous] = &mut links.links;
            let from_next = next.receive_agreement(number, deadline)?;
            Ok([from_next, previous.receive_agreement(number, deadline)?])
        })
    }

    /// Runs `body`; its error ends both links.
    pub fn guarded<T>(&mut self, body: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        body(self).inspect_err(|error| self.abort(error))
    }

    /// Ends both links for this reason; the first reason stands.
    pub fn abort(&mut self, error: &Error) {
        if self.failed.is_none() {
            self.failed = Some(error.clone());
            self.links.iter_mut().for_each(|link| link.abort(error));
        }
    }

    /// Ends the session in order, once both peers do. Returns what was written to them.
    pub fn goodbye(mut self) -> Result<[LinkStats; 2], Error> {
        self.guarded(|links| {
            links.send([Frame::goodbye(), Frame::goodbye()])?;
            let deadline = links.deadline;
            links.links.iter_mut().try_for_each(|link| link.receive_goodbye(deadline))
        })?;
        Ok(self.stats())
    }

    /// What was written to the next and the previous party. Waits for what is still queued, no longer than the deadline.
    pub fn stats(&mut self) -> [LinkStats; 2] {
        let deadline = self.deadline;
        self.links.each_mut().map(|link| {
            link.flush(deadline);
            link.stats()
        })
    }

    /// The same links, each changed by `change`.
    pub fn map(mut self, change: impl FnMut(Link) -> Link) -> Self {
        self.links = self.links.map(change);
        self
    }

    /// Both peers get their frames before the end of one link is looked into: the other goes on meanwhile.
    fn send(&mut self, frames: [Frame; 2]) -> Result<(), Error> {
        let mut frames = frames.into_iter();
        let queued = self.links.each_mut().map(|link| link.queue(frames.next().expect("a frame for each link")));
        let ended =
            self.links.iter_mut().zip(queued).find_map(|(link, queued)| queued.err().map(|fault| link.why(fault)));
        ended.map_or(Ok(()), Err)
    }
}
