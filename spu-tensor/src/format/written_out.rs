//! A program without branches and loops that does, on given inputs, what another one does with them.
//!
//! A back end cuts a program at its branches and loops: what is needed behind a cut is held there with the fraction bits of the
//! format, and a product is truncated. Here such a value passes a `to_secret`, which says the same: a share of a number as the
//! format has it.

use std::borrow::Cow;

use crate::error::Error;
use crate::graph::{NodeId, Value};
use crate::host::{Elements, HostTensor};
use crate::location::Location;
use crate::pphlo::{Builder, DType, Graph, Literal, Op, Strides, Type, apply, draw, public_operands};
use crate::program::Program;
use crate::shape::Shape;

/// The operations that `program` comes by on these inputs, well typed and as many as its parameters, where real numbers decide. A
/// program without branches and loops is that itself.
pub(super) fn written_out<'a>(program: &'a Program, inputs: &[HostTensor]) -> Result<Cow<'a, Program>, Error> {
    if program.graph.nodes().all(|(_, node)| node.regions.is_empty()) {
        return Ok(Cow::Borrowed(program));
    }
    let mut way = Way { graph: Graph::new(), exact: Vec::new() };
    let parameters = program.parameters.iter().zip(inputs).enumerate().map(|(index, ((_, ty), input))| {
        way.exact.push(input.clone());
        let node = way.graph.push(Op::Parameter { index }, vec![], vec![ty.clone()], Location::UNKNOWN);
        way.graph.node(node).result(0)
    });
    let parameters: Vec<Value> = parameters.collect();
    way.graph.outputs = way.along(&program.graph, &parameters)?;
    Ok(Cow::Owned(Program { graph: way.graph, ..program.clone() }))
}

struct Way {
    graph: Graph,
    /// What the values of the graph are.
    exact: Vec<HostTensor>,
}

impl Way {
    /// Appends what the graph comes by; gives what its outputs have become.
    fn along(&mut self, graph: &Graph, given: &[Value]) -> Result<Vec<Value>, Error> {
        let mut renamed: Vec<Value> = Vec::with_capacity(graph.value_count());
        let last_uses = last_uses(graph);
        for (id, node) in graph.nodes() {
            if !matches!(node.operation, Op::For { trips: 0, .. }) && !node.regions.is_empty() {
                let is_needed = |(index, _): &(usize, &mut Value)| last_uses[*index].is_none_or(|last| last >= id);
                renamed.iter_mut().enumerate().filter(is_needed).for_each(|(_, v)| *v = self.cut(*v));
            }
            let operands: Vec<Value> = node.operands.iter().map(|v| renamed[v.index()]).collect();
            let types: Vec<&Type> = node.results().map(|v| graph.ty(v)).collect();
            let location = graph.location(id);
            let region = |way: &mut Self, i: usize, given: &[Value]| -> Result<Vec<Value>, Error> {
                let made = way.along(&node.regions[i], given)?;
                Ok(made.into_iter().map(|v| way.cut(v)).collect())
            };
            match node.operation {
                Op::Parameter { index } => renamed.push(given[index]),
                Op::If => renamed.extend(region(self, usize::from(!self.holds(operands[0])), &operands[1..])?),
                Op::While { carried } => {
                    let mut goes_on = operands[0];
                    let (initial, captured) = operands[1..].split_at(carried);
                    let mut state = initial.to_vec();
                    while self.holds(goes_on) {
                        let made = region(self, 0, &[&state, captured].concat())?;
                        goes_on = made[0];
                        state = made[1..].to_vec();
                    }
                    renamed.extend(state);
                }
                Op::For { start, trips, carried, scanned } => {
                    let (initial, rest) = operands.split_at(carried);
                    let (scanned, captured) = rest.split_at(scanned);
                    let mut state = initial.to_vec();
                    let mut stacked = vec![Vec::new(); types.len() - carried];
                    for i in 0..trips {
                        let index = HostTensor::int(Shape::SCALAR, vec![start + i as i64]);
                        let index = self.emit(Op::Constant { literal: index.into() }, &[], location)?;
                        let rows = scanned.iter().map(|&x| self.row(x, i, location)).collect::<Result<Vec<_>, _>>()?;
                        let made = region(self, 0, &[&[index], &state[..], &rows, captured].concat())?;
                        for (rows, &row) in stacked.iter_mut().zip(&made[carried..]) {
                            let shape = Shape::new([&[1], self.graph.ty(row).shape.extents()].concat());
                            rows.push(self.emit(Op::Reshape { shape }, &[row], location)?);
                        }
                        state = made[..carried].to_vec();
                    }
                    renamed.extend(state);
                    for (rows, ty) in stacked.into_iter().zip(&types[carried..]) {
                        renamed.push(match rows.is_empty() {
                            false => self.emit(Op::Concatenate { axis: 0 }, &rows, location)?,
                            true => self.no_rows(ty, location)?,
                        });
                    }
                }
                ref op if op.is_draw() => {
                    // Draws of different iterations are different ones; what the format draws is told later.
                    let mut op = op.clone();
                    op.draw_mut().into_iter().for_each(|draw| *draw = self.graph.len());
                    self.exact.extend(draw(&op, 0));
                    let types = types.into_iter().cloned().collect();
                    let copy = self.graph.push(op, operands, types, location);
                    renamed.extend(self.graph.node(copy).results());
                }
                ref op => {
                    let exact: Vec<&HostTensor> = operands.iter().map(|v| &self.exact[v.index()]).collect();
                    let made = apply(op, &exact, &public_operands(graph, node), &types)
                        .map_err(|problem| Error::program(problem, location))?;
                    self.exact.extend(made);
                    let types = types.into_iter().cloned().collect();
                    let copy = self.graph.push(op.clone(), operands, types, location);
                    renamed.extend(self.graph.node(copy).results());
                }
            }
        }
        Ok(graph.outputs.iter().map(|v| renamed[v.index()]).collect())
    }

