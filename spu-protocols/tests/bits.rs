//! Share programs on bits: three parties against the same program in the clear.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use spu_protocols::aby3::world::Seeded;
use spu_protocols::aby3::{Arith, BitShares};
use spu_protocols::exec::{Exchange, PartyRun, PartyValue};
use spu_protocols::hal::RingConfig;
use spu_protocols::plain;
use spu_protocols::ring::{Ring, from_planes};
use spu_protocols::share::{BitFunction, Builder, Kind, Plan, PlannedMessage, ShareType};
use spu_tensor::graph::Value;
use spu_tensor::{Error, Party, Shape};

type Frame = Vec<Vec<u64>>;

/// To and from the next and the previous party.
struct Links {
    outgoing: [Sender<Frame>; 2],
    incoming: [Receiver<Frame>; 2],
}

impl Exchange for Links {
    fn exchange(&mut self, _: u32, outgoing: [Frame; 2], _: [&[PlannedMessage]; 2]) -> Result<[Frame; 2], Error> {
        self.outgoing.iter().zip(outgoing).for_each(|(link, frame)| link.send(frame).unwrap());
        Ok([0, 1].map(|i| self.incoming[i].recv().unwrap()))
    }
}

fn links() -> [Links; 3] {
    // Channel 0 of a party goes to the next one, channel 1 to the previous one.
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..6).map(|_| channel()).unzip();
    let mut receivers: Vec<Option<Receiver<Frame>>> = receivers.into_iter().map(Some).collect();
    [0, 1, 2].map(|i| Links {
        outgoing: [senders[2 * i].clone(), senders[2 * i + 1].clone()],
        incoming: [(i + 1) % 3 * 2 + 1, (i + 2) % 3 * 2].map(|channel| receivers[channel].take().unwrap()),
    })
}

/// An argument: its elements, whether they are shared.
type Argument<R> = (Vec<R>, bool);

fn shares<R: Ring>((elements, secret): &Argument<R>, seed: u64) -> [PartyValue<R>; 3] {
    if !secret {
        return [0; 3].map(|_| PartyValue::public(elements.clone()));
    }
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        R::from_u128(u128::from(state) << 64 | u128::from(state.rotate_left(29)))
    };
    let x0: Vec<R> = elements.iter().map(|_| next()).collect();
    let x1: Vec<R> = elements.iter().map(|_| next()).collect();
    let x2: Vec<R> = (0..elements.len()).map(|i| elements[i].minus(x0[i]).minus(x1[i])).collect();
    let terms = [x0, x1, x2];
    [0, 1, 2].map(|i| PartyValue::arith(Arith { own: terms[i].clone(), next: terms[(i + 1) % 3].clone() }))
}

fn opened<R: Ring>(values: [&PartyValue<R>; 3]) -> Vec<R> {
    match values {
        [PartyValue::Arith(a), PartyValue::Arith(b), PartyValue::Arith(c)] => {
            assert!(a.next == b.own && b.next == c.own && c.next == a.own, "holders agree");
            (0..a.own.len()).map(|i| a.own[i].plus(b.own[i]).plus(c.own[i])).collect()
        }
        [PartyValue::Bits(a), PartyValue::Bits(b), PartyValue::Bits(c)] => {
            assert!(a.next == b.own && b.next == c.own && c.next == a.own, "holders agree");
            let numbers = |x: &BitShares| from_planes::<R>(&x.own, 0);
            let (a, b, c) = (numbers(a), numbers(b), numbers(c));
            let xor = |i: usize| a[i].to_u128() ^ b[i].to_u128() ^ c[i].to_u128();
            (0..a.len()).map(|i| R::from_u128(xor(i))).collect()
        }
        [PartyValue::Public(a), PartyValue::Public(b), PartyValue::Public(c)] => {
            assert!(a == b && b == c, "what is public is the same everywhere");
            a.to_vec()
        }
        _ => panic!("all parties hold one kind"),
    }
}

/// Runs the program that `write` makes of its arguments under ABY3 and in the clear, which must agree; its results, and its rounds.
fn run<R: Ring>(
    ring: RingConfig,
    shape: impl Into<Shape>,
    arguments: &[Argument<R>],
    write: impl Fn(&mut Builder, &[Value]) -> Vec<Value>,
) -> (Vec<Vec<R>>, u64) {
    let (mut build, shape) = (Builder::default(), shape.into());
    let kind = |secret| if secret { Kind::Arith } else { Kind::Public };
    let values: Vec<Value> = arguments
        .iter()
        .enumerate()
        .map(|(i, (_, secret))| build.argument(i, ShareType::new(shape.clone(), kind(*secret), 0)))
        .collect();
    let outputs = write(&mut build, &values);
    let plan = Plan::new(build.finish(outputs), ring);
    let shared: Vec<[PartyValue<R>; 3]> = arguments.iter().zip(5..).map(|(x, seed)| shares(x, seed)).collect();
    let of_party = |i: usize| shared.iter().map(|x| x[i].clone()).collect::<Vec<_>>();
    let results: Vec<Vec<PartyValue<R>>> = thread::scope(|scope| {
        let running: Vec<_> = links()
            .into_iter()
            .enumerate()
            .map(|(i, mut links)| {
                let (plan, arguments) = (&plan, of_party(i));
                scope.spawn(move || {
                    let randomness = Seeded::source::<R>(Party(i), 7);
                    PartyRun::run(plan, Party(i), ring, randomness, arguments, &mut links).unwrap().0
                })
            })
            .collect();
        running.into_iter().map(|party| party.join().unwrap()).collect()
    });
    let clear: Vec<_> = arguments.iter().map(|(x, _)| PartyValue::public(x.clone())).collect();
    let clear = plain::run(&plan, ring, &clear).unwrap();
    let mut found = Vec::new();
    for (i, clear) in clear.iter().enumerate() {
        let result = opened([0, 1, 2].map(|p| &results[p][i]));
        assert_eq!(result, clear.as_public()[..], "result {i}");
        found.push(result);
    }
    (found, plan.cost.rounds)
}

/// 0, ±1 and the neighbours of powers of two, as many as asked.
fn edges<R: Ring>(n: usize) -> Vec<R> {
    let powers = (0..R::BITS).flat_map(|i| [1u128 << i, (1 << i) - 1, (1u128 << i).wrapping_neg(), !(1 << i)]);
    powers.cycle().take(n).map(R::from_u128).collect()
}

fn all_rings(check: impl Fn(RingConfig), wide: impl Fn(RingConfig), short: impl Fn(RingConfig)) {
    check(RingConfig::Z64);
    wide(RingConfig::Z128);
    short(RingConfig::Z32);
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
fn tables_are_looked_up_at_bits_of_a_value() {
    fn check<R: Ring>(ring: RingConfig) {
        for n in [3, 4100] {
            let x = edges::<R>(n);
            let squares: Vec<i128> = (0..32).map(|i| i * i - 7).collect();
            let (found, rounds) = run(ring, [n], &[(x.clone(), true)], |build, x| {
                let index = build.decompose(x[0], 10, 15);
                build.lookup(index, vec![squares.clone(), vec![-1; 32]], 3)
            });
            for (i, x) in x.iter().enumerate() {
                assert_eq!(found[0][i].signed(), squares[(x.to_u128() >> 10 & 31) as usize]);
                assert_eq!(found[1][i].signed(), -1);
            }
            assert_eq!(rounds, if n < 4096 { 5 } else { 6 });
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
