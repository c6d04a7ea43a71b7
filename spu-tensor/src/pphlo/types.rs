//! What is known of a PPHLO value: shape, data type, visibility.

use std::fmt;

use crate::shape::Shape;

/// Data types, narrowest first: `Bool < Int < Fxp`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DType {
    /// Truth values.
    Bool,
    /// Integers of the ring's width.
    Int,
    /// Fixed-point numbers.
    Fxp,
}

/// Who may know a value. `Public < Secret`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Visibility {
    /// Every party.
    Public,
    /// Nobody.
    Secret,
}

/// The type of a PPHLO value.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Type {
    /// Its extents.
    pub shape: Shape,
    /// Its data type.
    pub dtype: DType,
    /// Its visibility.
    pub visibility: Visibility,
}

impl Type {
    /// The type with these parts.
    pub fn new(shape: impl Into<Shape>, dtype: DType, visibility: Visibility) -> Self {
        Self { shape: shape.into(), dtype, visibility }
    }

    /// A secret type.
    pub fn secret(shape: impl Into<Shape>, dtype: DType) -> Self {
        Self::new(shape, dtype, Visibility::Secret)
    }

    /// A public type.
    pub fn public(shape: impl Into<Shape>, dtype: DType) -> Self {
        Self::new(shape, dtype, Visibility::Public)
    }

    /// Whether the value is secret.
    pub fn is_secret(&self) -> bool {
        self.visibility == Visibility::Secret
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Fxp => "fxp",
        })
    }
}

impl fmt::Display for Visibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public => "public",
            Self::Secret => "secret",
        })
    }
}

impl fmt::Display for Type {
    /// `fxp[secret][2, 4]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]{}", self.dtype, self.visibility, self.shape)
    }
}
