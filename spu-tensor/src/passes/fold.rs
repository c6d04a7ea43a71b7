//! Constant folding, in f64, and the algebra of constants.
//!
//! ```text
//! %1 = constant {literal = fxp[] (0.5)}
//! %2 = constant {literal = fxp[] (4.0)}
//! %3 = broadcast %1 …
//! %4 = multiply %x, %3
//! %5 = broadcast %2 …                    %3 = constant {literal = fxp[] (2.0)}
//! %6 = multiply %4, %5             →     %4 = broadcast %3 …
//!                                        %6 = multiply %x, %4
//! ```
//!
//! Tensors of one repeated constant are worked on as scalars and written as `broadcast(scalar)`. Constants stand on the right
//! of commutative operations. What would not be finite is not folded, so that the error stays where the author made it.
//! Each rule keeps the result's type: `x · 0` of a secret x stays, for its result is secret.

use super::Changed;
use super::rewrite::{maker, rewrite};
use super::uniform::{is_all, uniform};
use crate::graph::{Node, Value};
use crate::host::{Elements, HostTensor};
use crate::pphlo::{Builder, DType, Graph, Literal, Op, Type, apply, infer};
use crate::shape::Shape;

pub(super) fn run(graph: &mut Graph) -> Changed {
    let old = graph.clone();
    rewrite(graph, |b, node, operands| {
        if !node.regions.is_empty() {
            return None;
        }
        let ty = old.ty(node.result(0));
        let folded = fold_uniform(b, node, operands, ty).or_else(|| fold_literals(b, node, operands, ty));
        let folded = folded.or_else(|| simplify(b, &node.operation, operands, ty));
        folded.map(|result| vec![result])
    })
}

/// Operations on repeated constants, done once.
fn fold_uniform(b: &mut Builder, node: &Node<Op>, operands: &[Value], ty: &Type) -> Option<Value> {
    let op = &node.operation;
    if let Op::Constant { literal } = op {
        let scalar = literal.splat().filter(|_| ty.shape.rank() > 0)?;
        return Some(b.splat(scalar.into(), &ty.shape));
    }
    if operands.is_empty() || node.results().len() > 1 || ty.is_secret() {
        return None;
    }
    let scalars: Vec<HostTensor> = operands.iter().map(|&v| uniform(b.graph, v)).collect::<Option<_>>()?;
    let scalar = match op {
        Op::Broadcast { .. } if matches!(maker(b.graph, operands[0]).operation, Op::Constant { .. }) => {
            // Already in normal form.
            if b.graph.ty(operands[0]).shape.rank() == 0 {
                return None;
            }
            scalars[0].clone()
        }
        Op::Reshape { .. } | Op::Transpose { .. } | Op::Broadcast { .. } | Op::Slice { .. } => scalars[0].clone(),
        Op::ReduceMax { .. } | Op::ReduceMin { .. } | Op::Reverse { .. } | Op::DynamicSlice { .. } => {
            scalars[0].clone()
        }
        Op::Pad { .. } | Op::DynamicUpdateSlice => (scalars[0] == scalars[1]).then(|| scalars[0].clone())?,
        Op::DotGeneral { .. } | Op::Convolution { .. } | Op::OneHot { .. } => return None,
        Op::Gather { .. } | Op::ScatterAdd { .. } | Op::Scatter { .. } => return None,
        Op::Concatenate { .. } => scalars.iter().all(|s| *s == scalars[0]).then(|| scalars[0].clone())?,
        Op::ReduceSum { axes } => {
            let summed = &b.graph.ty(operands[0]).shape;
            let count = axes.iter().map(|&axis| summed.extents()[axis]).product();
            scaled(evaluate(&Op::Multiply, &[&scalars[0], &one(scalars[0].elements.dtype())])?, count)?
        }
        Op::Dot => {
            scaled(evaluate(&Op::Multiply, &[&scalars[0], &scalars[1]])?, b.graph.ty(operands[0]).shape.extents()[1])?
        }
        Op::StopGradient | Op::Reveal | Op::RevealTo { .. } => return None,
        op if depends_on_width(op) => return None,
        elementwise => evaluate(elementwise, &scalars.iter().collect::<Vec<_>>())?,
    };
    Some(b.splat(scalar.into(), &ty.shape))
}

