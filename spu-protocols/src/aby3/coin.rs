//! A public seed that no party chooses: the sum of three, each known to a pair.
//!
//! # Equations
//!
//! s = s_01 ⊕ s_12 ⊕ s_02, 128 bits each from the key of a pair. Every party lacks one and receives it from the party before it. The random numbers
//! themselves are the AES-128 counter stream under s: as many as are needed, without a message.
//!
//! One round, 3·128 bits. Each party knows two of the three before it can learn the third, which is uniform: none of them alone steers s, as long as
//! they follow the protocol.
//!
//! # Security
//!
//! Nothing secret takes part; s is public on purpose, and its parts serve nothing else.

use super::context::Context;
use super::message::Message;
use super::role::{Pair, Role};
use crate::ring::Ring;

/// Messages of [`coin`].
pub fn table() -> Vec<Message> {
    Role::ALL.map(|role| Message::new(0, role, role.next(), 128)).to_vec()
}

/// 128 uniform bits, the same at all parties.
pub async fn coin<R: Ring>(ctx: &Context<R>) -> [u64; 2] {
    let me = ctx.role();
    let [next, previous] =
        [Pair::with_next(me), Pair::with_previous(me)].map(|pair| ctx.draw_planes(pair, 0, 128, 1).into_words());
    ctx.send(0, me.next(), previous.clone());
    let third = ctx.receive(0, me.previous()).await;
    [0, 1].map(|i| next[i] ^ previous[i] ^ third[i])
}

#[cfg(test)]
mod tests {
    use super::super::context::{Address, Randomness};
    use super::super::message::cost;
    use super::super::trial::{dealers, run};
    use super::super::world::Seeded;
    use super::*;
    use spu::Party;

    #[test]
    fn all_parties_agree_and_seeds_differ() {
        let mut seen = Vec::new();
        for (dealer, seed) in dealers().flat_map(|dealer| [(dealer, 1), (dealer, 2)]) {
            let [a, b, c] = run(dealer, &table(), seed, |ctx: Context<u64>| async move { coin(&ctx).await });
            assert!(a == b && b == c);
            seen.push(a);
        }
        // The sum, of which each party draws two terms, does not depend on who deals.
        let term = |seed: u64, party: usize, peer: usize| {
            let (source, address) = (Seeded { party: Party(party), seed }, Address { node: 0, part: 0, step: 0 });
            Randomness::<u64>::planes(&source, Party(peer), address, 128, 1).into_words()
        };
        let sum = |seed| {
            let terms = [term(seed, 0, 1), term(seed, 1, 2), term(seed, 2, 0)];
            [0, 1].map(|i| terms.iter().fold(0, |sum, term| sum ^ term[i]))
        };
        assert_eq!([seen[0], seen[1]], [sum(1), sum(2)]);
        assert!(seen[0] == seen[2] && seen[1] == seen[3] && seen[0] != seen[1]);
        let cost = cost(&table());
        assert_eq!((cost.rounds, cost.bits, cost.bytes), (1, 384, [16; 3]));
    }
}
