//! The context: the only way from a kernel to its peers and to randomness.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::future::poll_fn;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

use spu::Party;

use super::message::Message;
use super::role::{Pair, Role};
use crate::ring::{Planes, Ring};

/// Names a draw or a message inside a run: the node of the share program, its part, and a number given by the kernel.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Address {
    /// Node of the share program.
    pub node: u32,
    /// Part of the tensor.
    pub part: u8,
    /// Step of a message, label of a draw.
    pub step: u8,
}

/// What two parties both know without a message: streams of their common key.
pub trait Randomness<R: Ring> {
    /// Uniform elements of [0, 2^width) known to this party and `peer`; the same at both for the same address.
    fn elements(&self, peer: Party, address: Address, width: u32, count: usize) -> Vec<R>;
    /// Uniform bits known to this party and `peer`.
    fn planes(&self, peer: Party, address: Address, elements: usize, count: usize) -> Planes;
}

/// Messages on their way out of and into the kernels of one party.
#[derive(Default)]
pub struct Mailbox {
    /// Written by kernels, by receiver; taken by the executor.
    pub outgoing: HashMap<(Party, Address), Vec<u64>>,
    /// Written by the executor, by sender; taken by kernels.
    pub incoming: HashMap<(Party, Address), Vec<u64>>,
}

/// What a kernel sees of the world: its role, its messages, its randomness.
pub struct Context<R: Ring> {
    role: Role,
    dealer: Party,
    node: u32,
    part: u8,
    table: Arc<[Message]>,
    mailbox: Rc<RefCell<Mailbox>>,
    randomness: Rc<dyn Randomness<R>>,
    progress: RefCell<Progress>,
    ring: PhantomData<R>,
}

#[derive(Default)]
struct Progress {
    received: Option<u8>,
    sent: HashSet<(u8, Role)>,
    drawn: HashSet<(Pair, u8)>,
}

impl<R: Ring> Context<R> {
    /// The context of one part of one node at `party`, where `dealer` deals.
    pub fn new(
        party: Party,
        dealer: Party,
        (node, part): (u32, u8),
        table: Arc<[Message]>,
        mailbox: Rc<RefCell<Mailbox>>,
        randomness: Rc<dyn Randomness<R>>,
    ) -> Self {
        let role = Role::of(party, dealer);
        Self { role, dealer, node, part, table, mailbox, randomness, progress: RefCell::default(), ring: PhantomData }
    }

    /// This party's role.
    pub fn role(&self) -> Role {
        self.role
    }

    /// `n` uniform ring elements that only `pair` knows. Each label is drawn once in a kernel.
    pub fn draw(&self, pair: Pair, label: u8, n: usize) -> Vec<R> {
        self.draw_low(pair, label, R::BITS, n)
    }

    /// `n` uniform elements of [0, 2^width) that only `pair` knows.
    pub fn draw_low(&self, pair: Pair, label: u8, width: u32, n: usize) -> Vec<R> {
        let peer = self.open_stream(pair, label);
        self.randomness.elements(peer, self.address(label), width, n)
    }

    /// `count` planes of `elements` uniform bits that only `pair` knows.
    pub fn draw_planes(&self, pair: Pair, label: u8, elements: usize, count: usize) -> Planes {
        let peer = self.open_stream(pair, label);
        self.randomness.planes(peer, self.address(label), elements, count)
    }

    /// Sends the message `step` to `to`. The table must have it, with this length, at this point of the kernel.
    pub fn send(&self, step: u8, to: Role, words: Vec<u64>) {
        let row = self.row(step, self.role, to);
        assert_eq!(words.len(), row.words(), "message {step} to {to:?} has the length its table says");
        let mut progress = self.progress.borrow_mut();
        assert!(progress.received.is_none_or(|r| r < row.after), "message {step} to {to:?} leaves before its `after`");
        assert!(progress.sent.insert((step, to)), "message {step} to {to:?} is sent once");
        let key = (to.party(self.dealer), self.address(step));
        if !words.is_empty() {
            self.mailbox.borrow_mut().outgoing.insert(key, words);
        }
    }

    /// Waits for the message `step` of `from`; it has the length its table says.
    pub async fn receive(&self, step: u8, from: Role) -> Vec<u64> {
        let row = self.row(step, from, self.role);
        let key = (from.party(self.dealer), self.address(step));
        if row.bits == 0 {
            return Vec::new();
        }
        let words = poll_fn(|_| match self.mailbox.borrow_mut().incoming.remove(&key) {
            Some(words) => Poll::Ready(words),
            None => Poll::Pending,
        })
        .await;
        assert_eq!(words.len(), row.words(), "the executor delivers messages of the planned length");
        let mut progress = self.progress.borrow_mut();
        progress.received = progress.received.max(Some(step));
        words
    }

    /// Sends whole ring elements.
    pub fn send_elements(&self, step: u8, to: Role, elements: Vec<R>) {
        self.send(step, to, R::into_words(elements));
    }

    /// Waits for `n` whole ring elements.
    pub async fn receive_elements(&self, step: u8, from: Role, n: usize) -> Vec<R> {
        R::from_words(self.receive(step, from).await, n)
    }

    /// Sends planes without padding: the table's row counts planes · elements bits.
    pub fn send_planes(&self, step: u8, to: Role, planes: Planes) {
        self.send(step, to, planes.into_dense());
    }

    /// Waits for `count` planes of `elements` bits.
    pub async fn receive_planes(&self, step: u8, from: Role, elements: usize, count: usize) -> Planes {
        Planes::from_dense(elements, count, self.receive(step, from).await)
    }

    fn address(&self, step: u8) -> Address {
        Address { node: self.node, part: self.part, step }
    }

    fn row(&self, step: u8, from: Role, to: Role) -> &Message {
        let row = self.table.iter().find(|m| m.step == step && m.from == from && m.to == to);
        row.unwrap_or_else(|| panic!("the table has message {step} from {from:?} to {to:?}"))
    }

    fn open_stream(&self, pair: Pair, label: u8) -> Party {
        assert!(pair.includes(self.role), "{:?} does not hold the key of {pair:?}", self.role);
        assert!(self.progress.borrow_mut().drawn.insert((pair, label)), "draw {label} of {pair:?} happens once");
        let peer = if pair == Pair::with_next(self.role) { self.role.next() } else { self.role.previous() };
        peer.party(self.dealer)
    }
}
