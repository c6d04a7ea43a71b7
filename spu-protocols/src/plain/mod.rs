//! The oracle: one party evaluates a share program on plain ring elements.
//!
//! Truncation rounds as under ABY3, down or one unit above, by draws of the oracle's own; in [`run`] always down. Everything else but
//! [`ShareOp::ExpNegative`] and [`ShareOp::Fourier`] is equal.

mod functions;

mod order;
mod random;
mod rounding;

use std::sync::Arc;

use spu::graph::Node;
use spu::{Error, Party};

use self::rounding::Rounding;
use crate::exec::{self, PartyValue, Runner, evaluate_local};
use crate::hal::RingConfig;
use crate::ring::Ring;
use crate::share::{Plan, Schedule, ShareOp};

/// Runs `plan` in the clear. All arguments and results are [`PartyValue::Public`]; truncations round down.
pub fn run<R: Ring>(plan: &Plan, ring: RingConfig, arguments: &[PartyValue<R>]) -> Result<Vec<PartyValue<R>>, Error> {
    run_rounding(plan, ring, arguments, 0, Rounding::Down)
}

/// [`run`], with random draws and roundings that this seed decides.
pub fn run_seeded<R: Ring>(
    plan: &Plan,
    ring: RingConfig,
    arguments: &[PartyValue<R>],
    seed: u64,
) -> Result<Vec<PartyValue<R>>, Error> {
    run_rounding(plan, ring, arguments, seed, Rounding::Fair { seed })
}

fn run_rounding<R: Ring>(
    plan: &Plan,
    ring: RingConfig,
    arguments: &[PartyValue<R>],
    seed: u64,
    rounding: Rounding,
) -> Result<Vec<PartyValue<R>>, Error> {
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
            ref op if let Some(drawn) = random::draw(op, graph.ty(node.result(0)).elements(), seed) => {
                vec![PartyValue::public(drawn)]
            }
            _ if let Some(result) = order::kernel(graph, node, &operands, seed) => vec![PartyValue::public(result)],
            _ => {
                let width = graph.ty(node.operands[0]).shape.extents().last().copied().unwrap_or(1);
                let scale = graph.ty(node.operands[0]).scale;
                let truncate = |x: &[R], shift| rounding.truncate(id.index(), x, shift);
                kernel(node, &operands, width, scale, &truncate).into_iter().map(PartyValue::public).collect()
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

/// Walks through `schedule` in the clear, as [`run_seeded`]; `seed` gives another seed for each run of a plan.
pub fn walk<R: Ring>(
    schedule: &Schedule,
    ring: RingConfig,
    arguments: Vec<PartyValue<R>>,
    seed: &mut dyn FnMut() -> u64,
) -> Result<Vec<PartyValue<R>>, Error> {
    struct Alone<'a>(RingConfig, &'a mut dyn FnMut() -> u64);
    impl<R: Ring> Runner<R> for Alone<'_> {
        fn run(&mut self, plan: &Arc<Plan>, arguments: Vec<PartyValue<R>>) -> Result<Vec<PartyValue<R>>, Error> {
            run_seeded(plan, self.0, &arguments, (self.1)())
        }
    }
    exec::walk(&schedule.block, arguments, &mut Alone(ring, seed))
}

