//! The maximum of each row, and where it stands.
//!
//! With columns x_0 … x_(w − 1), each pair i < j is compared once: s_ij = `[x_i − x_j < 0]` ([sign](mod@super::sign)). Column i is the first maximum if
//! it is greater than all before it and not less than any after it:
//!
//! ```text
//! o_i = Π_(j < i) s_ji · Π_(j > i) ¬s_ij.
//! ```
//!
//! The other side of a comparison is its negation, so ties are decided, for the first column. The products take no level for w = 2, one for
//! w ≤ 5 and two (runs of three or four factors, then the runs) for w ≤ 12; each s_ij is opened once for both of its columns. As Σ o_i = 1,
//! the last column needs no product: P0 deals λ_i and λ_i·(a_i − a_(w − 1)) for the others, and as for the ReLU
//! halves of o_i·(x_i − x_(w − 1)) are local. max = x_(w − 1) + Σ_i o_i·(x_i − x_(w − 1)).
//!
//! | round | who | what | bits a row (K = 64, w = 10) |
//! |---|---|---|---|
//! | 1 to 3 | | signs of w(w − 1)/2 differences, as halves | 405 · 45 |
//! | 1, 4 | P0 → P1, P1 ↔ P2 | dealt products; s_ij, masked | 108 + 90 |
//! | 1, 5 | P0 → P1, P1 ↔ P2 | dealt products; products of three, masked | 36 + 54 |
//! | 1, 6 | P0 → P1, P1 ↔ P2 | halves of λ_i and λ_i·(a_i − a_9); o_i, masked | 9 · 128 + 18 |
//! | 7 | P1 ↔ P2 | halves of the maximum and of o_i, less masks | 128 (1 + 9) |
//!
//! Seven rounds for w = 6 … 12, six for w = 3 … 5, five for w = 2 (663 bits without the position); one column is its own maximum. More than
//! 12 columns: a tree of groups of equal width, the last one overlapping the one before (a maximum does not mind). Each further level takes
//! one round less than the table says, for P0's shares of a maximum come from keys: it sends its codes ahead.
//!
//! The *position* is wanted in one of two forms. One-hot, the o_i themselves, for at most 12 columns; or as an index, for any width: with p_i the index of
//! column i, the group's is p_last + Σ_i o_i·(p_i − p_last). In the first level the p_i are public and this is local on halves of the o_i; further up
//! they are shared, and P0 deals λ_i·(p_i − p_last) of its summands as it does for the values: 64 bits more for each column but the last. Only two
//! numbers a row are re-shared, 256 bits. As groups begin one after another and ties go to the first, so does the index: the first group that has
//! the maximum has its first place, also where groups overlap.
//!
//! Domain: −2^(K−2) ≤ x < 2^(K−2), so that differences do not wrap. Exact, never fails. Numbers that are known to have b < K bits have
//! differences of b + 1 bits, whose sign takes fewer messages than one of K: 271 bits instead of 405 at b = 45.
//!
//! Security: P0 receives nothing; every message is masked as in [sign](mod@super::sign), `products`, [inject](mod@super::inject) and [multiply](mod@super::multiply), each by draws of its own.

use std::ops::Range;

use spu::strided::strided;

use super::bits::for_each_bit;
use super::carry::{split, summand};
use super::context::Context;
use super::inject::{DEAL_STEPS, OPEN_MASKED_STEPS, deal, deal_table, open_masked, open_masked_table};
use super::message::Message;
use super::multiply::{RESHARE_PAIR_STEPS, reshare_pair, reshare_pair_table};
use super::products::{Literal, Plan, products};
use super::relu::reshare_both;
use super::role::Role;
use super::shares::{Arith, View};
use super::sign::{HALVES_STEPS, halves_table, sign_halves_of};
use super::steps::Steps;
use crate::ring::{Planes, Ring, vectorize};

/// The largest number of columns with which the position of the maximum is available.
pub const ONE_HOT_WIDTH: usize = 12;

