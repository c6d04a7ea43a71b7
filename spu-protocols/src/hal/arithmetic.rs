//! Sums and products: scales are aligned, products added before they are truncated.

use spu::graph::Value;
use spu::pphlo::{DType, Literal, Type};
use spu::{Elements, Error};

use super::{Entry, Lowering, Number, encode};
use crate::share::Kind;

impl Lowering<'_> {
    pub(super) fn constant(&mut self, literal: &Literal) -> Result<Entry, Error> {
        let tensor = &literal.0;
        let elements = tensor.elements.to_f64();
        let scale = self.ring.scale(tensor.elements.dtype());
        let bound = libm::exp2(f64::from(self.ring.bits - 2 - scale));
        if let Some(bad) = elements.iter().find(|x| !(x.is_finite() && x.abs() < bound)) {
            let message = format!("cannot encode the constant {bad}: it is not in the safe range (-{bound}, {bound})");
            return Err(Error::program(message, self.location()));
        }
        let uniform = |bits: &dyn Fn(usize) -> u64| (1..elements.len()).all(|i| bits(i) == bits(0));
        let (same, ring, scale) = match &tensor.elements {
            Elements::Fxp(values) => {
                // Small elements get more fraction bits, so that they are as precise as large ones.
                let largest = values.iter().fold(0f64, |most, x| most.max(x.abs()));
                let scale = scale + halvings(largest).min(self.ring.extra());
                let ring: Vec<i128> = values.iter().map(|&x| encode::rounded(x, scale)).collect();
                (uniform(&|i| values[i].to_bits()), ring, scale)
            }
            Elements::Int(values) => {
                let exact = values.first().is_some_and(|x| x.unsigned_abs() <= 1 << f64::MANTISSA_DIGITS);
                (exact && uniform(&|i| values[i] as u64), values.iter().map(|&x| x.into()).collect(), scale)
            }
            Elements::Bool(values) => {
                (uniform(&|i| values[i].into()), values.iter().map(|&x| x.into()).collect(), scale)
            }
        };
        if let (true, Some(&first)) = (same, elements.first()) {
            return Ok(Entry::Splat(first));
        }
        let value = self.build.constant(tensor.shape.clone(), scale, ring);
        Ok(self.number(value, self.ring.scale(tensor.elements.dtype())))
    }

    pub(super) fn add(&mut self, x: Value, y: Value, ty: &Type) -> Entry {
        let (x, y, precision) = self.aligned(x, y, ty);
        let value = self.build.add(x, y);
        self.number(value, precision)
    }

    pub(super) fn subtract(&mut self, x: Value, y: Value, ty: &Type) -> Entry {
        let (x, y, precision) = self.aligned(x, y, ty);
        let value = self.build.subtract(x, y);
        self.number(value, precision)
    }

    pub(super) fn negate(&mut self, x: Value) -> Entry {
        let number = self.as_number(x);
        let value = self.build.negate(number.value);
        self.number(value, number.precision)
    }

    /// A `Sum` shared again; others as they are.
    pub(super) fn reshared(&mut self, x: Value) -> Value {
        if self.build.kind(x) == Kind::Sum { self.build.reshare(x) } else { x }
    }

    pub(super) fn multiply(&mut self, x: Value, y: Value, ty: &Type) -> Entry {
        match (self.entry(x), self.entry(y)) {
            (Entry::Splat(c), _) => self.times_constant(c, y),
            (_, Entry::Splat(c)) => self.times_constant(c, x),
            _ => {
                if let Some(quotient) = self.over_root(x, y).or_else(|| self.over_root(y, x)) {
                    return quotient;
                }
                let (a, b) = (self.as_number(x), self.as_number(y));
                let product = self.product(a, b);
                Entry::Number(Number { precision: product.precision.max(self.ring.scale(ty.dtype)), ..product })
            }
        }
    }

    /// The product of two numbers; with a public factor it takes no message.
    pub(super) fn product(&mut self, a: Number, b: Number) -> Number {
        let precision = a.precision.max(b.precision);
        let public = |this: &Self, n: Number| this.build.kind(n.value) == Kind::Public;
        let value = match (public(self, a), public(self, b)) {
            (true, _) => self.times_public(a.value, b),
            (_, true) => self.times_public(b.value, a),
            _ => {
                let (a, b) = (self.factor(a), self.factor(b));
                self.build.multiply(a, b)
            }
        };
        Number { value, precision }
    }

    /// x times a public tensor; x is truncated first where the scales would grow too large.
    fn times_public(&mut self, public: Value, x: Number) -> Value {
        let room = self.ring.largest_scale();
        let fits = self.build.scale(public) + self.build.scale(x.value) <= room;
        let x = if fits { x.value } else { self.factor(x) };
        self.build.multiply(public, x)
    }

    /// x times a constant. A power of two changes the scale alone: a small one adds fraction bits, a large one takes those that the value has beyond
    /// the format's. Any other constant is m·2^−k with as few fraction bits in m as it
    /// needs, at most the format's: small constants are as precise as large ones, and 2^−k changes the scale alone.
    pub(super) fn times_constant(&mut self, c: f64, x: Value) -> Entry {
        let number = self.as_number(x);
        let f = self.ring.fraction_bits;
        let k = halvings(c);
        let exact_power = libm::frexp(c.abs()).0 == 0.5;
        let secret = self.build.kind(number.value) != Kind::Public;
        let extra = number.precision.saturating_sub(f) + k;
        let scale = self.build.scale(number.value) + k;
        if secret && exact_power && k > 0 && extra <= self.ring.extra() && scale <= self.ring.largest_scale() {
            let scaled = self.build.rescale(number.value, scale);
            let value = if c < 0.0 { self.build.negate(scaled) } else { scaled };
            return self.number(value, number.precision.max(f) + k);
        }
        if secret && exact_power && c.abs() > 1.0 {
            return self.doubled(number, c);
        }
        // A truncation takes at most K − 2 bits away.
        let k = k.min(self.ring.bits - 2 - 2 * f);
        let m = libm::ldexp(c, k as i32);
        let places = (0..f).find(|&s| libm::ldexp(m, s as i32).fract() == 0.0).unwrap_or(f);
        let factor = self.splat(m, self.shape(x), places);
        let product = self.times_public(factor, number);
        let value = match k {
            0 => product,
            k => self.build.rescale(product, self.build.scale(product) + k),
        };
        self.number(value, number.precision.max(if places + k == 0 { 0 } else { f }))
    }

    /// x·(±2^n), n > 0: exact, and no larger in the ring than x where x has n fraction bits more than its precision asks for.
    fn doubled(&mut self, x: Number, c: f64) -> Entry {
        let n = libm::frexp(c.abs()).1 as u32 - 1;
        let (f, scale) = (self.ring.fraction_bits, self.build.scale(x.value));
        let precision = x.precision.saturating_sub(n).max(x.precision.min(f));
        let by_scale = n.min(scale.saturating_sub(precision));
        let rescaled = self.build.rescale(x.value, scale - by_scale);
        let shape = self.build.shape(x.value);
        let factor = self.splat(libm::copysign(libm::exp2(f64::from(n - by_scale)), c), shape, 0);
        let value = match (n - by_scale, c > 0.0) {
            (0, true) => rescaled,
            (0, false) => self.build.negate(rescaled),
            _ => self.times_public(factor, Number { value: rescaled, precision }),
        };
        self.number(value, precision)
    }

    pub(super) fn convert(&mut self, x: Value, dtype: DType) -> Entry {
        match self.entry(x) {
            Entry::Splat(c) => Entry::Splat(c),
            _ => {
                let number = self.as_number(x);
                self.number(number.value, number.precision.max(self.ring.scale(dtype)))
            }
        }
    }
}

/// The least k ≥ 0 with |c|·2^k ≥ 1; 0 for c = 0.
fn halvings(c: f64) -> u32 {
    if c == 0.0 { 0 } else { (-libm::floor(libm::log2(c.abs()))).clamp(0.0, 1100.0) as u32 }
}
