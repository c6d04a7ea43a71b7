//! Two owners of different columns about the same patients train a logistic regression: a clinic (party 0) and a laboratory (party 1), which
//! also knows the diagnoses. Nobody sees the other's columns, the weights or a prediction. All learn how good the model is on patients that it
//! has not seen.
//!
//! `cargo run --release --example logistic_regression -- --epochs 5`. Begin to read at `model.rs`: it is what the parties compute.

#[path = "../common/mod.rs"]
mod common;
mod data;
mod model;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use serde::Serialize;
use spu::nn::data::take_rows;
use spu::prelude::*;

use common::parties::{self, Failure, PartyOptions, at_least_one};
use common::print::{by_party, say};
use data::Data;
use model::{test, train_step};

/// Trains a logistic regression on columns of two parties, and tells its AUC on held-out rows.
#[derive(Parser)]
#[command(name = "logistic_regression")]
struct Options {
    /// How often to go through the rows
    #[arg(long, value_name = "N", default_value = "5", allow_negative_numbers = true, value_parser = at_least_one)]
    epochs: u64,
    /// Rows per step
    #[arg(long, value_name = "N", default_value = "32", allow_negative_numbers = true, value_parser = at_least_one)]
    batch: u64,
    /// Folder of `clinic.csv`, which party 0 reads, and of `laboratory.csv`, which party 1 reads
    #[arg(long, value_name = "FOLDER", default_value = DATA)]
    data: PathBuf,
    #[command(flatten)]
    parties: PartyOptions,
}

#[derive(Serialize)]
struct Report {
    auc: f64,
    columns: usize,
    train_rows: usize,
    held_out_rows: usize,
    steps: u64,
    rounds_per_step: u64,
    bytes_per_step: [u64; 3],
    rounds: u64,
    bytes: [u64; 3],
}

fn main() -> ExitCode {
    let options: Options = parties::options(|options: &Options| &options.parties);
    parties::main(&options.parties, || run(&options))
}

fn run(options: &Options) -> Result<(), Failure> {
    let session = options.parties.open()?;
    // Shuffles are public: every party draws the same ones.
    let seed = options.parties.seed.unwrap_or(0);
    let batch = usize::try_from(options.batch).unwrap_or(usize::MAX);
    let data = Data::load(&session, &options.data, seed)?;
    let take = |rows: &[usize]| {
        let x = take_rows(&session, &data.features, rows.iter().copied())?;
        Ok::<_, Error>((x, take_rows(&session, &data.labels, rows.iter().copied())?))
    };

    let mut state = session.input(Party(0), model::training(data.columns), || model::initial(data.columns))?;
    let (mut steps, mut cost) = (0, None);
    for epoch in 1..=options.epochs {
        for rows in data.epoch(seed, epoch).chunks(batch) {
            let (x, y) = take(rows)?;
            if cost.is_none() {
                cost = Some(train_step::cost(&state, &x, &y, &session.network())?);
            }
            state = train_step::run(&session, &state, &x, &y)?;
            steps += 1;
        }
    }
    let (x, y) = take(&data.held_out)?;
    let auc = test::run(&session, &state.part(|state| state.weights)?, &x, &y)?.item();
    let traffic = session.gather_traffic()?;
    session.close()?;

    let step = cost.unwrap_or_default();
    if options.parties.speaks() {
        say!("{} columns of two parties, {} rows to train on, {steps} steps", data.columns, data.train.len());
        say!("AUC {auc:.4} on {} held-out rows", data.held_out.len());
        say!("a step: {} rounds; sent {}", step.rounds, by_party(step.bytes));
        say!("in all: {} rounds; sent {}", traffic.rounds, by_party(traffic.bytes));
    }
    options.parties.write_json(&Report {
        auc,
        columns: data.columns,
        train_rows: data.train.len(),
        held_out_rows: data.held_out.len(),
        steps,
        rounds_per_step: step.rounds,
        bytes_per_step: step.bytes,
        rounds: traffic.rounds,
        bytes: traffic.bytes,
    })
}

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/breast_cancer");
