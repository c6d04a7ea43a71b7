//! The graph that both levels use, PPHLO and the share program: an append-only list of nodes in SSA form.
//!
//! A node has an operation, operands, regions (loops and branches), result types and a source location. Locations stand in
//! a side table and take no part in equality or hashing.

mod cse;
mod dce;
mod liveness;

use std::fmt;
use std::hash::Hash;

pub use cse::merge_common;
pub use dce::remove_dead;
pub use liveness::{LastUses, last_uses};

use crate::location::Location;

/// An operation of one of the two levels, attributes included.
pub trait Operation: Clone + PartialEq + Eq + Hash + fmt::Debug {
    /// What is known of a value.
    type Type: Clone + PartialEq + Eq + Hash + fmt::Debug;

    /// Whether the node must stay as it is even if unused or equal to another one (parameters, disclosures, draws).
    fn is_pinned(&self) -> bool;

    /// Whether the node stands for what the graph is given.
    fn is_parameter(&self) -> bool;
}

/// A value: one result of one node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value(pub u32);

/// A node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{}", self.0)
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

impl Value {
    /// For dense tables.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl NodeId {
    /// For dense tables.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One operation applied to values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node<O: Operation> {
    /// The operation with its attributes.
    pub operation: O,
    /// What it is applied to.
    pub operands: Vec<Value>,
    /// Bodies of loops and branches.
    pub regions: Vec<Graph<O>>,
    first_result: u32,
    result_count: u32,
}

impl<O: Operation> Node<O> {
    /// Whether the node must stay even if nobody uses its results: it, or one inside its regions, does more than compute.
    pub fn is_needed(&self) -> bool {
        let inside = |region: &Graph<O>| region.nodes.iter().any(|n| !n.operation.is_parameter() && n.is_needed());
        self.operation.is_pinned() || self.regions.iter().any(inside)
    }

    /// Its results, in order.
    pub fn results(&self) -> impl ExactSizeIterator<Item = Value> + use<O> {
        (self.first_result..self.first_result + self.result_count).map(Value)
    }

    /// Its `i`-th result.
    pub fn result(&self, i: usize) -> Value {
        assert!((i as u32) < self.result_count, "a node has no result {i}");
        Value(self.first_result + i as u32)
    }
}

/// Nodes in an order in which every operand precedes its use, and the values that leave the graph.
#[derive(Clone)]
pub struct Graph<O: Operation> {
    nodes: Vec<Node<O>>,
    types: Vec<O::Type>,
    definitions: Vec<(NodeId, u32)>,
    locations: Vec<Location>,
    /// The values that the graph gives back.
    pub outputs: Vec<Value>,
}

impl<O: Operation> PartialEq for Graph<O> {
    /// Equal operations, operands, types and outputs; locations do not count.
    fn eq(&self, other: &Self) -> bool {
        self.nodes == other.nodes && self.types == other.types && self.outputs == other.outputs
    }
}

impl<O: Operation> Eq for Graph<O> {}

impl<O: Operation> fmt::Debug for Graph<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for node in &self.nodes {
            let results: Vec<Value> = node.results().collect();
            writeln!(f, "{results:?} = {:?} {:?}", node.operation, node.operands)?;
        }
        write!(f, "return {:?}", self.outputs)
    }
}

impl<O: Operation> Default for Graph<O> {
    fn default() -> Self {
        Self {
            nodes: Vec::new(),
            types: Vec::new(),
            definitions: Vec::new(),
            locations: Vec::new(),
            outputs: Vec::new(),
        }
    }
}

impl<O: Operation> Graph<O> {
    /// A graph without nodes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a node without regions; its results have the types `types`.
    pub fn push(&mut self, operation: O, operands: Vec<Value>, types: Vec<O::Type>, location: Location) -> NodeId {
        self.push_with_regions(operation, operands, Vec::new(), types, location)
    }

    /// Appends a node. Panics if an operand does not exist yet.
    pub fn push_with_regions(
        &mut self,
        operation: O,
        operands: Vec<Value>,
        regions: Vec<Graph<O>>,
        types: Vec<O::Type>,
        location: Location,
    ) -> NodeId {
        assert!(operands.iter().all(|v| v.index() < self.types.len()), "an operand precedes its use");
        let id = NodeId(self.nodes.len() as u32);
        let first_result = self.types.len() as u32;
        let result_count = types.len() as u32;
        self.definitions.extend((0..result_count).map(|i| (id, i)));
        self.types.extend(types);
        self.nodes.push(Node { operation, operands, regions, first_result, result_count });
        self.locations.push(location);
        id
    }

    /// The nodes with their ids, operands first.
    pub fn nodes(&self) -> impl DoubleEndedIterator<Item = (NodeId, &Node<O>)> + ExactSizeIterator {
        self.nodes.iter().enumerate().map(|(i, node)| (NodeId(i as u32), node))
    }

    /// The regions of all nodes, to be rewritten; whoever does keeps what they take and give.
    pub fn regions_mut(&mut self) -> impl Iterator<Item = &mut Graph<O>> {
        self.nodes.iter_mut().flat_map(|node| &mut node.regions)
    }

    /// Lets `rename` change attributes that tell nodes apart; types stay as they are.
    pub(crate) fn rename(&mut self, rename: impl FnMut(&mut O)) {
        self.nodes.iter_mut().map(|node| &mut node.operation).for_each(rename);
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Number of values.
    pub fn value_count(&self) -> usize {
        self.types.len()
    }

    /// A node.
    pub fn node(&self, id: NodeId) -> &Node<O> {
        &self.nodes[id.index()]
    }

    /// The type of a value.
    pub fn ty(&self, value: Value) -> &O::Type {
        &self.types[value.index()]
    }

    /// The node that makes a value, and which of its results it is.
    pub fn definition(&self, value: Value) -> (NodeId, usize) {
        let (id, result) = self.definitions[value.index()];
        (id, result as usize)
    }

    /// Where the user's source asked for a node.
    pub fn location(&self, id: NodeId) -> Location {
        self.locations[id.index()]
    }

    /// Where the user's source asked for a value.
    pub fn value_location(&self, value: Value) -> Location {
        self.location(self.definition(value).0)
    }
}
