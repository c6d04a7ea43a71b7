//! e^x: windows of the kernel ([`crate::aby3::exp`]) side by side, from the largest argument down to where nothing is left.
//!
//! Each window is exactly 0 outside, so the results add up. With f = 18 fraction bits in 2^64:
//!
//! | argument | windows | rounds, bits |
//! |---|---|---|
//! | x ≤ 0 is known | one, (−16, 1/16] | 6, 977 |
//! | −15 ≤ x ≤ 0 is known | the same, no saturation | 5, 630 |
//! | x ≤ 3 is known | one, two dealt factors | 6, 1029 |
//! | x ≤ 20, or nothing is known | one, (−11.9, 20], in a ring of twice the bits | 5, 1296 |
//!
//! Below the last window e^x is at most 2 ulp, and the result is 0. Above the first the result is 0 as well: that is e^20, or what the
//! format holds if that is less.

use spu::graph::Value;
use spu::pphlo::Interval;

use super::{Entry, Lowering, RingConfig};
use crate::share::{Accuracy, ExpWindow};

impl Lowering<'_> {
    /// e^x.
    pub(super) fn exponential(&mut self, x: Value) -> Entry {
        let value = self.exponential_value(x);
        self.number(value, self.ring.fraction_bits)
    }

    /// e^x − 1.
    pub(super) fn exponential_minus_one(&mut self, x: Value) -> Entry {
        let value = self.exponential_value(x);
        let one = self.splat(1.0, self.shape(x), self.ring.fraction_bits);
        let value = self.build.subtract(value, one);
        self.number(value, self.ring.fraction_bits)
    }

    fn exponential_value(&mut self, x: Value) -> Value {
        let f = self.ring.fraction_bits;
        let interval = self.intervals[x.index()];
        let number = self.as_number(x);
        let value = self.arith_at(number, f);
        self.exponential_of(value, interval)
    }

    /// e^x of a share value with the format's fraction bits, of which an interval is known.
    pub(super) fn exponential_of(&mut self, value: Value, interval: Interval) -> Value {
        let f = self.ring.fraction_bits;
        let negated = self.build.negate(value);
        let windows = windows(interval.lo, interval.hi, self.ring.bits, f);
        let parts: Vec<Value> = windows.into_iter().map(|w| self.build.exp_negative(negated, w)).collect();
        parts.into_iter().reduce(|sum, part| self.build.add(sum, part)).expect("there is a window")
    }
}

/// Windows for e^x on lo ≤ x ≤ hi in a ring of K = `bits` bits with `f` fraction bits.
pub(super) fn windows(lo: f64, hi: f64, bits: u32, f: u32) -> Vec<ExpWindow> {
    let unit = libm::exp2(f64::from(f));
    let format = largest_of_format(bits, f);
    // What is known of x may already say by how much it errs.
    let top = ((hi - GUARD / 2.0).clamp(0.0, LARGEST_EXPONENT).ceil() + GUARD).min(format);
    let bottom = (-f64::from(f - 1) * std::f64::consts::LN_2).max(lo - GUARD);
    let mut offset = libm::floor(top * unit);
    let mut windows = Vec::new();
    while windows.is_empty() || offset / unit > bottom {
        let depth = offset / unit - bottom;
        let needed = (0..).find(|&t| f64::from(1 << t) >= depth).expect("a window is large enough").min(5);
        let candidates = (0..=needed).rev().flat_map(|range_bits| {
            let window =
                |accuracy| ExpWindow { offset: offset as i64, range_bits, result_scale: f, saturating: true, accuracy };
            [Accuracy::Absolute, Accuracy::Relative, Accuracy::Wide].map(window)
        });
        let served = |w: &ExpWindow| w.accuracy != Accuracy::Wide || bits < 128;
        let window = candidates.filter(served).find(|w| is_precise(w, bits, f)).expect("a narrow window is precise");
        offset -= libm::ldexp(unit, window.range_bits as i32);
        windows.push(window);
    }
    // One window with everything inside needs no saturation.
    if let [window] = &mut windows[..] {
        window.saturating = lo - GUARD < offset / unit || hi + GUARD / 2.0 > top;
    }
    windows
}

