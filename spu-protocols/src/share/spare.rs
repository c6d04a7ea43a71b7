//! What is known of the size of a value by the way in which it was made.

use spu::graph::Value;

use super::ShareGraph;
use super::ops::ShareOp;

/// The largest n for which −2^(K−1−n) ≤ x < 2^(K−1−n) is known of every element: a comparison need not look at the n highest bits but one.
/// A truncation by s bits, whose operand lies in [−2^(K−2), 2^(K−2)), leaves at most 2^(K−2−s); what only moves or chooses elements keeps that.
pub(super) fn spare_bits(graph: &ShareGraph, value: Value) -> u32 {
    let (id, result) = graph.definition(value);
    let node = graph.node(id);
    match node.operation {
        ShareOp::Truncate { shift } | ShareOp::TruncateSum { shift } => shift,
        ShareOp::TruncateRelu { shift } if result == 0 => shift,
        ShareOp::Relu { spare }
        | ShareOp::ReluValue { spare }
        | ShareOp::Maximum { spare }
        | ShareOp::MaximumOneHot { spare }
        | ShareOp::MaximumIndex { spare }
            if result == 0 =>
        {
            spare
        }
        ShareOp::Reshape
        | ShareOp::Rescale { .. }
        | ShareOp::Transpose { .. }
        | ShareOp::Broadcast { .. }
        | ShareOp::Reverse { .. }
        | ShareOp::Slice { .. }
        | ShareOp::Pad { .. }
        | ShareOp::GatherWindows { .. } => spare_bits(graph, node.operands[0]),
        ShareOp::Concatenate { .. } => {
            let parts = node.operands.iter().map(|&part| spare_bits(graph, part));
            parts.min().unwrap_or(0)
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use spu::Shape;

    use super::*;
    use crate::share::{Builder, Kind, ShareType};

    #[test]
    fn truncations_leave_room_that_movements_keep() {
        let mut build = Builder::default();
        let x = build.argument(0, ShareType::new(Shape::from([2, 4]), Kind::Arith, 36));
        let y = build.truncate(x, 18);
        let moved = build.transpose(y, vec![1, 0]);
        let most = build.maximum(moved);
        let (value, mask) = build.relu(most);
        let both = build.concatenate(vec![y, x], 0);
        let graph = build.finish(vec![value, mask, both]);
        let spare = |v: usize| spare_bits(&graph, graph.outputs[v]);
        assert_eq!([spare(0), spare(1), spare(2)], [18, 0, 0]);
        let kernels = graph.nodes().map(|(_, node)| node.operation.clone());
        let kernels: Vec<ShareOp> = kernels.filter(|op| !op.is_local()).collect();
        let expected = [ShareOp::Truncate { shift: 18 }, ShareOp::Maximum { spare: 18 }, ShareOp::Relu { spare: 18 }];
        assert_eq!(kernels, expected);
    }
}
