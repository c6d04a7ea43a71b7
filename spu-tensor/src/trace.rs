//! Tracing: the graph that operations on typed tensors append to while a function runs.
//!
//! One trace is active on a thread at a time; recording another one inside puts the outer aside until the inner ends,
//! also by a panic. The first fault of a trace is kept and returned when the recording ends; after it, operations go on
//! with placeholders, so that the function runs to its end.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::diagnose;
use crate::error::{Diagnostic, Error};
use crate::graph::Value;
use crate::host::HostTensor;
use crate::location::Location;
use crate::pphlo::{self, Graph, Literal, Op, Type};
use crate::shape::Shape;

/// A value of one trace.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Handle {
    value: Value,
    trace: u64,
}

/// What a recording is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A program to run.
    Program,
    /// Shapes or host data arranged as a tree.
    Description,
}

/// Runs `body` with a trace of its own and returns the graph whose outputs are the values that `body` gives.
/// `location` is the place to blame for them.
pub(crate) fn record(
    purpose: Purpose,
    location: Location,
    body: impl FnOnce() -> Vec<Handle>,
) -> Result<Recording, Error> {
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    let trace = Trace { id, purpose, graph: Graph::new(), parameters: Vec::new(), fault: None };
    let outer = Outer(CURRENT.replace(Some(trace)));
    let outputs = catch_unwind(AssertUnwindSafe(body));
    let trace = CURRENT.take();
    drop(outer);
    let mut trace = trace.filter(|trace| trace.id == id).expect("a recording ends with the trace it began");
    match (outputs, trace.fault.take()) {
        // A panic after a fault is its consequence: an index into a placeholder's shape.
        (_, Some(fault)) => Err(Error::Program(Box::new(fault))),
        (Err(panic), None) => resume_unwind(panic),
        (Ok(outputs), None) => {
            trace.graph.outputs = outputs.iter().map(|handle| handle.value).collect();
            match outputs.iter().all(|handle| handle.trace == id) {
                true => Ok(Recording { graph: trace.graph, parameters: trace.parameters }),
                false => Err(Error::program(FOREIGN, location)),
            }
        }
    }
}

/// What was recorded.
pub(crate) struct Recording {
    /// The operations.
    pub(crate) graph: Graph,
    /// Names of the parameters, by index.
    pub(crate) parameters: Vec<String>,
}

/// Appends an operation with one result.
pub(crate) fn emit(op: Op, operands: &[Handle], location: Location) -> Handle {
    with(|trace| {
        let Some(values) = trace.values(operands, location) else { return trace.placeholder(operands, location) };
        let types: Vec<&Type> = values.iter().map(|&v| trace.graph.ty(v)).collect();
        match pphlo::infer(&op, &types) {
            Ok(types) => {
                let node = trace.graph.push(op, values, types, location);
                trace.handle(trace.graph.node(node).result(0))
            }
            Err(message) => {
                trace.fault(message, operands, location);
                trace.placeholder(operands, location)
            }
        }
    })
}

/// A number that no other draw of this trace has.
pub(crate) fn draw() -> usize {
    with(|trace| trace.graph.len())
}

/// Appends a public constant.
pub(crate) fn constant(tensor: HostTensor, location: Location) -> Handle {
    let values = tensor.elements.to_f64();
    if let Some(x) = values.iter().find(|x| !x.is_finite()) {
        fault(format!("cannot use {x} as a constant: it is not finite"), &[], location);
    }
    literal(tensor, location)
}

/// Appends a constant whatever its elements are: data of a description, which the back end validates.
pub(crate) fn literal(tensor: HostTensor, location: Location) -> Handle {
    emit(Op::Constant { literal: Literal(Arc::new(tensor)) }, &[], location)
}

/// Appends the next parameter.
pub(crate) fn parameter(name: String, ty: Type, location: Location) -> Handle {
    with(|trace| {
        let node = trace.graph.push(Op::Parameter { index: trace.parameters.len() }, vec![], vec![ty], location);
        trace.parameters.push(name);
        trace.handle(trace.graph.node(node).result(0))
    })
}

