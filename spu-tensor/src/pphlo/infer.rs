//! Typing rules: the result types of an operation.

mod linear;
mod order;
mod structure;

use super::{DType, Op, Type, Visibility, Window};
use crate::shape::Shape;

/// The result types of `op` on operands of these types, or one line that says what is wrong
/// (`cannot add shapes [2, 4] and [5]`).
///
/// Every result is secret if an operand is, but for `Reveal`. A `Parameter` has no rule: whoever appends it gives its type.
pub fn infer(op: &Op, operands: &[&Type]) -> Result<Vec<Type>, String> {
    if !op.arity().contains(&operands.len()) {
        return Err(format!("`{}` does not take {} operands", op.name(), operands.len()));
    }
    let visibility = operands.iter().map(|t| t.visibility).max().unwrap_or(Visibility::Public);
    let typed = |shape: Shape, dtype: DType| Type { shape, dtype, visibility };
    let same = |t: &Type| typed(t.shape.clone(), t.dtype);
    let result = match op {
        Op::Parameter { .. } => return Err("the type of a parameter is given, not inferred".into()),
        Op::Constant { literal } => typed(literal.0.shape.clone(), literal.0.elements.dtype()),
        Op::Iota { shape, axis } => typed(structure::iota(shape, *axis)?, DType::Int),
        Op::Add
        | Op::Subtract
        | Op::Maximum
        | Op::Minimum
        | Op::Divide
        | Op::Remainder
        | Op::Power
        | Op::Abs
        | Op::Clamp => {
            numeric(op, operands)?;
            same_type(op, operands)?;
            same(operands[0])
        }
        Op::Multiply => {
            same_shape(op, operands)?;
            typed(operands[0].shape.clone(), product(operands))
        }
        Op::Atan2 => {
            only(op, operands, DType::Fxp)?;
            same_type(op, operands)?;
            same(operands[0])
        }
        Op::Sign => {
            numeric(op, operands)?;
            typed(operands[0].shape.clone(), DType::Int)
        }
        Op::Floor | Op::Ceil | Op::RoundNearestAfz | Op::RoundNearestEven | Op::Truncate => {
            only(op, operands, DType::Fxp)?;
            typed(operands[0].shape.clone(), DType::Int)
        }
        Op::ShiftLeft | Op::ShiftRightArithmetic | Op::ShiftRightLogical => {
            only(op, operands, DType::Int)?;
            same_type(op, operands)?;
            if operands[1].is_secret() {
                return Err("cannot shift by a secret amount: it must be public".into());
            }
            same(operands[0])
        }
        Op::PopulationCount => {
            only(op, operands, DType::Int)?;
            same(operands[0])
        }
        Op::Equal | Op::NotEqual | Op::Less | Op::LessEqual | Op::Greater | Op::GreaterEqual => {
            numeric(op, operands)?;
            same_type(op, operands)?;
            typed(operands[0].shape.clone(), DType::Bool)
        }
        Op::And | Op::Or | Op::Xor | Op::Not => {
            if let Some(t) = operands.iter().find(|t| t.dtype == DType::Fxp) {
                return Err(format!("cannot {} {}: it takes bool or int", verb(op), t.dtype));
            }
            same_type(op, operands)?;
            same(operands[0])
        }
        Op::Select => {
            if operands[0].dtype != DType::Bool {
                return Err(format!("cannot select by {}: the condition must be bool", operands[0].dtype));
            }
            same_type(op, &operands[1..])?;
            if operands[0].shape != operands[1].shape {
                return Err(format!("cannot select by shape {} from {}", operands[0].shape, operands[1].shape));
            }
            same(operands[1])
        }
        Op::Exponential
        | Op::ExponentialMinusOne
        | Op::Log
        | Op::LogPlusOne
        | Op::Reciprocal
        | Op::Sqrt
        | Op::Rsqrt
        | Op::RsqrtApprox
        | Op::Logistic
        | Op::Tanh
        | Op::Sine
        | Op::Cosine
        | Op::Erf
        | Op::Gelu
        | Op::Silu
        | Op::Softplus => {
            only(op, operands, DType::Fxp)?;
            same(operands[0])
        }
        Op::Negate => {
            numeric(op, operands)?;
            same(operands[0])
        }
        Op::Relu => {
            numeric(op, operands)?;
            let mask = typed(operands[0].shape.clone(), DType::Bool);
            return Ok(vec![same(operands[0]), mask]);
        }
        Op::Dot => typed(dot(&operands[0].shape, &operands[1].shape)?, product(operands)),
        Op::DotGeneral { batch, contract } => {
            typed(linear::dot_general(&operands[0].shape, &operands[1].shape, batch, contract)?, product(operands))
        }
        Op::Convolution { window, groups } => {
            typed(linear::convolution(&operands[0].shape, &operands[1].shape, window, *groups)?, product(operands))
        }
        Op::Reshape { shape } => typed(reshape(&operands[0].shape, shape)?, operands[0].dtype),
        Op::Transpose { permutation } => typed(transpose(&operands[0].shape, permutation)?, operands[0].dtype),
        Op::Broadcast { shape, dimensions } => {
            typed(broadcast(&operands[0].shape, shape, dimensions)?, operands[0].dtype)
        }
        Op::Reverse { axes } => {
            reduce(&operands[0].shape, axes)
                .map_err(|_| format!("cannot reverse axes {axes:?} of {}", operands[0].shape))?;
            same(operands[0])
        }
        Op::Slice { start, limit, strides } => {
            typed(structure::slice(&operands[0].shape, start, limit, strides)?, operands[0].dtype)
        }
        Op::Pad { low, high, interior } => typed(structure::pad(operands, low, high, interior)?, operands[0].dtype),
        Op::DynamicSlice { sizes } => typed(structure::dynamic_slice(operands, sizes)?, operands[0].dtype),
        Op::DynamicUpdateSlice => typed(structure::dynamic_update_slice(operands)?, operands[0].dtype),
        Op::Gather { axis } => typed(structure::gather(operands, *axis)?, operands[0].dtype),
        Op::ScatterAdd { axis } => {
            numeric(op, &[operands[0], operands[2]])?;
            typed(structure::scatter(op, operands, *axis)?, operands[0].dtype)
        }
        Op::Scatter { axis } => {
            if operands[1].is_secret() {
                return Err(format!("cannot replace entries by a secret index of shape {}", operands[1].shape));
            }
            typed(structure::scatter(op, operands, *axis)?, operands[0].dtype)
        }
        Op::OneHot { depth } => {
            only(op, operands, DType::Int)?;
            typed(representable(Shape::new([operands[0].shape.extents(), &[*depth]].concat()))?, DType::Bool)
        }
        Op::Concatenate { axis } => concatenate(operands, *axis).map(|shape| typed(shape, operands[0].dtype))?,
        Op::ArgSort { .. }
        | Op::Permute { .. }
        | Op::RandomPermutation { .. }
        | Op::RandomUniform { .. }
        | Op::RandomBernoulli { .. } => return order::infer(op, operands, visibility),
        Op::ReduceSum { axes } => typed(reduce(&operands[0].shape, axes)?, operands[0].dtype.max(DType::Int)),
        Op::ReduceMax { axis } => {
            numeric(op, operands)?;
            typed(reduce_extremum(op, &operands[0].shape, *axis)?, operands[0].dtype)
        }
        Op::ReduceMin { axis } => {
            numeric(op, operands)?;
            typed(reduce_extremum(op, &operands[0].shape, *axis)?, operands[0].dtype)
        }
        Op::ArgMax { axis } => {
            numeric(op, operands)?;
            typed(reduce_extremum(op, &operands[0].shape, *axis)?, DType::Int)
        }
        Op::MaxWithOneHot { axis } => {
            numeric(op, operands)?;
            let maximum = typed(reduce_extremum(op, &operands[0].shape, *axis)?, operands[0].dtype);
            return Ok(vec![maximum, typed(operands[0].shape.clone(), DType::Bool)]);
        }
        Op::ReduceProduct { axes } => {
            numeric(op, operands)?;
            typed(reduce(&operands[0].shape, axes)?, operands[0].dtype)
        }
        Op::ReduceAny { axes } | Op::ReduceAll { axes } => {
            only(op, operands, DType::Bool)?;
            typed(reduce(&operands[0].shape, axes)?, DType::Bool)
        }
        Op::CumulativeSum { axis, .. } => {
            reduce(&operands[0].shape, std::slice::from_ref(axis))
                .map_err(|_| format!("cannot add up {} along axis {axis}", operands[0].shape))?;
            typed(operands[0].shape.clone(), operands[0].dtype.max(DType::Int))
        }
        Op::GatherWindows { window, repeat } => typed(windows(window, *repeat, &operands[0].shape)?, operands[0].dtype),
        Op::ScatterWindows { window, repeat, shape } => {
            let gathered = windows(window, *repeat, &representable(shape.clone())?)?;
            if operands[0].shape != gathered {
                let found = &operands[0].shape;
                return Err(format!("cannot scatter {found} to windows of {shape}: they have shape {gathered}"));
            }
            typed(shape.clone(), operands[0].dtype.max(DType::Int))
        }
        Op::Convert { dtype } => {
            if *dtype <= operands[0].dtype {
                return Err(format!(
                    "cannot convert {} to {dtype}: only a wider type keeps the value",
                    operands[0].dtype
                ));
            }
            typed(operands[0].shape.clone(), *dtype)
        }
        Op::Assume { lo, hi } => {
            numeric(op, operands)?;
            if lo.0.is_nan() || hi.0.is_nan() || lo.0 > hi.0 {
                return Err(format!("cannot assume the range {}..={}: it is empty", lo.0, hi.0));
            }
            same(operands[0])
        }
        Op::StopGradient => same(operands[0]),
        Op::Reveal | Op::RevealTo { .. } if !operands[0].is_secret() => {
            return Err(format!("cannot reveal {}: it is public already", operands[0]));
        }
        Op::Reveal => Type { visibility: Visibility::Public, ..operands[0].clone() },
        Op::RevealTo { .. } => same(operands[0]),
        Op::ToSecret if operands[0].is_secret() => {
            return Err(format!("cannot make {} secret: it is already", operands[0]));
        }
        Op::ToSecret => Type { visibility: Visibility::Secret, ..operands[0].clone() },
        Op::If | Op::While { .. } | Op::For { .. } => {
            return Err(format!("the types of `{}` follow from its regions", op.name()));
        }
    };
    Ok(vec![result])
}

