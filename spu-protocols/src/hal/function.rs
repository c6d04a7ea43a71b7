//! The splines behind 1/x, ln x and the roots of x on a known narrow range.

use spu::graph::Value;
use spu::pphlo::{Interval, Op};

use super::spline::Spline;
use super::{Lowering, Number, RingConfig};

impl Lowering<'_> {
    /// 1/x, ln x, √x or 1/√x on a known narrow range: piecewise polynomials of degree 4, seven rounds.
    ///
    /// Round by round: [x ≥ θ_j] for the inner breakpoints (five rounds) beside x², x³, x⁴ (four); each coefficient is then a
    /// public combination of those bits, and Σ c_k·x^k is truncated once (two). Several functions of one x have the same comparisons and powers. Where
    /// √(lo·hi) is above 2^(24 − f) or so, x is truncated first: eight rounds.
    pub(super) fn spline(&mut self, op: &Op, x: Value) -> Number {
        let (value, range) = self.for_spline(x);
        self.spline_of(op, value, range)
    }

    /// The same of a share value with the format's fraction bits.
    pub(super) fn spline_of(&mut self, op: &Op, x: Value, range: Interval) -> Number {
        let f = self.ring.fraction_bits;
        match op {
            Op::Log => {
                let (result, up) = self.spline_sum(x, range, libm::log);
                let value = self.build.truncate(result, self.build.scale(result) - f);
                let shift = self.splat(-f64::from(up) * std::f64::consts::LN_2, self.build.shape(x), f);
                Number { value: self.build.add(value, shift), precision: f }
            }
            Op::Sqrt | Op::Rsqrt => {
                // With x = y·2^−up, √x = √(y·2^−(up mod 2))·2^−⌊up/2⌋.
                let (half, odd) = (up(range).div_euclid(2), up(range).rem_euclid(2));
                let unit = libm::exp2(f64::from(-odd));
                let (result, half) = match op {
                    Op::Sqrt => (self.spline_sum(x, range, |y| libm::sqrt(y * unit)).0, half),
                    _ => (self.spline_sum(x, range, |y| 1.0 / libm::sqrt(y * unit)).0, -half),
                };
                Number { value: self.scaled_spline(result, half, f), precision: f }
            }
            Op::Reciprocal => {
                let places = f + self.spare_places(range);
                let (result, up) = self.spline_sum(x, range, |y| 1.0 / y);
                Number { value: self.scaled_spline(result, -up, places), precision: places }
            }
            _ => unreachable!("`{}` has no spline", op.name()),
        }
    }

    /// 1/x on a known narrow range, with `places` fraction bits.
    pub(super) fn narrow_inverse(&mut self, x: Value, places: u32) -> Value {
        let (value, range) = self.for_spline(x);
        let (result, up) = self.spline_sum(value, range, |y| 1.0 / y);
        self.scaled_spline(result, -up, places)
    }

    fn for_spline(&mut self, x: Value) -> (Value, Interval) {
        let number = self.as_number(x);
        (self.arith_at(number, self.ring.fraction_bits), self.intervals[x.index()])
    }

    /// A spline's sum times 2^−down, with `places` fraction bits.
    fn scaled_spline(&mut self, sum: Value, down: i32, places: u32) -> Value {
        let scale = (self.build.scale(sum) as i32 + down) as u32;
        let scaled = self.build.rescale(sum, scale);
        match scale.checked_sub(places) {
            Some(excess @ 1..) => self.build.truncate(scaled, excess),
            _ => {
                let value = self.build.reshare(scaled);
                self.build.shift_left(value, places - scale)
            }
        }
    }

    /// f(y) as a `Sum` and `up`, where y = x·2^up has its geometric centre in [2, 4).
    fn spline_sum(&mut self, x: Value, range: Interval, function: impl Fn(f64) -> f64) -> (Value, i32) {
        // y lies in [1/2, 16): the same ring element under another scale.
        let up = up(range);
        let unit = libm::exp2(f64::from(up));
        let spline = Spline::new(range.lo * unit, range.hi * unit, function);
        let y = self.build.rescale(x, (self.ring.fraction_bits as i32 - up) as u32);
        (self.evaluate(&spline, y), up)
    }

    /// How many more fraction bits than the format's 1/x keeps: where x ≥ 1 may be large, so that x·(1/x), and with it a row of a
    /// softmax, is as near to 1 as at x = 1.
    pub(super) fn spare_places(&self, x: Interval) -> u32 {
        // An unbounded x has no magnitude to make up for: it is no sum of so many terms.
        match x.lo >= 1.0 && x.hi.is_finite() {
            true => (libm::ceil(libm::log2(x.hi)) as u32 + 1).min(self.ring.extra()),
            false => 0,
        }
    }

    /// Σ c_k·y^k as a `Sum`.
    fn evaluate(&mut self, spline: &Spline, y: Value) -> Value {
        let shape = self.build.shape(y);
        let n = shape.elements();
        let y = self.build.reshape(y, [n]);
        let scale = self.build.scale(y);
        let count = spline.breakpoints.len();
        let above = (count > 0).then(|| {
            let points: Vec<i128> = spline
                .breakpoints
                .iter()
                .flat_map(|&t| std::iter::repeat_n(super::encode::rounded(t, scale), n))
                .collect();
            let points = self.build.constant([count, n].into(), scale, points);
            let repeated = self.build.broadcast(y, [count, n], vec![1]);
            let difference = self.build.subtract(repeated, points);
            let below = self.build.sign_to_arith(difference);
            self.one_minus(below)
        });
        let inner = spline.power_bits(self.ring.bits);
        let powers = self.powers(y, inner);
        let coefficient = |this: &mut Self, k: usize| {
            let scale = this.ring.bits - RESULT_BITS - inner;
            let encoded: Vec<i128> = spline.coefficients.iter().map(|c| super::encode::rounded(c[k], scale)).collect();
            let first = this.build.constant([n].into(), scale, [encoded[0]]);
            let Some(above) = above else { return first };
            let steps = encoded.windows(2).flat_map(|w| std::iter::repeat_n(w[1] - w[0], n)).collect::<Vec<_>>();
            let steps = this.build.constant([count, n].into(), scale, steps);
            let chosen = this.build.multiply(above, steps);
            let chosen = this.build.reduce_sum(chosen, vec![0]);
            this.build.add(chosen, first)
        };
        let constant = coefficient(self, 0);
        let mut sum = self.build.shift_left(constant, inner);
        for (k, power) in powers.into_iter().enumerate() {
            let c = coefficient(self, k + 1);
            let term = self.build.multiply(c, power);
            sum = self.build.add(sum, term);
        }
        let sum = self.build.to_sum(sum);
        self.build.reshape(sum, shape)
    }

    /// y, y², y³, y⁴ with `bits` fraction bits.
    fn powers(&mut self, y: Value, bits: u32) -> [Value; 4] {
        let at = |this: &mut Self, v: Value| match (this.build.scale(v), bits) {
            (s, b) if s > b => this.build.truncate(v, s - b),
            (s, b) => this.build.shift_left(v, b - s),
        };
        let product = |this: &mut Self, a: Value, b: Value| {
            let product = this.build.multiply(a, b);
            let settled = if this.build.scale(product) > bits { product } else { this.build.reshare(product) };
            at(this, settled)
        };
        let first = at(self, y);
        // Of a large x, y has bits that its powers have no room for.
        let y = if self.build.scale(y) > bits { first } else { y };
        let second = product(self, y, y);
        let third = product(self, second, y);
        let fourth = product(self, second, second);
        [first, second, third, fourth]
    }
}

/// Whether a spline serves the range: in the ring of 64 bits. In that of 32 its powers have too few bits, and in that of 128 it would err by
/// more units than what normalizes.
pub(super) fn is_narrow(range: Interval, ring: RingConfig) -> bool {
    let f = ring.fraction_bits as i32;
    ring.bits == 64 && range.lo > 0.0 && range.hi / range.lo <= LARGEST_RATIO && (1..=2 * f).contains(&(f - up(range)))
}

/// By how many bits a range is scaled for its geometric centre to lie in [2, 4).
fn up(range: Interval) -> i32 {
    1 - libm::floor(0.5 * libm::log2(range.lo * range.hi)) as i32
}

/// The largest hi/lo that a spline serves.
const LARGEST_RATIO: f64 = 16.0;

/// Bits of the ring above the fraction bits of a spline's sum: its value is below 4 in absolute value, and the safe range is a
/// quarter of the ring.
const RESULT_BITS: u32 = 4;
