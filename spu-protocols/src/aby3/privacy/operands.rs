//! Operands of a kernel under test, one element each, and results as words.

use std::ops::Range;
use std::rc::Rc;

use super::super::role::Role;
use super::super::shares::{Arith, BitShares};
use crate::ring::{Planes, Ring};

/// One unknown of a kernel: its width in bits and who holds it.
#[derive(Clone)]
pub(crate) struct Component {
    /// In bits.
    pub(super) width: u32,
    holders: Vec<Role>,
}

impl Component {
    /// Whether `role` knows it.
    pub(super) fn is_held_by(&self, role: Role) -> bool {
        self.holders.contains(&role)
    }
}

/// A replicated value of `width` bits: three components, for [`Operands::arith`] or, with width 1, [`Operands::bits`].
pub(crate) fn replicated(width: u32) -> Vec<Component> {
    Role::ALL.map(|role| Component { width, holders: vec![role, role.previous()] }).to_vec()
}

/// Three terms of `width` bits, one for each role, for [`Operands::only`].
pub(crate) fn terms(width: u32) -> Vec<Component> {
    Role::ALL.map(|role| held_by(role, width)).to_vec()
}

/// Halves of `width` bits at P1 and P2, for [`Operands::only`] or [`Operands::only_bit`].
pub(crate) fn halves(width: u32) -> Vec<Component> {
    vec![held_by(Role::P1, width), held_by(Role::P2, width)]
}

/// What one role alone knows.
pub(crate) fn held_by(role: Role, width: u32) -> Component {
    Component { width, holders: vec![role] }
}

/// The operands of one party: one element each.
pub(crate) struct Operands {
    role: Role,
    components: Rc<[Component]>,
    values: Vec<u64>,
}

impl Operands {
    /// What `role` holds of `values`, one for each component.
    pub(super) fn new(role: Role, components: &Rc<[Component]>, values: &[u64]) -> Self {
        let held = components.iter().zip(values).map(|(c, &value)| if c.is_held_by(role) { value } else { 0 });
        Self { role, components: components.clone(), values: held.collect() }
    }

    /// Shares of the replicated value whose components begin at `first`.
    pub(crate) fn arith<R: Ring>(&self, first: usize) -> Arith<R> {
        let [own, next] = self.pair(first).map(|value| vec![R::from_u128(value.into())]);
        Arith { own, next }
    }

    /// Shares of the replicated bit whose components begin at `first`.
    pub(crate) fn bits(&self, first: usize) -> BitShares {
        let [own, next] = self.pair(first).map(|value| Planes::from_words(1, 1, vec![value]));
        BitShares { own, next }
    }

    /// The component of `range` that this role holds, none if it holds none.
    pub(crate) fn only<R: Ring>(&self, range: Range<usize>) -> Vec<R> {
        range.filter(|&i| self.holds(i)).map(|i| R::from_u128(self.values[i].into())).collect()
    }

    /// The bit of `range` that this role holds; 0 if it holds none.
    pub(crate) fn only_bit(&self, mut range: Range<usize>) -> Planes {
        Planes::from_words(1, 1, vec![range.find(|&i| self.holds(i)).map_or(0, |i| self.values[i])])
    }

    fn pair(&self, first: usize) -> [u64; 2] {
        [self.role, self.role.next()].map(|role| {
            let i = first + role as usize;
            assert!(self.holds(i), "a replicated value has three components");
            self.values[i]
        })
    }

    fn holds(&self, i: usize) -> bool {
        self.components[i].is_held_by(self.role)
    }
}

/// A result as words, for comparison.
pub(crate) trait Words {
    /// All of it.
    fn words(&self) -> Vec<u64>;
}

impl<R: Ring> Words for Arith<R> {
    fn words(&self) -> Vec<u64> {
        [R::into_words(self.own.clone()), R::into_words(self.next.clone())].concat()
    }
}

impl Words for BitShares {
    fn words(&self) -> Vec<u64> {
        [self.own.words(), self.next.words()].concat()
    }
}

impl<R: Ring> Words for Vec<R> {
    fn words(&self) -> Vec<u64> {
        R::into_words(self.clone())
    }
}

impl Words for Planes {
    fn words(&self) -> Vec<u64> {
        Planes::words(self).to_vec()
    }
}

impl<A: Words, B: Words> Words for (A, B) {
    fn words(&self) -> Vec<u64> {
        [self.0.words(), self.1.words()].concat()
    }
}

impl<T: Words> Words for Option<T> {
    fn words(&self) -> Vec<u64> {
        self.as_ref().map_or(Vec::new(), Words::words)
    }
}
