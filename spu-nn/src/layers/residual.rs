//! Shortcuts around layers.

use spu::{Error, Fxp, HostOf, Secret, ShapeOf, Tensor};

use super::{Layer, Pure};
use crate::init::Draws;

/// x + layer(x): a layer, or a tuple of them, with a shortcut around it (He, Zhang, Ren and Sun, 2015). Its result has the shape
/// of x.
///
/// ```
/// use spu_nn::layers::{Dense, Gelu, LayerNorm, MultiHeadAttention, Residual};
///
/// /// A block of a transformer, normalized in front.
/// type Block = (Residual<(LayerNorm, MultiHeadAttention)>, Residual<(LayerNorm, Dense, Gelu, Dense)>);
/// const BLOCK: Block = (
///     Residual((LayerNorm::new(64), MultiHeadAttention::new(64, 4))),
///     Residual((LayerNorm::new(64), Dense::new(64, 256), Gelu, Dense::new(256, 64))),
/// );
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Residual<L>(pub L);

impl<L: Layer> Layer for Residual<L> {
    type Weights = L::Weights;
    type State = L::State;

    fn shape(self) -> ShapeOf<L::Weights> {
        self.0.shape()
    }

    fn state_shape(self) -> ShapeOf<L::State> {
        self.0.state_shape()
    }

    fn initial(self, draws: &mut Draws) -> Result<HostOf<L::Weights>, Error> {
        self.0.initial(draws)
    }

    fn initial_state(self) -> Result<HostOf<L::State>, Error> {
        self.0.initial_state()
    }

    fn infer(self, weights: L::Weights, state: L::State, x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
        sum(x, self.0.infer(weights, state, x))
    }

    fn train(self, weights: L::Weights, state: L::State, x: Tensor<Secret, Fxp>) -> (Tensor<Secret, Fxp>, L::State) {
        let (y, state) = self.0.train(weights, state, x);
        (sum(x, y), state)
    }
}

impl<L: Pure> Pure for Residual<L> {}

/// x + y, which would stretch axes of extent 1 unnoticed.
#[track_caller]
fn sum(x: Tensor<Secret, Fxp>, y: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    if x.shape() != y.shape() {
        spu::refuse(format!("cannot add {} to what became of it, {}", x.shape(), y.shape()), x);
    }
    x + y
}
