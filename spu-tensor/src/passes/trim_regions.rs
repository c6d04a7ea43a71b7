//! Regions are given what they use and give what is used.
//!
//! ```text
//! %a, %b = if %p, %x, %y, %y, %c { … } { … }   →   %a = if %p, %x, %y { … } { … }
//! return a = %a                                    return a = %a
//! ```
//!
//! A carried value goes if its result is unused and nothing that stays depends on it inside; a captured one that no region uses;
//! one of two captured equal ones; a captured constant, which each region makes itself, so that the other passes see it.

use super::Changed;
use super::rewrite::maker;
use super::uniform::uniform;
use crate::graph::{Node, Value};
use crate::host::HostTensor;
use crate::location::Location;
use crate::pphlo::{Builder, Graph, Op, Type, copy};

pub(super) fn run(graph: &mut Graph) -> Changed {
    let mut used = vec![false; graph.value_count()];
    let operands = graph.nodes().flat_map(|(_, node)| &node.operands);
    operands.chain(&graph.outputs).for_each(|v| used[v.index()] = true);
    let trims: Vec<Option<Trim>> = graph.nodes().map(|(_, node)| Trim::of(graph, node, &used)).collect();
    if trims.iter().all(Option::is_none) {
        return Changed::No;
    }
    let mut rebuilt = Graph::new();
    let mut renamed: Vec<Option<Value>> = vec![None; graph.value_count()];
    for ((id, node), trim) in graph.nodes().zip(trims) {
        let rename = |v: &Value| renamed[v.index()].expect("only unused results go");
        let operands: Vec<Value> = node.operands.iter().map(rename).collect();
        let types: Vec<Type> = node.results().map(|v| graph.ty(v).clone()).collect();
        let location = graph.location(id);
        let results: Vec<Value> = node.results().collect();
        let (new, results) = match trim {
            None => {
                let (op, regions) = (node.operation.clone(), node.regions.clone());
                (rebuilt.push_with_regions(op, operands, regions, types, location), results)
            }
            Some(trim) => {
                let regions = node.regions.iter().map(|region| trim.region(region, location)).collect();
                let operands = trim.operands.iter().map(|&i| operands[i]).collect();
                let types = trim.results.iter().map(|&i| types[i].clone()).collect();
                let new = rebuilt.push_with_regions(trim.operation.clone(), operands, regions, types, location);
                (new, trim.results.iter().map(|&i| results[i]).collect())
            }
        };
        for (old, new) in results.into_iter().zip(rebuilt.node(new).results()) {
            renamed[old.index()] = Some(new);
        }
    }
    rebuilt.outputs = graph.outputs.iter().map(|v| renamed[v.index()].expect("outputs are used")).collect();
    *graph = rebuilt;
    Changed::Yes
}

/// What is left of an operation with regions.
struct Trim {
    operation: Op,
    /// Places of the operands that stay.
    operands: Vec<usize>,
    /// Places of the results that stay.
    results: Vec<usize>,
    /// Places of the region outputs that stay.
    outputs: Vec<usize>,
    /// What stands for each parameter of the regions.
    parameters: Vec<Stand>,
}

#[derive(Clone)]
enum Stand {
    /// The parameter with this index now.
    Parameter(usize),
    /// A constant: every element of a tensor of this type, or all of them.
    Constant(HostTensor, Type),
    /// Nothing uses it.
    Nothing,
}

/// How operands, parameters and results correspond.
struct Layout {
    /// Operands before those that become parameters.
    operands: usize,
    /// Parameters before those that are operands.
    parameters: usize,
    /// Region outputs before those that are results.
    outputs: usize,
    carried: usize,
    scanned: usize,
}

impl Layout {
    fn of(op: &Op) -> Option<Self> {
        match *op {
            Op::If => Some(Self { operands: 1, parameters: 0, outputs: 0, carried: 0, scanned: 0 }),
            Op::While { carried } => Some(Self { operands: 1, parameters: 0, outputs: 1, carried, scanned: 0 }),
            Op::For { carried, scanned, .. } => Some(Self { operands: 0, parameters: 1, outputs: 0, carried, scanned }),
            _ => None,
        }
    }
}

