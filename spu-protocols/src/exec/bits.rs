//! Local operations on bits: shared ones, one share at a time, and those of public integers.
//!
//! In the clear, bits are the low bits of a ring element, bit 0 the lowest.

use std::sync::Arc;

use spu::pphlo::Op;
use spu::{Party, Shape};

use super::rearrange::rearrange;
use super::value::PartyValue;
use crate::aby3::{BitShares, xor_into};
use crate::ring::{Planes, Ring, from_planes, to_planes};
use crate::share::{BitFunction, Kind, ShareOp, ShareType};

/// The result of an operation on bits at `party`; where every value is public, the same in the clear.
pub(super) fn evaluate<R: Ring>(
    op: &ShareOp,
    operands: &[PartyValue<R>],
    types: &[&ShareType],
    party: Party,
) -> Result<PartyValue<R>, String> {
    if let &ShareOp::BitShift { arithmetic } = op {
        let shift = if arithmetic { Op::ShiftRightArithmetic } else { Op::ShiftRightLogical };
        check_amounts(&shift, operands[1].as_public())?;
    }
    let Kind::Bits(count) = types[0].kind else { unreachable!("the share program's types hold: bits") };
    Ok(match &operands[0] {
        PartyValue::Bits(x) => PartyValue::Bits(Arc::new(shared(op, x, operands, count, party))),
        _ => PartyValue::public(in_the_clear(op, operands, types, count)),
    })
}

fn shared<R: Ring>(op: &ShareOp, x: &BitShares, operands: &[PartyValue<R>], count: u32, party: Party) -> BitShares {
    let both = |f: &dyn Fn(&Planes) -> Planes| BitShares { own: f(&x.own), next: f(&x.next) };
    let public = |i: usize| to_planes(operands[i].as_public(), 0, count);
    match op {
        ShareOp::BitXor => match &operands[1] {
            PartyValue::Bits(y) => BitShares { own: xor(&x.own, &y.own), next: xor(&x.next, &y.next) },
            _ => with_public(x, &public(1), party),
        },
        ShareOp::BitNot => {
            let (n, count) = (x.own.elements(), x.own.count());
            with_public(x, &Planes::from_words(n, count, vec![u64::MAX; count * n.div_ceil(64)]), party)
        }
        ShareOp::BitMask => {
            let mask = public(1);
            both(&|planes| {
                let words = planes.words().iter().zip(mask.words()).map(|(x, mask)| x & mask).collect();
                Planes::from_words(planes.elements(), planes.count(), words)
            })
        }
        ShareOp::BitPlanes { planes } => both(&|x| {
            let mut chosen = Planes::zero(x.elements(), planes.len());
            for (j, source) in planes.iter().enumerate() {
                source.iter().for_each(|&i| chosen.plane_mut(j).copy_from_slice(x.plane(i as usize)));
            }
            chosen
        }),
        ShareOp::BitJoin => {
            let join = |side: fn(&BitShares) -> &Planes| {
                let words: Vec<&[u64]> = operands.iter().map(|x| side(x.as_bits()).words()).collect();
                let count = operands.iter().map(|x| side(x.as_bits()).count()).sum();
                Planes::from_words(x.own.elements(), count, words.concat())
            };
            BitShares { own: join(|x| &x.own), next: join(|x| &x.next) }
        }
        &ShareOp::BitShift { arithmetic } => {
            let amounts: Vec<u64> = operands[1].as_public().iter().map(|&n| capped(n, count).into()).collect();
            let amounts = to_planes(&amounts, 0, 8);
            both(&|x| shifted(x, &amounts, arithmetic))
        }
        _ => unreachable!("{op:?} is not of bits"),
    }
}

/// Bits of every element as many places lower as its amount says: for each bit of the amount, all elements move or stay.
fn shifted(x: &Planes, amounts: &Planes, arithmetic: bool) -> Planes {
    let mut x = x.clone();
    let count = x.count();
    for k in 0..amounts.count() {
        for j in 0..count {
            let from = (j + (1 << k)).min(count);
            let fill = if arithmetic { Some(count - 1) } else { None };
            let source = if from < count { Some(from) } else { fill };
            for word in 0..x.stride() {
                let moves = amounts.plane(k)[word];
                let moved = source.map_or(0, |source| x.plane(source)[word]);
                let plane = &mut x.plane_mut(j)[word];
                *plane = *plane & !moves | moved & moves;
            }
        }
    }
    x
}

fn xor(x: &Planes, y: &Planes) -> Planes {
    let mut sum = x.clone();
    xor_into(&mut sum, y);
    sum
}

/// A public operand counts as x_0: party 0 holds it first, party 2 second.
fn with_public(x: &BitShares, public: &Planes, party: Party) -> BitShares {
    let mut x = x.clone();
    match party.0 {
        0 => xor_into(&mut x.own, public),
        2 => xor_into(&mut x.next, public),
        _ => {}
    }
    x
}

