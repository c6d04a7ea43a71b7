//! The course of a training: open a session, load, compile, train, test, report.

use std::time::Instant;

use spu::nn::data::batches;
use spu::prelude::*;
use spu::{Cost, Program, Session, Target};

use super::data::{Data, FACTS, IMAGES, LABELS, Part, TEST_BATCH};
use super::options::{NetworkName, OptimizerName, TrainOptions};
use super::report::{self, Report, Reveal, Step, Totals};
use super::tasks::{self, Stage, Task, Visitor, publish_count, publish_facts};
use crate::common::launch::Output;
use crate::common::ledger::Ledger;
use crate::common::parties::Failure;
use crate::common::print::peak_memory;
use crate::common::progress::Progress;

/// Trains and tests a network by an optimizer, prints the report, and writes it where the options say.
pub(crate) fn train_and_report(
    network: NetworkName,
    optimizer: OptimizerName,
    options: &TrainOptions,
) -> Result<(), Failure> {
    train(network, optimizer, options, Output::OfParty0)?.map_or(Ok(()), |report| report.write(options))
}

/// Trains and tests a network by an optimizer; the report is given at the party that speaks. `output` says whether what is trained and what it
/// costs is told before.
pub(crate) fn train(
    network: NetworkName,
    optimizer: OptimizerName,
    options: &TrainOptions,
    output: Output,
) -> Result<Option<Report>, Error> {
    struct Run<'a>(&'a TrainOptions, Output);

    impl Visitor for Run<'_> {
        type Output = Result<Option<Report>, Error>;
        fn visit<T: Task>(self) -> Self::Output {
            run::<T>(self.0, self.1)
        }
    }

    tasks::visit(network, optimizer, Run(options, output))
}

fn run<T: Task>(options: &TrainOptions, output: Output) -> Result<Option<Report>, Error> {
    let session = options.parties.open()?;
    let speaks = options.parties.speaks();
    let tells = speaks && output == Output::OfParty0;
    if tells {
        report::print_configuration::<T>(options);
    }
    let mut ledger = Ledger::default();
    let data = Data::load(&session, &options.data, &mut ledger)?;
    let compiled = compile::<T>(&session, options, &data)?;
    if tells {
        report::print_data(&data);
        report::print_compiled(&compiled);
    }

    let mut course = Course { session: &session, options, data: &data, ledger, speaks };
    let (state, trained) = course.train::<T>()?;
    let accuracy = if options.steps.is_none() { Some(course.test::<T>(&state)?) } else { None };

    let measured = session.gather_traffic()?;
    let memory = session.gather_u64(peak_memory())?.iter().sum();
    let totals = Totals { accuracy, memory, predicted: course.ledger, measured };
    session.close()?;
    Ok(speaks.then(|| Report::new::<T>(options, &data, compiled, trained, totals)))
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

/// Everything that will run, with its cost.
fn compile<T: Task>(session: &Session, options: &TrainOptions, data: &Data) -> Result<Vec<Compiled>, Error> {
    let network = session.network();
    let batch = options.batch.min(data.count(Part::Train));
    let mut programs = vec![("train_step", T::program(Stage::Train, batch)?)];
    if options.loss_every > 1 {
        programs.push(("silent_step", T::program(Stage::TrainSilently, batch)?));
    }
    if options.steps.is_none() {
        programs.push(("test_step", T::program(Stage::Test, TEST_BATCH.min(data.count(Part::Test)))?));
        programs.push(("publish_count", publish_count::program([])?));
    }
    programs.push(("publish_facts", publish_facts::program([FACTS])?));
    let compiled = |(name, program): (&'static str, Program)| {
        let plan = network.plan(&program)?;
        let reveals = plan.manifest.reveals.iter().map(|reveal| Reveal::new(name, reveal)).collect();
        Ok(Compiled { name, traced: program.operations_traced, kept: program.graph.len(), cost: plan.cost, reveals })
    };
    programs.into_iter().map(compiled).collect()
}

struct Course<'a> {
    session: &'a Session,
    options: &'a TrainOptions,
    data: &'a Data,
    ledger: Ledger,
    speaks: bool,
}

impl Course<'_> {
    fn train<T: Task>(&mut self) -> Result<(Shared<T::State>, Trained), Error> {
        let Self { session, options, data, speaks, .. } = *self;
        let count = data.count(Part::Train);
        let steps = options.total_steps(count);
        let mut costs = Costs::default();
        let mut progress = Progress::new(steps, speaks);
        let mut trained = Trained::default();
        let mut state = session.input(IMAGES, T::shape(), || T::initial(options.parties.seed))?;
        self.ledger.expect(&session.input_cost(IMAGES, &state)?);

        for (i, range) in (0..steps).zip(batches(count, options.batch).cycle()) {
            let size = range.len();
            let stage = Stage::of_step(i, options.loss_every);
            let begun = Instant::now();
            let (images, labels) = data.share(session, Part::Train, range)?;
            let mut seconds = begun.elapsed().as_secs_f64();

            let before = if i == 0 { Some(session.gather_traffic()?) } else { None };
            let begun = Instant::now();
            let loss;
            (state, loss) = T::step(session, stage, i, &state, &images, &labels)?;
            seconds += begun.elapsed().as_secs_f64();
            if let Some(before) = before {
                trained.step = Step::between(&before, &session.gather_traffic()?);
            }

            Data::cost(session, size)?.iter().for_each(|cost| self.ledger.expect(cost));
            self.ledger.expect(costs.of::<T>(session, stage, size)?);
            trained.seconds.push(seconds);
            trained.losses.push(loss);
            progress.step(loss);
        }
        progress.finish();
        Ok((state, trained))
    }

    /// The share of test images that are recognized. Only their number is revealed, once.
    fn test<T: Task>(&mut self, state: &Shared<T::State>) -> Result<f64, Error> {
        let Self { session, data, .. } = *self;
        let total = data.count(Part::Test);
        let mut costs = Costs::default();
        let mut count: Shared<tasks::Count> = session.input(LABELS, [], || Ok(0))?;
        self.ledger.expect(&session.input_cost(LABELS, &count)?);
        for range in batches(total, TEST_BATCH) {
            let (images, labels) = data.share(session, Part::Test, range.clone())?;
            count = T::test(session, state, &images, &labels, &count)?;
            Data::cost(session, range.len())?.iter().for_each(|cost| self.ledger.expect(cost));
            self.ledger.expect(costs.of::<T>(session, Stage::Test, range.len())?);
        }
        self.ledger.expect(&publish_count::cost(&count, &session.network())?);
        Ok(publish_count::run(session, &count)?.item() / total as f64)
    }
}

/// The costs of programs, by stage and batch size.
#[derive(Default)]
struct Costs(Vec<((Stage, usize), Cost)>);

impl Costs {
    fn of<T: Task>(&mut self, session: &Session, stage: Stage, batch: usize) -> Result<&Cost, Error> {
        let known = self.0.iter().position(|(known, _)| *known == (stage, batch));
        let at = match known {
            Some(at) => at,
            None => {
                self.0.push(((stage, batch), session.network().cost(&T::program(stage, batch)?)?));
                self.0.len() - 1
            }
        };
        Ok(&self.0[at].1)
    }
}
