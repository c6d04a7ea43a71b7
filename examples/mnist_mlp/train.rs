//! The course of the example: open a session, load, train, test, report.

use std::time::{Duration, Instant};

use spu::RingConfig;
use spu::nn::data::batches;
use spu::prelude::*;
use spu::{Config, Cost, Peers, Session};

use crate::cli::Options;
use crate::data::{Data, FACTS, IMAGES, LABELS, Part, shapes};
use crate::model::{self, Training, publish_count, publish_facts, silent_step, test_step, train_step};
use crate::progress::Progress;
use crate::report::{self, Report, Reveal, Step, Totals};

/// Trains and tests; the report is given at the party that speaks, which is party 0.
pub(crate) fn run(options: &Options) -> Result<Option<Report>, Error> {
    let session = open(options)?;
    let speaks = session.party().is_none_or(|party| party == Party(0));
    if speaks {
        report::print_configuration(options);
    }
    let mut ledger = Ledger::default();
    let data = Data::load(&session, &options.data, &mut ledger)?;
    let compiled = compile(&session, options, &data)?;
    if speaks {
        report::print_data(&data);
        report::print_compiled(&compiled);
    }

    let mut course = Course { session: &session, options, data: &data, ledger, speaks };
    let (state, trained) = course.train()?;
    let accuracy = if options.steps.is_none() { Some(course.test(&state)?) } else { None };

    let measured = session.gather_traffic()?;
    let memory = session.gather_u64(report::peak_memory())?.iter().sum();
    let totals = Totals { accuracy, memory, predicted: course.ledger, measured };
    session.close()?;
    Ok(speaks.then(|| Report::new(options, &data, compiled, trained, totals)))
}

/// What the session is told.
pub(crate) fn config(options: &Options) -> Config {
    // No frame is longer than this; on a slow line it is nobody's fault that it takes its time.
    let transfer = options.bandwidth_mbps.map_or(0.0, |rate| LONGEST_FRAME * 8.0 / (rate * 1e6));
    let slack = Duration::from_secs_f64(transfer + 2e-3 * options.latency_ms);
    let defaults = Config::default();
    let format = options.format().unwrap_or(RingConfig::DEFAULT);
    Config {
        ring_bits: format.bits,
        fraction_bits: format.fraction_bits,
        insecure_seed: options.seed,
        latency_ms: options.latency_ms,
        bandwidth_mbps: options.bandwidth_mbps,
        read_deadline: defaults.read_deadline + slack,
        ..defaults
    }
}

/// What the runs so far should have cost.
#[derive(Clone, Copy, Default)]
pub(crate) struct Ledger {
    pub(crate) rounds: u64,
    pub(crate) bytes: [u64; 3],
}

impl Ledger {
    /// One more run.
    pub(crate) fn expect(&mut self, cost: &Cost) {
        self.rounds += cost.rounds;
        self.bytes.iter_mut().zip(cost.bytes).for_each(|(sum, bytes)| *sum += bytes);
    }
}

/// What a program became.
pub(crate) struct Compiled {
    pub(crate) name: &'static str,
    pub(crate) traced: usize,
    pub(crate) kept: usize,
    pub(crate) cost: Cost,
    pub(crate) reveals: Vec<Reveal>,
}

/// What was seen while training.
#[derive(Default)]
pub(crate) struct Trained {
    pub(crate) seconds: Vec<f64>,
    pub(crate) losses: Vec<Option<f64>>,
    /// Measured on the first step, which has a loss.
    pub(crate) step: Step,
}

fn open(options: &Options) -> Result<Session, Error> {
    let config = config(options);
    match (options.party, options.peers) {
        _ if options.plain => Session::plain(&config),
        (Some(party), Some(peers)) => Session::connect(&config, &Peers { party: Party(party), addresses: peers.0 }),
        _ => Session::local(&config),
    }
}

