//! The plain evaluator: what a graph means, in f64, i64 and bool. The measure for passes, derivatives and back ends.

mod control;
mod domain;
mod elementwise;
mod functions;
mod indexing;
mod linear;
mod matrix;
mod movement;
mod order;
mod random;
mod reduce;
mod windows;

use std::borrow::Cow;

use super::{Graph, Op, Type, verify};
use crate::diagnose;
use crate::error::Error;
use crate::graph::{Node, last_uses};
use crate::host::{Elements, HostTensor};
use elementwise::{arithmetic, compare, logical, real, real_of_two, rounded, select, widen};
pub use functions::{gelu, logistic, silu, softplus};
pub(crate) use random::draw;

/// The graph's outputs for these parameters, by index. Integers wrap as the ring's do; disclosures are identities.
///
/// Fails on an ill-typed graph, on arguments that are not of the parameters' types, and where an `Assume` does not hold.
///
/// Random draws are always the same ones: [`evaluate_seeded`] makes others.
pub fn evaluate(graph: &Graph, arguments: &[HostTensor]) -> Result<Vec<HostTensor>, Error> {
    evaluate_seeded(graph, arguments, 0)
}

/// [`evaluate`], with random draws that this seed decides.
pub fn evaluate_seeded(graph: &Graph, arguments: &[HostTensor], seed: u64) -> Result<Vec<HostTensor>, Error> {
    verify(graph)?;
    let arguments: Vec<&HostTensor> = arguments.iter().collect();
    run(graph, &arguments, seed)
}

/// The outputs of a verified graph, perhaps a region.
fn run(graph: &Graph, arguments: &[&HostTensor], seed: u64) -> Result<Vec<HostTensor>, Error> {
    let dead = last_uses(graph);
    let mut values: Vec<Option<Cow<HostTensor>>> = vec![None; graph.value_count()];
    for (id, node) in graph.nodes() {
        let types: Vec<&Type> = node.results().map(|v| graph.ty(v)).collect();
        match &node.operation {
            Op::Parameter { index } => {
                values[node.result(0).index()] =
                    Some(Cow::Borrowed(argument(arguments, *index, &format!("argument {index}"), types[0])?));
            }
            Op::Constant { literal } => values[node.result(0).index()] = Some(Cow::Borrowed(&literal.0)),
            op if let Some(tensor) = random::draw(op, seed) => {
                values[node.result(0).index()] = Some(Cow::Owned(tensor));
            }
            op => {
                let operand = |v: &crate::graph::Value| values[v.index()].as_deref().expect("operands live until used");
                let operands: Vec<&HostTensor> = node.operands.iter().map(operand).collect();
                let made = match node.regions.is_empty() {
                    false => control::apply(op, &operands, &node.regions, &types, random::inside(seed, id.index()))?,
                    true => apply(op, &operands, &public_operands(graph, node), &types)
                        .map_err(|problem| diagnose::fault(graph, &[], id, problem))?,
                };
                for (value, tensor) in node.results().zip(made) {
                    values[value.index()] = Some(Cow::Owned(tensor));
                }
            }
        }
        dead.after(id.index()).iter().for_each(|v| values[v.index()] = None);
    }
    let output = |v: &crate::graph::Value| values[v.index()].as_deref().expect("outputs live to the end").clone();
    Ok(graph.outputs.iter().map(output).collect())
}

/// Which operands of a node are public.
pub(crate) fn public_operands(graph: &Graph, node: &Node<Op>) -> Vec<bool> {
    node.operands.iter().map(|&v| !graph.ty(v).is_secret()).collect()
}

