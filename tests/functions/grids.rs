//! Number formats, and dense grids of arguments in each.

use spu::accuracy::FORMATS;
use spu::prelude::*;

/// Arguments of a function: its first and its second operands.
pub(crate) type Grid = [Vec<f64>; 2];

/// A number format and its ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NumberFormat {
    /// K.
    pub(crate) bits: u32,
    /// f.
    pub(crate) fraction_bits: u32,
    /// 2^−f.
    pub(crate) ulp: f64,
    /// The largest `f64` that inputs may be, just below 2^(K − 2 − f).
    pub(crate) largest: f64,
}

impl NumberFormat {
    pub(crate) fn of(index: usize) -> Self {
        let (bits, fraction_bits) = FORMATS[index];
        let ulp = 0.5f64.powi(fraction_bits as i32);
        let end = 2f64.powi((bits - 2 - fraction_bits) as i32);
        Self { bits, fraction_bits, ulp, largest: end.next_down().min(end - ulp) }
    }

    pub(crate) fn config(self) -> Config {
        let Self { bits: ring_bits, fraction_bits, .. } = self;
        Config { ring_bits, fraction_bits, insecure_seed: Some(7), ..Config::default() }
    }

    /// One of what is given for the rings 2^32, 2^64 and 2^128.
    pub(crate) fn choose<T: Copy>(self, of_rings: [T; 3]) -> T {
        of_rings[(self.bits / 64) as usize]
    }

    /// ln of the largest power that `exp` gives.
    pub(crate) fn largest_exponent(self) -> f64 {
        (f64::from(self.bits - 2 - self.fraction_bits) - 0.1) * std::f64::consts::LN_2
    }

    /// The nearest number of the format.
    pub(crate) fn rounded(self, x: f64) -> f64 {
        ((x / self.ulp).round() * self.ulp).clamp(-self.largest, self.largest) + 0.0
    }

    /// Numbers evenly from `lo` to `hi`.
    pub(crate) fn linear(self, lo: f64, hi: f64) -> Vec<f64> {
        (0..POINTS).map(|i| self.rounded(lo + (hi - lo) * i as f64 / (POINTS - 1) as f64)).collect()
    }

    /// Numbers from `lo` to `hi`, each a constant factor above the one before, from 1 unit to the format's largest; and powers of two
    /// with their neighbours.
    pub(crate) fn magnitudes(self, lo: f64, hi: f64) -> Vec<f64> {
        let (lo, hi) = (lo.max(self.ulp), hi.min(self.largest));
        let at = |i: usize| lo * (hi / lo).powf(i as f64 / (POINTS - 1) as f64);
        let powers =
            (0..self.bits as i32).flat_map(|k| [-1.0, 0.0, 1.0].map(|units| (2f64.powi(k) + units) * self.ulp));
        let all = (0..POINTS).map(at).chain(powers.filter(|x| (lo..=hi).contains(x)));
        all.map(|x| self.rounded(x)).collect()
    }

    /// Every length that the format holds with both signs, and 0.
    pub(crate) fn numbers(self) -> Vec<f64> {
        signed(self.magnitudes(0.0, f64::MAX)).into_iter().chain([0.0]).collect()
    }

    /// [`linear`](Self::linear), and both signs of large numbers.
    pub(crate) fn linear_and_far(self, lo: f64, hi: f64) -> Vec<f64> {
        self.linear(lo, hi).into_iter().chain(self.far(hi).flat_map(|x| [x, -x])).collect()
    }

    /// Numbers beyond `lo`, up to a quarter of the format.
    pub(crate) fn far(self, lo: f64) -> impl Iterator<Item = f64> {
        let named = [20.5, 33.0, 1000.0, 1e4, 1e6, 1e9];
        let powers = (5..).map(|k| 2f64.powi(k)).take_while(move |x| *x < self.largest);
        named
            .into_iter()
            .chain(powers)
            .filter(move |x| *x > lo && *x < self.largest / 4.0)
            .map(move |x| self.rounded(x))
    }

    /// Divisors of all lengths, with dividends such that quotients of all lengths occur, and dividends of 0.
    pub(crate) fn quotients(self) -> Grid {
        let divisors = self.numbers();
        let shortest = self.ulp / 4.0;
        let dividend = |(i, y): (usize, &f64)| {
            let quotient = shortest * (0.99 * self.largest / shortest).powf(spread(i));
            self.rounded(quotient * if *y == 0.0 { 1.0 } else { *y })
        };
        let dividends = divisors.iter().enumerate().map(dividend).collect();
        [dividends, divisors]
    }

    /// Pairs of all lengths and signs whose product has room.
    pub(crate) fn factors(self) -> Grid {
        let first = self.numbers();
        let room = 0.99 * self.largest * self.ulp / 2.0;
        let other = |(i, x): (usize, &f64)| {
            let most = (room / x.abs().max(self.ulp)).min(self.largest / 2.0);
            let sign = if i % 3 == 0 { -1.0 } else { 1.0 };
            let length = self.ulp * (most / self.ulp).powf(spread(i));
            sign * ((length / self.ulp).floor() * self.ulp).max(0.0)
        };
        let second = first.iter().enumerate().map(other).collect();
        [first, second]
    }