/// Everything that will run, with its cost.
fn compile(session: &Session, options: &Options, data: &Data) -> Result<Vec<Compiled>, Error> {
    let network = session.network();
    let [images, labels] = shapes(options.batch.min(data.count(Part::Train)));
    let facts = publish_facts::program([FACTS])?;
    let mut programs = vec![("train_step", train_step::program(model::training(), images, labels)?)];
    if options.loss_every > 1 {
        programs.push(("silent_step", silent_step::program(model::training(), images, labels)?));
    }
    if options.steps.is_none() {
        let [images, labels] = shapes(TEST_BATCH.min(data.count(Part::Test)));
        programs.push(("test_step", test_step::program(model::training(), images, labels, [])?));
        programs.push(("publish_count", publish_count::program([])?));
    }
    programs.push(("publish_facts", facts));
    let compiled = |(name, program): (&'static str, spu::Program)| {
        let plan = network.plan(&program)?;
        let reveals = plan.manifest.reveals.iter().map(|reveal| Reveal::new(name, reveal)).collect();
        Ok(Compiled { name, traced: program.operations_traced, kept: program.graph.len(), cost: plan.cost, reveals })
    };
    programs.into_iter().map(compiled).collect()
}

struct Course<'a> {
    session: &'a Session,
    options: &'a Options,
    data: &'a Data,
    ledger: Ledger,
    speaks: bool,
}

impl Course<'_> {
    fn train(&mut self) -> Result<(Shared<Training>, Trained), Error> {
        let Self { session, options, data, speaks, .. } = *self;
        let count = data.count(Part::Train);
        let steps = options.total_steps(count);
        let mut costs = Costs::default();
        let mut progress = Progress::new(steps, speaks);
        let mut trained = Trained::default();
        let mut state = session.input(IMAGES, model::training(), || model::initial(options.seed))?;
        self.ledger.expect(&session.input_cost(IMAGES, &state)?);

        for (i, range) in (0..steps).zip(batches(count, options.batch).cycle()) {
            let size = range.len();
            let has_loss = i % options.loss_every == 0;
            let begun = Instant::now();
            let (images, labels) = data.share(session, Part::Train, range)?;
            let mut seconds = begun.elapsed().as_secs_f64();

            let before = if i == 0 { Some(session.gather_traffic()?) } else { None };
            let begun = Instant::now();
            let loss = if has_loss {
                let (next, loss) = train_step::run(session, &state, &images, &labels)?.split();
                state = next;
                Some(loss.item())
            } else {
                state = silent_step::run(session, &state, &images, &labels)?;
                None
            };
            seconds += begun.elapsed().as_secs_f64();
            if let Some(before) = before {
                trained.step = Step::between(&before, &session.gather_traffic()?);
            }

            Data::cost(session, size)?.iter().for_each(|cost| self.ledger.expect(cost));
            self.ledger.expect(costs.of(session, size, has_loss)?);
            trained.seconds.push(seconds);
            trained.losses.push(loss);
            progress.step(loss);
        }
        progress.finish();
        Ok((state, trained))
    }

    /// The share of test images that are recognized. Only their number is revealed, once.
    fn test(&mut self, state: &Shared<Training>) -> Result<f64, Error> {
        let Self { session, data, .. } = *self;
        let total = data.count(Part::Test);
        let mut count = session.input(LABELS, [], || Ok(0))?;
        self.ledger.expect(&session.input_cost(LABELS, &count)?);
        for range in batches(total, TEST_BATCH) {
            let (images, labels) = data.share(session, Part::Test, range.clone())?;
            let cost = test_step::cost(state, &images, &labels, &count, &session.network())?;
            count = test_step::run(session, state, &images, &labels, &count)?;
            Data::cost(session, range.len())?.iter().for_each(|cost| self.ledger.expect(cost));
            self.ledger.expect(&cost);
        }
        self.ledger.expect(&publish_count::cost(&count, &session.network())?);
        Ok(publish_count::run(session, &count)?.item() / total as f64)
    }
}

/// The costs of steps, by batch size and whether they tell the loss.
#[derive(Default)]
struct Costs(Vec<((usize, bool), Cost)>);

impl Costs {
    fn of(&mut self, session: &Session, batch: usize, has_loss: bool) -> Result<&Cost, Error> {
        let key = (batch, has_loss);
        let known = self.0.iter().position(|(known, _)| *known == key);
        let at = match known {
            Some(at) => at,
            None => {
                let [images, labels] = shapes(batch);
                let cost = match has_loss {
                    true => train_step::cost(model::training(), images, labels, &session.network())?,
                    false => silent_step::cost(model::training(), images, labels, &session.network())?,
                };
                self.0.push((key, cost));
                self.0.len() - 1
            }
        };
        Ok(&self.0[at].1)
    }
}

/// Test images in one run.
const TEST_BATCH: usize = 1000;

/// More than the longest frame of this example: images of a test batch, eight bytes a pixel, with everything beside them.
const LONGEST_FRAME: f64 = 64e6;