/// What the operation does, to follow "cannot" in a message.
fn verb(op: &Op) -> &'static str {
    match op {
        Op::Add => "add",
        Op::Subtract => "subtract",
        Op::Multiply => "multiply",
        Op::Divide => "divide",
        Op::Negate => "negate",
        Op::Remainder => "take the remainder of",
        Op::Power => "raise to a power",
        Op::Atan2 => "take the angle of",
        Op::Abs => "take the absolute value of",
        Op::Sign => "take the sign of",
        Op::Clamp => "clamp",
        Op::Floor | Op::Ceil | Op::RoundNearestAfz | Op::RoundNearestEven | Op::Truncate => "round",
        Op::Xor => "take the exclusive disjunction of",
        Op::ShiftLeft | Op::ShiftRightArithmetic | Op::ShiftRightLogical => "shift",
        Op::PopulationCount => "count the bits of",
        Op::Maximum | Op::ReduceMax { .. } | Op::MaxWithOneHot { .. } => "take the maximum of",
        Op::Minimum | Op::ReduceMin { .. } => "take the minimum of",
        Op::ArgMax { .. } => "find the maximum of",
        Op::ReduceProduct { .. } => "take the product of",
        Op::ReduceAny { .. } | Op::ReduceAll { .. } => "take the disjunction or conjunction of",
        Op::Equal | Op::NotEqual | Op::Less | Op::LessEqual | Op::Greater | Op::GreaterEqual => "compare",
        Op::And => "take the conjunction of",
        Op::Or => "take the disjunction of",
        Op::Not => "take the complement of",
        Op::Select => "select between",
        Op::Exponential | Op::ExponentialMinusOne => "take the exponential of",
        Op::Log | Op::LogPlusOne => "take the logarithm of",
        Op::Sqrt | Op::Rsqrt | Op::RsqrtApprox => "take the root of",
        Op::Logistic => "take the logistic function of",
        Op::Tanh => "take the hyperbolic tangent of",
        Op::Sine | Op::Cosine => "take the sine or cosine of",
        Op::Erf => "take the error function of",
        Op::Gelu => "apply gelu to",
        Op::Silu => "apply silu to",
        Op::Softplus => "apply softplus to",
        Op::Reciprocal => "take the reciprocal of",
        Op::Relu => "take the positive part of",
        Op::OneHot { .. } => "take the one-hot form of",
        Op::ScatterAdd { .. } => "add up entries of",
        Op::Scatter { .. } => "replace entries of",
        Op::Assume { .. } => "assume a range of",
        _ => "combine",
    }
}

