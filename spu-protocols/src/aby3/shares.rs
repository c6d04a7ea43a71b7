//! What one party holds of a value.

use std::ops::Range;

use crate::ring::{Planes, Ring};

/// Replicated additive shares of n elements at one party: `own` is x_i, `next` is x_(i+1).
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Arith<R> {
    /// x_i.
    pub own: Vec<R>,
    /// x_(i+1).
    pub next: Vec<R>,
}

/// Borrowed [`Arith`] shares of a range of elements.
#[derive(Clone, Copy)]
pub struct View<'a, R> {
    /// x_i.
    pub own: &'a [R],
    /// x_(i+1).
    pub next: &'a [R],
}

/// Replicated XOR shares of bits at one party.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct BitShares {
    /// x_i.
    pub own: Planes,
    /// x_(i+1).
    pub next: Planes,
}

impl<R: Ring> Arith<R> {
    /// All elements.
    pub fn view(&self) -> View<'_, R> {
        self.part(0..self.own.len())
    }

    /// The elements of a range.
    pub fn part(&self, range: Range<usize>) -> View<'_, R> {
        View { own: &self.own[range.clone()], next: &self.next[range] }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.own.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.own.is_empty()
    }
}

impl<R: Ring> View<'_, R> {
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.own.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.own.is_empty()
    }
}
