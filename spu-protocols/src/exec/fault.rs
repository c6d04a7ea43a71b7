//! What an author is told of values that an operation cannot take.

use spu::error::{Diagnostic, Label};
use spu::format::Tolerance;
use spu::graph::{Node, Value};
use spu::pphlo::{DType, Type};
use spu::{Error, Location, Shape};

use crate::hal::RingConfig;
use crate::ring::Ring;
use crate::share::{Assertion, Kind, ShareGraph, ShareOp};

/// An error at a node, with the places where its public operands come from.
pub(super) fn fault(graph: &ShareGraph, node: &Node<ShareOp>, location: Location, message: String) -> Error {
    let mut labels = vec![Label { location, text: "here".into() }];
    for (i, &operand) in node.operands.iter().enumerate() {
        let origin = origin(graph, operand, location);
        let (ty, place) = (graph.ty(origin), graph.location(graph.definition(origin).0));
        if ty.kind != Kind::Public || place == location {
            continue;
        }
        let dtype = match &node.operation {
            ShareOp::Public(function) => function.operands[i],
            ShareOp::Assert(assertion) => assertion.dtype,
            _ if ty.scale > 0 => DType::Fxp,
            _ => DType::Int,
        };
        let label = Label { location: place, text: Type::public(ty.shape.clone(), dtype).to_string() };
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    Error::Program(Box::new(Diagnostic { message, labels }))
}

/// The value that the author's line was given: what was made of it on that line's behalf is passed by.
fn origin(graph: &ShareGraph, value: Value, location: Location) -> Value {
    let (id, _) = graph.definition(value);
    match graph.node(id).operands[..] {
        [operand] if graph.location(id) == location => origin(graph, operand, location),
        _ => value,
    }
}

/// What is wrong with elements of this scale, if one does not lie where it is to.
pub(super) fn broken<R: Ring>(
    x: &[R],
    shape: &Shape,
    scale: u32,
    assertion: &Assertion,
    ring: RingConfig,
) -> Option<String> {
    let Assertion { lo, hi, dtype, domain } = assertion;
    // What is computed in fixed point may leave a bound of real numbers, as far as a check allows it.
    let slack = |bound: f64| match dtype {
        DType::Fxp if domain.is_none() && bound.is_finite() => {
            Tolerance::of_fraction_bits(ring.fraction_bits).at(bound)
        }
        _ => 0.0,
    };
    let inside = lo.0 - slack(lo.0)..=hi.0 + slack(hi.0);
    let unit = libm::exp2(-f64::from(scale));
    let mut elements = x.iter().map(|x| x.signed() as f64 * unit).enumerate();
    let (mut i, found) = elements.find(|(_, x)| !inside.contains(x))?;
    if let Some((operation, domain)) = domain {
        return Some(format!("cannot take `{operation}` of element {i}, {found}: {domain}"));
    }
    let index = shape.strides().into_iter().map(|stride| {
        let at = i / stride.max(1);
        i %= stride.max(1);
        at
    });
    let index: Vec<usize> = index.collect();
    let place = if index.is_empty() { String::new() } else { format!(" at {index:?}") };
    Some(format!("assumed to lie in {:?}..={:?}, but {found:?}{place}", lo.0, hi.0))
}
