//! The verifier: what every PPHLO graph must satisfy, before and after each pass.

use super::{Graph, Op, Type, infer_with_regions};
use crate::error::Error;
use crate::graph::Value;

/// Checks that the stored types are those of the typing rules, that operands precede their uses, that regions satisfy the same,
/// and that what was revealed to one party is returned by the program and nothing else. The error names the first node at fault.
pub fn verify(graph: &Graph) -> Result<(), Error> {
    for (id, node) in graph.nodes() {
        let fault = |message: String| Err(Error::program(message, graph.location(id)));
        let name = node.operation.name();
        for region in &node.regions {
            verify(region)?;
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
