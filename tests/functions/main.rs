//! Functions under ABY3 on dense grids, in every ring: their documented errors hold, and so does the documentation's table of them.

mod document;
mod exponential;
mod grids;
mod list;
mod normalized;
mod quotients;
mod trigonometric;
mod world;

use std::fmt::Write;

use spu::accuracy;
use spu::prelude::*;

use grids::NumberFormat;

/// Every row of the list on 100 000 points or more, in one of the documented formats.
fn hold_in(index: usize) {
    let format = NumberFormat::of(index);
    let session = Session::local(&format.config()).unwrap();
    let mut failures = String::new();
    for row in list::rows() {
        let bound = accuracy::of(row.name).unwrap_or_else(|| panic!("{} is in the list", row.name)).error[index];
        let grid = (row.grid)(&format);
        assert!(grid[0].len() >= grids::POINTS && grid[0].len() == grid[1].len(), "{}", row.program_name);
        let found = (row.run)(&session, &grid).unwrap();
        let limits = limits(row.name);
        assert!(found.iter().all(|y| limits.contains(y)), "{} leaves {limits:?} in {format:?}", row.program_name);
        let exact = (row.exact)(&format, &grid);
        assert_eq!(found.len(), exact.len(), "{}", row.program_name);
        let per_result = grid[0].len() / exact.len();
        let (mut worst, mut at) = (0.0, 0);
        for (i, (&found, &exact)) in found.iter().zip(&exact).enumerate().filter(|(_, (_, exact))| !exact.is_nan()) {
            // The last bits of large results are beyond the `f64`s that are compared.
            let allowed = bound.allowed(exact, format.fraction_bits);
            let error = (found - exact).abs();
            let rounding = if allowed == 0.0 { 0.0 } else { 0.5f64.powi(52) * exact.abs() };
            let part = if error == 0.0 { 0.0 } else { error / (allowed + rounding) };
            if part > worst || part.is_nan() {
                (worst, at) = (part, i);
            }
        }
        let arguments = |i: usize| &grid[i][at * per_result..(at + 1) * per_result];
        let text = format!(
            "{:.3} of {bound} in 2^{} with {}, {}: {} for {} at {:?}, {:?}",
            worst,
            format.bits,
            format.fraction_bits,
            row.program_name,
            found[at],
            exact[at],
            arguments(0),
            arguments(1)
        );
        println!("{text}");
        if worst > 1.0 || worst.is_nan() {
            writeln!(failures, "{text}").unwrap();
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

/// What a function's results never leave.
fn limits(name: &str) -> std::ops::RangeInclusive<f64> {
    match name {
        "logistic, sigmoid" | "softmax of 10" => 0.0..=1.0,
        "tanh" | "erf" => -1.0..=1.0,
        _ => f64::NEG_INFINITY..=f64::INFINITY,
    }
}

#[test]
fn every_row_holds_in_the_ring_of_32_bits() {
    hold_in(0);
}

#[test]
fn every_row_holds_in_the_ring_of_64_bits() {
    hold_in(1);
}

#[test]
fn every_row_holds_in_the_ring_of_128_bits() {
    hold_in(2);
}

#[test]
fn every_row_holds_in_the_ring_of_128_bits_with_40() {
    hold_in(3);
}
