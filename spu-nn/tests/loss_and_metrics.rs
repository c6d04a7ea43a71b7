//! Loss and accuracy at the places where they could go wrong: far logits, ties, shapes that do not fit.

extern crate spu_tensor as spu;

use spu::{
    Error, Evaluator, ExecutorExt, Fxp, HostTensor, Int, Party, Program, Public, Secret, Shape, Tensor, evaluate,
    spu_fn,
};
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

type Numbers = Tensor<Secret, Fxp>;
type Labels = Tensor<Secret, Int>;

#[spu_fn]
fn of_classes(logits: Numbers, labels: Labels) -> Numbers {
    loss::cross_entropy_of_classes(logits, labels)
}

#[spu_fn]
fn correct_of_classes(logits: Numbers, labels: Labels) -> Tensor<Secret, Int> {
    metrics::count_correct_of_classes(logits, labels)
}

#[spu_fn]
fn confusion_of_classes(logits: Numbers, labels: Labels) -> Tensor<Secret, Int> {
    metrics::confusion_matrix_of_classes(logits, labels)
}

#[spu_fn]
fn binary_cross_entropy(logits: Numbers, labels: Labels) -> Numbers {
    loss::binary_cross_entropy(logits, labels)
}

#[spu_fn]
fn squared(predictions: Numbers, targets: Numbers) -> Numbers {
    loss::mean_squared_error(predictions, targets)
}

#[spu_fn]
fn huber(predictions: Numbers, targets: Numbers) -> Numbers {
    loss::huber(predictions, targets, 1.0)
}

#[spu_fn]
fn confusion(logits: Numbers, labels: Labels) -> Tensor<Secret, Int> {
    metrics::confusion_matrix(logits, labels)
}

#[spu_fn]
fn area(scores: Numbers, labels: Labels) -> Numbers {
    metrics::auc(scores, labels)
}

/// Asserts that the program is refused with this message, at the line of this file where `call` stands.
#[track_caller]
fn refused(program: Result<Program, Error>, message: &str, call: &str) {
    let Err(Error::Program(diagnostic)) = program else { panic!("not the program's error") };
    assert_eq!(diagnostic.message, message);
    let place = diagnostic.labels[0].location;
    assert_eq!(place.file, file!(), "{diagnostic}");
    let line = include_str!("loss_and_metrics.rs").lines().nth(place.line as usize - 1).unwrap();
    assert!(line.contains(call), "{diagnostic}\nis told of {line}");
}

/// The program of predictions and labels of these shapes.
type Traced = fn(Shape, Shape) -> Result<Program, Error>;

/// Of [n, 1] against [n], broadcasting would make [n, n]; of [n, 10] against [n, 1] or [10], a sum over what was stretched.
#[test]
fn labels_that_would_be_stretched_are_refused() {
    let classes: [(Traced, &str); 3] = [
        (|x, y| cross_entropy::program(x, y), "loss::cross_entropy("),
        (|x, y| correct::program(x, y), "metrics::count_correct("),
        (|x, y| confusion::program(x, y), "metrics::confusion_matrix("),
    ];
    for (program, call) in classes {
        for labels in [vec![4, 1], vec![10], vec![1, 10], vec![4, 9], vec![4], vec![]] {
            let labels = Shape::new(labels);
            let message = format!("cannot compare logits [4, 10] with labels {labels}");
            refused(program([4, 10].into(), labels), &message, call);
        }
        assert!(program([4, 10].into(), [4, 10].into()).is_ok());
        refused(program([4, 3].into(), [4, 4].into()), "cannot compare logits [4, 3] with labels [4, 4]", call);
    }
    let elements: [(Traced, [&str; 2], &str); 3] = [
        (|x, y| binary_cross_entropy::program(x, y), ["logits", "labels"], "loss::binary_cross_entropy("),
        (|x, y| squared::program(x, y), ["predictions", "targets"], "loss::mean_squared_error("),
        (|x, y| huber::program(x, y), ["predictions", "targets"], "loss::huber("),
    ];
    for (program, [first, second], call) in elements {
        for (x, y) in [(vec![4, 1], vec![4]), (vec![4], vec![4, 1]), (vec![4], vec![1]), (vec![4, 3], vec![3])] {
            let (x, y) = (Shape::new(x), Shape::new(y));
            let message = format!("cannot compare {first} {x} with {second} {y}");
            refused(program(x, y), &message, call);
        }
        assert!(program([4, 1].into(), [4, 1].into()).is_ok());
        assert!(program(Shape::SCALAR, Shape::SCALAR).is_ok());
    }
    refused(area::program([4], [1]), "cannot compare scores [4] with labels [1]", "metrics::auc(");
    refused(area::program([4], [4, 1]), "cannot compare scores [4] with labels [4, 1]", "metrics::auc(");
    for labels in [vec![4, 1], vec![1], vec![4, 10], vec![]] {
        let labels = || Shape::new(labels.clone());
        let message = format!("cannot compare logits [4, 10] with classes {}: it takes [4]", labels());
        refused(of_classes::program([4, 10], labels()), &message, "loss::cross_entropy_of_classes(");
        refused(correct_of_classes::program([4, 10], labels()), &message, "metrics::count_correct_of_classes(");
        refused(confusion_of_classes::program([4, 10], labels()), &message, "metrics::confusion_matrix_of_classes(");
    }
}

