//! The passes on PPHLO, in the order in which they run.

mod branches;
#[cfg(test)]
mod check;
mod cse;
mod dce;
mod drop_identities;
mod fold;
mod mixed_multiply;
mod predicate_reuse;
mod rewrite;
#[cfg(test)]
mod training_step;
mod trim_regions;
mod uniform;
mod unroll;

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
    /// Runs it once over the graph, not over the regions in it.
    pub run: fn(&mut Graph) -> Changed,
}

/// Every pass. The list is run again until no pass changes anything.
pub const PASSES: &[Pass] = &[
    Pass { name: "drop_identities", run: drop_identities::run },
    Pass { name: "fold", run: fold::run },
    Pass { name: "cse", run: cse::run },
    Pass { name: "mixed_multiply", run: mixed_multiply::run },
    Pass { name: "predicate_reuse", run: predicate_reuse::run },
    Pass { name: "branches", run: branches::run },
    Pass { name: "unroll", run: unroll::run },
    Pass { name: "trim_regions", run: trim_regions::run },
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

impl Pass {
    /// Runs it once over the graph and all regions in it, the inner ones first.
    pub fn run_everywhere(&self, graph: &mut Graph) -> Changed {
        let mut changed = Changed::No;
        for region in graph.regions_mut() {
            if self.run_everywhere(region) == Changed::Yes {
                changed = Changed::Yes;
            }
        }
        match (self.run)(graph) {
            Changed::Yes => Changed::Yes,
            Changed::No => changed,
        }
    }
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
            if pass.run_everywhere(&mut program.graph) == Changed::Yes {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::HostTensor;
    use crate::pphlo::{evaluate, generate, print};
    use proptest::prelude::*;

    /// Equal up to the rounding of a few operations in another order.
    fn close(a: &[HostTensor], b: &[HostTensor]) -> bool {
        let near = |(a, b): (f64, f64)| (a - b).abs() <= 1e-9 * (1.0 + a.abs());
        a.len() == b.len()
            && a.iter().zip(b).all(|(a, b)| {
                let elements = a.elements.to_f64().into_iter().zip(b.elements.to_f64());
                a.shape == b.shape && a.elements.dtype() == b.elements.dtype() && elements.into_iter().all(near)
            })
    }

    proptest! {
        #[test]
        fn each_pass_keeps_results_and_types(seed: u64, size in 1usize..40) {
            let (program, arguments) = generate::program(seed, size);
            let expected = evaluate(&program.graph, &arguments).unwrap();
            for pass in PASSES {
                let mut graph = program.graph.clone();
                let changed = (pass.run)(&mut graph);
                prop_assert_eq!(changed == Changed::No, graph == program.graph, "{} reports changes", pass.name);
                verify(&graph).unwrap();
                prop_assert_eq!(output_types(&graph), output_types(&program.graph));
                let found = evaluate(&graph, &arguments).unwrap();
                prop_assert!(close(&expected, &found), "{}: {:?}, expected {:?}", pass.name, found, expected);
            }
        }

        #[test]
        fn all_passes_keep_results_and_settle(seed: u64, size in 1usize..60) {
            let (mut program, arguments) = generate::program(seed, size);
            let expected = evaluate(&program.graph, &arguments).unwrap();
            let text = print(&program);
            let report = optimize(&mut program);
            let found = evaluate(&program.graph, &arguments).unwrap();
            prop_assert!(close(&expected, &found), "{found:?}, expected {expected:?} of\n{text}");
            prop_assert_eq!(report.after, program.graph.len());
            let again = optimize(&mut program);
            prop_assert!(again.passes.iter().all(|&(_, changes, _)| changes == 0), "not settled:\n{}", print(&program));
        }
    }
}
