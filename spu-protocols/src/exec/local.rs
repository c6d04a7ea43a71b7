//! Local operations: what each party computes alone.

use std::sync::Arc;

use spu::graph::Node;
use spu::pphlo::{DType, Type};
use spu::{Elements, Error, Location, Party};

use super::bilinear::{Dot, bilinear, convolution_sizes};
use super::bits;
use super::fault::{broken, fault};
use super::indexed::indexed;
use super::order;
use super::rearrange::rearrange;
use super::value::PartyValue;
use crate::aby3::{Arith, product_terms};
use crate::hal::{RingConfig, decode, encode};
use crate::ring::{Ring, convolve, reciprocal_parts};
use crate::share::{PublicFunction, ShareGraph, ShareOp, ShareType};

/// The result of a local node at `party`; where every value is public, the same in the clear.
pub fn evaluate_local<R: Ring>(
    graph: &ShareGraph,
    node: &Node<ShareOp>,
    operands: &[PartyValue<R>],
    party: Party,
    ring: RingConfig,
    location: Location,
) -> Result<PartyValue<R>, Error> {
    let ty = graph.ty(node.result(0));
    let types: Vec<&ShareType> = node.operands.iter().map(|&v| graph.ty(v)).collect();
    Ok(match &node.operation {
        ShareOp::Argument { .. } => unreachable!("arguments are given"),
        ShareOp::Constant { elements } => PartyValue::public(match elements.0[..] {
            [one] => vec![R::from_i128(one); ty.elements()],
            ref all => all.iter().map(|&x| R::from_i128(x)).collect(),
        }),
        ShareOp::Add => linear(&operands[0], &operands[1], party, R::plus),
        ShareOp::Subtract => linear(&operands[0], &operands[1], party, R::minus),
        ShareOp::Negate => each(&operands[0], |x| map(x, R::negated)),
        ShareOp::ShiftLeft { bits } => each(&operands[0], |x| map(x, |v| v.shl(*bits))),
        ShareOp::Rescale { .. } | ShareOp::Reshape => operands[0].clone(),
        ShareOp::Assert(assertion) => {
            let problem = match &operands[0] {
                PartyValue::Public(x) => broken(x, &ty.shape, ty.scale, assertion, ring),
                _ => None,
            };
            match problem {
                Some(problem) => return Err(fault(graph, node, location, problem)),
                None => operands[0].clone(),
            }
        }
        ShareOp::ToSum => match &operands[0] {
            PartyValue::Arith(x) => PartyValue::sum(x.own.clone()),
            other => other.clone(),
        },
        ShareOp::ToArith => match &operands[0] {
            PartyValue::Public(x) => PartyValue::arith(public_shares(x, party)),
            other => other.clone(),
        },
        ShareOp::RoundPublic { shift } => {
            let half = R::power_of_two(shift - 1);
            each(&operands[0], |x| map(x, |v| R::from_i128(v.plus(half).signed() >> shift)))
        }
        ShareOp::Multiply => multiply(&operands[0], &operands[1]),
        ShareOp::Dot { doubled, transpose_left, transpose_right } => {
            let dot = Dot::new(&types, [*transpose_left, *transpose_right]);
            bilinear(&operands[0], &operands[1], party, *doubled, |x, y| dot.product(x, y))
        }
        ShareOp::Convolution { window, groups, doubled } => {
            let sizes = convolution_sizes(window, *groups, &types[0].shape, &types[1].shape);
            bilinear(&operands[0], &operands[1], party, *doubled, |x, y| convolve(&sizes, x, y))
        }
        ShareOp::DynamicSlice | ShareOp::DynamicUpdateSlice | ShareOp::Gather { .. } | ShareOp::Scatter { .. } => {
            indexed(&node.operation, operands, &types, &ty.shape)
        }
        ShareOp::PermuteRows { .. } | ShareOp::ToResidue { .. } => {
            order::evaluate(&node.operation, operands, &types, location)?
        }
        ShareOp::Public(function) => {
            public(function, operands, &types, ty, ring).map_err(|problem| fault(graph, node, location, problem))?
        }
        ShareOp::PublicSign => each(&operands[0], |x| map(x, |v| R::from_i128(v.signed().signum()))),
        ShareOp::PublicReciprocal { of, exponent, places } => {
            public_reciprocal(of.0, operands[0].as_public(), *exponent, *places)
                .map_err(|problem| fault(graph, node, location, problem))?
        }
        ShareOp::PublicBits(function) => {
            bits::public(*function, operands).map_err(|problem| fault(graph, node, location, problem))?
        }
        op @ (ShareOp::BitXor
        | ShareOp::BitNot
        | ShareOp::BitMask
        | ShareOp::BitPlanes { .. }
        | ShareOp::BitJoin
        | ShareOp::BitShift { .. }) => {
            bits::evaluate(op, operands, &types, party).map_err(|problem| fault(graph, node, location, problem))?
        }
        op if matches!(operands[0], PartyValue::Bits(_)) => bits::rearrange_bits(op, operands, &types, &ty.shape),
        op => {
            let apply = |components: Vec<&[R]>| {
                let operands: Vec<_> = components.into_iter().zip(types.iter().map(|t| &t.shape)).collect();
                rearrange(op, &operands, &ty.shape)
            };
            all_components(operands, apply)
        }
    })
}

