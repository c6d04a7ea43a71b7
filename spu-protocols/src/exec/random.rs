//! Kernels that draw random tensors.

use std::sync::Arc;

use super::kernels::{Kernel, Results, joined_bits};
use super::value::PartyValue;
use crate::aby3;
use crate::random::expand;
use crate::ring::Ring;
use crate::share::ShareOp;

impl<R: Ring> Kernel<'_, R> {
    /// The future of what a kernel draws.
    pub(super) fn start_draw(self) -> Results<R> {
        match self.plan.graph.node(self.id).operation {
            ShareOp::Uniform { bits, .. } => {
                self.arith_parts(move |ctx, range| async move { aby3::uniform(&ctx, range.len(), bits).await })
            }
            ShareOp::Bernoulli { numerator, .. } => {
                let parts =
                    self.parts(move |ctx, range| async move { aby3::bernoulli(&ctx, range.len(), numerator).await });
                Box::pin(async move { vec![PartyValue::Bits(Arc::new(joined_bits(&parts.await)))] })
            }
            ShareOp::PublicUniform { bits, .. } => {
                let parts = self.parts(move |ctx, range| async move {
                    let words = expand(aby3::coin(&ctx).await, R::words(range.len()));
                    R::from_words(words, range.len()).into_iter().map(|x| x.low(bits)).collect::<Vec<R>>()
                });
                Box::pin(async move { vec![PartyValue::public(parts.await.concat())] })
            }
            ref op => unreachable!("{} does not draw", op.name()),
        }
    }
}
