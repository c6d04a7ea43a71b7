//! Tracing: the graph that operations on typed tensors append to while a function runs.
//!
//! One trace is active on a thread at a time; recording another one inside puts the outer aside until the inner ends,
//! also by a panic. The first fault of a trace is kept and returned when the recording ends; after it, operations go on
//! with placeholders, so that the function runs to its end.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::diagnose;
use crate::error::{Diagnostic, Error, Label};
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
    let trace = Trace::new(id, purpose);
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
    let location = blamed(location);
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

/// A body that was traced on its own.
pub(crate) struct Region {
    graph: Graph,
    /// Values of the trace around it that it uses, in the order of its last parameters.
    captured: Vec<Value>,
}

impl Region {
    /// Types and places of what it gives.
    pub(crate) fn outputs(&self) -> Vec<(Type, Location)> {
        self.graph.outputs.iter().map(|&v| (self.graph.ty(v).clone(), self.graph.value_location(v))).collect()
    }

    /// The same with those outputs secret for which this holds.
    pub(crate) fn with_secret_outputs(mut self, secret: impl Fn(usize) -> bool) -> Self {
        for i in 0..self.graph.outputs.len() {
            let output = self.graph.outputs[i];
            if secret(i) && !self.graph.ty(output).is_secret() {
                let location = self.graph.value_location(output);
                let made = pphlo::append(&mut self.graph, Op::ToSecret, &[output], location);
                self.graph.outputs[i] = self.graph.node(made.expect("a public value can be made secret")).result(0);
            }
        }
        self
    }
}

/// Traces `body` as a region that is given values of these types. Values of the traces around it become further parameters,
/// those that `sibling` captures as well in the same places.
pub(crate) fn region(
    given: &[Type],
    sibling: Option<&Region>,
    location: Location,
    body: impl FnOnce(Vec<Handle>) -> Vec<Handle>,
) -> Region {
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    let parameters = CURRENT.with_borrow_mut(|current| {
        let outer =
            current.take().unwrap_or_else(|| Trace::new(NEXT.fetch_add(1, Ordering::Relaxed), Purpose::Program));
        let mut trace = Trace::new(id, outer.purpose);
        trace.given = given.len();
        trace.captured = sibling.map_or_else(Vec::new, |s| s.captured.iter().map(|&v| (v, None)).collect());
        trace.parent = Some(Box::new(outer));
        let parameter = |(index, ty): (usize, &Type)| {
            let node = trace.graph.push(Op::Parameter { index }, vec![], vec![ty.clone()], location);
            Handle { value: trace.graph.node(node).result(0), trace: id }
        };
        let parameters = given.iter().enumerate().map(parameter).collect();
        *current = Some(trace);
        parameters
    });
    let leave = Leave(id);
    let outputs = body(parameters);
    with(|trace| trace.graph.outputs = trace.values(&outputs, location).unwrap_or_default());
    std::mem::forget(leave);
    let trace = leave_region(id);
    Region { graph: trace.graph, captured: trace.captured.into_iter().map(|(outer, _)| outer).collect() }
}

/// Appends an operation with regions; captured values become its last operands. `None` poisons the trace.
pub(crate) fn emit_with_regions(
    op: Op,
    operands: &[Handle],
    regions: Vec<Region>,
    location: Location,
) -> Option<Vec<Handle>> {
    let location = blamed(location);
    with(|trace| {
        let mut values = trace.values(operands, location)?;
        // Each region begins with what the one before it captures.
        values.extend(regions.last().map_or(&[][..], |region| &region.captured));
        let types: Vec<&Type> = values.iter().map(|&v| trace.graph.ty(v)).collect();
        let regions: Vec<Graph> = regions.into_iter().map(|region| region.graph).collect();
        match pphlo::infer_with_regions(&op, &types, &regions) {
            Ok(types) => {
                let node = trace.graph.push_with_regions(op, values, regions, types, location);
                let results: Vec<Value> = trace.graph.node(node).results().collect();
                Some(results.into_iter().map(|value| trace.handle(value)).collect())
            }
            Err(message) => {
                trace.fault(message, operands, location);
                None
            }
        }
    })
}

