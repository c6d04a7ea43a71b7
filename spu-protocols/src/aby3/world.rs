//! Three parties in one thread: runs a kernel by itself, counts what it sends, and keeps what each party saw.
//!
//! Tests and benchmarks of kernels use it; sessions use the executor.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};

use spu::Party;

use super::context::{Address, Context, Mailbox, Randomness};
use super::message::{Message, TableCost};
use crate::ring::{Planes, Ring};

/// What one kernel run gave.
pub struct Outcome<T> {
    /// Results by role.
    pub results: [T; 3],
    /// What was counted on the wire: rounds in which messages moved, and bytes by role. `bits` is 8 × all bytes.
    pub measured: TableCost,
    /// Messages received by each role, in the order of their steps.
    pub received: [Vec<(u8, Vec<u64>)>; 3],
}

/// Runs `kernel` at three parties where `dealer` deals, in supersteps; each party's future is made by `kernel(context)`.
/// `randomness` is asked once for each party.
pub fn run<R: Ring, T, F: Future<Output = T>>(
    dealer: Party,
    table: &[Message],
    randomness: impl Fn(Party) -> Rc<dyn Randomness<R>>,
    kernel: impl Fn(Context<R>) -> F,
) -> Outcome<T> {
    let table: Arc<[Message]> = table.into();
    let mailboxes: [Rc<RefCell<Mailbox>>; 3] = Default::default();
    let parties = super::Role::ALL.map(|role| role.party(dealer));
    let futures = parties.map(|party| {
        let mailbox = mailboxes[party.0].clone();
        kernel(Context::new(party, dealer, (0, 0), table.clone(), mailbox, randomness(party)))
    });
    let [a, b, c] = futures;
    let mut futures = [Box::pin(a), Box::pin(b), Box::pin(c)];
    let mut results: [Option<T>; 3] = [None, None, None];
    let mut received: [Vec<(u8, Vec<u64>)>; 3] = Default::default();
    let mut measured = TableCost::default();
    loop {
        for (future, result) in futures.iter_mut().zip(&mut results).filter(|(_, r)| r.is_none()) {
            if let Poll::Ready(value) = poll(pin!(future)) {
                *result = Some(value);
            }
        }
        let mut moved = false;
        for (role, from) in parties.into_iter().enumerate() {
            let outgoing: HashMap<(Party, Address), Vec<u64>> =
                std::mem::take(&mut mailboxes[from.0].borrow_mut().outgoing);
            let mut outgoing: Vec<_> = outgoing.into_iter().collect();
            outgoing.sort_by_key(|((to, address), _)| (*to, *address));
            for ((to, address), words) in outgoing {
                moved = true;
                measured.bytes[role] += 8 * words.len() as u64;
                measured.bits += 64 * words.len() as u64;
                received[super::Role::of(to, dealer) as usize].push((address.step, words.clone()));
                mailboxes[to.0].borrow_mut().incoming.insert((from, address), words);
            }
        }
        if !moved {
            break;
        }
        measured.rounds += 1;
    }
    for mailbox in &mailboxes {
        assert!(mailbox.borrow().incoming.is_empty(), "every message is received");
    }
    received.iter_mut().for_each(|r| r.sort());
    Outcome { results: results.map(|r| r.expect("the kernel ends")), measured, received }
}

/// Deterministic randomness for tests: not secure. The same at both parties of a pair.
pub struct Seeded {
    /// Whose draws these are.
    pub party: Party,
    /// Different seeds give independent draws.
    pub seed: u64,
}

impl Seeded {
    /// For [`run`]'s `randomness`.
    pub fn source<R: Ring>(party: Party, seed: u64) -> Rc<dyn Randomness<R>> {
        Rc::new(Self { party, seed })
    }

    fn words(&self, peer: Party, address: Address, count: usize) -> Vec<u64> {
        let (low, high) = (self.party.0.min(peer.0) as u64, self.party.0.max(peer.0) as u64);
        let place = u64::from(address.node) << 32 | u64::from(address.part) << 16 | u64::from(address.step);
        let mut state = [self.seed, low * 3 + high, place].into_iter().fold(0, |state, x| mix(state ^ mix(x)));
        let next = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            mix(state)
        };
        std::iter::repeat_with(next).take(count).collect()
    }
}

impl<R: Ring> Randomness<R> for Seeded {
    fn elements(&self, peer: Party, address: Address, width: u32, count: usize) -> Vec<R> {
        let words = self.words(peer, address, 2 * count);
        let wide = words.chunks_exact(2).map(|w| u128::from(w[0]) << 64 | u128::from(w[1]));
        wide.map(|w| R::from_u128(w).low(width)).collect()
    }

    fn planes(&self, peer: Party, address: Address, elements: usize, count: usize) -> Planes {
        Planes::from_words(elements, count, self.words(peer, address, count * elements.div_ceil(64)))
    }
}

/// The finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
fn mix(z: u64) -> u64 {
    let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

fn poll<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut TaskContext::from_waker(Waker::noop()))
}
