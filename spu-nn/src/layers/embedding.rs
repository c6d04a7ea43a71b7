//! Embeddings: rows of a secret table.

use spu::{Error, Fxp, HostOf, Int, Secret, ShapeOf, Tensor, Tree, Visibility};

use crate::init::{Draws, Initializer};

/// A table of `count` rows of a width, which indices choose from. It is no [`Layer`](super::Layer): it takes integers.
///
/// ```
/// # extern crate spu_tensor as spu;
/// use spu::{Int, Secret, Tensor, evaluate};
/// use spu_nn::layers::{Embedding, EmbeddingWeights};
///
/// let y = evaluate(vec![2, 0], |tokens: Tensor<Secret, Int>| {
///     let weight = Tensor::constant(vec![1.0, 2.0, 3.0]).to_secret().reshape([3, 1]);
///     Embedding::new(3, 1).apply(EmbeddingWeights { weight }, tokens)
/// })?;
/// assert_eq!((y.shape().extents(), y.values()), (&[2, 1][..], vec![3.0, 1.0]));
/// # Ok::<(), spu::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Embedding {
    count: usize,
    width: usize,
    initializer: Initializer,
}

/// The table of an [`Embedding`].
#[derive(Clone, Copy, Tree)]
pub struct EmbeddingWeights {
    /// `[count, width]`.
    pub weight: Tensor<Secret, Fxp>,
}

impl Embedding {
    /// A table of `count` rows of this width, which begin as normal numbers of deviation 1.
    pub const fn new(count: usize, width: usize) -> Self {
        Self { count, width, initializer: Initializer::Normal(1.0) }
    }

    /// With rows that begin otherwise.
    pub const fn initializer(self, initializer: Initializer) -> Self {
        Self { initializer, ..self }
    }

    /// The shape of the table.
    pub fn shape(self) -> ShapeOf<EmbeddingWeights> {
        ShapeOf::of(|| EmbeddingWeights { weight: Tensor::with_shape([self.count, self.width]) })
    }

    /// The table to begin with.
    pub fn initial(self, draws: &mut Draws) -> Result<HostOf<EmbeddingWeights>, Error> {
        let weight = draws.weights(self.initializer, [self.count, self.width]);
        HostOf::of(|| EmbeddingWeights { weight: Tensor::with_data(weight) })
    }

    /// The rows that `index[…]` names: `[…, width]`; zeros for an index that is negative, or `count` or more.
    ///
    /// A public index costs nothing. For a secret one every row takes part, so that nobody learns which was taken: it becomes
    /// a unit vector of `count` entries, in two rounds instead of five if it is known to lie in the table, as after
    /// `index.assume(0..=count − 1)`; then the products take one.
    #[track_caller]
    pub fn apply<V: Visibility>(self, weights: EmbeddingWeights, index: Tensor<V, Int>) -> Tensor<Secret, Fxp> {
        weights.weight.gather_secret(index)
    }
}
