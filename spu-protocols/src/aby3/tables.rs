//! The message tables of all kernels, by operation of the share program.

use super::maximum::Wanted;
use super::{Group, Message, Role};
use crate::share::{Kind, ShareOp, ShareType};

/// The table of a kernel for a part of `n` elements (rows for a maximum) of a ring of `bits` bits.
pub fn table(op: &ShareOp, operands: &[&ShareType], n: usize, bits: u32) -> Vec<Message> {
    match *op {
        ShareOp::Input { .. } => super::input::table(n, bits),
        ShareOp::Reshare => super::multiply::reshare_table(n, bits),
        ShareOp::TruncateSum { shift } => super::truncate::sum_table(n, shift, bits),
        ShareOp::Truncate { shift } => super::truncate::table(n, shift, bits),
        ShareOp::Open { .. } => super::open::table(n, bits),
        ShareOp::OpenTo { .. } => super::open::to_table(n, bits, Role::P0),
        ShareOp::Relu => super::relu::table(n, bits),
        ShareOp::ReluValue => super::relu::value_table(n, bits),
        ShareOp::TruncateRelu { shift } => super::truncate_relu::table(n, shift, bits),
        ShareOp::TruncateReluValue { shift } => super::truncate_relu::value_table(n, shift, bits),
        ShareOp::Sign => super::sign::table(n, bits),
        ShareOp::SignToArith => super::sign::arith_table(n, bits, bits),
        ShareOp::BitToArith => super::inject::bit_to_arith_table(n, bits),
        ShareOp::BitMultiply => super::inject::bit_multiply_table(n, bits),
        ShareOp::Decompose { lo, hi } => super::decompose::table(lo..hi, n),
        ShareOp::OneHot { count, inside } => super::one_hot::table(count, inside, n, bits),
        ShareOp::BitAnd => super::bits::and_table(n, bit_count(operands[0])),
        ShareOp::Weigh { ref weights } => super::weigh::table(&weights.0, n, bits),
        ShareOp::IsZero => super::zero::table(n, bits),
        ShareOp::IsZeroToArith => super::zero::arith_table(n, bits),
        ShareOp::WhereNegative => super::choose::negative_table(n, bits),
        ShareOp::WhereZero => super::choose::zero_table(n, bits),
        ShareOp::ShiftRight { shift, .. } => super::shift::table(n, shift, bits),
        ShareOp::Floor { shift, .. } => super::floor::table(n, shift, bits),
        ShareOp::ExpNegative(ref window) => super::exp::table(n, window, operands[0].scale, bits),
        ShareOp::Fourier(ref series) => super::fourier::table(n, series, bits),
        ShareOp::NarrowSignToArith { bits: width } => super::sign::arith_table(n, bits, width),
        ShareOp::Maximum => super::maximum::table(n, operands[0].shape.extents()[1], Wanted::Value, bits),
        ShareOp::MaximumOneHot => super::maximum::table(n, operands[0].shape.extents()[1], Wanted::OneHot, bits),
        ShareOp::MaximumIndex => super::maximum::table(n, operands[0].shape.extents()[1], Wanted::Index, bits),
        ShareOp::Permutation { .. } => Vec::new(),
        ShareOp::Shuffle { inverse } => {
            super::shuffle::table(operands[0].elements(), group(operands[0], bits).width(), inverse)
        }
        ShareOp::OpenShuffled => super::rank::table(operands[1].elements(), group(operands[0], bits).width()),
        ShareOp::OpenRanks => super::rank::ranks_table(operands[1].elements(), group(operands[0], bits).width()),
        ShareOp::Indicators { bits: width } => match operands[0].kind {
            Kind::Bits(digit) => super::indicators::table(n, digit, width),
            _ => unreachable!("a digit is bits"),
        },
        ShareOp::LeadingOne { ref layout, ref weights } => super::leading_one::table(n, layout, weights, bits),
        ShareOp::Uniform { bits: width, .. } => super::uniform::table(n, width, bits),
        ShareOp::Bernoulli { numerator, .. } => super::bernoulli::table(n, numerator),
        ShareOp::PublicUniform { .. } => super::coin::table(),
        ref op => unreachable!("{} is local", op.name()),
    }
}

fn bit_count(ty: &ShareType) -> usize {
    match ty.kind {
        Kind::Bits(count) => count as usize,
        _ => unreachable!("the share program's types hold: bits, not {ty}"),
    }
}

/// How the shares of what is shuffled add up, and how many of their bits count, in a ring of `bits` bits.
pub fn group(ty: &ShareType, bits: u32) -> Group {
    match ty.kind {
        Kind::Bits(count) => Group::Xor(count),
        Kind::Residue(count) => Group::Sum(count),
        _ => Group::Sum(bits),
    }
}
