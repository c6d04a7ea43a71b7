//! Appending operations whose types follow from the typing rules.

use super::{Graph, Literal, Op, Type, infer};
use crate::graph::{NodeId, Value};
use crate::location::Location;
use crate::shape::Shape;

/// Appends `op` with the types that [`infer()`] gives it, or says what is wrong and appends nothing.
pub fn append(graph: &mut Graph, op: Op, operands: &[Value], location: Location) -> Result<NodeId, String> {
    let types: Vec<&Type> = operands.iter().map(|&v| graph.ty(v)).collect();
    let types = infer(&op, &types)?;
    Ok(graph.push(op, operands.to_vec(), types, location))
}

/// A graph to which the compiler itself appends operations, well typed by construction.
pub(crate) struct Builder<'a> {
    pub(crate) graph: &'a mut Graph,
    pub(crate) location: Location,
}

impl Builder<'_> {
    /// Appends an operation and gives its first result.
    pub(crate) fn apply(&mut self, op: Op, operands: &[Value]) -> Value {
        self.apply_all(op, operands)[0]
    }

    /// Appends an operation and gives its results.
    pub(crate) fn apply_all(&mut self, op: Op, operands: &[Value]) -> Vec<Value> {
        let node = append(self.graph, op, operands, self.location)
            .unwrap_or_else(|problem| panic!("the compiler appends well-typed operations: {problem}"));
        self.graph.node(node).results().collect()
    }

    /// A scalar of the literal's value, repeated to a shape.
    pub(crate) fn splat(&mut self, scalar: Literal, shape: &Shape) -> Value {
        let scalar = self.apply(Op::Constant { literal: scalar }, &[]);
        match shape.rank() {
            0 => scalar,
            _ => self.apply(Op::Broadcast { shape: shape.clone(), dimensions: Vec::new() }, &[scalar]),
        }
    }
}