/// One operation on well-typed operands, of which `public` tells which ones are public; `types` are its results'. Fails where an `Assume` does not
/// hold, and where a public operand lies outside the operation's domain; secret ones give the value that the operation documents.
pub(crate) fn apply(
    op: &Op,
    operands: &[&HostTensor],
    public: &[bool],
    types: &[&Type],
) -> Result<Vec<HostTensor>, String> {
    let [first, second] = [0, 1].map(|i| operands.get(i).copied());
    let (x, y) = (|| first.expect("arity was checked"), || second.expect("arity was checked"));
    let (a, b) = (|| &x().elements, || &y().elements);
    let ty = types[0];
    domain::check(op, operands, public)?;
    let elements = match op {
        Op::Parameter { .. } => return Err("a parameter has no value of its own".into()),
        Op::Constant { literal } => literal.0.elements.clone(),
        Op::Add => arithmetic(a(), b(), |a, b| a + b, i64::wrapping_add),
        Op::Subtract => arithmetic(a(), b(), |a, b| a - b, i64::wrapping_sub),
        Op::Multiply => arithmetic(&widen(a(), ty.dtype), &widen(b(), ty.dtype), |a, b| a * b, i64::wrapping_mul),
        Op::Divide => arithmetic(a(), b(), functions::quotient, functions::int_quotient),
        Op::Remainder => arithmetic(a(), b(), functions::remainder, functions::int_remainder),
        Op::Power => arithmetic(a(), b(), functions::power, functions::int_power),
        Op::Atan2 => real_of_two(a(), b(), functions::angle),
        Op::Abs => arithmetic(a(), a(), |a, _| a.abs(), |a, _| a.wrapping_abs()),
        Op::Sign => match a() {
            Elements::Int(v) => Elements::Int(v.iter().map(|x| x.signum()).collect()),
            other => rounded(other, |x| f64::from(i8::from(x > 0.0) - i8::from(x < 0.0))),
        },
        Op::Clamp => {
            let raised = arithmetic(a(), b(), |lo, x| if x >= lo { x } else { lo }, i64::max);
            arithmetic(&raised, &operands[2].elements, |x, hi| if x <= hi { x } else { hi }, i64::min)
        }
        Op::Floor => rounded(a(), libm::floor),
        Op::Ceil => rounded(a(), libm::ceil),
        Op::RoundNearestAfz => rounded(a(), libm::round),
        Op::RoundNearestEven => rounded(a(), libm::rint),
        Op::Truncate => rounded(a(), libm::trunc),
        Op::Negate => arithmetic(a(), a(), |a, _| -a, |a, _| a.wrapping_neg()),
        Op::Maximum => arithmetic(a(), b(), |a, b| if a >= b { a } else { b }, i64::max),
        Op::Minimum => arithmetic(a(), b(), |a, b| if a <= b { a } else { b }, i64::min),
        Op::Equal => compare(a(), b(), |a, b| a == b, |a, b| a == b),
        Op::NotEqual => compare(a(), b(), |a, b| a != b, |a, b| a != b),
        Op::Less => compare(a(), b(), |a, b| a < b, |a, b| a < b),
        Op::LessEqual => compare(a(), b(), |a, b| a <= b, |a, b| a <= b),
        Op::Greater => compare(a(), b(), |a, b| a > b, |a, b| a > b),
        Op::GreaterEqual => compare(a(), b(), |a, b| a >= b, |a, b| a >= b),
        Op::And => logical(a(), b(), |a, b| a & b, |a, b| a & b),
        Op::Or => logical(a(), b(), |a, b| a | b, |a, b| a | b),
        Op::Xor => logical(a(), b(), |a, b| a ^ b, |a, b| a ^ b),
        Op::Not => logical(a(), a(), |a, _| !a, |a, _| !a),
        Op::ShiftLeft => arithmetic(a(), b(), functions::no_bits, |a, n| functions::shift(n, |n| a.checked_shl(n), 0)),
        Op::ShiftRightArithmetic => {
            let sign = |a: i64| if a < 0 { -1 } else { 0 };
            arithmetic(a(), b(), functions::no_bits, |a, n| functions::shift(n, |n| a.checked_shr(n), sign(a)))
        }
        Op::ShiftRightLogical => arithmetic(a(), b(), functions::no_bits, |a, n| {
            functions::shift(n, |n| (a as u64).checked_shr(n).map(|x| x as i64), 0)
        }),
        Op::PopulationCount => arithmetic(a(), a(), functions::no_bits, |a, _| i64::from(a.count_ones())),
        Op::Select => select(a(), b(), &operands[2].elements),
        Op::Exponential => real(a(), libm::exp),
        Op::ExponentialMinusOne => real(a(), libm::expm1),
        Op::Log => real(a(), functions::where_positive(libm::log)),
        Op::LogPlusOne => real(a(), |a| if a > -1.0 { libm::log1p(a) } else { 0.0 }),
        Op::Reciprocal => real(a(), |a| functions::quotient(1.0, a)),
        Op::Sqrt => real(a(), functions::where_positive(libm::sqrt)),
        Op::Rsqrt | Op::RsqrtApprox => real(a(), functions::where_positive(|a| 1.0 / libm::sqrt(a))),
        Op::Logistic => real(a(), logistic),
        Op::Tanh => real(a(), libm::tanh),
        Op::Sine => real(a(), libm::sin),
        Op::Cosine => real(a(), libm::cos),
        Op::Erf => real(a(), libm::erf),
        Op::Gelu => real(a(), gelu),
        Op::Silu => real(a(), silu),
        Op::Softplus => real(a(), softplus),
        Op::Relu => {
            let positive = arithmetic(a(), a(), |a, _| if a >= 0.0 { a } else { 0.0 }, |a, _| a.max(0));
            let mask = compare(a(), a(), |a, _| a >= 0.0, |a, _| a >= 0);
            return Ok([positive, mask].map(|elements| HostTensor::new(ty.shape.clone(), elements)).into());
        }
        Op::Iota { axis, .. } => indexing::iota(&ty.shape, *axis),
        Op::Dot => matrix::dot(x(), y(), ty.dtype),
        Op::DotGeneral { batch, contract } => linear::dot_general(x(), y(), batch, contract, ty.dtype),
        Op::Convolution { window, groups } => linear::convolution(x(), y(), window, *groups, ty),
        Op::Reshape { .. } => a().clone(),
        Op::Transpose { permutation } => movement::transpose(x(), permutation, &ty.shape),
        Op::Broadcast { dimensions, .. } => movement::broadcast(x(), dimensions, &ty.shape),
        Op::Reverse { axes } => movement::reverse(x(), axes),
        Op::Slice { start, strides, .. } => movement::slice(x(), start, strides, &ty.shape),
        Op::Pad { low, interior, .. } => movement::pad(x(), y(), low, interior, &ty.shape),
        Op::DynamicSlice { .. } => indexing::dynamic_slice(x(), &operands[1..], &ty.shape),
        Op::DynamicUpdateSlice => indexing::dynamic_update_slice(x(), y(), &operands[2..]),
        Op::Gather { axis } => indexing::gather(x(), y(), *axis),
        Op::ScatterAdd { axis } => indexing::scatter(x(), y(), operands[2], *axis, true),
        Op::Scatter { axis } => indexing::scatter(x(), y(), operands[2], *axis, false),
        Op::OneHot { depth } => indexing::one_hot(a(), *depth),
        Op::Concatenate { axis } => movement::concatenate(operands, *axis),
        Op::ArgSort { descending } => order::arg_sort(operands, *descending),
        Op::Permute { inverse } => order::permute(x(), y(), *inverse)?,
        Op::RandomPermutation { .. } | Op::RandomUniform { .. } | Op::RandomBernoulli { .. } => {
            return Err("a draw has no value of its own".into());
        }
        Op::ReduceSum { axes } => matrix::reduce_sum(x(), axes, ty),
        Op::ReduceMax { axis } => matrix::reduce_max(x(), *axis, &ty.shape),
        Op::ReduceMin { axis } => reduce::minimum(x(), *axis, &ty.shape),
        Op::ReduceProduct { axes } => reduce::product(x(), axes, &ty.shape),
        Op::ReduceAny { axes } => reduce::truth(x(), axes, &ty.shape, false),
        Op::ReduceAll { axes } => reduce::truth(x(), axes, &ty.shape, true),
        Op::ArgMax { axis } => reduce::arg_max(x(), *axis, &ty.shape),
        Op::MaxWithOneHot { axis } => {
            let maximum = HostTensor::new(ty.shape.clone(), matrix::reduce_max(x(), *axis, &ty.shape));
            let first = reduce::arg_max(x(), *axis, &ty.shape);
            let one_hot = HostTensor::new(x().shape.clone(), reduce::one_hot(&first, *axis, &x().shape));
            return Ok(vec![maximum, one_hot]);
        }
        Op::CumulativeSum { axis, reverse } => reduce::cumulative_sum(x(), *axis, *reverse, ty.dtype),
        Op::GatherWindows { window, repeat } => windows::gather(x(), window, *repeat),
        Op::ScatterWindows { window, repeat, shape } => windows::scatter(x(), window, *repeat, shape, ty.dtype),
        Op::Convert { dtype } => widen(a(), *dtype).into_owned(),
        Op::Assume { lo, hi } => {
            let outside = |v: &f64| !(lo.0..=hi.0).contains(v);
            if let Some(i) = a().to_f64().iter().position(outside) {
                let found = a().to_f64()[i];
                return Err(format!("element {i} is {found}, assumed to lie in {:?}..={:?}", lo.0, hi.0));
            }
            a().clone()
        }
        Op::StopGradient | Op::ToSecret | Op::Reveal | Op::RevealTo { .. } => a().clone(),
        Op::If | Op::While { .. } | Op::For { .. } => {
            return Err(format!("`{}` is evaluated with its regions", op.name()));
        }
    };
    debug_assert_eq!(
        (elements.dtype(), elements.len()),
        (ty.dtype, ty.shape.elements()),
        "{op:?} keeps its typing rule"
    );
    Ok(vec![HostTensor::new(ty.shape.clone(), elements)])
}

