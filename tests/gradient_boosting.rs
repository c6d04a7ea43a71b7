//! The example `gradient_boosting`: its trees against the same algorithm on real numbers.

mod common;
#[path = "../examples/gradient_boosting/table.rs"]
mod table;
#[path = "../examples/gradient_boosting/trees.rs"]
mod trees;

use common::{measured, refused};
use spu::prelude::*;

use table::{BINS, CANDIDATES, Table};
use trees::{DEPTH, PENALTY, RATE, add, count_right, grow};

const EXAMPLE: &str = "gradient_boosting";
const ROWS: usize = 240;
const KNOWN: usize = 180;
const TREES: usize = 3;
/// Of a table whose best gains lead clearly.
const SEED: u64 = 95;

/// Of n people at a leaf G errs by 4n units (functions.md: sigmoid, 4 units), and H + 1 by as much; |G|/(H + 1) is below n/H, which is
/// below 1/0.15 (asserted): half of G/(H + 1) errs by 2·n/H·(1 + n/H) < 103 units, and by 2^-16·n/H < 27 units of its division. Later
/// trees add at most as much again by what earlier margins err.
const BOUND: f64 = 130.0 * (1 << TREES) as f64 / (1 << 18) as f64;

fn tables() -> [Table; 2] {
    Table::draw(SEED, ROWS).split(KNOWN)
}

/// Boosting on real numbers, person by person and node by node.
struct Exact {
    known: Vec<f64>,
    new: Vec<f64>,
    /// The smallest lead of a best gain over the second: as long as errors are smaller, the same candidates are chosen.
    lead: f64,
    /// The smallest sum of second derivatives at a leaf, per person there.
    curvature: f64,
}

impl Exact {
    fn boost([known, new]: &[Table; 2]) -> Self {
        let below = |table: &Table| {
            let owners = [0, 1].map(|owner| table.below(owner, known));
            let row = |i: usize| owners.each_ref().map(|bits| &bits[i * CANDIDATES..(i + 1) * CANDIDATES]).concat();
            (0..table.labels.len()).map(row).collect::<Vec<_>>()
        };
        let (known_bits, new_bits) = (below(known), below(new));
        let zeros = |table: &Table| vec![0.0; table.labels.len()];
        let mut exact = Self { known: zeros(known), new: zeros(new), lead: f64::INFINITY, curvature: f64::INFINITY };
        for _ in 0..TREES {
            let derivatives = exact.known.iter().zip(&known.labels).map(|(margin, &label)| {
                let chance = 1.0 / (1.0 + (-margin).exp());
                [chance - label as f64, chance * (1.0 - chance)]
            });
            let derivatives: Vec<[f64; 2]> = derivatives.collect();
            exact.grow(0, &derivatives, &known_bits, (0..KNOWN).collect(), &new_bits, (0..ROWS - KNOWN).collect());
        }
        exact
    }

    /// Splits a node of these people, of both tables, or adds what a leaf adds.
    fn grow(
        &mut self,
        depth: usize,
        derivatives: &[[f64; 2]],
        known_bits: &[Vec<i64>],
        known: Vec<usize>,
        new_bits: &[Vec<i64>],
        new: Vec<usize>,
    ) {
        let sums = |people: &[usize]| [0, 1].map(|k| people.iter().map(|&i| derivatives[i][k]).sum::<f64>());
        if depth == DEPTH {
            let [slope, curvature] = sums(&known);
            if !known.is_empty() {
                self.curvature = self.curvature.min(curvature / known.len() as f64);
            }
            let leaf = -RATE * slope / (curvature + PENALTY);
            known.iter().for_each(|&i| self.known[i] += leaf);
            new.iter().for_each(|&i| self.new[i] += leaf);
            return;
        }
        let parted = |bits: &[Vec<i64>], people: &[usize], candidate: usize| -> [Vec<usize>; 2] {
            let (left, right) = people.iter().partition(|&&i| bits[i][candidate] == 1);
            [left, right]
        };
        let gain = |candidate: usize| {
            let sides = parted(known_bits, &known, candidate).map(|side| sums(&side));
            sides.iter().map(|[slope, curvature]| slope * slope / (curvature + PENALTY)).sum::<f64>()
        };
        let gains: Vec<f64> = (0..2 * CANDIDATES).map(gain).collect();
        let best = (0..gains.len()).max_by(|&a, &b| gains[a].total_cmp(&gains[b])).unwrap();
        let others = (0..gains.len()).filter(|&candidate| candidate != best);
        self.lead = others.map(|candidate| gains[best] - gains[candidate]).fold(self.lead, f64::min);
        for (known, new) in parted(known_bits, &known, best).into_iter().zip(parted(new_bits, &new, best)) {
            self.grow(depth + 1, derivatives, known_bits, known, new_bits, new);
        }
    }

