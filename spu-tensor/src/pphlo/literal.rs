//! Attributes that hold numbers: compared and hashed bit by bit, so that equal nodes are equal runs.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::host::{Elements, HostTensor};
use crate::shape::Shape;

/// A real attribute, compared bit by bit.
#[derive(Clone, Copy, Debug)]
pub struct Real(pub f64);

impl PartialEq for Real {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Real {}

impl Hash for Real {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// A constant tensor, compared bit by bit.
#[derive(Clone, Debug)]
pub struct Literal(pub Arc<HostTensor>);

impl Literal {
    /// A fixed-point scalar.
    pub fn scalar(value: f64) -> Self {
        HostTensor::fxp(Shape::SCALAR, vec![value]).into()
    }

    /// The one value that every element has, as a scalar; `None` where elements differ or there is none.
    pub fn splat(&self) -> Option<HostTensor> {
        let first = self.bits().next()?;
        let scalar = match &self.0.elements {
            Elements::Fxp(v) => Elements::Fxp(vec![v[0]]),
            Elements::Int(v) => Elements::Int(vec![v[0]]),
            Elements::Bool(v) => Elements::Bool(vec![v[0]]),
        };
        self.bits().all(|b| b == first).then(|| HostTensor::new(Shape::SCALAR, scalar))
    }

    fn bits(&self) -> impl Iterator<Item = u64> + '_ {
        let tensor = &self.0;
        (0..tensor.elements.len()).map(|i| match &tensor.elements {
            Elements::Fxp(v) => v[i].to_bits(),
            Elements::Int(v) => v[i] as u64,
            Elements::Bool(v) => u64::from(v[i]),
        })
    }
}

impl From<HostTensor> for Literal {
    fn from(tensor: HostTensor) -> Self {
        Self(Arc::new(tensor))
    }
}

impl PartialEq for Literal {
    fn eq(&self, other: &Self) -> bool {
        self.0.shape == other.0.shape
            && self.0.elements.dtype() == other.0.elements.dtype()
            && self.bits().eq(other.bits())
    }
}

impl Eq for Literal {}

impl Hash for Literal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.shape.hash(state);
        self.bits().for_each(|b| b.hash(state));
    }
}
