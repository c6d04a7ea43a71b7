//! Derivatives through branches and counted loops. What the forward pass computed inside a region is computed again.
//!
//! A branch's derivative is a branch on the same predicate: each region repeats its own forward operations and pulls the adjoints
//! of the results back through them. A counted loop is written out behind itself, one copy of its body for each iteration, all of
//! whose values live until they are used on the way back. (The typed language writes loops out while it traces what
//! `value_and_grad` differentiates, so that nothing is computed twice there.)

use super::super::append::Builder;
use super::super::{Graph, Literal, Op, Type, copy, draws, parameter_nodes, unroll};
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
    if node.regions.iter().any(draws) {
        // Computed again, they would be other ones.
        let message = "cannot differentiate through a branch or loop that draws random numbers: draw them before it";
        return Err(Error::program(message, b.location));
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
    let given_types: Vec<Type> =
        captured.iter().chain(seeded.iter().map(|(_, v)| v)).map(|&v| b.graph.ty(v).clone()).collect();
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

#[cfg(test)]
mod tests {
    use super::super::gradient;
    use crate::host::HostTensor;
    use crate::location::Location;
    use crate::pphlo::{evaluate, parse, verify};
    use crate::shape::Shape;

    /// A loop that uses its state, its rows, its counter and what it captures, around a branch.
    const TEXT: &str = "program f(x: fxp[secret][], rows: fxp[secret][4], p: bool[public][])
        %x = parameter {index = 0} : fxp[secret][]
        %rows = parameter {index = 1} : fxp[secret][4]
        %p = parameter {index = 2} : bool[public][]
        %last, %stack = for %x, %rows, %x, %p {start = 1, trips = 4, carried = 1, scanned = 1} {
            %i = parameter {index = 0} : int[public][]
            %s = parameter {index = 1} : fxp[secret][]
            %row = parameter {index = 2} : fxp[secret][]
            %x = parameter {index = 3} : fxp[secret][]
            %p = parameter {index = 4} : bool[public][]
            %a = multiply %s, %row
            %b = if %p, %a, %x {
                %a = parameter {index = 0} : fxp[secret][]
                %t = tanh %a
                return %t
            } {
                %x = parameter {index = 1} : fxp[secret][]
                %a = parameter {index = 0} : fxp[secret][]
                %q = multiply %x, %x
                %n = subtract %q, %a
                return %n
            }
            %c = multiply %b, %i
            return %b, %c
        }
        %sum = reduce_sum %stack {axes = [0]}
        %y = multiply %sum, %last
        return y = %y";

    #[test]
    fn derivatives_are_slopes() {
        let program = parse(TEXT).unwrap();
        let mut graph = program.graph;
        let y = graph.outputs[0];
        let wrt = [crate::graph::Value(0), crate::graph::Value(1)];
        let gradients = gradient(&mut graph, y, &wrt, Location::UNKNOWN).unwrap();
        graph.outputs.extend(gradients);
        verify(&graph).unwrap();
        let at = |x: f64, rows: [f64; 4], p: bool| {
            let scalar = |x| HostTensor::fxp(Shape::SCALAR, vec![x]);
            let p = HostTensor::bool(Shape::SCALAR, vec![p]);
            let results = evaluate(&graph, &[scalar(x), HostTensor::fxp([4], rows.to_vec()), p]).unwrap();
            results.into_iter().map(|t| t.elements.to_f64()).collect::<Vec<_>>()
        };
        let (x, rows, h) = (0.75, [0.5, -1.25, 0.8, 1.1], 1e-6);
        for p in [true, false] {
            let results = at(x, rows, p);
            let slope = (at(x + h, rows, p)[0][0] - at(x - h, rows, p)[0][0]) / (2.0 * h);
            assert!((results[1][0] - slope).abs() < 1e-7, "{} is not {slope}", results[1][0]);
            for i in 0..4 {
                let moved = |by: f64| {
                    let mut rows = rows;
                    rows[i] += by;
                    at(x, rows, p)[0][0]
                };
                let slope = (moved(h) - moved(-h)) / (2.0 * h);
                assert!((results[2][i] - slope).abs() < 1e-7, "{} is not {slope}", results[2][i]);
            }
        }
    }

    #[test]
    fn passes_keep_what_control_flow_gives() {
        let program = parse(TEXT).unwrap();
        let mut optimized = program.clone();
        crate::passes::optimize(&mut optimized);
        assert_eq!(crate::pphlo::print(&parse(&crate::pphlo::print(&program)).unwrap()), crate::pphlo::print(&program));
        for p in [true, false] {
            let arguments = [
                HostTensor::fxp(Shape::SCALAR, vec![0.75]),
                HostTensor::fxp([4], vec![0.5, -1.25, 0.8, 1.1]),
                HostTensor::bool(Shape::SCALAR, vec![p]),
            ];
            let [before, after] = [&program, &optimized].map(|p| evaluate(&p.graph, &arguments).unwrap());
            let [before, after] = [before, after].map(|results| results[0].elements.to_f64()[0]);
            assert!((before - after).abs() < 1e-12);
        }
    }

    #[test]
    fn ill_formed_regions_are_refused() {
        let fault = |text: &str| parse(text).unwrap_err().to_string();
        let head = "program f(x: fxp[secret][2], p: bool[public][], s: bool[secret][])
            %x = parameter {index = 0} : fxp[secret][2] %p = parameter {index = 1} : bool[public][]
            %s = parameter {index = 2} : bool[secret][]\n";
        let faults = [
            (
                "%y = if %s, %x { return } { return }",
                "`if` is decided by one public truth value, not by bool[secret][]",
            ),
            (
                "%y = if %p, %x { %a = parameter {index = 0} : fxp[secret][2] return %a } { return }",
                "the branches of `if` differ: (fxp[secret][2]) and ()",
            ),
            (
                "%y = if %p, %x { %a = parameter {index = 1} : fxp[secret][2] return %a } { return }",
                "`if` gives its region no parameter 1",
            ),
            (
                "%y = if %p, %x { %a = parameter {index = 0} : fxp[public][2] return %a } { return }",
                "parameter 0 of `if` is fxp[public][2], but is given fxp[secret][2]",
            ),
            (
                "%y = while %p, %x {carried = 1} { %c = constant {literal = bool[] (false)} return %c }",
                "`while` carries (fxp[secret][2]), but its region gives ()",
            ),
            ("%y = while %p, %x {carried = 2} { return }", "`while` does not carry 2 of 1 operands"),
            (
                "%y = for %x {start = 0, trips = 3, carried = 0, scanned = 1} { return }",
                "cannot scan fxp[secret][2] in 3 steps",
            ),
            (
                "%y = for %x {start = 9223372036854775807, trips = 3, carried = 0, scanned = 0} { return }",
                "`for` cannot count 3 times from",
            ),
        ];
        for (node, message) in faults {
            let found = fault(&format!("{head}{node} return"));
            assert!(found.starts_with(message), "{found}\nis not\n{message}");
        }
        let deep = "() = for {start = 0, trips = 1, carried = 0, scanned = 0} { ".repeat(100_000);
        assert!(fault(&format!("{head}{deep}")).starts_with("regions stand too deep in each other"));
    }
}
