//! Tensors in the clear, on the host: inputs before they are shared and results after they are opened.

use crate::pphlo::DType;
use crate::shape::Shape;

/// A tensor in the clear, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct HostTensor {
    /// Its extents.
    pub shape: Shape,
    /// Its elements, `shape.elements()` of them.
    pub elements: Elements,
}

/// The elements of a [`HostTensor`], by data type.
#[derive(Clone, Debug, PartialEq)]
pub enum Elements {
    /// Fixed-point values, as the real numbers they stand for.
    Fxp(Vec<f64>),
    /// Integers.
    Int(Vec<i64>),
    /// Truth values.
    Bool(Vec<bool>),
}

impl Elements {
    /// None, of this data type.
    pub fn empty(dtype: DType) -> Self {
        match dtype {
            DType::Fxp => Self::Fxp(Vec::new()),
            DType::Int => Self::Int(Vec::new()),
            DType::Bool => Self::Bool(Vec::new()),
        }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::Fxp(v) => v.len(),
            Self::Int(v) => v.len(),
            Self::Bool(v) => v.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Their data type.
    pub fn dtype(&self) -> DType {
        match self {
            Self::Fxp(_) => DType::Fxp,
            Self::Int(_) => DType::Int,
            Self::Bool(_) => DType::Bool,
        }
    }

    /// Every element as a real number; truth values are 0 and 1.
    pub fn to_f64(&self) -> Vec<f64> {
        match self {
            Self::Fxp(v) => v.clone(),
            Self::Int(v) => v.iter().map(|&x| x as f64).collect(),
            Self::Bool(v) => v.iter().map(|&x| f64::from(u8::from(x))).collect(),
        }
    }
}

impl HostTensor {
    /// A fixed-point tensor. Panics if the number of elements is not the shape's.
    pub fn fxp(shape: impl Into<Shape>, elements: Vec<f64>) -> Self {
        Self::new(shape.into(), Elements::Fxp(elements))
    }

    /// An integer tensor. Panics if the number of elements is not the shape's.
    pub fn int(shape: impl Into<Shape>, elements: Vec<i64>) -> Self {
        Self::new(shape.into(), Elements::Int(elements))
    }

    /// A truth-value tensor. Panics if the number of elements is not the shape's.
    pub fn bool(shape: impl Into<Shape>, elements: Vec<bool>) -> Self {
        Self::new(shape.into(), Elements::Bool(elements))
    }

    /// A tensor of any data type. Panics if the number of elements is not the shape's.
    pub fn new(shape: Shape, elements: Elements) -> Self {
        assert_eq!(shape.elements(), elements.len(), "a host tensor has as many elements as its shape says");
        Self { shape, elements }
    }
}
