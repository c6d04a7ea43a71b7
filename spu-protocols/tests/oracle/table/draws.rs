//! Draws: others in each run, so every result is tried against what it must be; how they are distributed: `tests/random.rs` of the package.

use spu_tensor::Elements;
use spu_tensor::pphlo::{Op, Real, Visibility};

use super::Rings::All;
use super::{Row, row};
use crate::case::{Case, Law};
use crate::draw::Draw;

pub(crate) const ROWS: &[Row] = &[
    row("random_uniform", All, |d| {
        let (shape, visibility) = (d.shape(), visibility(d));
        case(d, Op::RandomUniform { shape, visibility, draw: 0 }, |_, x, unit| {
            let Elements::Fxp(x) = &x.elements else { return false };
            x.iter().all(|&x| (0.0..1.0).contains(&x) && (unit == 0.0 || (x / unit).fract() == 0.0)) && differ(x, unit)
        })
    }),
    row("random_bernoulli", All, |d| {
        let (shape, visibility, p) = (d.shape(), visibility(d), d.one_of(&[0.0, 0.25, 0.5, 1.0]));
        case(d, Op::RandomBernoulli { p: Real(p), shape, visibility, draw: 1 }, |op, x, _| {
            let (Op::RandomBernoulli { p, .. }, Elements::Bool(x)) = (op, &x.elements) else { return false };
            let (n, hits) = (x.len() as f64, x.iter().filter(|&&hit| hit).count() as f64);
            // Hoeffding: with a probability of 1e-12 further away; never where p is 0 or 1.
            let stray = if p.0.fract() == 0.0 { 0.0 } else { (n * 2e12f64.ln() / 2.0).sqrt() };
            (hits - n * p.0).abs() <= stray
        })
    }),
    row("random_permutation", All, |d| {
        let shape = d.few(1, 20);
        case(d, Op::RandomPermutation { shape, draw: 2 }, |_, x, _| {
            let (Elements::Int(p), width) = (&x.elements, x.shape.extents()[x.shape.rank() - 1]) else { return false };
            p.chunks(width.max(1)).all(|list| {
                let mut sorted = list.to_vec();
                sorted.sort_unstable();
                sorted.into_iter().eq(0..width as i64)
            })
        })
    }),
];

fn case(d: &mut Draw, op: Op, law: Law) -> Case {
    Case { draws: Some(law), ..Case::new(d, op, []) }
}

fn visibility(d: &mut Draw) -> Visibility {
    d.one_of(&[Visibility::Public, Visibility::Secret])
}

/// That numbers differ: of n, the n·(n − 1)/2 pairs are each equal with the probability of a unit.
fn differ(x: &[f64], unit: f64) -> bool {
    let mut sorted = x.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.dedup();
    let pairs = x.len() as f64 * x.len() as f64 / 2.0 * unit;
    // A Poisson number of this mean or less exceeds four times the mean and 40 with a probability below 1e-12.
    (x.len() - sorted.len()) as f64 <= 4.0 * pairs + 40.0
}
