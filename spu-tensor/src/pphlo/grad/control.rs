//! Derivatives through branches and counted loops. What the forward pass computed inside a region is computed again.
//!
//! A branch's derivative is a branch on the same predicate: each region repeats its own forward operations and pulls the adjoints
//! of the results back through them. A counted loop is written out behind itself, one copy of its body for each iteration, all of
//! whose values live until they are used on the way back. (The typed language writes loops out while it traces what
//! `value_and_grad` differentiates, so that nothing is computed twice there.)

use super::super::append::Builder;
use super::super::{Graph, Literal, Op, Type, copy, parameter_nodes, unroll};
use super::{dependent, pull_back};
use crate::error::Error;
use crate::graph::{Node, Value};

/// The parts that `node` adds to the adjoints of its wanted operands, by operand, given the adjoints of its results.
pub(super) fn adjoints(
    b: &mut Builder,
    node: &Node<Op>,
    given: &[Option<Value>],
    wanted: &dyn Fn(usize) -> bool,
) -> Result<Vec<(usize, Value)>, Error> {
    if given.iter().all(Option::is_none) {
        return Ok(Vec::new());
    }
    match node.operation {
        Op::If => branch(b, node, given, wanted),
        Op::For { .. } => {
            let types: Vec<Type> = node.results().map(|v| b.graph.ty(v).clone()).collect();
            let first = b.graph.len();
            let results = unroll(b, &node.operation, &node.regions[0], &node.operands, &types);
            // An operand that stands at two places gets all of its adjoint at the first one.
            let mut places: Vec<usize> = Vec::new();
            for i in (0..node.operands.len()).filter(|&i| wanted(i)) {
                if !places.iter().any(|&j| node.operands[j] == node.operands[i]) {
                    places.push(i);
                }
            }
            let wrt: Vec<Value> = places.iter().map(|&i| node.operands[i]).collect();
            let path = dependent(b.graph, &wrt);
            let seeds = results.into_iter().zip(given);
            let seeds: Vec<(Value, Value)> = seeds.filter_map(|(v, seed)| Some((v, (*seed)?))).collect();
            // A result may be an operand unchanged: the seed then is its adjoint.
            let parts = pull_back(b, &path, &seeds, &wrt, first)?;
            Ok(places.into_iter().zip(parts).filter_map(|(i, part)| Some((i, part?))).collect())
        }
        _ => {
            let message = "cannot differentiate through `while_loop`: how often it runs is not known before; use `fori` or `scan`";
            Err(Error::program(message, b.location))
        }
    }
}

fn branch(
    b: &mut Builder,
    node: &Node<Op>,
    given: &[Option<Value>],
    wanted: &dyn Fn(usize) -> bool,
) -> Result<Vec<(usize, Value)>, Error> {
    let captured = &node.operands[1..];
    let seeded: Vec<(usize, Value)> = given.iter().enumerate().filter_map(|(i, seed)| Some((i, (*seed)?))).collect();
    let places: Vec<usize> = (0..captured.len()).filter(|&i| wanted(i + 1)).collect();
    let given_types: Vec<Type> = captured.iter().chain(seeded.iter().map(|(_, v)| v)).map(|&v| b.graph.ty(v).clone()).collect();
    let mut regions = Vec::new();
    let mut parts = Vec::new();
    for region in &node.regions {
        let mut graph = Graph::new();
        for (index, ty) in given_types.iter().enumerate() {
            graph.push(Op::Parameter { index }, vec![], vec![ty.clone()], b.location);
        }
        let parameters: Vec<Value> = parameter_nodes(&graph, given_types.len()).into_iter().flatten().collect();
        let renamed = copy(&mut graph, region, &mut |_, index| parameters[index]);
        let wrt: Vec<Value> = places.iter().map(|&i| parameters[i]).collect();
        let path = dependent(&graph, &wrt);
        let seed = |(i, (result, _)): (usize, &(usize, Value))| {
            (renamed[region.outputs[*result].index()], parameters[captured.len() + i])
        };
        let seeds: Vec<(Value, Value)> = seeded.iter().enumerate().map(seed).collect();
        let mut inner = Builder { graph: &mut graph, location: b.location };
        parts.push(pull_back(&mut inner, &path, &seeds, &wrt, 0)?);
        regions.push(graph);
    }
    let used: Vec<usize> = (0..places.len()).filter(|&i| parts.iter().any(|parts| parts[i].is_some())).collect();
    for &i in &used {
        // A part is as secret as the more secret one of both branches, and zero where a branch has none.
        let secret = (0..2).any(|r| parts[r][i].is_some_and(|v| regions[r].ty(v).is_secret()));
        for (graph, parts) in regions.iter_mut().zip(&parts) {
            let mut inner = Builder { graph, location: b.location };
            let part = parts[i].unwrap_or_else(|| {
                let shape = given_types[places[i]].shape.clone();
                inner.splat(Literal::scalar(0.0), &shape)
            });
            let public = !inner.graph.ty(part).is_secret();
            let part = if secret && public { inner.apply(Op::ToSecret, &[part]) } else { part };
            graph.outputs.push(part);
        }
    }
    let types: Vec<Type> = regions[0].outputs.iter().map(|&v| regions[0].ty(v).clone()).collect();
    if types.is_empty() {
        return Ok(Vec::new());
    }
    let operands = [&node.operands[..], &seeded.iter().map(|(_, v)| *v).collect::<Vec<_>>()].concat();
    let id = b.graph.push_with_regions(Op::If, operands, regions, types, b.location);
    let results: Vec<Value> = b.graph.node(id).results().collect();
    Ok(used.into_iter().map(|i| places[i] + 1).zip(results).collect())
}