fn numeric(op: &Op, operands: &[&Type]) -> Result<(), String> {
    match operands.iter().any(|t| t.dtype == DType::Bool) {
        true => Err(format!("cannot {} {}: it takes int or fxp", verb(op), listed(operands, |t| t.dtype))),
        false => Ok(()),
    }
}

fn only(op: &Op, operands: &[&Type], dtype: DType) -> Result<(), String> {
    match operands.iter().all(|t| t.dtype == dtype) {
        true => Ok(()),
        false => Err(format!("cannot {} {}: it takes {dtype}", verb(op), listed(operands, |t| t.dtype))),
    }
}

fn same_type(op: &Op, operands: &[&Type]) -> Result<(), String> {
    same_shape(op, operands)?;
    match operands.iter().all(|t| t.dtype == operands[0].dtype) {
        true => Ok(()),
        false => Err(format!("cannot {} {}: the data types differ", verb(op), listed(operands, |t| t.dtype))),
    }
}

fn same_shape(op: &Op, operands: &[&Type]) -> Result<(), String> {
    match operands.iter().all(|t| t.shape == operands[0].shape) {
        true => Ok(()),
        false => Err(format!("cannot {} shapes {}", verb(op), listed(operands, |t| t.shape.clone()))),
    }
}

/// The data type of a product: the widest, at least integers.
fn product(operands: &[&Type]) -> DType {
    operands.iter().map(|t| t.dtype).fold(DType::Int, DType::max)
}

