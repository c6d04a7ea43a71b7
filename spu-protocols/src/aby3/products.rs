//! Products of many bits in one round, with a dealer (Patra, Schneider, Suresh, Yalame, ABY2.0, eprint 2020/1225, section 3.1.4; here the
//! dealer is the third party).
//!
//! P1 and P2 hold XOR halves of bits v. Each output is an XOR of products of bits, some of them negated. With a mask λ_v for each bit,
//! λ_v = k_v ⊕ h_v, k_v from the key (P0, P1) and h_v from the key (P0, P2):
//!
//! 1. P0 → P1: d_S ⊕ e_S for each set S of two or more bits that some product needs, d_S = Π_(v ∈ S) λ_v, e_S from the key (P0, P2).
//! 2. P1 ↔ P2: v1 ⊕ k_v and v2 ⊕ h_v, so both know c_v = v ⊕ λ_v.
//!
//! Π_v (c_v ⊕ λ_v) = ⊕_S d_S Π_(v ∉ S) c_v is linear in the d_S, of which P1 and P2 hold halves. Bit by bit, with D_S the coefficient
//! of what is still to come: D_S ← D_(S ∪ v) ⊕ c_v D_S, which is 2^k − 1 steps for k bits.
//!
//! Cost: 2 · bits + sets, in one round after the round in which P0 deals. Exact, never fails.
//!
//! Security: P0 receives nothing. P1 receives d_S ⊕ e_S, where it knows nothing of e_S, and v2 ⊕ h_v, where it knows nothing of h_v. P2
//! receives v1 ⊕ k_v, where it knows nothing of k_v. Each key bit masks one message bit, so all received bits are uniform and
//! independent of everything that the receiver held.

use std::collections::BTreeMap;

use super::context::Context;
use super::message::Message;
use super::role::{Pair, Role};
use super::steps::Steps;
use crate::ring::{Planes, Ring, vectorize};

/// A bit, by its index among the inputs, and whether it is negated.
pub(super) type Literal = (usize, bool);

/// What [`products`] computes: each output is an XOR of products of literals.
pub(super) struct Plan {
    /// Bits that occur; a bit's place in this list is the number of its mask.
    bits: Vec<usize>,
    /// Sets of masks whose products are dealt: the set without its last mask (a mask or a dealt set), and that last mask.
    dealt: Vec<(usize, usize)>,
    outputs: Vec<Vec<Product>>,
}

struct Product {
    /// Number of the mask, and whether the bit is negated.
    literals: Vec<Literal>,
    /// For each subset of the literals, as a binary number: its mask, or its dealt set counted on from the masks. The empty one is unused.
    sets: Vec<usize>,
}

impl Plan {
    /// Bits in a product, at most.
    pub(super) const DEGREE: usize = 6;
    /// How many steps and labels [`products`] takes.
    pub(super) const STEPS: Steps = Steps { first: 2, label: 2 };

    /// A plan for `outputs`, each of them a list of products. A bit occurs at most once in a product, with at most
    /// [`Plan::DEGREE`] others.
    pub(super) fn new(outputs: &[Vec<Vec<Literal>>]) -> Self {
        let mut bits: Vec<usize> = outputs.iter().flatten().flatten().map(|&(bit, _)| bit).collect();
        bits.sort_unstable();
        bits.dedup();
        assert!(bits.len() <= 256, "a plan has at most 256 bits");
        let mut places: BTreeMap<Name, usize> = (0..bits.len()).map(|mask| (name_with([0; 2], mask), mask)).collect();
        let mut dealt = Vec::new();
        let mut product = |literals: &Vec<Literal>| {
            assert!((1..=Self::DEGREE).contains(&literals.len()), "a product has between one and six bits");
            let mask = |bit| bits.binary_search(&bit).expect("the bit occurs");
            let mut literals: Vec<Literal> = literals.iter().map(|&(bit, negated)| (mask(bit), negated)).collect();
            literals.sort_unstable();
            let (mut sets, mut names) = (vec![usize::MAX], vec![[0; 2]]);
            for subset in 1..1usize << literals.len() {
                let last = subset.ilog2();
                let rest = subset ^ 1 << last;
                let mask = literals[last as usize].0;
                let name = name_with(names[rest], mask);
                let next = places.len();
                let place = *places.entry(name).or_insert_with(|| {
                    dealt.push((sets[rest], mask));
                    next
                });
                sets.push(place);
                names.push(name);
            }
            Product { literals, sets }
        };
        let outputs = outputs.iter().map(|terms| terms.iter().map(&mut product).collect()).collect();
        Self { bits, dealt, outputs }
    }

