//! Draws of a run, recorded or prescribed.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use spu::Party;

use super::super::context::{Address, Randomness};
use super::super::role::{Pair, Role};
use super::super::world::Seeded;
use super::Draw;
use crate::ring::{Planes, Ring};

/// Draws of a run by key and label; the dealer is party 0.
pub(super) type Tape<T> = BTreeMap<Draw, T>;

/// What was drawn, as words, and how many bits.
type Drawn = (Vec<u64>, u32);

/// Draws from a seed, and keeps what was drawn.
pub(super) struct Recorded {
    pub(super) party: Party,
    pub(super) seed: u64,
    pub(super) tape: Rc<RefCell<Tape<Drawn>>>,
}

/// Gives prescribed draws: the lowest bits of a number.
pub(super) struct Replayed {
    pub(super) party: Party,
    pub(super) tape: Rc<Tape<u128>>,
}

/// The next bits of a number, lowest first.
pub(super) struct Bits(pub(super) u128);

impl Bits {
    pub(super) fn take(&mut self, width: u32) -> u128 {
        let taken = self.0 & mask(width);
        self.0 = self.0.checked_shr(width).unwrap_or(0);
        taken
    }
}

/// 2^width − 1.
pub(super) fn mask(width: u32) -> u128 {
    u128::MAX.checked_shr(128 - width).unwrap_or(0)
}

impl<R: Ring> Randomness<R> for Recorded {
    fn elements(&self, peer: Party, address: Address, width: u32, count: usize) -> Vec<R> {
        let elements = Seeded { party: self.party, seed: self.seed }.elements(peer, address, width, count);
        let words = R::into_words(elements.clone());
        self.tape.borrow_mut().insert(draw(self.party, peer, address), (words, width * count as u32));
        elements
    }

    fn planes(&self, peer: Party, address: Address, elements: usize, count: usize) -> Planes {
        let seeded = Seeded { party: self.party, seed: self.seed };
        let planes = <Seeded as Randomness<R>>::planes(&seeded, peer, address, elements, count);
        let words = planes.clone().into_dense();
        self.tape.borrow_mut().insert(draw(self.party, peer, address), (words, (elements * count) as u32));
        planes
    }
}

impl<R: Ring> Randomness<R> for Replayed {
    fn elements(&self, peer: Party, address: Address, width: u32, count: usize) -> Vec<R> {
        let mut bits = Bits(self.tape[&draw(self.party, peer, address)]);
        (0..count).map(|_| R::from_u128(bits.take(width))).collect()
    }

    fn planes(&self, peer: Party, address: Address, elements: usize, count: usize) -> Planes {
        let bits = self.tape[&draw(self.party, peer, address)];
        let words = [bits as u64, (bits >> 64) as u64];
        Planes::from_dense(elements, count, words[..(elements * count).div_ceil(64)].to_vec())
    }
}

fn draw(party: Party, peer: Party, address: Address) -> Draw {
    (Pair::of(Role::ALL[party.0], Role::ALL[peer.0]), address.step)
}
