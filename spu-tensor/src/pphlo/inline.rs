//! Copying a region's nodes into another graph.

use super::{Graph, Op};
use crate::graph::Value;

/// Appends the nodes of `region` to `graph`, `given` in place of its parameters by index, and gives what its outputs have become.
/// Types and locations stay as they are. Panics where a parameter is given nothing.
pub fn inline(graph: &mut Graph, region: &Graph, given: &[Value]) -> Vec<Value> {
    let renamed = copy(graph, region, &mut |_, index| given[index]);
    region.outputs.iter().map(|v| renamed[v.index()]).collect()
}

/// As [`inline`], and gives what every value of the region has become; `given` says what stands for a parameter.
pub(crate) fn copy(graph: &mut Graph, region: &Graph, given: &mut dyn FnMut(&mut Graph, usize) -> Value) -> Vec<Value> {
    let mut renamed: Vec<Value> = Vec::with_capacity(region.value_count());
    for (id, node) in region.nodes() {
        if let Op::Parameter { index } = node.operation {
            renamed.push(given(graph, index));
            continue;
        }
        let operands = node.operands.iter().map(|v| renamed[v.index()]).collect();
        let types = node.results().map(|v| region.ty(v).clone()).collect();
        let (operation, regions) = (node.operation.clone(), node.regions.clone());
        let copy = graph.push_with_regions(operation, operands, regions, types, region.location(id));
        renamed.extend(graph.node(copy).results());
    }
    renamed
}

/// The values that stand for the graph's parameters, by index; `None` for those that it does not have.
pub fn parameter_nodes(graph: &Graph, count: usize) -> Vec<Option<Value>> {
    let mut values = vec![None; count];
    for (_, node) in graph.nodes() {
        if let Op::Parameter { index } = node.operation
            && let Some(place) = values.get_mut(index)
        {
            *place = Some(node.result(0));
        }
    }
    values
}

/// Numbers the graph's own draws anew, in their order: what was copied into it, perhaps more than once, draws for itself.
pub(crate) fn number_draws(graph: &mut Graph) {
    let mut next = 0;
    graph.rename(|op| {
        if let Some(draw) = op.draw_mut() {
            *draw = next;
            next += 1;
        }
    });
}

/// Whether the graph draws random numbers, or a region in it.
pub(crate) fn draws(graph: &Graph) -> bool {
    graph.nodes().any(|(_, node)| node.operation.is_draw() || node.regions.iter().any(draws))
}
