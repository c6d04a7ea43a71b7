//! Asks a transformer which character comes next. Party 0 has the weights and never sees the prompt; party 1 has the prompt and never sees
//! the weights, and alone learns the answer. How long the prompt is, all parties know.
//!
//! `cargo run --release --example transformer_inference -- --prompt "the cat sat on th"`. What the parties compute stands in `model.rs`.

#[path = "../common/mod.rs"]
mod common;
mod model;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use serde::Serialize;
use spu::nn::init::Draws;
use spu::nn::weights;
use spu::prelude::*;

use common::parties::{self, Failure, PartyOptions};
use common::print::{by_party, say};
use model::{ALPHABET, CLIENT, LONGEST, Model, next_character};

/// Asks a transformer of one party for the character after a text of another, who alone learns it.
#[derive(Parser)]
#[command(name = "transformer_inference")]
struct Options {
    /// What party 1 asks about: letters from a to z and spaces; of the other parties' flag only the length is looked at
    #[arg(long, default_value = "the cat sat on th", value_parser = prompt)]
    prompt: String,
    /// Safetensors file of party 0's weights (default: drawn at random, and the answer is worth as much)
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Write the logits to this file (party 1 does)
    #[arg(long, value_name = "FILE")]
    logits: Option<PathBuf>,
    #[command(flatten)]
    parties: PartyOptions,
}

#[derive(Serialize)]
struct Report {
    prompt_length: usize,
    rounds: u64,
    bytes: [u64; 3],
}

fn main() -> ExitCode {
    let options: Options = parties::options(|options: &Options| &options.parties);
    parties::main(&options.parties, || run(&options))
}

fn run(options: &Options) -> Result<(), Failure> {
    let session = options.parties.open()?;
    let drawn = || Model::initial(&mut Draws::new(options.parties.seed)?);
    let owned = || options.weights.as_ref().map_or_else(drawn, |path| weights::load(path, Model::shape()));
    let model = session.input(Party(0), Model::shape(), owned)?;
    let characters: Vec<i64> = options.prompt.chars().filter_map(place).collect();
    let length = characters.len();
    let prompt = session.input(CLIENT, [length], || Ok(characters))?;

    let logits = next_character::run(&session, &model, &prompt)?.get();
    let cost = next_character::cost(&model, &prompt, &session.network())?;
    session.close()?;

    if let Some(logits) = logits {
        tell(&logits.elements.to_f64(), options.logits.as_deref())?;
    }
    if options.parties.speaks() {
        say!("{} rounds; sent {}", cost.rounds, by_party(cost.bytes));
    }
    options.parties.write_json(&Report { prompt_length: length, rounds: cost.rounds, bytes: cost.bytes })
}

/// What the client learns. On standard error, since of processes that were started together only party 0 is heard on the other.
fn tell(logits: &[f64], file: Option<&Path>) -> Result<(), Failure> {
    let best = logits.iter().zip(ALPHABET.chars()).max_by(|a, b| a.0.total_cmp(b.0));
    if let Some((_, character)) = best {
        eprintln!("the next character is {character:?}");
    }
    let Some(path) = file else { return Ok(()) };
    let written = serde_json::to_string(logits).map_err(|e| e.to_string());
    let written = written.and_then(|text| fs::write(path, text + "\n").map_err(|e| e.to_string()));
    written.map_err(|e| Failure::File(format!("cannot write {}: {e}", path.display())))
}

/// Where a character stands in the alphabet.
fn place(character: char) -> Option<i64> {
    ALPHABET.chars().position(|known| known == character).map(|place| place as i64)
}

/// For `value_parser`: a text that the model can read. What is wrong stays with whoever typed it.
fn prompt(text: &str) -> Result<String, String> {
    match text.chars().count() {
        1..=LONGEST if text.chars().all(|c| place(c).is_some()) => Ok(text.to_owned()),
        1..=LONGEST => Err("expected letters from a to z and spaces".into()),
        _ => Err(format!("expected 1 to {LONGEST} characters")),
    }
}
