//! A row of the table: what was measured, beside what was published.

use serde::{Deserialize, Serialize};

use crate::common::parties::name_of;
use crate::common::print::{peak_memory, say};
use crate::published::{Figures, published};
use crate::training::options::{NetworkName, OptimizerName};
use crate::training::real;

/// What a training reports that goes into the table.
#[derive(Serialize, Deserialize)]
pub(crate) struct Report {
    step_seconds: Vec<f64>,
    pub(crate) loss: Vec<Option<f64>>,
    rounds_per_step: u64,
    bytes_per_step: [u64; 3],
    test_accuracy: Option<f64>,
    peak_memory_bytes: u64,
}

impl From<real::Outcome> for Report {
    /// Nothing is sent in the clear.
    fn from(outcome: real::Outcome) -> Self {
        Self {
            step_seconds: outcome.seconds,
            loss: outcome.losses,
            rounds_per_step: 0,
            bytes_per_step: [0; 3],
            test_accuracy: outcome.accuracy,
            peak_memory_bytes: peak_memory(),
        }
    }
}

/// A row as it is written: seconds are a median over the steps but the first, which compiles; megabytes are 10^6 bytes; the
/// traffic is that of the party that sends most, memory that of all three, accuracy in percent.
#[derive(Serialize)]
pub(crate) struct Row {
    network: String,
    optimizer: String,
    seconds_per_batch: f64,
    rounds: u64,
    mb_per_party: f64,
    peak_memory_mb: f64,
    accuracy: Option<f64>,
    #[serde(skip)]
    published: Figures,
}

impl Row {
    pub(crate) fn new(network: NetworkName, optimizer: OptimizerName, report: &Report) -> Self {
        let mut seconds =
            report.step_seconds.get(1..).filter(|rest| !rest.is_empty()).unwrap_or(&report.step_seconds).to_vec();
        seconds.sort_by(f64::total_cmp);
        Self {
            network: name_of(network),
            optimizer: name_of(optimizer),
            seconds_per_batch: seconds.get(seconds.len() / 2).copied().unwrap_or_default(),
            rounds: report.rounds_per_step,
            mb_per_party: report.bytes_per_step.into_iter().max().unwrap_or_default() as f64 / 1e6,
            peak_memory_mb: report.peak_memory_bytes as f64 / 1e6,
            accuracy: report.test_accuracy.map(|share| 100.0 * share),
            published: published(network, optimizer),
        }
    }

    /// Prints the row, with the published figures of a local or a wide-area network.
    pub(crate) fn print(&self, wan: bool) {
        let Self { network, optimizer, seconds_per_batch, rounds, mb_per_party, peak_memory_mb, .. } = self;
        let accuracy = self.accuracy.map_or_else(|| "–".into(), |percent| format!("{percent:.2}"));
        let seconds = if wan { self.published.wan } else { self.published.lan };
        say!(
            "{network:<3} {optimizer:<8} {accuracy:>6} {seconds_per_batch:>9.3} {rounds:>6} {mb_per_party:>8.1} {peak_memory_mb:>7.0}   {}   {}",
            self.published.accuracy,
            seconds
        );
    }
}

/// Prints what the columns are.
pub(crate) fn print_head(wan: bool) {
    let network = if wan { "WAN" } else { "LAN" };
    say!(
        "                          this machine                       published: accuracy (%)       published: s per batch, {network}"
    );
    say!("net optimizer accu.  s/batch   rounds  MB/party  MB mem    M / T / C / S                 M / T / C / S");
}

/// Prints how to read the table, of rows that were measured on `machine`.
pub(crate) fn print_foot(machine: &str) {
    say!("this machine: {machine}");
    say!(
        "published (USENIX ATC 2023, three servers): M MP-SPDZ, T TF Encrypted, C CrypTen, S SPU; a guide to ratios, not to be"
    );
    say!("compared with times measured elsewhere; ? could not be read with certainty");
}
