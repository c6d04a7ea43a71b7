//! One run of a plan at one party, in supersteps.
//!
//! A superstep: every operation that can go on does, until all wait for messages; then one frame, perhaps empty, goes to each
//! peer and one comes from each. This happens exactly as often as the plan says, whatever this party still has to do.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll, Waker};

use spu::graph::{NodeId, Value};
use spu::{Error, Party};

use super::kernels;
use super::local::evaluate_local;
use super::value::PartyValue;
use crate::aby3::{Mailbox, Randomness};
use crate::hal::RingConfig;
use crate::ring::Ring;
use crate::share::{Plan, PlannedMessage, ShareOp};

/// How frames travel: to and from the next and the previous party.
pub trait Exchange {
    /// Sends this superstep's messages and waits for the peers'; `expected` says their lengths. Index 0 is the next party.
    fn exchange(
        &mut self,
        superstep: u32,
        outgoing: [Vec<Vec<u64>>; 2],
        expected: [&[PlannedMessage]; 2],
    ) -> Result<[Vec<Vec<u64>>; 2], Error>;
}

/// What a run moved, as this party saw it on its links.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Traffic {
    /// The last superstep in which this party sent or received a message.
    pub rounds: u64,
}

/// A run at one party.
pub struct PartyRun<'a, R: Ring> {
    plan: &'a Plan,
    party: Party,
    ring: RingConfig,
    randomness: Rc<dyn Randomness<R>>,
    mailbox: Rc<RefCell<Mailbox>>,
    values: Vec<Option<PartyValue<R>>>,
    uses: Vec<u32>,
    missing: Vec<u32>,
    ready: BTreeSet<NodeId>,
    running: Vec<Running<R>>,
}

struct Running<R: Ring> {
    node: NodeId,
    future: Pin<Box<dyn Future<Output = Vec<PartyValue<R>>>>>,
}

impl<'a, R: Ring> PartyRun<'a, R> {
    /// Runs `plan` on this party's `arguments`; gives its results and the rounds it saw.
    pub fn run(
        plan: &'a Plan,
        party: Party,
        ring: RingConfig,
        randomness: Rc<dyn Randomness<R>>,
        arguments: Vec<PartyValue<R>>,
        exchange: &mut dyn Exchange,
    ) -> Result<(Vec<PartyValue<R>>, Traffic), Error> {
        let mut run = Self {
            plan,
            party,
            ring,
            randomness,
            mailbox: Rc::default(),
            values: vec![None; plan.graph.value_count()],
            uses: plan.uses.clone(),
            missing: plan.operand_counts.clone(),
            ready: BTreeSet::new(),
            running: Vec::new(),
        };
        run.start(arguments);
        run.advance()?;
        let mut traffic = Traffic::default();
        let (next, previous) = (party.next().0, party.previous().0);
        for (i, superstep) in plan.supersteps.iter().enumerate() {
            let outgoing = [next, previous].map(|to| run.collect(&superstep[party.0][to], Party(to)));
            let expected = [next, previous].map(|from| &superstep[from][party.0][..]);
            if outgoing.iter().any(|m| !m.is_empty()) || expected.iter().any(|m| !m.is_empty()) {
                traffic.rounds = i as u64 + 1;
            }
            let incoming = exchange.exchange(i as u32 + 1, outgoing, expected)?;
            for ((from, messages), expected) in [next, previous].into_iter().zip(incoming).zip(expected) {
                let mut mailbox = run.mailbox.borrow_mut();
                mailbox.incoming.extend(expected.iter().map(|m| (Party(from), m.address)).zip(messages));
            }
            run.poll_running();
            run.advance()?;
        }
        assert!(run.running.is_empty() && run.ready.is_empty(), "a run ends with its plan");
        let outputs = plan.graph.outputs.iter();
        let results = outputs.map(|v| run.values[v.index()].clone().expect("outputs are computed")).collect();
        Ok((results, traffic))
    }

    /// Puts the arguments in place; everything without operands is ready.
    fn start(&mut self, arguments: Vec<PartyValue<R>>) {
        for (id, node) in self.plan.graph.nodes() {
            match node.operation {
                ShareOp::Argument { index } => self.finish(id, vec![arguments[index].clone()]),
                _ if node.operands.is_empty() => {
                    self.ready.insert(id);
                }
                _ => {}
            }
        }
    }

    /// Starts ready operations in plan order until none is left.
    fn advance(&mut self) -> Result<(), Error> {
        while let Some(id) = self.ready.pop_first() {
            let node = self.plan.graph.node(id);
            let operands: Vec<PartyValue<R>> = node.operands.iter().map(|&v| self.value(v)).collect();
            node.operands.iter().for_each(|&v| self.release(v));
            if node.operation.is_local() {
                let location = self.plan.graph.location(id);
                let result = evaluate_local(&self.plan.graph, node, &operands, self.party, self.ring, location)?;
                self.finish(id, vec![result]);
                continue;
            }
            let kernel = kernels::Kernel {
                plan: self.plan,
                id,
                party: self.party,
                ring: self.ring,
                mailbox: self.mailbox.clone(),
                randomness: self.randomness.clone(),
            };
            self.running.push(Running { node: id, future: kernel.start(operands) });
            self.poll_last();
        }
        Ok(())
    }

    fn poll_last(&mut self) {
        let mut last = self.running.pop().expect("a kernel was started");
        match poll(&mut last) {
            Poll::Ready(results) => self.finish(last.node, results),
            Poll::Pending => self.running.push(last),
        }
    }

    /// Polls every waiting kernel once: all messages of the superstep are here, so each goes as far as it can.
    fn poll_running(&mut self) {
        for mut kernel in std::mem::take(&mut self.running) {
            match poll(&mut kernel) {
                Poll::Ready(results) => self.finish(kernel.node, results),
                Poll::Pending => self.running.push(kernel),
            }
        }
    }

    fn finish(&mut self, id: NodeId, results: Vec<PartyValue<R>>) {
        let node = self.plan.graph.node(id);
        for (v, result) in node.results().zip(results) {
            if self.uses[v.index()] > 0 {
                self.values[v.index()] = Some(result);
            }
        }
        for &consumer in &self.plan.consumers[id.index()] {
            self.missing[consumer.index()] -= 1;
            if self.missing[consumer.index()] == 0 {
                self.ready.insert(consumer);
            }
        }
    }

    fn value(&self, v: Value) -> PartyValue<R> {
        self.values[v.index()].clone().expect("operands are computed before their uses")
    }

    /// Frees a value after its last use.
    fn release(&mut self, v: Value) {
        self.uses[v.index()] -= 1;
        if self.uses[v.index()] == 0 {
            self.values[v.index()] = None;
        }
    }

    fn collect(&mut self, planned: &[PlannedMessage], to: Party) -> Vec<Vec<u64>> {
        let mut mailbox = self.mailbox.borrow_mut();
        let take = |m: &PlannedMessage| {
            let words = mailbox.outgoing.remove(&(to, m.address)).expect("a planned message is sent in its superstep");
            assert_eq!(words.len(), m.words, "a message has its planned length");
            words
        };
        planned.iter().map(take).collect()
    }
}

fn poll<R: Ring>(kernel: &mut Running<R>) -> Poll<Vec<PartyValue<R>>> {
    kernel.future.as_mut().poll(&mut TaskContext::from_waker(Waker::noop()))
}
