//! The table of the SPU paper (USENIX ATC 2023) for this machine: four networks, three optimizers, accuracy, seconds, rounds,
//! traffic and memory of a training step, beside the published figures of four systems.
//!
//! `cargo run --release --example table1 -- --networks a,d --optimizers sgd --network-profile loopback --steps 5`

#[path = "../common/mod.rs"]
mod common;
mod published;
mod row;
#[path = "../training/mod.rs"]
mod training;

use std::ffi::OsString;
use std::fs;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use spu::Error;

use common::launch::{self, Output};
use common::parties::{self, Failure, PartyOptions, Transport, name_of, place};
use row::{Report, Row};
use training::options::{NetworkName, OptimizerName, TrainOptions};
use training::tasks::{self, Task, Visitor};
use training::{curve, real, train};

/// Prints accuracy, seconds, rounds, traffic and memory of training steps, for the benchmark's networks and optimizers.
#[derive(Parser, Clone, Debug)]
#[command(name = "table1", args_override_self = true)]
struct Options {
    /// Which networks
    #[arg(long, value_enum, value_delimiter = ',', default_value = "a,b,c,d", ignore_case = true)]
    networks: Vec<NetworkName>,
    /// Which optimizers
    #[arg(long, value_enum, value_delimiter = ',', default_value = "sgd,adam,amsgrad")]
    optimizers: Vec<OptimizerName>,
    /// What the links between three processes of this machine look like
    #[arg(long, value_enum, default_value = "loopback", conflicts_with_all = ["latency_ms", "bandwidth_mbps"])]
    network_profile: Profile,
    /// Train on real numbers (f64) in the clear, without any party
    #[arg(long, conflicts_with_all = ["plain", "party", "transport"])]
    real: bool,
    /// Be the process, or a party, of this network's training
    #[arg(long, value_enum, hide = true)]
    cell_network: Option<NetworkName>,
    /// Be the process, or a party, of a training by this optimizer
    #[arg(long, value_enum, hide = true)]
    cell_optimizer: Option<OptimizerName>,
    #[command(flatten)]
    training: TrainOptions,
}

/// A kind of network between the parties.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum Profile {
    /// Sockets of this machine as they are.
    Loopback,
    /// 0.05 ms one way, 10.1 Gbit/s from each party.
    Lan,
    /// 20 ms one way, 300 Mbit/s from each party.
    Wan,
}

impl Options {
    /// What the rows were measured on.
    fn machine(&self) -> String {
        let PartyOptions { plain, transport, latency_ms, bandwidth_mbps, .. } = self.training.parties;
        let parties = match transport {
            _ if self.real => return "real numbers (f64) in the clear, in one process".into(),
            _ if plain => return "the same program in the clear, in one process".into(),
            Some(Transport::Threads) => "three threads of one process",
            _ => "three processes on loopback sockets",
        };
        let rate = bandwidth_mbps.map(|rate| format!("{rate} Mbit/s from each party"));
        let delay = Some(format!("{latency_ms} ms one way")).filter(|_| latency_ms > 0.0);
        [Some(parties.to_owned()), delay, rate].into_iter().flatten().collect::<Vec<_>>().join("; ")
    }
}

impl Profile {
    /// Milliseconds one way, and megabits a second.
    fn shape(self) -> Option<(f64, f64)> {
        match self {
            Self::Loopback => None,
            Self::Lan => Some((0.05, 10_100.0)),
            Self::Wan => Some((20.0, 300.0)),
        }
    }
}

fn main() -> ExitCode {
    let mut options: Options = parties::options(|options: &Options| &options.training.parties);
    let training = &mut options.training;
    if training.steps.is_none() && training.epochs.is_none() {
        training.steps = Some(DEFAULT_STEPS);
    }
    if let Some((latency, bandwidth)) = options.network_profile.shape() {
        training.parties.latency_ms = latency;
        training.parties.bandwidth_mbps = Some(bandwidth);
    }
    if let (Some(network), Some(optimizer)) = (options.cell_network, options.cell_optimizer) {
        return parties::main(&training.parties, || match options.real {
            true => train_on_real_numbers(network, optimizer, training),
            false => train::train_and_report(network, optimizer, training),
        });
    }
    // Processes are started for each cell, not for the table.
    let here = PartyOptions { transport: None, ..training.parties.clone() };
    parties::main(&here, || table(&options))
}

/// Measures every cell and prints its row as soon as it is known.
fn table(options: &Options) -> Result<(), Failure> {
    let wan = options.network_profile == Profile::Wan;
    row::print_head(wan);
    let (mut rows, mut curves) = (Vec::new(), Vec::new());
    for &network in &options.networks {
        for &optimizer in &options.optimizers {
            let report = measure(options, network, optimizer)?;
            let row = Row::new(network, optimizer, &report);
            row.print(wan);
            rows.push(row);
            curves.push((format!("{} ({})", name_of(network), name_of(optimizer)), report.loss));
            options.training.parties.write_json(&rows)?;
            if let Some(path) = options.training.parties.json_file() {
                let curves: Vec<_> = curves.iter().map(|(name, loss)| (name.as_str(), loss.as_slice())).collect();
                curve::write(&path.with_extension("svg"), "loss", &curves)?;
            }
        }
    }
    row::print_foot(&options.machine());
    Ok(())
}

/// Trains one network by one optimizer in processes of its own, whose memory is that of this cell alone: three, or one on request.
fn measure(options: &Options, network: NetworkName, optimizer: OptimizerName) -> Result<Report, Failure> {
    // Party 0 also draws a curve beside its report.
    let folder = tempfile::tempdir().map_err(|e| Failure::File(format!("no temporary folder: {e}")))?;
    let file = folder.path().join("report.json");
    let cell = [("--cell-network", name_of(network)), ("--cell-optimizer", name_of(optimizer))];
    let cell = cell.into_iter().flat_map(|(flag, value)| [flag.into(), value.into()]);
    let json = ["--json".into(), file.clone().into()];
    let child: Vec<OsString> = std::env::args_os().skip(1).chain(cell).chain(json).collect();
    let with = |flags: &[String]| child.iter().cloned().chain(flags.iter().map(OsString::from)).collect();
    let PartyOptions { plain, transport, .. } = options.training.parties;
    let code = match options.real || plain || transport == Some(Transport::Threads) {
        true => launch::run_each(Output::Quiet, vec![with(&[parties::END_WITH_STDIN.into()])]),
        false => launch::run(Output::Quiet, |party, peers| with(&place(party, peers))),
    };
    if code != ExitCode::SUCCESS {
        let (network, optimizer) = (name_of(network), name_of(optimizer));
        let problem = format!("network {network} with {optimizer} failed: see what its processes said");
        return Err(Failure::Parties(problem, code));
    }
    let text = fs::read(file).map_err(|e| Failure::File(format!("cannot read what was measured: {e}")))?;
    serde_json::from_slice(&text).map_err(|e| Failure::File(format!("cannot read what was measured: {e}")))
}

/// Trains a network by an optimizer on real numbers, and writes what goes into the table.
fn train_on_real_numbers(
    network: NetworkName,
    optimizer: OptimizerName,
    options: &TrainOptions,
) -> Result<(), Failure> {
    struct Real<'a>(&'a TrainOptions);

    impl Visitor for Real<'_> {
        type Output = Result<real::Outcome, Error>;
        fn visit<T: Task>(self) -> Self::Output {
            real::run::<T>(self.0)
        }
    }
    options.parties.write_json(&Report::from(tasks::visit(network, optimizer, Real(options))?))
}

const DEFAULT_STEPS: u64 = 5;