/// Operations on constants with differing elements. Broadcasts stay, for they are smaller than what they make.
fn fold_literals(b: &mut Builder, node: &Node<Op>, operands: &[Value], ty: &Type) -> Option<Value> {
    let kept = matches!(node.operation, Op::Broadcast { .. } | Op::StopGradient) || depends_on_width(&node.operation);
    if kept || operands.is_empty() || node.results().len() > 1 || ty.is_secret() {
        return None;
    }
    let constants: Vec<_> = operands.iter().map(|&v| literal(b.graph, v)).collect::<Option<_>>()?;
    let result = evaluate(&node.operation, &constants.iter().map(|c| &*c.0).collect::<Vec<_>>())?;
    Some(b.apply(Op::Constant { literal: result.into() }, &[]))
}

/// Whether the result depends on how many bits the ring has, which is not known here.
fn depends_on_width(op: &Op) -> bool {
    matches!(op, Op::ShiftRightLogical | Op::PopulationCount)
}

/// The rules, with constants on the right: c ∘ x = x ∘ c for a commutative operation.
fn simplify(b: &mut Builder, op: &Op, operands: &[Value], ty: &Type) -> Option<Value> {
    match *operands {
        [c, x] if op.is_commutative() && uniform(b.graph, c).is_some() && uniform(b.graph, x).is_none() => {
            rule(b, op, &[x, c], ty).or_else(|| Some(b.apply(op.clone(), &[x, c])))
        }
        _ => rule(b, op, operands, ty),
    }
}

/// One rule of algebra a line. `c` and `d` are repeated constants.
fn rule(b: &mut Builder, op: &Op, operands: &[Value], ty: &Type) -> Option<Value> {
    let all = |b: &Builder, v: Value, number: f64| is_all(b.graph, v, number);
    let constant = |b: &Builder, v: Value| uniform(b.graph, v);
    let typed = |b: &Builder, v: Value| (b.graph.ty(v) == ty).then_some(v);
    match (op, operands) {
        // x + 0 = x
        (Op::Add, &[x, zero]) if all(b, zero, 0.0) => typed(b, x),
        // x − 0 = x
        (Op::Subtract, &[x, zero]) if all(b, zero, 0.0) => typed(b, x),
        // 0 − x = −x
        (Op::Subtract, &[zero, x]) if all(b, zero, 0.0) => Some(b.apply(Op::Negate, &[x])),
        // x · 1 = x
        (Op::Multiply, &[x, one]) if all(b, one, 1.0) => typed(b, x),
        // x · (−1) = −x, where the product has the type of x
        (Op::Multiply, &[x, minus]) if all(b, minus, -1.0) => typed(b, x).map(|x| b.apply(Op::Negate, &[x])),
        // (x + c) + d = x + (c + d), (x · c) · d = x · (c · d)
        (Op::Add | Op::Multiply, &[inner, d]) if constant(b, d).is_some() => {
            let (x, c) = operands_of(b.graph, inner, op)?;
            let joined = evaluate(op, &[&constant(b, c)?, &constant(b, d)?])?;
            let joined = b.splat(joined.into(), &ty.shape);
            Some(b.apply(op.clone(), &[x, joined]))
        }
        // x + (−y) = x − y
        (Op::Add, &[x, minus]) if negated(b.graph, minus).is_some() => {
            let y = negated(b.graph, minus)?;
            Some(b.apply(Op::Subtract, &[x, y]))
        }
        // (−y) + x = x − y
        (Op::Add, &[minus, x]) => negated(b.graph, minus).map(|y| b.apply(Op::Subtract, &[x, y])),
        // x − (−y) = x + y
        (Op::Subtract, &[x, minus]) => negated(b.graph, minus).map(|y| b.apply(Op::Add, &[x, y])),
        // x / c = x · (1/c), for a power of two: the inverse of another number is not exact
        (Op::Divide, &[x, c]) if ty.dtype == DType::Fxp && constant(b, c).as_ref().is_some_and(is_power_of_two) => {
            let inverse = evaluate(&Op::Reciprocal, &[&constant(b, c)?])?;
            let inverse = b.splat(inverse.into(), &ty.shape);
            Some(b.apply(Op::Multiply, &[x, inverse]))
        }
        // 1 / x is a reciprocal
        (Op::Divide, &[one, x]) if ty.dtype == DType::Fxp && all(b, one, 1.0) => Some(b.apply(Op::Reciprocal, &[x])),
        // −(−x) = x, −(x − y) = y − x
        (Op::Negate, &[inner]) => match operands_of(b.graph, inner, &Op::Subtract) {
            Some((x, y)) => Some(b.apply(Op::Subtract, &[y, x])),
            None => negated(b.graph, inner),
        },
        // ¬¬p = p
        (Op::Not, &[p]) => complemented(b.graph, p),
        // p ∧ true = p, where a secret holds the constant
        (Op::And, &[p, truth]) if is_held(b.graph, truth, 1.0) => typed(b, p),
        (Op::And, &[truth, p]) if is_held(b.graph, truth, 1.0) => typed(b, p),
        // select(p, x, x) = x
        (Op::Select, &[_, yes, no]) if yes == no => typed(b, yes),
        // select(true, x, y) = x, select(false, x, y) = y
        (Op::Select, &[p, yes, _]) if all(b, p, 1.0) => typed(b, yes),
        (Op::Select, &[p, _, no]) if all(b, p, 0.0) => typed(b, no),
        // select(¬p, x, y) = select(p, y, x)
        (Op::Select, &[p, yes, no]) => complemented(b.graph, p).map(|p| b.apply(Op::Select, &[p, no, yes])),
        _ => None,
    }
}

