//! Branches whose outcome is known are taken while compiling; branches that cost nothing are both taken.
//!
//! ```text
//! %c = constant {literal = bool[] (true)}
//! %y = if %c, %x { … return %a } { … return %b }   →   …  (%y is %a)
//!
//! %y = if %p, %x { %n = negate … return %n } { … return %x }   →   %n = negate %x   %y = select %p, %n, %x
//! ```
//!
//! An `if` parts the program: messages before it, inside and behind it share no rounds. So where both regions only add and move
//! elements, which no party needs messages for, both are computed and the public predicate selects. Nothing that can fail is
//! computed in vain. A `while` whose predicate is false from the start gives what it is given.

use super::Changed;
use super::rewrite::rewrite;
use super::uniform::is_all;
use crate::graph::Value;
use crate::pphlo::{Builder, Graph, Op, inline, number_draws};

pub(super) fn run(graph: &mut Graph) -> Changed {
    let changed = rewrite(graph, |b, node, operands| {
        let known = |b: &Builder, truth: f64| is_all(b.graph, operands[0], truth);
        match node.operation {
            Op::While { carried } if known(b, 0.0) => Some(operands[1..=carried].to_vec()),
            Op::If if known(b, 1.0) => Some(inline(b.graph, &node.regions[0], &operands[1..])),
            Op::If if known(b, 0.0) => Some(inline(b.graph, &node.regions[1], &operands[1..])),
            Op::If if node.regions.iter().all(is_free) => {
                let [yes, no] = [0, 1].map(|i| inline(b.graph, &node.regions[i], &operands[1..]));
                Some(yes.into_iter().zip(no).map(|(yes, no)| selected(b, operands[0], yes, no)).collect())
            }
            _ => None,
        }
    });
    if changed == Changed::Yes {
        number_draws(graph);
    }
    changed
}

fn selected(b: &mut Builder, predicate: Value, yes: Value, no: Value) -> Value {
    if yes == no {
        return yes;
    }
    let shape = b.graph.ty(yes).shape.clone();
    let predicate = match shape.rank() {
        0 => predicate,
        _ => b.apply(Op::Broadcast { shape, dimensions: Vec::new() }, &[predicate]),
    };
    b.apply(Op::Select, &[predicate, yes, no])
}

/// Whether nothing in the graph takes a message, or can fail.
fn is_free(graph: &Graph) -> bool {
    graph.nodes().all(|(_, node)| {
        matches!(
            node.operation,
            Op::Parameter { .. }
                | Op::Constant { .. }
                | Op::Add
                | Op::Subtract
                | Op::Negate
                | Op::Reshape { .. }
                | Op::Transpose { .. }
                | Op::Broadcast { .. }
                | Op::Slice { .. }
                | Op::Concatenate { .. }
                | Op::ReduceSum { .. }
                | Op::StopGradient
                | Op::ToSecret
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::check::{keeps, rewrites};
    use super::run;

    const BRANCHES: &str = "%y = if %c, %x, %g
        { %a = parameter {index = 0} : fxp[secret][2, 3] %e = exponential %a return %e }
        { %b = parameter {index = 1} : fxp[secret][2, 3] %n = negate %b return %n }
        return y = %y";

    fn decided(by: &str) -> String {
        format!("{by} {BRANCHES}")
    }

    #[test]
    fn a_known_outcome_is_taken() {
        let constant = |truth: &str| format!("%c = constant {{literal = bool[] ({truth})}}");
        rewrites(run, &decided(&constant("true")), "%e = exponential %x return y = %e");
        rewrites(run, &decided(&constant("false")), "%n = negate %g return y = %n");
        let looping = "%c = constant {literal = bool[] (false)}
            %y = while %c, %x {carried = 1}
            { %c = constant {literal = bool[] (true)} %a = parameter {index = 0} : fxp[secret][2, 3] return %c, %a }
            return y = %y";
        rewrites(run, looping, "return y = %x");
    }

    #[test]
    fn what_costs_messages_stays_a_branch() {
        keeps(run, &decided(PREDICATE));
    }

    #[test]
    fn what_is_free_is_selected() {
        rewrites(
            run,
            &decided(PREDICATE).replace("exponential", "negate"),
            &format!(
                "{PREDICATE} %a = negate %x %b = negate %g
                 %q = broadcast %c {{shape = [2, 3], dimensions = []}}
                 %y = select %q, %a, %b return y = %y"
            ),
        );
    }

    /// A public truth value.
    const PREDICATE: &str = "%r = reduce_sum %x {axes = [0, 1]} %o = reveal %r %c = greater %o, %c0";
}
