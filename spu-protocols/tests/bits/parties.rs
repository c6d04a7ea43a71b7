//! Runs a plan at three parties and in the clear.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use spu_protocols::aby3::world::Seeded;
use spu_protocols::aby3::{Arith, BitShares};
use spu_protocols::exec::{Exchange, PartyRun, PartyValue};
use spu_protocols::hal::RingConfig;
use spu_protocols::plain;
use spu_protocols::ring::{Ring, from_planes};
use spu_protocols::share::{Plan, PlannedMessage};
use spu_tensor::{Error, Party};

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
pub(super) type Argument<R> = (Vec<R>, bool);

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

/// The results of `plan` under ABY3, which must be those in the clear.
pub(super) fn run<R: Ring>(plan: &Plan, ring: RingConfig, arguments: &[Argument<R>]) -> Vec<Vec<R>> {
    let shared: Vec<[PartyValue<R>; 3]> = arguments.iter().zip(5..).map(|(x, seed)| shares(x, seed)).collect();
    let of_party = |i: usize| shared.iter().map(|x| x[i].clone()).collect::<Vec<_>>();
    let results: Vec<Vec<PartyValue<R>>> = thread::scope(|scope| {
        let running = links().into_iter().enumerate().map(|(i, mut links)| {
            let arguments = of_party(i);
            scope.spawn(move || {
                let randomness = Seeded::source::<R>(Party(i), 7);
                PartyRun::run(plan, Party(i), ring, randomness, arguments, &mut links).unwrap().0
            })
        });
        let running: Vec<_> = running.collect();
        running.into_iter().map(|party| party.join().unwrap()).collect()
    });
    let clear: Vec<_> = arguments.iter().map(|(x, _)| PartyValue::public(x.clone())).collect();
    let clear = plain::run(plan, ring, &clear).unwrap();
    let result = |(i, clear): (usize, &PartyValue<R>)| {
        let result = opened([0, 1, 2].map(|p| &results[p][i]));
        assert_eq!(result, clear.as_public()[..], "result {i}");
        result
    };
    clear.iter().enumerate().map(result).collect()
}
