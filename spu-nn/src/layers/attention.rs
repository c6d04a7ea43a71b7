//! Attention.

use spu::{Bool, Error, Fxp, HostOf, Int, Public, Secret, ShapeOf, Tensor, Tree, select};

use super::{Affine, Dense, Stateless};
use crate::init::{Draws, Initializer};

/// Self-attention with several heads (Vaswani and others, 2017) of sequences `x[n, length, width]`: `[n, length, width]`.
///
/// Each head sees width / heads numbers of query, key and value, d in all, and gives softmax(q·kᵀ/√d)·v; the heads side by side go
/// through the output layer. All four layers are [`Dense`], and so are their initial weights.
///
/// Which places see which is public: causal ([`causal`](Self::causal)) or by a public mask ([`apply_masked`](Self::apply_masked)). A secret mask, for lengths
/// that nobody may know, and attention to another sequence are not among its methods; both are a few lines of `dot_general`, `select` and `softmax` in a
/// [`Stateless`](super::Stateless) layer of your own.
///
/// ```
/// # extern crate spu_tensor as spu;
/// use spu::{Fxp, Secret, Tensor, evaluate};
/// use spu_nn::layers::{Layer, MultiHeadAttention};
///
/// const ATTENTION: MultiHeadAttention = MultiHeadAttention::new(8, 2).causal();
/// let weights = ATTENTION.initial(&mut spu_nn::init::Draws::seeded(1))?;
/// let y = evaluate((weights, vec![0.5; 24]), |(weights, x)| {
///     let x: Tensor<Secret, Fxp> = x;
///     ATTENTION.apply(weights, x.reshape([1, 3, 8]))
/// })?;
/// assert_eq!(y.shape().extents(), [1, 3, 8]);
/// # Ok::<(), spu::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MultiHeadAttention {
    width: usize,
    heads: usize,
    is_causal: bool,
    /// Each of the four.
    projection: Dense,
}

/// The weights of a [`MultiHeadAttention`].
#[derive(Clone, Copy, Tree)]
pub struct AttentionWeights {
    /// What is looked for.
    pub query: Affine,
    /// What it is compared with.
    pub key: Affine,
    /// What is taken.
    pub value: Affine,
    /// From the heads to the result.
    pub output: Affine,
}

impl MultiHeadAttention {
    /// Of this width, a multiple of the number of heads.
    pub const fn new(width: usize, heads: usize) -> Self {
        Self { width, heads, is_causal: false, projection: Dense::new(width, width) }
    }

    /// No place sees a later one.
    pub const fn causal(self) -> Self {
        Self { is_causal: true, ..self }
    }

    /// With weight matrices that begin otherwise.
    pub const fn initializer(self, initializer: Initializer) -> Self {
        Self { projection: self.projection.initializer(initializer), ..self }
    }

    /// With biases that begin otherwise.
    pub const fn bias_initializer(self, initializer: Initializer) -> Self {
        Self { projection: self.projection.bias_initializer(initializer), ..self }
    }

    /// As [`Layer::apply`](super::Layer::apply), where a query sees a key only if `visible`, of a shape that stretches to
    /// `[n, heads, queries, keys]`, says so; a query that sees none takes the mean of all values. A padding mask `[n, keys]` goes
    /// in as `mask.reshape([n, 1, 1, keys])`.
    #[track_caller]
    pub fn apply_masked(
        self,
        weights: AttentionWeights,
        x: Tensor<Secret, Fxp>,
        visible: Tensor<Public, Bool>,
    ) -> Tensor<Secret, Fxp> {
        let visible = if self.is_causal { causal(x) & visible } else { visible };
        self.attend(weights, x, Some(visible))
    }

    #[track_caller]
    fn attend(
        self,
        weights: AttentionWeights,
        x: Tensor<Secret, Fxp>,
        visible: Option<Tensor<Public, Bool>>,
    ) -> Tensor<Secret, Fxp> {
        let Self { width, heads, projection, .. } = self;
        let shape = x.shape();
        let &[n, length, _] = shape.extents() else {
            spu::refuse(format!("cannot attend to {shape}: expected [n, length, {width}]"), x);
            return x;
        };
        if heads == 0 || width % heads != 0 {
            spu::refuse(format!("cannot divide a width of {width} among {heads} heads"), x);
            return x;
        }
        let head = width / heads;
        let per_head = [n, length, heads, head];
        let query = projection.apply(weights.query, x).reshape(per_head) * (1.0 / (head as f64).sqrt());
        let key = projection.apply(weights.key, x).reshape(per_head);
        let value = projection.apply(weights.value, x).reshape(per_head);
        // [n, heads, queries, keys]
        let mut scores = query.dot_general(key, [(3, 3)], [(0, 0), (2, 2)]);
        if let Some(visible) = visible {
            scores = select(visible, scores, HIDDEN);
        }
        // [n, heads, queries, head]
        let seen = scores.softmax(3).dot_general(value, [(3, 1)], [(0, 0), (1, 2)]);
        projection.apply(weights.output, seen.transpose([0, 2, 1, 3]).reshape([n, length, width]))
    }
}

impl Stateless for MultiHeadAttention {
    type Weights = AttentionWeights;

    fn shape(&self) -> ShapeOf<AttentionWeights> {
        let part = || self.projection.shape().graft();
        ShapeOf::of(|| AttentionWeights { query: part(), key: part(), value: part(), output: part() })
    }

    fn initial(&self, draws: &mut Draws) -> Result<HostOf<AttentionWeights>, Error> {
        let mut part = || self.projection.initial(draws);
        let (query, key, value, output) = (part()?, part()?, part()?, part()?);
        HostOf::of(|| AttentionWeights {
            query: query.graft(),
            key: key.graft(),
            value: value.graft(),
            output: output.graft(),
        })
    }

    fn apply(&self, weights: AttentionWeights, x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
        let visible = if self.is_causal { Some(causal(x)) } else { None };
        self.attend(weights, x, visible)
    }
}

/// Which keys a query sees, `[queries, keys]`: those that are not later.
#[track_caller]
fn causal(x: Tensor<Secret, Fxp>) -> Tensor<Public, Bool> {
    let length = x.shape().extents().get(1).copied().unwrap_or(1);
    let [query, key] = [Tensor::<Public, Int>::iota([length, length], 0), Tensor::iota([length, length], 1)];
    key.le(query)
}

/// The score of a key that is not seen: far enough below every other for a weight of exactly 0, and within every format.
const HIDDEN: f64 = -1e6;