fn in_the_clear<R: Ring>(op: &ShareOp, operands: &[PartyValue<R>], types: &[&ShareType], count: u32) -> Vec<R> {
    let x = operands[0].as_public();
    let map = |f: &dyn Fn(u128) -> u128| x.iter().map(|v| R::from_u128(f(v.to_u128()))).collect::<Vec<R>>();
    let zip = |f: &dyn Fn(u128, u128) -> u128| {
        let pairs = x.iter().zip(operands[1].as_public().iter());
        pairs.map(|(x, y)| R::from_u128(f(x.to_u128(), y.low(count).to_u128()))).collect()
    };
    let all = u128::MAX >> (128 - count);
    match op {
        ShareOp::BitXor => zip(&|x, y| x ^ y),
        ShareOp::BitNot => map(&|x| x ^ all),
        ShareOp::BitMask => zip(&|x, y| x & y),
        ShareOp::BitPlanes { planes } => {
            let place = |x: u128, (j, source): (usize, &Option<u32>)| source.map_or(0, |i| (x >> i & 1) << j);
            map(&|x| planes.iter().enumerate().map(|source| place(x, source)).sum())
        }
        ShareOp::BitJoin => {
            let mut joined = vec![R::ZERO; x.len()];
            let mut low = 0;
            for (operand, ty) in operands.iter().zip(types) {
                let Kind::Bits(count) = ty.kind else { unreachable!("the share program's types hold: bits") };
                joined.iter_mut().zip(operand.as_public().iter()).for_each(|(sum, x)| *sum = sum.plus(x.shl(low)));
                low += count;
            }
            joined
        }
        &ShareOp::BitShift { arithmetic } => {
            let unused = R::BITS - count;
            let pairs = x.iter().zip(operands[1].as_public().iter());
            pairs
                .map(|(x, &n)| {
                    let (wide, n) = (x.shl(unused), capped(n, count));
                    let moved = if arithmetic { shift_right(wide, n) } else { wide.shr(n) };
                    moved.shr(unused)
                })
                .collect()
        }
        _ => unreachable!("{op:?} is not of bits"),
    }
}

/// A structural operation on shared bits: up to 64 planes at a time become words that move together.
pub(super) fn rearrange_bits<R: Ring>(
    op: &ShareOp,
    operands: &[PartyValue<R>],
    types: &[&ShareType],
    result: &Shape,
) -> PartyValue<R> {
    let count = operands[0].as_bits().own.count();
    let side = |side: fn(&BitShares) -> &Planes| {
        let mut words = Vec::new();
        for low in (0..count).step_by(64) {
            let group = low..count.min(low + 64);
            let elements = |x: &PartyValue<R>| {
                let planes = side(x.as_bits());
                let words = planes.words()[group.start * planes.stride()..group.end * planes.stride()].to_vec();
                from_planes::<u64>(&Planes::from_words(planes.elements(), group.len(), words), 0)
            };
            let components: Vec<Vec<u64>> = operands.iter().map(elements).collect();
            let components: Vec<_> = components.iter().zip(types).map(|(x, ty)| (&x[..], &ty.shape)).collect();
            words.extend(to_planes(&rearrange(op, &components, result), 0, group.len() as u32).into_words());
        }
        Planes::from_words(result.elements(), count, words)
    };
    PartyValue::Bits(Arc::new(BitShares { own: side(|x| &x.own), next: side(|x| &x.next) }))
}

/// A function of public integers as the ring has them.
pub(super) fn public<R: Ring>(function: BitFunction, operands: &[PartyValue<R>]) -> Result<PartyValue<R>, String> {
    let x = operands[0].as_public();
    let zip = |f: &dyn Fn(R, R) -> R| x.iter().zip(operands[1].as_public().iter()).map(|(&x, &y)| f(x, y)).collect();
    let bits = |f: fn(u128, u128) -> u128| zip(&|x, y| R::from_u128(f(x.to_u128(), y.to_u128())));
    let shift = match function {
        BitFunction::ShiftLeft => Some(Op::ShiftLeft),
        BitFunction::ShiftRight => Some(Op::ShiftRightArithmetic),
        BitFunction::ShiftRightLogical => Some(Op::ShiftRightLogical),
        _ => None,
    };
    if let Some(shift) = shift {
        check_amounts(&shift, operands[1].as_public())?;
    }
    Ok(PartyValue::public(match function {
        BitFunction::And => bits(|x, y| x & y),
        BitFunction::Or => bits(|x, y| x | y),
        BitFunction::Xor => bits(|x, y| x ^ y),
        BitFunction::Not => x.iter().map(|x| R::ZERO.minus(R::ONE).minus(*x)).collect(),
        BitFunction::ShiftLeft => zip(&|x, n| x.shl(capped(n, R::BITS))),
        BitFunction::ShiftRight => zip(&|x, n| shift_right(x, capped(n, R::BITS))),
        BitFunction::ShiftRightLogical => zip(&|x, n| x.shr(capped(n, R::BITS))),
        BitFunction::PopulationCount => x.iter().map(|x| R::from_u128(x.to_u128().count_ones().into())).collect(),
    }))
}

/// ⌊x / 2^n⌋ of the signed representative, n ≤ K.
fn shift_right<R: Ring>(x: R, n: u32) -> R {
    R::from_i128(x.signed() >> n.min(R::BITS - 1))
}

/// An amount that is not negative, at most `most`.
fn capped<R: Ring>(amount: R, most: u32) -> u32 {
    amount.to_u128().min(most.into()) as u32
}

fn check_amounts<R: Ring>(shift: &Op, amounts: &[R]) -> Result<(), String> {
    match amounts.iter().position(|n| n.signed() < 0) {
        None => Ok(()),
        Some(place) => {
            let amount = amounts[place].signed();
            Err(format!("cannot take `{}` of element {place}, {amount}: the amount must not be negative", shift.name()))
        }
    }
}
