//! Normalization: x as u·2^k with u in [1/2, 1], from the position of its leading one ([`crate::aby3::leading_one`]).
//!
//! U is a power of two with x·U in [2^(m − 1), 2^m]; u = x·U·2^−m, and every function of x is a polynomial of u times a power of two,
//! or for the logarithm plus a multiple of ln 2. Powers of two and multiples are sums of weights by the position. All functions of one value
//! share one normalization: the sums that any of them needs are attributes of one kernel, and everything else is the same share
//! operation.
//!
//! What is known of x saves work: an upper bound leaves fewer positions; where x cannot be negative, or where a function is 0 for negative
//! numbers anyway, no sign is looked at. 1/x by itself has positions below 2^(2f − 1) alone, as it is below 2 ulp from there on, and so has
//! 1/√x below 2^(3f − 2).
//!
//! For x = 0, and for negative x where a function is 0 there, all sums are 0, and so are the products with them.
//!
//! Rounds: 1 to 8 the sums; 9 U; 10 and 11 u.

use spu::graph::Value;
use spu::pphlo::{self, DType, Interval, Op};

use super::division::{GUARD as GUARD_OF_PARTS, GUARD_OF_KERNEL};
use super::{Lowering, Number, RingConfig, encode};
use crate::aby3::leading_one::PLACES;
use crate::aby3::{Layout, Weights};

/// Functions of one value that share its normalization.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Needs {
    /// 1/x, to the format's fraction bits.
    pub(super) reciprocal: bool,
    /// Quotients.
    pub(super) quotient: bool,
    /// Quotients whose operands are too large for one word.
    pub(super) parts: bool,
    /// √x.
    pub(super) sqrt: bool,
    /// 1/√x.
    pub(super) rsqrt: bool,
    /// ln x.
    pub(super) log: bool,
    /// The sign of x, if it may be negative: then a sign is looked at.
    pub(super) sign: bool,
}

/// A normalized number.
pub(super) struct Normalized {
    /// In [1/2, 1]; 0 where there is no position.
    pub(super) u: Value,
    /// m: |x| is u·2^m/|U| ulp.
    pub(super) magnitude: u32,
    /// U with the sign of x.
    pub(super) power: Value,
    /// For a quotient of large operands in the ring of 128 bits, U in two parts: high·2^[`Normalized::split`] + low.
    pub(super) parts: Option<[Value; 2]>,
    /// 2^(q/2) and so on: see [`Factor`].
    pub(super) sqrt: Option<Factor>,
    /// The same for 1/√x.
    pub(super) rsqrt: Option<Factor>,
    /// (position − m)·ln 2 at the format's scale.
    pub(super) log: Option<Value>,
    /// `[x > 0]`, unless that is known.
    pub(super) positive: Option<Value>,
    /// `[x < 0]`, if the sign was asked for.
    pub(super) negative: Option<Value>,
}

/// A factor of a polynomial: their product is the result in ulp, times 2^fraction.
#[derive(Clone, Copy)]
pub(super) struct Factor {
    /// The factor.
    pub(super) value: Value,
    /// Fraction bits below the ulp; negative if the factor counts several ulp.
    pub(super) fraction: i32,
    /// The product with the polynomial, without its fraction bits, is at most 2^largest.
    pub(super) largest: i32,
}

impl Needs {
    fn of(op: &Op, quotient: Option<bool>) -> Self {
        Self {
            reciprocal: *op == Op::Reciprocal,
            quotient: quotient.is_some(),
            parts: quotient == Some(false),
            sqrt: *op == Op::Sqrt,
            rsqrt: *op == Op::Rsqrt,
            log: *op == Op::Log,
            sign: false,
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            reciprocal: self.reciprocal || other.reciprocal,
            quotient: self.quotient || other.quotient,
            parts: self.parts || other.parts,
            sqrt: self.sqrt || other.sqrt,
            rsqrt: self.rsqrt || other.rsqrt,
            log: self.log || other.log,
            sign: self.sign || other.sign,
        }
    }
}