impl Trim {
    /// What can go from this node, if anything.
    fn of(graph: &Graph, node: &Node<Op>, used: &[bool]) -> Option<Self> {
        let layout = Layout::of(&node.operation)?;
        let mut live: Vec<bool> = node.results().map(|v| used[v.index()]).collect();
        let given = node.operands.len() - layout.operands + layout.parameters;
        let needed = loop {
            let results = live.iter().enumerate().filter(|(_, live)| **live).map(|(i, _)| layout.outputs + i);
            let outputs: Vec<usize> = (0..layout.outputs).chain(results).collect();
            let needed = needed_parameters(&node.regions, &outputs, given);
            let carried = |i: &usize| needed[layout.parameters + i] && !live[*i];
            match (0..layout.carried).find(carried) {
                Some(i) => live[i] = true,
                None => break needed,
            }
        };
        let mut operands: Vec<usize> = (0..layout.operands).collect();
        let mut parameters: Vec<Stand> = (0..layout.parameters).map(Stand::Parameter).collect();
        let first_capture = layout.operands + layout.carried + layout.scanned;
        for place in layout.operands..node.operands.len() {
            let operand = node.operands[place];
            let is_needed = match place - layout.operands < layout.carried {
                true => live[place - layout.operands],
                false => needed[parameters.len()],
            };
            let index = |position: usize| Stand::Parameter(position - layout.operands + layout.parameters);
            let twin = operands.iter().position(|&i| i >= first_capture && node.operands[i] == operand);
            let stand = match constant(graph, operand) {
                _ if !is_needed => Stand::Nothing,
                Some(constant) if place >= first_capture => Stand::Constant(constant, graph.ty(operand).clone()),
                _ => match twin {
                    Some(twin) if place >= first_capture => index(twin),
                    _ => {
                        operands.push(place);
                        index(operands.len() - 1)
                    }
                },
            };
            parameters.push(stand);
        }
        let results: Vec<usize> = (0..live.len()).filter(|&i| live[i]).collect();
        if operands.len() == node.operands.len() && results.len() == live.len() {
            return None;
        }
        let among = |from: usize, count: usize| operands.iter().filter(|&&i| i >= from && i < from + count).count();
        let carried = among(layout.operands, layout.carried);
        let scanned = among(layout.operands + layout.carried, layout.scanned);
        let operation = match node.operation {
            Op::While { .. } => Op::While { carried },
            Op::For { start, trips, .. } => Op::For { start, trips, carried, scanned },
            ref op => op.clone(),
        };
        let outputs = (0..layout.outputs).chain(results.iter().map(|i| layout.outputs + i)).collect();
        Some(Self { operation, operands, results, outputs, parameters })
    }

    fn region(&self, region: &Graph, location: Location) -> Graph {
        let mut rebuilt = Graph::new();
        // Of several nodes for one parameter one is left.
        let types = |index: usize| {
            let mut parameters = region.nodes().filter(|(_, node)| node.operation == Op::Parameter { index });
            parameters.next().map(|(_, node)| region.ty(node.result(0)).clone()).expect("a parameter has a node")
        };
        let mut made: Vec<(usize, Value)> = Vec::new();
        let renamed = copy(&mut rebuilt, region, &mut |graph, old| match &self.parameters[old] {
            Stand::Constant(tensor, ty) => {
                let mut b = Builder { graph, location };
                match tensor.shape.rank() {
                    0 => b.splat(tensor.clone().into(), &ty.shape),
                    _ => b.apply(Op::Constant { literal: tensor.clone().into() }, &[]),
                }
            }
            stand => {
                // What nothing uses stands for itself until dead code is left out.
                let index = if let Stand::Parameter(index) = stand { *index } else { usize::MAX };
                if let Some((_, value)) = made.iter().find(|(i, _)| *i == index && index != usize::MAX) {
                    return *value;
                }
                let node = graph.push(Op::Parameter { index }, vec![], vec![types(old)], location);
                made.push((index, graph.node(node).result(0)));
                graph.node(node).result(0)
            }
        });
        rebuilt.outputs = self.outputs.iter().map(|&i| renamed[region.outputs[i].index()]).collect();
        without_parameter(&rebuilt, usize::MAX)
    }
}

/// The graph without the nodes that need the parameter `index`, which nothing that is given back does.
fn without_parameter(graph: &Graph, index: usize) -> Graph {
    let mut dead = vec![false; graph.value_count()];
    let mut kept = Graph::new();
    let mut renamed: Vec<Value> = Vec::with_capacity(graph.value_count());
    for (id, node) in graph.nodes() {
        let is_dead = node.operation == Op::Parameter { index } || node.operands.iter().any(|v| dead[v.index()]);
        if is_dead {
            node.results().for_each(|v| dead[v.index()] = true);
            renamed.extend(node.results().map(|_| Value(u32::MAX)));
            continue;
        }
        let operands = node.operands.iter().map(|v| renamed[v.index()]).collect();
        let types = node.results().map(|v| graph.ty(v).clone()).collect();
        let (operation, regions) = (node.operation.clone(), node.regions.clone());
        let new = kept.push_with_regions(operation, operands, regions, types, graph.location(id));
        renamed.extend(kept.node(new).results());
    }
    kept.outputs = graph.outputs.iter().map(|v| renamed[v.index()]).collect();
    kept
}

/// Which parameters these outputs of the regions, and what must stay in them, depend on.
fn needed_parameters(regions: &[Graph], outputs: &[usize], count: usize) -> Vec<bool> {
    let mut needed = vec![false; count];
    for region in regions {
        let mut used = vec![false; region.value_count()];
        outputs.iter().for_each(|&i| used[region.outputs[i].index()] = true);
        for (_, node) in region.nodes().rev() {
            if let Op::Parameter { index } = node.operation {
                needed[index] |= used[node.result(0).index()];
            } else if node.is_needed() || node.results().any(|v| used[v.index()]) {
                node.operands.iter().for_each(|v| used[v.index()] = true);
            }
        }
    }
    needed
}

