//! One party: its keys, its links, and the runs it makes.

use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use spu::error::PeerFault;
use spu::{Error, Party};

use super::handshake::agree;
use crate::exec::{self, Exchange, PartyRun, PartyValue, Runner};
use crate::hal::RingConfig;
use crate::link::{Allowance, Links, MAX_CONTROL};
use crate::random::Keys;
use crate::ring::Ring;
use crate::share::{Plan, PlannedMessage, Schedule};

/// A party of a session.
pub struct Node {
    links: Links,
    keys: Keys,
    ring: RingConfig,
    runs: u32,
    agreed: HashSet<[u8; 32]>,
    preamble_bytes: u64,
    /// Digest of all runs so far: their plans and their arguments.
    history: [u8; 32],
    /// Rounds that this party saw, summed over the runs of each plan, in the order of the plans' first runs.
    rounds: Vec<([u8; 32], u64)>,
}

/// What a party has written to its peers, and the rounds of its runs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NodeTraffic {
    /// The rounds of runs, summed for each plan, in the order of the plans' first runs. A run's last messages may pass this
    /// party by: the rounds of a run are the most that any party saw.
    pub rounds: Vec<u64>,
    /// Payload bytes of messages.
    pub bytes: u64,
    /// Bytes of handshakes, digests and run numbers.
    pub agreement: u64,
    /// Bytes of frame headers.
    pub overhead: u64,
}

impl Node {
    /// A party whose links are up and whose keys are agreed.
    pub fn new(links: Links, keys: Keys, ring: RingConfig) -> Self {
        Self {
            links,
            keys,
            ring,
            runs: 0,
            agreed: HashSet::new(),
            preamble_bytes: 0,
            history: [0; 32],
            rounds: Vec::new(),
        }
    }

    /// This party.
    pub fn party(&self) -> Party {
        self.links.party()
    }

    /// Runs a plan. `inputs` is a digest of the public arguments and of which shared ones they are: it must be the same at all
    /// parties.
    pub fn run<R: Ring>(
        &mut self,
        plan: &Plan,
        inputs: [u8; 32],
        arguments: Vec<PartyValue<R>>,
    ) -> Result<Vec<PartyValue<R>>, Error> {
        self.agree_on(plan)?;
        self.runs = self
            .runs
            .checked_add(1)
            .ok_or_else(|| Error::configuration("session", "2^32 runs are over; a new session draws new keys"))?;
        let (party, ring, run) = (self.party(), self.ring, self.runs);
        let randomness = Rc::new(self.keys.streams(run));
        let mut hash = Sha256::new();
        [self.history, plan.digest, inputs].iter().for_each(|part| hash.update(part));
        self.history = hash.finalize().into();
        let preamble = preamble(run, self.history);
        let mut frames = Frames { node: self, plan, preamble };
        let (results, traffic) = PartyRun::run(plan, party, ring, randomness, arguments, &mut frames)
            .inspect_err(|e| self.links.abort(e))?;
        match self.rounds.iter_mut().find(|(digest, _)| *digest == plan.digest) {
            Some((_, rounds)) => *rounds += traffic.rounds,
            None => self.rounds.push((plan.digest, traffic.rounds)),
        }
        Ok(results)
    }

    /// Walks through a schedule; `inputs` as in [`Node::run`]. Of each further run the digest covers the public arguments, and so
    /// what was decided by them.
    ///
    /// Every party decides by the same public values, or learns that it does not: all plans are agreed on before the first run, and
    /// the first frame of a program, or an exchange of its own where a decision comes earlier, tells whether all have
    /// the same inputs.
    pub fn walk<R: Ring>(
        &mut self,
        schedule: &Schedule,
        inputs: [u8; 32],
        arguments: Vec<PartyValue<R>>,
    ) -> Result<Vec<PartyValue<R>>, Error> {
        if schedule.as_plan().is_none() {
            self.agree_on_all(schedule)?;
            if schedule.decides_first() {
                agree(&mut self.links, "what to run, or on what", &hexadecimal(&inputs))?;
            }
        }
        exec::walk(&schedule.block, arguments, &mut Walk { node: self, inputs: Some(inputs) })
    }