    fn right(&self, new: &Table) -> usize {
        self.new.iter().zip(&new.labels).filter(|(margin, label)| (**margin > 0.0) == (**label == 1)).count()
    }
}

#[test]
fn margins_are_those_of_real_numbers() -> Result<(), Error> {
    let tables = tables();
    let exact = Exact::boost(&tables);
    assert!(exact.lead > 0.1 && exact.curvature > 0.15, "no test: {} {}", exact.lead, exact.curvature);

    let session = Session::local(&Config::default())?;
    let share = |table: &Table| {
        let rows = table.labels.len();
        let below = |owner| session.input(Party(owner), [rows, CANDIDATES], || Ok(table.below(owner, &tables[0])));
        let labels = session.input(Party(0), [rows], || Ok(table.labels.clone()))?;
        Ok::<_, Error>((below(0)?, below(1)?, labels, session.input(Party(0), [rows], || Ok(vec![0.0; rows]))?))
    };
    let (bank, shop, labels, mut known) = share(&tables[0])?;
    let (new_bank, new_shop, new_labels, mut new) = share(&tables[1])?;
    for _ in 0..TREES {
        let (tree, margins) = grow::run(&session, &bank, &shop, &labels, &known)?.split();
        new = add::run(&session, &tree, &new_bank, &new_shop, &new)?;
        known = margins;
    }

    for (margins, expected) in [(&known, &exact.known), (&new, &exact.new)] {
        for (found, expected) in session.reveal(margins)?.values().iter().zip(expected) {
            assert!((found - expected).abs() < BOUND, "{found} {expected}");
        }
    }
    assert_eq!(count_right::run(&session, &new, &new_labels)?.item() as usize, exact.right(&tables[1]));
    Ok(())
}

#[test]
fn threads_and_processes_are_right_as_often_as_real_numbers() {
    let tables = tables();
    let exact = Exact::boost(&tables);
    assert!(exact.lead > 0.1 && exact.new.iter().all(|margin| margin.abs() > BOUND), "no test: {}", exact.lead);
    let right = exact.right(&tables[1]);
    let defaults = tables[1].labels.iter().sum::<i64>() as usize;
    assert!(right > defaults.max(ROWS - KNOWN - defaults), "trees know more than the majority: {right} {defaults}");

    let [trees, rows, seed] = [TREES, ROWS, SEED as usize].map(|number| number.to_string());
    let flags = ["--trees", &trees, "--rows", &rows, "--data-seed", &seed];
    let threads = measured(EXAMPLE, &flags);
    assert_eq!(threads["right"], right);
    assert_eq!(threads["held_out"], ROWS - KNOWN);
    assert_eq!(threads["accuracy"], right as f64 / (ROWS - KNOWN) as f64);
    assert_eq!(measured(EXAMPLE, &[&flags[..], &["--transport", "tcp"]].concat()), threads);
}

#[test]
fn thresholds_part_the_training_rows_evenly() {
    let [known, _] = tables();
    for owner in [0, 1] {
        let bits = known.below(owner, &known);
        for candidate in 0..CANDIDATES {
            let below: i64 = (0..KNOWN).map(|row| bits[row * CANDIDATES + candidate]).sum();
            let part = candidate % (BINS - 1) + 1;
            assert_eq!(below as usize, part * KNOWN / BINS);
        }
    }
}

#[test]
fn impossible_numbers_are_refused() {
    refused(EXAMPLE, &["--trees", "0"], "--trees");
    refused(EXAMPLE, &["--rows", "31"], "--rows");
}
