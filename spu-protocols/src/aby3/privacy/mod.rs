//! Does what a party sees depend on what it must not learn?
//!
//! A kernel's operands are given as components, each with the roles that hold it: a replicated value is three
//! components with two holders each, a sum of terms or a pair of halves has one holder each. One party is corrupt. Its
//! own components and the draws of its two keys are fixed; the components that it lacks are the secrets. Then over the
//! draws of the one key that it lacks
//!
//! - [`enumerate`] takes every value of those draws, and demands that the received messages and the party's result are
//!   jointly distributed alike for all secrets. So is then the whole view given operands and result, whatever the draws
//!   that were fixed: all of them are tried where they are few, else a sample. Exact, for rings as small as Z16.
//! - [`distinguish`] runs the kernel many times and compares for two choices of the secrets the histograms of each
//!   received message, alone and combined with all else that the party knows, and demands that it is uniform alone.
//!
//! A kernel that draws a random value has no secrets to compare: [`unpredictable`](Subject::unpredictable) demands that to each party, whatever it
//! sees, every value remains as likely as it should be.
//!
//! Both must hold for every value of what the party lacks, also where it could never occur (terms of a product are not
//! free).

mod distinguish;
mod enumerate;
mod operands;
mod tape;

use std::future::Future;
use std::rc::Rc;

use super::context::Context;
use super::message::Message;
use super::role::Pair;
use crate::ring::Ring;

pub(crate) use operands::{Component, Operands, Words, halves, held_by, replicated, terms};

/// A draw: whose key, and its label.
pub(crate) type Draw = (Pair, u8);

/// A kernel under test.
pub(crate) struct Subject<K> {
    components: Rc<[Component]>,
    table: Vec<Message>,
    public: Vec<Draw>,
    kernel: K,
}

/// A dependence of a view on secrets, described.
#[derive(Debug)]
pub(crate) struct Leak(#[allow(dead_code, reason = "printed by a failing test")] pub(crate) String);

impl<K> Subject<K> {
    /// `kernel` on `components`, with its messages for one element. Operations of the result that depend on the parties
    /// only through the context.
    pub(crate) fn new<R: Ring, T: Words, F: Future<Output = T>>(
        components: impl IntoIterator<Item = Vec<Component>>,
        table: Vec<Message>,
        kernel: K,
    ) -> Self
    where
        K: Fn(Context<R>, Operands) -> F,
    {
        Self { components: components.into_iter().flatten().collect(), table, public: Vec::new(), kernel }
    }

    /// Draws that all parties come to know because they are sent in clear: fixed like a party's own.
    pub(crate) fn with_public(mut self, draws: impl IntoIterator<Item = Draw>) -> Self {
        self.public.extend(draws);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::Message;
    use super::super::multiply::{reshare, reshare_table};
    use super::super::role::Role;
    use super::super::shares::Arith;
    use super::*;
    use crate::ring::Z16;

    /// `reshare` with only one of its two keys: P0's term travels to P2 under the key that P2 has.
    async fn reshare_under_a_known_mask<R: Ring>(ctx: &Context<R>, z: Vec<R>) -> Arith<R> {
        let key = ctx.draw(Pair::with_previous(ctx.role()), 0, z.len());
        send_around(ctx, z.iter().zip(key).map(|(z, key)| z.minus(key)).collect()).await
    }

    /// `reshare` without its keys.
    async fn reshare_bare<R: Ring>(ctx: &Context<R>, z: Vec<R>) -> Arith<R> {
        send_around(ctx, z).await
    }

    async fn send_around<R: Ring>(ctx: &Context<R>, own: Vec<R>) -> Arith<R> {
        ctx.send_elements(0, ctx.role().previous(), own.clone());
        Arith { next: ctx.receive_elements(0, ctx.role().next(), own.len()).await, own }
    }

    /// P1 and P2 open two values to each other under one mask each.
    async fn open_two_under_one_mask<R: Ring>(ctx: &Context<R>, [x, y]: [Vec<R>; 2]) -> Vec<R> {
        let (pair, peer) = match ctx.role() {
            Role::P0 => return Vec::new(),
            Role::P1 => (Pair::P01, Role::P2),
            Role::P2 => (Pair::P02, Role::P1),
        };
        let mask = ctx.draw(pair, 0, 1)[0];
        ctx.send_elements(0, peer, vec![x[0].plus(mask)]);
        ctx.send_elements(1, peer, vec![y[0].plus(mask)]);
        [ctx.receive_elements(0, peer, 1).await, ctx.receive_elements(1, peer, 1).await].concat()
    }

    fn two_openings(bits: u32) -> Vec<Message> {
        // Both leave before either is received.
        [0, 1]
            .into_iter()
            .flat_map(|step| Message::swap(step, Role::P1, Role::P2, bits.into()))
            .map(|m| Message { after: 0, ..m })
            .collect()
    }

    macro_rules! subject {
        ($ring:ty, $kernel:ident) => {
            Subject::new(
                [terms(<$ring>::BITS)],
                reshare_table(1, <$ring>::BITS),
                |ctx: Context<$ring>, operands| async move { $kernel(&ctx, operands.only(0..3)).await },
            )
        };
    }

    macro_rules! openings {
        ($ring:ty) => {{
            let components = [halves(<$ring>::BITS), halves(<$ring>::BITS)];
            Subject::new(components, two_openings(<$ring>::BITS), |ctx: Context<$ring>, operands| async move {
                open_two_under_one_mask(&ctx, [operands.only(0..2), operands.only(2..4)]).await
            })
        }};
    }

    #[test]
    fn a_sound_kernel_passes() {
        subject!(Z16, reshare).enumerate(20_000).expect("exact");
        subject!(u64, reshare).distinguish(2000).expect("statistical");
    }

    #[test]
    fn a_missing_mask_is_found() {
        assert!(subject!(Z16, reshare_bare).enumerate(20_000).is_err());
        assert!(subject!(u64, reshare_bare).distinguish(2000).is_err());
    }

    #[test]
    fn a_mask_that_the_receiver_knows_is_found() {
        assert!(subject!(Z16, reshare_under_a_known_mask).enumerate(20_000).is_err());
        assert!(subject!(u64, reshare_under_a_known_mask).distinguish(2000).is_err());
    }

    #[test]
    fn a_mask_used_twice_is_found() {
        assert!(openings!(Z16).enumerate(20_000).is_err());
        assert!(openings!(u64).distinguish(2000).is_err());
    }
}
