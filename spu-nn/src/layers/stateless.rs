//! Layers of one's own.

use spu::{Differentiable, Error, Fxp, HostOf, LeavesAre, Secret, ShapeOf, Tensor, Tree};

use super::without_weights::without_weights;
use super::{Layer, Pure};
use crate::init::Draws;

/// A function of its weights and of a secret tensor, and of nothing else: **what a layer of your own implements**, and most layers here do. It is a
/// [`Layer`] then, alone and in tuples, arrays and [`Residual`](super::Residual); call its methods by that trait.
///
/// ```
/// # extern crate spu_tensor as spu;
/// # fn main() -> Result<(), spu::Error> {
/// use spu::{Error, Fxp, HostOf, Secret, ShapeOf, Tensor, evaluate};
/// use spu_nn::init::{Draws, Initializer};
/// use spu_nn::layers::{Layer, Stateless};
///
/// /// x·factor, feature by feature.
/// #[derive(Clone, Copy)]
/// struct Scale {
///     features: usize,
/// }
///
/// impl Stateless for Scale {
///     type Weights = Tensor<Secret, Fxp>;
///
///     fn shape(&self) -> ShapeOf<Self::Weights> {
///         [self.features].into()
///     }
///
///     fn initial(&self, draws: &mut Draws) -> Result<HostOf<Self::Weights>, Error> {
///         Ok(draws.weights(Initializer::Constant(2.0), [self.features]).into())
///     }
///
///     fn apply(&self, factor: Self::Weights, x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
///         x * factor
///     }
/// }
///
/// const NETWORK: (Scale, Scale) = (Scale { features: 2 }, Scale { features: 2 });
/// let weights = NETWORK.initial(&mut Draws::seeded(1))?;
/// assert_eq!(evaluate((weights, vec![1.0, 0.5]), |(weights, x)| NETWORK.apply(weights, x))?.values(), [4.0, 2.0]);
/// # Ok(())
/// # }
/// ```
///
/// Several tensors are a tuple, or a struct with `#[derive(Clone, Copy, Tree)]`, whose description is written as [`ShapeOf`] and [`HostOf`] show. What
/// does not fit is refused by [`spu::refuse`], so that the error names shapes and the user's line.
pub trait Stateless: Copy {
    /// What is trained: a tree of secret fixed-point tensors. `()` if there is nothing.
    type Weights: Tree + Copy + LeavesAre<Tensor<Secret, Fxp>> + Differentiable<Secret>;

    /// Shapes of the weights.
    fn shape(&self) -> ShapeOf<Self::Weights>;

    /// Weights to begin with, drawn in the order of the leaves.
    fn initial(&self, draws: &mut Draws) -> Result<HostOf<Self::Weights>, Error>;

    /// The function.
    #[track_caller]
    fn apply(&self, weights: Self::Weights, x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp>;
}

#[diagnostic::do_not_recommend]
impl<L: Stateless> Layer for L {
    type Weights = L::Weights;
    type State = ();

    fn shape(self) -> ShapeOf<L::Weights> {
        Stateless::shape(&self)
    }

    fn state_shape(self) -> ShapeOf<()> {
        ().into()
    }

    fn initial(self, draws: &mut Draws) -> Result<HostOf<L::Weights>, Error> {
        Stateless::initial(&self, draws)
    }

    fn initial_state(self) -> Result<HostOf<()>, Error> {
        Ok(().into())
    }

    fn infer(self, weights: L::Weights, (): (), x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
        Stateless::apply(&self, weights, x)
    }
}

#[diagnostic::do_not_recommend]
impl<L: Stateless> Pure for L {}

/// A function as a layer without weights.
///
/// ```
/// # extern crate spu_tensor as spu;
/// use spu::{Fxp, Secret, Tensor};
/// use spu_nn::layers::{Dense, Function};
///
/// fn square(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
///     x * x
/// }
///
/// const NETWORK: (Dense, Function, Dense) = (Dense::new(3, 8), square, Dense::new(8, 1));
/// ```
pub type Function = fn(Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp>;

impl Stateless for Function {
    without_weights!();

    fn apply(&self, (): (), x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
        self(x)
    }
}
