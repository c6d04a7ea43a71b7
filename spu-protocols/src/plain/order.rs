//! What sorts and shuffles, in the clear. A permutation is the list of its numbers.

use spu::graph::Node;

use crate::aby3::permutation::lists;
use crate::exec::{PartyValue, rows};
use crate::ring::Ring;
use crate::share::{Kind, ShareGraph, ShareOp, ShareType};

/// What the node's kernel computes, if it orders. `seed` gives other draws to other runs.
pub(super) fn kernel<R: Ring>(
    graph: &ShareGraph,
    node: &Node<ShareOp>,
    operands: &[PartyValue<R>],
    seed: u64,
) -> Option<Vec<R>> {
    let types: Vec<&ShareType> = node.operands.iter().map(|&v| graph.ty(v)).collect();
    let list = |i: usize| -> Vec<u32> { operands[i].as_public().iter().map(|x| x.to_u128() as u32).collect() };
    Some(match node.operation {
        ShareOp::Permutation { draw, .. } => {
            let ty = graph.ty(node.result(0));
            let rows = rows(ty, ty);
            let words = super::random::words(seed, draw, 2 * ty.elements());
            lists(rows.batch, rows.length, &words).into_iter().map(|x| R::from_u128(x.into())).collect()
        }
        ShareOp::Shuffle { inverse } => rows(types[0], types[1]).permute(operands[0].as_public(), &list(1), inverse),
        ShareOp::OpenShuffled => rows(types[1], types[1]).permute(operands[0].as_public(), &list(1), false),
        ShareOp::OpenRanks => {
            let rows = rows(types[2], types[2]);
            let ranks = ranks(operands[0].as_public(), &list(1), rows.length);
            rows.permute(&ranks, &list(2), false)
        }
        ShareOp::Indicators { .. } => {
            let Kind::Bits(digit) = types[0].kind else { unreachable!("a digit is bits") };
            let x = operands[0].as_public();
            let column = |v: u128| x.iter().map(move |x| if x.to_u128() == v { R::ONE } else { R::ZERO });
            (1..1 << digit).flat_map(column).collect()
        }
        _ => return None,
    })
}

/// Ranks by digit, then by the order before.
fn ranks<R: Ring>(indicators: &[R], order: &[u32], length: usize) -> Vec<R> {
    let n = order.len();
    let digit =
        |i: usize| (0..indicators.len().checked_div(n).unwrap_or(0)).position(|v| indicators[v * n + i] != R::ZERO);
    let mut ranks = vec![R::ZERO; n];
    for first in (0..n).step_by(length.max(1)) {
        let mut elements: Vec<usize> = (first..first + length).collect();
        elements.sort_by_key(|&i| (digit(i), order[i]));
        (0u128..).zip(elements).for_each(|(rank, i)| ranks[i] = R::from_u128(rank));
    }
    ranks
}
