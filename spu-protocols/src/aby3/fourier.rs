//! Trigonometric polynomials, sine and cosine among them, by the addition theorem: the dealer's trick without any comparison.
//!
//! # Equations
//!
//! The ring is the circle. For a series with the factor `turn`, x stands for the angle φ = 2π·turn·x/2^K, so with a = turn·(x0 + x1) at P0 and
//! b = turn·x2 at P1 and P2, all mod 2^K, φ is a + b: whole turns drop out by themselves. For each harmonic k
//!
//! ```text
//! s·sin k(a + b) + c·cos k(a + b)  =  sin ka · (s·cos kb − c·sin kb)  +  cos ka · (s·sin kb + c·cos kb).
//! ```
//!
//! P0 deals sin ka and cos ka; P1 and P2 know the brackets. Their halves of the sum z over all harmonics are local, and one truncation ends it.
//!
//! | round | who | what | bits (K = 64, f = 18, H harmonics) |
//! |---|---|---|---|
//! | 1 | P0 → P1 | halves of sin ka and cos ka | 128 H |
//! | 2, 3 | | truncation of halves by S − q ([truncate](mod@super::truncate)) | 321 (one harmonic of size 1) |
//!
//! Three rounds: sine or cosine takes 449 bits.
//!
//! # Accuracy
//!
//! With Σ |s| + |c| ≤ 2^g the dealt values have D = ⌊S/2⌋ fraction bits and the brackets N = S − D, S = K − 3 − g: |z| ≤ 2^(K−3) but for
//! roundings. They err by 2^−(D+1) and 2^−(N+1), angles by 2^−(d+1) of a turn each with d ≥ min(K, q + 16): in all at most
//!
//! ```text
//! √2·2^−(D+1)·Σ(|s| + |c|)  +  √2·2^−(N+1)·H  +  2π·2^−d·Σ k(|s| + |c|),
//! ```
//!
//! to which come below 1 ulp of the coin of the truncation, and what `turn` was rounded by: at most π·|x|/2^K for k = 1, x the integer.
//! Defined for every x, never fails. The tables are integers and so are the products, in one order: P1 and P2 agree on every bit.
//! They are looked up at digits of a party's own summand times `turn`; what [exp](mod@super::exp) says of its tables holds here.
//!
//! Security: P0 receives nothing. P1 receives what is dealt, masked by a key (P0, P2) that it lacks; the truncation masks z's halves anew.

use super::carry::summand;
use super::context::Context;
use super::fixed::Fixed;
use super::inject::{DEAL_STEPS, deal, deal_table};
use super::message::Message;
use super::role::Role;
use super::rotations::{Coordinate, Point, rotated};
use super::shares::{Arith, View};
use super::steps::Steps;
use super::truncate::{pair_table, truncate_pair};
use crate::ring::Ring;
use crate::share::FourierSeries;

/// Messages of [`fourier`] on `n` elements of `bits` bits.
pub fn table(n: usize, series: &FourierSeries, bits: u32) -> Vec<Message> {
    let mut table = deal_table(2 * series.coefficients.len() * n, bits, 0);
    table.extend(pair_table(n, product_bits(series, bits) - series.result_scale, bits, DEAL_STEPS.first));
    table
}

/// The value of a series at x.
pub async fn fourier<R: Ring>(ctx: &Context<R>, x: View<'_, R>, series: &FourierSeries) -> Arith<R> {
    match R::BITS {
        128 => evaluate::<R, i128>(ctx, x, series).await,
        _ => evaluate::<R, i64>(ctx, x, series).await,
    }
}

async fn evaluate<R: Ring, F: Coordinate>(ctx: &Context<R>, x: View<'_, R>, series: &FourierSeries) -> Arith<R> {
    let (n, dealer) = (x.len(), ctx.role() == Role::P0);
    let turn = R::from_i128(series.turn);
    let angles: Vec<R> = summand(ctx, x).into_iter().map(|x| x.times(turn)).collect();
    let harmonics = Harmonics::<F>::new(&angles, series);
    let sum = product_bits(series, R::BITS);
    let dealt = if dealer { dealt(harmonics.clone(), series, sum / 2) } else { Vec::new() };
    let dealt = deal(ctx, dealt, 2 * series.coefficients.len() * n, Steps::START).await;
    let z = if dealer { Vec::new() } else { combine(harmonics, series, &dealt, sum - sum / 2) };
    truncate_pair(ctx, z, n, sum - series.result_scale, DEAL_STEPS).await
}

