//! What one party holds of a value of the share program.

use std::sync::Arc;

use crate::aby3::{Arith, BitShares, Permutations};

/// A value at one party; cheap to clone.
#[derive(Clone)]
pub enum PartyValue<R> {
    /// Ring elements that every party has.
    Public(Arc<Vec<R>>),
    /// Replicated additive shares.
    Arith(Arc<Arith<R>>),
    /// One additive term.
    Sum(Arc<Vec<R>>),
    /// Replicated XOR shares of bits.
    Bits(Arc<BitShares>),
    /// Two of three factors of a permutation.
    Permutation(Arc<Permutations>),
    /// Nothing: another party has it.
    Absent,
}

impl<R> PartyValue<R> {
    /// Public elements.
    pub fn public(elements: Vec<R>) -> Self {
        Self::Public(Arc::new(elements))
    }

    /// Arithmetic shares.
    pub fn arith(shares: Arith<R>) -> Self {
        Self::Arith(Arc::new(shares))
    }

    /// An additive term.
    pub fn sum(term: Vec<R>) -> Self {
        Self::Sum(Arc::new(term))
    }

    /// The arithmetic shares. Panics on another kind: the share program is typed.
    pub fn as_arith(&self) -> &Arc<Arith<R>> {
        match self {
            Self::Arith(shares) => shares,
            _ => panic!("the share program's types hold: arithmetic shares"),
        }
    }

    /// The additive term. Panics on another kind.
    pub fn as_sum(&self) -> &Arc<Vec<R>> {
        match self {
            Self::Sum(term) => term,
            _ => panic!("the share program's types hold: a sum"),
        }
    }

    /// The public elements. Panics on another kind.
    pub fn as_public(&self) -> &Arc<Vec<R>> {
        match self {
            Self::Public(elements) => elements,
            _ => panic!("the share program's types hold: a public value"),
        }
    }

    /// The shared bits. Panics on another kind.
    pub fn as_bits(&self) -> &Arc<BitShares> {
        match self {
            Self::Bits(bits) => bits,
            _ => panic!("the share program's types hold: bits"),
        }
    }

    /// The factors of the permutation. Panics on another kind.
    pub fn as_permutation(&self) -> &Arc<Permutations> {
        match self {
            Self::Permutation(factors) => factors,
            _ => panic!("the share program's types hold: a permutation"),
        }
    }
}