/// What the operations inside refuse is the caller's as well.
#[test]
fn tensors_without_an_axis_of_classes_are_refused_at_the_callers_line() {
    let scalar = || Shape::SCALAR;
    for (program, call) in [
        (log_sum_exp::program(scalar()), "loss::log_sum_exp("),
        (cross_entropy::program(scalar(), scalar()), "loss::cross_entropy("),
        (of_classes::program(scalar(), scalar()), "loss::cross_entropy_of_classes("),
        (correct::program(scalar(), scalar()), "metrics::count_correct("),
        (confusion::program(scalar(), scalar()), "metrics::confusion_matrix("),
        (area::program(scalar(), scalar()), "metrics::auc("),
    ] {
        let message = match &program {
            Err(Error::Program(diagnostic)) => diagnostic.message.clone(),
            _ => panic!("{call} takes a scalar"),
        };
        refused(program, &message, call);
    }
}

/// Labels that are shares of classes: −Σ q·ln p for rows q, and −q·ln σ(z) − (1 − q)·ln(1 − σ(z)).
#[test]
fn labels_may_be_probabilities() -> Result<(), Error> {
    type Pair = (Numbers, Numbers);
    let logits = HostTensor::fxp([1, 2], vec![1.0, -0.5]);
    let labels = HostTensor::fxp([1, 2], vec![0.25, 0.75]);
    let found = evaluate((logits, labels), |(x, q): Pair| loss::cross_entropy(x, q))?.values()[0];
    let p = 1f64.exp() / (1f64.exp() + (-0.5f64).exp());
    assert!((found + 0.25 * p.ln() + 0.75 * (1.0 - p).ln()).abs() < 1e-12, "{found}");
    let found = evaluate((vec![1.5], vec![0.3]), |(z, q): Pair| loss::binary_cross_entropy(z, q))?.values()[0];
    let p = 1.0 / (1.0 + (-1.5f64).exp());
    assert!((found + 0.3 * p.ln() + 0.7 * (1.0 - p).ln()).abs() < 1e-12, "{found}");
    Ok(())
}

#[spu_fn]
fn huber_of(#[fixed] delta: f64, predictions: Numbers) -> Numbers {
    loss::huber(predictions, Tensor::<Public, Fxp>::zeros([2]), delta)
}

#[test]
fn a_delta_that_is_no_distance_is_refused() {
    for delta in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let message = format!("cannot use {delta} as the delta of Huber's loss: it must be positive and finite");
        refused(huber_of::program(delta, [2]), &message, "loss::huber(");
    }
}

/// Rows along several axes are rows all the same.
#[test]
fn rows_of_sequences_are_counted() -> Result<(), Error> {
    let logits = HostTensor::fxp([2, 2, 2], vec![0.5, 0.1, 0.2, 0.9, 0.3, 0.1, 0.0, 1.0]);
    let labels = HostTensor::int([2, 2], vec![0, 0, 1, 1]);
    let (confusions, correct) = evaluate((logits, labels), |(x, y): (Numbers, Labels)| {
        (metrics::confusion_matrix_of_classes(x, y), metrics::count_correct_of_classes(x, y))
    })?
    .split();
    assert_eq!(confusions.values(), [1.0, 1.0, 1.0, 1.0]);
    assert_eq!(correct.values(), [2.0]);
    Ok(())
}

/// Of equal largest logits the first is the class that a row is taken for.
#[test]
fn confusions_of_ties() -> Result<(), Error> {
    let rows: [([f64; 3], usize); 6] = [
        ([0.7, 0.7, 0.2], 1),
        ([0.2, 0.7, 0.7], 2),
        ([0.7, 0.2, 0.7], 0),
        ([-1.0, -1.0, -1.0], 2),
        ([0.0, 0.0, 0.5], 0),
        ([0.0, 0.5, 0.5], 1),
    ];
    let mut expected = vec![0.0; 9];
    for (logits, label) in &rows {
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        expected[3 * label + logits.iter().position(|x| *x == largest).unwrap()] += 1.0;
    }
    let logits = HostTensor::fxp([6, 3], rows.iter().flat_map(|row| row.0).collect());
    let labels = HostTensor::int([6, 3], rows.iter().flat_map(|row| (0..3).map(|i| i64::from(i == row.1))).collect());
    let counts = evaluate((logits, labels), |(x, y): (Numbers, Labels)| metrics::confusion_matrix(x, y))?;
    assert_eq!(counts.values(), expected);
    Ok(())
}