/// Whether every element of the value is this truth value, made secret.
fn is_held(graph: &Graph, value: Value, number: f64) -> bool {
    let node = maker(graph, value);
    node.operation == Op::ToSecret && graph.ty(value).dtype == DType::Bool && is_all(graph, node.operands[0], number)
}

/// The operands of the value, if `op` makes it from two.
fn operands_of(graph: &Graph, value: Value, op: &Op) -> Option<(Value, Value)> {
    let node = maker(graph, value);
    match node.operands.as_slice() {
        &[x, y] if node.operation == *op => Some((x, y)),
        _ => None,
    }
}

/// Whether a scalar is a power of two, so that its inverse is exact.
fn is_power_of_two(scalar: &HostTensor) -> bool {
    scalar.elements.to_f64().iter().all(|x| x.is_finite() && libm::frexp(x.abs()).0 == 0.5)
}

fn negated(graph: &Graph, value: Value) -> Option<Value> {
    let node = maker(graph, value);
    (node.operation == Op::Negate).then(|| node.operands[0])
}

fn complemented(graph: &Graph, value: Value) -> Option<Value> {
    let node = maker(graph, value);
    (node.operation == Op::Not).then(|| node.operands[0])
}

/// The constant that the value is, a repeated one written out.
fn literal(graph: &Graph, value: Value) -> Option<Literal> {
    if let Op::Constant { literal } = &maker(graph, value).operation {
        return Some(literal.clone());
    }
    let scalar = uniform(graph, value)?;
    let ty = graph.ty(value);
    let op = Op::Broadcast { shape: ty.shape.clone(), dimensions: Vec::new() };
    Some(apply(&op, &[&scalar], &[true], &[ty]).ok()?.pop()?.into())
}

/// The operation's one result on constants, if all of it is finite.
fn evaluate(op: &Op, operands: &[&HostTensor]) -> Option<HostTensor> {
    let types: Vec<Type> = operands.iter().map(|x| Type::public(x.shape.clone(), x.elements.dtype())).collect();
    let types = infer(op, &types.iter().collect::<Vec<_>>()).ok()?;
    let public = vec![true; operands.len()];
    let result = apply(op, operands, &public, &types.iter().collect::<Vec<_>>()).ok()?.pop()?;
    let finite = result.elements.to_f64().iter().all(|x| x.is_finite());
    finite.then_some(result)
}

/// `count` times the scalar.
fn scaled(scalar: HostTensor, count: usize) -> Option<HostTensor> {
    let count = HostTensor::int(Shape::SCALAR, vec![i64::try_from(count).ok()?]);
    evaluate(&Op::Multiply, &[&scalar, &count])
}

