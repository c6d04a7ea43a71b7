//! Starts kernels: each part of the tensor is one run of the kernel, and the parts' results are joined.

use std::cell::RefCell;
use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use futures_util::future::join_all;
use spu::Party;
use spu::graph::NodeId;

use super::value::PartyValue;
use crate::aby3::maximum::Wanted;
use crate::aby3::{self, Arith, BitShares, Context, Mailbox, Randomness, Role};
use crate::hal::RingConfig;
use crate::ring::{Planes, Ring};
use crate::share::{Part, Plan, ShareOp};

/// A kernel node about to run at one party.
pub(super) struct Kernel<'a, R: Ring> {
    pub(super) plan: &'a Plan,
    pub(super) id: NodeId,
    pub(super) party: Party,
    pub(super) ring: RingConfig,
    pub(super) mailbox: Rc<RefCell<Mailbox>>,
    pub(super) randomness: Rc<dyn Randomness<R>>,
}

/// The future of a node's results.
pub(super) type Results<R> = Pin<Box<dyn Future<Output = Vec<PartyValue<R>>>>>;

impl<R: Ring> Kernel<'_, R> {
    /// The future of the node's results.
    pub(super) fn start(self, operands: Vec<PartyValue<R>>) -> Results<R> {
        let node = self.plan.graph.node(self.id);
        debug_assert_eq!(R::BITS, self.ring.bits, "kernels run in the ring of the session");
        let arith = |i: usize| operands[i].as_arith().clone();
        match &node.operation {
            ShareOp::Input { .. } => {
                let n = self.plan.parts[self.id.index()][0].range.len();
                let values = match &operands[0] {
                    PartyValue::Public(values) => Some(values.clone()),
                    _ => None,
                };
                self.arith_parts(move |ctx, _| {
                    let values = values.clone();
                    async move { aby3::input(&ctx, values.map(|v| v.to_vec()), n).await }
                })
            }
            ShareOp::Reshare => {
                let z = operands[0].as_sum().clone();
                self.arith_parts(move |ctx, range| {
                    let z = z.clone();
                    async move { aby3::reshare(&ctx, z[range].to_vec()).await }
                })
            }
            &ShareOp::TruncateSum { shift } => {
                let z = operands[0].as_sum().clone();
                self.arith_parts(move |ctx, range| {
                    let z = z.clone();
                    async move { aby3::truncate_sum(&ctx, &z[range], shift).await }
                })
            }
            &ShareOp::Truncate { shift } => {
                let x = arith(0);
                self.arith_parts(move |ctx, range| {
                    let x = x.clone();
                    async move { aby3::truncate(&ctx, x.part(range), shift).await }
                })
            }
            ShareOp::Open { .. } => {
                let x = arith(0);
                let parts = self.parts(move |ctx, range| {
                    let x = x.clone();
                    async move { aby3::open(&ctx, x.part(range)).await }
                });
                Box::pin(async move { vec![PartyValue::public(parts.await.concat())] })
            }
            ShareOp::OpenTo { .. } => {
                let x = arith(0);
                let parts = self.parts(move |ctx, range| {
                    let x = x.clone();
                    async move { aby3::open_to(&ctx, x.part(range), Role::P0).await }
                });
                Box::pin(async move {
                    let opened: Option<Vec<Vec<R>>> = parts.await.into_iter().collect();
                    vec![opened.map_or(PartyValue::Absent, |parts| PartyValue::public(parts.concat()))]
                })
            }
            ShareOp::Relu => {
                let x = arith(0);
                let parts = self.parts(move |ctx, range| {
                    let x = x.clone();
                    async move { aby3::relu(&ctx, x.part(range)).await }
                });
                Box::pin(async move {
                    let (values, masks): (Vec<_>, Vec<_>) = parts.await.into_iter().unzip();
                    vec![joined(values), joined(masks)]
                })
            }
            ShareOp::ReluValue => {
                let x = arith(0);
                self.arith_parts(move |ctx, range| {
                    let x = x.clone();
                    async move { aby3::relu_value(&ctx, x.part(range)).await }
                })
            }
            &ShareOp::TruncateRelu { shift } => {
                let z = operands[0].as_sum().clone();
                let parts = self.parts(move |ctx, range| {
                    let z = z.clone();
                    async move { aby3::truncate_relu(&ctx, &z[range], shift).await }
                });
                Box::pin(async move {
                    let (values, masks): (Vec<_>, Vec<_>) = parts.await.into_iter().unzip();
                    vec![joined(values), joined(masks)]
                })
            }
            &ShareOp::TruncateReluValue { shift } => {
                let z = operands[0].as_sum().clone();
                self.arith_parts(move |ctx, range| {
                    let z = z.clone();
                    async move { aby3::truncate_relu_value(&ctx, &z[range], shift).await }
                })
            }
            ShareOp::Sign => {
                let x = arith(0);
                self.bit_parts(move |ctx, range| {
                    let x = x.clone();
                    async move { aby3::sign(&ctx, x.part(range)).await }
                })
            }
            &ShareOp::Decompose { lo, hi } => {
                let x = arith(0);
                self.bit_parts(move |ctx, range| {
                    let x = x.clone();
                    async move { aby3::decompose(&ctx, x.part(range), lo..hi).await }
                })
            }
            ShareOp::BitAnd => {
                let (x, y) = (operands[0].as_bits().clone(), operands[1].as_bits().clone());
                self.bit_parts(move |ctx, range| {
                    let (x, y) = (bits_of(&x, range.clone()), bits_of(&y, range));
                    async move { aby3::and(&ctx, &x, &y).await }
                })
            }
            ShareOp::Weigh { weights } => {
                let (bits, weights) = (operands[0].as_bits().clone(), weights.0.clone());
                self.arith_parts(move |ctx, range| {
                    let (bits, weights) = (bits_of(&bits, range), weights.clone());
                    async move { aby3::weigh(&ctx, &bits, &weights).await }
                })
            }
            ShareOp::IsZero => {
                let x = arith(0);
                self.bit_parts(move |ctx, range| {
                    let x = x.clone();
                    async move { aby3::is_zero(&ctx, x.part(range)).await }
                })
            }
            ShareOp::IsZeroToArith => {
                let x = arith(0);
                self.arith_parts(move |ctx, range| {
                    let x = x.clone();
                    async move { aby3::is_zero_to_arith(&ctx, x.part(range)).await }
                })
            }
            ShareOp::WhereNegative => {
                let (d, x) = (arith(0), arith(1));
                self.arith_parts(move |ctx, range| {
                    let (d, x) = (d.clone(), x.clone());
                    async move { aby3::where_negative(&ctx, d.part(range.clone()), x.part(range)).await }
                })
            }
            ShareOp::WhereZero => {
                let (d, x) = (arith(0), arith(1));
                self.arith_parts(move |ctx, range| {
                    let (d, x) = (d.clone(), x.clone());
                    async move { aby3::where_zero(&ctx, d.part(range.clone()), x.part(range)).await }
                })
            }
            &ShareOp::ShiftRight { shift, signed } => {
                let x = arith(0);
                self.arith_parts(move |ctx, range| {
                    let x = x.clone();
                    async move { aby3::shift_right(&ctx, x.part(range), shift, signed).await }
                })
            }
            &ShareOp::Floor { shift, offset } => {
                let x = arith(0);
                self.arith_parts(move |ctx, range| {
                    let x = x.clone();
                    async move { aby3::floor(&ctx, x.part(range), shift, offset).await }
                })
            }
            &ShareOp::OneHot { count, inside } => {
                let i = arith(0);
                self.arith_parts(move |ctx, range| {
                    let i = i.clone();
                    async move { aby3::one_hot(&ctx, i.part(range), count, inside).await }
                })
            }
            ShareOp::SignToArith => {
                let x = arith(0);
                self.arith_parts(move |ctx, range| {
                    let x = x.clone();
                    async move { aby3::sign_to_arith(&ctx, x.part(range)).await }
                })
            }
            &ShareOp::NarrowSignToArith { bits } => {
                let x = arith(0);
                self.arith_parts(move |ctx, range| {
                    let x = x.clone();
                    async move { aby3::narrow_sign_to_arith(&ctx, x.part(range), bits).await }
                })
            }
            ShareOp::BitToArith => {
                let bits = operands[0].as_bits().clone();
                self.arith_parts(move |ctx, range| {
                    let bits = bits_of(&bits, range);
                    async move { aby3::bit_to_arith(&ctx, &bits).await }
                })
            }
            ShareOp::BitMultiply => {
                let (bits, x) = (operands[0].as_bits().clone(), arith(1));
                self.arith_parts(move |ctx, range| {
                    let (bits, x) = (bits_of(&bits, range.clone()), x.clone());
                    async move { aby3::bit_multiply(&ctx, &bits, x.part(range)).await }
                })
            }
            &ShareOp::ExpNegative(window) => {
                let (x, scale) = (arith(0), self.plan.graph.ty(node.operands[0]).scale);
                self.arith_parts(move |ctx, range| {
                    let x = x.clone();
                    async move { aby3::exp_negative(&ctx, x.part(range), &window, scale).await }
                })
            }
            ShareOp::Fourier(series) => {
                let (x, series) = (arith(0), series.clone());
                self.arith_parts(move |ctx, range| {
                    let (x, series) = (x.clone(), series.clone());
                    async move { aby3::fourier(&ctx, x.part(range), &series).await }
                })
            }
            ShareOp::Maximum => {
                let x = arith(0);
                let width = self.plan.graph.ty(node.operands[0]).shape.extents()[1];
                self.arith_parts(move |ctx, rows| {
                    let x = x.clone();
                    async move {
                        let elements = rows.start * width..rows.end * width;
                        aby3::maximum(&ctx, x.part(elements), rows.len(), width, Wanted::Value).await.0
                    }
                })
            }
            ShareOp::MaximumOneHot => self.maximum_with_position(arith(0), Wanted::OneHot),
            ShareOp::MaximumIndex => self.maximum_with_position(arith(0), Wanted::Index),
            ShareOp::Permutation { .. }
            | ShareOp::Shuffle { .. }
            | ShareOp::OpenShuffled
            | ShareOp::OpenRanks
            | ShareOp::Indicators { .. } => self.start_order(operands),
            ShareOp::Uniform { .. } | ShareOp::Bernoulli { .. } | ShareOp::PublicUniform { .. } => self.start_draw(),
            ShareOp::LeadingOne { layout, weights } => {
                let (x, layout, weights) = (arith(0), *layout, weights.clone());
                let count = weights.count();
                let parts = self.parts(move |ctx, range| {
                    let (x, weights) = (x.clone(), weights.clone());
                    async move { aby3::leading_one(&ctx, x.part(range), &layout, &weights).await }
                });
                Box::pin(async move {
                    let mut parts: Vec<_> = parts.await.into_iter().map(Vec::into_iter).collect();
                    let mut next = || joined(parts.iter_mut().filter_map(Iterator::next).collect());
                    (0..count).map(|_| next()).collect()
                })
            }
            op => unreachable!("{} is local", op.name()),
        }
    }

    fn maximum_with_position(self, x: Arc<Arith<R>>, wanted: Wanted) -> Results<R> {
        let width = self.plan.graph.ty(self.plan.graph.node(self.id).operands[0]).shape.extents()[1];
        let parts = self.parts(move |ctx, rows| {
            let x = x.clone();
            async move {
                let elements = rows.start * width..rows.end * width;
                let (max, position) = aby3::maximum(&ctx, x.part(elements), rows.len(), width, wanted).await;
                (max, position.expect("the position was wanted"))
            }
        });
        Box::pin(async move {
            let (maxima, positions): (Vec<_>, Vec<_>) = parts.await.into_iter().unzip();
            vec![joined(maxima), joined(positions)]
        })
    }

    /// Runs `kernel` for each part and keeps what it gives.
    pub(super) fn parts<T: 'static, F: Future<Output = T> + 'static>(
        self,
        kernel: impl Fn(Context<R>, Range<usize>) -> F,
    ) -> impl Future<Output = Vec<T>> + 'static {
        let run = |(i, part): (usize, &Part)| {
            let place = (self.id.0, i as u8);
            let (mailbox, randomness) = (self.mailbox.clone(), self.randomness.clone());
            let context = Context::new(self.party, part.dealer, place, part.table.clone(), mailbox, randomness);
            kernel(context, part.range.clone())
        };
        join_all(self.plan.parts[self.id.index()].iter().enumerate().map(run))
    }

    /// [`Kernel::parts`] for kernels whose result is one arithmetic value.
    pub(super) fn arith_parts<F: Future<Output = Arith<R>> + 'static>(
        self,
        kernel: impl Fn(Context<R>, Range<usize>) -> F,
    ) -> Results<R> {
        let parts = self.parts(kernel);
        Box::pin(async move { vec![joined(parts.await)] })
    }

    /// [`Kernel::parts`] for kernels whose result is one value of bits.
    fn bit_parts<F: Future<Output = BitShares> + 'static>(
        self,
        kernel: impl Fn(Context<R>, Range<usize>) -> F,
    ) -> Results<R> {
        let parts = self.parts(kernel);
        Box::pin(async move { vec![PartyValue::Bits(Arc::new(joined_bits(&parts.await)))] })
    }
}

