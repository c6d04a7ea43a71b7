//! Groups the points of two parties, who show them to nobody: k-means by the iterations of Lloyd (IEEE Trans. Inf. Theory 28(2), 1982).
//! Parties 0 and 1 have points (one table, split by rows); what all parties learn is where the centres lie in the end.
//!
//! `cargo run --release --example kmeans -- --clusters 4 --iterations 8`

#[path = "../common/mod.rs"]
mod common;
mod lloyd;
mod points;

use std::process::ExitCode;

use clap::Parser;
use serde::Serialize;
use spu::prelude::*;

use common::parties::{self, Failure, PartyOptions, at_least_one};
use common::print::{by_party, say};
use lloyd::{kmeans, start_rows};
use points::DIMENSIONS;

/// Groups the secret points of two parties and tells where the centres of the groups lie.
#[derive(Parser)]
#[command(name = "kmeans")]
struct Options {
    /// How many groups
    #[arg(long, value_name = "K", default_value = "4", allow_negative_numbers = true, value_parser = clusters)]
    clusters: usize,
    /// How often the centres move
    #[arg(long, value_name = "N", default_value = "8", allow_negative_numbers = true, value_parser = at_least_one)]
    iterations: u64,
    /// How many points party 0 and party 1 have each
    #[arg(long, value_name = "N", default_value = "200", allow_negative_numbers = true, value_parser = points_each)]
    points: usize,
    /// Draw other points
    #[arg(long, value_name = "N", default_value = "1", allow_negative_numbers = true)]
    data_seed: u64,
    #[command(flatten)]
    parties: PartyOptions,
}

#[derive(Serialize)]
struct Report {
    centres: Vec<Vec<f64>>,
    rounds: u64,
    bytes: [u64; 3],
}

fn main() -> ExitCode {
    let options: Options = parties::options(|options: &Options| &options.parties);
    parties::main(&options.parties, || run(&options))
}

fn run(options: &Options) -> Result<(), Failure> {
    let Options { clusters, points, data_seed, .. } = *options;
    let session = options.parties.open()?;
    // The number of points is public; the points are drawn at their owner alone.
    let owned = |party| {
        let points = || Ok(points::draw(data_seed, party, points, clusters));
        session.input(Party(party), [options.points, DIMENSIONS], points)
    };
    let (alice, bob) = (owned(0)?, owned(1)?);
    let start = Shared::public(start_rows(2 * points, clusters));

    let centres = kmeans::run(&session, &alice, &bob, &start, options.iterations)?.to_host();
    let cost = kmeans::cost(&alice, &bob, &start, options.iterations, &session.network())?;
    session.close()?;

    let centres: Vec<Vec<f64>> = centres.elements.to_f64().chunks(DIMENSIONS).map(<[f64]>::to_vec).collect();
    if options.parties.speaks() {
        for centre in &centres {
            say!("centre at ({:.4}, {:.4})", centre[0], centre[1]);
        }
        say!("{} rounds; sent {}", cost.rounds, by_party(cost.bytes));
    }
    options.parties.write_json(&Report { centres, rounds: cost.rounds, bytes: cost.bytes })
}

/// For `value_parser`: a number of groups.
fn clusters(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(k) if (1..=100).contains(&k) => Ok(k),
        _ => Err("expected a whole number from 1 to 100".into()),
    }
}

/// For `value_parser`: a number of points. At least as many as there can be groups, which begin at different points.
fn points_each(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if (100..=1_000_000).contains(&n) => Ok(n),
        _ => Err("expected a whole number from 100 to 1000000".into()),
    }
}
