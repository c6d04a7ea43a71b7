//! Layers, and networks of them.
//!
//! A layer is a value that describes a function with weights: its widths, its window. A tuple of layers is a layer, one after
//! another; so is an array. What a session holds are its [`Weights`], a tree whose leaves are named by position and part, as in
//! `0.weight`, `0.bias`, `2.weight`.
//!
//! ```
//! # extern crate spu_tensor as spu;
//! # fn main() -> Result<(), spu::Error> {
//! use spu::{Evaluator, ExecutorExt, Fxp, Party, Public, Secret, Tensor, spu_fn};
//! use spu_nn::init::Draws;
//! use spu_nn::layers::{Dense, Layer, Relu, Weights};
//!
//! type Network = (Dense, Relu, Dense);
//! const NETWORK: Network = (Dense::new(3, 8), Relu, Dense::new(8, 2));
//!
//! #[spu_fn]
//! fn answers(weights: Weights<Network>, x: Tensor<Secret, Fxp>) -> Tensor<Public, Fxp> {
//!     NETWORK.apply(weights, x).reveal()
//! }
//!
//! let session = Evaluator::new(); // or any other session
//! let weights = session.input(Party(0), NETWORK.shape(), || NETWORK.initial(&mut Draws::from_system()?))?;
//! let x = session.input(Party(1), [4, 3], || Ok(vec![0.5; 12]))?;
//! assert_eq!(answers::run(&session, &weights, &x)?.to_host().shape.extents(), [4, 2]);
//! # Ok(())
//! # }
//! ```
//!
//! A layer of your own implements [`Stateless`]: which weights it has, with which it begins, and what it computes. A function without weights is a layer
//! as it is ([`Function`]). A network that is no chain is a layer of your own, or a function: a layer's `apply` is an ordinary traced function.
//!
//! An error in a layer names the line that called the network, and which layer of it: `cannot multiply matrices [4, 5] and [3, 2]: inner extents 5 and 3
//! differ, in layer 2 (Dense)`. Costs are told by the line that called the network, too: one that calls its layers on lines of their own is priced layer by
//! layer.

mod activations;
mod affine;
mod attention;
mod batch_norm;
mod conv2d;
mod dense;
mod dropout;
mod embedding;
mod flatten;
mod layer_norm;
mod norm;
mod pool2d;
mod residual;
mod sequence;
mod stateless;
mod windows;
mod without_weights;

use spu::{Differentiable, Error, Fxp, HostOf, LeavesAre, Secret, ShapeOf, Tensor, Tree};

pub use activations::{Gelu, LeakyRelu, Relu, Sigmoid, Silu, Softmax, Tanh};
pub use affine::{Affine, Bias, Biased, Unbiased};
pub use attention::{AttentionWeights, MultiHeadAttention};
pub use batch_norm::{BatchNorm, Running};
pub use conv2d::{Conv2d, Padding2d};
pub use dense::Dense;
pub use dropout::Dropout;
pub use embedding::{Embedding, EmbeddingWeights};
pub use flatten::{Flatten, Unflatten};
pub use layer_norm::LayerNorm;
pub use pool2d::{AvgPool2d, MaxPool2d};
pub use residual::Residual;
pub use stateless::{Function, Stateless};

use crate::init::Draws;

/// The trained tensors of a layer or network `L`.
pub type Weights<L> = <L as Layer>::Weights;

/// What a layer or network `L` keeps beside its weights: running statistics.
pub type State<L> = <L as Layer>::State;

