//! Exact comparison of views over all draws that a party lacks.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::Future;
use std::rc::Rc;

use spu::Party;

use super::super::context::Context;
use super::super::role::Role;
use super::super::trial::uniform;
use super::super::world;
use super::tape::{Bits, Recorded, Replayed, Tape, mask};
use super::{Draw, Leak, Operands, Subject, Words};
use crate::ring::Ring;

/// What a party receives, and its result.
type View = (Vec<(u8, Vec<u64>)>, Vec<u64>);

impl<K> Subject<K> {
    /// Compares the exact distributions of the views of each role for all values of the secrets, or a sample of at
    /// most 16, with about `budget` runs for each role.
    pub(crate) fn enumerate<R: Ring, T: Words, F: Future<Output = T>>(&self, budget: usize) -> Result<(), Leak>
    where
        K: Fn(Context<R>, Operands) -> F,
    {
        let draws = self.draws();
        for role in Role::ALL {
            let known = |draw: &Draw| draw.0.includes(role) || self.public.contains(draw);
            let (own, hidden): (Vec<_>, Vec<_>) = draws.iter().partition(|(draw, _)| known(draw));
            let (held, secret): (Vec<_>, Vec<_>) =
                (0..self.components.len()).partition(|&i| self.components[i].is_held_by(role));
            let width = |parts: &[usize]| parts.iter().map(|&i| self.components[i].width).sum::<u32>();
            let hidden_bits = hidden.iter().map(|(_, bits)| bits).sum::<u32>();
            assert!(hidden_bits <= 22, "{role:?} lacks {hidden_bits} random bits: too many to enumerate");
            let secrets = choices(width(&secret), (budget >> hidden_bits).clamp(2, 16), 1);
            let samples = (budget / (secrets.len() << hidden_bits)).max(2);
            let own_bits = own.iter().map(|(_, bits)| bits).sum::<u32>();
            for fixed in choices(own_bits + width(&held), samples, 2) {
                let mut fixed = Bits(fixed);
                let mut values = vec![0; self.components.len()];
                let mut assign = |parts: &[usize], bits: &mut Bits| {
                    parts.iter().for_each(|&i| values[i] = bits.take(self.components[i].width) as u64);
                    values.clone()
                };
                assign(&held, &mut fixed);
                let tape: Tape<u128> = own.iter().map(|(draw, bits)| (*draw, fixed.take(*bits))).collect();
                let mut distributions = secrets.iter().map(|&secret_bits| {
                    let values = assign(&secret, &mut Bits(secret_bits));
                    let mut views: HashMap<View, u32> = HashMap::new();
                    for assignment in 0..1u128 << hidden_bits {
                        let (mut assignment, mut tape) = (Bits(assignment), tape.clone());
                        tape.extend(hidden.iter().map(|(draw, bits)| (*draw, assignment.take(*bits))));
                        *views.entry(self.view(role, &values, tape)).or_default() += 1;
                    }
                    views
                });
                let first = distributions.next();
                if distributions.any(|views| Some(&views) != first.as_ref()) {
                    return Err(Leak(format!("{role:?} sees a secret; {values:?} with draws {tape:?}")));
                }
            }
        }
        Ok(())
    }