/// Whether the trace, or one around it, is poisoned.
pub(crate) fn is_poisoned() -> bool {
    with(|trace| {
        let mut around = Some(&*trace);
        while let Some(trace) = around {
            if trace.fault.is_some() {
                return true;
            }
            around = trace.parent.as_deref();
        }
        false
    })
}

/// Poisons the trace, unless it is poisoned already, and tells what stands at further places.
pub(crate) fn fault_with(
    message: impl Into<String>,
    operands: &[Handle],
    location: Location,
    places: &[(Location, String)],
) {
    let location = blamed(location);
    with(|trace| {
        if trace.fault.is_none() {
            trace.fault(message.into(), operands, location);
            let labels = places.iter().map(|(location, text)| Label { location: *location, text: text.clone() });
            trace.fault.iter_mut().for_each(|fault| fault.labels.extend(labels.clone()));
        }
    });
}

/// A value of this type to go on with in a poisoned trace.
pub(crate) fn placeholder(ty: Type, location: Location) -> Handle {
    with(|trace| {
        let node = trace.graph.push(Op::Parameter { index: usize::MAX }, vec![], vec![ty], location);
        trace.handle(trace.graph.node(node).result(0))
    })
}

/// Traces what will be differentiated: counted loops in it are written out.
pub(crate) fn differentiated<R>(body: impl FnOnce() -> R) -> R {
    struct Leave(bool);
    impl Drop for Leave {
        fn drop(&mut self) {
            DIFFERENTIATED.set(self.0);
        }
    }
    let _leave = Leave(DIFFERENTIATED.replace(true));
    body()
}

/// Whether what is traced will be differentiated.
pub(crate) fn is_differentiated() -> bool {
    DIFFERENTIATED.get()
}

/// Traces `body` as if all of it stood at `location`; of nested calls the outermost counts.
pub(crate) fn located<R>(location: Location, body: impl FnOnce() -> R) -> R {
    struct Leave(Option<Location>);
    impl Drop for Leave {
        fn drop(&mut self) {
            LOCATED.set(self.0);
        }
    }
    let outer = LOCATED.get();
    let _leave = Leave(LOCATED.replace(outer.or(Some(location))));
    body()
}

/// The place of what is asked for at `location`.
fn blamed(location: Location) -> Location {
    LOCATED.get().unwrap_or(location)
}

/// Appends the derivatives of the scalar `output` with respect to each of `wrt`.
pub(crate) fn gradient(output: Handle, wrt: &[Handle], location: Location) -> Vec<Handle> {
    let location = blamed(location);
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
    with(|trace| trace.around(handle).map_or_else(unknown, |trace| trace.graph.ty(handle.value).clone()))
}

/// Poisons the trace, unless it is poisoned already.
pub(crate) fn fault(message: impl Into<String>, operands: &[Handle], location: Location) {
    let location = blamed(location);
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
    /// The trace around a region.
    parent: Option<Box<Trace>>,
    /// How many parameters a region is given before those that it captures.
    given: usize,
    /// The captured values of the trace around, and the parameters that stand for those that are used here.
    captured: Vec<(Value, Option<Value>)>,
}

impl Trace {
    fn new(id: u64, purpose: Purpose) -> Self {
        Self {
            id,
            purpose,
            graph: Graph::new(),
            parameters: Vec::new(),
            fault: None,
            parent: None,
            given: 0,
            captured: Vec::new(),
        }
    }

    /// This trace or the one around it to which the value belongs.
    fn around(&self, handle: Handle) -> Option<&Self> {
        match self.id == handle.trace {
            true => Some(self),
            false => self.parent.as_deref()?.around(handle),
        }
    }

    /// The value here: itself, or what stands for a value from around.
    fn resolve(&mut self, handle: Handle) -> Option<Value> {
        if handle.trace == self.id {
            return Some(handle.value);
        }
        let outer = self.parent.as_deref_mut()?.resolve(handle)?;
        Some(self.capture(outer))
    }

