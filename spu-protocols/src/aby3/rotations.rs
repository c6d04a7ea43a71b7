//! Points of the unit circle in integers, for the angle that a summand is ([fourier](mod@super::fourier)).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use super::fixed::{Fixed, ONE, root_of_unity};
use crate::ring::Ring;

/// cos and sin.
pub(super) type Point<F> = (F, F);

/// Points of the circle for angles of `bits` bits a turn.
pub(super) struct Rotations<F> {
    bits: u32,
    digit_bits: u32,
    /// cos and sin of the digit times its weight, highest digit first.
    digits: Vec<Vec<Point<F>>>,
}

impl<F: Fixed> Rotations<F> {
    fn new(bits: u32) -> Self {
        let count = bits.div_ceil(DIGIT_BITS);
        let digit_bits = bits.div_ceil(count);
        let digit = |d: u32| {
            let mut table = vec![(ONE, 0)];
            // The lowest bit of the digit is 2^−(d + 1)·digit_bits of a turn.
            for i in 0..digit_bits {
                let root = root_of_unity((d + 1) * digit_bits - i);
                table.extend_from_within(..);
                let half = table.len() / 2;
                table[half..].iter_mut().for_each(|point| *point = rotated(*point, root));
            }
            table.into_iter().map(|(cos, sin)| (F::from_wide(cos), F::from_wide(sin))).collect()
        };
        Self { bits: count * digit_bits, digit_bits, digits: (0..count).map(digit).collect() }
    }

    /// The points at 2π·θ/2^K.
    pub(super) fn points<R: Ring>(&self, angles: &[R]) -> Vec<Point<F>> {
        // Rounded to the bits of the tables, or with 0s below where these are more.
        let bits = self.bits.min(R::BITS);
        let (excess, up) = (R::BITS - bits, self.bits - bits);
        let half = if excess == 0 { R::ZERO } else { R::power_of_two(excess - 1) };
        let mask = (1usize << self.digit_bits) - 1;
        let point = |angle: &R| {
            let digits = (angle.plus(half).shr(excess).to_u128() << up) as u64;
            let entry = |d: usize| {
                let place = (self.digits.len() - 1 - d) as u32 * self.digit_bits;
                self.digits[d][(digits >> place) as usize & mask]
            };
            (1..self.digits.len()).fold(entry(0), |point, d| rotated(point, entry(d)))
        };
        angles.iter().map(point).collect()
    }
}

/// The product of two points as complex numbers: the angles add.
#[inline(always)]
pub(super) fn rotated<F: Fixed>((x, y): Point<F>, (c, s): Point<F>) -> Point<F> {
    (x.times(c).minus(y.times(s)), x.times(s).plus(y.times(c)))
}

/// A number that rotations are made of, with the tables made so far.
pub(super) trait Coordinate: Fixed {
    /// The rotations by angles of at least `bits` bits, at most 64.
    fn rotations(bits: u32) -> Arc<Rotations<Self>>;
}

macro_rules! implement_coordinate {
    ($($type:ty)*) => {$(
        impl Coordinate for $type {
            fn rotations(bits: u32) -> Arc<Rotations<Self>> {
                static KNOWN: OnceLock<Mutex<HashMap<u32, Arc<Rotations<$type>>>>> = OnceLock::new();
                let mut known = KNOWN.get_or_init(Mutex::default).lock().expect("no one panics while making tables");
                known.entry(bits).or_insert_with(|| Arc::new(Rotations::new(bits))).clone()
            }
        }
    )*};
}

implement_coordinate!(i64 i128);

/// Bits of a digit, at most: three tables stay in the first cache.
const DIGIT_BITS: u32 = 9;
