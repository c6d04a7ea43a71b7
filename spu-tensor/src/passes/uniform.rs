//! Tensors whose elements are all one constant: a constant seen through operations that only move elements.

use super::rewrite::maker;
use crate::graph::Value;
use crate::host::{Elements, HostTensor};
use crate::pphlo::{Graph, Op};

/// The scalar that every element of the value is, if that is known.
pub(super) fn uniform(graph: &Graph, value: Value) -> Option<HostTensor> {
    let node = maker(graph, value);
    match &node.operation {
        Op::Constant { literal } => literal.splat(),
        Op::Broadcast { .. } | Op::Reshape { .. } | Op::Transpose { .. } => uniform(graph, node.operands[0]),
        _ => None,
    }
}

/// Whether every element of the value is this number.
pub(super) fn is_all(graph: &Graph, value: Value, number: f64) -> bool {
    uniform(graph, value).is_some_and(|scalar| match scalar.elements {
        Elements::Fxp(v) => v[0] == number,
        Elements::Int(v) => v[0] as f64 == number,
        Elements::Bool(v) => f64::from(u8::from(v[0])) == number,
    })
}
