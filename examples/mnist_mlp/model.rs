//! What the parties compute. Every disclosure of the example is a `reveal` in this file.

use spu::nn::loss::cross_entropy;
use spu::nn::metrics::count_correct;
use spu::nn::networks::{NETWORK_A, NetworkA};
use spu::nn::optim::Sgd;
use spu::prelude::*;

/// The weights of network A of SecureML: 784-128-128-10 with ReLU.
pub(crate) type Classifier = Weights<NetworkA>;

/// A batch of images `[n, 784]`.
pub(crate) type Images = Tensor<Secret, Fxp>;

/// Their labels `[n, 10]`, one-hot.
pub(crate) type Labels = Tensor<Secret, Int>;

/// Weights and how they move: secret from the first step to the last.
#[derive(Clone, Copy, Tree)]
pub(crate) struct Training {
    pub(crate) classifier: Classifier,
    pub(crate) velocity: Classifier,
}

/// One step of training, and the loss before it.
fn advance(state: Training, images: Images, labels: Labels) -> (Training, Tensor<Secret, Fxp>) {
    let Training { classifier, velocity } = state;
    let (loss, gradient) =
        value_and_grad(classifier, |classifier| cross_entropy(NETWORK_A.apply(classifier, images), labels));
    let (classifier, velocity) = Sgd::default().step(classifier, velocity, gradient);
    (Training { classifier, velocity }, loss)
}

/// A step that tells every party the loss.
#[spu_fn]
pub(crate) fn train_step(state: Training, images: Images, labels: Labels) -> (Training, Tensor<Public, Fxp>) {
    let (next, loss) = advance(state, images, labels);
    (next, loss.reveal())
}

/// A step that tells nothing; the loss is not even computed.
#[spu_fn]
pub(crate) fn silent_step(state: Training, images: Images, labels: Labels) -> Training {
    advance(state, images, labels).0
}

/// Adds to `count` how many of the images are recognized.
#[spu_fn]
pub(crate) fn test_step(
    state: Training,
    images: Images,
    labels: Labels,
    count: Tensor<Secret, Int>,
) -> Tensor<Secret, Int> {
    count + count_correct(NETWORK_A.apply(state.classifier, images), labels)
}

/// Tells every party how many test images were recognized in all.
#[spu_fn]
pub(crate) fn publish_count(count: Tensor<Secret, Int>) -> Tensor<Public, Int> {
    count.reveal()
}

/// Tells every party what an owner says of its files: how many examples they hold, and their MD5.
#[spu_fn]
pub(crate) fn publish_facts(facts: Tensor<Secret, Int>) -> Tensor<Public, Int> {
    facts.reveal()
}

/// The shapes of weights and velocity.
pub(crate) fn training() -> ShapeOf<Training> {
    ShapeOf::of(|| Training { classifier: NETWORK_A.shape().graft(), velocity: NETWORK_A.shape().graft() })
}

/// Glorot normal weights at rest.
pub(crate) fn initial(seed: Option<u64>) -> Result<HostOf<Training>, Error> {
    let mut draws = spu::nn::init::Draws::new(seed)?;
    let weights = NETWORK_A.initial(&mut draws)?;
    let velocity = Sgd::at_rest(NETWORK_A.shape())?;
    HostOf::of(|| Training { classifier: weights.graft(), velocity: velocity.graft() })
}

/// Widths of the network's layers, to print.
pub(crate) const WIDTHS: &str = "784-128-128-10";
