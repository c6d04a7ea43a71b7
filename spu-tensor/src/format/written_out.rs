//! A program without branches and loops that does, on given inputs, what another one does with them.

use std::borrow::Cow;

use crate::error::Error;
use crate::graph::Value;
use crate::host::{Elements, HostTensor};
use crate::location::Location;
use crate::pphlo::{Builder, Graph, Literal, Op, Strides, Type, apply, draw};
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
        for (id, node) in graph.nodes() {
            let operands: Vec<Value> = node.operands.iter().map(|v| renamed[v.index()]).collect();
            let types: Vec<&Type> = node.results().map(|v| graph.ty(v)).collect();
            let location = graph.location(id);
            let region = |way: &mut Self, i: usize, given: &[Value]| way.along(&node.regions[i], given);
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
                    let made = apply(op, &exact, &types).map_err(|problem| Error::program(problem, location))?;
                    self.exact.extend(made);
                    let types = types.into_iter().cloned().collect();
                    let copy = self.graph.push(op.clone(), operands, types, location);
                    renamed.extend(self.graph.node(copy).results());
                }
            }
        }
        Ok(graph.outputs.iter().map(|v| renamed[v.index()]).collect())
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
        let made = apply(&op, &exact, &[self.graph.ty(value)]).map_err(|problem| Error::program(problem, location))?;
        self.exact.extend(made);
        Ok(value)
    }
}