/// What each value of the graph is normalized for. Ranges that a spline serves do not count.
pub(super) fn needs(graph: &pphlo::Graph, intervals: &[Interval], ring: RingConfig) -> Vec<Needs> {
    let mut needs = vec![Needs::default(); graph.value_count()];
    for (_, node) in graph.nodes() {
        let of = |v: Value| intervals[v.index()];
        let (x, quotient) = match (&node.operation, &node.operands[..]) {
            (Op::Divide, &[a, b]) if graph.ty(a).dtype == DType::Fxp => {
                (b, Some(quotient_fits(ring, of(a), of(b), of(node.result(0)))))
            }
            (_, &[x, ..]) => (x, None),
            _ => continue,
        };
        let splined = matches!(node.operation, Op::Reciprocal | Op::Log | Op::Divide | Op::Sqrt | Op::Rsqrt);
        if !(splined && super::function::is_narrow(of(x), ring)) {
            needs[x.index()] = needs[x.index()].and(Needs::of(&node.operation, quotient));
        }
    }
    needs
}

/// Whether the products of a quotient a/b fit the ring: a·U, and that with the bits of 1/u that the format wants.
pub(super) fn quotient_fits(ring: RingConfig, a: Interval, b: Interval, quotient: Interval) -> bool {
    let f = ring.fraction_bits;
    let bits = [a, b].map(|range| bits_of(ring, range));
    let result = bits_of(ring, quotient).min(bits[0] + f);
    bits[0] + bits[1] < ring.bits - 2 && result + f + GUARD as u32 + 2 < ring.bits - 2
}

/// Bits of |x| in ulp of the format, for an x of this range; no more than the safe range has.
pub(super) fn bits_of(ring: RingConfig, range: Interval) -> u32 {
    let f = ring.fraction_bits;
    let most = range.lo.abs().max(range.hi.abs()) + libm::ldexp(SLACK, -(f as i32));
    // The slack is lost beside numbers above 2^58 ulp, so a power of two has a bit more.
    let known = libm::floor(libm::log2(most)) + 1.0 + f64::from(f);
    if known < f64::from(ring.bits - 2) { (known as i64).max(1) as u32 } else { ring.bits - 2 }
}

impl Normalized {
    /// Where U is split.
    pub(super) fn split(ring_bits: u32) -> u32 {
        ring_bits / 2
    }
}

