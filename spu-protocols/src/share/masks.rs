//! Leaves out masks of relu that nothing uses, as in inference: they need not be shared anew.

use spu::graph::{Node, Value};

use super::ShareGraph;
use super::ops::ShareOp;

/// Replaces [`ShareOp::Relu`] by [`ShareOp::ReluValue`] where the mask is unused, and [`ShareOp::TruncateRelu`] likewise.
pub(super) fn drop_unused_masks(graph: &mut ShareGraph) {
    let mut used = vec![false; graph.value_count()];
    let operands = graph.nodes().flat_map(|(_, node)| &node.operands);
    operands.chain(&graph.outputs).for_each(|v| used[v.index()] = true);
    let alone = |node: &Node<ShareOp>| {
        let value = match node.operation {
            ShareOp::Relu => ShareOp::ReluValue,
            ShareOp::TruncateRelu { shift } => ShareOp::TruncateReluValue { shift },
            _ => return None,
        };
        (!used[node.result(1).index()]).then_some((value, 1))
    };
    let mut rewritten = ShareGraph::new();
    let mut renamed: Vec<Option<Value>> = vec![None; graph.value_count()];
    for (id, node) in graph.nodes() {
        let rename = |v: &Value| renamed[v.index()].expect("an operand precedes its use");
        let operands = node.operands.iter().map(rename).collect();
        let (operation, results) = alone(node).unwrap_or_else(|| (node.operation.clone(), node.results().len()));
        let types = node.results().take(results).map(|v| graph.ty(v).clone()).collect();
        let new = rewritten.push(operation, operands, types, graph.location(id));
        for (old, new) in node.results().zip(rewritten.node(new).results()) {
            renamed[old.index()] = Some(new);
        }
    }
    rewritten.outputs = graph.outputs.iter().map(|v| renamed[v.index()].expect("an output is computed")).collect();
    *graph = rewritten;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::share::{Builder, Kind, ShareType};

    fn operations(with_mask: bool) -> Vec<ShareOp> {
        let mut build = Builder::default();
        let x = build.argument(0, ShareType::new(spu::Shape::from([3]), Kind::Arith, 0));
        let (value, mask) = build.relu(x);
        // A value past the mask, so that values are renamed.
        let sum = build.add(value, x);
        let graph = build.finish(if with_mask { vec![sum, mask] } else { vec![sum, value] });
        assert!(graph.outputs.iter().all(|v| v.index() < graph.value_count()));
        graph.nodes().map(|(_, node)| node.operation.clone()).collect()
    }

    #[test]
    fn only_an_unused_mask_goes() {
        let argument = ShareOp::Argument { index: 0 };
        assert_eq!(operations(false), [argument.clone(), ShareOp::ReluValue, ShareOp::Add]);
        assert_eq!(operations(true), [argument, ShareOp::Relu, ShareOp::Add]);
    }
}
