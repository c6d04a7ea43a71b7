//! Sums and products: scales are aligned, products added before they are truncated.

use spu::graph::Value;
use spu::pphlo::{DType, Literal, Type};
use spu::{Elements, Error, Shape};

use super::{EXTRA, Entry, Lowering, Number, encode};
use crate::share::Kind;

impl Lowering<'_> {
    pub(super) fn constant(&mut self, literal: &Literal) -> Result<Entry, Error> {
        let tensor = &literal.0;
        let elements = tensor.elements.to_f64();
        let scale = self.ring.scale(tensor.elements.dtype());
        let bound = f64::from(self.ring.bits - 2 - scale).exp2();
        if let Some(bad) = elements.iter().find(|x| !(x.is_finite() && x.abs() < bound)) {
            let message = format!("cannot encode the constant {bad}: it is not in the safe range (-{bound}, {bound})");
            return Err(Error::program(message, self.location()));
        }
        match elements.first() {
            Some(&first) if elements.iter().all(|x| x.to_bits() == first.to_bits()) => return Ok(Entry::Splat(first)),
            _ => {}
        }
        let ring: Vec<i128> = match &tensor.elements {
            Elements::Fxp(values) => values.iter().map(|&x| encode::rounded(x, scale)).collect(),
            Elements::Int(values) => values.iter().map(|&x| x.into()).collect(),
            Elements::Bool(values) => values.iter().map(|&x| x.into()).collect(),
        };
        let value = self.build.constant(tensor.shape.clone(), scale, ring);
        Ok(self.number(value, scale))
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

    /// Both operands at the larger scale, and the precision of their sum: that of the coarser one.
    pub(super) fn aligned(&mut self, x: Value, y: Value, ty: &Type) -> (Value, Value, u32) {
        let shape = ty.shape.clone();
        let (x, y) = match (self.entry(x), self.entry(y)) {
            (Entry::Splat(a), _) => {
                let y = self.as_number(y);
                (self.constant_like(a, shape, y), y)
            }
            (_, Entry::Splat(b)) => {
                let x = self.as_number(x);
                (x, self.constant_like(b, shape, x))
            }
            _ => (self.as_number(x), self.as_number(y)),
        };
        let scale = self.build.scale(x.value).max(self.build.scale(y.value));
        let align = |this: &mut Self, n: Number| this.build.shift_left(n.value, scale - this.build.scale(n.value));
        (align(self, x), align(self, y), x.precision.min(y.precision))
    }

    /// A constant with the scale of what it is added to, at least the format's.
    fn constant_like(&mut self, x: f64, shape: Shape, other: Number) -> Number {
        let needed = if x.fract() == 0.0 { 0 } else { self.ring.fraction_bits };
        let scale = self.build.scale(other.value).max(needed);
        Number { value: self.splat(x, shape, scale), precision: other.precision }
    }

    pub(super) fn multiply(&mut self, x: Value, y: Value, ty: &Type) -> Entry {
        match (self.entry(x), self.entry(y)) {
            (Entry::Splat(c), _) => self.times_constant(c, y),
            (_, Entry::Splat(c)) => self.times_constant(c, x),
            _ => {
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

    /// x times a constant. A power of two changes the scale alone; any other is encoded with as few fraction bits as it
    /// needs, at most the format's.
    fn times_constant(&mut self, c: f64, x: Value) -> Entry {
        let number = self.as_number(x);
        let f = self.ring.fraction_bits;
        let halvings = -c.abs().log2();
        let secret = self.build.kind(number.value) != Kind::Public;
        let extra = number.precision.saturating_sub(f) + halvings.max(0.0) as u32;
        if secret && halvings.fract() == 0.0 && halvings > 0.0 && extra <= EXTRA {
            let halvings = halvings as u32;
            let scale = self.build.scale(number.value) + halvings;
            if scale <= self.ring.largest_scale() {
                let scaled = self.build.rescale(number.value, scale);
                let value = if c < 0.0 { self.build.negate(scaled) } else { scaled };
                return self.number(value, number.precision.max(f) + halvings);
            }
        }
        let scale = (0..f).find(|&s| (c * (1u64 << s) as f64).fract() == 0.0).unwrap_or(f);
        let constant = self.splat(c, self.shape(x), scale);
        let value = self.times_public(constant, number);
        self.number(value, number.precision.max(if scale == 0 { 0 } else { f }))
    }

    pub(super) fn dot(&mut self, x: Value, y: Value, ty: &Type) -> Entry {
        let (a, b) = (self.as_number(x), self.as_number(y));
        let precision = a.precision.max(b.precision).max(self.ring.scale(ty.dtype));
        let (a, b) = (self.factor(a), self.factor(b));
        let doubled = self.build.scale(a) + self.build.scale(b) > precision;
        let value = self.build.dot(a, b, doubled);
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
