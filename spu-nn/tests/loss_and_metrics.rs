//! Loss and accuracy at the places where they could go wrong: far logits, ties, shapes that do not fit.

extern crate spu_tensor as spu;

use spu::{Error, Evaluator, ExecutorExt, Fxp, HostTensor, Int, Party, Public, Secret, Tensor, spu_fn};
use spu_nn::{loss, metrics};

#[spu_fn]
fn log_sum_exp(x: Tensor<Secret, Fxp>) -> Tensor<Public, Fxp> {
    loss::log_sum_exp(x).reveal()
}

#[spu_fn]
fn cross_entropy(logits: Tensor<Secret, Fxp>, labels: Tensor<Secret, Int>) -> Tensor<Public, Fxp> {
    loss::cross_entropy(logits, labels).reveal()
}

#[spu_fn]
fn correct(logits: Tensor<Secret, Fxp>, labels: Tensor<Secret, Int>) -> Tensor<Public, Int> {
    metrics::count_correct(logits, labels).reveal()
}

/// log Σ exp of k equal numbers x is x + ln k; a number 1000 below the others counts for nothing.
#[test]
fn log_sum_exp_far_from_zero() -> Result<(), Error> {
    let session = Evaluator::new();
    let rows = vec![1000.0, 1000.0, 1000.0, -500.0, -500.0, -1500.0, 0.0, 0.0, -0.0];
    let x = session.input(Party(0), [3, 3], || Ok(HostTensor::fxp([3, 3], rows)))?;
    let found = log_sum_exp::run(&session, &x)?.to_host().elements.to_f64();
    let expected = [1000.0 + 3f64.ln(), -500.0 + 2f64.ln(), 3f64.ln()];
    found.iter().zip(expected).for_each(|(a, b)| assert!((a - b).abs() < 1e-12, "{a} {b}"));
    Ok(())
}

/// Equal logits of k classes lose ln k; a logit that is ahead by d of one other loses ln(1 + e^−d), and d more if wrong.
#[test]
fn cross_entropy_of_known_rows() -> Result<(), Error> {
    let session = Evaluator::new();
    let loss = |logits: Vec<f64>, label: Vec<i64>| {
        let n = logits.len();
        let logits = session.input(Party(0), [1, n], || Ok(HostTensor::fxp([1, n], logits)))?;
        let label = session.input(Party(1), [1, n], || Ok(HostTensor::int([1, n], label)))?;
        Ok::<f64, Error>(cross_entropy::run(&session, &logits, &label)?.item())
    };
    assert!((loss(vec![2.0; 10], vec![0, 0, 0, 1, 0, 0, 0, 0, 0, 0])? - 10f64.ln()).abs() < 1e-12);
    let ahead = (-3f64).exp().ln_1p();
    assert!((loss(vec![4.0, 1.0], vec![1, 0])? - ahead).abs() < 1e-12);
    assert!((loss(vec![4.0, 1.0], vec![0, 1])? - ahead - 3.0).abs() < 1e-12);
    Ok(())
}

#[test]
fn ties_for_the_maximum_are_wrong() -> Result<(), Error> {
    let session = Evaluator::new();
    let cases: [([f64; 3], usize, f64); 8] = [
        ([0.1, 0.7, 0.2], 1, 1.0),
        ([0.1, 0.7, 0.2], 0, 0.0),
        ([0.1, 0.7, 0.2], 2, 0.0),
        ([-5.0, -9.0, -7.0], 0, 1.0),
        ([0.7, 0.7, 0.2], 0, 0.0),
        ([0.7, 0.7, 0.2], 1, 0.0),
        ([0.7, 0.7, 0.2], 2, 0.0),
        ([0.0, 0.0, 0.0], 1, 0.0),
    ];
    let row = |label: usize| (0..3).map(move |class| i64::from(class == label));
    let count = |cases: &[([f64; 3], usize, f64)]| {
        let shape = [cases.len(), 3];
        let logits = cases.iter().flat_map(|case| case.0).collect();
        let labels = cases.iter().flat_map(|case| row(case.1)).collect();
        let logits = session.input(Party(0), shape, || Ok(HostTensor::fxp(shape, logits)))?;
        let labels = session.input(Party(1), shape, || Ok(HostTensor::int(shape, labels)))?;
        Ok::<f64, Error>(correct::run(&session, &logits, &labels)?.item())
    };
    for case in &cases {
        assert_eq!(count(std::slice::from_ref(case))?, case.2, "{case:?}");
    }
    assert_eq!(count(&cases)?, 2.0);
    Ok(())
}

/// Labels for another number of classes are the author's error, at the line of the product.
#[test]
fn labels_of_another_width_are_refused() -> Result<(), Error> {
    let error = cross_entropy::program([4, 10], [4, 9]).unwrap_err();
    assert!(matches!(error, Error::Program(_)));
    assert!(error.to_string().contains("[4, 9]") && error.to_string().contains("[4, 10]"), "{error}");
    assert!(log_sum_exp::program(spu::Shape::SCALAR).is_err());
    Ok(())
}
