//! Optimizers on the fixed-point oracle, against loops in `f64` that know nothing of the language.
//!
//! Bounds follow the derivation in `spu::nn::optim`: what fixed point does to the state is followed step by step, as the worst case, and so is where that
//! leaves the direction.

use spu::nn::optim::{Adam, AdamW, AmsGrad, RmsProp, Sgd, clip};
use spu::prelude::*;
use spu::{Evaluator, ExecutorExt};

type Vector = Tensor<Secret, Fxp>;

const STEPS: u64 = 100;
/// 2^−18.
const ULP: f64 = 1.0 / 262_144.0;

/// Sizes of gradients from 10^−5 to 10, four of each, the signs of which change in different ways.
fn gradient(t: u64) -> Vec<f64> {
    let size = |i: usize| 10f64.powf(-5.0 + 6.0 * (i / 4) as f64 / 12.0);
    let wave = |i: usize| match i % 4 {
        0 => 1.0,
        1 => (0.3 * t as f64 + i as f64).cos(),
        2 => f64::from(u8::from(t % 10 == 3)),
        _ => 0.2 + (1.7 * t as f64 * (i as f64 + 1.0)).sin(),
    };
    (0..52).map(|i| size(i) * wave(i) / 1.2).collect()
}

fn start() -> Vec<f64> {
    (0..52).map(|i| (i as f64 * 0.37).sin()).collect()
}

#[spu_fn]
fn sgd(w: Vector, v: Vector, g: Vector) -> (Vector, Vector) {
    SGD.step(w, v, g)
}

#[spu_fn]
fn nesterov(w: Vector, v: Vector, g: Vector, rate: Tensor<Public, Fxp>) -> (Vector, Vector) {
    NESTEROV.step_at(w, v, g, rate)
}

#[spu_fn]
fn adam(w: Vector, s: (Vector, Vector), g: Vector, rate: Tensor<Public, Fxp>) -> (Vector, (Vector, Vector)) {
    Adam::DEFAULT.step_at(w, s, g, rate)
}

#[spu_fn]
fn ams_grad(w: Vector, s: (Vector, Vector, Vector), g: Vector) -> (Vector, (Vector, Vector, Vector)) {
    AmsGrad::DEFAULT.step(w, s, g)
}

#[spu_fn]
fn adam_w(
    w: Vector,
    s: (Vector, Vector),
    g: Vector,
    rate: Tensor<Public, Fxp>,
    decay: Tensor<Public, Fxp>,
) -> (Vector, (Vector, Vector)) {
    AdamW::DEFAULT.step_at(w, s, g, rate, decay)
}

#[spu_fn]
fn rms_prop(w: Vector, s: Vector, g: Vector) -> (Vector, Vector) {
    RmsProp { beta: BETA.1, epsilon: EPSILON, ..RmsProp::DEFAULT }.step(w, s, g)
}

#[spu_fn]
fn clipped(g: (Vector, Vector), #[fixed] limit: f64) -> (Vector, Vector) {
    clip::by_norm(g, limit)
}

const SGD: Sgd = Sgd::DEFAULT;
const NESTEROV: Sgd = Sgd { nesterov: true, weight_decay: 0.01, ..Sgd::DEFAULT };

/// The weights after each step.
fn trajectory<S: Tree>(
    session: &impl ExecutorExt,
    state: Shared<S>,
    mut step: impl FnMut(u64, &Shared<Vector>, &Shared<S>, &Shared<Vector>) -> Result<(Shared<Vector>, Shared<S>), Error>,
) -> Result<Vec<Vec<f64>>, Error> {
    let mut state = state;
    let mut w = session.input(Party(0), [52], || Ok(start()))?;
    let mut weights = Vec::new();
    for t in 1..=STEPS {
        let g = session.input(Party(1), [52], || Ok(gradient(t)))?;
        (w, state) = step(t, &w, &state, &g)?;
        weights.push(session.reveal(&w)?.values());
    }
    Ok(weights)
}

