//! Share programs.

use spu_protocols::hal::RingConfig;
use spu_protocols::ring::Ring;
use spu_protocols::share::{BitFunction, Builder, Kind, Plan, ShareType};
use spu_tensor::Shape;
use spu_tensor::graph::Value;

use super::parties::{self, Argument};
use super::{all_rings, edges};

/// Runs the program that `write` makes of its arguments; its results, and its rounds.
fn run<R: Ring>(
    ring: RingConfig,
    shape: impl Into<Shape>,
    arguments: &[Argument<R>],
    write: impl Fn(&mut Builder, &[Value]) -> Vec<Value>,
) -> (Vec<Vec<R>>, u64) {
    let (mut build, shape) = (Builder::default(), shape.into());
    let kind = |secret| if secret { Kind::Arith } else { Kind::Public };
    let values = arguments.iter().enumerate();
    let values = values.map(|(i, (_, secret))| build.argument(i, ShareType::new(shape.clone(), kind(*secret), 0)));
    let values: Vec<Value> = values.collect();
    let outputs = write(&mut build, &values);
    let plan = Plan::new(build.finish(outputs), ring);
    (parties::run(&plan, ring, arguments), plan.cost.rounds)
}

#[test]
fn bits_go_and_come_back() {
    fn check<R: Ring>(ring: RingConfig) {
        // From 4 096 elements on there are three parts.
        for n in [1, 200, 4200] {
            let x = edges::<R>(n);
            let (found, rounds) = run(ring, [n], &[(x.clone(), true)], |build, x| {
                let bits = build.decompose(x[0], 0, ring.bits);
                let high = build.decompose(x[0], 5, ring.bits);
                let ones = build.weigh(bits, vec![1; ring.bits as usize]);
                vec![build.bits_to_arith(bits), build.signed_bits_to_arith(high), ones, bits]
            });
            assert_eq!(found[0], x);
            assert_eq!(found[3], x);
            for (i, x) in x.iter().enumerate() {
                assert_eq!(found[1][i].signed(), x.signed() >> 5);
                assert_eq!(found[2][i].to_u128(), x.to_u128().count_ones().into());
            }
            // Where one party deals for all, its shares of the bits are keys: the way back takes one round more.
            let parts = u64::from(n >= 4096);
            assert_eq!(rounds, 6 + parts);
        }
    }
    all_rings(check::<u64>, check::<u128>, check::<u32>);
}

#[test]
fn unit_vectors_of_indices() {
    fn check<R: Ring>(ring: RingConfig) {
        for n in [3, 450] {
            let x: Vec<R> = (0..n).map(|i| R::from_u128(i as u128 * 11 % 16)).collect();
            let (found, rounds) = run(ring, [n], &[(x.clone(), true)], |build, x| {
                vec![build.one_hot(x[0], 10, true), build.one_hot(x[0], 10, false)]
            });
            for (i, x) in x.iter().enumerate() {
                for j in 0..10 {
                    let wanted = if x.to_u128() == j as u128 { R::ONE } else { R::ZERO };
                    assert_eq!([found[0][10 * i + j], found[1][10 * i + j]], [wanted; 2]);
                }
            }
            assert_eq!(rounds, 5 + 1);
        }
    }
    all_rings(check::<u64>, check::<u128>, check::<u32>);
}

#[test]
fn local_operations_on_bits() {
    fn check<R: Ring>(ring: RingConfig) {
        for n in [4, 4160] {
            let (x, y) = (edges::<R>(n), edges::<R>(n).into_iter().rev().collect::<Vec<_>>());
            let p: Vec<R> = (0..n as u128).map(|i| R::from_u128(i * 0x9e37_79b9)).collect();
            let k = ring.bits;
            let (found, _) = run(ring, [n], &[(x.clone(), true), (y.clone(), true), (p.clone(), false)], |build, v| {
                let [x, y] = [v[0], v[1]].map(|v| build.decompose(v, 0, k));
                let xor = build.bit_xor(x, y);
                let and = build.bit_and(x, y);
                let not = build.bit_not(x);
                let masked = build.bit_and(x, v[2]);
                let flipped = build.bit_xor(x, v[2]);
                let chosen = build.bit_planes(x, vec![Some(3), None, Some(0), Some(k - 1)]);
                let low = build.bit_planes(y, (0..k - 4).map(Some).collect());
                let joined = build.bit_join(vec![chosen, low]);
                vec![xor, and, not, masked, flipped, chosen, joined]
            });
            for i in 0..n {
                let (x, y, p) = (x[i].to_u128(), y[i].to_u128(), p[i].to_u128());
                let chosen = (x >> 3 & 1) | (x & 1) << 2 | (x >> (k - 1) & 1) << 3;
                let wanted = [x ^ y, x & y, !x, x & p, x ^ p, chosen, chosen | y << 4].map(R::from_u128);
                (0..7).for_each(|j| assert_eq!(found[j][i], wanted[j], "operation {j} of {x} and {y}"));
            }
        }
    }
    all_rings(check::<u64>, check::<u128>, check::<u32>);
}

