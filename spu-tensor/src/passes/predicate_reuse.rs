//! One comparison for a positive part, its mask, and every other question about the same sign.
//!
//! ```text
//! %p = greater_equal %x, %zero
//! %y = select %p, %x, %zero         %y, %m = relu %x
//! %d = select %p, %g, %zero    →    %d = select %m, %g, %zero
//! ```
//!
//! `maximum(x, 0)` is a positive part too. `less(x, 0)` is the mask's complement. `greater(x, 0)` selects the same value but
//! is another mask, at 0; there the positive part is taken only where it saves the comparison. Public values are left alone:
//! they cost nothing.

use std::collections::HashMap;

use super::Changed;
use super::rewrite::{maker, rewrite};
use super::uniform::is_all;
use crate::graph::{Node, Value};
use crate::pphlo::{Graph, Op};

pub(super) fn run(graph: &mut Graph) -> Changed {
    let parts = graph.nodes().filter_map(|(_, node)| positive_part(graph, node));
    let mut relus: HashMap<Value, Option<[Value; 2]>> = parts.map(|x| (x, None)).collect();
    let old = graph.clone();
    rewrite(graph, |b, node, operands| {
        let (x, asked) = match (sign_test(&old, node), positive_value(&old, node)) {
            (Some(SignTest { x, sign: Sign::NotNegative }), _) => (x, Asked::Mask),
            (Some(SignTest { x, sign: Sign::Negative }), _) => (x, Asked::Complement),
            (_, Some(x)) => (x, Asked::PositivePart),
            _ => return None,
        };
        let relu = relus.get_mut(&x)?;
        let [value, mask] = *relu.get_or_insert_with(|| {
            let place = node.operands.iter().position(|&v| v == x).expect("a question about x has x as operand");
            let results = b.apply_all(Op::Relu, &operands[place..=place]);
            [results[0], results[1]]
        });
        Some(vec![match asked {
            Asked::Mask => mask,
            Asked::Complement => b.apply(Op::Not, &[mask]),
            Asked::PositivePart => value,
        }])
    })
}

/// What a node asks about x.
enum Asked {
    PositivePart,
    Mask,
    Complement,
}

/// A comparison of `x` with zero.
#[derive(Clone, Copy)]
struct SignTest {
    x: Value,
    sign: Sign,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    NotNegative,
    Positive,
    Negative,
    NotPositive,
}

fn sign_test(graph: &Graph, node: &Node<Op>) -> Option<SignTest> {
    let &[left, right] = node.operands.as_slice() else { return None };
    let (forward, backward) = match node.operation {
        Op::GreaterEqual => (Sign::NotNegative, Sign::NotPositive),
        Op::Greater => (Sign::Positive, Sign::Negative),
        Op::LessEqual => (Sign::NotPositive, Sign::NotNegative),
        Op::Less => (Sign::Negative, Sign::Positive),
        _ => return None,
    };
    if is_all(graph, right, 0.0) {
        Some(SignTest { x: left, sign: forward })
    } else if is_all(graph, left, 0.0) {
        Some(SignTest { x: right, sign: backward })
    } else {
        None
    }
}

/// The x whose max(x, 0) the node gives.
fn positive_value(graph: &Graph, node: &Node<Op>) -> Option<Value> {
    let zero = |v| is_all(graph, v, 0.0);
    match (&node.operation, node.operands.as_slice()) {
        (Op::Maximum, &[x, other]) if zero(other) => Some(x),
        (Op::Maximum, &[other, x]) if zero(other) => Some(x),
        (Op::Select, &[predicate, yes, no]) => {
            let SignTest { x, sign } = sign_test(graph, maker(graph, predicate))?;
            let chosen = match sign {
                Sign::NotNegative | Sign::Positive => x == yes && zero(no),
                Sign::Negative | Sign::NotPositive => x == no && zero(yes),
            };
            chosen.then_some(x)
        }
        _ => None,
    }
}

/// The x whose positive part, as this node needs it, pays for an operation of its own.
fn positive_part(graph: &Graph, node: &Node<Op>) -> Option<Value> {
    let x = positive_value(graph, node).filter(|&x| graph.ty(x).is_secret())?;
    let sign = match node.operation {
        Op::Select => sign_test(graph, maker(graph, node.operands[0]))?.sign,
        _ => Sign::NotNegative,
    };
    let saves = match sign {
        Sign::NotNegative | Sign::Negative => true,
        Sign::Positive | Sign::NotPositive => uses(graph, node.operands[0]) == 1,
    };
    saves.then_some(x)
}

fn uses(graph: &Graph, value: Value) -> usize {
    let operands = graph.nodes().flat_map(|(_, node)| &node.operands);
    operands.chain(&graph.outputs).filter(|&&v| v == value).count()
}

#[cfg(test)]
mod tests {
    use super::super::check::{keeps, rewrites};
    use super::run;

    #[test]
    fn a_mask_serves_value_and_derivative() {
        rewrites(
            run,
            "%q = greater_equal %x, %zero
             %y = select %q, %x, %zero
             %d = select %q, %g, %zero
             return y = %y, d = %d",
            "%y, %m = relu %x
             %d = select %m, %g, %zero
             return y = %y, d = %d",
        );
    }

    #[test]
    fn other_questions_about_the_sign() {
        rewrites(
            run,
            "%y = maximum %zero, %x
             %q = less %x, %zero
             %r = less_equal %zero, %x
             return y = %y, q = %q, r = %r",
            "%y, %m = relu %x %q = not %m return y = %y, q = %q, r = %m",
        );
        rewrites(run, "%q = less %x, %zero %y = select %q, %zero, %x return y = %y", "%y, %m = relu %x return y = %y");
    }

    #[test]
    fn the_mask_of_greater_is_another_one() {
        rewrites(
            run,
            "%q = greater %x, %zero %y = select %q, %x, %zero return y = %y",
            "%y, %m = relu %x return y = %y",
        );
        rewrites(
            run,
            "%a = maximum %x, %zero %q = greater %x, %zero %y = select %q, %x, %zero return a = %a, q = %q, y = %y",
            "%a, %m = relu %x %q = greater %x, %zero return a = %a, q = %q, y = %a",
        );
        keeps(run, "%q = greater %x, %zero %y = select %q, %x, %zero %d = select %q, %g, %zero return y = %y, d = %d");
    }

    #[test]
    fn without_a_positive_part_nothing_is_gained() {
        keeps(run, "%q = greater_equal %x, %zero %d = select %q, %g, %zero return d = %d");
        keeps(run, "%q = greater_equal %x, %half %y = select %q, %x, %zero return y = %y");
        keeps(run, "%x1 = reveal %x %q = greater_equal %x1, %zero %y = select %q, %x1, %zero return y = %y");
    }
}
