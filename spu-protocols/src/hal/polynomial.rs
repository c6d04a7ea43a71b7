//! Polynomials in t = u − 3/4 of functions on [1/2, 1], where normalized numbers lie.
//!
//! Interpolation at d + 1 Chebyshev nodes. Of 1/u, whose pole is at the distance 3/4 from the centre, the coefficients fall like
//! ρ^−k, ρ = 3 + √8 = 5.83, and the error is below 0.52·ρ^−d of a value between 1 and 2: 2^−16 for d = 6, 2^−18 for d = 7, 2^−39 for
//! d = 15. Roots and the logarithm do better. Centred, powers of t are small, so that truncated ones are as good as u itself.
//!
//! On shares, with t at p fraction bits and coefficients of p or q:
//!
//! | degree | levels | sum, truncated once |
//! |---|---|---|
//! | 3 | t² | c0 + c1·t + t²·(c2 + c3·t) |
//! | 6 | t²; t³ | c0 + c1·t + c2·t² + t³·(c3 + c4·t + c5·t² + c6·t³) |
//! | 7 | t²; t³, t⁴ | b0 + t⁴·b1, cubic b0 and b1 |
//! | 15 | t²; t³, t⁴; t⁸, h = b2 + t⁴·b3 | b0 + t⁴·b1 + t⁸·h, cubic b0 … b3 |
//!
//! A level is a product and a truncation, two rounds, and so is the sum.

use spu::graph::Value;

use super::{Lowering, encode};

/// Coefficients of 1, t, t², …
#[derive(Clone, Debug)]
pub(super) struct Polynomial(Vec<f64>);

impl Polynomial {
    /// The polynomial through `f` at the Chebyshev nodes of u in [1/2, 1].
    pub(super) fn new(degree: usize, f: impl Fn(f64) -> f64) -> Self {
        let n = degree + 1;
        let angle = |i: usize| std::f64::consts::PI * (i as f64 + 0.5) / n as f64;
        let values: Vec<f64> = (0..n).map(|i| f(0.75 + 0.25 * libm::cos(angle(i)))).collect();
        // The series in Chebyshev polynomials of y = 4t, each by its coefficients in y.
        let series = |k: usize| {
            let sum: f64 = values.iter().enumerate().map(|(i, v)| v * libm::cos(k as f64 * angle(i))).sum();
            sum * if k == 0 { 1.0 } else { 2.0 } / n as f64
        };
        let (mut before, mut chebyshev) = (vec![0.0; n], vec![0.0; n]);
        chebyshev[0] = 1.0;
        let mut sum = vec![0.0; n];
        for k in 0..n {
            let weight = series(k);
            sum.iter_mut().zip(&chebyshev).for_each(|(sum, c)| *sum += weight * c);
            let twice = if k == 0 { 1.0 } else { 2.0 };
            let next = (0..n).map(|i| twice * if i > 0 { chebyshev[i - 1] } else { 0.0 } - before[i]).collect();
            before = std::mem::replace(&mut chebyshev, next);
        }
        Self(sum.iter().enumerate().map(|(i, c)| libm::ldexp(*c, 2 * i as i32)).collect())
    }

    /// The coefficients of 1, t, t², …
    pub(super) fn coefficients(&self) -> &[f64] {
        &self.0
    }

    /// The degree whose error for 1/u is below 2^−bits, of those that the table knows.
    pub(super) fn degree(bits: u32) -> usize {
        match bits {
            0..=8 => 3,
            9..=16 => 6,
            17..=18 => 7,
            _ => 15,
        }
    }
}

