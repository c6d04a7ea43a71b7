//! The example `transformer_inference`: its logits against the same model on real numbers, and who learns them.

mod common;
#[path = "../examples/transformer_inference/model.rs"]
mod model;

use std::collections::HashMap;
use std::fs;

use common::{Folder, errors, refused, run};
use serde_json::Value;
use spu::nn::init::Draws;
use spu::nn::weights;
use spu::prelude::*;

use model::{ALPHABET, CLIENT, LONGEST, Model, WIDTH, next_character};

const EXAMPLE: &str = "transformer_inference";
const PROMPT: &str = "the cat sat on th";
const HEADS: usize = 2;

type Rows = Vec<Vec<f64>>;

/// The model on real numbers, place by place.
struct Exact(HashMap<String, HostTensor>);

impl Exact {
    fn rows(&self, name: &str) -> Rows {
        let tensor = &self.0[name];
        let width = *tensor.shape.extents().last().unwrap();
        tensor.elements.to_f64().chunks(width).map(<[f64]>::to_vec).collect()
    }

    fn dense(&self, name: &str, x: &Rows) -> Rows {
        let (weight, bias) = (self.rows(&format!("{name}.weight")), self.rows(&format!("{name}.bias")).remove(0));
        let output = |row: &[f64], j: usize| bias[j] + row.iter().zip(&weight).map(|(x, w)| x * w[j]).sum::<f64>();
        x.iter().map(|row| (0..bias.len()).map(|j| output(row, j)).collect()).collect()
    }

    fn norm(&self, name: &str, x: &Rows) -> Rows {
        let [weight, bias] = ["weight", "bias"].map(|part| self.rows(&format!("{name}.{part}")).remove(0));
        let of_row = |row: &Vec<f64>| {
            let mean = row.iter().sum::<f64>() / row.len() as f64;
            let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / row.len() as f64;
            let scaled = row.iter().map(|x| (x - mean) / (variance + 1e-5).sqrt());
            scaled.zip(&weight).zip(&bias).map(|((x, w), b)| x * w + b).collect()
        };
        x.iter().map(of_row).collect()
    }

    fn attention(&self, name: &str, x: &Rows) -> Rows {
        let [query, key, value] = ["query", "key", "value"].map(|part| self.dense(&format!("{name}.{part}"), x));
        let head = WIDTH / HEADS;
        let mut seen = vec![vec![0.0; WIDTH]; x.len()];
        for from in (0..WIDTH).step_by(head) {
            let own = from..from + head;
            for (place, seen) in seen.iter_mut().enumerate() {
                let score = |other: usize| {
                    let product: f64 = own.clone().map(|j| query[place][j] * key[other][j]).sum();
                    (product / (head as f64).sqrt()).exp()
                };
                let scores: Vec<f64> = (0..=place).map(score).collect();
                let total: f64 = scores.iter().sum();
                for j in own.clone() {
                    seen[j] = scores.iter().zip(&value).map(|(score, value)| score / total * value[j]).sum();
                }
            }
        }
        self.dense(&format!("{name}.output"), &seen)
    }

    fn logits(&self, prompt: &str) -> Vec<f64> {
        let (characters, places) = (self.rows("characters.weight"), self.rows("places.weight"));
        let embedded = prompt.chars().zip(&places).map(|(character, place)| {
            let character = &characters[ALPHABET.find(character).unwrap()];
            character.iter().zip(place).map(|(a, b)| a + b).collect()
        });
        let mut x: Rows = embedded.collect();
        x = sum(&x, &self.attention("network.0.0.1", &self.norm("network.0.0.0", &x)));
        let mut hidden = self.dense("network.0.1.1", &self.norm("network.0.1.0", &x));
        let gelu = |x: f64| x * 0.5 * (1.0 + libm::erf(x / 2f64.sqrt()));
        hidden.iter_mut().flatten().for_each(|x| *x = gelu(*x));
        x = sum(&x, &self.dense("network.0.1.3", &hidden));
        self.dense("network.2", &self.norm("network.1", &x)).pop().unwrap()
    }
}

fn sum(a: &Rows, b: &Rows) -> Rows {
    a.iter().zip(b).map(|(a, b)| a.iter().zip(b).map(|(a, b)| a + b).collect()).collect()
}