#[test]
fn bits_move_like_numbers() {
    fn check<R: Ring>(ring: RingConfig) {
        let x = edges::<R>(6);
        let (found, _) = run(ring, [2, 3], &[(x.clone(), true)], |build, x| {
            let bits = build.decompose(x[0], 0, ring.bits);
            let transposed = build.transpose(bits, vec![1, 0]);
            let wide = build.broadcast(bits, [2, 2, 3], vec![1, 2]);
            let part = build.slice(bits, vec![0, 1], vec![2, 3]);
            let flat = build.reshape(transposed, [6]);
            let twice = build.concatenate(vec![flat, flat], 0);
            vec![transposed, wide, part, twice]
        });
        let pick = |places: &[usize]| places.iter().map(|&i| x[i]).collect::<Vec<R>>();
        assert_eq!(found[0], pick(&[0, 3, 1, 4, 2, 5]));
        assert_eq!(found[1], pick(&[0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5]));
        assert_eq!(found[2], pick(&[1, 2, 4, 5]));
        assert_eq!(found[3], pick(&[0, 3, 1, 4, 2, 5, 0, 3, 1, 4, 2, 5]));
    }
    all_rings(check::<u64>, check::<u128>, check::<u32>);
}

#[test]
fn each_element_is_shifted_by_its_amount() {
    fn check<R: Ring>(ring: RingConfig) {
        let k = ring.bits;
        let n = 4 * k as usize;
        let x = edges::<R>(n);
        let amounts: Vec<u128> = (0..n as u128).map(|i| i % (u128::from(k) + 3)).collect();
        let public = amounts.iter().map(|&a| R::from_u128(a)).collect::<Vec<_>>();
        let (found, _) = run(ring, [n], &[(x.clone(), true), (public, false)], |build, v| {
            let bits = build.decompose(v[0], 0, k);
            [false, true].map(|arithmetic| build.bit_shift(bits, v[1], arithmetic)).to_vec()
        });
        for i in 0..n {
            let a = amounts[i] as u32;
            assert_eq!(found[0][i], x[i].shr(a), "{:?} by {a}", x[i]);
            assert_eq!(found[1][i].signed(), x[i].signed() >> a.min(k - 1), "{:?} by {a}", x[i]);
        }
    }
    all_rings(check::<u64>, check::<u128>, check::<u32>);
}

#[test]
fn public_bits_are_those_of_the_ring() {
    fn check<R: Ring>(ring: RingConfig) {
        let x = edges::<R>(300);
        let y: Vec<R> = (0..300).map(|i| R::from_u128(i % (u128::from(ring.bits) + 2))).collect();
        use BitFunction::*;
        let two = [And, Or, Xor, ShiftLeft, ShiftRight, ShiftRightLogical];
        let (found, rounds) = run(ring, [300], &[(x.clone(), false), (y.clone(), false)], |build, v| {
            let of_two = two.map(|function| build.public_bits(function, v.to_vec()));
            let of_one = [Not, PopulationCount].map(|function| build.public_bits(function, vec![v[0]]));
            [&of_two[..], &of_one].concat()
        });
        assert_eq!(rounds, 0);
        for (i, (x, y)) in x.iter().zip(&y).enumerate() {
            let (a, b, n) = (x.to_u128(), y.to_u128(), y.to_u128() as u32);
            let wanted = [
                R::from_u128(a & b),
                R::from_u128(a | b),
                R::from_u128(a ^ b),
                x.shl(n),
                R::from_i128(x.signed() >> n.min(127)),
                x.shr(n),
                R::from_u128(!a),
                R::from_u128(a.count_ones().into()),
            ];
            (0..8).for_each(|j| assert_eq!(found[j][i], wanted[j], "function {j} of {x:?} and {y:?}"));
        }
    }
    all_rings(check::<u64>, check::<u128>, check::<u32>);
}

#[test]
fn fresh_comparisons_and_floors() {
    fn check<R: Ring>(ring: RingConfig) {
        for n in [5, 4096] {
            let mut d = edges::<R>(n);
            d.iter_mut().step_by(3).for_each(|d| *d = R::ZERO);
            let x: Vec<R> = edges::<R>(n).into_iter().rev().collect();
            let small: Vec<R> = d.iter().map(|d| R::from_i128(d.signed() >> 1)).collect();
            let arguments = [(d.clone(), true), (x.clone(), true), (small.clone(), true)];
            let (found, rounds) = run(ring, [n], &arguments, |build, v| {
                let zero = build.is_zero(v[0]);
                vec![
                    build.where_negative(v[0], v[1]),
                    build.where_zero(v[0], v[1]),
                    zero,
                    build.is_zero_to_arith(v[0]),
                    build.floor(v[2], 8, 127),
                ]
            });
            assert_eq!(rounds, 5);
            for i in 0..n {
                let indicator = |holds: bool| if holds { R::ONE } else { R::ZERO };
                let is_zero = indicator(d[i] == R::ZERO);
                let floor = R::from_i128((small[i].signed() + 127) >> 8);
                let wanted = [indicator(d[i].signed() < 0).times(x[i]), is_zero.times(x[i]), is_zero, is_zero, floor];
                (0..5).for_each(|j| assert_eq!(found[j][i], wanted[j], "result {j}, element {i}"));
            }
        }
    }
    all_rings(check::<u64>, check::<u128>, check::<u32>);
}
