//! What is printed, and what is written as JSON.

use std::collections::BTreeMap;

use serde::Serialize;
use spu::{Cost, Traffic};

use super::curve;
use super::data::{Data, IMAGES, LABELS, Part};
use super::options::TrainOptions;
use super::tasks::Task;
use super::train::{Compiled, Trained};
use crate::common::ledger::Ledger;
use crate::common::parties::{Failure, name_of};
use crate::common::print::{by_party, megabytes, say};

/// What was measured. Rounds and bytes of a step are those of a step that reveals its loss, without the sharing of its
/// batch; its seconds are with it.
#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) step_seconds: Vec<f64>,
    pub(crate) loss: Vec<Option<f64>>,
    pub(crate) rounds_per_step: u64,
    pub(crate) bytes_per_step: [u64; 3],
    predicted_rounds_per_step: u64,
    predicted_bytes_per_step: [u64; 3],
    pub(crate) test_accuracy: Option<f64>,
    pub(crate) peak_memory_bytes: u64,
    images_read: usize,
    test_images: usize,
    data_md5: BTreeMap<String, String>,
    reveals: Vec<Reveal>,
    config: Configuration,
    #[serde(skip)]
    totals: Totals,
}

/// A disclosure.
#[derive(Serialize)]
pub(crate) struct Reveal {
    program: &'static str,
    at: String,
    dtype: String,
    shape: Vec<usize>,
    to: String,
}

/// Rounds and bytes of one run.
#[derive(Clone, Copy, Default)]
pub(crate) struct Step {
    rounds: u64,
    bytes: [u64; 3],
}

#[derive(Serialize)]
struct Configuration {
    network: String,
    epochs: Option<u64>,
    steps: Option<u64>,
    batch: usize,
    loss_every: u64,
    optimizer: String,
    seed: Option<u64>,
    insecure_keys: bool,
    transport: &'static str,
    latency_ms: f64,
    bandwidth_mbps: Option<f64>,
    ring_bits: u32,
    fraction_bits: u32,
    plain: bool,
    cpu: String,
}

/// What is known at the end.
pub(crate) struct Totals {
    /// The share of test images that were recognized, if they were tested.
    pub(crate) accuracy: Option<f64>,
    /// Peak memory of all processes, in bytes.
    pub(crate) memory: u64,
    pub(crate) predicted: Ledger,
    pub(crate) measured: Traffic,
}

impl Reveal {
    /// What a manifest says of `program`.
    pub(crate) fn new(program: &'static str, reveal: &spu::Reveal) -> Self {
        Self {
            program,
            at: reveal.location.to_string(),
            dtype: reveal.dtype.to_string(),
            shape: reveal.shape.extents().to_vec(),
            to: reveal.to.map_or_else(|| "all parties".into(), |party| party.to_string()),
        }
    }
}

impl Step {
    /// What came between two readings of the counters.
    pub(crate) fn between(before: &Traffic, after: &Traffic) -> Self {
        let bytes = std::array::from_fn(|party| after.bytes[party] - before.bytes[party]);
        Self { rounds: after.rounds - before.rounds, bytes }
    }
}

impl Report {
    /// Gathers everything.
    pub(crate) fn new<T: Task>(
        options: &TrainOptions,
        data: &Data,
        compiled: Vec<Compiled>,
        trained: Trained,
        totals: Totals,
    ) -> Self {
        let Cost { rounds, bytes, .. } = compiled.first().map(|train| train.cost.clone()).unwrap_or_default();
        Self {
            step_seconds: trained.seconds,
            loss: trained.losses,
            rounds_per_step: trained.step.rounds,
            bytes_per_step: trained.step.bytes,
            predicted_rounds_per_step: rounds,
            predicted_bytes_per_step: bytes,
            test_accuracy: totals.accuracy,
            peak_memory_bytes: totals.memory,
            images_read: data.count(Part::Train),
            test_images: data.count(Part::Test),
            data_md5: data.md5.clone(),
            reveals: compiled.into_iter().flat_map(|program| program.reveals).collect(),
            config: Configuration::new::<T>(options),
            totals,
        }
    }

