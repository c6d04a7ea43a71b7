//! The message tables of all kernels, by operation of the share program.

use super::{Message, Role};
use crate::share::{ShareOp, ShareType};

/// The table of a kernel for a part of `n` elements (rows for [`ShareOp::Maximum`]) of a ring of `bits` bits.
pub fn table(op: &ShareOp, operands: &[&ShareType], n: usize, bits: u32, fraction_bits: u32) -> Vec<Message> {
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
        ShareOp::ExpNegative => super::exp::table(n, fraction_bits),
        ShareOp::Maximum => super::maximum::table(n, operands[0].shape.extents()[1], false, bits),
        ShareOp::LeadingOne { ref layout, ref weights } => super::leading_one::table(n, layout, weights, bits),
        ref op => unreachable!("{} is local", op.name()),
    }
}
