//! Optimizers against loops in `f64` that know nothing of the language: a hundred steps on the fixed-point oracle, ten under ABY3.

mod clipping;
mod reference;
mod refusals;
mod rings;

use spu::nn::optim::{Adam, AdamW, AmsGrad, Optimizer, RmsProp, Sgd};
use spu::prelude::*;
use spu::{Evaluator, ExecutorExt, HostTensor, evaluate};

use reference::{COORDINATES, Format, Momentum, Rule, start};

type Vector = Tensor<Secret, Fxp>;

/// The programs of an optimizer, and the weights after each step.
macro_rules! trajectories {
    ($($name:ident: $Rule:ty = $rule:expr;)+) => { $(
        mod $name {
            use super::*;

            type State = <$Rule as Optimizer>::State<Vector>;

            pub(crate) const RULE: $Rule = $rule;

            #[spu_fn]
            fn step(w: Vector, state: State, g: Vector) -> (Vector, State) {
                RULE.step(w, state, g)
            }

            #[spu_fn]
            fn step_at(w: Vector, state: State, g: Vector, rate: Tensor<Public, Fxp>) -> (Vector, State) {
                RULE.step_at(w, state, g, rate)
            }

            /// By `step`, at the optimizer's own rate; by `step_at`, if a rate is given.
            pub(crate) fn run<E: ExecutorExt>(session: &E, format: Format, steps: u64, rate: Option<f64>) -> Result<Vec<Vec<f64>>, Error> {
                let mut w = session.input(Party(0), [COORDINATES], || Ok(start()))?;
                let shape = || Optimizer::state(RULE, [COORDINATES].into());
                let mut state = session.input(Party(0), shape(), || Optimizer::at_rest(RULE, [COORDINATES].into()))?;
                let mut weights = Vec::new();
                for t in 1..=steps {
                    let g = session.input(Party(1), [COORDINATES], || Ok(format.gradient(t)))?;
                    (w, state) = match rate {
                        Some(rate) => step_at::run(session, &w, &state, &g, RULE.rate_at(rate, t))?.split(),
                        None => step::run(session, &w, &state, &g)?.split(),
                    };
                    weights.push(session.reveal(&w)?.values());
                }
                Ok(weights)
            }
        }
    )+ };
}

trajectories! {
    sgd: Sgd = Sgd::DEFAULT;
    nesterov: Sgd = Sgd { rate: 0.001, nesterov: true, weight_decay: 0.01, ..Sgd::DEFAULT };
    adam: Adam = Adam::DEFAULT;
    adam_w: AdamW = AdamW { weight_decay: 0.1, ..AdamW::DEFAULT };
    ams_grad: AmsGrad = AmsGrad::DEFAULT;
    ams_grad_of_short_memory: AmsGrad = AmsGrad { rate: 0.01, beta2: 0.9, ..AmsGrad::DEFAULT };
    rms_prop: RmsProp = RmsProp::DEFAULT;
    rms_prop_of_long_memory: RmsProp = RmsProp { beta: 0.999, epsilon: 1e-3, ..RmsProp::DEFAULT };
}

const EPSILON: f64 = 1.0 / 1_048_576.0;
const ADAM: Rule =
    Rule { beta1: 0.9, beta2: 0.999, epsilon: EPSILON, is_corrected: true, keeps_largest: false, decay: 0.0 };
/// `step` has no correction.
const UNCORRECTED: Rule = Rule { is_corrected: false, ..ADAM };
const AMS_GRAD: Rule = Rule { keeps_largest: true, ..UNCORRECTED };
const RMS_PROP: Rule = Rule { beta1: 0.0, beta2: 0.99, ..UNCORRECTED };

fn oracle() -> Session {
    Session::plain(&Config { insecure_seed: Some(5), ..Config::default() }).unwrap()
}

/// A hundred steps on the oracle, ten among three parties; by `step`, and by `step_at` at another rate.
fn both<S>(
    run: impl Fn(&Session, Format, u64, Option<f64>) -> Result<Vec<Vec<f64>>, Error>,
    at: f64,
    check: impl Fn(&str, &[Vec<f64>], bool) -> S,
) -> Result<(), Error> {
    let parties = Session::local(&Config { insecure_seed: Some(6), ..Config::default() })?;
    for (session, who, steps) in [(&oracle(), "oracle", 100), (&parties, "parties", 10)] {
        check(&format!("{who}, step"), &run(session, Format::Z64, steps, None)?, false);
        check(&format!("{who}, step_at"), &run(session, Format::Z64, steps, Some(at))?, true);
    }
    Ok(())
}

/// Tells the errors by coordinate, and the largest over its bound.
fn worst(name: &str, errors: &[(f64, f64)]) -> f64 {
    for (i, chunk) in errors.chunks(5).enumerate() {
        let size = 10f64.powf(-5.0 + 0.5 * i as f64);
        let cells: Vec<String> = chunk.iter().map(|(ratio, error)| format!("{ratio:.3} ({error:.6})")).collect();
        println!("{name} {size:9.6}: {}", cells.join("  "));
    }
    errors.iter().fold(0f64, |most, x| most.max(x.0))
}

#[track_caller]
fn assert_within(name: &str, errors: &[(f64, f64)]) {
    let most = worst(name, errors);
    assert!(most <= 1.0, "{name} leaves its bound by a factor of {most}");
}