    /// Of a kernel that draws a random value: whatever a role sees, each value remains as likely as `weights` say, over all draws that it
    /// lacks. Of its own draws `samples` are tried.
    pub(crate) fn unpredictable<R: Ring, T: Words, F: Future<Output = T>>(
        &self,
        samples: usize,
        value: impl Fn(&[T; 3]) -> usize,
        weights: &[u32],
    ) -> Result<(), Leak>
    where
        K: Fn(Context<R>, Operands) -> F,
    {
        let draws = self.draws();
        for role in Role::ALL {
            let (own, hidden): (Vec<_>, Vec<_>) = draws.iter().partition(|(draw, _)| draw.0.includes(role));
            let [own_bits, hidden_bits] = [&own, &hidden].map(|draws| draws.iter().map(|(_, bits)| bits).sum::<u32>());
            assert!(hidden_bits <= 16, "{role:?} lacks {hidden_bits} random bits: too many to enumerate");
            for fixed in choices(own_bits, samples, 2) {
                let mut fixed = Bits(fixed);
                let known: Tape<u128> = own.iter().map(|(draw, bits)| (*draw, fixed.take(*bits))).collect();
                let mut counts: HashMap<View, Vec<u32>> = HashMap::new();
                for assignment in 0..1u128 << hidden_bits {
                    let (mut assignment, mut tape) = (Bits(assignment), known.clone());
                    tape.extend(hidden.iter().map(|(draw, bits)| (*draw, assignment.take(*bits))));
                    let (view, results) = self.outcome(role, &[], tape);
                    counts.entry(view).or_insert_with(|| vec![0; weights.len()])[value(&results)] += 1;
                }
                let all: u32 = weights.iter().sum();
                let differs = |counts: &Vec<u32>| {
                    let seen: u32 = counts.iter().sum();
                    counts.iter().zip(weights).any(|(count, weight)| count * all != weight * seen)
                };
                if counts.values().any(differs) {
                    return Err(Leak(format!(
                        "{role:?} knows more of what is drawn than it may, with draws {known:?}"
                    )));
                }
            }
        }
        Ok(())
    }

    /// Which draws a run takes, and how many bits each has.
    fn draws<R: Ring, T: Words, F: Future<Output = T>>(&self) -> Vec<(Draw, u32)>
    where
        K: Fn(Context<R>, Operands) -> F,
    {
        let tape = Rc::new(RefCell::new(Tape::new()));
        let values = vec![0; self.components.len()];
        world::run(
            Party(0),
            &self.table,
            |party| Rc::new(Recorded { party, seed: 1, tape: tape.clone() }),
            |ctx: Context<R>| self.start(ctx, &values),
        );
        tape.take().into_iter().map(|(draw, (_, bits))| (draw, bits)).collect()
    }

    fn view<R: Ring, T: Words, F: Future<Output = T>>(&self, role: Role, values: &[u64], tape: Tape<u128>) -> View
    where
        K: Fn(Context<R>, Operands) -> F,
    {
        self.outcome(role, values, tape).0
    }

    /// The view of a role, and the results of all.
    fn outcome<R: Ring, T: Words, F: Future<Output = T>>(
        &self,
        role: Role,
        values: &[u64],
        tape: Tape<u128>,
    ) -> (View, [T; 3])
    where
        K: Fn(Context<R>, Operands) -> F,
    {
        let tape = Rc::new(tape);
        let mut outcome = world::run(
            Party(0),
            &self.table,
            |party| Rc::new(Replayed { party, tape: tape.clone() }),
            |ctx: Context<R>| self.start(ctx, values),
        );
        let view = (std::mem::take(&mut outcome.received[role as usize]), outcome.results[role as usize].words());
        (view, outcome.results)
    }

    /// The kernel at one party.
    pub(super) fn start<R: Ring, T: Words, F: Future<Output = T>>(&self, ctx: Context<R>, values: &[u64]) -> F
    where
        K: Fn(Context<R>, Operands) -> F,
    {
        let operands = Operands::new(ctx.role(), &self.components, values);
        (self.kernel)(ctx, operands)
    }
}

/// All numbers of `bits` bits, or `count` of them, the smallest and the largest among them.
fn choices(bits: u32, count: usize, seed: u64) -> Vec<u128> {
    assert!(bits <= 128, "{bits} bits to choose");
    if bits < usize::BITS && count >> bits > 0 {
        return (0..1 << bits).collect();
    }
    let sample = uniform::<u128>(count - 2, seed).into_iter().map(|x| x & mask(bits));
    [0, mask(bits)].into_iter().chain(sample).collect()
}
