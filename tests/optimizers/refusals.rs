//! What optimizers and clipping refuse, at the line that asked for it.

use spu::nn::optim::{Adam, AdamW, AmsGrad, RmsProp, Sgd, clip};
use spu::prelude::*;
use spu::{ExecutorExt, Location, RingConfig, Target, evaluate};

use super::Vector;

#[spu_fn]
fn adam(w: Vector, s: (Vector, Vector), rate: Tensor<Public, Fxp>) -> (Vector, (Vector, Vector)) {
    Adam::DEFAULT.step_at(w, s, w, rate)
}

#[spu_fn]
fn adam_w(w: Vector, s: (Vector, Vector), rate: Tensor<Public, Fxp>) -> (Vector, (Vector, Vector)) {
    AdamW::DEFAULT.step_at(w, s, w, rate)
}

#[spu_fn]
fn ams_grad(w: Vector, s: (Vector, Vector, Vector)) -> (Vector, (Vector, Vector, Vector)) {
    AmsGrad::DEFAULT.step(w, s, w)
}

#[spu_fn]
fn rms_prop(w: Vector, s: Vector) -> (Vector, Vector) {
    RmsProp::DEFAULT.step(w, s, w)
}

/// 1/√x for optimizers goes up to 2^(2f − 2), and sums of squares up to 2^34.
#[test]
fn formats_that_hold_no_second_moments() -> Result<(), Error> {
    let leaf = || [2];
    let pair = || ([2], [2]);
    let programs = [
        adam::program(leaf(), pair(), [])?,
        adam_w::program(leaf(), pair(), [2])?,
        ams_grad::program(leaf(), ([2], [2], [2]))?,
        rms_prop::program(leaf(), leaf())?,
    ];
    let cost =
        |program, bits, fraction_bits| Network::LOCAL.with_ring(RingConfig { bits, fraction_bits }).cost(program);
    let source = include_str!("refusals.rs");
    for (program, line) in programs.iter().zip(["Adam::DEF", "AdamW::DEF", "AmsGrad::DEF", "RmsProp::DEF"]) {
        for (bits, fraction_bits, most) in
            [(32, 8, "16384"), (32, 10, "262144"), (64, 17, "4294967296"), (128, 17, "4294967296")]
        {
            let Err(Error::Program(diagnostic)) = cost(program, bits, fraction_bits) else {
                panic!("2^{bits} is refused")
            };
            let expected = format!(
                "cannot take 1/√x, as optimizers do, of numbers up to 1.7179869184e10 in the ring 2^{bits} with {fraction_bits} fraction bits, \
                 where {most} is the most: take at least 18 fraction bits, in a ring of 2^64 or more"
            );
            assert_eq!(diagnostic.message, expected);
            let at = diagnostic.labels[0].location;
            assert!(at.file.ends_with("refusals.rs"), "{at}");
            assert!(source.lines().nth(at.line as usize - 1).unwrap().trim().starts_with(line), "{at}");
        }
        for (bits, fraction_bits) in [(64, 18), (64, 20), (128, 18), (128, 44)] {
            assert!(cost(program, bits, fraction_bits).is_ok());
        }
    }
    Ok(())
}

/// The message of what a step or a clipping refuses, which must stand where this is called.
#[track_caller]
fn refusal(f: impl FnOnce(Vector) -> Vector) -> String {
    let called = Location::caller();
    let Err(Error::Program(diagnostic)) = evaluate(vec![1.0, 2.0], f) else { panic!("it is refused") };
    let at = diagnostic.labels[0].location;
    assert!(at.file == called.file && (called.line..called.line + 3).contains(&at.line), "{at}, not {called}");
    diagnostic.message
}

