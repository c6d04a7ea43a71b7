//! Draws of the plain evaluator: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), decided by a seed; not secure.

use super::Op;
use crate::host::{Elements, HostTensor};

/// What the operation draws, if it does, in a run with this seed.
pub(crate) fn draw(op: &Op, seed: u64) -> Option<HostTensor> {
    let (shape, draw) = match op {
        Op::RandomPermutation { shape, draw }
        | Op::RandomUniform { shape, draw, .. }
        | Op::RandomBernoulli { shape, draw, .. } => (shape, *draw),
        _ => return None,
    };
    let mut source = Source(mix(seed ^ mix(draw as u64 + 1)));
    let count = shape.elements();
    let elements = match op {
        Op::RandomUniform { .. } => Elements::Fxp((0..count).map(|_| source.real()).collect()),
        Op::RandomBernoulli { p, .. } => Elements::Bool((0..count).map(|_| source.real() < p.0).collect()),
        _ => {
            let length = shape.extents().last().copied().unwrap_or(1);
            let lists = count.checked_div(length).unwrap_or(0);
            Elements::Int((0..lists).flat_map(|_| source.permutation(length)).collect())
        }
    };
    Some(HostTensor::new(shape.clone(), elements))
}

/// The seed of part number `part` of a run with this seed: a region of a node, an iteration of a loop.
pub(super) fn inside(seed: u64, part: usize) -> u64 {
    mix(mix(seed).wrapping_add(part as u64 + 1))
}

struct Source(u64);

impl Source {
    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A multiple of 2^−53 in [0, 1).
    fn real(&mut self) -> f64 {
        (self.word() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Swaps from the last place down (Fisher, Yates).
    fn permutation(&mut self, length: usize) -> Vec<i64> {
        let mut list: Vec<i64> = (0..length as i64).collect();
        for i in (1..length).rev() {
            let other = (u128::from(self.word()) * (i as u128 + 1)) >> 64;
            list.swap(i, other as usize);
        }
        list
    }
}

fn mix(z: u64) -> u64 {
    let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}
