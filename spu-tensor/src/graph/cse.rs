//! Common-subexpression elimination: of equal pure nodes with equal operands the first one stays.

use std::collections::HashMap;

use super::{Graph, Operation, Value};

/// Rebuilds `graph` without repeated nodes. Returns whether anything was merged.
pub fn merge_common<O: Operation>(graph: &mut Graph<O>) -> bool {
    let mut merged = Graph::new();
    let mut renamed: Vec<Value> = Vec::with_capacity(graph.value_count());
    let mut seen: HashMap<(O, Vec<Value>), Vec<Value>> = HashMap::new();
    let mut changed = false;
    for (id, node) in graph.nodes() {
        let operands: Vec<Value> = node.operands.iter().map(|v| renamed[v.index()]).collect();
        let pure = !node.operation.is_pinned() && node.regions.is_empty();
        let key = (node.operation.clone(), operands.clone());
        if let (true, Some(results)) = (pure, seen.get(&key)) {
            renamed.extend(results);
            changed = true;
            continue;
        }
        let types = node.results().map(|v| graph.ty(v).clone()).collect();
        let new =
            merged.push_with_regions(node.operation.clone(), operands, node.regions.clone(), types, graph.location(id));
        let results: Vec<Value> = merged.node(new).results().collect();
        renamed.extend(&results);
        if pure {
            seen.insert(key, results);
        }
    }
    merged.outputs = graph.outputs.iter().map(|v| renamed[v.index()]).collect();
    *graph = merged;
    changed
}
