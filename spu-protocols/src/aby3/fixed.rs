//! Real numbers as integers: public tables that two parties must know alike in every bit.
//!
//! A [`Fixed`] stands for itself divided by 2^[`Fixed::FRACTION`]; it lies in [−1, 1]. Series are summed with 126 fraction bits, products round
//! to nearest. No floating point takes part, so the tables are the same on every machine.

/// A number in [−1, 1].
pub(super) trait Fixed: Copy + Send + Sync + 'static {
    /// Fraction bits.
    const FRACTION: u32;

    /// From 126 fraction bits, rounded.
    fn from_wide(x: i128) -> Self;
    /// The product, rounded.
    fn times(self, other: Self) -> Self;
    /// The sum.
    fn plus(self, other: Self) -> Self;
    /// The difference.
    fn minus(self, other: Self) -> Self;
    /// An integer with `places` fraction bits, rounded; `places` below [`Fixed::FRACTION`].
    fn rounded(self, places: i32) -> i128;
}

impl Fixed for i64 {
    const FRACTION: u32 = 62;

    fn from_wide(x: i128) -> Self {
        ((x + (1 << 63)) >> 64) as i64
    }
    #[inline(always)]
    fn times(self, other: Self) -> Self {
        ((i128::from(self) * i128::from(other) + (1 << 61)) >> 62) as i64
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self + other
    }
    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self - other
    }
    #[inline(always)]
    fn rounded(self, places: i32) -> i128 {
        let excess = Self::FRACTION as i32 - places;
        // More than 63 places are one half of nothing.
        if excess > 63 { 0 } else { (((self >> (excess - 1)) + 1) >> 1).into() }
    }
}

impl Fixed for i128 {
    const FRACTION: u32 = 126;

    fn from_wide(x: i128) -> Self {
        x
    }
    /// Both factors are cut in two: x = xh·2^64 + xl. No sum leaves 128 bits, as |xh| ≤ 2^62, and xl is small where xh = 2^62.
    #[inline(always)]
    fn times(self, other: Self) -> Self {
        const LOW: i128 = (1 << 64) - 1;
        let (xh, xl, yh, yl) = (self >> 64, self & LOW, other >> 64, other & LOW);
        let carried = ((xl as u128 * yl as u128) >> 64) as i128;
        let middle = xh * yl + xl * yh + carried;
        xh * yh * 4 + ((middle + (1 << 61)) >> 62)
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self + other
    }
    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self - other
    }
    #[inline(always)]
    fn rounded(self, places: i32) -> i128 {
        let excess = Self::FRACTION as i32 - places;
        if excess > 127 { 0 } else { ((self >> (excess - 1)) + 1) >> 1 }
    }
}

/// e^(x · 2^−118) = m · 2^(exponent − 126) with 1/2 ≤ m · 2^−126 ≤ 1, as (m, exponent); |x| · 2^−118 < 256.
pub(super) fn exponential(x: i128) -> (i128, i32) {
    // x = exponent · ln 2 − y with 0 ≤ y ≤ ln 2.
    let exponent = -(-x).div_euclid(LN_2);
    let y = (exponent * LN_2 - x) << (126 - EXPONENT_FRACTION);
    let (mut sum, mut term, mut k) = (0, ONE, 0);
    while term != 0 {
        sum += term;
        k += 1;
        term = -term.times(y) / k;
    }
    (sum, exponent as i32)
}

/// cos and sin of 2π · 2^−m, m ≥ 1, with 126 fraction bits.
pub(super) fn root_of_unity(m: u32) -> (i128, i128) {
    match m {
        1 => return (-ONE, 0),
        2 => return (0, ONE),
        _ => {}
    }
    let y = PI_OVER_4 >> (m - 3);
    let (mut sums, mut term, mut k) = ([0, 0], ONE, 0);
    while term != 0 {
        let sign = if k & 2 == 0 { 1 } else { -1 };
        sums[k & 1] += sign * term;
        k += 1;
        term = term.times(y) / k as i128;
    }
    (sums[0], sums[1])
}

/// Fraction bits of exponents.
pub(super) const EXPONENT_FRACTION: u32 = 118;
/// 1 with 126 fraction bits.
pub(super) const ONE: i128 = 1 << 126;
/// ln 2 with 118 fraction bits.
const LN_2: i128 = 0x002c_5c85_fdf4_73de_6af2_78ec_e600_fcbe;
/// π/4 with 126 fraction bits.
const PI_OVER_4: i128 = 0x3243_f6a8_885a_308d_3131_98a2_e037_0734;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_agree_with_exact_ones() {
        // (1 − 2^−63)² = 1 − 2^−62 + 2^−126.
        let x = ONE - (1 << 63);
        assert_eq!(x.times(x), ONE - (1 << 64) + 1);
        assert_eq!((-x).times(x), -(ONE - (1 << 64) + 1));
        for x in [ONE, -ONE, ONE / 3, -ONE / 7, 1, -1, (1 << 100) + 12345, ONE - 1, 1 - ONE] {
            assert!((ONE.times(x), x.times(ONE)) == (x, x) && ((-ONE).times(x) + x).abs() <= 1, "{x}");
            // x/2^40, both ways.
            assert!((x.times(ONE >> 40) - (x >> 40)).abs() <= 1);
        }
        let third = i64::from_wide(ONE / 3);
        assert_eq!(third.times(third), i64::from_wide(ONE / 9));
    }

    #[test]
    fn rounding_is_to_nearest() {
        let half = ONE / 2;
        assert_eq!(
            [half.rounded(0), (half - 1).rounded(0), half.rounded(3), (-half).rounded(3), half.rounded(-2)],
            [1, 0, 4, -4, 0]
        );
        assert_eq!([i64::from_wide(half).rounded(0), i64::from_wide(half).rounded(-2)], [1, 0]);
    }

    #[test]
    fn powers_of_e_are_those_of_libm() {
        for quarters in -200..300 {
            let (m, exponent) = exponential(quarters << (EXPONENT_FRACTION - 2));
            assert!((ONE / 2..=ONE).contains(&m));
            let value = m as f64 / ONE as f64 * f64::from(exponent).exp2();
            let expected = (quarters as f64 / 4.0).exp();
            assert!((value / expected - 1.0).abs() < 1e-15, "{value} {expected}");
        }
    }

    /// e^x · e^−x = 1 to 110 bits: digits that no f64 has.
    #[test]
    fn powers_of_e_have_all_their_digits() {
        for x in [1, 7, 40, 63] {
            let x = (x << EXPONENT_FRACTION) + (1 << 90);
            let [(m, e), (n, f)] = [exponential(x), exponential(-x)];
            let product = m.times(n);
            assert!((product - (ONE >> (e + f))).abs() < 1 << 16, "{product:x}");
        }
    }

    #[test]
    fn roots_of_unity_square_to_one_another() {
        for m in 2..60 {
            let ((c, s), (cos, sin)) = (root_of_unity(m), root_of_unity(m - 1));
            assert!((c.times(c) - s.times(s) - cos).abs() < 200 && (2 * c.times(s) - sin).abs() < 200, "{m}");
            let angle = std::f64::consts::TAU * (-f64::from(m)).exp2();
            assert!((s as f64 / ONE as f64 - angle.sin()).abs() < 2e-16);
        }
    }
}
