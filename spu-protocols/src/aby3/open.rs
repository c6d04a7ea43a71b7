//! Disclosure of a replicated value.
//!
//! # Equations
//!
//! P_i lacks x_(i+2) = x_(i−1), which the party before it holds as its own: P_i sends x_i to the party after it
//! ([`open`]: one round, 3K bits), or the party before the only receiver sends its own ([`open_to`]: one round, K
//! bits).
//!
//! # Security
//!
//! The receiver learns x and nothing else: what it receives is x less its own two shares. No mask, on purpose. Exact;
//! never fails.

use super::context::Context;
use super::message::Message;
use super::role::Role;
use super::shares::View;
use crate::ring::{Ring, vectorize};

/// Messages of [`open`] on `n` elements of `bits` bits.
pub fn table(n: usize, bits: u32) -> Vec<Message> {
    Role::ALL.map(|role| Message::new(0, role, role.next(), n as u64 * u64::from(bits))).to_vec()
}

/// x, at all parties.
pub async fn open<R: Ring>(ctx: &Context<R>, x: View<'_, R>) -> Vec<R> {
    ctx.send_elements(0, ctx.role().next(), x.own.to_vec());
    sum(x, ctx.receive_elements(0, ctx.role().previous(), x.len()).await)
}

/// Messages of [`open_to`] on `n` elements of `bits` bits.
pub fn to_table(n: usize, bits: u32, to: Role) -> Vec<Message> {
    vec![Message::new(0, to.previous(), to, n as u64 * u64::from(bits))]
}

/// x, at `to` alone.
pub async fn open_to<R: Ring>(ctx: &Context<R>, x: View<'_, R>, to: Role) -> Option<Vec<R>> {
    if ctx.role() == to.previous() {
        ctx.send_elements(0, to, x.own.to_vec());
    }
    if ctx.role() != to {
        return None;
    }
    Some(sum(x, ctx.receive_elements(0, to.previous(), x.len()).await))
}

fn sum<R: Ring>(x: View<'_, R>, mut third: Vec<R>) -> Vec<R> {
    vectorize(
        #[inline(always)]
        || third.iter_mut().zip(x.own).zip(x.next).for_each(|((z, x), y)| *z = z.plus(*x).plus(*y)),
    );
    third
}

#[cfg(test)]
mod tests {
    use super::super::message::cost;
    use super::super::privacy::{Subject, replicated};
    use super::super::trial::{SIZES, dealers, run, share, uniform};
    use super::*;
    use crate::ring::Z16;

    fn check<R: Ring>(n: usize) {
        let x = uniform::<R>(n, 1);
        let shares = share(&x, 2);
        for dealer in dealers() {
            let opened = run(dealer, &table(n, R::BITS), 3, |ctx: Context<R>| {
                let x = shares[ctx.role() as usize].clone();
                async move { open(&ctx, x.view()).await }
            });
            assert_eq!(opened, [x.clone(), x.clone(), x.clone()]);
            for to in Role::ALL {
                let opened = run(dealer, &to_table(n, R::BITS, to), 3, |ctx: Context<R>| {
                    let x = shares[ctx.role() as usize].clone();
                    async move { open_to(&ctx, x.view(), to).await }
                });
                assert_eq!(opened, Role::ALL.map(|role| (role == to).then(|| x.clone())));
            }
        }
    }

    #[test]
    fn opened_values_are_the_shared_ones() {
        for n in SIZES {
            check::<u32>(n);
            check::<u64>(n);
            check::<u128>(n);
            check::<Z16>(n);
        }
    }

    #[test]
    fn one_round() {
        let opened = cost(&table(100, 64));
        assert_eq!((opened.rounds, opened.bits, opened.bytes), (1, 19_200, [800; 3]));
        let to_one = cost(&to_table(100, 64, Role::P1));
        assert_eq!((to_one.rounds, to_one.bits, to_one.bytes), (1, 6_400, [800, 0, 0]));
    }

    #[test]
    fn only_the_receiver_sees_anything() {
        // The receiver's view does depend on x; of the two others neither receives a message.
        for to in Role::ALL {
            let subject = |to| {
                Subject::new([replicated(4)], to_table(1, 4, to), move |ctx: Context<Z16>, operands| async move {
                    open_to(&ctx, operands.arith(0).view(), to).await
                })
            };
            let leak = subject(to).enumerate(10_000).expect_err("the receiver sees x");
            assert!(leak.0.starts_with(&format!("{to:?} ")), "{}", leak.0);
        }
    }
}