fn oracle() -> Session {
    Session::plain(&Config { insecure_seed: Some(5), ..Config::default() }).unwrap()
}

/// A coordinate of Adam in real numbers, and beside it how far fixed point may be from it.
#[derive(Clone, Copy, Default)]
struct Moments {
    g: f64,
    m: f64,
    v: f64,
    largest: f64,
    /// Errors of m and v.
    off: (f64, f64),
    /// Of the largest v.
    off_largest: f64,
}

const BETA: (f64, f64) = (0.9, 0.999);
const EPSILON: f64 = 1.0 / 1_048_576.0;

impl Moments {
    fn push(&mut self, g: f64) {
        self.g = g;
        self.m = BETA.0 * self.m + (1.0 - BETA.0) * g;
        self.v = BETA.1 * self.v + (1.0 - BETA.1) * g * g;
        self.largest = self.largest.max(self.v);
        // The input g rounds to half an ulp; 64·g is exact. M errs by an ulp of its own in each step, 0.9 by 2^−20; X by an ulp of 2^−18 in each step.
        let input = 0.5 * ULP;
        self.off.0 = BETA.0 * self.off.0 + (1.0 - BETA.0) * (input + ULP / 64.0) + 2f64.powi(-20) * self.m.abs();
        let of_square = (2.0 * g.abs() + input) * input;
        self.off.1 = BETA.1 * self.off.1 + (1.0 - BETA.1) * (of_square + ULP * ULP);
        self.off_largest = self.off_largest.max(self.off.1);
    }

    /// g/√(v + ε²) and its error: as if β1 were 0.
    fn normalized_gradient(&self) -> (f64, f64) {
        let of = |g: f64, v: f64| g / (v.max(0.0) + EPSILON * EPSILON).sqrt();
        let exact = of(self.g, self.v);
        let corners = [-ULP, ULP].into_iter().flat_map(|g| [-self.off.1, self.off.1].map(|v| (g, v)));
        let state = corners.map(|(dg, dv)| (of(self.g + dg, self.v + dv) - exact).abs()).fold(0.0, f64::max);
        (exact, state + exact.abs() * 2f64.powi(-9) + 2.0 * ULP / (1.0 - BETA.1).sqrt())
    }

    /// m/√(v + ε²), and its error.
    fn direction(&self, v: f64, off: f64) -> (f64, f64) {
        let of = |m: f64, v: f64| m / (v.max(0.0) + EPSILON * EPSILON).sqrt();
        let exact = of(self.m, v);
        let corners = [-self.off.0, self.off.0].into_iter().flat_map(|m| [-off, off].map(|v| (m, v)));
        let state = corners.map(|(dm, dv)| (of(self.m + dm, v + dv) - exact).abs()).fold(0.0, f64::max);
        // The quotient 8·M/√X errs by 2^−10 of itself and two ulp, before the factor (1 − β1)/√(1 − β2); the eight bits of 1 − β2 leave 2^−9 in v.
        let root = exact.abs() * (2f64.powi(-10) + 2f64.powi(-10)) + 2.0 * ULP * (1.0 - BETA.0) / (1.0 - BETA.1).sqrt();
        (exact, state + root)
    }
}

/// Compares found weights with w ← w − rate·direction; tells the largest error over the bound, and over |rate|, by coordinate.
fn compare(
    found: &[Vec<f64>],
    rate: impl Fn(u64) -> f64,
    decay: f64,
    direction: impl Fn(&Moments) -> (f64, f64),
) -> Vec<(f64, f64)> {
    (0..52)
        .map(|i| {
            let (mut moments, mut w, mut bound) = (Moments::default(), start()[i], ULP);
            let mut worst = (0f64, 0f64);
            for t in 1..=STEPS {
                moments.push(gradient(t)[i]);
                let (direction, off) = direction(&moments);
                // A public rate is one of 2^−26, a constant one has 18 bits; a step errs by an ulp.
                bound += rate(t) * (off + direction.abs() * 2f64.powi(-12)) + ULP + 2f64.powi(-26) * w.abs();
                w -= rate(t) * direction + decay * w;
                let error = (found[t as usize - 1][i] - w).abs();
                worst = (worst.0.max(error / bound), worst.1.max(error));
            }
            worst
        })
        .collect()
}

