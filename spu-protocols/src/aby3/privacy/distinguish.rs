//! Statistical comparison of views over many runs.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;

use spu::Party;

use super::super::context::Context;
use super::super::role::Role;
use super::super::trial::uniform;
use super::super::world;
use super::tape::{Recorded, Tape, mask};
use super::{Leak, Operands, Subject, Words};
use crate::ring::Ring;

/// How often a byte of a received word had each value, the word alone or combined with another.
struct Histogram {
    word: usize,
    other: Option<usize>,
    counts: Vec<u32>,
}

impl<K> Subject<K> {
    /// Compares histograms of what each role receives, alone and combined with all it knows, over `runs` runs for each
    /// of two choices of the secrets. Two pairs of choices are tried: one with the same operands of the role's own in all runs, one with operands
    /// that every run draws anew. Words are combined in pairs alone: a secret that shows in two words and an operand of the role's own is found by the former.
    pub(crate) fn distinguish<R: Ring, T: Words, F: Future<Output = T>>(&self, runs: usize) -> Result<(), Leak>
    where
        K: Fn(Context<R>, Operands) -> F,
    {
        let some = uniform::<u64>(self.components.len(), 3);
        let fixed = |value: u64| vec![value; self.components.len()];
        for (seed, [one, other]) in [[fixed(0), some], [fixed(1), fixed(u64::MAX)]].into_iter().enumerate() {
            for role in Role::ALL {
                let seed = 2 * seed as u64 * runs as u64;
                let [a, b] = [(one.clone(), seed), (other.clone(), seed + runs as u64)]
                    .map(|(secrets, first)| self.histograms(role, &secrets, first..first + runs as u64, seed == 0));
                assert_eq!(a.len(), b.len(), "lengths do not depend on secrets");
                for (Histogram { word, other, counts: a }, Histogram { counts: b, .. }) in a.iter().zip(&b) {
                    let differs = exceeds(a.iter().zip(b).filter(|(a, b)| **a + **b > 0).map(|(&a, &b)| {
                        let (a, b) = (f64::from(a), f64::from(b));
                        (a - b) * (a - b) / (a + b)
                    }));
                    let mean = 2.0 * runs as f64 / a.len() as f64;
                    let uneven = exceeds(a.iter().zip(b).map(|(a, b)| (f64::from(a + b) - mean).powi(2) / mean));
                    if differs || other.is_none() && uneven {
                        let how = if differs { "differs between secrets" } else { "is not uniform" };
                        return Err(Leak(format!("{role:?}: received word {word} with word {other:?} {how}")));
                    }
                }
            }
        }
        Ok(())
    }

    fn histograms<R: Ring, T: Words, F: Future<Output = T>>(
        &self,
        role: Role,
        secrets: &[u64],
        seeds: std::ops::Range<u64>,
        same_operands: bool,
    ) -> Vec<Histogram>
    where
        K: Fn(Context<R>, Operands) -> F,
    {
        let mut histograms: Vec<Histogram> = Vec::new();
        for seed in seeds {
            let own = uniform::<u64>(self.components.len(), if same_operands { 1 << 40 } else { seed + (1 << 40) });
            let values: Vec<_> = self.components.iter().zip(own).zip(secrets).collect();
            let values: Vec<_> = values
                .into_iter()
                .map(|((c, own), secret)| if c.is_held_by(role) { own } else { *secret } & mask(c.width) as u64)
                .collect();
            let tape = Rc::new(RefCell::new(Tape::new()));
            let outcome = world::run(
                Party(0),
                &self.table,
                |party| Rc::new(Recorded { party, seed, tape: tape.clone() }),
                |ctx: Context<R>| self.start(ctx, &values),
            );
            let received = self.received(role, &outcome.received[role as usize]);
            let held = (0..values.len()).filter(|&i| self.components[i].is_held_by(role)).map(|i| values[i]);
            let mut known: Vec<u64> = held.collect();
            let tape = tape.borrow();
            known.extend(tape.iter().filter(|((pair, _), _)| pair.includes(role)).flat_map(|(_, (words, _))| words));
            known.extend(outcome.results[role as usize].words());
            let mut at = 0;
            for (i, &(word, width)) in received.iter().enumerate() {
                let others = known.iter().copied().chain(received[..i].iter().map(|(word, _)| *word));
                let combined = others.enumerate().flat_map(|(k, other)| {
                    [word.wrapping_sub(other), word.wrapping_add(other), word ^ other].map(|value| (Some(k), value))
                });
                let (bins, last) = (1 << width.min(8), width.div_ceil(8) - 1);
                for (other, value) in std::iter::once((None, word)).chain(combined) {
                    // Alone all bytes, combined the lowest and the highest.
                    for byte in (0..=last).filter(|&byte| other.is_none() || byte == 0 || byte == last) {
                        if at == histograms.len() {
                            histograms.push(Histogram { word: i, other, counts: vec![0; bins] });
                        }
                        let start = (8 * byte).min(width.saturating_sub(8));
                        histograms[at].counts[(value >> start) as usize & (bins - 1)] += 1;
                        at += 1;
                    }
                }
            }
        }
        histograms
    }

    /// Words of the messages that `role` received, and how many bits of each are used.
    fn received(&self, role: Role, messages: &[(u8, Vec<u64>)]) -> Vec<(u64, u32)> {
        let mut rows: Vec<_> = self.table.iter().filter(|row| row.to == role).collect();
        rows.sort_by_key(|row| row.step);
        let words = messages.iter().flat_map(|(step, words)| words.iter().enumerate().map(move |(i, w)| (step, i, w)));
        words
            .map(|(step, i, &word)| {
                let row = rows.iter().find(|row| row.step == *step).expect("a message has a row");
                (word, (row.bits - 64 * i as u64).min(64) as u32)
            })
            .collect()
    }
}

/// Whether a sum of independent squared deviations, chi-square with one degree of freedom less than it has terms, is
/// far beyond chance: eight standard deviations and a little.
fn exceeds(terms: impl Iterator<Item = f64>) -> bool {
    let (freedom, sum) = terms.fold((-1.0, 0.0), |(freedom, sum), term| (freedom + 1.0, sum + term));
    sum > freedom + 8.0 * (2.0 * f64::max(freedom, 0.0)).sqrt() + 20.0
}