impl Lowering<'_> {
    /// Normalizes x, `Arith` with the format's fraction bits, which lies in `range`, for `needs`.
    pub(super) fn normalize(&mut self, x: Value, range: Interval, needs: Needs) -> Normalized {
        let f = self.ring.fraction_bits;
        let (layout, positive) = self.layout(range, needs);
        let m = layout.magnitude();
        let kinds = Sums {
            layout,
            fraction_bits: f,
            places: self.root_bits(),
            split: (needs.parts && self.ring.bits == 128).then(|| Normalized::split(self.ring.bits)),
        };
        let mut weights = Weights { blocks: Vec::new(), places: vec![kinds.up_places()], signs: Vec::new() };
        let (mut block_scales, mut place_scales) = (Vec::new(), vec![0]);
        for part in kinds.up_blocks() {
            weights.blocks.push(part);
            block_scales.push(0);
        }
        let parts = weights.blocks.len();
        let mut roots = Vec::new();
        for exponent in [1, -1].into_iter().filter(|&e| if e == 1 { needs.sqrt } else { needs.rsqrt }) {
            let (blocks, places, fraction) = kinds.root(exponent);
            weights.blocks.push(blocks);
            weights.places.push([places, [0; PLACES]]);
            block_scales.push(0);
            place_scales.push(0);
            roots.push((exponent, fraction));
        }
        if needs.log {
            weights.blocks.push(kinds.log_blocks());
            // ln |x|, where a sign is looked at.
            weights.places.push([kinds.log_places(); 2]);
            block_scales.push(f);
            place_scales.push(f);
            if !positive {
                weights.signs.push([1, 0]);
                place_scales.push(0);
            }
        }
        if needs.sign {
            weights.signs.push([0, 1]);
            place_scales.push(0);
        }
        let blocks = block_scales.len();
        let sums = self.build.leading_one(x, layout, weights, &[block_scales, place_scales].concat());
        let (over_blocks, over_places) = sums.split_at(blocks);

        let product = |this: &mut Self, a: Value, b: Value| {
            let product = this.build.multiply(a, b);
            this.build.reshare(product)
        };
        let power: Vec<Value> = over_blocks[..parts].iter().map(|&part| product(self, part, over_places[0])).collect();
        let parts_of_power: Option<[Value; 2]> = power.try_into().ok();
        let power = match parts_of_power {
            Some([high, low]) => {
                let high = self.times_power_of_two(high, Normalized::split(self.ring.bits));
                self.build.add(high, low)
            }
            None => product(self, over_blocks[0], over_places[0]),
        };
        let u = self.fraction(x, power, m);
        // The weights of U are negative where a sign is looked at: −|x|·|U| may be −2^(K − 2), which a truncation takes.
        let signed = |this: &mut Self, v: Value| if layout.signed { this.build.negate(v) } else { v };
        let u = signed(self, u);
        let power = signed(self, power);
        let parts_of_power = parts_of_power.map(|parts| parts.map(|part| signed(self, part)));
        let root = |this: &mut Self, i: usize| {
            let (exponent, fraction) = roots[i];
            let value = product(this, over_blocks[parts + i], over_places[1 + i]);
            let largest = if exponent == 1 { (f + m).div_ceil(2) } else { (3 * f).div_ceil(2) };
            Factor { value, fraction, largest: largest as i32 + fraction }
        };
        let sqrt = needs.sqrt.then(|| root(self, 0));
        let rsqrt = needs.rsqrt.then(|| root(self, usize::from(needs.sqrt)));
        let (log, positive) = match needs.log {
            true => {
                let at = parts + roots.len();
                let (block, place) = (over_blocks[at], over_places[1 + roots.len()]);
                (Some(self.build.add(block, place)), over_places.get(2 + roots.len()).copied())
            }
            false => (None, None),
        };
        let negative = needs.sign.then(|| over_places[over_places.len() - 1]);
        Normalized { u, magnitude: m, power, parts: parts_of_power, sqrt, rsqrt, log, positive, negative }
    }

    /// The product of a polynomial, a `Sum`, and a factor, as a number of the format. Small results keep three fraction bits of the factor, large
    /// ones all bits of the polynomial that the ring has room for.
    pub(super) fn scaled(&mut self, polynomial: Value, factor: Factor) -> Number {
        self.scaled_to(polynomial, factor, 0)
    }

    /// The same with `spare` more fraction bits.
    pub(super) fn scaled_to(&mut self, polynomial: Value, factor: Factor, spare: u32) -> Number {
        let (f, p) = (self.ring.fraction_bits, self.working_bits());
        let Factor { mut value, mut fraction, mut largest } = factor;
        let room = self.ring.bits as i32 - 3;
        if room - largest < f as i32 + 2 && fraction > GUARD {
            let scale = self.build.scale(value) + (fraction - GUARD) as u32;
            let scaled = self.build.rescale(value, scale);
            value = self.build.truncate(scaled, (fraction - GUARD) as u32);
            (largest, fraction) = (largest - (fraction - GUARD), GUARD);
        }
        let places = (room - largest).min(p as i32) as u32;
        let polynomial = self.build.truncate(polynomial, self.build.scale(polynomial) - places);
        let product = self.build.multiply(polynomial, value);
        let scale = (f + places) as i32 + fraction;
        let product = self.build.rescale(product, scale as u32);
        let precision = f + spare;
        let value = match scale - precision as i32 {
            excess @ 1.. => self.build.truncate(product, excess as u32),
            missing => {
                let value = self.build.reshare(product);
                self.build.shift_left(value, -missing as u32)
            }
        };
        Number { value, precision }
    }

    /// |U|, for the reciprocal.
    pub(super) fn reciprocal_factor(&self, normalized: &Normalized) -> Factor {
        let m = normalized.magnitude as i32;
        Factor { value: normalized.power, fraction: m - 2 * self.ring.fraction_bits as i32, largest: m }
    }

    /// x·2^by at the same scale.
    pub(super) fn times_power_of_two(&mut self, x: Value, by: u32) -> Value {
        let scale = self.build.scale(x);
        let shifted = self.build.shift_left(x, by);
        self.build.rescale(shifted, scale)
    }

    /// Fraction bits of u and its powers.
    pub(super) fn working_bits(&self) -> u32 {
        let most = match self.ring.bits {
            32 => 12,
            64 => 23,
            _ => 46,
        };
        most.min(self.ring.fraction_bits + 8)
    }

    /// Fraction bits of √2: those for which it is lucky, 46341 for 15.
    fn root_bits(&self) -> u32 {
        match self.ring.bits {
            32 => 10,
            64 => 15,
            _ => 46,
        }
    }

    /// x·U·2^−m.
    pub(super) fn fraction(&mut self, x: Value, power: Value, m: u32) -> Value {
        let p = self.working_bits();
        let product = self.build.multiply(x, power);
        let product = self.build.rescale(product, m);
        match m.checked_sub(p) {
            Some(excess @ 1..) => self.build.truncate(product, excess),
            _ => {
                let u = self.build.reshare(product);
                self.build.shift_left(u, p - m)
            }
        }
    }

    /// Where positions are looked for, and whether every number of the range is known to be above 0.
    fn layout(&self, range: Interval, needs: Needs) -> (Layout, bool) {
        let (bits, f) = (self.ring.bits, self.ring.fraction_bits);
        // Bounds are those of exact numbers; shared ones err by some ulp.
        let slack = libm::ldexp(SLACK, -(f as i32));
        let known = bits_of(self.ring, range);
        let useful = match needs {
            Needs { quotient: true, .. } | Needs { sqrt: true, .. } | Needs { log: true, .. } => bits,
            Needs { rsqrt: true, .. } => 3 * f - 2,
            _ => 2 * f - 1,
        };
        let positive = range.lo >= slack;
        let signed = range.lo < 0.0 && (needs.reciprocal || needs.quotient || needs.sign);
        // Values a few ulp below 0 where the bound is 0 are told by their sign bit.
        let positive_bits = if positive { known } else { bits };
        // A quotient in larger rings has bits of x·U to drop, one in parts those of half of U as well.
        let least = match (needs.parts, bits) {
            (false, _) => 0,
            (true, 128) => f + Normalized::split(bits) + 2 * GUARD_OF_PARTS,
            (true, _) => f + GUARD_OF_KERNEL + 1,
        };
        let magnitude = useful.min(known).max(least);
        let layout = Layout::below(magnitude, if signed { known } else { positive_bits }, signed);
        (layout, positive)
    }
}

