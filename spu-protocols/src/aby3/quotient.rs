//! x·U·v / 2^(e + t): the quotient of a dividend x by a number that U normalizes, v·2^−t being 1/u of its normalized form u.
//!
//! The result fits Z_2^K, but x·U does not, nor does its product with v: both are computed in larger rings, from numbers that P0 and P1 know in part and P2 for the
//! rest (`resize`). With w bits of v·2^−t behind the point, and g bits below the unit of the dividend:
//!
//! 1. x and U are lifted to Z_2^(K + e), where −2^(K+e−2) ≤ x·U < 2^(K+e−2).
//! 2. V = x·U >> (e − g), and v truncated to w fraction bits, in Z_2^(K + g + w).
//! 3. V·v >> (g + w), in Z_2^K: no borrow counts.
//!
//! | round | who | what | bits (K = 64, e = 44, t = 60, g = 3, w = 20) |
//! |---|---|---|---|
//! | 1 | P2 → P1 | of x and of U: wraps, m, and m times the other's b | 6e = 264 |
//! | 1 | P0 ↔ P1 | v, masked | 2K = 128 |
//! | 2 | P0 ↔ P1 | x·U, masked | 2(K + e) = 216 |
//! | 1 | P2 → P1 | of V and of v: b, m, and m times the other's b | 2(K + g + w) + 2w + 2(g + t) = 340 |
//! | 3 | P0 ↔ P1 | V·v, masked | 2(K + g + w) = 174 |
//! | 1 | P2 → P1 | half of the result's b | K = 64 |
//!
//! Three rounds, 9K + 8e + 6(g + w) + 2t = 1 186 bits.
//!
//! Domain: |x·U| ≤ 2^(K + e − 2)·u and |x·U·v| < 2^(K + e + t − 2), 1 ≤ v·2^−t ≤ 2, 0 ≤ g < e ≤ K, 0 < w < t ≤ K. Error: below 1 for the last truncation, 2^(1 − g) for V, and
//! 2^−w relative to the product for v. Never fails. For K ≤ 64.
//!
//! Security: P2 receives nothing; all other messages are those of `resize`, each under a mask that its receiver lacks.

use super::context::Context;
use super::message::Message;
use super::resize::{
    Opening, PRODUCT_STEPS, Resize, halves, halves_table, lifted_halves, lifted_halves_table, opening_table, product,
    product_table,
};
use super::shares::{Arith, View};
use super::steps::Steps;
use crate::ring::Ring;

/// The numbers e, t, w and g of a quotient.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Quotient {
    /// e: x·U has so many bits below the unit.
    pub excess: u32,
    /// t: fraction bits of v.
    pub scale: u32,
    /// w: fraction bits of v that are used.
    pub places: u32,
    /// g: bits of x·U below the unit that are used.
    pub guard: u32,
}

impl Quotient {
    /// The quotient in the clear, rounded down at each step.
    pub fn of(&self, x: i128, power: i128, v: i128) -> i128 {
        let dividend = (x * power) >> (self.excess - self.guard);
        (dividend * (v >> (self.scale - self.places))) >> (self.guard + self.places)
    }

    /// x and U to the larger ring, x·U to that of V·v, v to the same, V·v to the result.
    fn resizes(&self, bits: u32) -> [Resize; 4] {
        let (product, last) = (bits + self.excess, bits + self.guard + self.places);
        [
            Resize { from: bits, to: product, shift: 0 },
            Resize { from: product, to: last, shift: self.excess - self.guard },
            Resize { from: bits, to: last, shift: self.scale - self.places },
            Resize { from: last, to: bits, shift: self.guard + self.places },
        ]
    }
}

/// Messages of [`quotient`] on `n` elements of `bits` bits.
pub fn table(n: usize, quotient: &Quotient, bits: u32) -> Vec<Message> {
    let [lift, dividend, inverse, last] = quotient.resizes(bits);
    let mut table = lifted_halves_table(n, &lift, LIFT.first);
    table.extend(product_table(n, [lift.height(); 2], lift.to, PRODUCT.first));
    // v waits for nothing that is dealt.
    table.extend(opening_table(n, bits, INVERSE.first).map(|row| Message { after: 0, ..row }));
    table.extend(opening_table(n, dividend.from, DIVIDEND.first));
    table.extend(halves_table(n, last.from, HALVES.first));
    table.extend(product_table(n, [dividend.height(), inverse.height()], last.from, SECOND_PRODUCT.first));
    table.extend(opening_table(n, last.from, LAST.first));
    table.extend(last.narrow_table(n, NARROW.first));
    table
}

/// The quotient from shares of x and U and this party's term of v.
pub async fn quotient<R: Ring>(
    ctx: &Context<R>,
    x: View<'_, R>,
    power: View<'_, R>,
    v: &[R],
    quotient: &Quotient,
) -> Arith<R> {
    match R::BITS {
        64 => within::<R, u128>(ctx, x, power, v, quotient).await,
        32 => within::<R, u64>(ctx, x, power, v, quotient).await,
        bits => unreachable!("no quotient of {bits} bits is computed in a larger ring"),
    }
}