    /// Ends the session for this reason, at every party.
    pub fn abort(&mut self, error: &Error) {
        self.links.abort(error);
    }

    /// What was written so far.
    pub fn traffic(&mut self) -> NodeTraffic {
        let rounds = self.rounds.iter().map(|(_, rounds)| *rounds).collect();
        let mut traffic = NodeTraffic { rounds, ..Default::default() };
        for link in self.links.stats() {
            traffic.bytes += link.payload_bytes;
            traffic.agreement += link.agreement_bytes;
            traffic.overhead += link.overhead_bytes;
        }
        traffic.bytes -= self.preamble_bytes;
        traffic.agreement += self.preamble_bytes;
        traffic
    }

    /// Exchanges numbers, as many at each party, with both peers; the result is in the order of the parties.
    pub fn gather(&mut self, ours: &[u64]) -> Result<[Vec<u64>; 3], Error> {
        let mut all = [Vec::new(), Vec::new(), Vec::new()];
        for ours in ours.chunks(MAX_CONTROL / 8) {
            let bytes: Vec<u8> = ours.iter().flat_map(|x| x.to_le_bytes()).collect();
            let theirs = self.links.exchange([bytes.clone(), bytes])?;
            all[self.party().0].extend(ours);
            for (peer, bytes) in [self.party().next(), self.party().previous()].into_iter().zip(&theirs) {
                if bytes.len() != 8 * ours.len() {
                    let found = format!("{} bytes", bytes.len());
                    let fault =
                        PeerFault::Malformed { expected: format!("{} bytes of counters", 8 * ours.len()), found };
                    let error = Error::peer(peer, fault);
                    self.links.abort(&error);
                    return Err(error);
                }
                let numbers = bytes.chunks_exact(8).map(|b| u64::from_le_bytes(b.try_into().expect("eight bytes")));
                all[peer.0].extend(numbers);
            }
        }
        Ok(all)
    }

    /// Ends the session in order.
    pub fn goodbye(self) -> Result<(), Error> {
        self.links.goodbye().map(drop)
    }

    /// Before the first run of a plan the parties compare its digest; nothing else has moved by then.
    fn agree_on(&mut self, plan: &Plan) -> Result<(), Error> {
        if self.agreed.contains(&plan.digest) {
            return Ok(());
        }
        self.allow(plan);
        agree(&mut self.links, "the program", &hexadecimal(&plan.digest))?;
        self.agreed.insert(plan.digest);
        Ok(())
    }

    /// The same for all plans of a schedule and for how they follow each other.
    fn agree_on_all(&mut self, schedule: &Schedule) -> Result<(), Error> {
        if self.agreed.contains(&schedule.digest) {
            return Ok(());
        }
        schedule.plans().into_iter().for_each(|plan| self.allow(plan));
        agree(&mut self.links, "the program", &hexadecimal(&schedule.digest))?;
        self.agreed.insert(schedule.digest);
        self.agreed.extend(schedule.plans().into_iter().map(|plan| plan.digest));
        Ok(())
    }

    /// Lets peers send frames as large as the plan has them.
    fn allow(&mut self, plan: &Plan) {
        // A peer's first frame can come as soon as it knows of the agreement.
        let largest = |peer: Party| {
            let frames = plan.supersteps.iter().map(|step| &step[peer.0][self.party().0]);
            frames.fold(Allowance::default(), |most, messages| {
                let words = messages.iter().map(|m| m.words as u64).sum::<u64>() + PREAMBLE_WORDS as u64;
                most.max(Allowance { words, messages: messages.len() as u32 + 1 })
            })
        };
        self.links.allow([largest(self.party().next()), largest(self.party().previous())]);
    }
}

/// A party on its way through a schedule.
struct Walk<'a> {
    node: &'a mut Node,
    /// The digest of the program's arguments, until the first run has told it.
    inputs: Option<[u8; 32]>,
}

