//! Every PPHLO operation on random shapes, values and visibilities: shared among three parties against the plain oracle, and
//! the oracle against real numbers. A new operation is a new row of `table`. `FRESH_DRAWS=1` draws anew.

mod case;
mod draw;
mod run;
mod table;

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use spu_protocols::hal::RingConfig;
use spu_tensor::pphlo::Op;

use draw::Draw;
use run::Sessions;
use table::{ELSEWHERE, Rings, rows};

/// Runs all rows that serve this format in one program, with other draws in each case.
fn holds(ring: RingConfig, cases: u32) {
    let sessions = Sessions::start(ring);
    // A seed does not become simpler by becoming smaller.
    let config = ProptestConfig { cases, max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::default() };
    let run = Cell::new(0);
    // The same draws in every run, so that nobody's change fails by somebody else's luck; others on demand.
    let mut runner = match std::env::var_os("FRESH_DRAWS") {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    };
    let result = runner.run(&any::<u64>(), |seed| {
        run.set(run.get() + 1);
        let mut draw = Draw::new(seed, ring);
        let rows = rows().filter(|row| ring.bits == 64 || row.rings == Rings::All);
        let cases: Vec<_> = rows.map(|row| (row.name, (row.case)(&mut draw))).collect();
        cases.iter().for_each(|(name, case)| assert_eq!(*name, case.op.name(), "a row makes cases of its operation"));
        sessions.compare(run.get(), &cases).map_err(TestCaseError::fail)
    });
    result.unwrap_or_else(|error| panic!("{ring:?}: {error}"));
}

#[test]
fn every_operation_has_a_row() {
    for name in Op::NAMES {
        let is_known = rows().any(|row| row.name == *name) || ELSEWHERE.contains(name);
        assert!(is_known, "`{name}` has no row in tests/oracle/table");
    }
}

#[test]
fn every_operation_agrees_in_z64() {
    holds(RingConfig::Z64, 24);
}

#[test]
fn many_fraction_bits_agree_in_z64() {
    holds(RingConfig { bits: 64, fraction_bits: 20 }, 4);
}

#[test]
fn operations_agree_in_z32() {
    holds(RingConfig::Z32, 8);
}

#[test]
fn operations_agree_in_z128() {
    holds(RingConfig::Z128, 8);
}

#[test]
fn many_fraction_bits_agree_in_z128() {
    holds(RingConfig { bits: 128, fraction_bits: 40 }, 8);
}
