//! Entries of public tables at a shared index (Ishai et al., TCC 2013, with the third party as dealer).
//!
//! An index v of s bits is replicated, so v = c ⊕ λ with c = v2 at P1 and P2 and λ = v0 ⊕ v1 at P0. P0 deals the unit vector of λ,
//! `[i = λ]` for i = 1 … 2^s − 1, as ring elements; the entry of i = 0 is 1 less their sum. For any table T, T(v) = Σ_i T(i ⊕ c)·`[i = λ]` is
//! then local to P1 and P2, however many tables there are:
//!
//! | round | who | what | bits (K = 64, m tables) |
//! |---|---|---|---|
//! | 1 | P0 → P1 | halves of the unit vector, P2's from the key (P0, P2) | 64 (2^s − 1) |
//! | 2 | P1 ↔ P2 | halves of the m results less a mask each | 128 m |
//!
//! The unit vector's message depends on nothing but the index's shares at P0, which are keys wherever the index was shared anew: then it
//! leaves earlier, and the look-up takes one round.
//!
//! P1 and P2 do not address memory by c: they exchange entries i and i ⊕ 2^j of the unit vector where bit j of c is set, by masks, for all
//! elements alike, and then multiply with the table in its own order. Exact: a result is the table's ring element. Never fails.
//!
//! Security: P0 receives nothing. P1's halves are masked by the key (P0, P2), which it lacks; the sharing at the end is that of
//! [multiply](super::multiply).

use super::bits::for_each_bit;
use super::context::Context;
use super::inject::{DEAL_STEPS, deal, deal_table, split_bit};
use super::message::Message;
use super::multiply::{reshare_pair, reshare_pair_table};
use super::role::Role;
use super::shares::{Arith, BitShares};
use super::steps::Steps;
use crate::ring::{Planes, Ring, vectorize};

/// Messages of [`lookup`] of `n` indices of `index_bits` bits in `tables` tables.
pub fn table(index_bits: u32, tables: usize, n: usize, bits: u32) -> Vec<Message> {
    let mut table = deal_table(n * entries(index_bits), bits, 0);
    table.extend(reshare_pair_table(n * tables, bits, DEAL_STEPS.first));
    table
}

/// The entries of each table at the indices whose bits are the planes, lowest first. A table has 2^planes entries.
pub async fn lookup<R: Ring>(ctx: &Context<R>, index: &BitShares, tables: &[&[R]]) -> Vec<Arith<R>> {
    let (n, count) = (index.own.elements(), entries(index.own.count() as u32));
    assert!(tables.iter().all(|table| table.len() == count + 1), "a table has an entry for each index");
    let index = split_bit(ctx.role(), index);
    let dealer = ctx.role() == Role::P0;
    let dealt = deal(ctx, if dealer { unit_vector(&index) } else { Vec::new() }, n * count, Steps::START).await;
    let halves = if dealer { Vec::new() } else { combine(ctx.role(), &index, dealt, tables) };
    let both = reshare_pair(ctx, halves, n * tables.len(), DEAL_STEPS).await;
    let piece = |side: &[R], i: usize| side[i * n..(i + 1) * n].to_vec();
    (0..tables.len()).map(|i| Arith { own: piece(&both.own, i), next: piece(&both.next, i) }).collect()
}

/// Entries of the unit vector that are dealt.
fn entries(index_bits: u32) -> usize {
    (1 << index_bits) - 1
}

/// `[i = λ]` for i = 1 … 2^s − 1, each for all elements.
fn unit_vector<R: Ring>(index: &Planes) -> Vec<R> {
    let n = index.elements();
    let mut unit = Vec::with_capacity(n * entries(index.count() as u32));
    let mut indicator = vec![0; index.stride()];
    for i in 1..=entries(index.count() as u32) {
        indicator.fill(u64::MAX);
        for j in 0..index.count() {
            let flip = if i >> j & 1 == 1 { 0 } else { u64::MAX };
            indicator.iter_mut().zip(index.plane(j)).for_each(|(word, bit)| *word &= bit ^ flip);
        }
        let from = unit.len();
        unit.resize(from + n, R::ZERO);
        for_each_bit(&indicator, n, |e, bit| unit[from + e] = bit);
    }
    unit
}

