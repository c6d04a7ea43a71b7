//! What is trained, on which data, for how long.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::common::parties::{PartyOptions, at_least_one};

/// The course of a training, and its parties.
#[derive(Args, Clone, Debug)]
pub(crate) struct TrainOptions {
    /// How often to go through the 60 000 training images (default 1)
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = at_least_one)]
    pub(crate) epochs: Option<u64>,
    /// Stop after N steps, without a test; without --epochs, go through the images as often as that takes
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = at_least_one)]
    pub(crate) steps: Option<u64>,
    /// Images per step
    #[arg(long, value_name = "N", default_value = "128", allow_negative_numbers = true, value_parser = batch)]
    pub(crate) batch: usize,
    /// Reveal the loss every N steps, beginning with the first
    #[arg(long, value_name = "N", default_value = "1", allow_negative_numbers = true, value_parser = at_least_one)]
    pub(crate) loss_every: u64,
    /// Folder of the four MNIST files
    #[arg(long, value_name = "FOLDER", default_value = DATA)]
    pub(crate) data: PathBuf,
    #[command(flatten)]
    pub(crate) parties: PartyOptions,
}

/// A network of the benchmark.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NetworkName {
    /// SecureML: 784-128-128-10 with ReLU.
    A,
    /// MiniONN: two convolutions of 16 features, 256-100-10.
    B,
    /// LeNet: convolutions of 20 and 50 features, 800-500-10.
    C,
    /// Chameleon: one convolution of 5 features, 980-100-10.
    D,
}

/// How weights follow gradients.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OptimizerName {
    /// Momentum SGD: v ← 0.9 v + g, w ← w − 0.01 v.
    Sgd,
    /// Adam (Kingma and Ba, 2015): rate 0.001.
    Adam,
    /// AMSGrad (Reddi et al., 2018): rate 0.001, without bias correction.
    Amsgrad,
}

impl NetworkName {
    /// Its layers, for people.
    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::A => "784-128-128-10",
            Self::B => "16@5x5-pool-16@5x5-pool-256-100-10",
            Self::C => "20@5x5-pool-50@5x5-pool-800-500-10",
            Self::D => "5@5x5-980-100-10",
        }
    }
}

impl OptimizerName {
    /// Its rule and constants, for people.
    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::Sgd => "momentum SGD (rate 0.01, momentum 0.9)",
            Self::Adam => "Adam (rate 0.001, decays 0.9 and 0.999)",
            Self::Amsgrad => "AMSGrad (rate 0.001, decays 0.9 and 0.999)",
        }
    }
}

impl TrainOptions {
    /// How many steps an epoch of `images` images has.
    pub(crate) fn steps_per_epoch(&self, images: usize) -> u64 {
        images.div_ceil(self.batch) as u64
    }

    /// How many steps to do on `images` images.
    pub(crate) fn total_steps(&self, images: usize) -> u64 {
        let epochs = |n: u64| n.saturating_mul(self.steps_per_epoch(images));
        match (self.epochs, self.steps) {
            (n, None) => epochs(n.unwrap_or(1)),
            (None, Some(n)) => n,
            (Some(n), Some(steps)) => epochs(n).min(steps),
        }
    }
}

/// For `value_parser`: images per step.
pub(crate) fn batch(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if (1..=60_000).contains(&n) => Ok(n),
        _ => Err("expected a whole number from 1 to 60000, the number of training images".into()),
    }
}

/// The folder that travels with this program.
pub(crate) const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/mnist");