/// Appends the derivatives of the scalar `output` with respect to each of `wrt`.
pub(crate) fn gradient(output: Handle, wrt: &[Handle], location: Location) -> Vec<Handle> {
    with(|trace| {
        let (Some(values), Some(out)) = (trace.values(wrt, location), trace.values(&[output], location)) else {
            return wrt.to_vec();
        };
        match pphlo::gradient(&mut trace.graph, out[0], &values, location) {
            Ok(gradients) => gradients.into_iter().map(|value| trace.handle(value)).collect(),
            Err(error) => {
                let diagnostic = match error {
                    Error::Program(diagnostic) => *diagnostic,
                    other => Diagnostic { message: other.to_string(), labels: vec![] },
                };
                trace.fault.get_or_insert(diagnostic);
                wrt.to_vec()
            }
        }
    })
}

/// The type of a value; of a value of another trace, a scalar's.
pub(crate) fn ty(handle: Handle) -> Type {
    with(|trace| match handle.trace == trace.id {
        true => trace.graph.ty(handle.value).clone(),
        false => unknown(),
    })
}

/// Poisons the trace, unless it is poisoned already.
pub(crate) fn fault(message: impl Into<String>, operands: &[Handle], location: Location) {
    with(|trace| trace.fault(message.into(), operands, location));
}

/// Whether what is recorded only describes a tree.
pub(crate) fn is_description() -> bool {
    with(|trace| trace.purpose == Purpose::Description)
}

struct Trace {
    id: u64,
    purpose: Purpose,
    graph: Graph,
    parameters: Vec<String>,
    fault: Option<Diagnostic>,
}

impl Trace {
    fn handle(&self, value: Value) -> Handle {
        Handle { value, trace: self.id }
    }

    fn values(&mut self, operands: &[Handle], location: Location) -> Option<Vec<Value>> {
        if operands.iter().any(|operand| operand.trace != self.id) {
            self.fault(FOREIGN.into(), operands, location);
            return None;
        }
        Some(operands.iter().map(|operand| operand.value).collect())
    }

    fn fault(&mut self, message: String, operands: &[Handle], location: Location) {
        if self.fault.is_none() {
            let own: Vec<Value> = operands.iter().filter(|h| h.trace == self.id).map(|h| h.value).collect();
            let labels = diagnose::labels(&self.graph, &self.parameters, &own, location);
            self.fault = Some(Diagnostic { message, labels });
        }
    }

    /// What a faulty operation gives: a value of its first operand's type. A poisoned graph is never run.
    fn placeholder(&mut self, operands: &[Handle], location: Location) -> Handle {
        let like = operands.iter().find(|operand| operand.trace == self.id);
        let ty = like.map_or_else(unknown, |operand| self.graph.ty(operand.value).clone());
        let node = self.graph.push(Op::Parameter { index: usize::MAX }, vec![], vec![ty], location);
        self.handle(self.graph.node(node).result(0))
    }
}

/// Puts the outer trace back.
struct Outer(Option<Trace>);

impl Drop for Outer {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// Applies `f` to the active trace. Outside any, a trace that nobody reads takes its place: what comes of it is a handle
/// of another trace wherever it is used.
fn with<R>(f: impl FnOnce(&mut Trace) -> R) -> R {
    CURRENT.with_borrow_mut(|current| match current {
        Some(trace) => f(trace),
        None => f(&mut Trace {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            purpose: Purpose::Program,
            graph: Graph::new(),
            parameters: Vec::new(),
            fault: None,
        }),
    })
}

fn unknown() -> Type {
    Type::secret(Shape::SCALAR, pphlo::DType::Fxp)
}

thread_local! {
    static CURRENT: RefCell<Option<Trace>> = const { RefCell::new(None) };
}

static NEXT: AtomicU64 = AtomicU64::new(0);

const FOREIGN: &str = "cannot use a tensor of another traced function here";
