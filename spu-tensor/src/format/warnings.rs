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

/// Where a fixed-point result lies. A quotient by what may be 0 is the dividend divided by one unit of the divisor at most, and
/// a power of e that `f64` does not hold is finite all the same.
fn range(node: &Node<Op>, value: Value, known: &[Interval], held: &[Option<Held>]) -> Interval {
    let interval = known[value.index()];
    match (&node.operation, &node.operands[..]) {
        (Op::Divide, [x, y]) if known[y.index()].contains(0.0) => {
            let Some(divisor) = held[y.index()] else { return interval };
            let dividend = known[x.index()];
            let most = libm::ldexp(dividend.lo.abs().max(dividend.hi.abs()), divisor.fraction_bits as i32);
            Interval::new(-most, most)
        }
        (Op::Exponential | Op::ExponentialMinusOne, [x]) if known[x.index()].hi.is_finite() => {
            Interval::new(interval.lo, interval.hi.min(f64::MAX))
        }
        _ => interval,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pphlo::parse;

    /// Names of the operations that are warned about if everything is held with 10 fraction bits below 2^20.
    fn warned(body: &str) -> Vec<String> {
        let head = "program f(x: fxp[secret][3], i: int[secret][3])
            %x = parameter {index = 0} : fxp[secret][3]
            %i = parameter {index = 1} : int[secret][3]\n";
        let program = parse(&format!("{head}{body}\nreturn x = %x")).unwrap();
        let held = vec![Some(Held { bound: 1048576.0, fraction_bits: 10 }); program.graph.value_count()];
        let name = |warning: &Warning| warning.0.message.split('`').nth(1).unwrap().to_owned();
        warnings(&program, &held).iter().map(name).collect()
    }

    #[test]
    fn unknown_bounds_are_not_warned_about() {
        let body = "%p = multiply %x, %x
            %c = constant {literal = fxp[3] (1e5)}
            %q = multiply %p, %c
            %a = assume %x {lo = -inf, hi = 1e9}
            %j = multiply %i, %i";
        assert_eq!(warned(body), [""; 0]);
    }

    #[test]
    fn the_first_of_a_chain_is_warned_about() {
        let body = "%a = assume %x {lo = -1000.0, hi = 1024.0}
            %p = multiply %a, %a
            %q = multiply %p, %p
            %b = assume %x {lo = 0.0, hi = 20.0}
            %e = exponential %b
            %s = add %e, %q
            %h = assume %x {lo = -inf, hi = 1000.0}
            %f = exponential_minus_one %h";
        assert_eq!(warned(body), ["multiply", "exponential", "exponential_minus_one"]);
    }

    #[test]
    fn divisors_near_zero_are_one_unit() {
        let body = |most: &str| {
            format!(
                "%a = assume %x {{lo = -{most}, hi = {most}}}
                %b = assume %x {{lo = 0.0, hi = 8.0}}
                %c = assume %x {{lo = 4.0, hi = 8.0}}
                %n = divide %a, %b
                %f = divide %a, %c"
            )
        };
        assert_eq!(warned(&body("1000.0")), [""; 0]);
        assert_eq!(warned(&body("1025.0")), ["divide"]);
    }
}
