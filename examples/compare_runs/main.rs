//! Compares trainings by the JSON that they wrote: how far their losses part, what they reached, and their curves in one picture.
//!
//! `cargo run --release --example compare_runs -- --svg losses.svg shared.json clear.json`

#[path = "../common/mod.rs"]
mod common;
#[path = "../training/curve.rs"]
mod curve;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use serde::Deserialize;

use common::parties::{Failure, finish};
use common::print::say;

/// Compares trainings of the same network from the same weights by the JSON that they wrote.
#[derive(Parser)]
#[command(name = "compare_runs")]
struct Options {
    /// What `--json` of the MNIST examples wrote; the first is compared with each other one
    #[arg(required = true, num_args = 2..)]
    runs: Vec<PathBuf>,
    /// Draw the losses of all into this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Fail if two losses of the same step differ by more
    #[arg(long, value_name = "X")]
    within: Option<f64>,
}

/// What is read of a report.
#[derive(Deserialize)]
struct Run {
    loss: Vec<Option<f64>>,
    test_accuracy: Option<f64>,
}

fn main() -> ExitCode {
    finish(compare(&Options::parse()))
}

fn compare(options: &Options) -> Result<(), Failure> {
    let named = |path: &PathBuf| Ok((name(path), read(path)?));
    let runs: Vec<(String, Run)> = options.runs.iter().map(named).collect::<Result<_, Failure>>()?;
    let (first, one) = &runs[0];
    say!("{first}: accuracy {}", percent(one.test_accuracy));
    for (second, other) in &runs[1..] {
        let pairs = one.loss.iter().zip(&other.loss).map(|(a, b)| a.zip(*b));
        let parted = pairs.enumerate().filter_map(|(step, pair)| pair.map(|(a, b)| (step, (a - b).abs())));
        let Some((step, most)) = parted.max_by(|a, b| a.1.total_cmp(&b.1)) else {
            return Err(Failure::File(format!("{first} and {second} have no step whose loss both tell")));
        };
        let accuracy = percent(other.test_accuracy);
        say!("{second}: accuracy {accuracy}; losses part by {most:.6} at most, in step {}", step + 1);
        if options.within.is_some_and(|bound| most > bound) {
            return Err(Failure::File(format!("the losses of {first} and {second} part by {most:.6}")));
        }
    }
    let Some(svg) = &options.svg else { return Ok(()) };
    let curves: Vec<_> = runs.iter().map(|(name, run)| (name.as_str(), run.loss.as_slice())).collect();
    curve::write(svg, "loss", &curves)
}

fn name(path: &Path) -> String {
    path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn read(path: &Path) -> Result<Run, Failure> {
    let text = fs::read(path).map_err(|e| Failure::File(format!("cannot read {}: {e}", path.display())))?;
    serde_json::from_slice(&text)
        .map_err(|e| Failure::File(format!("{} is not what --json writes: {e}", path.display())))
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "not tested".into(), |share| format!("{:.2} %", 100.0 * share))
}
