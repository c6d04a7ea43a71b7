//! Common-subexpression elimination: of equal operations on equal operands one stays.
//!
//! ```text
//! %2 = add %0, %1          %2 = add %0, %1
//! %3 = add %1, %0    →
//! %4 = multiply %2, %3     %4 = multiply %2, %2
//! ```
//!
//! Operands of commutative operations are put in order first, constants apart, which folding keeps on the right.

use super::Changed;
use super::rewrite::rewrite;
use super::uniform::uniform;
use crate::graph::merge_common;
use crate::pphlo::Graph;

pub(super) fn run(graph: &mut Graph) -> Changed {
    let ordered = rewrite(graph, |b, node, operands| match *operands {
        [left, right] if node.operation.is_commutative() && right < left => {
            let variable = |v| uniform(b.graph, v).is_none();
            (variable(left) && variable(right)).then(|| b.apply_all(node.operation.clone(), &[right, left]))
        }
        _ => None,
    });
    match merge_common(graph) {
        true => Changed::Yes,
        false => ordered,
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{keeps, rewrites};
    use super::run;

    #[test]
    fn equal_operations_are_one() {
        rewrites(
            run,
            "%a = add %x, %g %b = add %g, %x %y = multiply %a, %b return y = %y",
            "%a = add %x, %g %y = multiply %a, %a return y = %y",
        );
        keeps(run, "%a = subtract %x, %g %b = subtract %g, %x return a = %a, b = %b");
    }

    #[test]
    fn disclosures_are_never_merged() {
        keeps(run, "%a = reveal %x %b = reveal %x return a = %a, b = %b");
    }
}