/// What is known of a maximum besides its value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// Nothing.
    Value,
    /// 1 where it stands first in its row, else 0; of at most [`ONE_HOT_WIDTH`] columns.
    OneHot,
    /// The column where it stands first.
    Index,
}

/// The width of the groups in which `width` columns are compared, in as few levels as there are.
pub fn group_width(width: usize) -> usize {
    let reaches = |size: usize, levels: u32| size.checked_pow(levels).is_none_or(|columns| columns >= width);
    let levels = (1..).find(|&levels| reaches(ONE_HOT_WIDTH, levels)).expect("some power is large enough");
    (2..).find(|&size| reaches(size, levels)).expect("some size is large enough")
}

/// Of what the maximum is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size {
    /// How many rows.
    pub rows: usize,
    /// Elements of a row.
    pub width: usize,
    /// −2^(bits−1) ≤ x < 2^(bits−1) is known of every element; at most K, and then the domain is what the head says.
    pub bits: u32,
}

impl Size {
    /// Bits of a difference, in a ring of `ring` bits.
    fn difference(self, ring: u32) -> u32 {
        (self.bits + 1).min(ring)
    }
}

/// Messages of [`maximum`] in a ring of `bits` bits.
pub fn table(size: Size, wanted: Wanted, bits: u32) -> Vec<Message> {
    let (mut table, mut width, mut first) = (Vec::new(), size.width, 0);
    while width > 1 {
        let groups = groups(width);
        let group = Size { rows: size.rows * groups.len(), width: groups[0].len(), ..size };
        table.extend(group_table(group, wanted, first > 0, bits, first));
        (width, first) = (groups.len(), first + GROUP.first);
    }
    table
}

/// The maximum of each row, and where it stands, if that is wanted.
pub async fn maximum<R: Ring>(
    ctx: &Context<R>,
    x: View<'_, R>,
    size: Size,
    wanted: Wanted,
) -> (Arith<R>, Option<Arith<R>>) {
    let Size { rows, width, .. } = size;
    assert!(x.len() == rows * width && width > 0, "a maximum is of rows that are not empty");
    assert!(wanted != Wanted::OneHot || width <= ONE_HOT_WIDTH, "a one-hot is of at most twelve columns");
    let mut columns = Arith { own: transpose(x.own, rows, width), next: transpose(x.next, rows, width) };
    let (mut width, mut steps) = (width, Steps::START);
    let mut position = match wanted {
        Wanted::Value => None,
        Wanted::OneHot => Some(constant(ctx.role(), R::ONE, rows)),
        Wanted::Index => Some(constant(ctx.role(), R::ZERO, rows)),
    };
    while width > 1 {
        let groups = groups(width);
        let gathered =
            |x: &Arith<R>| Arith { own: gather(&x.own, rows, &groups), next: gather(&x.next, rows, &groups) };
        let indices = match (wanted, position) {
            (Wanted::Index, Some(indices)) if steps != Steps::START => Indices::Shared(gathered(&indices)),
            _ => Indices::Public(groups.iter().flat_map(|group| std::iter::repeat_n(group.start, rows)).collect()),
        };
        let group = Size { rows: rows * groups.len(), width: groups[0].len(), ..size };
        let group = Group { size: group, wanted, indices };
        let of_groups = if groups.len() == 1 { columns } else { gathered(&columns) };
        (columns, position) = group.maximum(ctx, of_groups.view(), steps).await;
        (width, steps) = (groups.len(), steps.past(GROUP));
    }
    let rows_first = |x: Arith<R>| {
        let width = x.len().checked_div(rows).unwrap_or(0);
        Arith { own: transpose(&x.own, width, rows), next: transpose(&x.next, width, rows) }
    };
    (columns, position.map(rows_first))
}