/// P1 and P2: halves of the results, table by table, from their halves of the unit vector of λ.
fn combine<R: Ring>(role: Role, c: &Planes, dealt: Vec<R>, tables: &[&[R]]) -> Vec<R> {
    let n = c.elements();
    if n == 0 {
        return Vec::new();
    }
    let mut unit = vec![if role == Role::P1 { R::ONE } else { R::ZERO }; n];
    vectorize(
        #[inline(always)]
        || {
            for entry in dealt.chunks_exact(n) {
                unit.iter_mut().zip(entry).for_each(|(first, entry)| *first = first.minus(*entry));
            }
        },
    );
    unit.extend(dealt);
    for j in 0..c.count() {
        for block in unit.chunks_exact_mut(n << (j + 1)) {
            let (low, high) = block.split_at_mut(n << j);
            for (low, high) in low.chunks_exact_mut(n).zip(high.chunks_exact_mut(n)) {
                vectorize(
                    #[inline(always)]
                    || {
                        for_each_bit(c.plane(j), n, |e, bit: R| {
                            let change = bit.times(high[e].minus(low[e]));
                            low[e] = low[e].plus(change);
                            high[e] = high[e].minus(change);
                        })
                    },
                );
            }
        }
    }
    let mut results = vec![R::ZERO; n * tables.len()];
    vectorize(
        #[inline(always)]
        || {
            for (table, result) in tables.iter().zip(results.chunks_exact_mut(n)) {
                for (&value, unit) in table.iter().zip(unit.chunks_exact(n)) {
                    result.iter_mut().zip(unit).for_each(|(sum, unit)| *sum = sum.plus(value.times(*unit)));
                }
            }
        },
    );
    results
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aby3::cost;
    use crate::aby3::privacy::{Operands, Subject, replicated};
    use crate::aby3::trial::{SIZES, dealers, reconstruct, run, share_bits, uniform, uniform_bits};
    use crate::ring::Z16;

    fn check<R: Ring>(n: usize, index_bits: u32, count: usize) {
        let index = uniform_bits(n, index_bits as usize, 1);
        let tables: Vec<Vec<R>> = (0..count).map(|t| uniform(1 << index_bits, 10 + t as u64)).collect();
        let tables: Vec<&[R]> = tables.iter().map(|table| &table[..]).collect();
        let shares = share_bits(&index, 3);
        for dealer in dealers() {
            let kernel = async |ctx: Context<R>| lookup(&ctx, &shares[ctx.role() as usize], &tables).await;
            let [p0, p1, p2] = run(dealer, &table(index_bits, count, n, R::BITS), 4, kernel);
            for (t, ((p0, p1), p2)) in p0.into_iter().zip(p1).zip(p2).enumerate() {
                let found = reconstruct(&[p0, p1, p2]);
                for (i, found) in found.into_iter().enumerate() {
                    let v = (0..index_bits as usize).map(|j| usize::from(index.get(j, i)) << j).sum::<usize>();
                    assert_eq!(found, tables[t][v]);
                }
            }
        }
    }

    #[test]
    fn results_are_the_tables_entries() {
        for n in SIZES {
            check::<u64>(n, 4, 3);
        }
        for index_bits in 1..=6 {
            check::<u32>(130, index_bits, 2);
            check::<u128>(70, index_bits, 1);
            check::<Z16>(100, index_bits, 2);
        }
    }

    #[test]
    fn two_rounds_whatever_the_number_of_tables() {
        let five = cost(&table(6, 5, 100, 64));
        assert_eq!((five.rounds, five.bits), (2, (63 * 64 + 5 * 128) * 100));
        let one = cost(&table(4, 1, 100, 64));
        assert_eq!((one.rounds, one.bits), (2, (15 * 64 + 128) * 100));
    }

    #[test]
    fn views_do_not_depend_on_the_index() {
        macro_rules! check {
            ($ring:ty, $way:ident($size:expr)) => {
                let kernel = |ctx: Context<$ring>, operands: Operands| async move {
                    let table: Vec<$ring> = [3, 1].map(<$ring>::from_u128).to_vec();
                    lookup(&ctx, &operands.bits(0), &[&table]).await.remove(0)
                };
                let bits = <$ring>::BITS;
                Subject::new([replicated(1)], table(1, 1, 1, bits), kernel).$way($size).expect("look-up");
            };
        }
        check!(Z16, enumerate(20_000));
        check!(u64, distinguish(1000));
    }
}