/// Weights of which none is 0 or 1, as initial biases and factors of normalizations are.
fn trained() -> HostOf<Model> {
    let mut draws = Draws::seeded(7);
    let initial = Model::initial(&mut draws).unwrap();
    let leaves: HashMap<String, HostTensor> = initial.named().into_iter().collect();
    HostOf::filled(Model::shape(), |name, ty| {
        let moved =
            leaves[name].elements.to_f64().into_iter().zip(draws.normal(ty.shape.clone(), 0.1).elements.to_f64());
        Ok(HostTensor::fxp(ty.shape.clone(), moved.map(|(x, y)| x + y).collect()))
    })
    .unwrap()
}

/// The logits in a file, and the lines of a run with weights from a file.
fn ask(flags: &[&str]) -> (Option<Vec<f64>>, String, Value) {
    let folder = Folder::new();
    let [weights, logits, json] = ["model.safetensors", "logits.json", "report.json"].map(|name| folder.0.join(name));
    weights::save(&weights, &trained()).unwrap();
    let files = ["--weights", "--logits", "--json"].into_iter().zip([&weights, &logits, &json]);
    let files: Vec<&str> = files.flat_map(|(flag, path)| [flag, path.to_str().unwrap()]).collect();
    let output = run(EXAMPLE, &[&files[..], &["--prompt", PROMPT], flags].concat());
    assert!(output.status.success(), "{}", errors(&output));
    let read = |path| fs::read(path).ok().map(|text| serde_json::from_slice(&text).unwrap());
    (read(&logits).map(|v: Value| serde_json::from_value(v).unwrap()), errors(&output), read(&json).unwrap())
}

#[test]
fn logits_are_those_of_real_numbers_and_go_to_the_client() {
    let expected = Exact(trained().named().into_iter().collect()).logits(PROMPT);
    let best = (0..expected.len()).max_by(|&a, &b| expected[a].total_cmp(&expected[b])).unwrap();
    let told = format!("the next character is {:?}", ALPHABET.chars().nth(best).unwrap());

    let (threads, threads_said, threads_report) = ask(&[]);
    let (tcp, tcp_said, tcp_report) = ask(&["--transport", "tcp"]);
    for logits in [threads.unwrap(), tcp.unwrap()] {
        assert_eq!(logits.len(), expected.len());
        for (found, expected) in logits.iter().zip(&expected) {
            assert!((found - expected).abs() < BOUND, "{found} {expected}");
        }
    }
    assert_eq!(threads_said.trim(), told);
    assert_eq!(tcp_said.trim(), format!("party 1: {told}"), "nobody else knows");
    assert_eq!(threads_report, tcp_report);
    assert_eq!(tcp_report["prompt_length"], PROMPT.len());
}

/// Some thirty steps in a row err by up to 2^-15 of values below 4 (functions.md), each way alike: √30·4·2^-15 < 2^-10.
const BOUND: f64 = 1.0 / 1024.0;

#[test]
fn the_logits_are_all_that_is_disclosed() -> Result<(), Error> {
    let network = Session::local(&Config::default())?.network();
    let reveals = next_character::manifest(Model::shape(), [LONGEST], &network)?.reveals;
    let told: Vec<_> = reveals.iter().map(|reveal| (reveal.to, reveal.shape.extents().to_vec())).collect();
    assert_eq!(told, [(Some(CLIENT), vec![ALPHABET.len()])]);
    Ok(())
}

#[test]
fn texts_that_the_model_cannot_read_are_refused() {
    refused(EXAMPLE, &["--prompt", "Who?"], "--prompt");
    refused(EXAMPLE, &["--prompt", ""], "--prompt");
    refused(EXAMPLE, &["--prompt", &"a".repeat(LONGEST + 1)], "--prompt");
}

#[test]
fn weights_of_another_model_are_named_at_every_party() {
    let folder = Folder::new();
    let path = folder.0.join("other.safetensors");
    weights::save(&path, &HostOf::<(Tensor<Secret, Fxp>,)>::of(|| (Tensor::with_data(vec![1.0]),)).unwrap()).unwrap();
    let output = run(EXAMPLE, &["--weights", path.to_str().unwrap(), "--transport", "tcp"]);
    let text = errors(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let named = |line: &&str| line.contains("other.safetensors") && line.contains("characters.weight");
    assert_eq!(text.lines().filter(named).count(), 3, "{text}");
}
