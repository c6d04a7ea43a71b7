//! Range warnings: intervals against what the format holds.

use super::{Format, Held, Warning};
use crate::diagnose;
use crate::error::{Diagnostic, Error};
use crate::graph::{Node, Operation, Value};
use crate::pphlo::{DType, Graph, Interval, Op, intervals_of, logarithm_of_power, region_intervals};
use crate::program::Program;

pub(super) fn warnings(program: &Program, format: &(impl Format + ?Sized)) -> Result<Vec<Warning>, Error> {
    let mut search = Search { format, warnings: Vec::new() };
    search.body(program, &[], &[])?;
    Ok(search.warnings)
}

struct Search<'a, F: ?Sized> {
    format: &'a F,
    warnings: Vec<Warning>,
}

impl<F: Format + ?Sized> Search<'_, F> {
    /// Looks through a program, or through a region as one, whose parameters lie in these intervals; of those that come from a
    /// value that was warned about nothing is told. Gives which outputs do.
    fn body(&mut self, program: &Program, parameters: &[Interval], suspects: &[bool]) -> Result<Vec<bool>, Error> {
        let graph = &program.graph;
        let held = self.format.held(program, parameters)?;
        let known = intervals_of(graph, parameters);
        let names: Vec<String> = program.parameters.iter().map(|(name, _)| name.clone()).collect();
        // Whether a value, or one that it comes from, was warned about.
        let mut told = vec![false; graph.value_count()];
        for (id, node) in graph.nodes() {
            let operands: Vec<bool> = node.operands.iter().map(|v| told[v.index()]).collect();
            let inside = self.regions(node, &known, &operands)?;
            for (result, value) in node.results().enumerate() {
                let follows = match node.operation {
                    Op::Parameter { index } => suspects.get(index) == Some(&true),
                    _ => operands.contains(&true) || inside.get(result) == Some(&true),
                };
                told[value.index()] = follows;
                let Some(Held { bound, fraction_bits }) = held[value.index()].filter(|_| !follows) else { continue };
                let is_fxp = graph.ty(value).dtype == DType::Fxp;
                let Interval { lo, hi } = if is_fxp { range(node, value, &known, &held) } else { known[value.index()] };
                let magnitude = lo.abs().max(hi.abs());
                let overflows = magnitude.is_finite() && magnitude >= bound;
                let name = node.operation.name();
                let message = match self.leaves_domain(graph, node, &known) {
                    Some(message) => message,
                    None if overflows => format!(
                        "`{name}` may overflow: its values lie in [{lo:?}, {hi:?}], but with {fraction_bits} fraction bits \
                         they must be below {bound:?} in absolute value"
                    ),
                    None => continue,
                };
                told[value.index()] = true;
                // Whoever made what a region is given is warned about.
                if !node.operation.is_parameter() {
                    let labels = diagnose::labels(graph, &names, &node.operands, graph.location(id));
                    self.warnings.push(Warning(Diagnostic { message, labels }));
                }
            }
        }
        Ok(graph.outputs.iter().map(|v| told[v.index()]).collect())
    }

    /// What to say of operands that are known to be able to leave what the operation serves.
    fn leaves_domain(&self, graph: &Graph, node: &Node<Op>, known: &[Interval]) -> Option<String> {
        let &first = node.operands.first()?;
        if !graph.ty(node.result(0)).is_secret() {
            return None;
        }
        let by_secret = node.operands.get(1).is_some_and(|&v| graph.ty(v).is_secret());
        let most = self.format.domain(&node.operation, graph.ty(first).dtype, by_secret)?;
        let name = node.operation.name();
        let of = |i: usize| known[node.operands[i].index()];
        let above = |x: f64| x.is_finite() && x > most;
        match node.operation {
            Op::Exponential | Op::ExponentialMinusOne if above(of(0).hi) => Some(format!(
                "`{name}` may be meaningless: its operand lies in [{:?}, {:?}], but must not be above {most:?}",
                of(0).lo,
                of(0).hi
            )),
            // A constant whole exponent is one of products.
            Op::Power if of(1).lo == of(1).hi && of(1).lo.fract() == 0.0 => None,
            Op::Power => {
                let Interval { lo, hi } = logarithm_of_power(of(0), of(1));
                let message = "may be meaningless: the exponent times the logarithm of the base";
                above(hi)
                    .then(|| format!("`{name}` {message} lies in [{lo:?}, {hi:?}], but must not be above {most:?}"))
            }
            Op::Divide | Op::Remainder => {
                let far = node.operands.iter().map(|v| known[v.index()]).find(|x| above(x.lo.abs().max(x.hi.abs())));
                let message = "may be meaningless: by a secret divisor, both operands must not be above";
                far.map(|Interval { lo, hi }| format!("`{name}` {message} {most:?}, but one lies in [{lo:?}, {hi:?}]"))
            }
            _ => None,
        }
    }

    /// Looks into the regions of a node, a loop's once for all iterations; gives for each result of the node whether it comes from
    /// what was warned about.
    fn regions(&mut self, node: &Node<Op>, known: &[Interval], operands: &[bool]) -> Result<Vec<bool>, Error> {
        let mut results = vec![false; node.results().len()];
        // A condition is given to no region, and a loop's counter stands before its operands; a `while` gives whether it goes on first.
        let (suspects, first) = match node.operation {
            Op::If => (operands[1..].to_vec(), 0),
            Op::While { .. } => (operands[1..].to_vec(), 1),
            Op::For { trips: 1.., .. } => ([&[false], operands].concat(), 0),
            _ => return Ok(results),
        };
        let parameters = region_intervals(node, known);
        for region in &node.regions {
            let told = self.body(&as_program(region), &parameters, &suspects)?;
            results.iter_mut().zip(&told[first..]).for_each(|(result, told)| *result |= told);
        }
        Ok(results)
    }
}

