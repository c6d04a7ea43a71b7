//! The verifier: what every PPHLO graph must satisfy, before and after each pass.

use super::{Graph, Op, Type, infer_with_regions};
use crate::error::Error;
use crate::graph::{Node, Value};
use crate::host::{Elements, HostTensor};

/// Checks that the stored types are those of the typing rules, that operands precede their uses, that regions satisfy the same,
/// and that what was revealed to one party is returned by the program and nothing else. The error names the first node at fault.
pub fn verify(graph: &Graph) -> Result<(), Error> {
    check(graph, &[])
}

/// [`verify`] for a graph that is given permutations in place of these parameters.
fn check(graph: &Graph, permutations: &[bool]) -> Result<(), Error> {
    for (id, node) in graph.nodes() {
        let fault = |message: String| Err(Error::program(message, graph.location(id)));
        let name = node.operation.name();
        let captured = captured_permutations(graph, node, permutations);
        for region in &node.regions {
            check(region, &captured)?;
            let disclosed = |v: &&Value| matches!(region.node(region.definition(**v).0).operation, Op::RevealTo { .. });
            if let Some(output) = region.outputs.iter().find(disclosed) {
                let message = format!("a region of `{name}` gives {output:?}, which is revealed to one party");
                return fault(message);
            }
        }
        for &operand in &node.operands {
            let (definition, _) = graph.definition(operand);
            if definition >= id {
                return fault(format!("{operand:?} is used before it is made"));
            }
            if matches!(graph.node(definition).operation, Op::RevealTo { .. }) {
                return fault(format!(
                    "`{name}` uses {operand:?}, which is revealed to one party: it can only be returned"
                ));
            }
        }
        if let (Op::Permute { .. }, &[_, p]) = (&node.operation, &node.operands[..])
            && graph.ty(p).is_secret()
            && !is_permutation(graph, p, permutations)
        {
            return fault(format!(
                "`{name}` takes {p:?} for a secret permutation, which only `arg_sort` and `random_permutation` make"
            ));
        }
        let stored: Vec<&Type> = node.results().map(|v| graph.ty(v)).collect();
        if let Op::Parameter { .. } = node.operation {
            if stored.len() != 1 || !node.operands.is_empty() {
                return fault(format!("`{name}` has one result and no operands"));
            }
            continue;
        }
        let operands: Vec<&Type> = node.operands.iter().map(|&v| graph.ty(v)).collect();
        let inferred = match infer_with_regions(&node.operation, &operands, &node.regions) {
            Ok(types) => types,
            Err(problem) => return fault(problem),
        };
        if !stored.iter().copied().eq(&inferred) {
            return fault(format!("`{name}` is stored as {stored:?}, but gives {inferred:?}"));
        }
    }
    match graph.outputs.iter().find(|v| v.index() >= graph.value_count()) {
        Some(output) => Err(Error::program(format!("the output {output:?} is not made"), crate::Location::UNKNOWN)),
        None => Ok(()),
    }
}

/// Whether the parties may see a shuffled copy of a value: it is a permutation whatever they put in, or public numbers in a secret order, which
/// tell no more than the numbers did.
fn is_permutation(graph: &Graph, value: Value, given: &[bool]) -> bool {
    let node = graph.node(graph.definition(value).0);
    match &node.operation {
        Op::ArgSort { .. } | Op::RandomPermutation { .. } => true,
        Op::Parameter { index } => given.get(*index) == Some(&true),
        // A permutation of a permutation: of one list. Public numbers that are none are found where they are used.
        Op::Permute { .. } if graph.ty(value).shape == graph.ty(node.operands[1]).shape => {
            let permuted = graph.node(graph.definition(node.operands[0]).0);
            match &permuted.operation {
                Op::Constant { literal } => lists_are_permutations(&literal.0),
                _ => !graph.ty(node.operands[0]).is_secret() || is_permutation(graph, node.operands[0], given),
            }
        }
        Op::Broadcast { dimensions, shape } => {
            let operand = graph.ty(node.operands[0]).shape.extents();
            dimensions.last() == Some(&(shape.rank() - 1))
                && operand.last() == shape.extents().last()
                && is_permutation(graph, node.operands[0], given)
        }
        _ => false,
    }
}