/// A function of one share applied to every share of a value.
pub(super) fn each<R: Ring>(x: &PartyValue<R>, f: impl Fn(&[R]) -> Vec<R>) -> PartyValue<R> {
    all_components(std::slice::from_ref(x), |components| f(components[0]))
}

pub(super) fn all_components<R: Ring>(operands: &[PartyValue<R>], f: impl Fn(Vec<&[R]>) -> Vec<R>) -> PartyValue<R> {
    match &operands[0] {
        PartyValue::Public(_) => PartyValue::public(f(operands.iter().map(|x| &x.as_public()[..]).collect())),
        PartyValue::Sum(_) => PartyValue::sum(f(operands.iter().map(|x| &x.as_sum()[..]).collect())),
        PartyValue::Arith(_) => PartyValue::arith(Arith {
            own: f(operands.iter().map(|x| &x.as_arith().own[..]).collect()),
            next: f(operands.iter().map(|x| &x.as_arith().next[..]).collect()),
        }),
        PartyValue::Bits(_) | PartyValue::Permutation(_) | PartyValue::Absent => {
            panic!("the share program's types hold: numbers")
        }
    }
}

pub(super) fn map<R: Ring>(x: &[R], f: impl Fn(R) -> R) -> Vec<R> {
    x.iter().map(|&v| f(v)).collect()
}

pub(super) fn zip<R: Ring>(x: &[R], y: &[R], f: impl Fn(R, R) -> R) -> Vec<R> {
    x.iter().zip(y).map(|(&a, &b)| f(a, b)).collect()
}

/// Sum or difference. A public operand counts as x_0: party 0 holds it first, party 2 second.
fn linear<R: Ring>(x: &PartyValue<R>, y: &PartyValue<R>, party: Party, f: impl Fn(R, R) -> R) -> PartyValue<R> {
    use PartyValue::{Arith as Shared, Public, Sum};
    let from_zero = |y: &[R]| map(y, |v| f(R::ZERO, v));
    match (x, y) {
        (Public(x), Public(y)) => PartyValue::public(zip(x, y, f)),
        (Sum(x), Sum(y)) => PartyValue::sum(zip(x, y, f)),
        (Sum(x), Public(y)) => PartyValue::sum(if party.0 == 0 { zip(x, y, f) } else { x.to_vec() }),
        (Public(x), Sum(y)) => PartyValue::sum(if party.0 == 0 { zip(x, y, f) } else { from_zero(y) }),
        (Shared(x), Shared(y)) => {
            PartyValue::arith(Arith { own: zip(&x.own, &y.own, &f), next: zip(&x.next, &y.next, &f) })
        }
        (Shared(x), Public(y)) => PartyValue::arith(Arith {
            own: if party.0 == 0 { zip(&x.own, y, &f) } else { x.own.clone() },
            next: if party.0 == 2 { zip(&x.next, y, &f) } else { x.next.clone() },
        }),
        (Public(x), Shared(y)) => PartyValue::arith(Arith {
            own: if party.0 == 0 { zip(x, &y.own, &f) } else { from_zero(&y.own) },
            next: if party.0 == 2 { zip(x, &y.next, &f) } else { from_zero(&y.next) },
        }),
        _ => panic!("the share program's types hold: numbers of one kind"),
    }
}

