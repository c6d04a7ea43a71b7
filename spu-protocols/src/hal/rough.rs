//! 1/√x and y/√x with few digits, for optimizers: 15 rounds and 3 666 bits for 1/√x in the ring of 64 with f = 18.
//!
//! As in [`super::normalize`], with x·U·2^−m = t + 3/4 and 1/√x = v·(t + 3/4)^(−1/2) for v a weighted sum times another. A cubic in t errs by 2^−10.8 of the
//! value, and v is multiplied in on the way, which saves a product after the polynomial:
//!
//! ```text
//! 1/√x = v·(c0 + c1·t + c2·t²) + (v·t)·(c3·t²).
//! ```
//!
//! A product y·(1/√x) whose root serves nothing else has y·v in the place of v. It is truncated while t is computed, and saves the truncations of the root and their
//! error: of a large x, 1/√x has few digits, but y/√x has all of its own.
//!
//! t has 13 fraction bits, √2 in v seven (181 = 128·√2·0.9999). No bit between m and the sign is looked at but the four above m: x must lie below 2^m ulp.

use spu::Error;
use spu::graph::Value;
use spu::pphlo::Op;

use super::normalize::{Sums, bits_of};
use super::polynomial::Polynomial;
use super::{Entry, Lowering, RingConfig};
use crate::aby3::leading_one::PLACES;
use crate::aby3::{Layout, Weights};
use crate::share::Kind;

/// 1/√x is v·(t + 3/4)^(−1/2)·2^−fraction ulp.
struct RoughRoot {
    v: Value,
    fraction: i32,
    t: Value,
}

impl Lowering<'_> {
    /// 1/√x up to 2^−10 of it and an ulp for 0 < x < 2^(2f − 2), 0 for x ≤ 0. An x of which more is asserted to occur is an error.
    pub(super) fn approximate_rsqrt(&mut self, x: Value) -> Result<Entry, Error> {
        self.expect_in_reach(x)?;
        if self.ring.bits == 32 {
            // No room for the products of v, t and a coefficient.
            return Ok(self.root(x, -1));
        }
        let RoughRoot { v, fraction, t } = self.rough_root(x);
        Ok(self.times_root_of(t, v, fraction))
    }

    fn expect_in_reach(&self, x: Value) -> Result<(), Error> {
        let RingConfig { bits, fraction_bits: f } = self.ring;
        let (most, reach) = (self.intervals[x.index()].hi, libm::exp2(2.0 * f64::from(f) - 2.0));
        if !most.is_finite() || most <= reach {
            return Ok(());
        }
        // 2^(2f' − 2) is no less.
        let needed = libm::ceil(0.5 * libm::log2(most)) as u32 + 1;
        let serves = |bits: &u32| RingConfig::fraction_bits_of(*bits).is_some_and(|served| *served.end() >= needed);
        let remedy = match [32, 64, 128].iter().find(|bits| serves(bits)) {
            Some(bits) => format!("take at least {needed} fraction bits, in a ring of 2^{bits} or more"),
            None => "scale them down".into(),
        };
        let message = format!(
            "cannot take 1/√x, as optimizers do, of numbers up to {most:e} in the ring 2^{bits} with {f} fraction bits, where \
             {reach} is the most: {remedy}"
        );
        Err(Error::program(message, self.location()))
    }

    /// y·root where `root` is an approximate 1/√x that has no other use, and where there is room: up to 2^−10 of it and two ulp.
    pub(super) fn over_root(&mut self, y: Value, root: Value) -> Option<Entry> {
        let node = self.graph.node(self.graph.definition(root).0);
        if node.operation != Op::RsqrtApprox || self.uses[root.index()] != 1 || self.ring.bits == 32 {
            return None;
        }
        let x = node.operands[0];
        let y = self.as_number(y);
        let y = self.factor(y);
        if self.build.kind(y) == Kind::Public || self.build.scale(y) > self.ring.fraction_bits + ROOM {
            return None;
        }
        let RoughRoot { v, fraction, t } = self.rough_root(x);
        let product = self.build.multiply(y, v);
        let product = self.build.rescale(product, 0);
        // In ulp, the product has the fraction bits of y and of v.
        let product = self.shifted(product, self.build.scale(y) as i32 + fraction - GUARD);
        let product = self.build.rescale(product, 0);
        Some(self.times_root_of(t, product, GUARD))
    }

    fn rough_root(&mut self, x: Value) -> RoughRoot {
        let f = self.ring.fraction_bits;
        let range = self.intervals[x.index()];
        let number = self.as_number(x);
        let x = self.arith_at(number, f);
        let m = (3 * f - 2).min(bits_of(self.ring, range));
        // Of a number below 0 the four bits above are set.
        let layout = Layout::below(m, m + 4, false);
        let m = layout.magnitude();
        let sums = Sums { layout, fraction_bits: f, places: ROOT_BITS, split: None };
        let (root_blocks, root_places, fraction) = sums.root(-1);
        let weights = Weights {
            blocks: [sums.up_blocks(), vec![root_blocks]].concat(),
            places: vec![sums.up_places(), [root_places, [0; PLACES]]],
            signs: vec![],
        };
        let parts = self.build.leading_one(x, layout, weights, &[0; 4]);
        let [power, v] = [0, 1].map(|i| {
            let product = self.build.multiply(parts[i], parts[i + 2]);
            self.build.reshare(product)
        });
        let u = self.build.multiply(x, power);
        let u = self.build.rescale(u, 0);
        let u = self.shifted(u, m as i32 - BITS as i32);
        let u = self.build.rescale(u, BITS);
        let centre = self.splat(0.75, self.build.shape(u), BITS);
        let t = self.build.subtract(u, centre);
        RoughRoot { v, fraction, t }
    }

    /// v·(t + 3/4)^(−1/2)·2^−fraction ulp.
    fn times_root_of(&mut self, t: Value, v: Value, fraction: i32) -> Entry {
        let f = self.ring.fraction_bits;
        let [square, product] = [t, v].map(|y| {
            let product = self.build.multiply(t, y);
            let scale = self.build.scale(y) + BITS;
            let product = self.build.rescale(product, scale);
            self.build.truncate(product, BITS)
        });
        let polynomial = Polynomial::new(3, |u| 1.0 / libm::sqrt(u));
        let c = polynomial.coefficients();
        let low = self.combination(&c[..3], &[t, square], PLACES_OF_C, BITS + PLACES_OF_C);
        let high = self.combination(&[0.0, c[3]], &[square], PLACES_OF_C, BITS + PLACES_OF_C);
        let low = self.build.multiply(v, low);
        let high = self.build.multiply(product, high);
        let sum = self.build.add(low, high);
        let excess = (BITS + PLACES_OF_C) as i32 + fraction;
        let sum = self.build.rescale(sum, 0);
        let value = self.shifted(sum, excess);
        let value = self.build.rescale(value, f);
        self.number(value, f)
    }
}

/// Fraction bits of u, t and t².
const BITS: u32 = 13;
/// Fraction bits of the coefficients.
const PLACES_OF_C: u32 = 11;
/// Fraction bits of √2.
const ROOT_BITS: u32 = 7;
/// Fraction bits that y·v keeps beyond the format's.
const GUARD: i32 = 2;
/// Fraction bits that y may have beyond the format's: y/√x may then reach 2^16.
const ROOM: u32 = 4;