async fn within<R: Ring, I: Ring>(
    ctx: &Context<R>,
    x: View<'_, R>,
    power: View<'_, R>,
    v: &[R],
    quotient: &Quotient,
) -> Arith<R> {
    let role = ctx.role();
    let [lift, dividend, inverse, last] = quotient.resizes(R::BITS);
    let v = v.iter().map(|v| I::from_u128(v.to_u128())).collect();
    let v = Opening::begin(ctx, v, R::BITS, INVERSE);

    let [x, power] = [x, power].map(|shares| lift.split_shares::<R, I>(role, shares));
    let [of_x, of_power] = lifted_halves(ctx, [&x, &power], &lift, LIFT).await;
    let product_of = product(ctx, [&x.split, &power.split], [&of_x, &of_power], lift.to, PRODUCT).await;
    let product_of = Opening::begin(ctx, product_of, dividend.from, DIVIDEND);
    let v = inverse.split(role, v.finish(ctx).await);
    let dividend = dividend.split(role, product_of.finish(ctx).await);

    let [of_dividend, of_v] = halves(ctx, [&dividend, &v], last.from, HALVES).await;
    let result = product(ctx, [&dividend, &v], [&of_dividend, &of_v], last.from, SECOND_PRODUCT).await;
    let result = Opening::begin(ctx, result, last.from, LAST).finish(ctx).await;
    let result = last.narrow(ctx, last.split(role, result), NARROW).await;
    let narrow = |x: Vec<I>| x.into_iter().map(|x| R::from_u128(x.to_u128())).collect();
    Arith { own: narrow(result.own), next: narrow(result.next) }
}

const ONE: Steps = Steps { first: 1, label: 1 };
const LIFT: Steps = Steps::START;
const PRODUCT: Steps = LIFT.past(ONE);
const INVERSE: Steps = PRODUCT.past(PRODUCT_STEPS);
const DIVIDEND: Steps = INVERSE.past(ONE);
const HALVES: Steps = DIVIDEND.past(ONE);
const SECOND_PRODUCT: Steps = HALVES.past(ONE);
const LAST: Steps = SECOND_PRODUCT.past(PRODUCT_STEPS);
const NARROW: Steps = LAST.past(ONE);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aby3::cost;
    use crate::aby3::privacy::{Operands, Subject, replicated, terms as held_terms};
    use crate::aby3::trial::{SIZES, dealers, reconstruct, run, share, terms, uniform};

    /// Dividends and powers of all lengths whose product has at most K − 2 + e bits, and v between 1 and 2 such that the quotient fits.
    fn operands(n: usize, bits: u32, quotient: &Quotient) -> Vec<[i128; 3]> {
        let random = uniform::<u128>(3 * n, 4);
        let element = |i: usize| {
            let [a, b, c] = [random[3 * i], random[3 * i + 1], random[3 * i + 2]];
            let place = (b % u128::from(bits - 2)) as u32;
            let most = (bits + quotient.excess - 4).saturating_sub(place).min(bits - 2);
            let length = most - (b >> 64) as u32 % (most + 1);
            let x = (a >> 1 >> (127 - length)) as i128;
            let v = (1 << quotient.scale) + (c >> (128 - quotient.scale)) as i128;
            let signs = [1, -1, 1, -1].into_iter().cycle().nth(i).expect("a cycle");
            [x * signs, if i.is_multiple_of(3) { -(1i128 << place) } else { 1 << place }, v]
        };
        (0..n).map(element).collect()
    }

    fn check<R: Ring>(n: usize, q: Quotient) {
        let operands = operands(n, R::BITS, &q);
        let of = |i: usize| operands.iter().map(|x| R::from_i128(x[i])).collect::<Vec<_>>();
        let (x, power, v) = (share(&of(0), 1), share(&of(1), 2), terms(&of(2), 3));
        for dealer in dealers() {
            let kernel = async |ctx: Context<R>| {
                let role = ctx.role() as usize;
                quotient(&ctx, x[role].view(), power[role].view(), &v[role], &q).await
            };
            let found = reconstruct(&run(dealer, &table(n, &q, R::BITS), 11, kernel));
            for ([x, power, v], found) in operands.iter().zip(found) {
                let ratio = *v as f64 * (-f64::from(q.scale)).exp2();
                let dividend = *x as f64 * *power as f64 * (-f64::from(q.excess)).exp2();
                let exact = dividend * ratio;
                // The last truncation; V's, times v; that of v, times V. An f64 has 53 bits.
                let allowed = 1.0
                    + (1.0 - f64::from(q.guard)).exp2()
                    + dividend.abs() * ((-f64::from(q.places)).exp2() + 2f64.powi(-50))
                    + (-f64::from(q.guard + q.places)).exp2();
                let error = found.signed() as f64 - exact;
                assert!(error.abs() <= allowed, "{x}·{power}·{ratio}/2^{}: {found:?}, not {exact}", q.excess);
            }
        }
    }

    const DEFAULT: Quotient = Quotient { excess: 44, scale: 60, places: 20, guard: 3 };

    #[test]
    fn quotients_of_operands_of_all_lengths() {
        SIZES.iter().for_each(|&n| check::<u64>(n, DEFAULT));
        check::<u64>(2000, DEFAULT);
        check::<u64>(500, Quotient { excess: 4, scale: 61, places: 1, guard: 0 });
        check::<u32>(500, Quotient { excess: 22, scale: 28, places: 11, guard: 3 });
    }

    #[test]
    fn costs_are_those_of_the_head() {
        let cost = cost(&table(64, &DEFAULT, 64));
        assert_eq!((cost.rounds, cost.bits / 64), (3, 9 * 64 + 8 * 44 + 6 * (3 + 20) + 2 * 60));
    }

    #[test]
    fn views_do_not_depend_on_the_operands() {
        let q = Quotient { excess: 22, scale: 28, places: 11, guard: 3 };
        let kernel = move |ctx: Context<u32>, operands: Operands| async move {
            let (x, power) = (operands.arith(0), operands.arith(3));
            quotient(&ctx, x.view(), power.view(), &operands.only::<u32>(6..9), &q).await
        };
        let subject = Subject::new([replicated(32), replicated(32), held_terms(32)], table(1, &q, 32), kernel);
        subject.distinguish(2000).expect("statistical");
    }
}