    /// The value as it is held behind a cut. Integers and public numbers are held alike everywhere, and what was opened to one
    /// party is only given back.
    fn cut(&mut self, v: Value) -> Value {
        let (id, _) = self.graph.definition(v);
        let ty = self.graph.ty(v).clone();
        let operation = &self.graph.node(id).operation;
        let is_held = matches!(operation, Op::Parameter { .. } | Op::ToSecret | Op::RevealTo { .. });
        if is_held || !ty.is_secret() || ty.dtype != DType::Fxp {
            return v;
        }
        self.exact.push(self.exact[v.index()].clone());
        let held = self.graph.push(Op::ToSecret, vec![v], vec![ty], self.graph.location(id));
        self.graph.node(held).result(0)
    }

    fn holds(&self, predicate: Value) -> bool {
        matches!(&self.exact[predicate.index()].elements, Elements::Bool(v) if v[0])
    }

    fn row(&mut self, x: Value, i: usize, location: Location) -> Result<Value, Error> {
        let mut limit = self.graph.ty(x).shape.extents().to_vec();
        let mut start = vec![0; limit.len()];
        let shape = Shape::new(limit[1..].to_vec());
        (start[0], limit[0]) = (i, i + 1);
        let block = self.emit(Op::Slice { start, limit, strides: Strides::UNIT }, &[x], location)?;
        self.emit(Op::Reshape { shape }, &[block], location)
    }

    fn no_rows(&mut self, ty: &Type, location: Location) -> Result<Value, Error> {
        let literal: Literal = HostTensor::new(ty.shape.clone(), Elements::empty(ty.dtype)).into();
        let nothing = self.emit(Op::Constant { literal }, &[], location)?;
        if ty.is_secret() { self.emit(Op::ToSecret, &[nothing], location) } else { Ok(nothing) }
    }

    /// Appends an operation of one result.
    fn emit(&mut self, op: Op, operands: &[Value], location: Location) -> Result<Value, Error> {
        let value = Builder { graph: &mut self.graph, location }.apply(op.clone(), operands);
        let exact: Vec<&HostTensor> = operands.iter().map(|v| &self.exact[v.index()]).collect();
        let public: Vec<bool> = operands.iter().map(|&v| !self.graph.ty(v).is_secret()).collect();
        let made = apply(&op, &exact, &public, &[self.graph.ty(value)]);
        let made = made.map_err(|problem| Error::program(problem, location))?;
        self.exact.extend(made);
        Ok(value)
    }
}

/// The node that uses each value last; none for outputs.
fn last_uses(graph: &Graph) -> Vec<Option<NodeId>> {
    let mut last = vec![Some(NodeId(0)); graph.value_count()];
    for (id, node) in graph.nodes() {
        node.operands.iter().for_each(|v| last[v.index()] = Some(id));
    }
    graph.outputs.iter().for_each(|v| last[v.index()] = None);
    last
}
