//! Random shapes and values: multiples of the format's unit, so that real numbers start from the same ones.

use spu_protocols::hal::RingConfig;
use spu_tensor::pphlo::DType;
use spu_tensor::{Elements, Shape};

/// Draws from a seed (SplitMix64; Steele, Lea, Flood 2014), for a number format.
pub(crate) struct Draw {
    state: u64,
    pub(crate) ring: RingConfig,
}

impl Draw {
    pub(crate) fn new(seed: u64, ring: RingConfig) -> Self {
        Self { state: seed, ring }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.state ^ self.state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub(crate) fn coin(&mut self) -> bool {
        self.below(2) == 1
    }

    pub(crate) fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    /// Uniform in [0, 1).
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A scalar, an empty shape, or up to five dimensions; now and then so large that a kernel's work is cut in three.
    pub(crate) fn shape(&mut self) -> Shape {
        match self.below(12) {
            0 => Shape::SCALAR,
            1 => {
                let rank = 1 + self.below(5);
                self.with_empty_axis(rank)
            }
            2 => self.one_of(&[vec![4097], vec![70, 60], vec![3, 1400]]).into(),
            3 | 4 => [3, 2, 4, 1, 3].into(),
            _ => {
                let rank = 1 + self.below(5);
                self.shape_of_rank(rank)
            }
        }
    }

    /// A few elements on each axis, none empty.
    pub(crate) fn shape_of_rank(&mut self, rank: usize) -> Shape {
        (0..rank).map(|_| 1 + self.below(MOST[rank])).collect::<Vec<_>>().into()
    }

    /// From `ranks` dimensions up to five, of at most so many elements each; now and then one of them is empty.
    pub(crate) fn few(&mut self, ranks: usize, most: usize) -> Shape {
        let rank = ranks + self.below(6 - ranks);
        if rank > 0 && self.below(6) == 0 {
            return self.with_empty_axis(rank);
        }
        let most = most.min(MOST[rank]);
        (0..rank).map(|_| 1 + self.below(most)).collect::<Vec<_>>().into()
    }

    fn with_empty_axis(&mut self, rank: usize) -> Shape {
        let mut extents: Vec<usize> = (0..rank).map(|_| self.below(4)).collect();
        extents[self.below(rank)] = 0;
        extents.into()
    }

    /// The largest power of two of which two factors may be, so that their product is held before its truncation.
    pub(crate) fn factor(&self) -> f64 {
        (f64::from(self.ring.bits - 4 - 2 * self.ring.fraction_bits) / 2.0).floor().exp2()
    }

    /// The same of integers, that also an `f64` holds the products exactly.
    pub(crate) fn integer_factor(&self) -> i64 {
        1 << ((self.ring.bits.min(56) - 4) / 2)
    }

    /// The largest integer of the safe range, or of what an `f64` holds exactly.
    pub(crate) fn largest_integer(&self) -> i64 {
        (1 << (self.ring.bits - 2).min(52)) - 1
    }

    /// The largest fixed-point number that is safe, of those that an `f64` holds exactly.
    pub(crate) fn largest(&self) -> f64 {
        self.largest_integer() as f64 * self.unit_in_last_place()
    }

    pub(crate) fn unit_in_last_place(&self) -> f64 {
        (-f64::from(self.ring.fraction_bits)).exp2()
    }

    /// Fixed-point values in [lo, hi]: ends, zero and its neighbours, uniform ones, and some of any magnitude.
    pub(crate) fn fxp(&mut self, n: usize, lo: f64, hi: f64) -> Elements {
        let ulp = self.unit_in_last_place();
        let (first, last) = ((lo / ulp).ceil(), (hi / ulp).floor());
        let value = |d: &mut Self| {
            let uniform = first + d.unit() * (last - first);
            let special = [0.0, 1.0, -1.0, first, last, 1.0 / ulp, -0.5 / ulp];
            let units = match d.below(8) {
                0 => d.one_of(&special),
                1..4 => uniform,
                // The logarithm of the magnitude is uniform.
                _ if uniform < 0.0 => -(d.unit() * (-first).max(1.0).ln()).exp(),
                _ => (d.unit() * last.max(1.0).ln()).exp(),
            };
            units.round().clamp(first, last) * ulp
        };
        Elements::Fxp((0..n).map(|_| value(self)).collect())
    }

    /// Integers in [lo, hi], likewise.
    pub(crate) fn int(&mut self, n: usize, lo: i64, hi: i64) -> Elements {
        let value = |d: &mut Self| {
            let uniform = lo + (d.unit() * (hi - lo) as f64) as i64;
            let value = match d.below(8) {
                0 => d.one_of(&[0, 1, -1, lo, hi]),
                1..4 => uniform,
                _ if uniform < 0 => -((d.unit() * (-lo as f64).ln()).exp() as i64),
                _ => (d.unit() * (hi as f64).max(1.0).ln()).exp() as i64,
            };
            value.clamp(lo, hi)
        };
        Elements::Int((0..n).map(|_| value(self)).collect())
    }

    pub(crate) fn bool(&mut self, n: usize) -> Elements {
        Elements::Bool((0..n).map(|_| self.coin()).collect())
    }

    /// Numbers of a type so small that sums of 64 products of two of them do not overflow.
    pub(crate) fn factors(&mut self, n: usize, dtype: DType) -> Elements {
        let (real, integer) = (self.factor() / 8.0, self.integer_factor() / 8);
        match dtype {
            DType::Fxp => self.fxp(n, -real, real),
            DType::Int => self.int(n, -integer, integer),
            DType::Bool => self.bool(n),
        }
    }

    /// The same, multiples of one power of two that have at most 22 bits: an `f64` holds any sum of 64 products exactly.
    pub(crate) fn short_factors(&mut self, n: usize, dtype: DType) -> Elements {
        let unit = self.unit_in_last_place();
        let most = match dtype {
            DType::Fxp => (self.factor() / 8.0 / unit) as i64,
            DType::Int => self.integer_factor() / 8,
            DType::Bool => return self.bool(n),
        };
        let spare = most.ilog2().saturating_sub(22);
        let places = self.below(spare as usize + 1);
        let Elements::Int(x) = self.int(n, -(most >> spare), most >> spare) else { unreachable!("integers") };
        let x = x.into_iter().map(|x| x << places);
        match dtype {
            DType::Fxp => Elements::Fxp(x.map(|x| x as f64 * unit).collect()),
            _ => Elements::Int(x.collect()),
        }
    }

    /// Numbers of a type from the whole safe range, as far as differences and `f64` are exact.
    pub(crate) fn numbers(&mut self, n: usize, dtype: DType) -> Elements {
        let (integer, real) = (self.largest_integer() / 2, self.largest() / 2.0);
        match dtype {
            DType::Fxp => self.fxp(n, -real, real),
            DType::Int => self.int(n, -integer, integer),
            DType::Bool => self.bool(n),
        }
    }

    /// `x` with some elements from `others`: ties, and what is far apart.
    pub(crate) fn mixed(&mut self, x: &Elements, others: Elements) -> Elements {
        let keep: Vec<bool> = (0..x.len()).map(|_| self.below(4) == 0).collect();
        fn mix<T: Copy>(keep: &[bool], x: &[T], y: &[T]) -> Vec<T> {
            keep.iter().zip(x.iter().zip(y)).map(|(&keep, (&x, &y))| if keep { x } else { y }).collect()
        }
        match (x, &others) {
            (Elements::Fxp(x), Elements::Fxp(y)) => Elements::Fxp(mix(&keep, x, y)),
            (Elements::Int(x), Elements::Int(y)) => Elements::Int(mix(&keep, x, y)),
            (Elements::Bool(x), Elements::Bool(y)) => Elements::Bool(mix(&keep, x, y)),
            _ => panic!("operands of one data type are mixed"),
        }
    }
}

/// The most elements on each axis of a shape, by its rank.
const MOST: [usize; 6] = [1, 80, 12, 6, 4, 3];