/// What the node's kernel computes; `width` is the last extent of its first operand, `scale` its scale.
fn kernel<R: Ring>(
    node: &Node<ShareOp>,
    operands: &[PartyValue<R>],
    width: usize,
    scale: u32,
    truncate: &dyn Fn(&[R], u32) -> Vec<R>,
) -> Vec<Vec<R>> {
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
            vec![truncate(x, shift)]
        }
        ShareOp::Relu { .. } => vec![map(&positive), map(&|v| indicator(v.signed() >= 0))],
        ShareOp::ReluValue { .. } => vec![map(&positive)],
        ShareOp::TruncateRelu { shift } => {
            let y = truncate(x, shift);
            let negative = y.iter().map(|v| indicator(v.signed() < 0)).collect();
            vec![y.into_iter().map(positive).collect(), negative]
        }
        ShareOp::TruncateSelect { shift } => {
            let pairs = truncate(x, shift).into_iter().zip(operands[1].as_public().iter());
            vec![pairs.map(|(v, bit)| bit.times(v)).collect()]
        }
        ShareOp::Sign | ShareOp::SignToArith | ShareOp::NarrowSignToArith { .. } => {
            vec![map(&|v| indicator(v.signed() < 0))]
        }
        ShareOp::BitMultiply => {
            vec![x.iter().zip(operands[1].as_public().iter()).map(|(&bit, &v)| bit.times(v)).collect()]
        }
        ShareOp::Decompose { lo, hi } => vec![map(&|v| v.shr(lo).low(hi - lo))],
        ShareOp::BitAnd => {
            let pairs = x.iter().zip(operands[1].as_public().iter());
            vec![pairs.map(|(x, y)| R::from_u128(x.to_u128() & y.to_u128())).collect()]
        }
        ShareOp::Weigh { ref weights } => {
            let weighed = |v: R| {
                let terms = weights.0.iter().enumerate().map(|(j, &w)| v.bit(j as u32).times(R::from_i128(w)));
                terms.fold(R::ZERO, R::plus)
            };
            vec![map(&weighed)]
        }
        ShareOp::IsZero | ShareOp::IsZeroToArith => vec![map(&|v| indicator(v == R::ZERO))],
        ShareOp::WhereNegative | ShareOp::WhereZero => {
            let zero = node.operation == ShareOp::WhereZero;
            let holds = |d: R| if zero { d == R::ZERO } else { d.signed() < 0 };
            let pairs = x.iter().zip(operands[1].as_public().iter());
            vec![pairs.map(|(&d, &v)| if holds(d) { v } else { R::ZERO }).collect()]
        }
        ShareOp::ShiftRight { shift, signed } => {
            vec![map(&|v| if signed { R::from_i128(v.signed() >> shift) } else { v.shr(shift) })]
        }
        ShareOp::Floor { shift, offset } => vec![map(&|v| R::from_i128((v.signed() + offset) >> shift))],
        ShareOp::OneHot { count, inside } => {
            let known = if inside { count.next_power_of_two().trailing_zeros() } else { R::BITS };
            let row = |v: &R| (0..count as u128).map(|j| indicator(v.low(known).to_u128() == j)).collect::<Vec<R>>();
            vec![x.iter().flat_map(row).collect()]
        }
        ShareOp::ExpNegative(ref window) => vec![map(&|v| functions::exp_negative(v, window, scale))],
        ShareOp::Fourier(ref series) => vec![map(&|v| functions::fourier(v, series))],
        ShareOp::Maximum { .. } => {
            let largest = |row: &[R]| row.iter().copied().max_by_key(|v| v.signed()).unwrap_or(R::ZERO);
            vec![x.chunks_exact(width).map(largest).collect()]
        }
        ShareOp::MaximumOneHot { .. } | ShareOp::MaximumIndex { .. } => {
            let first = |row: &[R]| (1..width).fold(0, |i, j| if row[j].signed() > row[i].signed() { j } else { i });
            let rows: Vec<(&[R], usize)> = x.chunks_exact(width).map(|row| (row, first(row))).collect();
            let position = match node.operation {
                ShareOp::MaximumIndex { .. } => rows.iter().map(|&(_, first)| R::from_u128(first as u128)).collect(),
                _ => rows.iter().flat_map(|&(_, first)| (0..width).map(move |i| indicator(i == first))).collect(),
            };
            vec![rows.iter().map(|&(row, first)| row[first]).collect(), position]
        }
        ShareOp::Quotient(ref quotient) => {
            let (power, v) = (operands[1].as_public(), operands[2].as_public());
            let triples = x.iter().zip(power.iter()).zip(v.iter());
            let of = |((x, power), v): ((&R, &R), &R)| quotient.of(x.signed(), power.signed(), v.signed());
            vec![triples.map(of).map(R::from_i128).collect()]
        }
        ShareOp::LeadingOne { ref layout, ref weights } => {
            let sums: Vec<Vec<i128>> = x.iter().map(|v| weights.sums(layout, v.signed())).collect();
            (0..weights.count()).map(|i| sums.iter().map(|sums| R::from_i128(sums[i])).collect()).collect()
        }
        ref op => unreachable!("{} is local", op.name()),
    }
}
