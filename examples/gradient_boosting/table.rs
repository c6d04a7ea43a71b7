//! A table of which a bank and a shop each have some columns of the same people, in the same order; drawn from a seed so that
//! everybody can repeat the run. In earnest each party would read its own file.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;

/// Columns that each of both owners has.
pub(crate) const COLUMNS: usize = 3;

/// Parts of equal size into which an owner cuts a column.
pub(crate) const BINS: usize = 8;

/// Candidates for a split that each owner contributes.
pub(crate) const CANDIDATES: usize = COLUMNS * (BINS - 1);

/// Some rows of the table, whole.
pub(crate) struct Table {
    /// The columns of the bank, then those of the shop: numbers from 0 to 1.
    pub(crate) columns: [Vec<f64>; 2 * COLUMNS],
    /// Whether a loan was not paid back: 0 or 1.
    pub(crate) labels: Vec<i64>,
}

impl Table {
    /// `rows` people.
    pub(crate) fn draw(seed: u64, rows: usize) -> Self {
        let mut draws = ChaCha20Rng::seed_from_u64(seed);
        let columns: [Vec<f64>; 2 * COLUMNS] =
            std::array::from_fn(|_| (0..rows).map(|_| draws.random_range(0.0..1.0)).collect());
        let risk = |row: usize| {
            let [x0, x1, _, x3, x4, _] = std::array::from_fn(|column| columns[column][row]);
            let holds = |condition: bool| f64::from(u8::from(condition));
            3.0 * holds(x0 > 0.6) + 3.0 * holds(x3 < 0.35) - 3.0 * holds(x1 > 0.4 && x4 > 0.5) - 1.2
        };
        let labels =
            (0..rows).map(|row| i64::from(draws.random_bool(1.0 / (1.0 + (-2.0 * risk(row)).exp())))).collect();
        Self { columns, labels }
    }

    /// The first `rows` people and the others.
    pub(crate) fn split(self, rows: usize) -> [Self; 2] {
        let Self { columns, labels } = self;
        let part = |range: std::ops::Range<usize>| Self {
            columns: columns.each_ref().map(|column| column[range.clone()].to_vec()),
            labels: labels[range].to_vec(),
        };
        [part(0..rows), part(rows..labels.len())]
    }

    /// What an owner (0 or 1) gives of its columns `[people, candidates]`, row by row: whether a value lies below a threshold, 1 or 0.
    /// Thresholds cut the owner's column in `known`, the training rows, into parts of equal size. They never leave the owner.
    pub(crate) fn below(&self, owner: usize, known: &Self) -> Vec<i64> {
        let own = owner * COLUMNS..(owner + 1) * COLUMNS;
        let thresholds: Vec<Vec<f64>> = known.columns[own.clone()].iter().map(|column| quantiles(column)).collect();
        let of_row = |row: usize| {
            let columns = self.columns[own.clone()].iter().zip(&thresholds);
            columns.flat_map(move |(x, thresholds)| thresholds.iter().map(move |t| i64::from(x[row] < *t)))
        };
        (0..self.labels.len()).flat_map(of_row).collect()
    }
}

/// The `BINS − 1` values that cut a column into parts of equal size.
fn quantiles(column: &[f64]) -> Vec<f64> {
    let mut sorted = column.to_vec();
    sorted.sort_by(f64::total_cmp);
    (1..BINS).map(|part| sorted[part * sorted.len() / BINS]).collect()
}