    /// Points on circles of all radii, on the axes and the diagonals. No −0, whose angle would be −π.
    pub(crate) fn circles(self) -> Grid {
        let radii = self.magnitudes(0.0, self.largest / 4.0);
        let at = |i: usize, f: fn(f64) -> f64| self.rounded(radii[i] * f(i as f64 * 2.399_963_229_728_653));
        let axes =
            [(0.0, 1.0), (1.0, 0.0), (0.0, -1.0), (-1.0, 0.0), (2.0, 2.0), (2.0, -2.0), (-2.0, -2.0), (0.0, 0.0)];
        axes.into_iter().chain((0..radii.len()).map(|i| (at(i, f64::sin), at(i, f64::cos)))).unzip().into()
    }

    /// Bases and exponents; of bases up to 0, exponents that are 0 or not.
    pub(crate) fn powers(self) -> Grid {
        let bases = self.magnitudes(self.ulp.max(1.0 / 1024.0), 1024.0);
        let exponents = (0..bases.len()).map(|i| self.rounded(4.0 * spread(i) - 2.0));
        let others = [(0.0, 0.0), (0.0, 2.0), (-2.0, 0.0), (-2.5, 1.5), (-2.5, 2.0), (-2.5, -1.0), (-0.5, 1.0)];
        bases.iter().copied().zip(exponents).chain(others).unzip().into()
    }

    /// Pairs that differ by nothing, a unit or much, over the whole safe range and at its ends.
    pub(crate) fn neighbours(self) -> Grid {
        let first: Vec<f64> = self.numbers().into_iter().chain([self.largest, -self.largest]).collect();
        let steps = [0.0, self.ulp, -self.ulp, self.largest / 3.0, -self.largest / 3.0];
        let other = |(i, x): (usize, &f64)| match i % 7 {
            6 => -x,
            i => self.rounded(x + steps.get(i).unwrap_or(&(1e-3 * x))),
        };
        let second = first.iter().enumerate().map(other).collect();
        [first, second]
    }

    /// Rows of ten in [−`limit`, `limit`] with ties.
    pub(crate) fn rows(self, limit: f64) -> Vec<f64> {
        let at = |i: usize| match i % 4 {
            0 => self.rounded((spread(i / 40) * 16.0).round() / 16.0 * limit),
            _ => self.rounded(limit * (2.0 * spread(i) - 1.0)),
        };
        (0..POINTS).map(at).collect()
    }

    /// [`rows`](Self::rows), in some of which elements are masked, and some of which lie far from 0.
    pub(crate) fn masked_rows(self) -> Vec<f64> {
        let far = self.rounded(self.largest / 8.0);
        let at = |(i, x): (usize, f64)| match (i / 10 % 5, i % 10) {
            (1, 3 | 7) => -far,
            (2, _) => self.rounded(x + 1000.0),
            (3, _) => self.rounded(x - far),
            _ => x,
        };
        self.rows(6.0).into_iter().enumerate().map(at).collect()
    }

    /// Integers of every length below 2^`bits` and an `f64`'s 2^53, both signs, and 0.
    pub(crate) fn integers(self, bits: [i32; 3]) -> Vec<f64> {
        let end = 2f64.powi(self.choose(bits)).min(2f64.powi(53));
        let spread = (0..POINTS).map(|i| (end - 1.0).powf(i as f64 / (POINTS - 1) as f64).round());
        let powers = (0..53).flat_map(|k| [-1.0, 0.0, 1.0].map(|more| 2f64.powi(k) + more)).filter(|x| *x < end);
        signed(spread.chain(powers).collect()).into_iter().chain([0.0]).map(|x| x + 0.0).collect()
    }

    /// Pairs of [`integers`](Self::integers); every second dividend is next to a multiple of its divisor, or is one.
    pub(crate) fn whole_quotients(self, bits: [i32; 3]) -> Grid {
        let divisors = self.integers(bits);
        let (n, most) = (divisors.len(), 2f64.powi(self.choose(bits)).min(2f64.powi(53)) - 1.0);
        let dividend = |(i, y): (usize, &f64)| {
            let x = divisors[(i * 7919 + i / n) % n];
            match i % 2 == 0 || *y == 0.0 {
                true => x,
                false => ((x / y).trunc() * y + [0.0, 1.0, -1.0][i % 3]).clamp(-most, most),
            }
        };
        let dividends = divisors.iter().enumerate().map(dividend).collect();
        [dividends, divisors]
    }
}

/// For one-operand functions: the second operand is not looked at.
pub(crate) fn alone(x: Vec<f64>) -> Grid {
    let ones = vec![1.0; x.len()];
    [x, ones]
}

/// Both signs, in turn.
pub(crate) fn signed(x: Vec<f64>) -> Vec<f64> {
    x.into_iter().enumerate().map(|(i, x)| if i % 2 == 0 { x } else { -x }).collect()
}

/// A sequence that fills [0, 1) evenly: multiples of the golden ratio.
fn spread(i: usize) -> f64 {
    (i as f64 * 0.618_033_988_749_895) % 1.0
}

/// Points of a grid.
pub(crate) const POINTS: usize = 100_000;
