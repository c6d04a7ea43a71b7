//! The passes on PPHLO, in the order in which they run.

mod cse;
mod dce;
mod drop_identities;
mod fold;
mod mixed_multiply;
mod predicate_reuse;
mod rewrite;
mod uniform;

use std::time::{Duration, Instant};

use crate::pphlo::{Graph, Type, verify};
use crate::program::Program;

/// Whether a pass found something to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Changed {
    /// The graph is another one now.
    Yes,
    /// The graph is as it was.
    No,
}

/// A rewriting of a graph that keeps what it computes, the types of its outputs and its disclosures.
pub struct Pass {
    /// Its name in reports.
    pub name: &'static str,
    /// Runs it once over the graph.
    pub run: fn(&mut Graph) -> Changed,
}

/// Every pass. The list is run again until no pass changes anything.
pub const PASSES: &[Pass] = &[
    Pass { name: "drop_identities", run: drop_identities::run },
    Pass { name: "fold", run: fold::run },
    Pass { name: "cse", run: cse::run },
    Pass { name: "mixed_multiply", run: mixed_multiply::run },
    Pass { name: "predicate_reuse", run: predicate_reuse::run },
    Pass { name: "dce", run: dce::run },
];

/// What the passes did to a program.
#[derive(Clone, Debug)]
pub struct Report {
    /// Operations before the first pass.
    pub before: usize,
    /// Operations after the last one.
    pub after: usize,
    /// Each pass: its name, how often it changed the graph, and the time that it took in all.
    pub passes: Vec<(&'static str, usize, Duration)>,
}

/// Runs every pass of the list over `program`, again and again until nothing changes.
pub fn optimize(program: &mut Program) -> Report {
    let before = program.graph.len();
    let mut passes: Vec<_> = PASSES.iter().map(|pass| (pass.name, 0, Duration::ZERO)).collect();
    for _ in 0..MOST_ROUNDS {
        let mut settled = true;
        for (pass, (_, changes, time)) in PASSES.iter().zip(&mut passes) {
            let types = cfg!(debug_assertions).then(|| output_types(&program.graph));
            let start = Instant::now();
            if (pass.run)(&mut program.graph) == Changed::Yes {
                *changes += 1;
                settled = false;
            }
            *time += start.elapsed();
            if let Some(types) = types {
                verify(&program.graph).unwrap_or_else(|error| panic!("`{}` leaves a valid graph: {error}", pass.name));
                assert_eq!(types, output_types(&program.graph), "`{}` keeps the types of outputs", pass.name);
            }
        }
        if settled {
            break;
        }
    }
    Report { before, after: program.graph.len(), passes }
}

fn output_types(graph: &Graph) -> Vec<Type> {
    graph.outputs.iter().map(|&v| graph.ty(v).clone()).collect()
}

/// Each round shortens the graph or a chain in it, so programs settle in a few; this bounds compile time if two rules ever
/// undo each other.
const MOST_ROUNDS: usize = 32;
