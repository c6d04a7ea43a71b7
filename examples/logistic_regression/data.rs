//! Who holds which columns, and how they meet.

use std::path::Path;

use spu::nn::data::{Dataset, Normalization, Source, Table, Unmatched, shuffled};
use spu::prelude::*;

use crate::model::{Features, Labels};

/// Who has `clinic.csv`.
const CLINIC: Party = Party(0);

/// Who has `laboratory.csv`, and with it the diagnoses.
const LABORATORY: Party = Party(1);

/// Shares of all rows, and which of them to train on.
pub(crate) struct Data {
    pub(crate) features: Shared<Features>,
    pub(crate) labels: Shared<Labels>,
    pub(crate) columns: usize,
    pub(crate) train: Vec<usize>,
    pub(crate) held_out: Vec<usize>,
}

impl Data {
    /// Each owner reads its own file. Both name the columns that they share, and tell their keys; which row is whose is known by those, and what
    /// stands in the rows by nobody.
    pub(crate) fn load(session: &Session, folder: &Path, seed: u64) -> Result<Self, Error> {
        let clinic = Source::new(CLINIC, || {
            let table = Table::read(folder.join("clinic.csv"))?;
            standardized(table, ["id"])
        });
        let laboratory = Source::new(LABORATORY, || {
            let table = Table::read(folder.join("laboratory.csv"))?;
            standardized(table.classify(LABEL, ["benign", "malignant"])?, ["id", LABEL])
        });
        let data = Dataset::aligned(session, "id", Unmatched::Refuse, [clinic, laboratory])?;

        let columns: Vec<&str> = data.columns().into_iter().filter(|&name| name != LABEL).collect();
        let features = data.features(session, &columns, 0..data.rows())?;
        let labels = data.labels(session, LABEL, 2, 0..data.rows())?;
        let mut train = shuffled(data.rows(), seed, 0);
        let held_out = train.split_off(data.rows() - data.rows() / HELD_OUT);
        if held_out.is_empty() {
            let problem = format!("expected {HELD_OUT} rows or more, of which one is held out, found {}", data.rows());
            return Err(Error::data("clinic.csv and laboratory.csv", None, problem));
        }
        Ok(Self { features, labels, columns: columns.len(), train, held_out })
    }

    /// The rows to train on in another public order for each epoch, the first of which is 1.
    pub(crate) fn epoch(&self, seed: u64, epoch: u64) -> Vec<usize> {
        shuffled(self.train.len(), seed, epoch).into_iter().map(|i| self.train[i]).collect()
    }
}

/// Every column but `others` with mean 0 and deviation 1. What they were before, the owner tells nobody.
fn standardized<const N: usize>(table: Table, others: [&str; N]) -> Result<Table, Error> {
    let names: Vec<String> = table.names().filter(|name| !others.contains(name)).map(str::to_owned).collect();
    let normalization = Normalization::standard(&table, &names)?;
    table.normalize(&normalization)
}

const LABEL: &str = "diagnosis";

/// One row in so many is held out.
const HELD_OUT: usize = 4;
