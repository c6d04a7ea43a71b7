//! Rows in an order that nobody knows (after Asharov et al., eprint 2022/1595, section 3.1, with two fewer messages).
//!
//! # Equations
//!
//! The permutation is π = S_pr ∘ S_qr ∘ S_pq with (p, q, r) = (P0, P1, P2) ([permutation](super::permutation)); its inverse has the same form
//! with (p, q, r) = (P0, P2, P1) and inverse factors. Two parties at a time hold halves of the values and permute them alike; between two
//! factors the half of the one who leaves goes, masked, to the one who comes:
//!
//! ```text
//! p: α = S_pq(x_pr) − ρ             q: β = S_pq(x_pq + x_qr) + ρ         ρ, ν, k from the key (p, q), k' from (q, r)
//! r: S_qr(α) + γ                    q: γ = S_qr(β) − ν                   ν is p's half from here on
//! y_pq = k,   y_qr = k',   y_pr = (S_pr(ν) − k) + (S_pr(S_qr(α) + γ) − k').
//! ```
//!
//! Bits move likewise, with ⊕ for + and −; and so do residues modulo 2^w, of which only w bits are sent.
//!
//! | round | who | what | bits an element of w bits |
//! |---|---|---|---|
//! | 1 | P0 → r | α, S_pr(ν) − k | 2w |
//! | 1 | q → r | γ | w |
//! | 2 | r → P0 | S_pr(S_qr(α) + γ) − k' | w |
//!
//! Two rounds, 4w bits; q's shares come from keys alone. Exact, never fails.
//!
//! # Security
//!
//! r receives three values under the masks ρ, ν and k, which come from the key that it lacks; P0 receives one under k', from the key that it
//! lacks; q receives nothing. Messages are uniform whatever the values and the permutations.

use super::context::Context;
use super::message::Message;
use super::permutation::{Permutations, Rows};
use super::role::{Pair, Role};
use super::shares::{Arith, View};
use crate::ring::{Ring, pack_fields, unpack_fields};

/// How shares add up, and how many bits of them count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Group {
    /// Modulo 2^w.
    Sum(u32),
    /// Bit by bit, w bits.
    Xor(u32),
}

impl Group {
    /// How many bits of a share count.
    pub fn width(self) -> u32 {
        match self {
            Self::Sum(width) | Self::Xor(width) => width,
        }
    }

    fn add<R: Ring>(self, x: &mut [R], y: &[R]) {
        match self {
            Self::Sum(_) => x.iter_mut().zip(y).for_each(|(x, y)| *x = x.plus(*y)),
            Self::Xor(_) => xor(x, y),
        }
    }

    fn subtract<R: Ring>(self, x: &mut [R], y: &[R]) {
        match self {
            Self::Sum(_) => x.iter_mut().zip(y).for_each(|(x, y)| *x = x.minus(*y)),
            Self::Xor(_) => xor(x, y),
        }
    }

    fn reduce<R: Ring>(self, mut x: Vec<R>) -> Vec<R> {
        x.iter_mut().for_each(|x| *x = x.low(self.width()));
        x
    }
}

fn xor<R: Ring>(x: &mut [R], y: &[R]) {
    x.iter_mut().zip(y).for_each(|(x, y)| *x = R::from_u128(x.to_u128() ^ y.to_u128()));
}

/// Messages of [`shuffle`] on `n` elements of `width` bits.
pub fn table(n: usize, width: u32, inverse: bool) -> Vec<Message> {
    let bits = n as u64 * u64::from(width);
    let (q, r) = roles(inverse);
    vec![Message::dealt(0, Role::P0, r, 2 * bits), Message::dealt(1, q, r, bits), Message::new(2, r, Role::P0, bits)]
}

