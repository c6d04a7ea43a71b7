//! What the passes share: a walk that rebuilds a graph node by node.

use super::Changed;
use crate::graph::{Node, Value};
use crate::pphlo::{Builder, Graph, Op};

/// Rebuilds `graph`; `rule` sees each node with its operands in the new graph and gives values of the same types to stand for
/// its results, or `None` to keep it.
pub(super) fn rewrite(
    graph: &mut Graph,
    mut rule: impl FnMut(&mut Builder, &Node<Op>, &[Value]) -> Option<Vec<Value>>,
) -> Changed {
    let mut rebuilt = Graph::new();
    let mut renamed: Vec<Value> = Vec::with_capacity(graph.value_count());
    let mut changed = Changed::No;
    for (id, node) in graph.nodes() {
        let operands: Vec<Value> = node.operands.iter().map(|v| renamed[v.index()]).collect();
        let location = graph.location(id);
        let mut builder = Builder { graph: &mut rebuilt, location };
        let results = match rule(&mut builder, node, &operands) {
            Some(results) => {
                let same = node.results().zip(&results).all(|(old, &new)| graph.ty(old) == rebuilt.ty(new));
                assert!(
                    same && results.len() == node.results().len(),
                    "a rewrite keeps the types of {:?}",
                    node.operation
                );
                changed = Changed::Yes;
                results
            }
            None => {
                let types = node.results().map(|v| graph.ty(v).clone()).collect();
                let (operation, regions) = (node.operation.clone(), node.regions.clone());
                let new = rebuilt.push_with_regions(operation, operands, regions, types, location);
                rebuilt.node(new).results().collect()
            }
        };
        renamed.extend(results);
    }
    if changed == Changed::Yes {
        rebuilt.outputs = graph.outputs.iter().map(|v| renamed[v.index()]).collect();
        *graph = rebuilt;
    }
    changed
}

/// The node that makes a value.
pub(super) fn maker(graph: &Graph, value: Value) -> &Node<Op> {
    graph.node(graph.definition(value).0)
}