    /// Prints the summary, and writes the JSON if there is a file for it, with the curve of the losses beside it.
    ///
    /// Panics if the links carried something else than was predicted, which would be a fault of the cost model.
    pub(crate) fn write(&self, options: &TrainOptions) -> Result<(), Failure> {
        if let Some(accuracy) = self.test_accuracy {
            say!("test accuracy    {:.2} % of {} images", 100.0 * accuracy, self.test_images);
        }
        let mut seconds = self.step_seconds.clone();
        seconds.sort_by(f64::total_cmp);
        let median = seconds.get(seconds.len() / 2).copied().unwrap_or_default();
        say!("time             {median:.3} s per step (median), {:.1} s in all steps", seconds.iter().sum::<f64>());
        say!("memory           {} at most", megabytes(self.peak_memory_bytes));
        let Totals { predicted, measured, .. } = &self.totals;
        if !self.config.plain {
            say!("predicted        {} rounds; sent {}", predicted.rounds, by_party(predicted.bytes));
            say!("measured         {} rounds; sent {}", measured.rounds, by_party(measured.bytes));
            say!(
                "                 besides: headers {}, agreement {}",
                by_party(measured.overhead),
                by_party(measured.agreement)
            );
        }
        options.parties.write_json(self)?;
        if let Some(path) = options.parties.json_file() {
            let Configuration { network, optimizer, .. } = &self.config;
            curve::write(&path.with_extension("svg"), &format!("{network}, {optimizer}"), &[("loss", &self.loss)])?;
        }
        let equal = (predicted.rounds, predicted.bytes) == (measured.rounds, measured.bytes);
        assert!(self.config.plain || equal, "measured traffic equals the prediction");
        Ok(())
    }
}

impl Configuration {
    fn new<T: Task>(options: &TrainOptions) -> Self {
        let parties = &options.parties;
        let format = parties.config();
        Self {
            network: T::DESCRIPTION.into(),
            epochs: options.epochs.or(if options.steps.is_none() { Some(1) } else { None }),
            steps: options.steps,
            batch: options.batch,
            loss_every: options.loss_every,
            optimizer: name_of(T::OPTIMIZER_NAME),
            seed: parties.seed,
            insecure_keys: parties.seed.is_some() && !parties.plain,
            transport: if parties.party.is_some() { "tcp" } else { "threads" },
            latency_ms: parties.latency_ms,
            bandwidth_mbps: parties.bandwidth_mbps,
            ring_bits: format.ring_bits,
            fraction_bits: format.fraction_bits,
            plain: parties.plain,
            cpu: format!("{:?}", spu::protocols::ring::cpu()).to_lowercase(),
        }
    }
}

/// What was asked for.
pub(crate) fn print_configuration<T: Task>(options: &TrainOptions) {
    let Configuration { network, batch, transport, ring_bits, fraction_bits, cpu, .. } =
        Configuration::new::<T>(options);
    let parties = &options.parties;
    say!("network          {network}, ReLU, Glorot normal weights from {IMAGES}");
    say!("data             images from {IMAGES}, labels from {LABELS}");
    say!("training         {}, batches of {batch} in file order", T::OPTIMIZER);
    say!(
        "parties          {}",
        match (parties.plain, transport) {
            (true, _) => "none: the same program in the clear",
            (_, "tcp") => "three processes on loopback sockets, not encrypted",
            _ => "three threads of this process",
        }
    );
    if parties.latency_ms > 0.0 || parties.bandwidth_mbps.is_some() {
        let rate = parties.bandwidth_mbps.map_or_else(|| "unlimited".into(), |rate| format!("{rate} Mbit/s"));
        say!("links            shaped: {} ms one way, {rate} from each party", parties.latency_ms);
    }
    say!("numbers          ring 2^{ring_bits}, {fraction_bits} fraction bits, {cpu} instructions");
    match parties.seed {
        _ if parties.plain => {}
        None => say!("keys             from the operating system"),
        Some(seed) => {
            say!("keys             INSECURE, from seed {seed}");
            eprintln!(
                "warning: with --seed the parties' keys are insecure: whoever knows the seed can open every share"
            );
        }
    }
}

/// What the owners say of their files.
pub(crate) fn print_data(data: &Data) {
    let known = if data.is_published() { "the published MD5" } else { "other MD5 than the published ones" };
    say!("read             {} training and {} test images, {known}", data.count(Part::Train), data.count(Part::Test));
}

/// What compiling gave.
pub(crate) fn print_compiled(programs: &[Compiled]) {
    for Compiled { name, traced, kept, cost, reveals } in programs {
        say!("{name:<16} {traced} PPHLO operations as traced, {kept} after the passes");
        say!("                 {} rounds; sends {}", cost.rounds, by_party(cost.bytes));
        for Reveal { at, dtype, shape, to, .. } in reveals {
            say!("                 reveals {dtype}{shape:?} to {to} at {at}");
        }
        if reveals.is_empty() {
            say!("                 reveals nothing");
        }
    }
}
