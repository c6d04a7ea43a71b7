//! Products take integers and truth values as they are: a conversion to fixed-point before a product only adds fraction bits
//! that a truncation then takes away, and a conversion of a truth value is a protocol of its own.
//!
//! ```text
//! %2 = convert %labels {dtype = fxp}
//! %3 = multiply %2, %logits    →    %3 = multiply %labels, %logits
//! ```
//!
//! i·2^f · y needs a truncation by f bits, i · y none. The conversion is also found behind movements of elements, which then
//! move the narrow value. The result's data type is the law's condition: of two integers one stays converted.

use super::Changed;
use super::rewrite::{maker, rewrite};
use crate::graph::Value;
use crate::pphlo::{Builder, DType, Graph, Op};

pub(super) fn run(graph: &mut Graph) -> Changed {
    rewrite(graph, |b, node, operands| {
        let &[left, right] = operands else { return None };
        if !matches!(node.operation, Op::Multiply | Op::Dot | Op::DotGeneral { .. } | Op::Convolution { .. }) {
            return None;
        }
        let dtype = |b: &Builder, v: Value| b.graph.ty(v).dtype;
        let product = dtype(b, left).max(dtype(b, right)).max(DType::Int);
        let narrow = |b: &Builder, v: Value, other: Value| {
            converted_from(b.graph, v).is_some_and(|narrow| narrow.max(dtype(b, other)).max(DType::Int) == product)
        };
        let narrowed = if narrow(b, left, right) {
            [unconverted(b, left), right]
        } else if narrow(b, right, left) {
            [left, unconverted(b, right)]
        } else {
            return None;
        };
        Some(b.apply_all(node.operation.clone(), &narrowed))
    })
}

/// The data type that the value was converted from.
fn converted_from(graph: &Graph, value: Value) -> Option<DType> {
    let node = maker(graph, value);
    match &node.operation {
        Op::Convert { .. } => Some(graph.ty(node.operands[0]).dtype),
        op if is_movement(op) => converted_from(graph, node.operands[0]),
        _ => None,
    }
}

/// The value before its conversion, moved as it was moved after.
fn unconverted(b: &mut Builder, value: Value) -> Value {
    let node = maker(b.graph, value).clone();
    match node.operation {
        Op::Convert { .. } => node.operands[0],
        movement => {
            let narrow = unconverted(b, node.operands[0]);
            b.apply(movement, &[narrow])
        }
    }
}

fn is_movement(op: &Op) -> bool {
    matches!(
        op,
        Op::Reshape { .. } | Op::Transpose { .. } | Op::Broadcast { .. } | Op::Slice { .. } | Op::Reverse { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::super::check::{keeps, rewrites};
    use super::run;

    #[test]
    fn conversions_before_products_go() {
        rewrites(
            run,
            "%c = convert %i {dtype = fxp} %y = multiply %c, %x return y = %y",
            "%y = multiply %i, %x return y = %y",
        );
        rewrites(
            run,
            "%c = convert %p {dtype = fxp} %y = multiply %x, %c return y = %y",
            "%y = multiply %x, %p return y = %y",
        );
        rewrites(
            run,
            "%c = convert %i {dtype = fxp} %t = transpose %c {permutation = [1, 0]} %y = dot %t, %x return y = %y",
            "%t = transpose %i {permutation = [1, 0]} %y = dot %t, %x return y = %y",
        );
    }

    #[test]
    fn the_product_stays_as_wide() {
        rewrites(
            run,
            "%a = convert %i {dtype = fxp} %b = convert %p {dtype = fxp} %y = multiply %a, %b return y = %y",
            "%b = convert %p {dtype = fxp} %y = multiply %i, %b return y = %y",
        );
        keeps(run, "%b = convert %p {dtype = fxp} %y = multiply %i, %b return y = %y");
        keeps(run, "%c = convert %i {dtype = fxp} %y = add %c, %x return y = %y");
    }
}
