//! How many rounds after the start a value is there at the earliest.

use spu::graph::Value;

use super::ShareGraph;
use super::types::ShareType;
use crate::aby3;
use crate::hal::RingConfig;

/// Depths of the values of a graph that grows: the largest number of rounds on a chain of kernels to them. It is what the plan has but for
/// messages that leave ahead of their kernels.
#[derive(Default)]
pub(super) struct Depths {
    known: Vec<u64>,
    nodes: usize,
}

impl Depths {
    /// The depth of a value of `graph`, which has only grown since the last call.
    pub(super) fn of(&mut self, graph: &ShareGraph, value: Value, ring: RingConfig) -> u64 {
        for (_, node) in graph.nodes().skip(self.nodes) {
            let before = node.operands.iter().map(|v| self.known[v.index()]).max().unwrap_or(0);
            let types: Vec<&ShareType> = node.operands.iter().map(|&v| graph.ty(v)).collect();
            let rounds = match node.operation.is_local() {
                true => 0,
                false => aby3::cost(&aby3::table(&node.operation, &types, 1, ring.bits)).rounds,
            };
            self.known.extend(node.results().map(|_| before + rounds));
        }
        self.nodes = graph.len();
        self.known[value.index()]
    }
}