/// The rows of x in the order of the common permutation, or of its inverse; fresh shares, reduced to the group's bits.
pub async fn shuffle<R: Ring>(
    ctx: &Context<R>,
    x: View<'_, R>,
    permutations: &Permutations,
    rows: Rows,
    group: Group,
    inverse: bool,
) -> Arith<R> {
    let ((q, r), role, n, width) = (roles(inverse), ctx.role(), x.len(), group.width());
    let (pq, qr, pr) = (Pair::of(Role::P0, q), Pair::P12, Pair::of(Role::P0, r));
    let held = |pair| if pair == Pair::with_next(role) { x.next } else { x.own };
    let permuted = |pair, x: &[R]| rows.permute(x, permutations.of(role, pair), inverse);
    let draw = |pair, label| ctx.draw_low(pair, label, width, n);
    let packed = |x: &[R]| pack_fields(x, width);
    let (mine, [first, second]) = if role == Role::P0 {
        let mut left = permuted(pq, held(pr));
        group.subtract(&mut left, &draw(pq, RHO));
        let mut half = permuted(pr, &draw(pq, NU));
        let key = draw(pq, KEY);
        group.subtract(&mut half, &key);
        left.extend_from_slice(&half);
        ctx.send(0, r, packed(&left));
        group.add(&mut half, &received(ctx, 2, r, width, n).await);
        ([pq, pr], [key, half])
    } else if role == q {
        let mut half = held(pq).to_vec();
        group.add(&mut half, held(qr));
        half = permuted(pq, &half);
        group.add(&mut half, &draw(pq, RHO));
        half = permuted(qr, &half);
        group.subtract(&mut half, &draw(pq, NU));
        ctx.send(1, r, packed(&half));
        ([pq, qr], [draw(pq, KEY), draw(qr, KEY)])
    } else {
        let mut left = received(ctx, 0, Role::P0, width, 2 * n).await;
        let theirs = left.split_off(n);
        let mut half = permuted(qr, &left);
        group.add(&mut half, &received(ctx, 1, q, width, n).await);
        half = permuted(pr, &half);
        let key = draw(qr, KEY);
        group.subtract(&mut half, &key);
        ctx.send(2, Role::P0, packed(&half));
        group.add(&mut half, &theirs);
        ([pr, qr], [half, key])
    };
    let [first, second] = [first, second].map(|share| group.reduce(share));
    if mine[0] == Pair::with_previous(role) {
        Arith { own: first, next: second }
    } else {
        Arith { own: second, next: first }
    }
}

/// Waits for `n` fields of `width` bits.
pub(super) async fn received<R: Ring>(ctx: &Context<R>, step: u8, from: Role, width: u32, n: usize) -> Vec<R> {
    unpack_fields(&ctx.receive(step, from).await, width, n).expect("the table says how many words are received")
}

/// Who joins P0 for the first factor, and who joins for the second.
fn roles(inverse: bool) -> (Role, Role) {
    if inverse { (Role::P2, Role::P1) } else { (Role::P1, Role::P2) }
}

/// Labels of draws.
const RHO: u8 = 0;
const NU: u8 = 1;
const KEY: u8 = 2;

#[cfg(test)]
mod tests {
    use super::super::message::cost;
    use super::super::permutation::permutations;
    use super::super::privacy::{Operands, Subject, replicated};
    use super::super::trial::{dealers, reconstruct, run, share, uniform};
    use super::*;
    use crate::ring::Z16;

    /// The common permutation of `n` numbers that the parties' draws of this seed make, by applying the factors in the clear.
    fn common(drawn: &[Permutations; 3], rows: Rows) -> Vec<u32> {
        let identity: Vec<u32> = (0..rows.batch).flat_map(|_| 0..rows.length as u32).collect();
        let rows = Rows { width: 1, ..rows };
        let factors = [&drawn[0].next, &drawn[1].next, &drawn[2].next];
        factors.into_iter().fold(identity, |x, factor| rows.permute(&x, factor, false))
    }