fn report(name: &str, worst: &[(f64, f64)]) {
    for (i, chunk) in worst.chunks(4).enumerate() {
        let size = 10f64.powf(-5.0 + 0.5 * i as f64);
        let cells: Vec<String> = chunk.iter().map(|(ratio, error)| format!("{ratio:.3} ({error:.6})")).collect();
        println!("{name} {size:9.6}: {}", cells.join("  "));
    }
    let most = worst.iter().fold(0f64, |most, x| most.max(x.0));
    assert!(most <= 1.0, "{name} leaves its bound by a factor of {most}");
}

#[test]
fn adam_for_a_hundred_steps() -> Result<(), Error> {
    let session = oracle();
    let state = session.input(Party(0), Adam::state([52].into()), || Adam::at_rest([52].into()))?;
    let found = trajectory(&session, state, |t, w, state, g| {
        Ok(adam::run(&session, w, state, g, Adam::DEFAULT.rate_at(0.01, t))?.split())
    })?;
    let rate = |t: u64| {
        let t = t as i32;
        0.01 * (1.0 - BETA.1.powi(t)).sqrt() / (1.0 - BETA.0.powi(t))
    };
    report("adam", &compare(&found, rate, 0.0, |moments| moments.direction(moments.v, moments.off.1)));
    Ok(())
}

#[test]
fn ams_grad_for_a_hundred_steps() -> Result<(), Error> {
    let session = oracle();
    let state = session.input(Party(0), AmsGrad::state([52].into()), || AmsGrad::at_rest([52].into()))?;
    let found = trajectory(&session, state, |_, w, state, g| Ok(ams_grad::run(&session, w, state, g)?.split()))?;
    let direction = |moments: &Moments| moments.direction(moments.largest, moments.off_largest);
    report("amsgrad", &compare(&found, |_| 0.001, 0.0, direction));
    Ok(())
}

/// Decay 0.01 at rate 0.01 takes 10^−4 of a weight in each step.
#[test]
fn adam_w_for_a_hundred_steps() -> Result<(), Error> {
    let session = oracle();
    let state = session.input(Party(0), AdamW::state([52].into()), || AdamW::at_rest([52].into()))?;
    let optimizer = AdamW::DEFAULT;
    let found = trajectory(&session, state, |t, w, state, g| {
        let (rate, decay) = (optimizer.rate_at(0.01, t), optimizer.decay_at(0.01));
        Ok(adam_w::run(&session, w, state, g, rate, decay)?.split())
    })?;
    let rate = |t: u64| 0.01 * (1.0 - BETA.1.powi(t as i32)).sqrt() / (1.0 - BETA.0.powi(t as i32));
    report("adamw", &compare(&found, rate, 1e-4, |moments| moments.direction(moments.v, moments.off.1)));
    Ok(())
}

#[test]
fn rms_prop_for_a_hundred_steps() -> Result<(), Error> {
    let session = oracle();
    let state = session.input(Party(0), RmsProp::state([52].into()), || RmsProp::at_rest([52].into()))?;
    let found = trajectory(&session, state, |_, w, state, g| Ok(rms_prop::run(&session, w, state, g)?.split()))?;
    report("rmsprop", &compare(&found, |_| 0.001, 0.0, Moments::normalized_gradient));
    Ok(())
}

