//! Random tensors: distributions, fresh draws, and what their documentation promises. A test here fails by chance with a probability below 1e-9.

use spu::prelude::*;
use spu::{Evaluator, Executor, random};

const COUNT: usize = 20_000;

/// How far a mean of [`COUNT`] numbers within an interval of length 1 strays (Hoeffding), and a distribution function (Dvoretzky, Kiefer, Wolfowitz;
/// Massart): 2·exp(−2·n·ε²) = 1e-11.
fn epsilon() -> f64 {
    ((2e11f64).ln() / (2.0 * COUNT as f64)).sqrt()
}

/// The largest distance of the distribution function of a sample from `exact` (Kolmogorov, Smirnov).
fn distance(sample: &[f64], exact: impl Fn(f64) -> f64) -> f64 {
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let at = |(i, x): (usize, &f64)| {
        let f = exact(*x);
        (f - i as f64 / n).abs().max(((i + 1) as f64 / n - f).abs())
    };
    sorted.iter().enumerate().map(at).fold(0.0, f64::max)
}

/// The same under every kind of session and in every ring; `f` is the number of fraction bits.
fn everywhere(run: impl Fn(&dyn Executor, i32) -> Result<(), Error>) -> Result<(), Error> {
    run(&Evaluator::new(), 53)?;
    let fine = Config { fraction_bits: 40, ..Config::z128() };
    for config in [Config::default(), Config::z32(), Config::z128(), fine] {
        let f = config.fraction_bits as i32;
        run(&Session::local(&config)?, f)?;
        run(&Session::plain(&config)?, f)?;
    }
    Ok(())
}

#[spu_fn]
fn uniform() -> (Tensor<Public, Fxp>, Tensor<Public, Fxp>, Tensor<Public, Fxp>) {
    let secret = random::uniform::<Secret>([COUNT], 0.0..1.0);
    (
        secret.reveal(),
        random::uniform::<Public>([COUNT], 0.0..1.0),
        random::uniform::<Secret>([COUNT], -3.0..1.0).reveal(),
    )
}

#[test]
fn uniform_numbers_are_uniform_and_fresh() -> Result<(), Error> {
    everywhere(|session, f| {
        let ulp = 0.5f64.powi(f);
        let mut seen: Vec<Vec<f64>> = Vec::new();
        for _ in 0..2 {
            let (secret, public, wide) = uniform::run(session)?.split();
            let [secret, public, wide] = [secret, public, wide].map(|x| x.to_host().elements.to_f64());
            for sample in [&secret, &public] {
                assert!(sample.iter().all(|&x| (0.0..1.0).contains(&x)));
                // A multiple of an ulp stands for all numbers up to the next.
                assert!(distance(sample, |x| x) < epsilon() + ulp);
                let mean = |g: &dyn Fn(f64) -> f64| sample.iter().map(|&x| g(x)).sum::<f64>() / COUNT as f64;
                assert!((mean(&|x| x) - 0.5).abs() < epsilon() + ulp);
                assert!((mean(&|x| (x - 0.5).powi(2)) - 1.0 / 12.0).abs() < epsilon() / 4.0 + ulp);
                // Neighbours do not go together.
                let pairs = sample.windows(2).map(|pair| (pair[0] - 0.5) * (pair[1] - 0.5));
                assert!((pairs.sum::<f64>() / COUNT as f64).abs() < epsilon());
            }
            assert!(wide.iter().all(|&x| (-3.0..=1.0).contains(&x)));
            assert!(distance(&wide, |x| (x + 3.0) / 4.0) < epsilon() + 2.0 * ulp);
            seen.extend([secret, public, wide]);
        }
        assert!((0..seen.len()).all(|i| (0..i).all(|j| seen[i] != seen[j])));
        Ok(())
    })
}

#[spu_fn]
fn masks() -> [Tensor<Public, Bool>; 6] {
    [
        random::bernoulli::<Secret>(0.5, [COUNT]).reveal(),
        random::bernoulli::<Secret>(0.1, [COUNT]).reveal(),
        random::bernoulli::<Secret>(0.9375, [COUNT]).reveal(),
        random::bernoulli::<Public>(0.3, [COUNT]),
        random::bernoulli::<Secret>(0.0, [COUNT]).reveal(),
        random::bernoulli::<Public>(1.0, [COUNT]),
    ]
}

#[test]
fn masks_have_their_probability() -> Result<(), Error> {
    everywhere(|session, _| {
        let masks = session.reveal(&masks::run(session)?)?.into_leaves();
        for (mask, p) in masks.iter().zip([0.5, 0.1, 0.9375, 0.3, 0.0, 1.0]) {
            let share = mask.elements.to_f64().iter().sum::<f64>() / COUNT as f64;
            let bound = if p == 0.0 || p == 1.0 { 0.0 } else { epsilon() + 0.5f64.powi(25) };
            assert!((share - p).abs() <= bound, "{share} of {p}");
        }
        Ok(())
    })
}

#[spu_fn]
fn dropout(x: Tensor<Secret, Fxp>) -> Tensor<Public, Fxp> {
    (x * random::bernoulli::<Secret>(0.75, [2560]) * random::bernoulli::<Secret>(0.75, [2560])).reveal()
}

/// Two equal draws are two draws: 9/16 of the elements are kept, not 3/4.
#[test]
fn equal_draws_are_not_merged() -> Result<(), Error> {
    everywhere(|session, _| {
        let ones = session.input(Party(0), [2560], || Ok(vec![1.0; 2560]))?;
        let kept = dropout::run(session, &ones)?.to_host().elements.to_f64().iter().sum::<f64>();
        // Hoeffding: 2·exp(−2·180²/2560) < 3e-11.
        assert!((kept - 1440.0).abs() < 180.0, "{kept} of 2560");
        Ok(())
    })
}

#[spu_fn]
fn normal() -> (Tensor<Public, Fxp>, Tensor<Public, Fxp>) {
    (random::normal::<Secret>([COUNT - 1]).reveal(), random::normal::<Public>([COUNT - 1]))
}

#[test]
fn normal_numbers_are_normal() -> Result<(), Error> {
    let distribution = |x: f64| 0.5 * libm::erfc(-x / std::f64::consts::SQRT_2);
    everywhere(|session, f| {
        let ulp = 0.5f64.powi(f);
        let (secret, public) = normal::run(session)?.split();
        for sample in [secret, public].map(|x| x.to_host().elements.to_f64()) {
            assert_eq!(sample.len(), COUNT - 1);
            let n = sample.len() as f64;
            // The numbers are off by a few units of the format, and their density is below 0.4.
            assert!(
                distance(&sample, distribution) < epsilon() + 8.0 * ulp,
                "{f} bits: {}",
                distance(&sample, distribution)
            );
            let mean = |power: i32| sample.iter().map(|x| x.powi(power)).sum::<f64>() / n;
            // Seven standard deviations, 2.6e-12, and the units.
            assert!(mean(1).abs() < 7.0 / n.sqrt() + 4.0 * ulp);
            assert!((mean(2) - 1.0).abs() < 7.0 * (2.0 / n).sqrt() + 16.0 * ulp);
            // 1 − u is at least a unit.
            assert!(sample.iter().all(|x| x.abs() <= (2.0 * f64::from(f) * 2f64.ln()).sqrt() + 16.0 * ulp));
        }
        Ok(())
    })
}