    fn check<R: Ring>(rows: Rows, group: Group) {
        let n = rows.batch * rows.length * rows.width;
        let x: Vec<R> = uniform::<R>(n, 1).into_iter().map(|x| x.low(group.width())).collect();
        let bits = matches!(group, Group::Xor(_));
        let mut shares = share(&x, 2);
        if bits {
            // x0 ⊕ x1 ⊕ x2 = x.
            let terms = [uniform::<R>(n, 8), uniform::<R>(n, 9)];
            let mut last = x.clone();
            terms.iter().for_each(|term| xor(&mut last, term));
            let all = [terms[0].clone(), terms[1].clone(), last];
            shares = [0, 1, 2].map(|i| Arith { own: all[i].clone(), next: all[(i + 1) % 3].clone() });
        }
        let value = |shares: &[Arith<R>; 3]| {
            if !bits {
                return group.reduce(reconstruct(shares));
            }
            let mut sum = shares[0].own.clone();
            (1..3).for_each(|i| xor(&mut sum, &shares[i].own));
            assert!((0..3).all(|i| shares[i].next == shares[(i + 1) % 3].own));
            group.reduce(sum)
        };
        for dealer in dealers() {
            let drawn =
                run(dealer, &[], 5, |ctx: Context<R>| async move { permutations(&ctx, rows.batch, rows.length) });
            let order = common(&drawn, rows);
            let mut moved = shares.clone();
            for inverse in [false, true] {
                moved = run(dealer, &table(n, group.width(), inverse), 6, |ctx: Context<R>| {
                    let (x, drawn) = (moved[ctx.role() as usize].clone(), drawn[ctx.role() as usize].clone());
                    async move { shuffle(&ctx, x.view(), &drawn, rows, group, inverse).await }
                });
                let expected = if inverse { x.clone() } else { rows.permute(&x, &order, false) };
                assert_eq!(value(&moved), expected);
            }
        }
    }

    #[test]
    fn rows_are_shuffled_there_and_back() {
        for (batch, length, width) in [(1, 1, 1), (1, 0, 3), (3, 2, 1), (1, 100, 1), (2, 33, 5), (0, 4, 2)] {
            let rows = Rows { batch, length, width };
            check::<u32>(rows, Group::Sum(32));
            check::<u64>(rows, Group::Sum(64));
            check::<u64>(rows, Group::Sum(7));
            check::<u64>(rows, Group::Xor(64));
            check::<u128>(rows, Group::Xor(75));
            check::<u128>(rows, Group::Sum(128));
            check::<Z16>(rows, Group::Sum(4));
        }
    }

    #[test]
    fn costs_are_those_of_the_head() {
        for inverse in [false, true] {
            let cost = cost(&table(100, 64, inverse));
            assert_eq!((cost.rounds, cost.bits), (2, 4 * 6_400));
            assert_eq!(cost.bytes.iter().sum::<u64>(), 4 * 800);
        }
        assert_eq!(cost(&table(64, 10, false)).bytes, [160, 80, 80]);
    }

    /// Two residues of `width` bits; of each pair of parties a bit says whether its list swaps them.
    async fn of_two<R: Ring>(ctx: Context<R>, operands: Operands, width: u32, inverse: bool) -> Arith<R> {
        let (a, b, swaps) = (operands.arith::<R>(0), operands.arith::<R>(3), operands.arith::<R>(6));
        let x = Arith { own: [a.own, b.own].concat(), next: [a.next, b.next].concat() };
        // Share i of a replicated bit is known to role i and the one before: a pair.
        let list = |swap: Vec<R>| if swap[0] == R::ZERO { vec![0, 1] } else { vec![1, 0] };
        let drawn = Permutations { next: list(swaps.next), previous: list(swaps.own) };
        shuffle(&ctx, x.view(), &drawn, Rows::single(1, 2), Group::Sum(width), inverse).await
    }

    #[test]
    fn views_do_not_depend_on_values_or_permutations() {
        for inverse in [false, true] {
            let components = |width| [replicated(width), replicated(width), replicated(1)];
            // Modulo 2, the masks that a party lacks have six bits.
            let exact =
                Subject::new(components(1), table(2, 1, inverse), |ctx: Context<Z16>, x| of_two(ctx, x, 1, inverse));
            exact.enumerate(60_000).expect("exact");
            let statistical =
                Subject::new(components(64), table(2, 64, inverse), |ctx: Context<u64>, x| of_two(ctx, x, 64, inverse));
            statistical.distinguish(1000).expect("statistical");
        }
    }
}
