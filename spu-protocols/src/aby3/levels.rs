//! A level of XORs of products of bits, in which bits that stand alone take no message.
//!
//! An output is an XOR of products ([`super::products`]). A product of one bit is linear: P1 and P2 add their halves of it. Only the
//! others are planned, so only bits that occur in them are opened; a level without any takes no round.

use super::context::Context;
use super::message::Message;
use super::products::{Literal, Plan, add, products};
use super::role::Role;
use super::steps::Steps;
use crate::ring::{Planes, Ring};

/// What [`Level::evaluate`] computes.
pub(super) struct Level {
    outputs: Vec<Output>,
    plan: Option<Plan>,
}

struct Output {
    alone: Vec<Literal>,
    /// Which output of the plan holds the other products.
    planned: Option<usize>,
}

impl Level {
    /// How many steps and labels it takes.
    pub(super) const STEPS: Steps = Plan::STEPS;

    /// Each output is an XOR of products of at least one literal.
    pub(super) fn new(outputs: &[Vec<Vec<Literal>>]) -> Self {
        let mut products = Vec::new();
        let outputs = outputs.iter().map(|terms| {
            let (alone, together): (Vec<_>, Vec<_>) = terms.iter().cloned().partition(|product| product.len() == 1);
            let planned = (!together.is_empty()).then_some(products.len());
            products.extend(planned.map(|_| together));
            Output { alone: alone.concat(), planned }
        });
        let outputs = outputs.collect();
        Self { outputs, plan: (!products.is_empty()).then(|| Plan::new(&products)) }
    }

    /// The messages for `n` elements.
    pub(super) fn table(&self, n: usize, first: u8) -> Vec<Message> {
        self.plan.as_ref().map_or(Vec::new(), |plan| plan.table(n, first))
    }

    /// The outputs as halves of P1 and P2, from their halves of the inputs; P0 has `None` for both.
    pub(super) async fn evaluate<R: Ring>(
        &self,
        ctx: &Context<R>,
        inputs: Option<&Planes>,
        n: usize,
        steps: Steps,
    ) -> Option<Planes> {
        let planned = match &self.plan {
            Some(plan) => products(ctx, plan, inputs, n, steps).await,
            None => None,
        };
        let inputs = inputs?;
        let one = ctx.role() == Role::P1;
        let mut outputs = Planes::zero(n, self.outputs.len());
        for (i, output) in self.outputs.iter().enumerate() {
            let plane = outputs.plane_mut(i);
            if let (Some(place), Some(planned)) = (output.planned, &planned) {
                add(plane, planned.plane(place));
            }
            for &(bit, negated) in &output.alone {
                add(plane, inputs.plane(bit));
                if negated && one {
                    plane.iter_mut().for_each(|word| *word = !*word);
                }
            }
        }
        outputs.clear_padding();
        Some(outputs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aby3::cost;
    use crate::aby3::trial::{SIZES, dealers, run, uniform_bits, xor};
    use crate::ring::Z16;

    fn outputs() -> Vec<Vec<Vec<Literal>>> {
        vec![
            vec![vec![(0, true)]],
            vec![vec![(1, false)], vec![(0, false), (2, true)], vec![(3, true)]],
            vec![vec![(2, false), (1, false)]],
        ]
    }

    #[test]
    fn outputs_are_sums_of_products() {
        let level = Level::new(&outputs());
        for (n, dealer) in SIZES.into_iter().flat_map(|n| dealers().map(move |dealer| (n, dealer))) {
            let halves = [uniform_bits(n, 4, 1), uniform_bits(n, 4, 2)];
            let kernel = async |ctx: Context<Z16>| {
                let inputs = (ctx.role() as usize).checked_sub(1).map(|i| &halves[i]);
                level.evaluate(&ctx, inputs, n, Steps::START).await
            };
            let [p0, p1, p2] = run(dealer, &level.table(n, 0), 3, kernel);
            assert_eq!(p0, None);
            let result = xor(&p1.expect("P1 has a half"), &p2.expect("P2 has a half"));
            let bits = xor(&halves[0], &halves[1]);
            for (i, (j, products)) in (0..n).flat_map(|i| outputs().into_iter().enumerate().map(move |o| (i, o))) {
                let holds = |product: &&Vec<Literal>| product.iter().all(|&(bit, not)| bits.get(bit, i) != not);
                assert_eq!(result.get(j, i), products.iter().filter(holds).count() % 2 == 1);
            }
        }
    }

    #[test]
    fn bits_alone_cost_nothing() {
        // Bits 0, 1, 2 are opened for two products of two.
        let cost_of = |level: Level| (cost(&level.table(64, 0)).rounds, cost(&level.table(64, 0)).bits);
        assert_eq!(cost_of(Level::new(&outputs())), (2, (2 * 3 + 2) * 64));
        assert_eq!(cost_of(Level::new(&[vec![vec![(5, true)]], vec![vec![(1, false)], vec![(2, false)]]])), (0, 0));
    }
}
