//! Cutting a program into plans at its branches and loops.
//!
//! What stands between two of them is one plan, so rounds merge there and not across. A value that a later plan needs leaves the
//! first one as results do, in shares with the format's fraction bits; constants are made again where they are used. What
//! interval analysis knows of a value goes with it, and a region knows where its parameters lie in every iteration.

use std::collections::HashMap;
use std::sync::Arc;

use spu::graph::{Node, NodeId, Operation, Value};
use spu::pphlo::{self, Graph, Interval, Op};
use spu::{Elements, Error, HostTensor, Location, Program};

use super::{RingConfig, lower_known};
use crate::share::{Action, Block, Plan, Schedule, ShareOp, Slot, Step};

/// The schedule of a program.
pub fn schedule(program: &Program, ring: RingConfig) -> Result<Schedule, Error> {
    if program.graph.nodes().all(|(_, node)| node.regions.is_empty()) {
        let plan = Plan::new(super::lower(program, ring)?, ring);
        let disclosed = plan.graph.outputs.iter().map(|&v| is_disclosed(&plan, v)).collect();
        return Ok(Schedule::straight(plan, disclosed));
    }
    pphlo::verify(&program.graph)?;
    let mut cut = Cut::new(&program.graph, program.parameters.len(), &[], ring);
    cut.run()?;
    let outputs = cut.outputs()?;
    let disclosed = outputs.iter().map(|slot| cut.disclosed.contains(slot)).collect();
    Ok(Schedule::new(cut.finish(outputs), disclosed))
}

fn is_disclosed(plan: &Plan, output: Value) -> bool {
    matches!(plan.graph.node(plan.graph.definition(output).0).operation, ShareOp::OpenTo { .. })
}

/// The block of a graph under way.
struct Cut<'a> {
    graph: &'a Graph,
    ring: RingConfig,
    known: Vec<Interval>,
    /// The node that uses each value last; none for outputs.
    last_use: Vec<Option<NodeId>>,
    slots: Vec<Option<Slot>>,
    block: Block,
    segment: Segment,
    disclosed: Vec<Slot>,
}

/// The operations since the last branch or loop, as a graph of their own.
#[derive(Default)]
struct Segment {
    graph: Graph,
    /// What values of the whole graph are here.
    values: HashMap<Value, Value>,
    /// Slots and intervals of its parameters.
    parameters: Vec<(Slot, Interval)>,
    /// Values of the whole graph that are made here, in order.
    made: Vec<Value>,
}

impl<'a> Cut<'a> {
    fn new(graph: &'a Graph, arguments: usize, parameters: &[Interval], ring: RingConfig) -> Self {
        let mut last_use = vec![Some(NodeId(0)); graph.value_count()];
        for (id, node) in graph.nodes() {
            node.operands.iter().for_each(|v| last_use[v.index()] = Some(id));
        }
        graph.outputs.iter().for_each(|v| last_use[v.index()] = None);
        Self {
            graph,
            ring,
            known: ring.numbers().intervals(graph, parameters),
            last_use,
            slots: vec![None; graph.value_count()],
            block: Block { arguments, slots: arguments, ..Block::default() },
            segment: Segment::default(),
            disclosed: Vec::new(),
        }
    }

    fn run(&mut self) -> Result<(), Error> {
        let graph = self.graph;
        for (id, node) in graph.nodes() {
            if let Op::Parameter { index } = node.operation {
                self.slots[node.result(0).index()] = Some(index);
            } else if node.regions.is_empty() {
                let operands = node.operands.iter().map(|&v| self.here(v)).collect();
                let types = node.results().map(|v| graph.ty(v).clone()).collect();
                let copy = self.segment.graph.push(node.operation.clone(), operands, types, graph.location(id));
                let made = node.results().zip(self.segment.graph.node(copy).results());
                self.segment.values.extend(made);
                self.segment.made.extend(node.results());
            } else if let Op::For { trips: 0, carried, .. } = node.operation {
                self.pass_by(node, carried, graph.location(id));
            } else {
                self.part(id)?;
            }
        }
        Ok(())
    }

    /// A loop without iterations: what it carries stays, what it would stack has no rows.
    fn pass_by(&mut self, node: &Node<Op>, carried: usize, location: Location) {
        for (i, result) in node.results().enumerate() {
            let ty = self.graph.ty(result);
            let mut append = |op, operands: &[Value]| {
                let id =
                    pphlo::append(&mut self.segment.graph, op, operands, location).expect("no rows are well typed");
                self.segment.graph.node(id).result(0)
            };
            let here = if i < carried {
                self.here(node.operands[i])
            } else {
                let rows = HostTensor::new(ty.shape.clone(), Elements::empty(ty.dtype));
                let rows = append(Op::Constant { literal: rows.into() }, &[]);
                if ty.is_secret() { append(Op::ToSecret, &[rows]) } else { rows }
            };
            self.segment.values.insert(result, here);
            self.segment.made.push(result);
        }
    }

