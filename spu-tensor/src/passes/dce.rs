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
