//! Dead-code elimination: nodes that no output and no pinned node needs are left out.

use super::{Graph, Operation, Value};

/// Rebuilds `graph` without unused nodes. Returns whether any went.
pub fn remove_dead<O: Operation>(graph: &mut Graph<O>) -> bool {
    let mut used = vec![false; graph.value_count()];
    for v in &graph.outputs {
        used[v.index()] = true;
    }
    let mut keep = vec![false; graph.len()];
    for (id, node) in graph.nodes().rev() {
        if node.is_needed() || node.results().any(|v| used[v.index()]) {
            keep[id.index()] = true;
            node.operands.iter().for_each(|v| used[v.index()] = true);
        }
    }
    if keep.iter().all(|&k| k) {
        return false;
    }
    let mut kept = Graph::new();
    let mut renamed: Vec<Option<Value>> = vec![None; graph.value_count()];
    for (id, node) in graph.nodes().filter(|(id, _)| keep[id.index()]) {
        let rename = |v: &Value| renamed[v.index()].expect("a kept node's operands are kept");
        let operands = node.operands.iter().map(rename).collect();
        let types = node.results().map(|v| graph.ty(v).clone()).collect();
        let new =
            kept.push_with_regions(node.operation.clone(), operands, node.regions.clone(), types, graph.location(id));
        for (old, new) in node.results().zip(kept.node(new).results()) {
            renamed[old.index()] = Some(new);
        }
    }
    kept.outputs = graph.outputs.iter().map(|v| renamed[v.index()].expect("outputs are kept")).collect();
    *graph = kept;
    true
}