/// S: fraction bits of z.
fn product_bits(series: &FourierSeries, bits: u32) -> u32 {
    bits - 3 - series.magnitude_bits()
}

/// The points at k·φ of a party's own angles, k growing.
#[derive(Clone)]
struct Harmonics<F> {
    at: Vec<Point<F>>,
    step: Vec<Point<F>>,
}

impl<F: Coordinate> Harmonics<F> {
    fn new<R: Ring>(angles: &[R], series: &FourierSeries) -> Self {
        let rotations = F::rotations(R::BITS.min(series.result_scale + ANGLE_BITS));
        let at = rotations.points(angles);
        let mut step = at.clone();
        for _ in 1..series.step {
            rotate(&mut step, &at);
        }
        Self { at, step }
    }

    fn advance(&mut self) {
        rotate(&mut self.at, &self.step);
    }
}

fn rotate<F: Fixed>(points: &mut [Point<F>], by: &[Point<F>]) {
    points.iter_mut().zip(by).for_each(|(point, by)| *point = rotated(*point, *by));
}

/// P0: sin ka and cos ka for each harmonic.
fn dealt<R: Ring, F: Coordinate>(mut harmonics: Harmonics<F>, series: &FourierSeries, places: u32) -> Vec<R> {
    let ring = |x: F| R::from_i128(x.rounded(places as i32));
    let mut dealt = Vec::with_capacity(2 * series.coefficients.len() * harmonics.at.len());
    for i in 0..series.coefficients.len() {
        if i > 0 {
            harmonics.advance();
        }
        dealt.extend(harmonics.at.iter().map(|(_, sin)| ring(*sin)));
        dealt.extend(harmonics.at.iter().map(|(cos, _)| ring(*cos)));
    }
    dealt
}

/// P1 and P2: z.
fn combine<R: Ring, F: Coordinate>(
    mut harmonics: Harmonics<F>,
    series: &FourierSeries,
    dealt: &[R],
    places: u32,
) -> Vec<R> {
    let n = harmonics.at.len();
    let magnitude = series.magnitude_bits();
    // Coefficients divided by 2^g lie in [−1, 1].
    let fixed = |x: i64| F::from_wide(i128::from(x) << (126 - FourierSeries::FRACTION - magnitude));
    let ring = |x: F| R::from_i128(x.rounded((places + magnitude) as i32));
    let mut z = vec![R::ZERO; n];
    let blocks = dealt.chunks_exact(2 * n.max(1));
    for (i, (&(s, c), dealt)) in series.coefficients.iter().zip(blocks).enumerate() {
        if i > 0 {
            harmonics.advance();
        }
        let (s, c) = (fixed(s), fixed(c));
        let (sines, cosines) = dealt.split_at(n);
        for (((z, (cos, sin)), sine), cosine) in z.iter_mut().zip(&harmonics.at).zip(sines).zip(cosines) {
            let first = ring(s.times(*cos).minus(c.times(*sin)));
            let second = ring(s.times(*sin).plus(c.times(*cos)));
            *z = z.plus(sine.times(first)).plus(cosine.times(second));
        }
    }
    z
}