/// Messages of [`Group::maximum`] from step `first` on.
fn group_table(size: Size, wanted: Wanted, shared: bool, bits: u32, first: u8) -> Vec<Message> {
    let Size { rows, width, .. } = size;
    let mut table = halves_table(rows * pairs(width).count(), size.difference(bits), first);
    for (plan, level) in levels(width).iter().zip(LEVELS) {
        table.extend(plan.table(rows, first + level.first));
    }
    let others = rows * (width - 1);
    table.extend(open_masked_table(others, 1, first + OPEN.first));
    let dealt = if shared && wanted == Wanted::Index { 3 } else { 2 };
    table.extend(deal_table(dealt * others, bits, first + DEAL.first));
    let positions = positions(wanted, rows, width);
    table.extend(reshare_pair_table(rows + positions, bits, first + RESHARE.first));
    table
}

/// At least two columns, which are all compared with each other; column-major.
struct Group<R> {
    size: Size,
    wanted: Wanted,
    /// Looked at if [`Wanted::Index`].
    indices: Indices<R>,
}

/// The indices of a group's columns.
enum Indices<R> {
    /// That of the first column for each row; the others follow it.
    Public(Vec<usize>),
    /// Those of all columns, column-major.
    Shared(Arith<R>),
}

impl<R: Ring> Group<R> {
    async fn maximum(&self, ctx: &Context<R>, x: View<'_, R>, steps: Steps) -> (Arith<R>, Option<Arith<R>>) {
        let &Self { size, wanted, .. } = self;
        let Size { rows, width, .. } = size;
        let others = rows * (width - 1);
        let summand = summand(ctx, x);
        let signs = sign_halves_of(ctx, &self.differences(&summand), size.difference(R::BITS), steps).await;
        let mut first = signs.map(|signs| Planes::from_dense(rows, pairs(width).count(), signs.into_words()));
        for (plan, level) in levels(width).iter().zip(LEVELS) {
            first = products(ctx, plan, first.as_ref(), rows, steps.past(level)).await;
        }
        if let (2, Role::P1, Some(less)) = (width, ctx.role(), &mut first) {
            less.words_mut().iter_mut().for_each(|word| *word = !*word);
            less.clear_padding();
        }
        let first = first.unwrap_or_else(|| Planes::zero(rows, width - 1));
        let first = open_masked(ctx, first, steps.past(OPEN)).await;
        let indices = match &self.indices {
            Indices::Shared(indices) if wanted == Wanted::Index => {
                Some((indices.view(), self::summand(ctx, indices.view())))
            }
            _ => None,
        };
        let mut dealt = Vec::new();
        if ctx.role() == Role::P0 {
            dealt = self.dealt(&first, &summand);
            if let Some((_, indices)) = &indices {
                dealt.extend(self.dealt(&first, indices).split_off(others));
            }
        }
        let count = if indices.is_some() { 3 * others } else { 2 * others };
        let mut dealt = deal(ctx, dealt, count, steps.past(DEAL)).await;
        let [mut max, mut position] = [Vec::new(), Vec::new()];
        if ctx.role() != Role::P0 {
            let (ones, multiples) = dealt.split_at_mut(others);
            let (of_values, of_indices) = multiples.split_at(others);
            max = self.selected(ctx.role(), x, &summand, &first, ones, of_values);
            if let Some((view, b)) = &indices {
                position = self.selected(ctx.role(), *view, b, &first, ones, of_indices);
            } else if wanted != Wanted::Value {
                self.unmask(ctx.role(), &first, ones);
                position = match &self.indices {
                    Indices::Public(from) if wanted == Wanted::Index => self.index_halves(ctx.role(), from, ones),
                    _ => ones.to_vec(),
                };
            }
        }
        let steps = steps.past(RESHARE);
        if wanted == Wanted::Value {
            return (reshare_pair(ctx, max, rows, steps).await, None);
        }
        let (max, mut one_hot) =
            reshare_both(ctx, [max, position], [rows, positions(wanted, rows, width)], steps).await;
        if wanted == Wanted::Index {
            return (max, Some(one_hot));
        }
        let one = constant(ctx.role(), R::ONE, rows);
        for (positions, mut last) in [(&mut one_hot.own, one.own), (&mut one_hot.next, one.next)] {
            for column in positions.chunks_exact(rows.max(1)) {
                last.iter_mut().zip(column).for_each(|(last, first)| *last = last.minus(*first));
            }
            positions.extend(last);
        }
        (max, Some(one_hot))
    }