/// An operation's one result on public operands, for tests.
#[cfg(test)]
pub(crate) fn evaluate_one(op: &Op, operands: &[&HostTensor]) -> HostTensor {
    let types: Vec<Type> = operands.iter().map(|x| Type::public(x.shape.clone(), x.elements.dtype())).collect();
    let types = super::infer(op, &types.iter().collect::<Vec<_>>()).unwrap();
    apply(op, operands, &vec![true; operands.len()], &types.iter().collect::<Vec<_>>()).unwrap().remove(0)
}

/// The argument of a parameter, if it is of the parameter's type; `name` is what an error calls it.
pub(crate) fn argument<'a>(
    arguments: &[&'a HostTensor],
    index: usize,
    name: &str,
    ty: &Type,
) -> Result<&'a HostTensor, Error> {
    let Some(&tensor) = arguments.get(index) else {
        return Err(Error::data(name, None, format!("expected {ty}, found none")));
    };
    let well_formed = tensor.elements.len() == ty.shape.elements();
    match tensor.shape == ty.shape && tensor.elements.dtype() == ty.dtype && well_formed {
        true => Ok(tensor),
        false => {
            let found = format!("{}{} of {} elements", tensor.elements.dtype(), tensor.shape, tensor.elements.len());
            Err(Error::data(name, None, format!("expected {ty}, found {found}")))
        }
    }
}