/// A region by itself. Nobody named its parameters.
fn as_program(region: &Graph) -> Program {
    let unnamed = |v: Value| (String::new(), region.ty(v).clone());
    let parameters = region.nodes().filter(|(_, node)| matches!(node.operation, Op::Parameter { .. }));
    Program {
        name: String::new(),
        parameters: parameters.map(|(_, node)| unnamed(node.result(0))).collect(),
        results: region.outputs.iter().map(|&v| unnamed(v)).collect(),
        graph: region.clone(),
        operations_traced: 0,
    }
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
    use crate::format::Tolerance;
    use crate::host::{Elements, HostTensor};
    use crate::pphlo::parse;

    /// Everything with 10 fraction bits below 2^20.
    struct Narrow;

    impl Format for Narrow {
        fn held(&self, program: &Program, _: &[Interval]) -> Result<Vec<Option<Held>>, Error> {
            Ok(vec![Some(Held { bound: 1048576.0, fraction_bits: 10 }); program.graph.value_count()])
        }

        fn values(&self, _: &Program, _: &[HostTensor]) -> Result<Vec<Option<Elements>>, Error> {
            unreachable!("warnings come before any run")
        }

        fn tolerance(&self) -> Tolerance {
            Tolerance::of_fraction_bits(10)
        }
    }

    /// Names of the operations that are warned about.
    fn warned(body: &str) -> Vec<String> {
        let head = "program f(x: fxp[secret][3], i: int[secret][3], cond: bool[public][])
            %x = parameter {index = 0} : fxp[secret][3]
            %i = parameter {index = 1} : int[secret][3]
            %cond = parameter {index = 2} : bool[public][]\n";
        let program = parse(&format!("{head}{body}\nreturn x = %x")).unwrap_or_else(|error| panic!("{error}"));
        let name = |warning: &Warning| warning.0.message.split('`').nth(1).unwrap().to_owned();
        warnings(&program, &Narrow).unwrap().iter().map(name).collect()
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

    #[test]
    fn bodies_are_looked_into_and_what_follows_is_not() {
        let body = |most: &str| {
            format!(
                "%a = assume %x {{lo = 0.0, hi = {most}}}
                %y = for %a, %a {{start = 0, trips = 9, carried = 1, scanned = 0}} {{
                    %n = parameter {{index = 0}} : int[public][]
                    %c = parameter {{index = 1}} : fxp[secret][3]
                    %k = parameter {{index = 2}} : fxp[secret][3]
                    %s = multiply %k, %k
                    %d = add %s, %s
                    %t = tanh %c
                    %u = add %t, %d
                    %m = minimum %u, %s
                    return %m
                }}
                %z = add %y, %y
                %w = if %cond, %a {{ %b = parameter {{index = 0}} : fxp[secret][3] return %b }} {{
                    %b = parameter {{index = 0}} : fxp[secret][3]
                    %q = reduce_product %b {{axes = [0]}}
                    %r = broadcast %q {{shape = [3], dimensions = []}}
                    return %r
                }}
                %v = negate %w"
            )
        };
        // 100³ is below 2^20, 102³ is not, and neither is 1025².
        assert_eq!(warned(&body("100.0")), [""; 0]);
        assert_eq!(warned(&body("102.0")), ["reduce_product"]);
        assert_eq!(warned(&body("1025.0")), ["multiply", "reduce_product"]);
    }

    #[test]
    fn a_number_that_grows_without_a_bound_is_not_warned_about() {
        let body = |step: &str| {
            format!(
                "%a = assume %x {{lo = 0.0, hi = 1000.0}}
                %y = while %cond, %a {{carried = 1}} {{
                    %c = parameter {{index = 0}} : fxp[secret][3]
                    %t = constant {{literal = bool[] (true)}}
                    %s = add %c, %c
                    {step}
                    %q = multiply %b, %b
                    %m = minimum %q, %b
                    return %t, %m
                }}"
            )
        };
        assert_eq!(warned(&body("%b = assume %s {lo = -inf, hi = inf}")), [""; 0]);
        assert_eq!(warned(&body("%b = assume %s {lo = 0.0, hi = 1023.0}")), [""; 0]);
        assert_eq!(warned(&body("%b = assume %s {lo = 0.0, hi = 1024.0}")), ["multiply"]);
    }
}
