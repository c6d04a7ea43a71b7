//! The message tables of all kernels, by operation of the share program.

use super::Message;
use crate::share::{ShareOp, ShareType};

/// The table of a kernel for a part of `n` elements (rows for [`ShareOp::Maximum`]) of a ring of `bits` bits.
pub fn table(op: &ShareOp, operands: &[&ShareType], n: usize, bits: u32, fraction_bits: u32) -> Vec<Message> {
    match *op {
        ShareOp::Input { .. } => super::input::table(n, bits),
        ShareOp::Reshare => super::multiply::table(n, bits),
        ShareOp::TruncateSum { shift } => super::truncate::sum_table(n, shift, bits),
        ShareOp::Truncate { shift } => super::truncate::table(n, shift, bits),
        ShareOp::Open { .. } => super::open::table(n, bits),
        ShareOp::OpenTo { .. } => super::open::to_table(n, bits),
        ShareOp::Relu => super::relu::table(n, bits),
        ShareOp::Sign => super::sign::table(n, bits),
        ShareOp::SignToArith => super::sign::arith_table(n, bits),
        ShareOp::BitToArith => super::inject::table(n, bits),
        ShareOp::BitMultiply => super::inject::multiply_table(n, bits),
        ShareOp::ExpNegative => super::exp::table(n, bits, fraction_bits),
        ShareOp::Maximum => super::maximum::table(n, operands[0].shape.extents()[1], bits),
        ref op => unreachable!("{} is local", op.name()),
    }
}
