//! The builder's operations on bits, and comparisons with 0.

use spu::graph::Value;

use super::builder::Builder;
use super::ops::{BitFunction, RingLiteral, ShareOp};
use super::types::{Kind, ShareType};

impl Builder {
    /// Bits lo … hi − 1 of x, as they are in the ring.
    pub fn decompose(&mut self, x: Value, lo: u32, hi: u32) -> Value {
        let ty = ShareType::new(self.shape(x), Kind::Bits(hi - lo), 0);
        self.append(ShareOp::Decompose { lo, hi }, vec![x], ty)
    }

    /// For each index of a vector a row `[i = 0]`, …, `[i = count − 1]`; `inside` says that every index is less than the power of two that is
    /// `count` or the next one above, and not negative.
    pub fn one_hot(&mut self, index: Value, count: usize, inside: bool) -> Value {
        let ty = ShareType::new([self.shape(index).elements(), count], Kind::Arith, 0);
        self.append(ShareOp::OneHot { count, inside }, vec![index], ty)
    }

    /// Σ of the weights of the bits that are set, an integer.
    pub fn weigh(&mut self, bits: Value, weights: Vec<i128>) -> Value {
        assert_eq!(self.bit_count(bits) as usize, weights.len(), "every bit has a weight");
        let ty = ShareType::new(self.shape(bits), Kind::Arith, 0);
        self.append(ShareOp::Weigh { weights: RingLiteral(weights.into()) }, vec![bits], ty)
    }

    /// Bits as an integer that is not negative, modulo the ring.
    pub fn bits_to_arith(&mut self, bits: Value) -> Value {
        let weights = (0..self.bit_count(bits)).map(|j| 1i128 << j).collect();
        self.weigh(bits, weights)
    }

    /// Bits as an integer in two's complement, modulo the ring.
    pub fn signed_bits_to_arith(&mut self, bits: Value) -> Value {
        let top = self.bit_count(bits) - 1;
        let weights = (0..top).map(|j| 1i128 << j).chain([(1i128 << top).wrapping_neg()]).collect();
        self.weigh(bits, weights)
    }

    /// x ⊕ y of bits; y may be public.
    pub fn bit_xor(&mut self, x: Value, y: Value) -> Value {
        let ty = self.ty(x).clone();
        self.append(ShareOp::BitXor, vec![x, y], ty)
    }

    /// ¬x of bits.
    pub fn bit_not(&mut self, x: Value) -> Value {
        let ty = self.ty(x).clone();
        self.append(ShareOp::BitNot, vec![x], ty)
    }

    /// x ∧ y of bits; y may be public.
    pub fn bit_and(&mut self, x: Value, y: Value) -> Value {
        let ty = self.ty(x).clone();
        assert_eq!(ty.shape, self.shape(y), "both operands have one shape");
        let op = if self.kind(y) == Kind::Public { ShareOp::BitMask } else { ShareOp::BitAnd };
        self.append(op, vec![x, y], ty)
    }

    /// Bits of x at the places told, lowest first; 0 where there is none.
    pub fn bit_planes(&mut self, x: Value, planes: Vec<Option<u32>>) -> Value {
        let count = self.bit_count(x);
        assert!(planes.iter().flatten().all(|&place| place < count), "a bit comes from a bit");
        let ty = ShareType { kind: Kind::Bits(planes.len() as u32), ..self.ty(x).clone() };
        self.append(ShareOp::BitPlanes { planes }, vec![x], ty)
    }

    /// All operands' bits, the first one's lowest.
    pub fn bit_join(&mut self, operands: Vec<Value>) -> Value {
        let count = operands.iter().map(|&x| self.bit_count(x)).sum();
        let ty = ShareType { kind: Kind::Bits(count), ..self.ty(operands[0]).clone() };
        self.append(ShareOp::BitJoin, operands, ty)
    }

    /// Bits of each element as many places lower as `amounts`, public integers, say.
    pub fn bit_shift(&mut self, x: Value, amounts: Value, arithmetic: bool) -> Value {
        let ty = self.ty(x).clone();
        self.append(ShareOp::BitShift { arithmetic }, vec![x, amounts], ty)
    }

    /// A function of the bits of public integers.
    pub fn public_bits(&mut self, function: BitFunction, operands: Vec<Value>) -> Value {
        let ty = self.ty(operands[0]).clone();
        self.append(ShareOp::PublicBits(function), operands, ty)
    }

    /// `[x = 0]` as a bit.
    pub fn is_zero(&mut self, x: Value) -> Value {
        let ty = ShareType::new(self.shape(x), Kind::Bits(1), 0);
        self.append(ShareOp::IsZero, vec![x], ty)
    }

    /// `[x = 0]` as 0 or 1.
    pub fn is_zero_to_arith(&mut self, x: Value) -> Value {
        let ty = ShareType::new(self.shape(x), Kind::Arith, 0);
        self.append(ShareOp::IsZeroToArith, vec![x], ty)
    }

    /// x where d < 0, else 0.
    pub fn where_negative(&mut self, d: Value, x: Value) -> Value {
        let ty = self.ty(x).clone();
        self.append(ShareOp::WhereNegative, vec![d, x], ty)
    }

    /// x where d = 0, else 0.
    pub fn where_zero(&mut self, d: Value, x: Value) -> Value {
        let ty = self.ty(x).clone();
        self.append(ShareOp::WhereZero, vec![d, x], ty)
    }

    /// ⌊x / 2^shift⌋ of the signed or the unsigned ring element, an integer.
    pub fn shift_right(&mut self, x: Value, shift: u32, signed: bool) -> Value {
        let ty = ShareType::new(self.shape(x), Kind::Arith, 0);
        self.append(ShareOp::ShiftRight { shift, signed }, vec![x], ty)
    }

    /// ⌊(x + offset) / 2^shift⌋ of the ring element, an integer.
    pub fn floor(&mut self, x: Value, shift: u32, offset: i128) -> Value {
        let ty = ShareType::new(self.shape(x), Kind::Arith, 0);
        self.append(ShareOp::Floor { shift, offset }, vec![x], ty)
    }

    fn bit_count(&self, x: Value) -> u32 {
        match self.kind(x) {
            Kind::Bits(count) => count,
            _ => unreachable!("bits, not {}", self.ty(x)),
        }
    }
}
