//! Trains a network on MNIST among three parties: party 0 has the images, party 1 the labels, and
//! nobody sees the other's data or a trained weight. Party 0 draws the initial weights.
//!
//! `cargo run --release --example mnist_mlp` runs the parties as three threads, `-- --transport tcp` as three processes,
//! `-- --help` tells the rest. Begin to read at `../training/tasks.rs`: it is what the parties compute.

#[path = "../common/mod.rs"]
mod common;
#[path = "../training/mod.rs"]
mod training;

use std::process::ExitCode;

use clap::Parser;

use common::parties;
use training::options::{NetworkName, OptimizerName, TrainOptions};
use training::train;

/// Trains a 784-128-128-10 network on MNIST among three parties, none of whom sees another's data or a trained weight.
#[derive(Parser)]
#[command(name = "mnist_mlp")]
struct Options {
    /// How weights follow gradients
    #[arg(long, value_enum, default_value = "sgd")]
    optimizer: OptimizerName,
    #[command(flatten)]
    training: TrainOptions,
}

fn main() -> ExitCode {
    let options: Options = parties::options(|options: &Options| &options.training.parties);
    let Options { optimizer, training } = &options;
    parties::main(&training.parties, || train::train_and_report(NetworkName::A, *optimizer, training))
}
