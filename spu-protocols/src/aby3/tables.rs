//! The message tables of all kernels, by operation of the share program.

use super::{Message, Role};
use crate::share::{Kind, ShareOp, ShareType};

/// The table of a kernel for a part of `n` elements (rows for [`ShareOp::Maximum`]) of a ring of `bits` bits.
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
        ShareOp::SignToArith => super::sign::arith_table(n, bits),
        ShareOp::BitToArith => super::inject::bit_to_arith_table(n, bits),
        ShareOp::BitMultiply => super::inject::bit_multiply_table(n, bits),
        ShareOp::Decompose { lo, hi } => super::decompose::table(lo..hi, n),
        ShareOp::Lookup { ref tables } => super::lookup::table(tables[0].0.len().ilog2(), tables.len(), n, bits),
        ShareOp::BitAnd => super::bits::and_table(n, bit_count(operands[0])),
        ShareOp::Weigh { ref weights } => super::weigh::table(&weights.0, n, bits),
        ShareOp::IsZero => super::zero::table(n, bits),
        ShareOp::IsZeroToArith => super::zero::arith_table(n, bits),
        ShareOp::WhereNegative => super::choose::negative_table(n, bits),
        ShareOp::WhereZero => super::choose::zero_table(n, bits),
        ShareOp::Floor { shift, .. } => super::floor::table(n, shift, bits),
        ShareOp::ExpNegative(ref window) => super::exp::table(n, window, operands[0].scale, bits),
        ShareOp::Fourier(ref series) => super::fourier::table(n, series, bits),
        ShareOp::Maximum => super::maximum::table(n, operands[0].shape.extents()[1], false, bits),
        ShareOp::LeadingOne { ref layout, ref weights } => super::leading_one::table(n, layout, weights, bits),
        ref op => unreachable!("{} is local", op.name()),
    }
}

fn bit_count(ty: &ShareType) -> usize {
    match ty.kind {
        Kind::Bits(count) => count as usize,
        _ => unreachable!("the share program's types hold: bits, not {ty}"),
    }
}