    /// x_i − x_j for all i < j.
    fn differences(&self, summand: &[R]) -> Vec<R> {
        let column = |i: usize| &summand[i * self.size.rows..][..self.size.rows];
        let mut differences = Vec::with_capacity(self.size.rows * pairs(self.size.width).count());
        for (i, j) in pairs(self.size.width) {
            differences.extend(column(i).iter().zip(column(j)).map(|(x, y)| x.minus(*y)));
        }
        differences
    }

    /// P0: λ_i, and λ_i·(a_i − a_last).
    fn dealt(&self, lambda: &Planes, a: &[R]) -> Vec<R> {
        let (columns, last) = a.split_at(self.size.rows * (self.size.width - 1));
        let mut dealt = vec![R::ZERO; 2 * columns.len()];
        let (ones, multiples) = dealt.split_at_mut(columns.len());
        vectorize(
            #[inline(always)]
            || {
                for i in 0..self.size.width - 1 {
                    let column = i * self.size.rows..(i + 1) * self.size.rows;
                    let (a, ones) = (&columns[column.clone()], &mut ones[column.clone()]);
                    let multiples = &mut multiples[column];
                    for_each_bit(lambda.plane(i), self.size.rows, |r, bit: R| {
                        ones[r] = bit;
                        multiples[r] = bit.times(a[r].minus(last[r]));
                    });
                }
            },
        );
        dealt
    }

    /// P1 and P2: halves of x_last + Σ_i o_i·(x_i − x_last), from halves of λ_i and of λ_i·(a_i − a_last).
    fn selected(&self, role: Role, x: View<'_, R>, b: &[R], c: &Planes, lambda: &[R], multiples: &[R]) -> Vec<R> {
        let rows = self.size.rows;
        let half: Vec<R> = match role {
            Role::P1 => x.own.iter().zip(x.next).map(|(x1, x2)| x1.plus(*x2)).collect(),
            _ => x.next.to_vec(),
        };
        let start = rows * (self.size.width - 1);
        let (last, last_b) = (&half[start..], &b[start..]);
        let mut selected = last.to_vec();
        vectorize(
            #[inline(always)]
            || {
                for i in 0..self.size.width - 1 {
                    let column = i * rows..(i + 1) * rows;
                    let (half, b, multiple) = (&half[column.clone()], &b[column.clone()], &multiples[column.clone()]);
                    let lambda = &lambda[column];
                    for_each_bit(c.plane(i), rows, |r, c: R| {
                        let sign = R::ONE.minus(c.shl(1));
                        let unmasked = multiple[r].plus(lambda[r].times(b[r].minus(last_b[r])));
                        selected[r] = selected[r].plus(c.times(half[r].minus(last[r]))).plus(sign.times(unmasked));
                    });
                }
            },
        );
        selected
    }

    /// P1 and P2: halves of o_i = c_i + (1 − 2c_i)·λ_i in place of those of λ_i.
    fn unmask(&self, role: Role, c: &Planes, lambda: &mut [R]) {
        let one = if role == Role::P1 { R::ONE } else { R::ZERO };
        vectorize(
            #[inline(always)]
            || {
                for (i, lambda) in lambda.chunks_exact_mut(self.size.rows.max(1)).enumerate() {
                    for_each_bit(c.plane(i), self.size.rows, |r, c: R| {
                        lambda[r] = c.times(one).plus(R::ONE.minus(c.shl(1)).times(lambda[r]));
                    });
                }
            },
        );
    }

    /// P1 and P2: halves of p_last + Σ_i o_i·(p_i − p_last), the first column's indices being `from`.
    fn index_halves(&self, role: Role, from: &[usize], ones: &[R]) -> Vec<R> {
        let back = self.size.width - 1;
        let last = |&from: &usize| if role == Role::P1 { R::from_u128((from + back) as u128) } else { R::ZERO };
        let mut index: Vec<R> = from.iter().map(last).collect();
        for (i, ones) in ones.chunks_exact(self.size.rows.max(1)).enumerate() {
            let behind = R::from_u128((back - i) as u128);
            index.iter_mut().zip(ones).for_each(|(index, one)| *index = index.minus(one.times(behind)));
        }
        index
    }
}

