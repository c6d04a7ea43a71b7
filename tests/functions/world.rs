//! Three parties and their number format.

use spu::accuracy::FORMATS;
use spu::prelude::*;
use spu::{DType, ExecutorExt};

use crate::grids::NumberFormat;

/// A session and its format.
pub(crate) struct World {
    pub(crate) session: Session,
    pub(crate) format: NumberFormat,
}

impl World {
    pub(crate) fn new(format: NumberFormat) -> Self {
        Self { session: Session::local(&format.config()).expect("the format is served"), format }
    }

    /// One of each format.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..FORMATS.len()).map(|index| Self::new(NumberFormat::of(index)))
    }

    pub(crate) fn share(&self, x: &[f64]) -> Shared<Tensor<Secret, Fxp>> {
        self.session.input(Party(0), [x.len()], || Ok(x.to_vec())).expect("values of the format")
    }

    pub(crate) fn share_integers(&self, x: &[i64]) -> Shared<Tensor<Secret, Int>> {
        self.session.input(Party(2), [x.len()], || Ok(x.to_vec())).expect("values of the format")
    }

    pub(crate) fn opened<D: DType>(&self, x: &Shared<Tensor<Secret, D>>) -> Vec<f64> {
        HostTensor::from(self.session.reveal(x).expect("it opens")).elements.to_f64()
    }

    /// Asserts that the errors are at most `bound` ulp.
    #[track_caller]
    pub(crate) fn assert_within(&self, bound: f64, found: &[f64], x: &[f64], exact: impl Fn(f64) -> f64) {
        assert_eq!(found.len(), x.len());
        for (y, &x) in found.iter().zip(x) {
            let error = (y - exact(x)).abs() / self.format.ulp;
            assert!(error <= bound, "{y} for {} at {x}: {error} ulp in {:?}", exact(x), self.format);
        }
    }
}

/// What `$f` gives of `$x`, opened.
macro_rules! run {
    ($world:expr, $f:ident, $x:expr) => {
        $world.opened(&$f::run(&$world.session, &$world.share($x)).expect("it runs"))
    };
}
pub(crate) use run;
