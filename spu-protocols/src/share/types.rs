//! What is known of a value of the share program.

use std::fmt;

use spu::Shape;

/// How a value is held.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// The same ring elements at every party.
    Public,
    /// Replicated additive shares: party i holds x_i and x_(i+1).
    Arith,
    /// What a product leaves before any message: three additive terms, one per party.
    Sum,
    /// Replicated XOR shares of n bits an element.
    Bits(u32),
    /// Replicated additive shares modulo 2^n: only n bits of a share count.
    Residue(u32),
    /// A permutation of the rows along the last axis, of which each party lacks one of three factors.
    Permutation,
}

/// The type of a value of the share program.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ShareType {
    /// Extents.
    pub shape: Shape,
    /// How it is held.
    pub kind: Kind,
    /// Fraction bits: the ring element stands for itself divided by 2^scale.
    pub scale: u32,
}

impl ShareType {
    /// The type with these parts.
    pub fn new(shape: impl Into<Shape>, kind: Kind, scale: u32) -> Self {
        Self { shape: shape.into(), kind, scale }
    }

    /// Number of elements.
    pub fn elements(&self) -> usize {
        self.shape.elements()
    }
}

impl fmt::Display for ShareType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}.{}{}", self.kind, self.scale, self.shape)
    }
}