    /// A branch or a loop ends the segment.
    fn part(&mut self, id: NodeId) -> Result<(), Error> {
        let node = self.graph.node(id);
        self.flush(Some(id), &node.operands)?;
        let given = self.ring.numbers().region_intervals(node, &self.known);
        let inner = |region: &Graph| {
            let mut cut = Cut::new(region, given.len(), &given, self.ring);
            cut.run()?;
            let outputs = cut.outputs()?;
            Ok::<_, Error>(cut.finish(outputs))
        };
        let first = inner(&node.regions[0])?;
        let action = match node.operation {
            Op::If => Action::If([first, inner(&node.regions[1])?]),
            Op::While { carried } => Action::While { carried, body: first },
            Op::For { start, trips, carried, scanned } => Action::For { start, trips, carried, scanned, body: first },
            ref op => unreachable!("`{}` has no regions", op.name()),
        };
        let operands =
            node.operands.iter().map(|v| self.slots[v.index()].expect("what decides was computed")).collect();
        let results: Vec<Value> = node.results().collect();
        self.step(operands, &results, action, self.graph.location(id));
        Ok(())
    }

    /// Ends the segment before this node, or before the end: what it made for later, and what is `wanted` now, gets slots.
    fn flush(&mut self, before: Option<NodeId>, wanted: &[Value]) -> Result<(), Error> {
        let later = |v: &Value| match (self.last_use[v.index()], before) {
            (None, _) => true,
            (Some(last), Some(before)) => last >= before,
            (Some(_), None) => false,
        };
        let mut results: Vec<Value> = self.segment.made.iter().copied().filter(later).collect();
        results.retain(|&v| !is_remade(self.graph, v));
        for &v in wanted {
            if self.slots[v.index()].is_none() && !results.contains(&v) {
                self.here(v);
                results.push(v);
            }
        }
        let Segment { mut graph, values, parameters, .. } = std::mem::take(&mut self.segment);
        let is_idle = !graph.nodes().any(|(_, node)| !node.operation.is_parameter() && node.is_needed());
        if results.is_empty() && is_idle {
            return Ok(());
        }
        graph.outputs = results.iter().map(|v| values[v]).collect();
        let types = results.iter().map(|&v| (String::new(), self.graph.ty(v).clone())).collect();
        let (name, given) = (String::new(), Vec::new());
        let program = Program { name, graph, parameters: given, results: types, operations_traced: 0 };
        let (slots, known): (Vec<Slot>, Vec<Interval>) = parameters.into_iter().unzip();
        let plan = Plan::new(lower_known(&program, &known, self.ring)?, self.ring);
        let disclosed: Vec<bool> = plan.graph.outputs.iter().map(|&v| is_disclosed(&plan, v)).collect();
        self.step(slots, &results, Action::Run(Arc::new(plan)), Location::UNKNOWN);
        let slots = results.iter().zip(disclosed).filter(|(_, disclosed)| *disclosed);
        self.disclosed.extend(slots.filter_map(|(v, _)| self.slots[v.index()]));
        Ok(())
    }

    fn step(&mut self, operands: Vec<Slot>, results: &[Value], action: Action, location: Location) {
        let first_result = self.block.slots;
        self.block.slots += results.len();
        results.iter().enumerate().for_each(|(i, v)| self.slots[v.index()] = Some(first_result + i));
        self.block.steps.push(Step { operands, first_result, results: results.len(), action, location });
    }

    /// The value in the segment: made there, a parameter of it, or a constant made again.
    fn here(&mut self, v: Value) -> Value {
        if let Some(&here) = self.segment.values.get(&v) {
            return here;
        }
        let (id, result) = self.graph.definition(v);
        let node = self.graph.node(id);
        let (operation, operands) = match self.slots[v.index()] {
            Some(slot) => {
                self.segment.parameters.push((slot, self.known[v.index()]));
                (Op::Parameter { index: self.segment.parameters.len() - 1 }, Vec::new())
            }
            None => (node.operation.clone(), node.operands.iter().map(|&v| self.here(v)).collect()),
        };
        let types = match operation {
            Op::Parameter { .. } => vec![self.graph.ty(v).clone()],
            _ => node.results().map(|v| self.graph.ty(v).clone()).collect(),
        };
        let is_parameter = operation.is_parameter();
        let copy = self.segment.graph.push(operation, operands, types, self.graph.location(id));
        let here = self.segment.graph.node(copy).result(if is_parameter { 0 } else { result });
        self.segment.values.insert(v, here);
        here
    }

    /// Ends the last segment; gives the slots of the graph's outputs.
    fn outputs(&mut self) -> Result<Vec<Slot>, Error> {
        self.flush(None, &self.graph.outputs)?;
        Ok(self.graph.outputs.iter().map(|v| self.slots[v.index()].expect("outputs are computed")).collect())
    }

    fn finish(self, outputs: Vec<Slot>) -> Block {
        Block { outputs, ..self.block }
    }
}

/// Whether the value is a constant, perhaps moved: cheaper made again than kept.
fn is_remade(graph: &Graph, v: Value) -> bool {
    let node = graph.node(graph.definition(v).0);
    match node.operation {
        Op::Constant { .. } => true,
        Op::Broadcast { .. } | Op::Reshape { .. } | Op::Transpose { .. } | Op::Slice { .. } => {
            is_remade(graph, node.operands[0])
        }
        _ => false,
    }
}
