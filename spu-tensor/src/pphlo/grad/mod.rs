//! Reverse-mode differentiation, graph to graph.

mod adjoint;
mod functions;
mod linear;
mod reduce;
mod structure;
#[cfg(test)]
mod tests;

use super::append::Builder;
use super::{DType, Graph, Literal, Op};
use crate::error::Error;
use crate::graph::{NodeId, Value};
use crate::location::Location;
use crate::shape::Shape;

/// Appends the derivatives of `output`, a fixed-point scalar, with respect to each of `wrt`, fixed-point tensors.
///
/// Only nodes on a path from `wrt` to `output` are visited; without a path the derivative is a constant zero, and so public.
/// A derivative may be public where its parameter is secret, if nothing secret enters it.
/// Derivatives reuse what the forward graph has computed: predicates of selections, masks, results of exp and reciprocal.
/// A derivative node has the location of the node that it differentiates, seeds and zeros have `location`.
///
/// At a kink one side's derivative is taken: `Maximum` and `Minimum` give it to the first operand, `Relu` has 1 at 0.
/// `ReduceMax`, `ReduceMin` and `MaxWithOneHot` give it to the first element that is the maximum or minimum.
pub fn gradient(graph: &mut Graph, output: Value, wrt: &[Value], location: Location) -> Result<Vec<Value>, Error> {
    let ty = graph.ty(output);
    if ty.dtype != DType::Fxp || ty.shape != Shape::SCALAR {
        let message = format!("cannot differentiate {ty}: only a fixed-point scalar has a gradient");
        return Err(Error::program(message, graph.value_location(output)));
    }
    if let Some(&value) = wrt.iter().find(|&&v| graph.ty(v).dtype != DType::Fxp) {
        let message = format!("cannot differentiate with respect to {}: it is not fixed-point", graph.ty(value));
        return Err(Error::program(message, graph.value_location(value)));
    }
    let path = dependent(graph, wrt);
    let mut adjoints: Vec<Vec<Value>> = vec![Vec::new(); graph.value_count()];
    let mut builder = Builder { graph, location };
    let forward = builder.graph.definition(output).0.index();
    if path[output.index()] {
        let seed = builder.splat(Literal::scalar(1.0), &Shape::SCALAR);
        adjoints[output.index()].push(seed);
    }
    for id in (0..=forward).rev().map(|i| NodeId(i as u32)) {
        let node = builder.graph.node(id).clone();
        let result = node.result(0);
        if !path[result.index()] || !node.operands.iter().any(|v| path[v.index()]) {
            continue;
        }
        builder.location = Some(builder.graph.location(id)).filter(|&at| at != Location::UNKNOWN).unwrap_or(location);
        if let Some(adjoint) = total(&mut builder, &mut adjoints[result.index()]) {
            let wanted = |i: usize| path[node.operands[i].index()];
            for (i, part) in adjoint::adjoints(&mut builder, &node, adjoint, &wanted) {
                adjoints[node.operands[i].index()].push(part);
            }
        }
    }
    builder.location = location;
    let gradient = |&value: &Value| match total(&mut builder, &mut adjoints[value.index()]) {
        Some(adjoint) => adjoint,
        None => {
            let shape = builder.graph.ty(value).shape.clone();
            builder.splat(Literal::scalar(0.0), &shape)
        }
    };
    Ok(wrt.iter().map(gradient).collect())
}

/// Which values depend on `wrt` in a way that has a derivative.
fn dependent(graph: &Graph, wrt: &[Value]) -> Vec<bool> {
    let mut depends = vec![false; graph.value_count()];
    wrt.iter().for_each(|v| depends[v.index()] = true);
    for (_, node) in graph.nodes() {
        if node.operation != Op::StopGradient && node.operands.iter().any(|v| depends[v.index()]) {
            for result in node.results().filter(|&v| graph.ty(v).dtype == DType::Fxp) {
                depends[result.index()] = true;
            }
        }
    }
    depends
}

/// The sum of the parts, which it replaces, so that it is added once only.
fn total(builder: &mut Builder, parts: &mut Vec<Value>) -> Option<Value> {
    let sum = parts.iter().copied().reduce(|sum, part| builder.apply(Op::Add, &[sum, part]))?;
    *parts = vec![sum];
    Some(sum)
}