    /// The messages for `n` elements.
    pub(super) fn table(&self, n: usize, first: u8) -> Vec<Message> {
        let deal = Message::dealt(first, Role::P0, Role::P1, (self.dealt.len() * n) as u64);
        let [there, back] = Message::swap(first + 1, Role::P1, Role::P2, (self.bits.len() * n) as u64);
        vec![deal, there, back]
    }
}

/// A set of masks, by number.
type Name = [u128; 2];

fn name_with(mut name: Name, mask: usize) -> Name {
    name[mask / 128] |= 1 << (mask % 128);
    name
}

/// The outputs of `plan` as halves of P1 and P2, from their halves `inputs` of bits of n elements; P0 has `None` for both.
pub(super) async fn products<R: Ring>(
    ctx: &Context<R>,
    plan: &Plan,
    inputs: Option<&Planes>,
    n: usize,
    steps: Steps,
) -> Option<Planes> {
    let Steps { first, label } = steps;
    let (bits, sets) = (plan.bits.len(), plan.dealt.len());
    let mask_half = |pair| ctx.draw_planes(pair, label, n, bits);
    let dealt_half = || ctx.draw_planes(Pair::P02, label + 1, n, sets);
    let (peer, masks, dealt) = match ctx.role() {
        Role::P0 => {
            let mut dealt = dealt_half();
            add_dealt(plan, &mut dealt, mask_half(Pair::P01), &mask_half(Pair::P02));
            ctx.send_planes(first, Role::P1, dealt);
            return None;
        }
        Role::P1 => (Role::P2, mask_half(Pair::P01), ctx.receive_planes(first, Role::P0, n, sets).await),
        Role::P2 => (Role::P1, mask_half(Pair::P02), dealt_half()),
    };
    let inputs = inputs.expect("P1 and P2 hold halves");
    let mut masked = masks.clone();
    for (mask, &bit) in plan.bits.iter().enumerate() {
        add(masked.plane_mut(mask), inputs.plane(bit));
    }
    ctx.send_planes(first + 1, peer, masked.clone());
    let mut known = ctx.receive_planes(first + 1, peer, n, bits).await;
    add(known.words_mut(), masked.words());
    Some(combine(plan, &known, &masks, &dealt, ctx.role() == Role::P1))
}

/// P0: adds the products of the masks k ⊕ h to `dealt`.
fn add_dealt(plan: &Plan, dealt: &mut Planes, mut masks: Planes, h: &Planes) {
    add(masks.words_mut(), h.words());
    let mut scratch = vec![[0; WORDS]; plan.dealt.len()];
    for from in (0..dealt.stride()).step_by(WORDS) {
        let range = from..dealt.stride().min(from + WORDS);
        vectorize(
            #[inline(always)]
            || {
                for (i, &(rest, last)) in plan.dealt.iter().enumerate() {
                    let (done, out) = scratch.split_at_mut(i);
                    let last = &masks.plane(last)[range.clone()];
                    let rest = match rest.checked_sub(plan.bits.len()) {
                        None => &masks.plane(rest)[range.clone()],
                        Some(set) => &done[set][..range.len()],
                    };
                    for ((out, rest), last) in out[0].iter_mut().zip(rest).zip(last) {
                        *out = rest & last;
                    }
                    for (dealt, product) in dealt.plane_mut(i)[range.clone()].iter_mut().zip(&out[0]) {
                        *dealt ^= product;
                    }
                }
            },
        );
    }
}

/// The outputs' halves from the opened bits c, and halves of the masks and of the dealt products; `one` is this party's half of 1.
fn combine(plan: &Plan, c: &Planes, masks: &Planes, dealt: &Planes, one: bool) -> Planes {
    let mut outputs = Planes::zero(c.elements(), plan.outputs.len());
    let half = |set: usize| match set.checked_sub(plan.bits.len()) {
        None => masks.plane(set),
        Some(set) => dealt.plane(set),
    };
    let one = [if one { u64::MAX } else { 0 }; WORDS];
    let mut scratch = [[0; WORDS]; 1 << (Plan::DEGREE - 1)];
    for from in (0..c.stride()).step_by(WORDS) {
        let range = from..c.stride().min(from + WORDS);
        vectorize(
            #[inline(always)]
            || {
                for (i, products) in plan.outputs.iter().enumerate() {
                    let output = &mut outputs.plane_mut(i)[range.clone()];
                    for Product { literals, sets } in products {
                        let (&(mask, negated), rest) = literals.split_last().expect("a product has bits");
                        let rests = 1 << rest.len();
                        let bit = &c.plane(mask)[range.clone()];
                        for subset in 0..rests {
                            let with = &half(sets[subset + rests])[range.clone()];
                            let without =
                                if subset == 0 { &one[..range.len()] } else { &half(sets[subset])[range.clone()] };
                            select_into(&mut scratch[subset][..range.len()], with, without, bit, negated);
                        }
                        for (place, &(mask, negated)) in rest.iter().enumerate().rev() {
                            let bit = &c.plane(mask)[range.clone()];
                            let (low, high) = scratch.split_at_mut(1 << place);
                            for (low, high) in low.iter_mut().zip(high) {
                                fold(&mut low[..range.len()], &high[..range.len()], bit, negated);
                            }
                        }
                        output.iter_mut().zip(&scratch[0]).for_each(|(output, product)| *output ^= product);
                    }
                }
            },
        );
    }
    outputs.clear_padding();
    outputs
}