fn dot(left: &Shape, right: &Shape) -> Result<Shape, String> {
    match (left.extents(), right.extents()) {
        ([m, k], [l, n]) if k == l => representable(Shape::from([*m, *n])),
        ([_, k], [l, _]) => {
            Err(format!("cannot multiply matrices {left} and {right}: inner extents {k} and {l} differ"))
        }
        _ => Err(format!("cannot multiply {left} and {right} as matrices: each must have two dimensions")),
    }
}

fn reshape(operand: &Shape, shape: &Shape) -> Result<Shape, String> {
    let shape = representable(shape.clone())?;
    match shape.elements() == operand.elements() {
        true => Ok(shape),
        false => {
            let (from, to) = (operand.elements(), shape.elements());
            Err(format!("cannot reshape {operand} to {shape}: {from} and {to} elements"))
        }
    }
}

fn transpose(operand: &Shape, permutation: &[usize]) -> Result<Shape, String> {
    let mut sorted = permutation.to_vec();
    sorted.sort_unstable();
    match sorted.into_iter().eq(0..operand.rank()) {
        true => Ok(Shape::new(permutation.iter().map(|&axis| operand.extents()[axis]).collect::<Vec<_>>())),
        false => Err(format!("cannot transpose {operand} by {permutation:?}: it is no permutation of its axes")),
    }
}

fn broadcast(operand: &Shape, shape: &Shape, dimensions: &[usize]) -> Result<Shape, String> {
    let fits = dimensions.len() == operand.rank()
        && dimensions.windows(2).all(|pair| pair[0] < pair[1])
        && dimensions.iter().all(|&axis| axis < shape.rank())
        && operand.extents().iter().zip(dimensions).all(|(&n, &axis)| n == 1 || n == shape.extents()[axis]);
    match fits {
        true => representable(shape.clone()),
        false => Err(format!("cannot broadcast {operand} to {shape} along axes {dimensions:?}")),
    }
}

fn concatenate(operands: &[&Type], axis: usize) -> Result<Shape, String> {
    let first = operands[0];
    if axis >= first.shape.rank() {
        return Err(format!("cannot concatenate along axis {axis} of {}", first.shape));
    }
    if operands.iter().any(|t| t.dtype != first.dtype) {
        return Err(format!("cannot concatenate {}: the data types differ", listed(operands, |t| t.dtype)));
    }
    let across = |t: &Type| {
        let mut extents = t.shape.extents().to_vec();
        extents.get_mut(axis).map(|n| std::mem::replace(n, 0));
        extents
    };
    if operands.iter().any(|t| across(t) != across(first)) {
        let shapes = listed(operands, |t| t.shape.clone());
        return Err(format!("cannot concatenate shapes {shapes} along axis {axis}"));
    }
    let mut extents = first.shape.extents().to_vec();
    let along = operands.iter().try_fold(0usize, |sum, t| sum.checked_add(t.shape.extents()[axis]));
    extents[axis] = along.unwrap_or(usize::MAX);
    representable(Shape::new(extents))
}

