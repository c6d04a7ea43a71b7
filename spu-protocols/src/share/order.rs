//! Builder methods of what sorts, shuffles and draws.

use spu::graph::Value;
use spu::{Party, Shape};

use super::builder::Builder;
use super::ops::ShareOp;
use super::types::{Kind, ShareType};

impl Builder {
    /// A uniform permutation along the last axis of `shape`, which each draw makes anew.
    pub fn permutation(&mut self, shape: impl Into<Shape>, draw: u32, dealer: Party) -> Value {
        let ty = ShareType::new(shape, Kind::Permutation, 0);
        self.append(ShareOp::Permutation { draw, dealer }, vec![], ty)
    }

    /// Secret numbers, uniform in [0, 1), with `bits` fraction bits.
    pub fn uniform(&mut self, shape: Shape, bits: u32, draw: u32) -> Value {
        self.append(ShareOp::Uniform { bits, draw }, vec![], ShareType::new(shape, Kind::Arith, bits))
    }

    /// Secret bits that are one with probability `numerator` / 2^24.
    pub fn bernoulli(&mut self, shape: Shape, numerator: u32, draw: u32) -> Value {
        self.append(ShareOp::Bernoulli { numerator, draw }, vec![], ShareType::new(shape, Kind::Bits(1), 0))
    }

    /// Public uniform numbers of `bits` bits, of which `scale` are fraction bits.
    pub fn public_uniform(&mut self, shape: Shape, bits: u32, scale: u32, draw: u32) -> Value {
        self.append(ShareOp::PublicUniform { bits, draw }, vec![], ShareType::new(shape, Kind::Public, scale))
    }

    /// Rows permuted, or permuted back.
    pub fn shuffle(&mut self, x: Value, permutation: Value, inverse: bool) -> Value {
        let ty = self.ty(x).clone();
        self.append(ShareOp::Shuffle { inverse }, vec![x, permutation], ty)
    }

    /// A permutation of 0 … n − 1 along the last axis, opened after it was shuffled. Panics if the permutation has served an opening:
    /// two lists opened in one order would tell how they differ.
    pub fn open_shuffled(&mut self, x: Value, permutation: Value) -> Value {
        self.opened(ShareOp::OpenShuffled, vec![x, permutation])
    }

    /// Ranks by a further digit, opened after they were shuffled. Panics as [`Builder::open_shuffled`].
    pub fn open_ranks(&mut self, indicators: Value, order: Value, permutation: Value) -> Value {
        self.opened(ShareOp::OpenRanks, vec![indicators, order, permutation])
    }

    fn opened(&mut self, op: ShareOp, operands: Vec<Value>) -> Value {
        let permutation = *operands.last().expect("an order is opened under a permutation");
        let ty = ShareType::new(self.shape(permutation), Kind::Public, 0);
        let opened = self.append(op, operands, ty);
        let others = self.graph.nodes().filter(|(_, node)| {
            matches!(node.operation, ShareOp::OpenShuffled | ShareOp::OpenRanks)
                && node.operands.last() == Some(&permutation)
        });
        assert!(others.count() == 1, "a permutation serves one opening");
        opened
    }

    /// Whether a digit is 1, 2, …, as residues of `bits` bits.
    pub fn indicators(&mut self, digit: Value, bits: u32) -> Value {
        let Kind::Bits(width) = self.kind(digit) else { unreachable!("a digit is bits") };
        let values = (1usize << width) - 1;
        let extents: Vec<usize> = [values].into_iter().chain(self.shape(digit).extents().iter().copied()).collect();
        self.append(ShareOp::Indicators { bits }, vec![digit], ShareType::new(extents, Kind::Residue(bits), 0))
    }

    /// Rows in the order of a public permutation, or back.
    pub fn permute_rows(&mut self, x: Value, index: Value, inverse: bool) -> Value {
        let ty = self.ty(x).clone();
        self.append(ShareOp::PermuteRows { inverse }, vec![x, index], ty)
    }

    /// The lowest bits of shares.
    pub fn to_residue(&mut self, x: Value, bits: u32) -> Value {
        self.unary(ShareOp::ToResidue { bits }, x, Kind::Residue(bits))
    }

    /// Some of the bits.
    pub fn select_bits(&mut self, x: Value, start: u32, limit: u32) -> Value {
        match self.kind(x) {
            Kind::Bits(count) if (start, limit) == (0, count) => x,
            _ => self.bit_planes(x, (start..limit).map(Some).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two lists of two elements, opened under permutations that are drawn as `draws` say.
    fn opened(draws: [u32; 2]) {
        let mut build = Builder::default();
        for (index, draw) in draws.into_iter().enumerate() {
            let x = build.argument(index, ShareType::new([2], Kind::Arith, 0));
            let x = build.to_residue(x, 1);
            let permutation = build.permutation([2], draw, Party(0));
            let first = build.open_shuffled(x, permutation);
            assert_eq!(build.open_shuffled(x, permutation), first, "what was opened is not opened again");
        }
    }

    #[test]
    fn each_opening_has_a_permutation_of_its_own() {
        opened([0, 1]);
    }

    #[test]
    #[should_panic(expected = "serves one opening")]
    fn a_permutation_serves_one_opening() {
        opened([0, 0]);
    }
}
