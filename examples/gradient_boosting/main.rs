//! Boosted trees that tell from what a bank and a shop know of the same people who will not pay back a loan. The bank (party 0) has
//! columns and the labels, the shop (party 1) other columns: one table, split by columns. Nobody sees the other's columns nor the trees;
//! what all parties learn is for how many people of a held-out quarter the trees are right.
//!
//! `cargo run --release --example gradient_boosting -- --trees 5`. What the parties compute stands in `trees.rs`.

#[path = "../common/mod.rs"]
mod common;
mod table;
mod trees;

use std::process::ExitCode;

use clap::Parser;
use serde::Serialize;
use spu::prelude::*;

use common::parties::{self, Failure, PartyOptions, at_least_one};
use common::print::{by_party, say};
use table::{CANDIDATES, Table};
use trees::{Below, Margins, add, count_right, grow};

/// Boosts secret trees on columns of two parties, and tells how often they are right on people whom they have not seen.
#[derive(Parser)]
#[command(name = "gradient_boosting")]
struct Options {
    /// How many trees
    #[arg(long, value_name = "N", default_value = "5", allow_negative_numbers = true, value_parser = at_least_one)]
    trees: u64,
    /// How many people; a quarter of them is held out
    #[arg(long, value_name = "N", default_value = "1000", allow_negative_numbers = true, value_parser = rows)]
    rows: usize,
    /// Draw another table
    #[arg(long, value_name = "N", default_value = "1", allow_negative_numbers = true)]
    data_seed: u64,
    #[command(flatten)]
    parties: PartyOptions,
}

#[derive(Serialize)]
struct Report {
    right: u64,
    held_out: usize,
    accuracy: f64,
    rounds_per_tree: u64,
    bytes_per_tree: [u64; 3],
}

/// What the parties hold of some people.
struct People {
    bank: Shared<Below>,
    shop: Shared<Below>,
    labels: Shared<Tensor<Secret, Int>>,
    margins: Shared<Margins>,
}

impl People {
    fn input(session: &Session, table: &Table, known: &Table) -> Result<Self, Error> {
        let rows = table.labels.len();
        let below = |owner: usize| session.input(Party(owner), [rows, CANDIDATES], || Ok(table.below(owner, known)));
        Ok(Self {
            bank: below(0)?,
            shop: below(1)?,
            labels: session.input(Party(0), [rows], || Ok(table.labels.clone()))?,
            margins: session.input(Party(0), [rows], || Ok(vec![0.0; rows]))?,
        })
    }
}

fn main() -> ExitCode {
    let options: Options = parties::options(|options: &Options| &options.parties);
    parties::main(&options.parties, || run(&options))
}

fn run(options: &Options) -> Result<(), Failure> {
    let session = options.parties.open()?;
    let [known, new] = Table::draw(options.data_seed, options.rows).split(options.rows - options.rows / 4);
    let mut seen = People::input(&session, &known, &known)?;
    let mut unseen = People::input(&session, &new, &known)?;
    for _ in 0..options.trees {
        let (tree, margins) = grow::run(&session, &seen.bank, &seen.shop, &seen.labels, &seen.margins)?.split();
        seen.margins = margins;
        unseen.margins = add::run(&session, &tree, &unseen.bank, &unseen.shop, &unseen.margins)?;
    }
    let right = count_right::run(&session, &unseen.margins, &unseen.labels)?.item();
    let cost = grow::cost(&seen.bank, &seen.shop, &seen.labels, &seen.margins, &session.network())?;
    session.close()?;

    let held_out = new.labels.len();
    let accuracy = right / held_out as f64;
    if options.parties.speaks() {
        say!("right for {right} of {held_out} people who were held out: {:.1} %", 100.0 * accuracy);
        say!("{} rounds to grow a tree; sends {}", cost.rounds, by_party(cost.bytes));
    }
    let (rounds_per_tree, bytes_per_tree) = (cost.rounds, cost.bytes);
    options.parties.write_json(&Report { right: right as u64, held_out, accuracy, rounds_per_tree, bytes_per_tree })
}

/// For `value_parser`: a number of people.
fn rows(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if (32..=1_000_000).contains(&n) => Ok(n),
        _ => Err("expected a whole number from 32 to 1000000".into()),
    }
}