/// A function of a secret tensor that has weights, as a network is made of and as a network is one.
///
/// The value itself is public and known while tracing; it holds widths, windows and rates, and makes the weights that fit it.
///
/// A layer of your own implements [`Stateless`], and so is a `Layer`. Implement this trait itself for what keeps statistics beside its
/// weights, draws random numbers, or does something else in training:
///
/// ```
/// # extern crate spu_tensor as spu;
/// # fn main() -> Result<(), spu::Error> {
/// use spu::{Error, Fxp, HostOf, HostTensor, Secret, ShapeOf, Tensor, evaluate};
/// use spu_nn::init::Draws;
/// use spu_nn::layers::Layer;
///
/// /// x − mean, feature by feature: in training the batch's own mean, afterwards that of what was seen.
/// #[derive(Clone, Copy)]
/// struct Center {
///     features: usize,
/// }
///
/// impl Layer for Center {
///     type Weights = ();
///     type State = Tensor<Secret, Fxp>;
///
///     fn shape(self) -> ShapeOf<()> {
///         ().into()
///     }
///
///     fn state_shape(self) -> ShapeOf<Self::State> {
///         [self.features].into()
///     }
///
///     fn initial(self, _: &mut Draws) -> Result<HostOf<()>, Error> {
///         Ok(().into())
///     }
///
///     fn initial_state(self) -> Result<HostOf<Self::State>, Error> {
///         Ok(vec![0.0; self.features].into())
///     }
///
///     fn infer(self, (): (), mean: Self::State, x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
///         x - mean
///     }
///
///     fn train(self, (): (), mean: Self::State, x: Tensor<Secret, Fxp>) -> (Tensor<Secret, Fxp>, Self::State) {
///         let batch = x.mean(0);
///         (x - batch, 0.75 * mean + 0.25 * batch)
///     }
/// }
///
/// const CENTER: Center = Center { features: 1 };
/// let x = HostTensor::fxp([2, 1], vec![3.0, 5.0]);
/// let found = evaluate((CENTER.initial_state()?, x), |(mean, x)| CENTER.train((), mean, x))?;
/// let (y, mean) = found.split();
/// assert_eq!((y.values(), mean.values()), (vec![-1.0, 1.0], vec![1.0]));
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a layer",
    label = "this is no layer, nor a tuple (of at most 16) or an array whose parts all are",
    note = "implement `Stateless` for a layer of your own; a function `fn(Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp>` is a layer as it is"
)]
pub trait Layer: Copy {
    /// What is trained. `()` if there is nothing.
    type Weights: Tree + Copy + LeavesAre<Tensor<Secret, Fxp>> + Differentiable<Secret>;

    /// What training changes without a derivative: running statistics. `()` for most layers.
    type State: Tree + Copy + LeavesAre<Tensor<Secret, Fxp>>;

    /// Shapes of the weights.
    fn shape(self) -> ShapeOf<Self::Weights>;

    /// Shapes of the state.
    fn state_shape(self) -> ShapeOf<Self::State>;

    /// Weights to begin with. They are drawn in the order of the leaves.
    fn initial(self, draws: &mut Draws) -> Result<HostOf<Self::Weights>, Error>;

    /// State to begin with.
    fn initial_state(self) -> Result<HostOf<Self::State>, Error>;

    /// The function as it is used after training.
    #[track_caller]
    fn infer(self, weights: Self::Weights, state: Self::State, x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp>;

    /// The function as it is trained, and the state after this batch. In a training step it stands in
    /// [`value_and_grad_aux`](spu::value_and_grad_aux), which passes the state on.
    #[track_caller]
    fn train(
        self,
        weights: Self::Weights,
        state: Self::State,
        x: Tensor<Secret, Fxp>,
    ) -> (Tensor<Secret, Fxp>, Self::State) {
        (self.infer(weights, state, x), state)
    }

    /// The function of a layer that does the same in training and afterwards.
    #[track_caller]
    fn apply(self, weights: Self::Weights, x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp>
    where
        Self: Pure,
    {
        self.infer(weights, self.state_shape().graft(), x)
    }
}

/// Layers that have no state, draw nothing, and do the same in training as afterwards: those for which [`Layer::apply`] is all. Every
/// [`Stateless`] layer is one, and so is what consists of such.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not do the same in training as afterwards",
    label = "`apply` would not tell which is meant",
    note = "it is, or has in it, a layer that draws or keeps statistics: `Dropout`, `BatchNorm`, one of your own",
    note = "call `train(weights, state, x)` in a training step, and `infer(weights, state, x)` to use what was trained"
)]
pub trait Pure: Layer {}