fn public_shares<R: Ring>(x: &[R], party: Party) -> Arith<R> {
    let zero = vec![R::ZERO; x.len()];
    match party.0 {
        0 => Arith { own: x.to_vec(), next: zero },
        2 => Arith { own: zero, next: x.to_vec() },
        _ => Arith { own: zero.clone(), next: zero },
    }
}

fn multiply<R: Ring>(x: &PartyValue<R>, y: &PartyValue<R>) -> PartyValue<R> {
    match (x, y) {
        (PartyValue::Arith(x), PartyValue::Arith(y)) => PartyValue::sum(product_terms(x.view(), y.view())),
        (PartyValue::Public(p), other) | (other, PartyValue::Public(p)) => each(other, |x| zip(x, p, R::times)),
        _ => panic!("the share program's types hold: factors"),
    }
}

/// The integer part of 2^exponent/y, or `places` bits of its fraction, with the sign of y.
fn public_reciprocal<R: Ring>(of: &str, y: &[R], exponent: i32, places: Option<u32>) -> Result<PartyValue<R>, String> {
    if let Some(i) = y.iter().position(|&y| y == R::ZERO) {
        return Err(format!("cannot take `{of}` of element {i}, 0: the divisor must not be 0"));
    }
    let part = |y: &R| {
        let y = y.signed();
        let parts = reciprocal_parts(y.unsigned_abs(), exponent, places.unwrap_or(0));
        let part = R::from_u128(parts[usize::from(places.is_some())]);
        if y < 0 { part.negated() } else { part }
    };
    Ok(PartyValue::public(y.iter().map(part).collect()))
}

fn public<R: Ring>(
    function: &PublicFunction,
    operands: &[PartyValue<R>],
    types: &[&ShareType],
    ty: &ShareType,
    ring: RingConfig,
) -> Result<PartyValue<R>, String> {
    // Where it stands is told by whoever calls.
    let location = Location::UNKNOWN;
    let plain = |t: &ShareType, dtype: DType| Type::public(t.shape.clone(), dtype);
    let mut graph = spu::pphlo::Graph::new();
    let mut values = Vec::new();
    let mut arguments = Vec::new();
    for (index, (x, (t, &dtype))) in operands.iter().zip(types.iter().zip(&function.operands)).enumerate() {
        let ty = plain(t, dtype);
        arguments.push(decode(x.as_public(), &ty, ring));
        if dtype == DType::Int && x.as_public().iter().any(|x| i64::try_from(x.signed()).is_err()) {
            return Err(format!("cannot take `{}` of a public integer of more than 64 bits", function.op.name()));
        }
        let node = graph.push(spu::pphlo::Op::Parameter { index }, vec![], vec![ty], location);
        values.push(graph.node(node).result(0));
    }
    let operand_types: Vec<&Type> = values.iter().map(|&v| graph.ty(v)).collect();
    let results = spu::pphlo::infer(&function.op, &operand_types)?;
    let node = graph.push(function.op.clone(), values, results, location);
    graph.outputs = vec![graph.node(node).result(function.index)];
    let result = spu::pphlo::evaluate(&graph, &arguments).map_err(|error| match error {
        Error::Program(diagnostic) => diagnostic.message,
        other => other.to_string(),
    })?;
    let result = &result[0];
    debug_assert_eq!(result.shape, ty.shape);
    if let Elements::Int(values) = &result.elements {
        // Integers wrap, as those that are computed in the ring do.
        return Ok(PartyValue::public(values.iter().map(|&x| R::from_i128(x.into())).collect()));
    }
    let encoded = encode(&format!("the result of `{}`", function.op.name()), result, ring);
    Ok(PartyValue::Public(Arc::new(encoded.map_err(|error| error.to_string())?)))
}
