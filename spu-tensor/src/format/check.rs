//! The shadow run.

use super::written_out::written_out;
use super::{Deviation, Format, Held, Tolerance};
use crate::diagnose;
use crate::error::Error;
use crate::graph::{Node, NodeId, Value};
use crate::host::{Elements, HostTensor};
use crate::pphlo::{DType, Graph, Op, Type, apply, argument, public_operands, verify};
use crate::program::Program;
use crate::shape::Shape;

pub(super) fn check(
    program: &Program,
    inputs: &[HostTensor],
    format: &(impl Format + ?Sized),
) -> Result<Deviation, Error> {
    let graph = &program.graph;
    verify(graph)?;
    for (index, (name, ty)) in program.parameters.iter().enumerate() {
        argument(&inputs.iter().collect::<Vec<_>>(), index, name, ty)?;
    }
    let program = &*written_out(program, inputs)?;
    let graph = &program.graph;
    let held = format.held(program, &[])?;
    let found = format.values(program, inputs)?;
    let names = program.parameters.iter().map(|(name, _)| name.clone()).collect();
    let mut shadow =
        Shadow { graph, names, tolerance: format.tolerance(), held, found, exact: Vec::new(), worst: None };
    for (id, node) in graph.nodes() {
        shadow.node(id, node, inputs)?;
    }
    Ok(shadow.worst.unwrap_or(Deviation {
        largest: 0.0,
        operation: "return".into(),
        location: crate::Location::UNKNOWN,
    }))
}

struct Shadow<'a> {
    graph: &'a Graph,
    names: Vec<String>,
    tolerance: Tolerance,
    held: Vec<Option<Held>>,
    /// What the format made of each value, where it holds it.
    found: Vec<Option<Elements>>,
    /// What real numbers make of it; a decision is the format's where both may be right.
    exact: Vec<HostTensor>,
    worst: Option<Deviation>,
}

