//! Trains a network on MNIST among three parties: party 0 has the images, party 1 the labels, and
//! nobody sees the other's data or a trained weight. Party 0 draws the initial weights.
//!
//! `cargo run --release --example mnist_mlp` runs the parties as three threads, `-- --transport tcp` as three processes,
//! `-- --help` tells the rest. Begin to read at `model.rs`: it is what the parties compute.

mod cli;
mod data;
mod launch;
mod model;
mod progress;
mod report;
mod train;

use std::fs::File;
use std::process::ExitCode;

use spu::{Error, Session};

use cli::{Options, Transport};

fn main() -> ExitCode {
    let options = Options::from_command_line();
    if options.end_with_stdin {
        launch::end_with_stdin();
    }
    if let Err(problem) = check(&options) {
        eprintln!("error: {problem}");
        return ExitCode::from(2);
    }
    if options.transport == Some(Transport::Tcp) && options.party.is_none() {
        return launch::run(&options);
    }
    let report = match train::run(&options) {
        Ok(report) => report,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(if matches!(error, Error::Configuration(_)) { 2 } else { 1 });
        }
    };
    match report.map_or(Ok(()), |report| report.write(options.json.as_deref())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// What can be known to be impossible before anything starts.
fn check(options: &Options) -> Result<(), String> {
    if let Some(path) = &options.json {
        // What an earlier run wrote must not pass for this one's, should it fail.
        File::create(path).map_err(|e| format!("--json: {} cannot be written: {e}", path.display()))?;
    }
    if let Some(cpu) = options.cpu {
        spu::protocols::ring::set_cpu(cpu.into()).map_err(|e| format!("--cpu: {e}"))?;
    }
    Session::plain(&train::config(options)).map(drop).map_err(|e| e.to_string())
}
