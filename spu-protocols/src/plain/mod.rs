//! The oracle: one party evaluates a share program on plain ring elements.
//!
//! Truncation rounds down; under ABY3 it rounds down or one unit above. Everything else but [`ShareOp::ExpNegative`] is equal.

use std::sync::Arc;

use spu::graph::Node;
use spu::{Error, Party};

use crate::exec::{self, PartyValue, Runner, evaluate_local};
use crate::hal::RingConfig;
use crate::ring::Ring;
use crate::share::{Plan, Schedule, ShareOp};

/// Runs `plan` in the clear. All arguments and results are [`PartyValue::Public`].
pub fn run<R: Ring>(plan: &Plan, ring: RingConfig, arguments: &[PartyValue<R>]) -> Result<Vec<PartyValue<R>>, Error> {
    let graph = &plan.graph;
    let mut values: Vec<Option<PartyValue<R>>> = vec![None; graph.value_count()];
    let mut uses = plan.uses.clone();
    for (id, node) in graph.nodes() {
        let value = |v: &spu::graph::Value| values[v.index()].clone().expect("operands precede their uses");
        let operands: Vec<PartyValue<R>> = node.operands.iter().map(value).collect();
        for v in &node.operands {
            uses[v.index()] -= 1;
            if uses[v.index()] == 0 {
                values[v.index()] = None;
            }
        }
        let results = match node.operation {
            ShareOp::Argument { index } => vec![arguments[index].clone()],
            ShareOp::ToSum | ShareOp::ToArith => operands,
            ref op if op.is_local() => {
                vec![evaluate_local(graph, node, &operands, Party(0), ring, graph.location(id))?]
            }
            _ => {
                let width = graph.ty(node.operands[0]).shape.extents().last().copied().unwrap_or(1);
                kernel(node, &operands, ring, width).into_iter().map(PartyValue::public).collect()
            }
        };
        for (v, result) in node.results().zip(results) {
            if uses[v.index()] > 0 {
                values[v.index()] = Some(result);
            }
        }
    }
    let outputs = graph.outputs.iter();
    Ok(outputs.map(|v| values[v.index()].clone().expect("outputs are computed")).collect())
}

/// Walks through `schedule` in the clear, as [`run`].
pub fn walk<R: Ring>(
    schedule: &Schedule,
    ring: RingConfig,
    arguments: Vec<PartyValue<R>>,
) -> Result<Vec<PartyValue<R>>, Error> {
    struct Alone(RingConfig);
    impl<R: Ring> Runner<R> for Alone {
        fn run(&mut self, plan: &Arc<Plan>, arguments: Vec<PartyValue<R>>) -> Result<Vec<PartyValue<R>>, Error> {
            run(plan, self.0, &arguments)
        }
    }
    exec::walk(&schedule.block, arguments, &mut Alone(ring))
}

/// What the node's kernel computes; `width` is the last extent of its first operand.
fn kernel<R: Ring>(node: &Node<ShareOp>, operands: &[PartyValue<R>], ring: RingConfig, width: usize) -> Vec<Vec<R>> {
    let x = operands[0].as_public();
    let map = |f: &dyn Fn(R) -> R| x.iter().map(|&v| f(v)).collect::<Vec<R>>();
    let positive = |v: R| if v.signed() < 0 { R::ZERO } else { v };
    let indicator = |holds: bool| if holds { R::ONE } else { R::ZERO };
    match node.operation {
        ShareOp::Input { .. }
        | ShareOp::Reshare
        | ShareOp::Open { .. }
        | ShareOp::OpenTo { .. }
        | ShareOp::BitToArith => {
            vec![x.to_vec()]
        }
        ShareOp::TruncateSum { shift } | ShareOp::Truncate { shift } => {
            vec![map(&|v| R::from_i128(v.signed() >> shift))]
        }
        ShareOp::Relu => vec![map(&positive), map(&|v| indicator(v.signed() >= 0))],
        ShareOp::ReluValue => vec![map(&positive)],
        ShareOp::TruncateRelu { shift } => {
            vec![map(&|v| R::from_i128(v.signed().max(0) >> shift)), map(&|v| indicator(v.signed() >= 0))]
        }
        ShareOp::TruncateReluValue { shift } => vec![map(&|v| R::from_i128(v.signed().max(0) >> shift))],
        ShareOp::Sign | ShareOp::SignToArith => vec![map(&|v| indicator(v.signed() < 0))],
        ShareOp::BitMultiply => {
            vec![x.iter().zip(operands[1].as_public().iter()).map(|(&bit, &v)| bit.times(v)).collect()]
        }
        ShareOp::ExpNegative => {
            let scale = (1u128 << ring.fraction_bits) as f64;
            let element = |v: R| {
                let value = v.signed() as f64 / scale;
                // As in `aby3::exp`: the guard below 0 is taken from the top of the range.
                if value >= 16.0 - 0.0625 { R::ZERO } else { R::from_i128((libm::exp(-value) * scale).round() as i128) }
            };
            vec![map(&element)]
        }
        ShareOp::Maximum => {
            let largest = |row: &[R]| row.iter().copied().max_by_key(|v| v.signed()).unwrap_or(R::ZERO);
            vec![x.chunks_exact(width).map(largest).collect()]
        }
        ShareOp::LeadingOne { ref layout, ref weights } => {
            let sums: Vec<Vec<i128>> = x.iter().map(|v| weights.sums(layout, v.signed())).collect();
            (0..weights.count()).map(|i| sums.iter().map(|sums| R::from_i128(sums[i])).collect()).collect()
        }
        ref op => unreachable!("{} is local", op.name()),
    }
}
