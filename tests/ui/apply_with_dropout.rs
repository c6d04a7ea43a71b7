//! A network that does something else in training is not applied without saying which is meant.

use spu::prelude::*;

type Network = (Dense, Dropout, Relu);
const NETWORK: Network = (Dense::new(4, 2), Dropout::new(0.5), Relu);

fn forward(weights: Weights<Network>, x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    NETWORK.apply(weights, x)
}

fn main() {}