/// The constant that the value is: a scalar if all elements are equal.
fn constant(graph: &Graph, value: Value) -> Option<HostTensor> {
    match &maker(graph, value).operation {
        Op::Constant { literal } => Some((*literal.0).clone()),
        _ => uniform(graph, value),
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{keeps, rewrites};
    use super::run;
    use crate::pphlo::{evaluate, generate, parse};

    const PREDICATE: &str = "%r = reduce_sum %x {axes = [0, 1]} %o = reveal %r %c = greater %o, %c0";

    #[test]
    fn captures_that_are_unused_or_twice_or_constants_go() {
        rewrites(
            run,
            &format!(
                "{PREDICATE} %a, %b = if %c, %g, %x, %g, %half
                {{ %0 = parameter {{index = 0}} : fxp[secret][2, 3] %2 = parameter {{index = 2}} : fxp[secret][2, 3]
                  %3 = parameter {{index = 3}} : fxp[public][2, 3] %s = multiply %0, %2 %t = multiply %s, %3 return %t, %0 }}
                {{ %1 = parameter {{index = 2}} : fxp[secret][2, 3] %e = exponential %1 return %e, %1 }}
                return a = %a"
            ),
            &format!(
                "{PREDICATE} %a = if %c, %g
                {{ %0 = parameter {{index = 0}} : fxp[secret][2, 3] %k = constant {{literal = fxp[] (0.5)}}
                  %3 = broadcast %k {{shape = [2, 3], dimensions = []}}
                  %s = multiply %0, %0 %t = multiply %s, %3 return %t }}
                {{ %1 = parameter {{index = 0}} : fxp[secret][2, 3] %e = exponential %1 return %e }}
                return a = %a"
            ),
        );
    }

    #[test]
    fn what_is_carried_for_nothing_goes() {
        let body = |more: &str, given: &str| {
            format!(
                "%z = for %x, %i{given} {{
                %i = parameter {{index = 0}} : int[public][]
                %a = parameter {{index = 1}} : fxp[secret][2, 3]
                %b = parameter {{index = 2}} : int[secret][2, 3]
                {more}
                %s = multiply %a, %b"
            )
        };
        // The second carried value makes the first, the third one nothing.
        let before = body("%c = parameter {index = 3} : fxp[secret][2, 3] %n = negate %b %d = multiply %c, %a", ", %g")
            .replace(
                "%z = for %x, %i, %g",
                "%y, %j, %k = for %x, %i, %g {start = 0, trips = 3, carried = 3, scanned = 0}",
            );
        let after = body("%n = negate %b", "")
            .replace("%z = for %x, %i", "%y, %j = for %x, %i {start = 0, trips = 3, carried = 2, scanned = 0}");
        rewrites(
            run,
            &format!("{before} return %s, %n, %d }} return y = %y"),
            &format!("{after} return %s, %n }} return y = %y"),
        );
        keeps(run, &format!("{after} return %s, %n }} return y = %y"));
    }

    #[test]
    fn what_discloses_inside_keeps_what_it_needs() {
        keeps(
            run,
            &format!(
                "{PREDICATE} () = if %c, %g
                {{ %0 = parameter {{index = 0}} : fxp[secret][2, 3] %r = reveal %0 return }} {{ return }} return x = %x"
            ),
        );
    }

    #[test]
    fn a_trimmed_loop_gives_the_same() {
        let text = "program f(x: fxp[secret][3], n: int[public][])
            %x = parameter {index = 0} : fxp[secret][3]
            %n = parameter {index = 1} : int[public][]
            %zero = constant {literal = int[] (0)}
            %go = greater %n, %zero
            %two = constant {literal = fxp[3] (2.0)}
            %y, %m, %w = while %go, %x, %n, %x, %two, %x, %x {carried = 3} {
                %a = parameter {index = 0} : fxp[secret][3]
                %k = parameter {index = 1} : int[public][]
                %b = parameter {index = 2} : fxp[secret][3]
                %t = parameter {index = 3} : fxp[public][3]
                %u = parameter {index = 4} : fxp[secret][3]
                %v = parameter {index = 5} : fxp[secret][3]
                %one = constant {literal = int[] (1)}
                %null = constant {literal = int[] (0)}
                %next = subtract %k, %one
                %again = greater %next, %null
                %p = multiply %a, %t
                %q = add %p, %v
                %c = multiply %b, %u
                return %again, %q, %next, %c
            }
            return y = %y";
        let before = parse(text).unwrap().graph;
        let mut after = before.clone();
        run(&mut after);
        assert!(after != before);
        let x = generate::Random(5).tensor(before.ty(before.outputs[0]));
        for n in [-1, 0, 1, 4] {
            let arguments = [x.clone(), crate::HostTensor::int(crate::Shape::SCALAR, vec![n])];
            assert_eq!(evaluate(&after, &arguments).unwrap(), evaluate(&before, &arguments).unwrap());
        }
    }
}
