//! Reciprocals of public integers, exactly.

/// ⌊2^e/y⌋ modulo 2^128, and its fraction to `places` < 128 bits, rounded to nearest; y ≥ 1. For e < 0, of 1/(y·2^−e).
pub fn reciprocal_parts(y: u128, e: i32, places: u32) -> [u128; 2] {
    assert!((1..1 << 127).contains(&y), "a divisor is a positive signed number");
    // Long division of 1 followed by e zeros, with leading zeros for e < 0.
    let (mut quotient, mut rest) = (0u128, 0u128);
    let mut digit = |quotient: &mut u128, next: u128| {
        let (doubled, fits) = (rest << 1 | next, u128::from((rest << 1 | next) >= y));
        rest = doubled - fits * y;
        *quotient = *quotient << 1 | fits;
    };
    if e >= 0 {
        digit(&mut quotient, 1);
        (0..e).for_each(|_| digit(&mut quotient, 0));
    }
    let mut fraction = 0;
    for place in 0..=places as i32 {
        digit(&mut fraction, u128::from(place + 1 == -e));
    }
    // One place more than asked for, to round.
    [quotient, (fraction + 1) >> 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_those_of_the_quotient() {
        for (y, e, places) in [(3u128, 10, 8), (7, 0, 20), (1, 5, 3), (1 << 40, 62, 30), (1000, -3, 16), (12345, 60, 0)]
        {
            let [whole, fraction] = reciprocal_parts(y, e, places);
            let numerator = 1u128 << (e + places as i32 + 1).max(0);
            let all = numerator / y;
            let rounded = (all + 1) >> 1;
            assert_eq!((whole << places) + fraction, rounded, "2^{e}/{y}");
        }
        // 2^130/3 = (2^130 − 1)/3 + 1/3, modulo 2^128.
        let [whole, fraction] = reciprocal_parts(3, 130, 4);
        assert_eq!((whole, fraction), ((u128::MAX / 3).wrapping_mul(4) + 1, 5));
    }
}