/// out ← with ⊕ c · without.
#[inline(always)]
fn select_into(out: &mut [u64], with: &[u64], without: &[u64], c: &[u64], negated: bool) {
    let flip = if negated { u64::MAX } else { 0 };
    for (((out, with), without), c) in out.iter_mut().zip(with).zip(without).zip(c) {
        *out = with ^ (c ^ flip) & without;
    }
}

/// without ← with ⊕ c · without.
#[inline(always)]
fn fold(without: &mut [u64], with: &[u64], c: &[u64], negated: bool) {
    let flip = if negated { u64::MAX } else { 0 };
    for ((without, with), c) in without.iter_mut().zip(with).zip(c) {
        *without = with ^ (c ^ flip) & *without;
    }
}

/// into ← into ⊕ other.
pub(super) fn add(into: &mut [u64], other: &[u64]) {
    vectorize(
        #[inline(always)]
        || into.iter_mut().zip(other).for_each(|(x, y)| *x ^= y),
    );
}

/// Words of a plane that are worked on at once: all intermediate products of a term stay in the first cache.
const WORDS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aby3::cost;
    use crate::aby3::privacy::{Operands, Subject, held_by};
    use crate::aby3::trial::{SIZES, dealers, run, uniform_bits, xor};
    use crate::ring::Z16;

    fn outputs() -> Vec<Vec<Vec<Literal>>> {
        let six = (0..6).map(|bit| (bit, bit % 2 == 1)).collect();
        vec![
            vec![vec![(2, false), (0, true)], vec![(1, false)]],
            vec![six],
            vec![vec![(5, true)], vec![(4, true), (3, false), (5, false)]],
        ]
    }

    #[test]
    fn outputs_are_sums_of_products() {
        let plan = Plan::new(&outputs());
        for (n, dealer) in SIZES.into_iter().flat_map(|n| dealers().map(move |dealer| (n, dealer))) {
            let halves = [uniform_bits(n, 6, 1), uniform_bits(n, 6, 2)];
            let kernel = async |ctx: Context<Z16>| {
                let inputs = (ctx.role() as usize).checked_sub(1).map(|i| &halves[i]);
                products(&ctx, &plan, inputs, n, Steps::START).await
            };
            let [p0, p1, p2] = run(dealer, &plan.table(n, 0), 3, kernel);
            assert_eq!(p0, None);
            let result = xor(&p1.expect("P1 has a half"), &p2.expect("P2 has a half"));
            let bits = xor(&halves[0], &halves[1]);
            for i in 0..n {
                for (j, products) in outputs().iter().enumerate() {
                    let product =
                        |literals: &Vec<Literal>| literals.iter().all(|&(bit, negated)| bits.get(bit, i) != negated);
                    assert_eq!(result.get(j, i), products.iter().filter(|p| product(p)).count() % 2 == 1);
                }
            }
        }
    }

    #[test]
    fn each_bit_is_opened_once_and_each_set_dealt_once() {
        // All 57 sets of two or more of six bits: the other products need none that is not among them.
        let cost = cost(&Plan::new(&outputs()).table(64, 0));
        assert_eq!((cost.rounds, cost.bits), (2, (2 * 6 + 57) * 64));
    }

    #[test]
    fn views_do_not_depend_on_the_bits() {
        let outputs = [
            vec![vec![(0, false), (1, true), (2, false)], vec![(0, false), (1, false)]],
            vec![vec![(2, true), (1, false)]],
        ];
        let table = Plan::new(&outputs).table(1, 0);
        let kernel = move |ctx: Context<Z16>, operands: Operands| {
            let plan = Plan::new(&outputs);
            async move {
                let half: Vec<Z16> = operands.only(0..2);
                let inputs = half
                    .first()
                    .map(|half| Planes::from_words(1, 3, (0..3).map(|i| half.bit(i).to_u128() as u64).collect()));
                products(&ctx, &plan, inputs.as_ref(), 1, Steps::START).await
            }
        };
        let halves = vec![held_by(Role::P1, 3), held_by(Role::P2, 3)];
        Subject::new([halves], table, kernel).enumerate(100_000).expect("exact");
    }
}