#[test]
fn constants_that_make_no_sense() {
    const FADING: &str = "at least 0 and less than 1";
    for bad in [1.0, -0.1, 1.5, f64::NAN, f64::INFINITY] {
        let beta1 = refusal(|w| Adam { beta1: bad, ..Adam::DEFAULT }.step(w, (w, w), w).0);
        assert_eq!(beta1, format!("cannot use β1 {bad:?} in Adam: it must be {FADING}"));
        let beta2 = refusal(|w| Adam { beta2: bad, ..Adam::DEFAULT }.step(w, (w, w), w).0);
        assert_eq!(beta2, format!("cannot use β2 {bad:?} in Adam: it must be {FADING}"));
        let adam = Adam { beta2: bad, ..Adam::DEFAULT };
        let beta2 = refusal(|w| AdamW { adam, ..AdamW::DEFAULT }.step(w, (w, w), w).0);
        assert_eq!(beta2, format!("cannot use β2 {bad:?} in AdamW: it must be {FADING}"));
        let beta2 = refusal(|w| AmsGrad { beta2: bad, ..AmsGrad::DEFAULT }.step(w, (w, w, w), w).0);
        assert_eq!(beta2, format!("cannot use β2 {bad:?} in AMSGrad: it must be {FADING}"));
        let beta = refusal(|w| RmsProp { beta: bad, ..RmsProp::DEFAULT }.step(w, w, w).0);
        assert_eq!(beta, format!("cannot use β {bad:?} in RMSProp: it must be {FADING}"));
        let momentum = refusal(|w| Sgd { momentum: bad, ..Sgd::DEFAULT }.step(w, w, w).0);
        assert_eq!(momentum, format!("cannot use the momentum {bad:?} in SGD: it must be {FADING}"));
    }
    const POSITIVE: &str = "a finite number above 0";
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let epsilon = refusal(|w| Adam { epsilon: bad, ..Adam::DEFAULT }.step(w, (w, w), w).0);
        assert_eq!(epsilon, format!("cannot use ε {bad:?} in Adam: it must be {POSITIVE}"));
        let epsilon = refusal(|w| RmsProp { epsilon: bad, ..RmsProp::DEFAULT }.step(w, w, w).0);
        assert_eq!(epsilon, format!("cannot use ε {bad:?} in RMSProp: it must be {POSITIVE}"));
        let limit = refusal(|w| clip::by_norm(w, bad));
        assert_eq!(limit, format!("cannot use the limit {bad:?} in clip::by_norm: it must be {POSITIVE}"));
        let limit = refusal(|w| clip::by_value(w, bad));
        assert_eq!(limit, format!("cannot use the limit {bad:?} in clip::by_value: it must be {POSITIVE}"));
    }
    for bad in [f64::NAN, f64::NEG_INFINITY] {
        let rate = refusal(|w| Sgd { rate: bad, ..Sgd::DEFAULT }.step(w, w, w).0);
        assert_eq!(rate, format!("cannot use the rate {bad:?} in SGD: it must be a finite number"));
        let decay = refusal(|w| Sgd { weight_decay: bad, ..Sgd::DEFAULT }.step(w, w, w).0);
        assert_eq!(decay, format!("cannot use the weight decay {bad:?} in SGD: it must be a finite number"));
        let decay = refusal(|w| AdamW { weight_decay: bad, ..AdamW::DEFAULT }.step(w, (w, w), w).0);
        assert_eq!(decay, format!("cannot use the weight decay {bad:?} in AdamW: it must be a finite number"));
        let rate = refusal(|w| AmsGrad { rate: bad, ..AmsGrad::DEFAULT }.step(w, (w, w, w), w).0);
        assert_eq!(rate, format!("cannot use the rate {bad:?} in AMSGrad: it must be a finite number"));
    }
}

/// A rate that is no number is told when it is given; AdamW takes two.
#[test]
fn rates() {
    let session = super::oracle();
    let shared = |n: usize| session.input(Party(0), [n], || Ok(vec![0.5; n])).unwrap();
    let (w, pair) = (shared(2), Shared::from((shared(2), shared(2))));
    let of_nan = adam::run(&session, &w, &pair, Adam::DEFAULT.rate_at(f64::NAN, 1)).map(|_| ());
    assert_eq!(of_nan.unwrap_err().to_string(), "a public argument: not a number (NaN)");
    let of_one = adam_w::run(&session, &w, &pair, 0.1).map(|_| ()).unwrap_err().to_string();
    assert!(of_one.starts_with("cannot step at []: AdamW takes the two numbers that its `rate_at` gives"), "{of_one}");
}

/// Gradients and state of other shapes are told at the step, by what they were to be combined for.
#[test]
fn shapes() {
    let other = |w: Vector| w.slice(0..1).broadcast_to([3]);
    let of_gradient = refusal(|w| Sgd::DEFAULT.step(w, w, other(w)).0);
    assert_eq!(of_gradient, "cannot add shapes [2] and [3]");
    let of_state = refusal(|w| Adam::DEFAULT.step(w, (other(w), w), w).0);
    assert_eq!(of_state, "cannot add shapes [3] and [2]");
}
