//! Room for what is added up or compared under one scale.
//!
//! With s fraction bits a number has to lie below 2^(K − 2 − s). An operand whose range is known is brought to the scale of an untruncated product where it fits. Of one
//! of which nothing is known:
//!
//! - a **summand** gets at most the 2f + 1 fraction bits of a matrix product ([`RingConfig::scale_of_products`](super::RingConfig::scale_of_products)): whatever is added to a product
//!   has the room that products have;
//! - what is **compared or chosen** gets no more fraction bits than the format has: comparisons hold on the whole safe range.
//!
//! Else the product beside it is truncated first. That costs no more than truncating the sum, unless a second summand is truncated as well.

use spu::Shape;
use spu::graph::Value;
use spu::pphlo::Type;

use super::{Entry, Lowering, Number};

impl Lowering<'_> {
    /// Both summands at the larger scale, and the precision of their sum: that of the coarser one. Where the coarser one might
    /// leave the ring at that scale, the finer one is truncated first.
    pub(super) fn aligned(&mut self, x: Value, y: Value, ty: &Type) -> (Value, Value, u32) {
        let [less_x, less_y] = [self.make_room(x, y), self.make_room(y, x)];
        let shape = ty.shape.clone();
        let (x, y) = match (self.entry(x), self.entry(y)) {
            (Entry::Splat(a), _) => {
                let y = self.as_number(y);
                let y = self.no_finer(y, less_y);
                (self.constant_like(a, shape, y), y)
            }
            (_, Entry::Splat(b)) => {
                let x = self.as_number(x);
                let x = self.no_finer(x, less_x);
                (x, self.constant_like(b, shape, x))
            }
            _ => {
                let [x, y] = [(x, less_x), (y, less_y)].map(|(v, less)| {
                    let number = self.as_number(v);
                    self.no_finer(number, less)
                });
                (x, y)
            }
        };
        let scale = self.build.scale(x.value).max(self.build.scale(y.value));
        let align = |this: &mut Self, n: Number| this.build.shift_left(n.value, scale - this.build.scale(n.value));
        (align(self, x), align(self, y), x.precision.min(y.precision))
    }

    /// Truncates `fine` to its precision if `coarse`, brought to its scale, might leave the safe range; tells whether the precision itself is
    /// too much.
    pub(super) fn make_room(&mut self, fine: Value, coarse: Value) -> bool {
        let Entry::Number(number) = self.entry(fine) else { return false };
        if self.has_room(coarse, self.build.scale(number.value)) {
            return false;
        }
        // What nothing else needs is truncated to what the sum is worth.
        let precision = match self.uses[fine.index()] {
            1 => number.precision.min(self.precision(coarse).max(self.ring.fraction_bits)),
            _ => number.precision,
        };
        let value = self.factor(Number { precision, ..number });
        self.entries[fine.index()] = Some(Entry::Number(Number { value, precision }));
        !self.has_room(coarse, self.build.scale(value))
    }

    fn precision(&self, x: Value) -> u32 {
        match self.entry(x) {
            Entry::Number(number) => number.precision,
            _ => 0,
        }
    }

    /// Whether a summand stays in the safe range with `scale` fraction bits. One of which nothing is known gets no more than a matrix product
    /// has: then all that is added up has the room of products.
    fn has_room(&self, summand: Value, scale: u32) -> bool {
        self.is_held_at(summand, scale)
            || self.fits(summand, scale).unwrap_or_else(|| scale <= self.ring.scale_of_products())
    }

    /// Whether a value has this scale or a larger one as it is.
    fn is_held_at(&self, x: Value, scale: u32) -> bool {
        matches!(self.entry(x), Entry::Number(number) if self.build.scale(number.value) >= scale)
    }

    /// Whether a value stays in the safe range with `scale` fraction bits; nothing if no bound is known.
    fn fits(&self, x: Value, scale: u32) -> Option<bool> {
        let interval = self.intervals[x.index()];
        let most = interval.lo.abs().max(interval.hi.abs());
        most.is_finite().then(|| most < self.ring.safe_bound(scale))
    }

    /// The number with the format's fraction bits at most, where it has `less` room than its precision needs.
    fn no_finer(&mut self, x: Number, less: bool) -> Number {
        if !less {
            return x;
        }
        let f = self.ring.fraction_bits;
        Number { value: self.at_most(x.value, f), precision: x.precision.min(f) }
    }

    /// What is compared, or chosen from, under one scale, and the least precision. Whatever is not known to fit beside an untruncated product
    /// makes it be truncated first, and beside a precise number of more fraction bits than the format's makes that be rounded: a comparison is right for
    /// every number of the safe range.
    pub(super) fn leveled<const N: usize>(&mut self, values: [Value; N], ty: &Type) -> ([Value; N], u32) {
        let f = self.ring.scale(ty.dtype);
        let whole = self.common_scale(&values, |_, scale| scale);
        let truncated = self.common_scale(&values, |precision, scale| scale.min(precision));
        let (scale, less) = match [whole, truncated].map(|scale| self.all_fit(&values, scale)) {
            [true, _] => (whole, false),
            [_, true] => {
                for v in values {
                    if let Entry::Number(number) = self.entry(v) {
                        let value = self.factor(number);
                        self.entries[v.index()] = Some(Entry::Number(Number { value, ..number }));
                    }
                }
                (truncated, false)
            }
            _ => (truncated.min(self.ring.fraction_bits), true),
        };
        let numbers = values.map(|v| match self.entry(v) {
            Entry::Splat(_) => None,
            _ => {
                let number = self.as_number(v);
                Some(self.no_finer(number, less))
            }
        });
        let precision = numbers.iter().flatten().map(|number| number.precision).min().unwrap_or(f);
        let aligned = std::array::from_fn(|i| match (numbers[i], self.entry(values[i])) {
            (Some(number), _) => self.build.shift_left(number.value, scale - self.build.scale(number.value)),
            (None, Entry::Splat(c)) => self.splat(c, ty.shape.clone(), scale),
            (None, _) => unreachable!("only constants are no numbers yet"),
        });
        (aligned, precision)
    }

    /// The largest of the scales that `of` makes of the numbers' precisions and scales; the format's at least if there are constants that are no integers.
    fn common_scale(&self, values: &[Value], of: impl Fn(u32, u32) -> u32) -> u32 {
        let scale = |&v: &Value| match self.entry(v) {
            Entry::Number(number) => of(number.precision, self.build.scale(number.value)),
            Entry::Splat(c) if c.fract() != 0.0 => self.ring.fraction_bits,
            Entry::Splat(_) | Entry::Bit { .. } => 0,
        };
        values.iter().map(scale).max().unwrap_or(0)
    }

    /// Whether values that are compared stay in the safe range at this scale; products among them have the room of products.
    fn all_fit(&self, values: &[Value], scale: u32) -> bool {
        let f = self.ring.fraction_bits;
        values.iter().all(|&v| {
            let is_product = self.is_held_at(v, f + self.ring.extra() + 1) && scale <= self.ring.scale_of_products();
            // Every number of the format fits with its fraction bits.
            self.is_held_at(v, scale) || self.fits(v, scale).unwrap_or(scale <= f || is_product)
        })
    }

    /// A constant with the scale of what it is added to, at least the format's.
    fn constant_like(&mut self, x: f64, shape: Shape, other: Number) -> Number {
        let needed = if x.fract() == 0.0 { 0 } else { self.ring.fraction_bits };
        let scale = self.build.scale(other.value).max(needed);
        Number { value: self.splat(x, shape, scale), precision: other.precision }
    }
}