    /// A constant is made again, anything else becomes a parameter.
    fn capture(&mut self, outer: Value) -> Value {
        let position = self.captured.iter().position(|&(value, _)| value == outer);
        if let Some(inner) = position.and_then(|i| self.captured[i].1) {
            return inner;
        }
        let parent = self.parent.as_deref().expect("what is captured comes from around");
        let node = parent.graph.node(parent.graph.definition(outer).0);
        let (ty, location) = (parent.graph.ty(outer).clone(), parent.graph.value_location(outer));
        if let Op::Constant { .. } = node.operation {
            let node = self.graph.push(node.operation.clone(), vec![], vec![ty], location);
            return self.graph.node(node).result(0);
        }
        let name = match node.operation {
            Op::Parameter { index } => parent.parameters.get(index).cloned().unwrap_or_default(),
            _ => String::new(),
        };
        let position = position.unwrap_or_else(|| {
            self.captured.push((outer, None));
            self.captured.len() - 1
        });
        let index = self.given + position;
        let node = self.graph.push(Op::Parameter { index }, vec![], vec![ty], location);
        let inner = self.graph.node(node).result(0);
        self.captured[position].1 = Some(inner);
        self.parameters.resize(self.parameters.len().max(index + 1), String::new());
        self.parameters[index] = name;
        inner
    }

    fn handle(&self, value: Value) -> Handle {
        Handle { value, trace: self.id }
    }

    fn values(&mut self, operands: &[Handle], location: Location) -> Option<Vec<Value>> {
        let values = operands.iter().map(|&operand| self.resolve(operand)).collect();
        if Option::is_none(&values) {
            self.fault(FOREIGN.into(), operands, location);
        }
        values
    }

    fn fault(&mut self, message: String, operands: &[Handle], location: Location) {
        if self.fault.is_none() {
            let own: Vec<Value> = operands.iter().filter_map(|&operand| self.resolve(operand)).collect();
            let labels = diagnose::labels(&self.graph, &self.parameters, &own, location);
            self.fault = Some(Diagnostic { message, labels });
        }
    }

    /// What a faulty operation gives: a value of its first operand's type. A poisoned graph is never run.
    fn placeholder(&mut self, operands: &[Handle], location: Location) -> Handle {
        let like = operands.iter().find_map(|&operand| self.resolve(operand));
        let ty = like.map_or_else(unknown, |value| self.graph.ty(value).clone());
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

/// Leaves a region whose body panics.
struct Leave(u64);

impl Drop for Leave {
    fn drop(&mut self) {
        leave_region(self.0);
    }
}

/// Makes the trace around the region the active one again; a fault inside is a fault of it.
fn leave_region(id: u64) -> Trace {
    CURRENT.with_borrow_mut(|current| {
        let mut region = current.take().filter(|trace| trace.id == id).expect("a region ends with the trace it began");
        let mut outer = *region.parent.take().expect("a region has a trace around it");
        if let Some(fault) = region.fault.take() {
            outer.fault.get_or_insert(fault);
        }
        *current = Some(outer);
        region
    })
}

/// Applies `f` to the active trace. Outside any, a trace that nobody reads takes its place: what comes of it is a handle
/// of another trace wherever it is used.
fn with<R>(f: impl FnOnce(&mut Trace) -> R) -> R {
    CURRENT.with_borrow_mut(|current| match current {
        Some(trace) => f(trace),
        None => f(&mut Trace::new(NEXT.fetch_add(1, Ordering::Relaxed), Purpose::Program)),
    })
}

fn unknown() -> Type {
    Type::secret(Shape::SCALAR, pphlo::DType::Fxp)
}

thread_local! {
    static CURRENT: RefCell<Option<Trace>> = const { RefCell::new(None) };
    static DIFFERENTIATED: Cell<bool> = const { Cell::new(false) };
    static LOCATED: Cell<Option<Location>> = const { Cell::new(None) };
}

static NEXT: AtomicU64 = AtomicU64::new(0);

const FOREIGN: &str = "cannot use a tensor of another traced function here";