/// The largest x whose e^x is not 0, whatever is known of x.
pub(crate) fn largest_exponent(ring: RingConfig) -> f64 {
    largest_of_format(ring.bits, ring.fraction_bits).min(LARGEST_EXPONENT)
}

/// Where e^x is the largest number of the format, less a little.
fn largest_of_format(bits: u32, f: u32) -> f64 {
    (f64::from(bits - 2 - f) - 0.1) * std::f64::consts::LN_2
}

/// Whether a window errs by at most 1 ulp where e^x ≤ 1, and by that or 2^−17 of e^x above, the coin of the truncation left out
/// (the bounds are those of `aby3::exp`).
fn is_precise(window: &ExpWindow, bits: u32, f: u32) -> bool {
    let peak = window.offset as f64 * libm::exp2(-f64::from(f)) * std::f64::consts::LOG2_E;
    let width = f64::from(1 << window.range_bits) * std::f64::consts::LOG2_E;
    let (bits, ulp) = (f64::from(bits), libm::exp2(-f64::from(f)));
    let room = bits - 2.0 - (libm::floor(peak).max(0.0) + 1.0);
    let half = |x: f64| libm::exp2(-x / 2.0);
    let (absolute, relative) = match window.accuracy {
        Accuracy::Absolute => (half(room - peak - width), 0.0),
        Accuracy::Relative => (half(room - peak), half(room + peak - width)),
        Accuracy::Wide => (half(bits + f64::from(f) - peak), half(bits + f64::from(f) + peak - width)),
    };
    let (largest, smallest) = (libm::exp2(peak), libm::exp2(peak - width));
    let below = smallest >= 1.0 || absolute + relative * largest.min(1.0) <= ulp;
    let above = largest <= 1.1 || relative <= LARGE_ERROR && absolute <= ulp.max(LARGE_ERROR * smallest);
    below && above
}

/// 2^−17.
const LARGE_ERROR: f64 = 1.0 / 131_072.0;
/// The largest exponent that is served, if the format holds its power.
const LARGEST_EXPONENT: f64 = 20.0;
/// How far an argument may be beyond its bound by the errors of what it comes from.
const GUARD: f64 = 0.0625;

#[cfg(test)]
mod tests {
    use super::*;

    /// Every served format and odd ranges: windows that touch, each precise, down to where e^x is 2 ulp or the range ends.
    #[test]
    fn windows_cover_every_range() {
        let ranges = [
            (f64::NEG_INFINITY, f64::INFINITY),
            (f64::NEG_INFINITY, 0.0),
            (-15.0, 0.0),
            (-2.5, 3.7),
            (25.0, 30.0),
            (-90.0, -50.0),
            (1.0, 1.0),
        ];
        for (bits, fractions) in [(32, 6..=10), (64, 8..=20), (128, 16..=44)] {
            for (f, (lo, hi)) in fractions.flat_map(|f| ranges.map(|range| (f, range))) {
                let windows = windows(lo, hi, bits, f);
                let unit = f64::from(f).exp2();
                for (a, b) in windows.iter().zip(&windows[1..]) {
                    assert!(b.offset == a.offset - (1 << (f + a.range_bits)) && a.saturating && b.saturating);
                }
                assert!(windows.iter().all(|w| is_precise(w, bits, f)), "{windows:?}");
                let last = windows.last().unwrap();
                let end = last.offset as f64 / unit - f64::from(1 << last.range_bits);
                assert!(end <= lo.max(-f64::from(f - 1) * std::f64::consts::LN_2), "{end} for {lo} at {f}");
                assert!(windows[0].saturating || (end..=windows[0].offset as f64 / unit).contains(&lo) && hi <= 20.0);
                assert!(windows.len() <= 3, "{} windows", windows.len());
            }
        }
    }
}