/// The weights of the sums for a layout.
pub(super) struct Sums {
    pub(super) layout: Layout,
    /// f.
    pub(super) fraction_bits: u32,
    /// Fraction bits of √2.
    pub(super) places: u32,
    /// Where U is split.
    pub(super) split: Option<u32>,
}

impl Sums {
    fn each_block(&self, weight: impl Fn(u32) -> i128) -> Vec<i128> {
        (0..self.layout.blocks).map(weight).collect()
    }

    /// 16^(b − 1 − j); in two parts where they are split.
    pub(super) fn up_blocks(&self) -> Vec<Vec<i128>> {
        let exponent = |j: u32| 4 * (self.layout.blocks - 1 - j);
        match self.split {
            None => vec![self.each_block(|j| 1 << exponent(j))],
            Some(split) => vec![
                self.each_block(|j| exponent(j).checked_sub(split).map_or(0, |e| 1 << e)),
                self.each_block(|j| if exponent(j) < split { 1 << exponent(j) } else { 0 }),
            ],
        }
    }

    pub(super) fn up_places(&self) -> [[i128; PLACES]; 2] {
        let powers = [8, 4, 2, 1];
        let negative = powers.map(|power: i128| -power);
        if self.layout.signed { [negative, powers] } else { [powers, powers] }
    }

    /// For √x (1) or 1/√x (−1): weights whose product is the factor, and its fraction bits.
    pub(super) fn root(&self, exponent: i32) -> (Vec<i128>, [i128; PLACES], i32) {
        let (b, f, pad) = (self.layout.blocks, self.fraction_bits as i32, self.layout.pad as i32);
        let m = self.layout.magnitude() as i32;
        // √x = 2^(f/2)·√(u·2^m/U), 1/√x = 2^(3f/2)·√(U/(u·2^m)), in ulp; U = 2^(4b − 1 − 4j − i).
        let twice = if exponent == 1 { f + 1 - pad } else { 3 * f - m };
        let odd = twice.rem_euclid(2);
        let place = |i: usize| {
            let half = if exponent == 1 { i as i32 } else { 3 - i as i32 };
            encode::rounded(libm::exp2(0.5 * f64::from(half + odd)), self.places)
        };
        let blocks = self.each_block(|j| 1 << (2 * if exponent == 1 { j } else { b - 1 - j }));
        (blocks, std::array::from_fn(place), self.places as i32 - (twice - odd) / 2)
    }

    fn log_blocks(&self) -> Vec<i128> {
        self.each_block(|j| encode::rounded(f64::from(4 * j) * std::f64::consts::LN_2, self.fraction_bits))
    }

    /// x = u·2^(1 + q − pad − f).
    fn log_places(&self) -> [i128; PLACES] {
        let less = 1.0 - f64::from(self.layout.pad) - f64::from(self.fraction_bits);
        std::array::from_fn(|i| encode::rounded((i as f64 + less) * std::f64::consts::LN_2, self.fraction_bits))
    }
}

/// Fraction bits that a factor keeps.
const GUARD: i32 = 3;
/// By how many ulp a number may leave the interval that is known of it.
const SLACK: f64 = 64.0;