/// How many elements tell where the maxima stand.
fn positions(wanted: Wanted, rows: usize, width: usize) -> usize {
    match wanted {
        Wanted::Value => 0,
        Wanted::OneHot => rows * (width - 1),
        Wanted::Index => rows,
    }
}

/// All i < j, in the order of their planes.
fn pairs(width: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..width).flat_map(move |i| (i + 1..width).map(move |j| (i, j)))
}

/// The products that make the o_i, but for the last, of the s_ij.
fn levels(width: usize) -> Vec<Plan> {
    if width == 2 {
        return Vec::new();
    }
    let plane = |i, j| pairs(width).position(|pair| pair == (i, j)).expect("i < j");
    let factor = |i: usize, j: usize| if j < i { (plane(j, i), false) } else { (plane(i, j), true) };
    let factors = |i: usize| (0..width).filter(|&j| j != i).map(|j| factor(i, j)).collect::<Vec<Literal>>();
    let runs = split(0..width - 1, (width - 1).div_ceil(4));
    let of_runs = (0..width - 1).flat_map(|i| runs.iter().map(move |run| (i, run.clone())));
    let mut levels = vec![Plan::new(&of_runs.map(|(i, run)| vec![factors(i)[run].to_vec()]).collect::<Vec<_>>())];
    if runs.len() > 1 {
        let product = |i: usize| vec![(0..runs.len()).map(|run| (i * runs.len() + run, false)).collect()];
        levels.push(Plan::new(&(0..width - 1).map(product).collect::<Vec<_>>()));
    }
    levels
}

/// The columns of groups of equal width that cover `width` columns; the last one may overlap the one before.
fn groups(width: usize) -> Vec<Range<usize>> {
    let size = group_width(width).min(width);
    (0..width.div_ceil(size)).map(|k| (k * size).min(width - size)).map(|from| from..from + size).collect()
}

/// Column c of every group, one group after the other, for all c.
fn gather<R: Ring>(columns: &[R], rows: usize, groups: &[Range<usize>]) -> Vec<R> {
    let column = |c: usize| groups.iter().flat_map(move |group| &columns[(group.start + c) * rows..][..rows]);
    (0..groups[0].len()).flat_map(column).copied().collect()
}

/// Rows of `columns` elements → columns of `rows` elements.
fn transpose<R: Ring>(x: &[R], rows: usize, columns: usize) -> Vec<R> {
    strided(x, &[columns, rows].into(), &[1, columns as isize], 0)
}

/// Shares of a public value.
fn constant<R: Ring>(role: Role, value: R, n: usize) -> Arith<R> {
    let share = |held| vec![if held { value } else { R::ZERO }; n];
    Arith { own: share(role == Role::P0), next: share(role == Role::P2) }
}

const LEVELS: [Steps; 2] = [HALVES_STEPS, HALVES_STEPS.past(Plan::STEPS)];
const OPEN: Steps = LEVELS[1].past(Plan::STEPS);
const DEAL: Steps = OPEN.past(OPEN_MASKED_STEPS);
const RESHARE: Steps = DEAL.past(DEAL_STEPS);
const GROUP: Steps = RESHARE.past(RESHARE_PAIR_STEPS);

#[cfg(test)]
mod tests {
    use super::Wanted::{Index, OneHot, Value};
    use super::*;
    use crate::aby3::cost;
    use crate::aby3::privacy::{Operands, Subject, replicated};
    use crate::aby3::trial::{SIZES, dealers, reconstruct, run, share, uniform};

    const ONE_ROW: Size = Size { rows: 1, width: 3, bits: 64 };

    fn check<R: Ring>(values: &[R], rows: usize, width: usize, wanted: Wanted) {
        check_bits(values, Size { rows, width, bits: R::BITS }, wanted);
    }

