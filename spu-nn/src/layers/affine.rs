//! Weights of layers that multiply and then add.

use spu::{Differentiable, Error, Fxp, HostOf, HostTensor, LeavesAre, Secret, ShapeOf, Tensor, Tree};

use crate::init::{Draws, Initializer};

/// A factor and what is added to each feature of the product; `B` is `()` where nothing is.
#[derive(Clone, Copy, Tree)]
pub struct Affine<B = Tensor<Secret, Fxp>> {
    /// The factor; the layer says of which shape.
    pub weight: Tensor<Secret, Fxp>,
    /// `[features]`, or nothing.
    pub bias: B,
}

/// Whether a layer adds a bias: [`Biased`] or [`Unbiased`].
pub trait Bias: Copy {
    /// A tensor, or `()`.
    type Weight: Tree + Copy + LeavesAre<Tensor<Secret, Fxp>> + Differentiable<Secret>;

    /// For so many features.
    fn shape(features: usize) -> ShapeOf<Self::Weight>;

    /// To begin with, for so many features.
    fn initial(features: usize, initializer: Initializer, draws: &mut Draws) -> HostOf<Self::Weight>;

    /// `y[…, features]` with the bias.
    #[track_caller]
    fn add(bias: Self::Weight, y: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp>;
}

/// With a bias.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Biased;

/// Without a bias: where a normalization follows, it would cancel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unbiased;

impl Bias for Biased {
    type Weight = Tensor<Secret, Fxp>;

    fn shape(features: usize) -> ShapeOf<Self::Weight> {
        [features].into()
    }

    fn initial(features: usize, initializer: Initializer, draws: &mut Draws) -> HostOf<Self::Weight> {
        draws.weights(initializer, [features]).into()
    }

    fn add(bias: Self::Weight, y: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
        y + bias
    }
}

impl Bias for Unbiased {
    type Weight = ();

    fn shape(_: usize) -> ShapeOf<()> {
        ().into()
    }

    fn initial(_: usize, _: Initializer, _: &mut Draws) -> HostOf<()> {
        ().into()
    }

    fn add(_: (), y: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
        y
    }
}

impl<B: Tree> Affine<B> {
    pub(super) fn shape(weight: impl Into<ShapeOf<Tensor<Secret, Fxp>>>, bias: ShapeOf<B>) -> ShapeOf<Self> {
        let weight = weight.into();
        ShapeOf::of(|| Self { weight: weight.graft(), bias: bias.graft() })
    }

    pub(super) fn given(weight: HostTensor, bias: HostOf<B>) -> Result<HostOf<Self>, Error> {
        HostOf::of(|| Self { weight: Tensor::with_data(weight), bias: bias.graft() })
    }
}
