//! What batch and layer normalization share.

use spu::{Error, Fxp, HostOf, HostTensor, Secret, ShapeOf, Tensor};

use super::Affine;

/// Mean and variance over axes, which stay with extent 1. The variance divides by the number of elements.
pub(super) struct Moments {
    pub(super) mean: Tensor<Secret, Fxp>,
    pub(super) variance: Tensor<Secret, Fxp>,
    /// x − mean.
    pub(super) distance: Tensor<Secret, Fxp>,
}

impl Moments {
    #[track_caller]
    pub(super) fn new(x: Tensor<Secret, Fxp>, axes: &[usize]) -> Self {
        let mean = x.mean(spu::keepdims(axes.to_vec()));
        let distance = x - mean;
        let variance = (distance * distance).mean(spu::keepdims(axes.to_vec()));
        Self { mean, variance, distance }
    }
}

/// 1/√(variance + epsilon).
///
/// A variance is truncated from a sum of squares, so that it is at least −1 unit in the last place; with an ε of two units or
/// more the root exists.
#[track_caller]
pub(super) fn inverse_deviation(variance: Tensor<Secret, Fxp>, epsilon: f64) -> Tensor<Secret, Fxp> {
    (variance + epsilon).rsqrt()
}

/// Weights of a normalization: a factor and a shift for each feature.
pub(super) fn shape(features: usize) -> ShapeOf<Affine> {
    Affine::shape([features], [features].into())
}

/// Factors 1 and shifts 0.
pub(super) fn identity(features: usize) -> Result<HostOf<Affine>, Error> {
    let constant = |value: f64| HostTensor::fxp([features], vec![value; features]);
    Affine::given(constant(1.0), constant(0.0).into())
}

/// Refuses an x whose last axis has another extent: it could be stretched by the product with the weights unnoticed.
#[track_caller]
pub(super) fn expect_features(x: Tensor<Secret, Fxp>, features: usize) {
    let shape = x.shape();
    if shape.extents().last() != Some(&features) {
        spu::refuse(format!("cannot normalize {shape}: its last axis must hold {features} features"), x);
    }
}

/// As in PyTorch; with 18 fraction bits it is 2.6 units in the last place, with 8 it is 0.
pub(super) const EPSILON: f64 = 1e-5;