    fn check_bits<R: Ring>(values: &[R], size: Size, wanted: Wanted) {
        let width = size.width;
        for dealer in dealers() {
            let shares = share(values, 5);
            let table = table(size, wanted, R::BITS);
            let kernel = async |ctx: Context<R>| maximum(&ctx, shares[ctx.role() as usize].view(), size, wanted).await;
            let [p0, p1, p2] = run(dealer, &table, 11, kernel);
            let max = reconstruct(&[p0.0, p1.0, p2.0]);
            assert_eq!(p0.1.is_some(), wanted != Wanted::Value);
            let position = p0.1.is_some().then(|| reconstruct(&[p0.1, p1.1, p2.1].map(|x| x.expect("it was wanted"))));
            for (r, row) in values.chunks_exact(width).enumerate() {
                let largest = row.iter().map(|x| x.signed()).max().expect("a row is not empty");
                assert_eq!(max[r].signed(), largest);
                let first = row.iter().position(|x| x.signed() == largest).expect("it stands somewhere");
                match (wanted, &position) {
                    (Wanted::OneHot, Some(one_hot)) => {
                        let row: Vec<i128> = one_hot[r * width..][..width].iter().map(|x| x.signed()).collect();
                        assert!(row.iter().enumerate().all(|(i, &x)| x == i128::from(i == first)));
                    }
                    (Wanted::Index, Some(index)) => assert_eq!(index[r].signed(), first as i128),
                    _ => assert_eq!(wanted, Wanted::Value),
                }
            }
        }
    }

    /// Values of the whole domain: −2^(K−2) … 2^(K−2) − 1.
    fn in_domain<R: Ring>(n: usize, seed: u64) -> Vec<R> {
        uniform::<R>(n, seed).into_iter().map(|x| R::from_i128(x.signed() >> 1)).collect()
    }

    #[test]
    fn exact_with_its_position_for_every_width() {
        for width in 1..=12 {
            check::<u64>(&in_domain(70 * width, width as u64), 70, width, OneHot);
            check::<u64>(&in_domain(70 * width, width as u64), 70, width, Index);
            check::<u32>(&in_domain(5 * width, width as u64), 5, width, Value);
        }
        check::<u128>(&in_domain(50, 1), 5, 10, OneHot);
    }

    /// The ends of the range are among the values: their difference is as large as it gets.
    #[test]
    fn numbers_of_fewer_bits_need_no_more() {
        for bits in [3, 46, 62] {
            let mut values: Vec<u64> =
                uniform::<u64>(5 * 70, 3).iter().map(|x| ((*x as i64) >> (64 - bits)) as u64).collect();
            let (least, most) = ((1u64 << (bits - 1)).wrapping_neg(), (1u64 << (bits - 1)) - 1);
            values[..10].copy_from_slice(&[least, most, 0, most, least, most, least, least, most, u64::MAX]);
            check_bits(&values, Size { rows: 70, width: 5, bits }, OneHot);
            check_bits(&values, Size { rows: 25, width: 14, bits }, Index);
        }
    }

    #[test]
    fn ties_are_won_by_the_first() {
        let rows = 3usize.pow(6);
        let digit = |i: usize| (i / 6 / 3usize.pow((i % 6) as u32)) % 3;
        let edge = |d: usize| [0, (1 << 62) - 1, -(1i128 << 62)][d];
        check::<u64>(&(0..6 * rows).map(|i| u64::from_i128(edge(digit(i)))).collect::<Vec<_>>(), rows, 6, OneHot);
        check::<u64>(&vec![9; 1000], 100, 10, OneHot);
    }

    #[test]
    fn every_row_of_three_in_z16() {
        let domain = |i: u32| crate::ring::Z16::from_i128(i128::from(i % 8) - 4);
        let values: Vec<_> = (0..512u32).flat_map(|i| [domain(i), domain(i / 8), domain(i / 64)]).collect();
        check(&values, 512, 3, OneHot);
    }

