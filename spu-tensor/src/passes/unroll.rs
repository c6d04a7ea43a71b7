//! A counted loop of little work is written out, so that messages of different iterations can share a round, and that the
//! counter is a constant.
//!
//! ```text
//! %y = for %x {start = 0, trips = 2, carried = 1, scanned = 0} {
//!   %i = parameter {index = 0}
//!   %a = parameter {index = 1}
//!   %b = multiply %a, %i                                              %a = multiply %x, 0
//!   return %b                                                    →    %y = multiply %a, 1
//! }
//! ```
//!
//! The rule: at most one iteration, or at most [`MOST_OPERATIONS`] operations in all iterations together and no `if` or `while` in
//! the body. Those part the program at run time anyway: rounds would not merge across them.

use super::Changed;
use super::rewrite::rewrite;
use crate::pphlo::{Graph, Op, Type, number_draws, unroll};

/// How many operations a loop may be written out to.
pub(super) const MOST_OPERATIONS: usize = 1024;

pub(super) fn run(graph: &mut Graph) -> Changed {
    let old = graph.clone();
    let changed = rewrite(graph, |b, node, operands| {
        let Op::For { trips, .. } = node.operation else { return None };
        let body = &node.regions[0];
        let small = || repeated(body, trips).is_some_and(|n| n <= MOST_OPERATIONS);
        if trips > 1 && !small() {
            return None;
        }
        let types: Vec<Type> = node.results().map(|v| old.ty(v).clone()).collect();
        Some(unroll(b, &node.operation, body, operands, &types))
    });
    if changed == Changed::Yes {
        number_draws(graph);
    }
    changed
}

/// How many operations one run of the graph takes; `None` where that is decided at run time.
fn operations(graph: &Graph) -> Option<usize> {
    let count = |op: &Op, body: Option<&Graph>| match op {
        Op::Parameter { .. } | Op::Constant { .. } => Some(0),
        Op::If | Op::While { .. } => None,
        Op::For { trips, .. } => repeated(body?, *trips),
        _ => Some(1),
    };
    graph.nodes().try_fold(0usize, |sum, (_, node)| sum.checked_add(count(&node.operation, node.regions.first())?))
}

/// The same for `trips` iterations, each of which counts, even if it only passes on what it is given.
fn repeated(body: &Graph, trips: usize) -> Option<usize> {
    operations(body)?.max(1).checked_mul(trips)
}

#[cfg(test)]
mod tests {
    use super::super::check::{keeps, rewrites};
    use super::{MOST_OPERATIONS, run};

    /// A loop whose body has two operations.
    fn doubling(trips: usize, inside: &str) -> String {
        format!(
            "%y = for %x, %g {{start = 5, trips = {trips}, carried = 1, scanned = 0}} {{
                %i = parameter {{index = 0}} : int[public][]
                %a = parameter {{index = 1}} : fxp[secret][2, 3]
                %b = parameter {{index = 2}} : fxp[secret][2, 3]
                %s = multiply %a, %b
                %t = add %s, %b
                {inside}
                return %t
            }} return y = %y"
        )
    }

    #[test]
    fn a_small_loop_is_written_out() {
        rewrites(
            run,
            &doubling(2, ""),
            "%s = multiply %x, %g %t = add %s, %g %u = multiply %t, %g %y = add %u, %g return y = %y",
        );
        rewrites(run, &doubling(0, ""), "return y = %x");
        keeps(run, &doubling(MOST_OPERATIONS / 2 + 1, ""));
        keeps(
            run,
            "%y = for %x {start = 0, trips = 1000000000000, carried = 1, scanned = 0} {
                %a = parameter {index = 1} : fxp[secret][2, 3] return %a
            } return y = %y",
        );
    }

    #[test]
    fn rows_are_taken_and_stacked() {
        rewrites(
            run,
            "%last, %rows = for %x, %g {start = 0, trips = 2, carried = 0, scanned = 2} {
                %a = parameter {index = 1} : fxp[secret][3]
                %b = parameter {index = 2} : fxp[secret][3]
                %s = add %a, %b
                return %s, %a
            } return last = %last",
            "%a = slice %x {start = [0, 0], limit = [1, 3]}
             %a1 = reshape %a {shape = [3]}
             %b = slice %g {start = [0, 0], limit = [1, 3]}
             %b1 = reshape %b {shape = [3]}
             %s = add %a1, %b1
             %r = reshape %s {shape = [1, 3]}
             %c = slice %x {start = [1, 0], limit = [2, 3]}
             %k = reshape %c {shape = [3]}
             %d = slice %g {start = [1, 0], limit = [2, 3]}
             %d1 = reshape %d {shape = [3]}
             %t = add %k, %d1
             %q = reshape %t {shape = [1, 3]}
             %y = concatenate %r, %q {axis = 0}
             return last = %y",
        );
    }

    #[test]
    fn a_loop_around_a_decision_stays() {
        keeps(run, &doubling(2, "%c = constant {literal = bool[] (true)} () = if %c { return } { return }"));
    }
}
