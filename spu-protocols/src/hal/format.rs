//! The number format of a session.

use std::ops::RangeInclusive;

use spu::Error;
use spu::pphlo::{DType, Numbers};

/// The number format: Z_2^K and the fraction bits f of fixed-point values.
///
/// A fixed-point number x is the ring element round(x · 2^f), an integer is itself, a truth value 0 or 1.
///
/// **Overflow.** All arithmetic is modulo 2^K, on integers too: a sum, a difference or a product of integers that does not
/// fit [−2^(K−1), 2^(K−1)) is what it is modulo 2^K, with the sign of its top bit, in each ring the same way; nothing
/// is reported. What an order comparison, a maximum or a truncation is given must lie in the *safe range*
/// [−2^(K−2), 2^(K−2)): differences of two such numbers fit the ring. Inputs outside are refused. The host reads
/// integers as `i64`: of 2^128 it sees the lowest 64 bits, which is the value wherever an `i64` holds it.
///
/// | ring | fraction bits | default | largest fixed-point input | largest integer input |
/// |---|---|---|---|---|
/// | 2^32 | 6 to 10 | 8 | 2^22 | 2^30 |
/// | 2^64 | 8 to 20 | 18 | 2^44 | 2^62 |
/// | 2^128 | 16 to 44 | 26 | 2^100 | 2^63 (`i64`) |
///
/// The host's `f64` has 53 bits: in 2^128 a fixed-point number of more than 53 bits is encoded exactly as the `f64` says, and
/// rounded to the nearest `f64` when it is decoded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RingConfig {
    /// K.
    pub bits: u32,
    /// f.
    pub fraction_bits: u32,
}

impl RingConfig {
    /// Z_2^32 with 8 fraction bits.
    pub const Z32: Self = Self { bits: 32, fraction_bits: 8 };
    /// Z_2^64 with 18 fraction bits.
    pub const Z64: Self = Self { bits: 64, fraction_bits: 18 };
    /// Z_2^128 with 26 fraction bits.
    pub const Z128: Self = Self { bits: 128, fraction_bits: 26 };
    /// Z_2^64 with 18 fraction bits.
    pub const DEFAULT: Self = Self::Z64;

    /// The format with these bits, if it is served.
    pub fn new(bits: u32, fraction_bits: u32) -> Result<Self, Error> {
        let Some(served) = Self::fraction_bits_of(bits) else {
            return Err(Error::configuration("ring bits", format!("{bits} is not 32, 64 or 128")));
        };
        if !served.contains(&fraction_bits) {
            let (lo, hi) = served.into_inner();
            let problem = format!("{fraction_bits} is not between {lo} and {hi}, as the ring 2^{bits} needs");
            return Err(Error::configuration("fraction bits", problem));
        }
        Ok(Self { bits, fraction_bits })
    }

    /// The fraction bits that the ring 2^`bits` serves; nothing for another ring than 2^32, 2^64 and 2^128.
    pub fn fraction_bits_of(bits: u32) -> Option<RangeInclusive<u32>> {
        match bits {
            32 => Some(6..=10),
            64 => Some(8..=20),
            128 => Some(16..=44),
            _ => None,
        }
    }

    /// The format itself, if it is one that [`RingConfig::new`] makes.
    pub fn checked(self) -> Result<Self, Error> {
        Self::new(self.bits, self.fraction_bits)
    }

    /// Fraction bits of a data type.
    pub fn scale(self, dtype: DType) -> u32 {
        if dtype == DType::Fxp { self.fraction_bits } else { 0 }
    }

    /// What a number with `scale` fraction bits must be below in absolute value: 2^(K−2−scale).
    pub fn safe_bound(self, scale: u32) -> f64 {
        libm::exp2(f64::from(self.bits) - 2.0 - f64::from(scale))
    }

    /// The numbers that the format holds, for an analysis of where they lie.
    pub fn numbers(self) -> Numbers {
        Numbers::held(self.fraction_bits, self.safe_bound(self.fraction_bits))
    }

    /// Fraction bits that a value may keep beyond the format's, after a factor 2^−k: so few that the product of two such
    /// values has ten bits before its binary point, and at most [`EXTRA`](super::EXTRA).
    pub fn extra(self) -> u32 {
        let spare = (self.bits - 2 - 2 * self.fraction_bits) / 2;
        spare.saturating_sub(5).min(super::EXTRA)
    }

    /// The scale of a matrix product of two numbers of the format, kept doubled: elements of it must lie below 2^(K − 3 − 2f), and so must what
    /// is added to products and is not known to be smaller.
    pub fn scale_of_products(self) -> u32 {
        2 * self.fraction_bits + 1
    }

    /// The largest scale that a value may have on the way through a program: two factors, the spare bits of a factor
    /// 2^−k, and the doubled matrix product.
    pub fn largest_scale(self) -> u32 {
        2 * self.fraction_bits + self.extra() + 1
    }
}

/// Evaluates the last argument with the type `$R`, the elements of the ring of a [`RingConfig`] that was checked.
macro_rules! in_ring {
    ($ring:expr, $R:ident => $body:expr) => {
        match $ring.bits {
            32 => {
                type $R = u32;
                $body
            }
            64 => {
                type $R = u64;
                $body
            }
            128 => {
                type $R = u128;
                $body
            }
            bits => unreachable!("a checked format's ring has 32, 64 or 128 bits, not {bits}"),
        }
    };
}
pub(crate) use in_ring;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_precise_factors_fit() {
        for bits in [32, 64, 128] {
            for fraction_bits in RingConfig::fraction_bits_of(bits).unwrap() {
                let ring = RingConfig::new(bits, fraction_bits).unwrap();
                let precise = fraction_bits + ring.extra();
                assert!(2 * precise <= bits - 2 && ring.largest_scale() < bits - 2, "{ring:?}");
                assert!(ring.extra() == 0 || 2 * precise + 10 <= bits - 2, "{ring:?}");
            }
        }
        assert_eq!(RingConfig::DEFAULT.extra(), 8);
    }

    #[test]
    fn other_formats_are_refused() {
        let error = |bits, fraction_bits| RingConfig::new(bits, fraction_bits).unwrap_err().to_string();
        assert_eq!(error(48, 18), "ring bits: 48 is not 32, 64 or 128");
        assert_eq!(error(32, 18), "fraction bits: 18 is not between 6 and 10, as the ring 2^32 needs");
        assert_eq!(error(64, 21), "fraction bits: 21 is not between 8 and 20, as the ring 2^64 needs");
        assert_eq!(error(128, 15), "fraction bits: 15 is not between 16 and 44, as the ring 2^128 needs");
    }
}