impl<R: Ring> Runner<R> for Walk<'_> {
    fn run(&mut self, plan: &Arc<Plan>, arguments: Vec<PartyValue<R>>) -> Result<Vec<PartyValue<R>>, Error> {
        let inputs = self.inputs.take().unwrap_or_else(|| public_digest(&arguments));
        self.node.run(plan, inputs, arguments)
    }
}

/// SHA-256 of the public ones.
fn public_digest<R: Ring>(arguments: &[PartyValue<R>]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for argument in arguments {
        if let PartyValue::Public(elements) = argument {
            hasher.update((elements.len() as u64).to_le_bytes());
            elements.iter().for_each(|x| hasher.update(&x.to_u128().to_le_bytes()[..R::BITS as usize / 8]));
        }
    }
    hasher.finalize().into()
}

fn hexadecimal(digest: &[u8; 32]) -> String {
    digest.iter().map(|b| format!("{b:02x}")).collect()
}

/// Supersteps over the links. The first frame of a run begins with the run's number and the digest of this and all earlier runs: of
/// their plans, public inputs and choice of shared ones. It is checked before any opening, which the plan never puts into the
/// first superstep.
struct Frames<'a> {
    node: &'a mut Node,
    plan: &'a Plan,
    preamble: Vec<u64>,
}

impl Exchange for Frames<'_> {
    fn exchange(
        &mut self,
        superstep: u32,
        mut outgoing: [Vec<Vec<u64>>; 2],
        expected: [&[PlannedMessage]; 2],
    ) -> Result<[Vec<Vec<u64>>; 2], Error> {
        let mut lengths = expected.map(|messages| messages.iter().map(|m| m.words).collect::<Vec<_>>());
        if superstep == 1 {
            outgoing.iter_mut().for_each(|messages| messages.insert(0, self.preamble.clone()));
            lengths.iter_mut().for_each(|lengths| lengths.insert(0, PREAMBLE_WORDS));
            self.node.preamble_bytes += 2 * 8 * PREAMBLE_WORDS as u64;
        }
        let run = u64::from(self.node.runs);
        let lengths = [&lengths[0][..], &lengths[1][..]];
        let links = &mut self.node.links;
        let mut incoming =
            links.superstep(run, superstep, outgoing, lengths).map_err(|error| self.place(error, expected))?;
        if superstep == 1 {
            let party = self.node.party();
            for (peer, messages) in [party.next(), party.previous()].into_iter().zip(&mut incoming) {
                let theirs = messages.remove(0);
                if theirs != self.preamble {
                    let shown = |words: &[u64]| format!("run {}, digest {:016x}", words[0], words[1]);
                    let (here, there) = (shown(&self.preamble), shown(&theirs));
                    let fault = PeerFault::Disagrees { subject: "what to run, or on what", here, there };
                    return Err(Error::peer(peer, fault));
                }
            }
        }
        Ok(incoming)
    }
}

impl Frames<'_> {
    /// Adds the operation that was waiting for the peer.
    fn place(&self, error: Error, expected: [&[PlannedMessage]; 2]) -> Error {
        match error {
            Error::Peer(mut error) if error.operation.is_none() => {
                let side = usize::from(error.party == self.node.party().previous());
                error.operation = expected[side].first().map(|message| {
                    let id = spu::graph::NodeId(message.address.node);
                    let name = self.plan.graph.node(id).operation.name().to_owned();
                    (name, self.plan.graph.location(id))
                });
                Error::Peer(error)
            }
            error => error,
        }
    }
}

fn preamble(run: u32, history: [u8; 32]) -> Vec<u64> {
    let digest = history.chunks_exact(8).map(|b| u64::from_le_bytes(b.try_into().expect("eight bytes")));
    std::iter::once(u64::from(run)).chain(digest).collect()
}

/// The run number and the 256-bit digest.
const PREAMBLE_WORDS: usize = 5;
