//! Functions of numbers, with the values that they have outside their domain.

/// a/b, 0 where b is 0.
pub(super) fn quotient(a: f64, b: f64) -> f64 {
    if b == 0.0 { 0.0 } else { a / b }
}

/// a/b toward zero, 0 where b is 0.
pub(super) fn int_quotient(a: i64, b: i64) -> i64 {
    if b == 0 { 0 } else { a.wrapping_div(b) }
}

/// a − b·trunc(a/b), a where b is 0.
pub(super) fn remainder(a: f64, b: f64) -> f64 {
    if b == 0.0 { a } else { libm::fmod(a, b) }
}

/// a − b·trunc(a/b), a where b is 0.
pub(super) fn int_remainder(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { a.wrapping_rem(b) }
}

/// a^b; 0 for 0 to a negative power, and for a root of a negative number.
pub(super) fn power(a: f64, b: f64) -> f64 {
    let undefined = (a == 0.0 && b < 0.0) || (a < 0.0 && b.fract() != 0.0);
    if undefined { 0.0 } else { libm::pow(a, b) }
}

/// a^b modulo 2^64; 0 for b < 0.
pub(super) fn int_power(a: i64, b: i64) -> i64 {
    let (mut result, mut square, mut rest) = (i64::from(b >= 0), a, b.max(0));
    while rest > 0 {
        if rest & 1 == 1 {
            result = result.wrapping_mul(square);
        }
        square = square.wrapping_mul(square);
        rest >>= 1;
    }
    result
}

/// The angle of the point (x, y) in (−π, π]; the formats have no −0.
pub(super) fn angle(y: f64, x: f64) -> f64 {
    libm::atan2(y + 0.0, x + 0.0)
}

/// The function of a positive number, 0 of others.
pub(super) fn where_positive(function: impl Fn(f64) -> f64) -> impl Fn(f64) -> f64 {
    move |a| if a > 0.0 { function(a) } else { 0.0 }
}

/// `shifted` by n places, `beyond` if the element has no more than n.
pub(super) fn shift(n: i64, shifted: impl Fn(u32) -> Option<i64>, beyond: i64) -> i64 {
    u32::try_from(n).ok().and_then(shifted).unwrap_or(beyond)
}

/// For operations on bits, which typing keeps from real numbers.
pub(super) fn no_bits(_: f64, _: f64) -> f64 {
    unreachable!("real numbers have no bits")
}

/// 1/(1 + e^−x), accurate for all x.
pub fn logistic(x: f64) -> f64 {
    let small = libm::exp(-x.abs());
    if x >= 0.0 { 1.0 / (1.0 + small) } else { small / (1.0 + small) }
}

/// x·(1 + erf(x/√2))/2.
pub fn gelu(x: f64) -> f64 {
    0.5 * x * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// x/(1 + e^−x).
pub fn silu(x: f64) -> f64 {
    x * logistic(x)
}

/// ln(1 + e^x), accurate for all x.
pub fn softplus(x: f64) -> f64 {
    x.max(0.0) + libm::log1p(libm::exp(-x.abs()))
}

#[cfg(test)]
mod tests {
    use super::angle;

    #[test]
    fn no_angle_knows_a_negative_zero() {
        assert_eq!(angle(-0.0, -0.5), std::f64::consts::PI);
        assert_eq!(angle(0.0, -0.0), 0.0);
    }
}
