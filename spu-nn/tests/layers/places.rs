//! Where the operations of layers stand: at the user's line that calls them, for errors, costs and warnings.

use spu::{Int, Public, Tensor, spu_fn, value_and_grad_aux};
use spu_nn::layers::*;

use super::check::Secrets;

type Images = (Conv2d, MaxPool2d, Relu, AvgPool2d, LeakyRelu, Flatten, Dense, BatchNorm, Dropout, Unflatten<2>);
type Sequences =
    (Residual<(LayerNorm, MultiHeadAttention)>, [(Dense, Gelu); 2], Silu, Tanh, Sigmoid, Softmax, Function);
type Network = (Images, Sequences);

const NETWORK: Network = (
    (
        Conv2d::new(1, 2, [3, 3]).padding(Padding2d::Same),
        MaxPool2d::new([2, 2]),
        Relu,
        AvgPool2d::new([2, 2]),
        LeakyRelu::new(0.1),
        Flatten,
        Dense::new(8, 12),
        BatchNorm::new(12),
        Dropout::new(0.5),
        Unflatten::new([3, 4]),
    ),
    (
        Residual((LayerNorm::new(4), MultiHeadAttention::new(4, 2).causal())),
        [(Dense::new(4, 4), Gelu); 2],
        Silu,
        Tanh,
        Sigmoid,
        Softmax,
        twice,
    ),
);

fn twice(x: Secrets) -> Secrets {
    x + x
}

#[spu_fn]
fn every_layer(
    weights: Weights<Network>,
    state: State<Network>,
    x: Secrets,
) -> (Weights<Network>, State<Network>, Secrets) {
    let ((_, state), gradient) = value_and_grad_aux(weights, |weights| {
        let (y, state) = NETWORK.train(weights, state, x);
        (y.sum_all(), state)
    });
    (gradient, state, NETWORK.infer(weights, state, x))
}

const WORDS: Embedding = Embedding::new(5, 4);
const ATTENTION: MultiHeadAttention = MultiHeadAttention::new(4, 2).causal();

#[spu_fn]
fn no_layers(words: EmbeddingWeights, attention: AttentionWeights, tokens: Tensor<Public, Int>) -> Secrets {
    let visible = tokens.gt(0).reshape([2, 1, 1, 3]);
    ATTENTION.apply_masked(attention, WORDS.apply(words, tokens), visible)
}

#[test]
fn operations_of_layers_stand_at_the_line_of_the_call() {
    let shapes = (NETWORK.shape(), NETWORK.state_shape());
    let layers = every_layer::program(shapes.0, shapes.1, [2, 8, 8, 1]).unwrap();
    let others = no_layers::program(WORDS.shape(), ATTENTION.shape(), [2, 3]).unwrap();
    for program in [layers, others] {
        assert!(program.graph.len() > 20, "{}", program.graph.len());
        for (id, node) in program.graph.nodes() {
            let location = program.graph.location(id);
            assert_eq!(location.file, file!(), "{:?} stands at {location}", node.operation);
        }
    }
}
