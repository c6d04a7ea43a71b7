//! Trains a convolutional network on MNIST among three parties: party 0 has the images, party 1 the labels, and
//! nobody sees the other's data or a trained weight. Party 0 draws the initial weights.
//!
//! `cargo run --release --example mnist_cnn -- --network d --steps 10`; `-- --help` tells the rest. What the parties compute stands in
//! `../training/tasks.rs`, the networks in `spu::nn::networks`.

#[path = "../common/mod.rs"]
mod common;
#[path = "../training/mod.rs"]
mod training;

use std::process::ExitCode;

use clap::Parser;

use common::parties;
use training::options::{NetworkName, OptimizerName, TrainOptions};
use training::train;

/// Trains a convolutional network on MNIST among three parties, none of whom sees another's data or a trained weight.
#[derive(Parser)]
#[command(name = "mnist_cnn")]
struct Options {
    /// Which network: b (MiniONN), c (LeNet), d (Chameleon), or a, which has no convolution
    #[arg(long, value_enum, default_value = "d", ignore_case = true)]
    network: NetworkName,
    /// How weights follow gradients
    #[arg(long, value_enum, default_value = "sgd")]
    optimizer: OptimizerName,
    #[command(flatten)]
    training: TrainOptions,
}

fn main() -> ExitCode {
    let options: Options = parties::options(|options: &Options| &options.training.parties);
    let Options { network, optimizer, training } = &options;
    parties::main(&training.parties, || train::train_and_report(*network, *optimizer, training))
}