#[test]
fn adam_follows_real_numbers() -> Result<(), Error> {
    both(adam::run, 0.01, |who, found, is_at| {
        let (rule, rate) = if is_at { (ADAM, 0.01) } else { (UNCORRECTED, 0.001) };
        assert_within(&format!("adam, {who}"), &rule.errors(Format::Z64, found, rate));
    })
}

#[test]
fn adam_w_follows_real_numbers() -> Result<(), Error> {
    both(adam_w::run, 0.01, |who, found, is_at| {
        let (rule, rate) = if is_at { (ADAM, 0.01) } else { (UNCORRECTED, 0.001) };
        assert_within(&format!("adamw, {who}"), &Rule { decay: 0.1, ..rule }.errors(Format::Z64, found, rate));
    })
}

#[test]
fn ams_grad_follows_real_numbers() -> Result<(), Error> {
    both(ams_grad::run, 0.01, |who, found, is_at| {
        let rate = if is_at { 0.01 } else { 0.001 };
        assert_within(&format!("amsgrad, {who}"), &AMS_GRAD.errors(Format::Z64, found, rate));
    })?;
    let short = Rule { beta2: 0.9, ..AMS_GRAD };
    both(ams_grad_of_short_memory::run, 0.02, |who, found, is_at| {
        let rate = if is_at { 0.02 } else { 0.01 };
        assert_within(&format!("amsgrad, β2 0.9, {who}"), &short.errors(Format::Z64, found, rate));
    })
}

/// The bound would see an AMSGrad that divides by the last mean square.
#[test]
fn ams_grad_remembers_the_largest() -> Result<(), Error> {
    let found = ams_grad::run(&oracle(), Format::Z64, 100, Some(0.01))?;
    let forgetful = Rule { keeps_largest: false, ..AMS_GRAD };
    assert!(worst("amsgrad as if without", &forgetful.errors(Format::Z64, &found, 0.01)) > 2.0);
    let found = ams_grad_of_short_memory::run(&oracle(), Format::Z64, 100, None)?;
    let forgetful = Rule { beta2: 0.9, ..forgetful };
    assert!(worst("amsgrad, β2 0.9, as if without", &forgetful.errors(Format::Z64, &found, 0.01)) > 10.0);
    Ok(())
}

#[test]
fn rms_prop_follows_real_numbers() -> Result<(), Error> {
    both(rms_prop::run, 0.01, |who, found, is_at| {
        let rate = if is_at { 0.01 } else { 0.001 };
        assert_within(&format!("rmsprop, {who}"), &RMS_PROP.errors(Format::Z64, found, rate));
    })?;
    let long = Rule { beta2: 0.999, epsilon: 1e-3, ..RMS_PROP };
    both(rms_prop_of_long_memory::run, 0.01, |who, found, is_at| {
        let rate = if is_at { 0.01 } else { 0.001 };
        assert_within(&format!("rmsprop, β 0.999, {who}"), &long.errors(Format::Z64, found, rate));
    })
}

#[test]
fn sgd_follows_real_numbers() -> Result<(), Error> {
    let plain = Momentum { momentum: 0.9, is_nesterov: false, decay: 0.0 };
    both(sgd::run, 0.003, |who, found, is_at| {
        let rate = if is_at { 0.003 } else { 0.01 };
        assert_within(&format!("sgd, {who}"), &plain.errors(Format::Z64, found, rate));
    })?;
    let ahead = Momentum { is_nesterov: true, decay: 0.01, ..plain };
    both(nesterov::run, 0.003, |who, found, is_at| {
        let rate = if is_at { 0.003 } else { 0.001 };
        assert_within(&format!("nesterov, {who}"), &ahead.errors(Format::Z64, found, rate));
    })
}

/// The evaluator knows no fixed point: what is left are the eight bits of 1 − β2, which are 2^−10.8 of it.
#[test]
fn adam_in_real_numbers() -> Result<(), Error> {
    let found = adam::run(&Evaluator::new(), Format::Z64, 100, Some(0.01))?;
    let largest = ADAM.errors(Format::Z64, &found, 0.01).iter().fold(0f64, |most, x| most.max(x.1));
    assert!(largest < 1e-3, "{largest}");
    Ok(())
}

/// Of the weight before the step, not of the moved one: at rate 1 and decay 1/2, 2 goes by 1 in the direction of its gradient, and by 1 for the decay.
#[test]
fn adam_w_takes_its_decay_of_the_old_weights() -> Result<(), Error> {
    const HALF: AdamW = AdamW { adam: Adam { rate: 1.0, ..Adam::DEFAULT }, weight_decay: 0.5 };
    let at_rest = || (vec![0.0], vec![0.0]);
    let rate = HostTensor::from(HALF.rate_at(1.0, 1).to_vec());
    let stepped = |(w, s, g, rate)| HALF.step_at(w, s, g, rate).0;
    let corrected = evaluate((vec![2.0], at_rest(), vec![3.0], rate), stepped)?.values()[0];
    assert!(corrected.abs() < 1e-9, "{corrected}");
    // Without correction the first step is √(1 − β2)/(1 − β1) times as long, inverted; 1 − β2 has eight bits.
    let stepped = |(w, s, g)| HALF.step(w, s, g).0;
    let found = evaluate((vec![2.0], at_rest(), vec![3.0]), stepped)?.values()[0];
    let expected = 2.0 - 0.1 / 0.001f64.sqrt() - 1.0;
    assert!((found - expected).abs() < 0.1 / 0.001f64.sqrt() / 512.0, "{found} {expected}");
    Ok(())
}
