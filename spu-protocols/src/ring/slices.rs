//! Element-wise arithmetic on slices of one length, in place, at the vector level in use. Every function panics if lengths
//! differ. A kernel with a longer formula writes its own loop in [`vectorize`]: one pass over memory instead of several.

use super::{Ring, vectorize};

/// x += y.
pub fn add_assign<R: Ring>(x: &mut [R], y: &[R]) {
    zip(
        x,
        y,
        #[inline(always)]
        |x, y| x.plus(y),
    );
}

/// x −= y.
pub fn sub_assign<R: Ring>(x: &mut [R], y: &[R]) {
    zip(
        x,
        y,
        #[inline(always)]
        |x, y| x.minus(y),
    );
}

/// x ·= y, element by element.
pub fn mul_assign<R: Ring>(x: &mut [R], y: &[R]) {
    zip(
        x,
        y,
        #[inline(always)]
        |x, y| x.times(y),
    );
}

/// x += y · z, element by element.
pub fn mul_add_assign<R: Ring>(x: &mut [R], y: &[R], z: &[R]) {
    assert!(x.len() == y.len() && y.len() == z.len(), "operands have one length");
    vectorize(
        #[inline(always)]
        || x.iter_mut().zip(y).zip(z).for_each(|((x, y), z)| *x = x.plus(y.times(*z))),
    );
}

/// x ·= scale.
pub fn scale_assign<R: Ring>(x: &mut [R], scale: R) {
    map(
        x,
        #[inline(always)]
        |x| x.times(scale),
    );
}

/// x ·= 2^s.
pub fn shl_assign<R: Ring>(x: &mut [R], s: u32) {
    map(
        x,
        #[inline(always)]
        |x| x.shl(s),
    );
}

/// x = ⌊x / 2^s⌋ of the unsigned representatives.
pub fn shr_assign<R: Ring>(x: &mut [R], s: u32) {
    map(
        x,
        #[inline(always)]
        |x| x.shr(s),
    );
}

/// x = x mod 2^n.
pub fn low_assign<R: Ring>(x: &mut [R], n: u32) {
    map(
        x,
        #[inline(always)]
        |x| x.low(n),
    );
}

#[inline(always)]
fn map<R: Ring>(x: &mut [R], f: impl Fn(R) -> R) {
    vectorize(
        #[inline(always)]
        || x.iter_mut().for_each(|x| *x = f(*x)),
    );
}

#[inline(always)]
fn zip<R: Ring>(x: &mut [R], y: &[R], f: impl Fn(R, R) -> R) {
    assert_eq!(x.len(), y.len(), "operands have one length");
    vectorize(
        #[inline(always)]
        || x.iter_mut().zip(y).for_each(|(x, y)| *x = f(*x, *y)),
    );
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Z16;
    use super::*;

    /// Against integers modulo 2^128, of which Z_2^K is a quotient; shifts to the right against the representative.
    fn check<R: Ring>(values: &[(u128, u128, u128)], s: u32) {
        let column = |i: usize| -> Vec<R> { values.iter().map(|v| R::from_u128([v.0, v.1, v.2][i])).collect() };
        let (x, y, z) = (column(0), column(1), column(2));
        let holds = |f: &dyn Fn(&mut [R]), wanted: &dyn Fn(u128, u128, u128) -> u128| {
            let mut found = x.clone();
            f(&mut found);
            let wanted: Vec<R> =
                (0..x.len()).map(|i| R::from_u128(wanted(x[i].to_u128(), y[i].to_u128(), z[i].to_u128()))).collect();
            assert_eq!(found, wanted);
        };
        holds(&|x| add_assign(x, &y), &|x, y, _| x.wrapping_add(y));
        holds(&|x| sub_assign(x, &y), &|x, y, _| x.wrapping_sub(y));
        holds(&|x| mul_assign(x, &y), &|x, y, _| x.wrapping_mul(y));
        holds(&|x| mul_add_assign(x, &y, &z), &|x, y, z| x.wrapping_add(y.wrapping_mul(z)));
        holds(&|x| scale_assign(x, R::from_u128(s.into())), &|x, _, _| x.wrapping_mul(s.into()));
        holds(&|x| shl_assign(x, s), &|x, _, _| x.checked_shl(s).unwrap_or(0));
        holds(&|x| shr_assign(x, s), &|x, _, _| x.checked_shr(s).unwrap_or(0));
        holds(&|x| low_assign(x, s), &|x, _, _| if s >= 128 { x } else { x % (1 << s) });
    }

    proptest! {
        #[test]
        fn slices_follow_the_integers(values in prop::collection::vec(any::<(u128, u128, u128)>(), 0..40), s in 0u32..140) {
            check::<u128>(&values, s);
            check::<u64>(&values, s);
            check::<u32>(&values, s);
            check::<Z16>(&values, s % 8);
        }
    }
}