fn one(dtype: DType) -> HostTensor {
    HostTensor::new(
        Shape::SCALAR,
        match dtype {
            DType::Fxp => Elements::Fxp(vec![1.0]),
            DType::Int | DType::Bool => Elements::Int(vec![1]),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::super::check::{keeps, rewrites};
    use super::run;

    #[test]
    fn constants_are_joined_through_broadcasts() {
        rewrites(
            run,
            "%c = constant {literal = fxp[] (4.0)}
             %four = broadcast %c {shape = [2, 3], dimensions = []}
             %y = multiply %x, %half
             %z = multiply %four, %y
             return z = %z",
            "%y = multiply %x, %half
             %c = constant {literal = fxp[] (4.0)}
             %four = broadcast %c {shape = [2, 3], dimensions = []}
             %d = constant {literal = fxp[] (2.0)}
             %two = broadcast %d {shape = [2, 3], dimensions = []}
             %z = multiply %x, %two
             return z = %z",
        );
    }

    #[test]
    fn repeated_constants_become_scalars() {
        rewrites(
            run,
            "%c = constant {literal = fxp[2, 3] (0.25)}
             %d = constant {literal = fxp[2, 3] (4.0)}
             %q = divide %c, %d
             %s = reduce_sum %q {axes = [0, 1]}
             return s = %s",
            "%s = constant {literal = fxp[] (0.375)} return s = %s",
        );
        rewrites(
            run,
            "%c = constant {literal = fxp[2, 3] (0.25)}
             %m = reshape %c {shape = [3, 2]}
             %d = dot %c, %m
             return d = %d",
            "%s = constant {literal = fxp[] (0.1875)} %d = broadcast %s {shape = [2, 2], dimensions = []} return d = %d",
        );
    }

    #[test]
    fn differing_constants_are_computed() {
        rewrites(
            run,
            "%c = constant {literal = fxp[3] (1.0, 2.0, 4.0)}
             %r = reciprocal %c
             %b = broadcast %r {shape = [2, 3], dimensions = [1]}
             %y = multiply %x, %b
             return y = %y",
            "%r = constant {literal = fxp[3] (1.0, 0.5, 0.25)}
             %b = broadcast %r {shape = [2, 3], dimensions = [1]}
             %y = multiply %x, %b
             return y = %y",
        );
    }

    #[test]
    fn neutral_elements_go() {
        let neutral = [
            "%y = add %x, %zero return y = %y",
            "%y = add %zero, %x return y = %y",
            "%y = subtract %x, %zero return y = %y",
            "%c = constant {literal = fxp[2, 3] (1.0)} %y = multiply %c, %x return y = %y",
            "%c = constant {literal = int[2, 3] (1)} %y = multiply %x, %c return y = %y",
            "%n = negate %x %y = negate %n return y = %y",
            "%y = select %p, %x, %x return y = %y",
            "%c = constant {literal = bool[2, 3] (true)} %y = select %c, %x, %g return y = %y",
        ];
        neutral.into_iter().for_each(|before| rewrites(run, before, "return y = %x"));
        rewrites(run, "%y = subtract %zero, %x return y = %y", "%y = negate %x return y = %y");
        rewrites(run, "%n = negate %g %y = add %x, %n return y = %y", "%y = subtract %x, %g return y = %y");
        rewrites(run, "%d = subtract %x, %g %y = negate %d return y = %y", "%y = subtract %g, %x return y = %y");
        rewrites(run, "%n = negate %g %y = subtract %x, %n return y = %y", "%y = add %x, %g return y = %y");
        rewrites(run, "%n = not %p %y = select %n, %x, %g return y = %y", "%y = select %p, %g, %x return y = %y");
    }

    #[test]
    fn divisions_by_constants_are_products() {
        rewrites(
            run,
            "%c = constant {literal = fxp[2, 3] (8.0)} %y = divide %x, %c return y = %y",
            "%c = constant {literal = fxp[] (0.125)}
             %r = broadcast %c {shape = [2, 3], dimensions = []}
             %y = multiply %x, %r
             return y = %y",
        );
        let one = "%c = constant {literal = fxp[] (1.0)} %one = broadcast %c {shape = [2, 3], dimensions = []}";
        rewrites(run, &format!("{one} %y = divide %one, %x return y = %y"), "%y = reciprocal %x return y = %y");
    }

    #[test]
    fn types_and_faults_stay() {
        keeps(run, "%y = multiply %x, %zero return y = %y");
        keeps(
            run,
            "%c = constant {literal = fxp[] (1.0)} %one = broadcast %c {shape = [2, 3], dimensions = []} %y = multiply %i, %one return y = %y",
        );
        keeps(run, "%y = divide %x, %zero return y = %y");
        keeps(run, "%y = log %zero return y = %y");
        keeps(run, "%y = assume %half {lo = 1.0, hi = 2.0} return y = %y");
    }
}