    #[test]
    fn wide_rows_take_a_tree() {
        for width in [13, 14, 100, 144, 145, 1000] {
            check::<u64>(&in_domain(3 * width, width as u64), 3, width, Value);
            check::<u128>(&in_domain(3 * width, width as u64), 3, width, Index);
            // Ties within groups, between them, and where they overlap.
            let few: Vec<u64> = in_domain::<u64>(7 * width, 2).into_iter().map(|x| x % 3).collect();
            check(&few, 7, width, Index);
        }
    }

    #[test]
    fn any_number_of_rows() {
        SIZES.iter().for_each(|&rows| check::<u64>(&in_domain(4 * rows, 1), rows, 4, OneHot));
    }

    #[test]
    fn costs_are_those_of_the_head() {
        let of = |width, wanted| {
            let cost = cost(&table(Size { rows: 64, width, bits: 64 }, wanted, 64));
            (cost.rounds, cost.bits / 64)
        };
        let ten = 405 * 45 + 108 + 90 + 36 + 54 + 9 * 128 + 18;
        assert_eq!(of(10, OneHot), (7, ten + 128 * 10));
        assert_eq!(of(10, Value), (7, ten + 128));
        assert_eq!(of(10, Index), (7, ten + 2 * 128));
        assert_eq!(of(2, Value), (5, 663));
        assert_eq!((of(5, OneHot).0, of(12, OneHot).0, of(1, OneHot)), (6, 7, (0, 0)));
        let narrow = cost(&table(Size { rows: 64, width: 2, bits: 45 }, OneHot, 64));
        // A sign of 46 bits: eleven blocks of four bits, one of one, the top bit. Four runs of three blocks: of the first the carry, which
        // takes five bits and five products of masks, of the others the propagate bit as well: six bits and eight products. Then the four runs.
        let sign = 11 * 15 + 1 + 1 + (5 + 3 * 8) + 2 * (5 + 3 * 6) + 15 + 2 * 7;
        assert_eq!((narrow.rounds, narrow.bits / 64), (5, 663 + 128 - 405 + sign));
        // The second level's codes leave with the first's: P0 knows its shares of a maximum before anybody.
        assert_eq!(of(100, Value).0, 7 + 6);
        // Ten groups of ten, and their ten maxima with shared indices.
        let (groups, tops) = (of(10, Index).1 * 10, of(10, Index).1 + 9 * 64);
        assert_eq!(of(100, Index), (7 + 6, groups + tops));
    }

    #[test]
    fn views_do_not_depend_on_the_columns() {
        let kernel = |ctx: Context<u64>, operands: Operands| async move {
            let x: Vec<Arith<u64>> = (0..3).map(|i| operands.arith(3 * i)).collect();
            let x = Arith { own: x.iter().map(|x| x.own[0]).collect(), next: x.iter().map(|x| x.next[0]).collect() };
            maximum(&ctx, x.view(), ONE_ROW, Wanted::OneHot).await
        };
        let subject =
            Subject::new([replicated(64), replicated(64), replicated(64)], table(ONE_ROW, Wanted::OneHot, 64), kernel);
        subject.distinguish(600).expect("statistical");
    }

    #[test]
    fn views_do_not_depend_on_columns_or_indices() {
        let kernel = |ctx: Context<u64>, operands: Operands| async move {
            let columns = |first: usize| {
                let x: Vec<Arith<u64>> = (0..3).map(|i| operands.arith(3 * (first + i))).collect();
                Arith { own: x.iter().map(|x| x.own[0]).collect(), next: x.iter().map(|x| x.next[0]).collect() }
            };
            let group = Group { size: ONE_ROW, wanted: Index, indices: Indices::Shared(columns(3)) };
            group.maximum(&ctx, columns(0).view(), Steps::START).await
        };
        let operands = [replicated(64), replicated(64), replicated(64), replicated(64), replicated(64), replicated(64)];
        let subject = Subject::new(operands, group_table(ONE_ROW, Index, true, 64, 0), kernel);
        subject.distinguish(600).expect("statistical");
    }
}