/// Bits that an angle has beyond the result's scale.
const ANGLE_BITS: u32 = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aby3::cost;
    use crate::aby3::privacy::{Operands, Subject, replicated};
    use crate::aby3::trial::{SIZES, dealers, reconstruct, run, share, uniform};
    use spu::Party;

    const ONE: i64 = 1 << FourierSeries::FRACTION;
    /// ⌊2^128/2π⌋.
    const PER_RADIAN: u128 = 0x28be_60db_9391_054a_7f09_d5f4_7d4d_3770;

    fn series<R: Ring>(scale: u32, coefficients: &[(i64, i64)]) -> FourierSeries {
        let turn = (PER_RADIAN >> (127 - R::BITS + scale)).div_ceil(2) as i128;
        FourierSeries { turn, step: 1, coefficients: coefficients.into(), result_scale: scale }
    }

    fn value<R: Ring>(dealer: Party, x: &[i128], series: &FourierSeries, seed: u64) -> Vec<f64> {
        let x: Vec<R> = x.iter().map(|&x| R::from_i128(x)).collect();
        let shares = share(&x, seed);
        let kernel = async |ctx: Context<R>| fourier(&ctx, shares[ctx.role() as usize].view(), series).await;
        let got = reconstruct(&run(dealer, &table(x.len(), series, R::BITS), seed, kernel));
        got.into_iter().map(|v| v.signed() as f64).collect()
    }

    /// Numbers in [−limit, limit] of scale `scale`.
    fn spread(n: usize, limit: f64, scale: u32) -> Vec<i128> {
        let unit = f64::from(scale).exp2();
        let uniform = uniform::<u64>(n, 3).into_iter().map(|x| x as i64 as f64 / 2f64.powi(63));
        [0.0, 1.0 / unit, -1.0 / unit, limit, -limit]
            .into_iter()
            .chain(uniform.map(|u| u * limit))
            .map(|x| (x * unit).round() as i128)
            .collect()
    }

    /// Largest distance of sin and cos in ulp.
    fn worst<R: Ring>(scale: u32, limit: f64, n: usize) -> f64 {
        let unit = f64::from(scale).exp2();
        let x = spread(n, limit, scale);
        let mut worst = 0f64;
        for (dealer, (coefficients, f)) in
            dealers().zip([((ONE, 0), f64::sin as fn(f64) -> f64), ((0, ONE), f64::cos), ((-ONE, 0), |x| -x.sin())])
        {
            let got = value::<R>(dealer, &x, &series::<R>(scale, &[coefficients]), 7 + dealer.0 as u64);
            worst = x.iter().zip(got).map(|(&x, y)| (y - f(x as f64 / unit) * unit).abs()).fold(worst, f64::max);
        }
        worst
    }

    #[test]
    fn sine_and_cosine_in_all_rings() {
        for (scale, limit) in [(18, 4.0), (18, 1024.0), (18, 67_108_864.0), (8, 1024.0), (20, 1024.0)] {
            let worst = worst::<u64>(scale, limit, 10_000);
            let turn = limit * f64::from(2 * scale).exp2() * std::f64::consts::PI * 2f64.powi(-64);
            assert!(worst < 1.02 + turn && worst > 0.5, "{worst} for |x| ≤ {limit} at {scale}");
        }
        assert!(worst::<u32>(8, 1024.0, 3000) < 1.3);
        assert!(worst::<u32>(10, 64.0, 3000) < 1.5);
        // f64 itself resolves 2^−52 of 2^40: the yardstick errs by 0.001 ulp.
        for scale in [26, 40] {
            assert!(worst::<u128>(scale, 1024.0, 1000) < 1.01);
        }
    }

    #[test]
    fn a_series_of_many_harmonics() {
        let coefficients: Vec<(i64, i64)> =
            (0..9).map(|i| (ONE / (i + 1) * [1, -1][i as usize % 2], ONE / 7 * i)).collect();
        for step in 1..4 {
            let series = FourierSeries { step, ..series::<u64>(18, &coefficients) };
            let x = spread(2000, 100.0, 18);
            let got = value::<u64>(Party(1), &x, &series, 5);
            for (&x, got) in x.iter().zip(got) {
                let phi = x as f64 / 262_144.0;
                let term = |(i, (s, c)): (usize, &(i64, i64))| {
                    let k = (1 + i as u32 * step) as f64;
                    (*s as f64 * (k * phi).sin() + *c as f64 * (k * phi).cos()) / ONE as f64
                };
                let expected: f64 = coefficients.iter().enumerate().map(term).sum();
                assert!((got / 262_144.0 - expected).abs() * 262_144.0 < 1.1, "{got} {expected}");
            }
        }
    }

    #[test]
    fn any_number_of_elements() {
        for n in SIZES {
            let x: Vec<i128> = (0..n as i128).map(|i| i << 12).collect();
            let got = value::<u64>(Party(2), &x, &series::<u64>(18, &[(ONE, 0)]), 1);
            assert!(x.iter().zip(got).all(|(&x, y)| (y - (x as f64 / 262_144.0).sin() * 262_144.0).abs() < 1.1));
        }
    }

    #[test]
    fn three_rounds_and_449_bits() {
        let one = cost(&table(64, &series::<u64>(18, &[(ONE, 0)]), 64));
        assert_eq!((one.rounds, one.bits), (3, 449 * 64));
        let ten = cost(&table(64, &series::<u64>(18, &[(ONE / 10, 0); 10]), 64));
        assert_eq!((ten.rounds, ten.bits), (3, (449 + 9 * 128) * 64));
    }

    #[test]
    fn views_do_not_depend_on_the_operand() {
        let series = series::<u64>(18, &[(ONE, ONE), (0, ONE)]);
        let table = table(1, &series, 64);
        let kernel = move |ctx: Context<u64>, operands: Operands| {
            let series = series.clone();
            async move { fourier(&ctx, operands.arith(0).view(), &series).await }
        };
        Subject::new([replicated(64)], table, kernel).distinguish(600).expect("statistical");
    }
}
