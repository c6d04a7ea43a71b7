//! Reverse-mode differentiation, graph to graph.

mod adjoint;
mod control;
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
    let mut builder = Builder { graph, location };
    let mut seeds = Vec::new();
    if path[output.index()] {
        seeds.push((output, builder.splat(Literal::scalar(1.0), &Shape::SCALAR)));
    }
    let adjoints = pull_back(&mut builder, &path, &seeds, wrt, 0)?;
    let gradient = |(adjoint, &value): (Option<Value>, &Value)| match adjoint {
        Some(adjoint) => adjoint,
        None => {
            let shape = builder.graph.ty(value).shape.clone();
            builder.splat(Literal::scalar(0.0), &shape)
        }
    };
    Ok(adjoints.into_iter().zip(wrt).map(gradient).collect())
}

/// The derivatives of the sum of all `output · seed` with respect to `wrt`, on which the values on the path depend; through
/// nodes from number `first` on. `None` where nothing leads there.
fn pull_back(
    builder: &mut Builder,
    path: &[bool],
    seeds: &[(Value, Value)],
    wrt: &[Value],
    first: usize,
) -> Result<Vec<Option<Value>>, Error> {
    let location = builder.location;
    let mut adjoints: Vec<Vec<Value>> = vec![Vec::new(); builder.graph.value_count()];
    let is_on_path = |v: &Value| path.get(v.index()) == Some(&true);
    seeds.iter().filter(|(output, _)| is_on_path(output)).for_each(|(v, seed)| adjoints[v.index()].push(*seed));
    let last = seeds.iter().map(|(output, _)| builder.graph.definition(*output).0.index() + 1).max().unwrap_or(0);
    for id in (first..last).rev().map(|i| NodeId(i as u32)) {
        let node = builder.graph.node(id).clone();
        if !node.results().any(|v| is_on_path(&v)) || !node.operands.iter().any(is_on_path) {
            continue;
        }
        builder.location = Some(builder.graph.location(id)).filter(|&at| at != Location::UNKNOWN).unwrap_or(location);
        let wanted = |i: usize| is_on_path(&node.operands[i]);
        let parts = match node.regions.is_empty() {
            true => match total(builder, &mut adjoints[node.result(0).index()]) {
                Some(adjoint) => adjoint::adjoints(builder, &node, adjoint, &wanted),
                None => continue,
            },
            false => {
                let given: Vec<_> = node.results().map(|v| total(builder, &mut adjoints[v.index()])).collect();
                control::adjoints(builder, &node, &given, &wanted)?
            }
        };
        parts.into_iter().for_each(|(i, part)| adjoints[node.operands[i].index()].push(part));
    }
    builder.location = location;
    Ok(wrt.iter().map(|value| total(builder, &mut adjoints[value.index()])).collect())
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