fn joined<R: Ring>(mut parts: Vec<Arith<R>>) -> PartyValue<R> {
    if parts.len() == 1 {
        return PartyValue::arith(parts.remove(0));
    }
    let own: Vec<&[R]> = parts.iter().map(|p| &p.own[..]).collect();
    let next: Vec<&[R]> = parts.iter().map(|p| &p.next[..]).collect();
    PartyValue::arith(Arith { own: own.concat(), next: next.concat() })
}

/// All parts but the last hold whole words.
pub(super) fn joined_bits(parts: &[BitShares]) -> BitShares {
    let elements = parts.iter().map(|p| p.own.elements()).sum();
    let count = parts[0].own.count();
    let join = |side: fn(&BitShares) -> &Planes| {
        let planes = (0..count).flat_map(|j| parts.iter().map(move |part| side(part).plane(j)));
        Planes::from_words(elements, count, planes.collect::<Vec<_>>().concat())
    };
    BitShares { own: join(|p| &p.own), next: join(|p| &p.next) }
}

fn bits_of(bits: &BitShares, range: Range<usize>) -> BitShares {
    let cut = |planes: &Planes| {
        let words = range.start / 64..range.end.div_ceil(64);
        let parts: Vec<&[u64]> = (0..planes.count()).map(|j| &planes.plane(j)[words.clone()]).collect();
        Planes::from_words(range.len(), planes.count(), parts.concat())
    };
    BitShares { own: cut(&bits.own), next: cut(&bits.next) }
}
