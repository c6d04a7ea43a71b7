//! From halves of P1 and P2 to what all three hold: opening a bit under a mask whose multiples the dealer has dealt, and re-sharing.
//!
//! **Opening.** P1 and P2 hold XOR halves of bits v. λ = k ⊕ h, with k from the key (P0, P1) and h from (P0, P2). P0 knows λ and deals
//! elements that depend on it and on its own data (λ, λ·a, …): P2's half e from the key (P0, P2), P1's half the element less e.
//!
//! 1. P0 → P1: the halves.
//! 2. P1 ↔ P2: v1 ⊕ k and v2 ⊕ h, so both know c = v ⊕ λ.
//!
//! Then v = c + (1 − 2c)·λ is linear in what was dealt, and so is v·(a + b) = c·(a + b) + (1 − 2c)(λ·a + λ·b), b known to P1 and P2.
//!
//! **Re-sharing.** y = y1 + y2: y0 from the key (P0, P2), y1' from (P0, P1); P1 sends y1 − y1', P2 sends y2 − y0; their sum is the share
//! that P1 and P2 hold. Any number of values at once.
//!
//! Security: each message is masked by a draw that its receiver lacks and that masks nothing else, so it is uniform given the receiver's
//! view; a re-shared message is determined by the receiver's draws and output shares. P0 receives nothing.

use super::context::Context;
use super::message::Message;
use super::products::add;
use super::role::{Pair, Role};
use super::shares::Arith;
use super::steps::Steps;
use crate::ring::{Planes, Ring, vectorize};

/// How many steps and labels [`open_dealt`] takes.
pub(super) const OPEN_STEPS: Steps = Steps { first: 2, label: 2 };

/// What P1 and P2 hold after [`open_dealt`].
pub(super) struct Opened<R> {
    /// c = v ⊕ λ.
    pub(super) masked: Planes,
    /// Halves of the dealt elements.
    pub(super) dealt: Vec<R>,
}

/// Messages of [`open_dealt`] for `bits` bits and `dealt` elements of `width` bits, from step `first` on.
pub(super) fn open_table(bits: usize, dealt: usize, width: u32, first: u8) -> Vec<Message> {
    let [there, back] = Message::swap(first + 1, Role::P1, Role::P2, bits as u64);
    vec![Message::dealt(first, Role::P0, Role::P1, dealt as u64 * u64::from(width)), there, back]
}

/// Opens bits to P1 and P2 under masks λ, and halves of `count` elements dealt by P0, whose `deal(λ, halves)` replaces each half h
/// of P2 by the element less h. `half` is not looked at by P0, which gets `None`; `shape` is elements and planes.
pub(super) async fn open_dealt<R: Ring>(
    ctx: &Context<R>,
    half: Option<&Planes>,
    shape: (usize, usize),
    count: usize,
    deal: impl FnOnce(&Planes, &mut [R]),
    steps: Steps,
) -> Option<Opened<R>> {
    let Steps { first, label } = steps;
    let mask = |pair| ctx.draw_planes(pair, label, shape.0, shape.1);
    let dealt_half = || ctx.draw(Pair::P02, label + 1, count);
    let (mut masked, peer, dealt) = match ctx.role() {
        Role::P0 => {
            let (mut lambda, mut dealt) = (mask(Pair::P01), dealt_half());
            add(lambda.words_mut(), mask(Pair::P02).words());
            deal(&lambda, &mut dealt);
            ctx.send_elements(first, Role::P1, dealt);
            return None;
        }
        Role::P1 => (mask(Pair::P01), Role::P2, ctx.receive_elements(first, Role::P0, count).await),
        Role::P2 => (mask(Pair::P02), Role::P1, dealt_half()),
    };
    add(masked.words_mut(), half.expect("P1 and P2 hold halves").words());
    ctx.send_planes(first + 1, peer, masked.clone());
    add(masked.words_mut(), ctx.receive_planes(first + 1, peer, shape.0, shape.1).await.words());
    Some(Opened { masked, dealt })
}

/// How many steps and labels [`reshare_halves`] of `values` values takes.
pub(super) const fn reshare_steps(values: u8) -> Steps {
    Steps { first: values, label: values }
}

/// Messages of [`reshare_halves`] for values of `width` bits with these numbers of elements, from step `first` on.
pub(super) fn reshare_table<const N: usize>(elements: [usize; N], width: u32, first: u8) -> Vec<Message> {
    let swap = |(i, n): (usize, usize)| {
        let rows = Message::swap(first + i as u8, Role::P1, Role::P2, n as u64 * u64::from(width));
        rows.map(|row| Message { after: first, ..row })
    };
    elements.into_iter().enumerate().flat_map(swap).collect()
}

/// Halves of P1 and P2 → replicated shares, all values in one round. `halves` is not looked at by P0.
pub(super) async fn reshare_halves<R: Ring, const N: usize>(
    ctx: &Context<R>,
    halves: Option<[Vec<R>; N]>,
    elements: [usize; N],
    steps: Steps,
) -> [Arith<R>; N] {
    let share = |pair, i: usize| ctx.draw(pair, steps.label + i as u8, elements[i]);
    let (pair, peer) = match ctx.role() {
        Role::P0 => return std::array::from_fn(|i| Arith { own: share(Pair::P02, i), next: share(Pair::P01, i) }),
        Role::P1 => (Pair::P01, Role::P2),
        Role::P2 => (Pair::P02, Role::P1),
    };
    let mut common = halves.expect("P1 and P2 hold halves");
    let mine = std::array::from_fn::<_, N, _>(|i| share(pair, i));
    for (i, (common, mine)) in common.iter_mut().zip(&mine).enumerate() {
        vectorize(
            #[inline(always)]
            || common.iter_mut().zip(mine).for_each(|(half, mask)| *half = half.minus(*mask)),
        );
        ctx.send_elements(steps.first + i as u8, peer, common.clone());
    }
    for (i, common) in common.iter_mut().enumerate() {
        let theirs = ctx.receive_elements(steps.first + i as u8, peer, elements[i]).await;
        vectorize(
            #[inline(always)]
            || common.iter_mut().zip(&theirs).for_each(|(half, theirs)| *half = half.plus(*theirs)),
        );
    }
    let mut pairs = mine.into_iter().zip(common);
    std::array::from_fn(|_| {
        let (mine, common) = pairs.next().expect("one share of each value");
        match ctx.role() {
            Role::P1 => Arith { own: mine, next: common },
            _ => Arith { own: common, next: mine },
        }
    })
}

/// Calls `each` with the index of every element and its bit in a plane, as an element.
#[inline(always)]
pub(super) fn for_each_bit<R: Ring>(plane: &[u64], n: usize, mut each: impl FnMut(usize, R)) {
    for (word, &bits) in plane[..n / 64].iter().enumerate() {
        for i in 0..64 {
            each(64 * word + i, R::from_u128(u128::from(bits >> i & 1)));
        }
    }
    for i in n - n % 64..n {
        each(i, R::from_u128(u128::from(plane[i / 64] >> (i % 64) & 1)));
    }
}