/// The shape of a maximum or a minimum over one axis, which must have elements.
fn reduce_extremum(op: &Op, operand: &Shape, axis: usize) -> Result<Shape, String> {
    let shape = reduce(operand, &[axis])?;
    match operand.extents()[axis] {
        0 => Err(format!("cannot {} {operand} over axis {axis}: it is empty", verb(op))),
        _ => Ok(shape),
    }
}

/// The shape of gathered windows.
fn windows(window: &Window, repeat: bool, operand: &Shape) -> Result<Shape, String> {
    let counts = window.counts(operand)?;
    if repeat && counts.elements() > 0 && window.has_empty_window(operand) {
        return Err(format!("cannot move windows over {operand}: one of them would lie wholly in the padding"));
    }
    representable(Shape::new([counts.extents(), &[window.elements()]].concat()))
}

fn reduce(operand: &Shape, axes: &[usize]) -> Result<Shape, String> {
    let increasing = axes.windows(2).all(|pair| pair[0] < pair[1]);
    if !increasing || axes.iter().any(|&axis| axis >= operand.rank()) {
        return Err(format!("cannot reduce {operand} over axes {axes:?}"));
    }
    let kept = operand.extents().iter().enumerate().filter(|(axis, _)| !axes.contains(axis));
    Ok(Shape::new(kept.map(|(_, &n)| n).collect::<Vec<_>>()))
}

/// The shape, if its number of elements can be counted.
fn representable(shape: Shape) -> Result<Shape, String> {
    match shape.extents().iter().try_fold(1usize, |count, &n| count.checked_mul(n)) {
        Some(_) => Ok(shape),
        None => Err(format!("a tensor of shape {shape} has too many elements")),
    }
}

