//! What sorts and shuffles: its local operations, and its kernels, which always run on whole tensors.

use std::sync::Arc;

use spu::{Error, Location};

use super::kernels::{Kernel, Results};
use super::local::each;
use super::value::PartyValue;
use crate::aby3::{self, Arith, BitShares, Group, Rows, View};
use crate::ring::{Ring, from_planes, to_planes};
use crate::share::{ShareOp, ShareType};

/// The result of a local operation.
pub(super) fn evaluate<R: Ring>(
    op: &ShareOp,
    operands: &[PartyValue<R>],
    types: &[&ShareType],
    location: Location,
) -> Result<PartyValue<R>, Error> {
    Ok(match *op {
        ShareOp::PermuteRows { inverse } => {
            let rows = rows(types[0], types[1]);
            let index = order(operands[1].as_public(), rows.length);
            if !is_permutation(&index, operands[1].as_public(), rows) {
                let problem = format!("the order of {} rows is no permutation of 0 to n − 1", rows.length);
                return Err(Error::program(problem, location));
            }
            each(&operands[0], |x| rows.permute(x, &index, inverse))
        }
        ShareOp::ToResidue { bits } => each(&operands[0], |x| x.iter().map(|x| x.low(bits)).collect()),
        ref op => unreachable!("{} does not order", op.name()),
    })
}

/// Extents of `x` whose rows a permutation of the other type moves.
pub(crate) fn rows(x: &ShareType, permutation: &ShareType) -> Rows {
    let lists = permutation.elements();
    let length = permutation.shape.extents().last().copied().unwrap_or(1);
    Rows { batch: lists.checked_div(length).unwrap_or(0), length, width: x.elements().checked_div(lists).unwrap_or(1) }
}

/// Numbers of rows; a number past the end, which only a party that departs from the protocol can send, becomes the last.
fn order<R: Ring>(elements: &[R], length: usize) -> Vec<u32> {
    let last = (length as u128).saturating_sub(1);
    elements.iter().map(|x| x.to_u128().min(last) as u32).collect()
}

fn is_permutation<R: Ring>(index: &[u32], elements: &[R], rows: Rows) -> bool {
    let in_range = elements.iter().zip(index).all(|(x, &i)| x.to_u128() == u128::from(i));
    let mut seen = vec![usize::MAX; rows.length];
    let lists = index.chunks(rows.length.max(1)).enumerate();
    in_range
        && lists
            .into_iter()
            .all(|(list, index)| index.iter().all(|&i| std::mem::replace(&mut seen[i as usize], list) != list))
}

impl<R: Ring> Kernel<'_, R> {
    /// The future of the results of a kernel that orders.
    pub(super) fn start_order(self, operands: Vec<PartyValue<R>>) -> Results<R> {
        let node = self.plan.graph.node(self.id);
        let types: Vec<ShareType> = node.operands.iter().map(|&v| self.plan.graph.ty(v).clone()).collect();
        let group = types.first().map(|ty| aby3::group(ty, R::BITS));
        match node.operation {
            ShareOp::Permutation { .. } => {
                let ty = self.plan.graph.ty(node.result(0));
                let rows = rows(ty, ty);
                let drawn = self.parts(move |ctx, _| async move { aby3::permutations(&ctx, rows.batch, rows.length) });
                Box::pin(async move { vec![PartyValue::Permutation(Arc::new(drawn.await.remove(0)))] })
            }
            ShareOp::Shuffle { inverse } => {
                let (rows, group) = (rows(&types[0], &types[1]), group.expect("a shuffle has operands"));
                let (x, factors) = (elements(&operands[0]), operands[1].as_permutation().clone());
                let n = types[0].elements();
                let shuffled = self.parts(move |ctx, _| {
                    let (x, factors) = (x.clone(), factors.clone());
                    async move { aby3::shuffle(&ctx, x.view(), &factors, rows, group, inverse).await }
                });
                Box::pin(async move { vec![of_elements(shuffled.await.remove(0), group, n)] })
            }
            ShareOp::OpenShuffled => {
                let (rows, width) = (rows(&types[1], &types[1]), group.expect("it has operands").width());
                let (x, factors) = (operands[0].as_arith().clone(), operands[1].as_permutation().clone());
                let opened = self.parts(move |ctx, _| {
                    let (x, factors) = (x.clone(), factors.clone());
                    async move { aby3::open_shuffled(&ctx, x.view(), &factors, rows, width).await }
                });
                Box::pin(async move { vec![PartyValue::public(opened.await.concat())] })
            }
            ShareOp::OpenRanks => {
                let (rows, width) = (rows(&types[2], &types[2]), group.expect("it has operands").width());
                let (x, factors) = (operands[0].as_arith().clone(), operands[2].as_permutation().clone());
                let ranks = Arc::new(order(operands[1].as_public(), rows.length));
                let opened = self.parts(move |ctx, _| {
                    let (x, factors, ranks) = (x.clone(), factors.clone(), ranks.clone());
                    async move { aby3::open_ranks(&ctx, x.view(), &ranks, &factors, rows, width).await }
                });
                Box::pin(async move { vec![PartyValue::public(opened.await.concat())] })
            }
            ShareOp::Indicators { bits } => {
                let digit = operands[0].as_bits().clone();
                self.arith_parts(move |ctx, _| {
                    let digit = digit.clone();
                    async move { aby3::indicators(&ctx, &digit, bits).await }
                })
            }
            ref op => unreachable!("{} does not order", op.name()),
        }
    }
}

/// Shares as ring elements: of bits, the number that they write.
fn elements<R: Ring>(x: &PartyValue<R>) -> Arc<Arith<R>> {
    match x {
        PartyValue::Bits(bits) => Arc::new(Arith { own: from_planes(&bits.own, 0), next: from_planes(&bits.next, 0) }),
        other => other.as_arith().clone(),
    }
}

fn of_elements<R: Ring>(x: Arith<R>, group: Group, n: usize) -> PartyValue<R> {
    let View { own, next } = x.view();
    debug_assert_eq!(own.len(), n, "a shuffle keeps its elements");
    match group {
        Group::Sum(_) => PartyValue::arith(x),
        Group::Xor(count) => {
            PartyValue::Bits(Arc::new(BitShares { own: to_planes(own, 0, count), next: to_planes(next, 0, count) }))
        }
    }
}
