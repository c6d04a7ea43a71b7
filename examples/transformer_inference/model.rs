//! What the parties compute: a transformer of one block, normalized in front (Xiong and others, ICML 2020), over characters.

use spu::nn::init::{Draws, Initializer};
use spu::nn::layers::{
    Dense, Embedding, EmbeddingWeights, Gelu, Layer, LayerNorm, MultiHeadAttention, Residual, Weights,
};
use spu::prelude::*;

/// What can be written.
pub(crate) const ALPHABET: &str = " abcdefghijklmnopqrstuvwxyz";

/// The most characters of a prompt.
pub(crate) const LONGEST: usize = 32;

/// Numbers at each place of the prompt.
pub(crate) const WIDTH: usize = 16;

/// Who has the prompt, and alone learns what the model makes of it.
pub(crate) const CLIENT: Party = Party(1);

type Block = (Residual<(LayerNorm, MultiHeadAttention)>, Residual<(LayerNorm, Dense, Gelu, Dense)>);
type Network = (Block, LayerNorm, Dense);

const CHARACTERS: Embedding = Embedding::new(ALPHABET.len(), WIDTH);
const PLACES: Embedding = Embedding::new(LONGEST, WIDTH).initializer(Initializer::Normal(0.1));
const NETWORK: Network = (
    (
        Residual((LayerNorm::new(WIDTH), MultiHeadAttention::new(WIDTH, 2).causal())),
        Residual((LayerNorm::new(WIDTH), Dense::new(WIDTH, 4 * WIDTH), Gelu, Dense::new(4 * WIDTH, WIDTH))),
    ),
    LayerNorm::new(WIDTH),
    Dense::new(WIDTH, ALPHABET.len()),
);

/// All weights.
#[derive(Clone, Copy, Tree)]
pub(crate) struct Model {
    characters: EmbeddingWeights,
    places: EmbeddingWeights,
    network: Weights<Network>,
}

impl Model {
    pub(crate) fn shape() -> ShapeOf<Self> {
        ShapeOf::of(|| Self {
            characters: CHARACTERS.shape().graft(),
            places: PLACES.shape().graft(),
            network: NETWORK.shape().graft(),
        })
    }

    /// Weights that know nothing yet.
    pub(crate) fn initial(draws: &mut Draws) -> Result<HostOf<Self>, Error> {
        let (characters, places) = (CHARACTERS.initial(draws)?, PLACES.initial(draws)?);
        let network = NETWORK.initial(draws)?;
        HostOf::of(|| Self { characters: characters.graft(), places: places.graft(), network: network.graft() })
    }
}

/// The logits of the character after `prompt` `[length]`, whose characters count from 0 as in the alphabet: `[characters]`, told to the
/// client alone.
#[spu_fn]
pub(crate) fn next_character(model: Model, prompt: Tensor<Secret, Int>) -> Disclosed<Fxp> {
    let length = prompt.shape().elements();
    let known = prompt.assume(0..=ALPHABET.len() as i64 - 1);
    let x = CHARACTERS.apply(model.characters, known) + PLACES.apply(model.places, Tensor::arange(length));
    let logits = NETWORK.apply(model.network, x.reshape([1, length, WIDTH]));
    logits.slice([0..1, length - 1..length]).reshape([ALPHABET.len()]).reveal_to(CLIENT)
}