/// For a pair of data types that the typing rules exclude.
fn ill_typed(elements: &Elements) -> ! {
    panic!("operands of an evaluated operation are well typed, found {}", elements.dtype())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pphlo::parse;

    /// Runs the body on x = fxp [[1, −2, 3], [−4, 5, −6]], i = int [2, −1, 3] and p = bool [true, false, true].
    fn run(body: &str) -> Result<Vec<HostTensor>, Error> {
        let head = "program f(x: fxp[secret][2, 3], i: int[secret][3], p: bool[secret][3])
            %x = parameter {index = 0} : fxp[secret][2, 3]
            %i = parameter {index = 1} : int[secret][3]
            %p = parameter {index = 2} : bool[secret][3]\n";
        let x = HostTensor::fxp([2, 3], vec![1.0, -2.0, 3.0, -4.0, 5.0, -6.0]);
        let i = HostTensor::int([3], vec![2, -1, 3]);
        let p = HostTensor::bool([3], vec![true, false, true]);
        evaluate(&parse(&format!("{head}{body}")).unwrap().graph, &[x, i, p])
    }

    fn fxp(shape: impl Into<crate::Shape>, elements: &[f64]) -> HostTensor {
        HostTensor::fxp(shape, elements.to_vec())
    }

    #[test]
    fn movements_by_hand() {
        let body = "%t = transpose %x {permutation = [1, 0]}
            %s = slice %x {start = [0, 1], limit = [2, 3]}
            %b = broadcast %i {shape = [2, 3], dimensions = [1]}
            %k = slice %x {start = [0, 0], limit = [2, 1]}
            %w = broadcast %k {shape = [2, 2], dimensions = [0, 1]}
            %c = concatenate %x, %k {axis = 1}
            return t = %t, s = %s, b = %b, w = %w, c = %c";
        let expected = vec![
            fxp([3, 2], &[1.0, -4.0, -2.0, 5.0, 3.0, -6.0]),
            fxp([2, 2], &[-2.0, 3.0, 5.0, -6.0]),
            HostTensor::int([2, 3], vec![2, -1, 3, 2, -1, 3]),
            fxp([2, 2], &[1.0, 1.0, -4.0, -4.0]),
            fxp([2, 4], &[1.0, -2.0, 3.0, 1.0, -4.0, 5.0, -6.0, -4.0]),
        ];
        assert_eq!(run(body).unwrap(), expected);
    }

    #[test]
    fn extrema_and_running_sums_by_hand() {
        let body = "%least = reduce_min %x {axis = 1}
            %prod = reduce_product %x {axes = [0, 1]}
            %q = reduce_product %i {axes = [0]}
            %a = reduce_any %p {axes = [0]}
            %b = reduce_all %p {axes = [0]}
            %where = arg_max %x {axis = 1}
            %down = arg_max %x {axis = 0}
            %tie = abs %x
            %d = concatenate %tie, %tie {axis = 1}
            %first = arg_max %d {axis = 1}
            %most, %hot = max_with_one_hot %x {axis = 0}
            %c = cumulative_sum %x {axis = 1, reverse = false}
            %e = cumulative_sum %x {axis = 1, reverse = true}
            %n = cumulative_sum %p {axis = 0, reverse = false}
            return l = %least, p = %prod, q = %q, a = %a, b = %b, w = %where, d = %down, f = %first, m = %most, h = %hot, c = %c, e = %e, n = %n";
        let expected = vec![
            fxp([2], &[-2.0, -6.0]),
            fxp([], &[-6.0 * 120.0]),
            HostTensor::int([], vec![-6]),
            HostTensor::bool([], vec![true]),
            HostTensor::bool([], vec![false]),
            HostTensor::int([2], vec![2, 1]),
            HostTensor::int([3], vec![0, 1, 0]),
            HostTensor::int([2], vec![2, 2]),
            fxp([3], &[1.0, 5.0, 3.0]),
            HostTensor::bool([2, 3], vec![true, false, true, false, true, false]),
            fxp([2, 3], &[1.0, -1.0, 2.0, -4.0, 1.0, -5.0]),
            fxp([2, 3], &[2.0, 1.0, 3.0, -5.0, -1.0, -6.0]),
            HostTensor::int([3], vec![1, 1, 2]),
        ];
        assert_eq!(run(body).unwrap(), expected);
    }

    /// Every window against the elements that a loop over its places finds.
    #[test]
    fn windows_are_what_loops_find() {
        let body = "%w = gather_windows %x {window = [2, 2] strides [1, 2] dilations [1, 2] low [1, 0] high [0, 2], repeat = false}
            %r = gather_windows %x {window = [2, 2] strides [1, 2] dilations [1, 2] low [1, 0] high [0, 2], repeat = true}
            %s = scatter_windows %w {window = [2, 2] strides [1, 2] dilations [1, 2] low [1, 0] high [0, 2], repeat = false, shape = [2, 3]}
            return w = %w, r = %r, s = %s";
        let x = [[1.0, -2.0, 3.0], [-4.0, 5.0, -6.0]];
        let (mut zeros, mut repeated, mut counts) = (Vec::new(), Vec::new(), [[0.0; 3]; 2]);
        for (top, left) in [(-1i32, 0i32), (-1, 2), (0, 0), (0, 2)] {
            let mut found = Vec::new();
            for (i, j) in [(0, 0), (0, 2), (1, 0), (1, 2)].map(|(i, j)| (top + i, left + j)) {
                if (0..2).contains(&i) && (0..3).contains(&j) {
                    found.push(x[i as usize][j as usize]);
                    counts[i as usize][j as usize] += 1.0;
                }
            }
            let padded = |filler: f64| found.iter().copied().chain(std::iter::repeat(filler)).take(4);
            zeros.extend(padded(0.0));
            repeated.extend(padded(*found.last().expect("every window has an element")));
        }
        let sums: Vec<f64> = x.as_flattened().iter().zip(counts.as_flattened()).map(|(x, n)| x * n).collect();
        let expected = vec![fxp([2, 2, 4], &zeros), fxp([2, 2, 4], &repeated), fxp([2, 3], &sums)];
        assert_eq!(run(body).unwrap(), expected);
    }

    #[test]
    fn products_and_reductions_by_hand() {
        let body = "%column = reshape %i {shape = [3, 1]}
            %d = dot %x, %column
            %rows = reduce_sum %x {axes = [1]}
            %columns = reduce_sum %x {axes = [0]}
            %most = reduce_max %x {axis = 1}
            %count = reduce_sum %p {axes = [0]}
            %m = multiply %p, %i
            %bits = multiply %p, %p
            return d = %d, r = %rows, c = %columns, most = %most, count = %count, m = %m, b = %bits";
        let expected = vec![
            fxp([2, 1], &[1.0 * 2.0 + 2.0 + 9.0, -8.0 - 5.0 - 18.0]),
            fxp([2], &[2.0, -5.0]),
            fxp([3], &[-3.0, 3.0, -3.0]),
            fxp([2], &[3.0, 5.0]),
            HostTensor::int(crate::Shape::SCALAR, vec![2]),
            HostTensor::int([3], vec![2, 0, 3]),
            HostTensor::int([3], vec![1, 0, 1]),
        ];
        assert_eq!(run(body).unwrap(), expected);
    }

    #[test]
    fn elementwise_by_hand() {
        let body = "%z = constant {literal = fxp[2, 3] (0.0)}
            %y, %mask = relu %x
            %less = less_equal %x, %z
            %j = constant {literal = int[3] (2, 0, 4)}
            %eq = equal %i, %j
            %e = exponential %z
            %s = select %p, %i, %j
            %r = reveal %s
            return y = %y, mask = %mask, less = %less, eq = %eq, e = %e, s = %r";
        let signs = [true, false, true, false, true, false];
        let expected = vec![
            fxp([2, 3], &[1.0, 0.0, 3.0, 0.0, 5.0, 0.0]),
            HostTensor::bool([2, 3], signs.to_vec()),
            HostTensor::bool([2, 3], signs.map(|s| !s).to_vec()),
            HostTensor::bool([3], vec![true, false, false]),
            fxp([2, 3], &[1.0; 6]),
            HostTensor::int([3], vec![2, 0, 3]),
        ];
        assert_eq!(run(body).unwrap(), expected);
    }

    #[test]
    fn functions_by_hand() {
        let body = "%h = constant {literal = fxp[2, 3] (2.5, -2.5, 0.0, 3.0, -7.5, 0.5)}
            %z = constant {literal = fxp[2, 3] (0.0)}
            %s = add %z, %h
            %floor = floor %h
            %ceil = ceil %h
            %afz = round_nearest_afz %h
            %even = round_nearest_even %h
            %trunc = truncate %h
            %sign = sign %h
            %abs = abs %x
            %c = constant {literal = fxp[2, 3] (-2.0, -2.0, -2.0, -5.0, 0.0, 0.0)}
            %d = constant {literal = fxp[2, 3] (0.5, 0.5, 0.5, 0.5, 4.0, 4.0)}
            %clamp = clamp %c, %x, %d
            %divisor = to_secret %h
            %rem = remainder %x, %divisor
            %m = constant {literal = int[3] (3, 3, 0)}
            %whole = to_secret %m
            %quotient = divide %i, %whole
            %irem = remainder %i, %whole
            %power = power %i, %m
            %and = and %i, %m
            %or = or %i, %m
            %xor = xor %i, %m
            %not = not %i
            %left = shift_left %i, %m
            %right = shift_right_arithmetic %i, %m
            %logical = shift_right_logical %i, %m
            %ones = population_count %i
            return floor = %floor, ceil = %ceil, afz = %afz, even = %even, trunc = %trunc, sign = %sign, abs = %abs,
                clamp = %clamp, rem = %rem, q = %quotient, r = %irem, p = %power, and = %and, or = %or, xor = %xor, not = %not,
                left = %left, right = %right, logical = %logical, ones = %ones";
        let int = |elements: &[i64]| HostTensor::int([2, 3], elements.to_vec());
        let ints = |elements: &[i64]| HostTensor::int([3], elements.to_vec());
        let expected = vec![
            int(&[2, -3, 0, 3, -8, 0]),
            int(&[3, -2, 0, 3, -7, 1]),
            int(&[3, -3, 0, 3, -8, 1]),
            int(&[2, -2, 0, 3, -8, 0]),
            int(&[2, -2, 0, 3, -7, 0]),
            int(&[1, -1, 0, 1, -1, 1]),
            fxp([2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
            fxp([2, 3], &[0.5, -2.0, 0.5, -4.0, 4.0, 0.0]),
            fxp([2, 3], &[1.0, -2.0, 3.0, -1.0, 5.0, 0.0]),
            ints(&[0, 0, 0]),
            ints(&[2, -1, 3]),
            ints(&[8, -1, 1]),
            ints(&[2, 3, 0]),
            ints(&[3, -1, 3]),
            ints(&[1, -4, 3]),
            ints(&[-3, 0, -4]),
            ints(&[16, -8, 3]),
            ints(&[0, -1, 3]),
            ints(&[0, (1 << 61) - 1, 3]),
            ints(&[1, 64, 2]),
        ];
        assert_eq!(run(body).unwrap(), expected);
    }

    #[test]
    fn outside_their_domain_secret_values_give_what_is_documented() {
        let body = "%z = constant {literal = fxp[2, 3] (0.0)}
            %y = multiply %x, %z
            %quotient = divide %x, %y
            %rem = remainder %x, %y
            %inverse = reciprocal %y
            %log = log %x
            %log1p = log_plus_one %x
            %sqrt = sqrt %x
            %rsqrt = rsqrt %x
            return q = %quotient, rem = %rem, inverse = %inverse, log = %log, log1p = %log1p, sqrt = %sqrt, rsqrt = %rsqrt";
        let x = [1.0, -2.0, 3.0, -4.0, 5.0, -6.0];
        let positive = |f: fn(f64) -> f64| fxp([2, 3], &x.map(|x| if x > 0.0 { f(x) } else { 0.0 }));
        let zeros = || fxp([2, 3], &[0.0; 6]);
        let expected = vec![
            zeros(),
            fxp([2, 3], &x),
            zeros(),
            positive(libm::log),
            positive(libm::log1p),
            positive(f64::sqrt),
            positive(|x| 1.0 / x.sqrt()),
        ];
        assert_eq!(run(body).unwrap(), expected);
    }

    #[test]
    fn outside_their_domain_public_values_are_errors() {
        let fault = |op: &str, literal: &str| {
            let body = format!("%c = constant {{literal = {literal}}} %y = {op} return y = %y");
            run(&body).unwrap_err().to_string()
        };
        let cases = [
            ("reciprocal %c", "fxp[2] (1.0, 0.0)", "cannot take `reciprocal` of element 1, 0: it must not be 0"),
            ("log %c", "fxp[1] (-1.0)", "cannot take `log` of element 0, -1: it must be above 0"),
            ("log_plus_one %c", "fxp[1] (-1.0)", "it must be above -1"),
            ("sqrt %c", "fxp[1] (-1.0)", "it must not be negative"),
            ("rsqrt %c", "fxp[1] (0.0)", "it must be above 0"),
            ("divide %c, %c", "int[1] (0)", "the divisor must not be 0"),
            ("remainder %c, %c", "int[1] (0)", "the divisor must not be 0"),
            ("shift_left %c, %c", "int[1] (-1)", "the amount must not be negative"),
            ("power %c, %c", "int[1] (-1)", "an integer has no negative powers"),
            (
                "power %c, %c",
                "fxp[1] (-0.5)",
                "cannot take `power` of element 0, -0.5 and -0.5: a negative number has integer",
            ),
            // A public operand beside a secret one.
            (
                "remainder %i, %c",
                "int[3] (1, 2, 0)",
                "cannot take `remainder` of element 2, 0: the divisor must not be 0",
            ),
            (
                "power %i, %c",
                "int[3] (1, -2, 0)",
                "cannot take `power` of element 1, -2: an integer has no negative powers",
            ),
            ("shift_left %i, %c", "int[3] (1, -2, 0)", "of element 1, -2: the amount must not be negative"),
        ];
        for (op, literal, text) in cases {
            let fault = fault(op, literal);
            assert!(fault.contains(text), "{fault}");
        }
    }

    #[test]
    fn faults_of_data_and_of_assumptions() {
        let broken = run("%a = assume %x {lo = -inf, hi = 4.0} return a = %a").unwrap_err();
        assert!(broken.to_string().starts_with("element 4 is 5, assumed to lie in -inf..=4.0"), "{broken}");
        let graph = parse("program f(x: fxp[secret][2]) %x = parameter {index = 0} : fxp[secret][2] return x = %x");
        let graph = graph.unwrap().graph;
        let fault = |arguments: &[HostTensor]| evaluate(&graph, arguments).unwrap_err().to_string();
        assert_eq!(fault(&[]), "argument 0: expected fxp[secret][2], found none");
        let long = fault(&[fxp([3], &[0.0; 3])]);
        assert_eq!(long, "argument 0: expected fxp[secret][2], found fxp[3] of 3 elements");
        let mut malformed = fxp([2], &[0.0; 2]);
        malformed.elements = Elements::Fxp(vec![]);
        assert!(fault(&[malformed]).contains("found fxp[2] of 0 elements"));
    }
}
