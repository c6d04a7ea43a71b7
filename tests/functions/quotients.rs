//! Quotients, remainders, powers and comparisons of integers that no `f64` holds: exact in every ring.

use spu::Elements;
use spu::prelude::*;

use crate::grids::POINTS;
use crate::world::World;

type Whole = Tensor<Secret, Int>;
type Truth = Tensor<Secret, Bool>;

#[spu_fn]
fn divided(x: Whole, y: Whole) -> (Whole, Whole) {
    (x.div_trunc(y), x % y)
}

#[spu_fn]
fn divided_by_public(x: Whole, y: Tensor<Public, Int>) -> (Whole, Whole) {
    (x.div_trunc(y), x % y)
}

#[spu_fn]
fn powers(x: Whole, y: Whole) -> (Whole, Whole) {
    (x.pow(y), x.pow(5))
}

/// x·2^`places` and y·2^`places`, which the host may be unable to tell, in order.
#[spu_fn]
fn order(x: Whole, y: Whole, #[fixed] places: i64) -> ([Truth; 3], Whole) {
    let larger = x.maximum(y);
    let (x, y) = (x << places, y << places);
    ([x.lt(y), x.le(y), x.equal(y)], larger)
}

/// Integers of every length below 2^`bits` with both signs, and 0.
fn integers(bits: u32) -> Vec<i64> {
    let edges = (0..bits).flat_map(|k| [(1 << k) - 1, 1 << k, (1 << k) + 1]).filter(|x: &i64| *x < 1 << bits);
    let spread = (0..400).map(|i| 2f64.powf(0.999 * f64::from(bits) * f64::from(i) / 400.0) as i64);
    let all: Vec<i64> = edges.chain(spread).chain([(1 << bits) - 1]).collect();
    all.iter().copied().chain(all.iter().map(|x| -x)).collect()
}

/// Many pairs of them; every second dividend is next to a multiple of its divisor, or is one.
fn pairs(bits: u32) -> (Vec<i64>, Vec<i64>) {
    let all = integers(bits);
    let (n, most) = (all.len(), (1 << bits) - 1);
    let pair = |i: usize| {
        let (x, y) = (all[i % n], all[(i * 31 + i / n) % n]);
        match y {
            0 => (x, y),
            _ if i.is_multiple_of(2) => (x, y),
            _ => ((x / y * y + [0, 1, -1][i % 3]).clamp(-most, most), y),
        }
    };
    (0..POINTS).map(pair).unzip()
}

fn whole(world: &World, x: &Shared<Whole>) -> Vec<i64> {
    match HostTensor::from(world.session.reveal(x).unwrap()).elements {
        Elements::Int(values) => values,
        _ => panic!("integers"),
    }
}

/// Exact below 2^18 in the ring of 2^32, 2^40 in that of 2^64; below 2^80, so for whatever the host's `i64` holds safely, in that of 2^128.
#[test]
fn integer_quotients_by_secrets_are_exact() {
    for world in World::all() {
        let (x, y) = pairs(world.format.choose([18, 40, 62]));
        let found = divided::run(&world.session, &world.share_integers(&x), &world.share_integers(&y)).unwrap();
        let (quotient, rest) = found.split();
        let (quotient, rest) = (whole(&world, &quotient), whole(&world, &rest));
        for (i, (&x, &y)) in x.iter().zip(&y).enumerate() {
            let wanted = if y == 0 { (0, x) } else { (x / y, x % y) };
            assert_eq!((quotient[i], rest[i]), wanted, "{x} and {y} in {:?}", world.format);
        }
    }
}

/// Exact for all integers of the safe range.
#[test]
fn integer_quotients_by_public_numbers_are_exact() {
    for world in World::all() {
        let (x, y) = pairs(world.format.choose([30, 62, 62]));
        let (x, y): (Vec<i64>, Vec<i64>) = x.into_iter().zip(y).filter(|(_, y)| *y != 0).unzip();
        let divisors = Shared::public(HostTensor::int([y.len()], y.clone()));
        let found = divided_by_public::run(&world.session, &world.share_integers(&x), &divisors).unwrap();
        let (quotient, rest) = found.split();
        let (quotient, rest) = (whole(&world, &quotient), whole(&world, &rest));
        for (i, (&x, &y)) in x.iter().zip(&y).enumerate() {
            assert_eq!((quotient[i], rest[i]), (x / y, x % y), "{x} and {y} in {:?}", world.format);
        }
    }
}

/// Modulo the ring, of which the host reads 64 bits at most.
#[test]
fn powers_of_integers_are_exact() {
    for world in World::all() {
        let x: Vec<i64> = (0..999).map(|i| [i - 500, i % 7 - 3, i * 1_000_003][i as usize % 3]).collect();
        let y: Vec<i64> = (0..999).map(|i| i % 24 - 3).collect();
        let found = powers::run(&world.session, &world.share_integers(&x), &world.share_integers(&y)).unwrap();
        let (any, fifth) = found.split();
        let power = |x: i64, y: i64| match (world.format.bits, u32::try_from(y)) {
            (_, Err(_)) => 0,
            (32, Ok(y)) => i64::from((x as i32).wrapping_pow(y)),
            (_, Ok(y)) => x.wrapping_pow(y),
        };
        assert_eq!(whole(&world, &any), x.iter().zip(&y).map(|(&x, &y)| power(x, y)).collect::<Vec<_>>());
        assert_eq!(whole(&world, &fifth), x.iter().map(|&x| power(x, 5)).collect::<Vec<_>>());
    }
}

/// Pairs of all lengths up to both ends of the safe range, many of them a unit apart; in 2^128, the same times 2^64.
#[test]
fn comparisons_are_exact_up_to_the_ends_of_the_safe_range() {
    for world in World::all() {
        let bits = world.format.choose([30, 62, 62]);
        let (lowest, highest) = (-(1 << bits), (1 << bits) - 1);
        let ends = [lowest, lowest + 1, -1, 0, 1, highest - 1, highest];
        let ends = ends.iter().flat_map(|&x| ends.map(|y| (x, y)));
        let all = integers(bits);
        let near = (0..POINTS).map(|i| {
            let (x, step) = (all[i % all.len()], [0, 1, -1, 1 << (bits / 2), all[i / 5 % all.len()]][i % 5]);
            (x, (x + step).clamp(lowest, highest))
        });
        let (x, y): (Vec<i64>, Vec<i64>) = ends.chain(near).unzip();
        let places = world.format.choose([0, 0, 64]).into();
        let found = order::run(&world.session, &world.share_integers(&x), &world.share_integers(&y), places).unwrap();
        let (truths, larger) = found.split();
        let truths = [0, 1, 2].map(|i| world.opened(&truths.part(|parts| parts[i]).unwrap()));
        let larger = whole(&world, &larger);
        for (i, (&x, &y)) in x.iter().zip(&y).enumerate() {
            let found = [0, 1, 2].map(|k| truths[k][i] != 0.0);
            assert_eq!((found, larger[i]), ([x < y, x <= y, x == y], x.max(y)), "{x} and {y} in {:?}", world.format);
        }
    }
}
