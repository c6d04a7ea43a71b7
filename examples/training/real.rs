//! The same training on real numbers (f64), by one process that sees everything: what secret training is compared with.

use std::time::Instant;

use spu::nn::data::{Images, Labels, Mnist, batches};
use spu::prelude::*;
use spu::{Evaluator, ExecutorExt};

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
    let Mnist { train, test } = Mnist::load(&options.data)?;
    let steps = options.total_steps(train.len());
    let mut progress = Progress::new(steps, true);
    let mut state = session.input(Party(0), T::shape(), || T::initial(options.parties.seed))?;
    let (mut seconds, mut losses) = (Vec::new(), Vec::new());
    let share = |images: &Images, labels: &Labels, range: std::ops::Range<usize>| {
        let [pixels, classes] = super::data::shapes(range.len());
        let images = session.input(Party(0), pixels, || Ok(images.batch(range.clone())))?;
        Ok::<_, Error>((images, session.input(Party(1), classes, || Ok(labels.batch(range)))?))
    };
    for (i, range) in (0..steps).zip(batches(train.len(), options.batch).cycle()) {
        let begun = Instant::now();
        let (images, labels) = share(&train.images, &train.labels, range)?;
        let stage = if i % options.loss_every == 0 { Stage::Train } else { Stage::TrainSilently };
        let loss;
        (state, loss) = T::step(&session, stage, i, &state, &images, &labels)?;
        seconds.push(begun.elapsed().as_secs_f64());
        losses.push(loss);
        progress.step(loss);
    }
    progress.finish();
    if options.steps.is_some() {
        return Ok(Outcome { seconds, losses, accuracy: None });
    }
    let mut count: Shared<Count> = session.input(Party(1), [], || Ok(0))?;
    for range in batches(test.len(), TEST_BATCH) {
        let (images, labels) = share(&test.images, &test.labels, range)?;
        count = T::test(&session, &state, &images, &labels, &count)?;
    }
    let right = publish_count::run(&session, &count)?.item();
    Ok(Outcome { seconds, losses, accuracy: Some(right / test.len() as f64) })
}

/// Test images in one run.
const TEST_BATCH: usize = 1000;
