//! Dead-code elimination: what neither an output nor a disclosure needs is left out. Parameters stay.
//!
//! ```text
//! %1 = negate %0
//! %2 = exponential %0   →   %1 = negate %0
//! return y = %1             return y = %1
//! ```

use super::Changed;
use crate::graph::remove_dead;
use crate::pphlo::Graph;

pub(super) fn run(graph: &mut Graph) -> Changed {
    match remove_dead(graph) {
        true => Changed::Yes,
        false => Changed::No,
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::rewrites;
    use super::run;

    #[test]
    fn only_what_is_needed_stays() {
        rewrites(
            run,
            "%e = exponential %x %n = negate %x %d = reveal_to %g {party = 1} return n = %n",
            "%n = negate %x %d = reveal_to %g {party = 1} return n = %n",
        );
    }
}
