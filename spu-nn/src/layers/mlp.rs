//! Networks of fully connected layers.

use spu::{Error, Fxp, HostOf, Secret, ShapeOf, Tensor, Tree};

use super::Dense;
use crate::init::Draws;

/// A network of `HIDDEN` fully connected layers with ReLU, and one without that gives the logits.
#[derive(Clone, Copy, Tree)]
pub struct Mlp<const HIDDEN: usize> {
    /// The layers in front of a ReLU, first to last.
    pub hidden: [Dense; HIDDEN],
    /// The last layer.
    pub output: Dense,
}

impl<const HIDDEN: usize> Mlp<HIDDEN> {
    /// The logits of rows `x[n, inputs]`: `[n, outputs]`.
    pub fn apply(self, x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
        let features = self.hidden.into_iter().fold(x, |x, layer| layer.apply(x).relu());
        self.output.apply(features)
    }

    /// Its shape for these widths.
    pub fn shape(inputs: usize, hidden: [usize; HIDDEN], outputs: usize) -> ShapeOf<Self> {
        ShapeOf::of(|| {
            let mut width = inputs;
            let mut layer = |next| Dense::shape(std::mem::replace(&mut width, next), next).graft();
            Self { hidden: hidden.map(&mut layer), output: layer(outputs) }
        })
    }

    /// Initial weights for these widths, drawn layer by layer, each weight before its bias.
    pub fn initial(
        inputs: usize,
        hidden: [usize; HIDDEN],
        outputs: usize,
        draws: &mut Draws,
    ) -> Result<HostOf<Self>, Error> {
        let mut width = inputs;
        let mut layer = |next| Dense::initial(std::mem::replace(&mut width, next), next, draws);
        let layers: Vec<HostOf<Dense>> =
            hidden.into_iter().chain([outputs]).map(&mut layer).collect::<Result<_, _>>()?;
        HostOf::of(|| {
            let mut layers = layers.into_iter();
            let mut graft = |_| layers.next().expect("a layer for each width").graft();
            Self { hidden: std::array::from_fn(&mut graft), output: graft(HIDDEN) }
        })
    }
}