/// Which parameters of the regions of `node` stand for permutations from around.
fn captured_permutations(graph: &Graph, node: &Node<Op>, given: &[bool]) -> Vec<bool> {
    let (skipped, before, changing) = match node.operation {
        Op::If => (1, 0, 0),
        Op::While { carried } => (1, 0, carried),
        Op::For { carried, scanned, .. } => (0, 1, carried.saturating_add(scanned)),
        _ => return Vec::new(),
    };
    let operands = node.operands.iter().skip(skipped).enumerate();
    let captured = operands.map(|(i, &v)| i >= changing && is_permutation(graph, v, given));
    std::iter::repeat_n(false, before).chain(captured).collect()
}

/// Whether every list along the last axis holds each of 0, 1, … once.
fn lists_are_permutations(tensor: &HostTensor) -> bool {
    let length = tensor.shape.extents().last().copied().unwrap_or(0);
    match &tensor.elements {
        Elements::Int(elements) => elements.chunks(length.max(1)).all(|list| {
            let mut sorted = list.to_vec();
            sorted.sort_unstable();
            sorted.into_iter().eq(0..list.len() as i64)
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::location::Location;
    use crate::pphlo::{DType, append};
    use crate::program::Party;

    fn secret_parameter(graph: &mut Graph) -> crate::graph::Value {
        let node =
            graph.push(Op::Parameter { index: 0 }, vec![], vec![Type::secret([2], DType::Fxp)], Location::UNKNOWN);
        graph.node(node).result(0)
    }

    #[test]
    fn a_wrong_stored_type_is_found() {
        let mut graph = Graph::new();
        let x = secret_parameter(&mut graph);
        assert!(verify(&graph).is_ok());
        graph.push(Op::Negate, vec![x], vec![Type::public([2], DType::Fxp)], Location::UNKNOWN);
        assert!(verify(&graph).unwrap_err().to_string().contains("`negate` is stored as"));
    }

    #[test]
    fn only_permutations_are_opened_shuffled() {
        let program = |made: &str| {
            let text = format!(
                "program f(x: int[secret][3])
                %x = parameter {{index = 0}} : int[secret][3]
                {made}
                %y = permute %x, %p {{inverse = true}}
                return y = %y"
            );
            crate::pphlo::parse(&text).map(|_| ()).map_err(|error| error.to_string())
        };
        let sorted = "%q = arg_sort %x {descending = false}";
        assert_eq!(program(&sorted.replace('q', "p")), Ok(()));
        assert_eq!(program("%p = random_permutation {shape = [3], draw = 0}"), Ok(()));
        let iota = "%i = constant {literal = int[3] (0, 1, 2)}";
        assert_eq!(program(&format!("{sorted} {iota} %p = permute %i, %q {{inverse = true}}")), Ok(()));
        // Public numbers in a secret order: a constant is looked at here, others where they are used.
        let turned = iota.replace("0, 1, 2", "2, 0, 1");
        let public = "%z = parameter {index = 0} : int[secret][3] %i = parameter {index = 1} : int[public][3]";
        for rows in [&turned, public] {
            assert_eq!(program(&format!("{sorted} {rows} %p = permute %i, %q {{inverse = false}}")), Ok(()));
        }
        let other = iota.replace("1, 2", "2, 2");
        for made in ["%p = negate %x", &format!("{sorted} {other} %p = permute %i, %q {{inverse = true}}")] {
            assert!(program(made).unwrap_err().contains("for a secret permutation"), "{made}");
        }
    }

    #[test]
    fn what_one_party_learns_is_only_returned() {
        let mut graph = Graph::new();
        let x = secret_parameter(&mut graph);
        let node = append(&mut graph, Op::RevealTo { party: Party(1) }, &[x], Location::UNKNOWN).unwrap();
        let disclosed = graph.node(node).result(0);
        graph.outputs = vec![disclosed];
        assert!(verify(&graph).is_ok());
        append(&mut graph, Op::Negate, &[disclosed], Location::UNKNOWN).unwrap();
        assert!(verify(&graph).unwrap_err().to_string().contains("can only be returned"));
    }
}
