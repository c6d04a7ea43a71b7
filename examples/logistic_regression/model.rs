//! What the parties compute. The only disclosure is the `reveal` in this file.

use spu::nn::layers;
use spu::nn::loss::binary_cross_entropy;
use spu::nn::metrics::auc;
use spu::nn::optim::Sgd;
use spu::prelude::*;

/// Rows of both owners' columns `[n, columns]`.
pub(crate) type Features = Tensor<Secret, Fxp>;

/// What the rows are: 1 malignant, 0 benign, `[n]`.
pub(crate) type Labels = Tensor<Secret, Int>;

/// A weight for each column and a bias.
pub(crate) type Weights = layers::Weights<Dense>;

/// Weights and how they move: secret from the first step to the last.
#[derive(Clone, Copy, Tree)]
pub(crate) struct Training {
    pub(crate) weights: Weights,
    pub(crate) velocity: Weights,
}

/// The log-odds of the rows `[n]`: above 0, a row is rather malignant.
fn log_odds(weights: Weights, x: Features) -> Tensor<Secret, Fxp> {
    let columns = x.shape().extents()[1];
    network(columns).apply(weights, x).squeeze(1)
}

/// One step of mini-batch gradient descent on the binary cross-entropy. It tells nothing: the loss is not even computed.
#[spu_fn]
pub(crate) fn train_step(state: Training, x: Features, y: Labels) -> Training {
    let Training { weights, velocity } = state;
    let (_, gradient) = value_and_grad(weights, |weights| binary_cross_entropy(log_odds(weights, x), y));
    let (weights, velocity) = SGD.step(weights, velocity, gradient);
    Training { weights, velocity }
}

/// Tells every party how well the log-odds order the rows: the area under the ROC curve, and nothing else.
#[spu_fn]
pub(crate) fn test(weights: Weights, x: Features, y: Labels) -> Tensor<Public, Fxp> {
    auc(log_odds(weights, x), y).reveal()
}

/// The shape of the weights and of how they move.
pub(crate) fn training(columns: usize) -> ShapeOf<Training> {
    let weights = || network(columns).shape().graft();
    ShapeOf::of(|| Training { weights: weights(), velocity: weights() })
}

/// Everything at zero, where the regression has no opinion.
pub(crate) fn initial(columns: usize) -> Result<HostOf<Training>, Error> {
    Sgd::at_rest(training(columns))
}

/// One fully connected layer with one output is all there is to it.
fn network(columns: usize) -> Dense {
    Dense::new(columns, 1)
}

const SGD: Sgd = Sgd { rate: 0.1, ..Sgd::DEFAULT };
