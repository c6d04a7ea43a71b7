//! Piecewise polynomials of degree 4 on a positive range, for functions that are smooth in the logarithm of their argument.
//!
//! Breakpoints grow geometrically by at most [`SEGMENT_RATIO`]; on each segment the polynomial interpolates at the Chebyshev
//! nodes. On [s, s + h] interpolation of degree 4 errs by at most max|f⁗′|/5! · h⁵/2⁹; for 1/x that is (h/s)⁵/512 of the
//! value, 2.3e-6 at h = 0.26·s, and for ln x a fifth of it: below 2^−18.7.
//!
//! Evaluated on shares, the powers are truncated at [`Spline::power_bits`] bits and the coefficients rounded. The caller brings x to
//! [1/2, 16); then the relative error of 1/x is below 2^−15 and the absolute one of ln x below 2^−16, with two units more
//! of the result's format. Roots, whose coefficients are smaller, err by less than 1/x.

/// A function on a range as polynomials in x, one a segment.
#[derive(Clone, Debug)]
pub struct Spline {
    /// Inner breakpoints, increasing; one fewer than segments.
    pub breakpoints: Vec<f64>,
    /// Coefficients of 1, x, …, x⁴ for each segment.
    pub coefficients: Vec<[f64; 5]>,
    hi: f64,
}

/// The largest ratio of a segment's ends.
pub const SEGMENT_RATIO: f64 = 1.26;

impl Spline {
    /// The spline of `f` on [lo, hi], 1 ≤ lo ≤ hi.
    pub fn new(lo: f64, hi: f64, f: impl Fn(f64) -> f64) -> Self {
        let segments = libm::ceil(libm::log(hi / lo) / libm::log(SEGMENT_RATIO)).max(1.0) as usize;
        let end = |j: usize| lo * libm::pow(hi / lo, j as f64 / segments as f64);
        let breakpoints = (1..segments).map(end).collect();
        let coefficients = (0..segments).map(|j| interpolate(end(j), end(j + 1).max(end(j) * 1.001), &f)).collect();
        Self { breakpoints, coefficients, hi }
    }

    /// How many fraction bits the powers can have so that x⁴, at twice as many before its truncation, stays in the ring's
    /// safe range; at most 24.
    pub fn power_bits(&self, ring_bits: u32) -> u32 {
        let fourth = libm::ceil(4.0 * libm::log2(self.hi)) as u32;
        ((ring_bits - 2 - fourth - 1) / 2).min(24)
    }
}

/// The polynomial of degree 4 through `f` at the five Chebyshev nodes of [a, b], in powers of x.
fn interpolate(a: f64, b: f64, f: &impl Fn(f64) -> f64) -> [f64; 5] {
    let node = |i: usize| {
        let angle = std::f64::consts::PI * (2 * i + 1) as f64 / 10.0;
        0.5 * (a + b) + 0.5 * (b - a) * libm::cos(angle)
    };
    let nodes: [f64; 5] = std::array::from_fn(node);
    // Newton's divided differences, then the products multiplied out.
    let mut divided = nodes.map(f);
    for order in 1..5 {
        for i in (order..5).rev() {
            divided[i] = (divided[i] - divided[i - 1]) / (nodes[i] - nodes[i - order]);
        }
    }
    let mut polynomial = [0.0; 5];
    for i in (0..5).rev() {
        let mut next = [0.0; 5];
        for k in 0..5 {
            let shifted = if k > 0 { polynomial[k - 1] } else { 0.0 };
            next[k] = shifted - nodes[i] * polynomial[k];
        }
        next[0] += divided[i];
        polynomial = next;
    }
    polynomial
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(spline: &Spline, x: f64) -> f64 {
        let segment = spline.breakpoints.iter().filter(|&&t| x >= t).count();
        spline.coefficients[segment].iter().rev().fold(0.0, |sum, c| sum * x + c)
    }

    #[test]
    fn errs_less_than_its_bound() {
        for (lo, hi) in [(1.0, 10.0), (1.0, 16.0), (1.7, 1.7), (1.3, 2.0)] {
            let (inverse, log) = (Spline::new(lo, hi, |x| 1.0 / x), Spline::new(lo, hi, libm::log));
            for i in 0..=100_000 {
                let x = lo + (hi - lo) * f64::from(i) / 1e5;
                assert!((value(&inverse, x) * x - 1.0).abs() < 2.4e-6, "1/{x}");
                assert!((value(&log, x) - x.ln()).abs() < 5e-7, "ln {x}");
            }
        }
    }
}