/// `a and b`, `a, b and c`.
fn listed<T: std::fmt::Display>(operands: &[&Type], part: impl Fn(&Type) -> T) -> String {
    let parts: Vec<String> = operands.iter().map(|t| part(t).to_string()).collect();
    match parts.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => parts.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::HostTensor;
    use crate::pphlo::{Real, Strides};
    use crate::program::Party;

    fn fxp(shape: &[usize]) -> Type {
        Type::secret(shape, DType::Fxp)
    }

    fn one(op: Op, operands: &[Type]) -> Result<Type, String> {
        let types = infer(&op, &operands.iter().collect::<Vec<_>>())?;
        assert_eq!(types.len(), 1);
        Ok(types[0].clone())
    }

    fn fault(op: Op, operands: &[Type]) -> String {
        one(op, operands).unwrap_err()
    }

    #[test]
    fn products_take_the_widest_type_and_at_least_int() {
        use DType::*;
        let cases = [(Bool, Bool, Int), (Bool, Int, Int), (Int, Int, Int), (Int, Fxp, Fxp), (Fxp, Bool, Fxp)];
        for (left, right, product) in cases {
            let (x, y) = (Type::secret([2, 3], left), Type::public([2, 3], right));
            assert_eq!(one(Op::Multiply, &[x, y]), Ok(Type::secret([2, 3], product)));
            let (x, y) = (Type::public([2, 3], left), Type::secret([3, 4], right));
            assert_eq!(one(Op::Dot, &[x, y]), Ok(Type::secret([2, 4], product)));
        }
    }

    #[test]
    fn results_are_secret_if_an_operand_is() {
        let (secret, public) = (fxp(&[2]), Type::public([2], DType::Fxp));
        assert!(one(Op::Add, &[public.clone(), secret.clone()]).unwrap().is_secret());
        assert!(!one(Op::Add, &[public.clone(), public.clone()]).unwrap().is_secret());
        assert!(!one(Op::Reveal, std::slice::from_ref(&secret)).unwrap().is_secret());
        assert!(one(Op::RevealTo { party: Party(0) }, &[secret]).unwrap().is_secret());
        let literal = HostTensor::int([2], vec![1, 2]).into();
        assert_eq!(one(Op::Constant { literal }, &[]), Ok(Type::public([2], DType::Int)));
        assert!(fault(Op::Reveal, &[public]).contains("it is public already"));
    }

    #[test]
    fn shapes_follow_the_attributes() {
        let cases = [
            (Op::Reshape { shape: [6].into() }, vec![6]),
            (Op::Transpose { permutation: vec![1, 0] }, vec![3, 2]),
            (Op::Broadcast { shape: [4, 2, 3].into(), dimensions: vec![1, 2] }, vec![4, 2, 3]),
            (Op::Slice { start: vec![0, 1], limit: vec![2, 2], strides: Strides::UNIT }, vec![2, 1]),
            (Op::ReduceSum { axes: vec![0, 1] }, vec![]),
            (Op::ReduceMax { axis: 0 }, vec![3]),
        ];
        for (op, shape) in cases {
            assert_eq!(one(op, &[fxp(&[2, 3])]), Ok(fxp(&shape)));
        }
        assert_eq!(one(Op::Concatenate { axis: 1 }, &[fxp(&[2, 3]), fxp(&[2, 1])]), Ok(fxp(&[2, 4])));
        let counted = one(Op::ReduceSum { axes: vec![0] }, &[Type::secret([5], DType::Bool)]);
        assert_eq!(counted, Ok(Type::secret(Shape::SCALAR, DType::Int)));
        let relu = infer(&Op::Relu, &[&fxp(&[2])]).unwrap();
        assert_eq!(relu, [fxp(&[2]), Type::secret([2], DType::Bool)]);
    }

    #[test]
    fn messages_name_the_operation_and_the_operands() {
        let (int, bool) = (Type::secret([2, 3], DType::Int), Type::secret([2, 3], DType::Bool));
        let x = || fxp(&[2, 3]);
        assert_eq!(fault(Op::Add, &[fxp(&[2, 4]), fxp(&[5])]), "cannot add shapes [2, 4] and [5]");
        assert_eq!(
            fault(Op::Dot, &[x(), fxp(&[4, 5])]),
            "cannot multiply matrices [2, 3] and [4, 5]: inner extents 3 and 4 differ"
        );
        assert_eq!(fault(Op::Add, &[x(), int.clone()]), "cannot add fxp and int: the data types differ");
        assert_eq!(fault(Op::Less, &[bool.clone(), bool.clone()]), "cannot compare bool and bool: it takes int or fxp");
        assert_eq!(fault(Op::Xor, &[x(), x()]), "cannot take the exclusive disjunction of fxp: it takes bool or int");
        assert_eq!(fault(Op::Floor, std::slice::from_ref(&int)), "cannot round int: it takes fxp");
        assert_eq!(
            fault(Op::ShiftLeft, &[int.clone(), int.clone()]),
            "cannot shift by a secret amount: it must be public"
        );
        assert_eq!(fault(Op::Log, &[int]), "cannot take the logarithm of int: it takes fxp");
        assert_eq!(fault(Op::Reshape { shape: [7].into() }, &[x()]), "cannot reshape [2, 3] to [7]: 6 and 7 elements");
        assert_eq!(
            fault(Op::Concatenate { axis: 0 }, &[x(), fxp(&[2, 4])]),
            "cannot concatenate shapes [2, 3] and [2, 4] along axis 0"
        );
        assert_eq!(fault(Op::Add, &[x()]), "`add` does not take 1 operands");
        assert!(fault(Op::Select, &[x(), x(), x()]).contains("the condition must be bool"));
        assert!(fault(Op::Transpose { permutation: vec![0, 0] }, &[x()]).contains("no permutation"));
        assert!(
            fault(Op::Broadcast { shape: [3, 2].into(), dimensions: vec![0, 1] }, &[x()]).contains("cannot broadcast")
        );
        let outside = Op::Slice { start: vec![0, 2], limit: vec![2, 4], strides: Strides::UNIT };
        assert!(fault(outside, &[x()]).contains("cannot slice"));
        assert!(fault(Op::ReduceSum { axes: vec![1, 0] }, &[x()]).contains("cannot reduce"));
        assert!(fault(Op::ReduceMax { axis: 0 }, &[fxp(&[0, 3])]).contains("it is empty"));
        assert!(fault(Op::Convert { dtype: DType::Int }, &[x()]).contains("only a wider type"));
        assert!(fault(Op::Assume { lo: Real(1.0), hi: Real(0.0) }, &[x()]).contains("it is empty"));
        let huge = Shape::from([usize::MAX, 2]);
        assert!(fault(Op::Broadcast { shape: huge, dimensions: vec![] }, &[fxp(&[])]).contains("too many elements"));
    }
}