impl Lowering<'_> {
    /// The polynomial of t = u − 3/4 as a `Sum` whose value lies in (−4, 4); u has p fraction bits.
    pub(super) fn polynomial(&mut self, polynomial: &Polynomial, u: Value) -> Value {
        let p = self.build.scale(u);
        let centre = self.splat(0.75, self.build.shape(u), p);
        let t = self.build.subtract(u, centre);
        // The sum has p + p + q fraction bits and two before the point.
        let q = (self.ring.bits - 4 - 2 * p).min(p);
        let c = &polynomial.0;
        let product = |this: &mut Self, x: Value, y: Value| {
            let product = this.build.multiply(x, y);
            this.build.truncate(product, p)
        };
        let second = product(self, t, t);
        if c.len() <= 4 {
            let low = self.combination(&c[..2], &[t], p + q, 2 * p + q);
            let high = self.combination(&c[2..], &[t], q, p + q);
            let high = self.build.multiply(second, high);
            return self.build.add(low, high);
        }
        let third = product(self, second, t);
        let powers = [t, second, third];
        if c.len() <= 7 {
            let low = self.combination(&c[..3], &powers, p + q, 2 * p + q);
            let high = self.combination(&c[3..], &powers, q, p + q);
            let high = self.build.multiply(third, high);
            return self.build.add(low, high);
        }
        let fourth = product(self, second, second);
        let part = |this: &mut Self, i: usize, scale: u32| {
            let cubic = &c[4 * i..(4 * i + 4).min(c.len())];
            this.combination(cubic, &powers, scale - p, scale)
        };
        let (b1, b0) = (part(self, 1, p + q), part(self, 0, 2 * p + q));
        let middle = self.build.multiply(fourth, b1);
        let lower = self.build.add(b0, middle);
        if c.len() <= 8 {
            return lower;
        }
        let eighth = product(self, fourth, fourth);
        // c8 is below 14: two more bits before the point, and as many as fit a shift less behind it.
        let places = p + q - SPARE;
        let (b3, b2) = (part(self, 3, places), part(self, 2, p + places));
        let upper = self.build.multiply(fourth, b3);
        let upper = self.build.add(b2, upper);
        let upper = self.build.truncate(upper, p);
        let upper = self.build.multiply(eighth, upper);
        let upper = self.build.shift_left(upper, SPARE);
        self.build.add(lower, upper)
    }

    /// c0 + c1·x1 + c2·x2 + …, at `scale`; c1, … have `places` fraction bits.
    pub(super) fn combination(&mut self, c: &[f64], x: &[Value], places: u32, scale: u32) -> Value {
        let shape = self.build.shape(x[0]);
        let mut sum = self.splat(c[0], shape.clone(), scale);
        for (&c, &x) in c[1..].iter().zip(x) {
            let factor = self.build.constant(shape.clone(), places, [encode::rounded(c, places)]);
            let term = self.build.multiply(factor, x);
            sum = self.build.add(sum, term);
        }
        sum
    }
}

/// Fraction bits that the upper half of a polynomial of degree 15 has less.
const SPARE: u32 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn worst(degree: usize, f: impl Fn(f64) -> f64) -> f64 {
        let polynomial = Polynomial::new(degree, &f);
        let at = |u: f64| polynomial.0.iter().rev().fold(0.0, |sum, c| sum * (u - 0.75) + c);
        (0..=100_000).map(|i| 0.5 + 0.5 * f64::from(i) / 1e5).map(|u| (at(u) - f(u)).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn errs_less_than_its_bound() {
        // With t = 4u − 3 in [−1, 1], 1/u = 4/(3 + t) has the Chebyshev coefficients ±2√2·ρ^−k, ρ = 3 + √8; the others' are smaller. An
        // interpolant errs by twice the sum of those that it lacks.
        let rho = 3.0 + libm::sqrt(8.0);
        for degree in [3, 6, 7, 15] {
            let bound = 4.0 * libm::sqrt(2.0) / (rho - 1.0) * libm::pow(rho, -(degree as f64)) + 1e-14;
            for error in [worst(degree, |u| 1.0 / u), worst(degree, libm::log), worst(degree, |u| 1.0 / libm::sqrt(u))]
            {
                assert!(error < bound, "{error} of degree {degree}");
            }
        }
        assert!(worst(6, libm::log) < 2f64.powi(-19) && worst(6, |u| 1.0 / libm::sqrt(u)) < 2f64.powi(-18));
        assert!(worst(6, libm::sqrt) < 2f64.powi(-21) && worst(3, |u| 1.0 / libm::sqrt(u)) < 2f64.powi(-10));
    }
}
