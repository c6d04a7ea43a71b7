//! The same training on real numbers (f64), by one process that sees everything: what secret training is compared with.

use std::time::Instant;

use spu::nn::data::batches;
use spu::prelude::*;
use spu::{Evaluator, ExecutorExt};

use super::data::{Data, IMAGES, LABELS, Part, TEST_BATCH};
use super::options::TrainOptions;
use super::tasks::{Count, Stage, Task, publish_count};
use crate::common::progress::Progress;

/// What was seen.
pub(crate) struct Outcome {
    pub(crate) seconds: Vec<f64>,
    pub(crate) losses: Vec<Option<f64>>,
    /// The share of test images that are recognized, after whole epochs.
    pub(crate) accuracy: Option<f64>,
}

/// Trains, and tests after whole epochs, from the same initial weights as the parties would have.
pub(crate) fn run<T: Task>(options: &TrainOptions) -> Result<Outcome, Error> {
    let session = Evaluator::new();
    let data = Data::read(&options.data)?;
    let count = data.count(Part::Train);
    let steps = options.total_steps(count);
    let mut progress = Progress::new(steps, true);
    let mut state = session.input(IMAGES, T::shape(), || T::initial(options.parties.seed))?;
    let (mut seconds, mut losses) = (Vec::new(), Vec::new());
    for (i, range) in (0..steps).zip(batches(count, options.batch).cycle()) {
        let begun = Instant::now();
        let (images, labels) = data.share(&session, Part::Train, range)?;
        let loss;
        (state, loss) = T::step(&session, Stage::of_step(i, options.loss_every), i, &state, &images, &labels)?;
        seconds.push(begun.elapsed().as_secs_f64());
        losses.push(loss);
        progress.step(loss);
    }
    progress.finish();
    if options.steps.is_some() {
        return Ok(Outcome { seconds, losses, accuracy: None });
    }
    let total = data.count(Part::Test);
    let mut count: Shared<Count> = session.input(LABELS, [], || Ok(0))?;
    for range in batches(total, TEST_BATCH) {
        let (images, labels) = data.share(&session, Part::Test, range)?;
        count = T::test(&session, &state, &images, &labels, &count)?;
    }
    let right = publish_count::run(&session, &count)?.item();
    Ok(Outcome { seconds, losses, accuracy: Some(right / total as f64) })
}
