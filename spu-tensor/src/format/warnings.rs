//! Range warnings: intervals against what the format holds.

use super::{Held, Warning};
use crate::diagnose;
use crate::error::Diagnostic;
use crate::graph::{Node, Value};
use crate::pphlo::{DType, Interval, Op, intervals};
use crate::program::Program;

pub(super) fn warnings(program: &Program, held: &[Option<Held>]) -> Vec<Warning> {
    let graph = &program.graph;
    let known = intervals(graph);
    let names: Vec<String> = program.parameters.iter().map(|(name, _)| name.clone()).collect();
    // Whether a value, or one that it comes from, was warned about.
    let mut told = vec![false; graph.value_count()];
    let mut warnings = Vec::new();
    for (id, node) in graph.nodes() {
        let follows = node.operands.iter().any(|v| told[v.index()]);
        for value in node.results() {
            told[value.index()] = follows;
            let Some(Held { bound, fraction_bits }) = held[value.index()].filter(|_| !follows) else { continue };
            let is_fxp = graph.ty(value).dtype == DType::Fxp;
            let Interval { lo, hi } = if is_fxp { range(node, value, &known, held) } else { known[value.index()] };
            let magnitude = lo.abs().max(hi.abs());
            if magnitude.is_finite() && magnitude >= bound {
                told[value.index()] = true;
                let name = node.operation.name();
                let message = format!(
                    "`{name}` may overflow: its values lie in [{lo:?}, {hi:?}], but with {fraction_bits} fraction bits they \
                     must be below {bound:?} in absolute value"
                );
                let labels = diagnose::labels(graph, &names, &node.operands, graph.location(id));
                warnings.push(Warning(Diagnostic { message, labels }));
            }
        }
    }
    warnings
}

/// Where a fixed-point result lies. A quotient by what may be 0 is the dividend divided by one unit of the divisor at most.
fn range(node: &Node<Op>, value: Value, known: &[Interval], held: &[Option<Held>]) -> Interval {
    let interval = known[value.index()];
    let (Op::Divide, [x, y]) = (&node.operation, &node.operands[..]) else { return interval };
    let (dividend, divisor) = (known[x.index()], known[y.index()]);
    match held[y.index()] {
        Some(held) if divisor.contains(0.0) => {
            let most = dividend.lo.abs().max(dividend.hi.abs());
            let most = libm::ldexp(most, held.fraction_bits as i32);
            Interval::new(-most, most)
        }
        _ => interval,
    }
}