impl Shadow<'_> {
    fn node(&mut self, id: NodeId, node: &Node<Op>, inputs: &[HostTensor]) -> Result<(), Error> {
        let types: Vec<&Type> = node.results().map(|v| self.graph.ty(v)).collect();
        let operands: Vec<&HostTensor> = node.operands.iter().map(|v| &self.exact[v.index()]).collect();
        let made = match &node.operation {
            Op::Parameter { index } => vec![inputs[*index].clone()],
            Op::Assume { lo, hi } => {
                let x = operands[0];
                let outside = x.elements.to_f64().into_iter().enumerate().find(|(_, x)| !(lo.0..=hi.0).contains(x));
                if let Some((i, found)) = outside {
                    let at = place(i, &x.shape);
                    return Err(self.fault(id, format!("assumed to lie in {:?}..={:?}, but {found:?}{at}", lo.0, hi.0)));
                }
                vec![x.clone()]
            }
            // What was drawn is what the format drew.
            op @ (Op::RandomPermutation { .. } | Op::RandomUniform { .. } | Op::RandomBernoulli { .. }) => {
                let drawn = self.found[node.result(0).index()].clone();
                let drawn = drawn.ok_or_else(|| self.fault(id, format!("`{}` is not held", op.name())))?;
                vec![HostTensor::new(types[0].shape.clone(), drawn)]
            }
            op => {
                let public = public_operands(self.graph, node);
                apply(op, &operands, &public, &types).map_err(|problem| self.fault(id, problem))?
            }
        };
        for (result, (value, mut exact)) in node.results().zip(made).enumerate() {
            self.fits(id, node, value, &exact)?;
            if let Some(found) = self.found[value.index()].take() {
                self.compare(id, node, result, &found, &mut exact)?;
                self.found[value.index()] = Some(found);
            }
            self.exact.push(exact);
        }
        Ok(())
    }

    /// Whether the real numbers lie in the range that the format holds at this place.
    fn fits(&self, id: NodeId, node: &Node<Op>, value: Value, exact: &HostTensor) -> Result<(), Error> {
        let Some(Held { bound, fraction_bits }) = self.held[value.index()] else { return Ok(()) };
        // Integers of the evaluator wrap: as real numbers they show that they did.
        let wide = match exact.elements {
            Elements::Int(_) => self.in_reals(node, value),
            _ => None,
        };
        let values = wide.unwrap_or_else(|| exact.elements.to_f64());
        let Some(i) = values.iter().position(|x| !(x.abs() < bound || *x == -bound)) else { return Ok(()) };
        let (name, at) = (self.name(node), place(i, &exact.shape));
        let range = match fraction_bits {
            0 => format!("the safe range of integers is [-{bound:?}, {bound:?})"),
            bits => format!("the safe range with {bits} fraction bits is [-{bound:?}, {bound:?})"),
        };
        Err(self.fault(id, format!("`{name}` overflows: {:?}{at}, but {range}", values[i])))
    }

    /// The integers that a ring operation would give if none wrapped.
    fn in_reals(&self, node: &Node<Op>, value: Value) -> Option<Vec<f64>> {
        // Which operands are numbers that the result is made of; the others are places, or how often to double.
        let numbers: &[usize] = match node.operation {
            Op::Add | Op::Subtract | Op::Multiply | Op::Power | Op::Dot | Op::DotGeneral { .. } => &[0, 1],
            Op::Convolution { .. } => &[0, 1],
            Op::Negate | Op::ReduceSum { .. } | Op::ReduceProduct { .. } | Op::CumulativeSum { .. } => &[0],
            Op::ScatterWindows { .. } => &[0],
            Op::ShiftLeft => return Some(self.doubled(node)),
            Op::ScatterAdd { .. } => &[0, 2],
            _ => return None,
        };
        let operand = |(i, v): (usize, &Value)| {
            let exact = &self.exact[v.index()];
            match numbers.contains(&i) {
                true => HostTensor::new(exact.shape.clone(), Elements::Fxp(exact.elements.to_f64())),
                false => exact.clone(),
            }
        };
        let operands: Vec<HostTensor> = node.operands.iter().enumerate().map(operand).collect();
        let operands: Vec<&HostTensor> = operands.iter().collect();
        let ty = Type { dtype: DType::Fxp, ..self.graph.ty(value).clone() };
        let made = apply(&node.operation, &operands, &vec![false; operands.len()], &[&ty]).ok()?;
        let made = made[0].elements.to_f64();
        // A negative power of an integer is 0.
        let whole = |x: f64| if node.operation == Op::Power { libm::trunc(x) } else { x };
        Some(made.into_iter().map(whole).collect())
    }

    /// x·2^n in real numbers.
    fn doubled(&self, node: &Node<Op>) -> Vec<f64> {
        let [x, n] = [0, 1].map(|i| self.exact[node.operands[i].index()].elements.to_f64());
        x.into_iter().zip(n).map(|(x, n)| x * libm::exp2(n)).collect()
    }

    /// Holds the format's values against the real ones, which take over decisions that both may be right about.
    fn compare(
        &mut self,
        id: NodeId,
        node: &Node<Op>,
        result: usize,
        found: &Elements,
        exact: &mut HostTensor,
    ) -> Result<(), Error> {
        let (real, held) = (exact.elements.to_f64(), found.to_f64());
        let decides = exact.elements.dtype() != DType::Fxp || matches!(node.operation, Op::Remainder);
        let mut local: Option<Option<Vec<f64>>> = None;
        for (i, (&real, &held)) in real.iter().zip(&held).enumerate() {
            let allowed = if decides { equal(found, &exact.elements, i) } else { self.tolerance.allows(held, real) };
            if allowed {
                let difference = (held - real).abs();
                if self.worst.as_ref().is_none_or(|worst| difference > worst.largest) {
                    let (operation, location) = (self.name(node).to_owned(), self.graph.location(id));
                    self.worst = Some(Deviation { largest: difference, operation, location });
                }
                continue;
            }
            // What the operation gives for the format's own operands.
            let local = local.get_or_insert_with(|| self.of_found(node, result));
            let own = local.as_ref().map(|local| local[i]);
            let is_right = own.is_some_and(|own| self.tolerance.allows(held, own));
            if decides && is_right {
                copy(found, &mut exact.elements, i);
                continue;
            }
            let (name, at) = (self.name(node), place(i, &exact.shape));
            let cause = match own {
                Some(own) if is_right => {
                    format!("; its operands differ before: of those of the format, real numbers make {own:?}")
                }
                _ => String::new(),
            };
            let Tolerance { absolute, relative } = self.tolerance;
            let allowed = format!("more than {absolute:?} + {relative:?}·|x| apart");
            let message = format!("`{name}` loses precision: {held:?} in place of {real:?}{at}, {allowed}{cause}");
            return Err(self.fault(id, message));
        }
        Ok(())
    }

    /// A node's result in real numbers for the operands that the format has; `None` if they are outside the operation's
    /// domain.
    fn of_found(&self, node: &Node<Op>, result: usize) -> Option<Vec<f64>> {
        let operand = |v: &Value| {
            let shape = self.graph.ty(*v).shape.clone();
            // What is not held is a constant, or what repeats one: exact.
            let elements = self.found[v.index()].clone().unwrap_or_else(|| self.exact[v.index()].elements.clone());
            HostTensor::new(shape, elements)
        };
        let operands: Vec<HostTensor> = node.operands.iter().map(operand).collect();
        let operands: Vec<&HostTensor> = operands.iter().collect();
        let types: Vec<&Type> = node.results().map(|v| self.graph.ty(v)).collect();
        let made = apply(&node.operation, &operands, &public_operands(self.graph, node), &types).ok()?;
        Some(made[result].elements.to_f64())
    }

    /// What the author calls the operation: behind a cut, that which was cut off.
    fn name(&self, node: &Node<Op>) -> &'static str {
        match node.operands[..] {
            [x] if node.operation == Op::ToSecret && self.graph.ty(x).is_secret() => {
                self.name(self.graph.node(self.graph.definition(x).0))
            }
            _ => node.operation.name(),
        }
    }

    fn fault(&self, id: NodeId, message: String) -> Error {
        diagnose::fault(self.graph, &self.names, id, message)
    }
}

fn equal(a: &Elements, b: &Elements, i: usize) -> bool {
    match (a, b) {
        (Elements::Fxp(a), Elements::Fxp(b)) => a[i] == b[i],
        (Elements::Int(a), Elements::Int(b)) => a[i] == b[i],
        (Elements::Bool(a), Elements::Bool(b)) => a[i] == b[i],
        _ => panic!("a format's values have the data types of the program"),
    }
}

fn copy(from: &Elements, to: &mut Elements, i: usize) {
    match (from, to) {
        (Elements::Fxp(from), Elements::Fxp(to)) => to[i] = from[i],
        (Elements::Int(from), Elements::Int(to)) => to[i] = from[i],
        (Elements::Bool(from), Elements::Bool(to)) => to[i] = from[i],
        _ => panic!("a format's values have the data types of the program"),
    }
}

/// ` at [i, j]`, nothing for a scalar.
fn place(mut i: usize, shape: &Shape) -> String {
    if shape.rank() == 0 {
        return String::new();
    }
    let index = shape.strides().into_iter().map(|stride| {
        let at = i / stride.max(1);
        i %= stride.max(1);
        at
    });
    format!(" at {:?}", index.collect::<Vec<_>>())
}
