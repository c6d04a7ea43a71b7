//! Bits computed from bits in stages: sums modulo 2 as they come, products of many bits one round a stage ([`super::products`]).
//!
//! Bits are numbered: first the inputs, then what the stages add. Costs and security are those of the products; a sum is local.

use super::context::Context;
use super::message::Message;
use super::products::{Literal, Plan, add, products};
use super::role::Role;
use super::steps::Steps;
use crate::ring::{Planes, Ring};

/// Sums and products to be computed from input bits.
#[derive(Default)]
pub(super) struct Circuit {
    bits: usize,
    stages: Vec<Stage>,
}

/// Products of bits known before, then sums.
#[derive(Default)]
struct Stage {
    products: Option<(Plan, usize)>,
    sums: Vec<Vec<Literal>>,
}

impl Circuit {
    /// A circuit that has its inputs alone.
    pub(super) fn new(inputs: usize) -> Self {
        Self { bits: inputs, stages: vec![Stage::default()] }
    }

    /// One more stage, unless `outputs` is empty: each output is a sum of products. Their numbers.
    pub(super) fn products(&mut self, outputs: &[Vec<Vec<Literal>>]) -> std::ops::Range<usize> {
        let first = self.bits;
        if !outputs.is_empty() {
            self.bits += outputs.len();
            self.stages.push(Stage { products: Some((Plan::new(outputs), outputs.len())), sums: Vec::new() });
        }
        first..self.bits
    }

    /// The sum of literals, in the stage begun last. Its number.
    pub(super) fn sum(&mut self, literals: Vec<Literal>) -> usize {
        if let [(bit, false)] = literals[..] {
            return bit;
        }
        self.stages.last_mut().expect("the inputs are a stage").sums.push(literals);
        self.bits += 1;
        self.bits - 1
    }

    /// How many steps and labels [`Circuit::run`] takes.
    pub(super) fn steps(&self) -> Steps {
        let stages = self.stages.iter().filter(|stage| stage.products.is_some());
        stages.fold(Steps::START, |steps, _| steps.past(Plan::STEPS))
    }

    /// The messages of [`Circuit::run`] for n elements.
    pub(super) fn table(&self, n: usize, first: u8) -> Vec<Message> {
        let plans = self.stages.iter().filter_map(|stage| stage.products.as_ref());
        let at = |i: usize| first + Plan::STEPS.first * i as u8;
        plans.enumerate().flat_map(|(i, (plan, _))| plan.table(n, at(i))).collect()
    }

    /// Halves of all bits at P1 and P2, from theirs of the inputs; P0 has none.
    pub(super) async fn run<R: Ring>(
        &self,
        ctx: &Context<R>,
        inputs: Option<Planes>,
        n: usize,
        mut steps: Steps,
    ) -> Option<Planes> {
        let one = if ctx.role() == Role::P1 { u64::MAX } else { 0 };
        let mut known = inputs;
        for stage in &self.stages {
            if let Some((plan, _)) = &stage.products {
                let more = products(ctx, plan, known.as_ref(), n, steps).await;
                known = known.zip(more).map(|(known, more)| joined(known, &more));
                steps = steps.past(Plan::STEPS);
            }
            known = known.map(|known| with_sums(known, &stage.sums, one));
        }
        known
    }
}

fn joined(planes: Planes, more: &Planes) -> Planes {
    let (n, count) = (planes.elements(), planes.count() + more.count());
    let mut words = planes.into_words();
    words.extend(more.words());
    Planes::from_words(n, count, words)
}

fn with_sums(planes: Planes, sums: &[Vec<Literal>], one: u64) -> Planes {
    let (n, stride, count) = (planes.elements(), planes.stride(), planes.count() + sums.len());
    let mut words = planes.into_words();
    words.reserve(sums.len() * stride);
    for literals in sums {
        let flip = literals.iter().filter(|(_, negated)| *negated).count() % 2 == 1;
        let mut sum = vec![if flip { one } else { 0 }; stride];
        for &(bit, _) in literals {
            add(&mut sum, &words[bit * stride..(bit + 1) * stride]);
        }
        words.extend(sum);
    }
    Planes::from_words(n, count, words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aby3::cost;
    use crate::aby3::trial::{dealers, run, uniform_bits, xor};
    use crate::ring::Z16;

    #[test]
    fn stages_build_on_each_other() {
        // b3 = ¬b0 ⊕ b1; b4 = b0·b1, b5 = b1·b2·b3; b6 = b5 ⊕ b0; b7 = b4·¬b6.
        let mut circuit = Circuit::new(3);
        assert_eq!(circuit.sum(vec![(0, true), (1, false)]), 3);
        let all = |bits: &[usize]| vec![bits.iter().map(|&bit| (bit, false)).collect()];
        assert_eq!(circuit.products(&[all(&[0, 1]), all(&[1, 2, 3])]), 4..6);
        assert_eq!(circuit.sum(vec![(5, false), (0, false)]), 6);
        assert_eq!(circuit.sum(vec![(2, false)]), 2);
        assert_eq!(circuit.products(&[vec![vec![(4, false), (6, true)]]]), 7..8);
        assert_eq!(circuit.products(&[]), 8..8);
        let n = 130;
        assert_eq!(cost(&circuit.table(n, 0)).rounds, 3, "codes are dealt first: one round more");
        for dealer in dealers() {
            let halves = [uniform_bits(n, 3, 1), uniform_bits(n, 3, 2)];
            let kernel = async |ctx: Context<Z16>| {
                let inputs = (ctx.role() as usize).checked_sub(1).map(|i| halves[i].clone());
                circuit.run(&ctx, inputs, n, Steps::START).await
            };
            let [_, p1, p2] = run(dealer, &circuit.table(n, 0), 4, kernel);
            let found = xor(&p1.expect("P1 has halves"), &p2.expect("P2 has halves"));
            for i in 0..n {
                let b: Vec<bool> = (0..8).map(|bit| found.get(bit, i)).collect();
                let wanted = [!b[0] ^ b[1], b[0] & b[1], b[1] & b[2] & b[3], b[5] ^ b[0], b[4] & !b[6]];
                assert_eq!(b[3..], wanted);
            }
        }
    }
}
