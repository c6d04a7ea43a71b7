//! Leaves out results of kernels that nothing uses, as masks of relu in inference: they need not be shared anew. Where one use of a
//! maximum asks for its place and another does not, both take the kernel that tells it: one set of comparisons.

use std::collections::HashMap;

use spu::graph::{Node, Value};

use super::ShareGraph;
use super::ops::ShareOp;

/// Replaces [`ShareOp::Relu`] by [`ShareOp::ReluValue`] where the mask is unused, [`ShareOp::MaximumOneHot`]
/// likewise, and [`ShareOp::Maximum`] by what also tells the place where that is used.
pub(super) fn drop_unused_masks(graph: &mut ShareGraph) {
    let mut used = vec![false; graph.value_count()];
    let operands = graph.nodes().flat_map(|(_, node)| &node.operands);
    operands.chain(&graph.outputs).for_each(|v| used[v.index()] = true);
    let is_alone = |node: &Node<ShareOp>| node.results().len() < 2 || !used[node.result(1).index()];
    // Maxima whose place is used, by operand.
    let mut placed: HashMap<Value, &Node<ShareOp>> = HashMap::new();
    for (_, node) in graph.nodes().filter(|(_, node)| is_maximum(&node.operation) && !is_alone(node)) {
        placed.entry(node.operands[0]).or_insert(node);
    }
    let mut made: HashMap<(ShareOp, Value), Vec<Value>> = HashMap::new();
    let mut rewritten = ShareGraph::new();
    let mut renamed: Vec<Option<Value>> = vec![None; graph.value_count()];
    for (id, node) in graph.nodes() {
        let (operation, like) = match &node.operation {
            &ShareOp::Relu { spare } if is_alone(node) => (ShareOp::ReluValue { spare }, node),
            op if is_maximum(op) && is_alone(node) => match placed.get(&node.operands[0]) {
                Some(placed) => (placed.operation.clone(), *placed),
                None => (ShareOp::Maximum { spare: spare_of(op) }, node),
            },
            op => (op.clone(), node),
        };
        let count = match operation {
            ShareOp::ReluValue { .. } | ShareOp::Maximum { .. } => 1,
            _ => like.results().len(),
        };
        let key = is_maximum(&operation).then(|| (operation.clone(), node.operands[0]));
        let results = match key.as_ref().and_then(|key| made.get(key)) {
            Some(results) => results.clone(),
            None => {
                let rename = |v: &Value| renamed[v.index()].expect("an operand precedes its use");
                let operands = node.operands.iter().map(rename).collect();
                let types = like.results().take(count).map(|v| graph.ty(v).clone()).collect();
                let new = rewritten.push(operation, operands, types, graph.location(id));
                rewritten.node(new).results().collect()
            }
        };
        for (old, &new) in node.results().zip(&results) {
            renamed[old.index()] = Some(new);
        }
        if let Some(key) = key {
            made.insert(key, results);
        }
    }
    rewritten.outputs = graph.outputs.iter().map(|v| renamed[v.index()].expect("an output is computed")).collect();
    *graph = rewritten;
}

fn is_maximum(op: &ShareOp) -> bool {
    matches!(op, ShareOp::Maximum { .. } | ShareOp::MaximumOneHot { .. } | ShareOp::MaximumIndex { .. })
}

fn spare_of(maximum: &ShareOp) -> u32 {
    match *maximum {
        ShareOp::Maximum { spare } | ShareOp::MaximumOneHot { spare } | ShareOp::MaximumIndex { spare } => spare,
        ref op => unreachable!("{} is no maximum", op.name()),
    }
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
        assert_eq!(operations(false), [argument.clone(), ShareOp::ReluValue { spare: 0 }, ShareOp::Add]);
        assert_eq!(operations(true), [argument, ShareOp::Relu { spare: 0 }, ShareOp::Add]);
    }

    #[test]
    fn a_maximum_is_found_once() {
        let argument = ShareOp::Argument { index: 0 };
        let operations = |outputs: &[usize]| {
            let mut build = Builder::default();
            let x = build.argument(0, ShareType::new(spu::Shape::from([3, 4]), Kind::Arith, 0));
            let value = build.maximum(x);
            let (same, index) = build.maximum_index(x);
            let (other, one_hot) = build.maximum_one_hot(x);
            let all = [value, same, index, other, one_hot];
            let outputs: Vec<_> = outputs.iter().map(|&i| all[i]).collect();
            let kinds: Vec<_> = outputs.iter().map(|&v| build.ty(v).clone()).collect();
            let graph = build.finish(outputs);
            assert!(graph.outputs.iter().map(|&v| graph.ty(v)).eq(&kinds));
            graph.nodes().map(|(_, node)| node.operation.clone()).collect::<Vec<_>>()
        };
        assert_eq!(operations(&[0, 3]), [argument.clone(), ShareOp::Maximum { spare: 0 }]);
        assert_eq!(operations(&[1]), [argument.clone(), ShareOp::Maximum { spare: 0 }]);
        assert_eq!(operations(&[0, 2]), [argument.clone(), ShareOp::MaximumIndex { spare: 0 }]);
        assert_eq!(operations(&[4, 0, 1]), [argument, ShareOp::MaximumOneHot { spare: 0 }]);
    }
}
