//! Who of two millionaires is richer, and nothing else (Yao, 1982). Party 0 and party 1 each know their own fortune; party 2
//! helps to compute and learns no more than they do.
//!
//! `cargo run --release --example millionaires -- --alice 1000000 --bob 2500000`

#[path = "../common/mod.rs"]
mod common;

use std::process::ExitCode;

use clap::Parser;
use serde::Serialize;
use spu::prelude::*;

use common::parties::{self, Failure, PartyOptions};
use common::print::say;

/// Tells who of two parties is richer, without telling how rich anybody is.
#[derive(Parser)]
#[command(name = "millionaires")]
struct Options {
    /// What party 0 owns: any integer that the ring holds; the other parties' value of this flag is never looked at
    #[arg(long, default_value = "1000000", allow_negative_numbers = true)]
    alice: i64,
    /// What party 1 owns
    #[arg(long, default_value = "2500000", allow_negative_numbers = true)]
    bob: i64,
    #[command(flatten)]
    parties: PartyOptions,
}

/// Whether the first owns less than the second: all that is disclosed.
#[spu_fn]
fn is_poorer(alice: Tensor<Secret, Int>, bob: Tensor<Secret, Int>) -> Tensor<Public, Bool> {
    alice.lt(bob).reveal()
}

#[derive(Serialize)]
struct Report {
    alice_is_poorer: bool,
    rounds: u64,
    bytes: [u64; 3],
}

fn main() -> ExitCode {
    let options: Options = parties::options(|options: &Options| &options.parties);
    parties::main(&options.parties, || run(&options))
}

fn run(options: &Options) -> Result<(), Failure> {
    let session = options.parties.open()?;
    let alice = session.input(Party(0), [], || Ok(options.alice)).map_err(|e| e.with_source("--alice"))?;
    let bob = session.input(Party(1), [], || Ok(options.bob)).map_err(|e| e.with_source("--bob"))?;
    let alice_is_poorer = is_poorer::run(&session, &alice, &bob)?.item() != 0.0;
    let cost = is_poorer::cost(&alice, &bob, &session.network())?;
    session.close()?;

    if options.parties.speaks() {
        say!("{}", if alice_is_poorer { "Bob is richer" } else { "Bob is not richer than Alice" });
        say!("{} rounds; {} bytes sent by the three parties", cost.rounds, cost.bytes.iter().sum::<u64>());
    }
    options.parties.write_json(&Report { alice_is_poorer, rounds: cost.rounds, bytes: cost.bytes })
}