/// min(1, limit/‖g‖) errs by 2^−15 of itself and two ulp, the product by one more.
#[test]
fn gradients_are_clipped_by_their_norm() -> Result<(), Error> {
    let session = oracle();
    for size in [1e-3, 0.3, 0.999, 1.001, 7.0, 500.0] {
        // ‖(a, b)‖ = size.
        let (a, b) = (vec![0.6 * size, 0.0, 0.48 * size], vec![-0.64 * size]);
        let x = session.input(Party(0), [3], || Ok(a.clone()))?;
        let y = session.input(Party(1), [1], || Ok(b.clone()))?;
        for limit in [1.0 / 32.0, 1.0, 5.0] {
            let (x, y) = clipped::run(&session, &Shared::from((x.clone(), y.clone())), limit)?.split();
            let found = [session.reveal(&x)?.values(), session.reveal(&y)?.values()].concat();
            let factor = f64::min(1.0, limit / size);
            for (g, found) in [&a[..], &b].concat().into_iter().zip(found) {
                // The norm errs by what the format leaves of g.
                let bound = g.abs() * (factor * (2f64.powi(-15) + 4.0 * ULP / size) + 2.0 * ULP) + 2.0 * ULP;
                assert!((found - factor * g).abs() <= bound, "{g} of norm {size} within {limit}: {found}");
            }
        }
    }
    Ok(())
}

/// In every step the velocity errs by an ulp, which fades by the momentum, and the weight by one more.
#[test]
fn sgd_and_nesterov_for_a_hundred_steps() -> Result<(), Error> {
    let session = oracle();
    let at_rest = || session.input(Party(0), [52], || Sgd::at_rest([52].into()));
    let plain = trajectory(&session, at_rest()?, |_, w, v, g| Ok(sgd::run(&session, w, v, g)?.split()))?;
    let ahead = trajectory(&session, at_rest()?, |_, w, v, g| {
        Ok(nesterov::run(&session, w, v, g, NESTEROV.rate_at(0.001))?.split())
    })?;
    for (found, sgd, rate) in [(plain, SGD, 0.01), (ahead, NESTEROV, 0.001)] {
        for (i, begin) in start().into_iter().enumerate() {
            let (mut w, mut v, mut bound, mut off) = (begin, 0.0, ULP, 0.0);
            for t in 1..=STEPS {
                let g = gradient(t)[i] + sgd.weight_decay * w;
                v = sgd.momentum * v + g;
                w -= rate * if sgd.nesterov { g + sgd.momentum * v } else { v };
                off = sgd.momentum * off + 2.0 * ULP + sgd.weight_decay * bound + f64::abs(v) * ULP;
                bound += rate * (2.0 * off + f64::abs(v) * 2f64.powi(-12)) + ULP;
                let error = (found[t as usize - 1][i] - w).abs();
                assert!(error <= bound, "coordinate {i} after {t} steps: {error} > {bound}");
            }
        }
    }
    Ok(())
}

/// The evaluator knows no fixed point: what is left are the eight bits of 1 − β2, which are 2^−10.8 of it.
#[test]
fn adam_in_real_numbers() -> Result<(), Error> {
    let session = Evaluator::new();
    let state = session.input(Party(0), Adam::state([52].into()), || Adam::at_rest([52].into()))?;
    let found = trajectory(&session, state, |t, w, state, g| {
        Ok(adam::run(&session, w, state, g, Adam::DEFAULT.rate_at(0.01, t))?.split())
    })?;
    let mut worst = 0f64;
    for (i, begin) in start().into_iter().enumerate() {
        let (mut moments, mut w) = (Moments::default(), begin);
        for t in 1..=STEPS {
            moments.push(gradient(t)[i]);
            let n = t as i32;
            let correction = (1.0 - BETA.1.powi(n)).sqrt() / (1.0 - BETA.0.powi(n));
            w -= 0.01 * correction * moments.direction(moments.v, 0.0).0;
            worst = worst.max((found[n as usize - 1][i] - w).abs());
        }
    }
    assert!(worst < 1e-3, "{worst}");
    Ok(())
}
