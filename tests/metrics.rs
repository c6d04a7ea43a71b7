//! Metrics and losses on the fixed-point oracle and under ABY3, against what their definitions say.

use spu::nn::{loss, metrics};
use spu::prelude::*;
use spu::{ExecutorExt, RingConfig, Target, Visibility};

type Vector = Tensor<Secret, Fxp>;
type Labels = Tensor<Secret, Int>;

#[spu_fn]
fn area(scores: Vector, labels: Labels) -> Tensor<Public, Fxp> {
    metrics::auc(scores, labels).reveal()
}

#[spu_fn]
fn confusion(logits: Vector, labels: Labels) -> Tensor<Public, Int> {
    metrics::confusion_matrix(logits, labels).reveal()
}

#[spu_fn]
fn losses(z: Vector, y: Labels, target: Vector) -> ([Tensor<Public, Fxp>; 3], [Vector; 3]) {
    let (a, by_a) = value_and_grad(z, |z| loss::binary_cross_entropy(z, y));
    let (b, by_b) = value_and_grad(z, |z| loss::mean_squared_error(z, target));
    let (c, by_c) = value_and_grad(z, |z| loss::huber(z, target, 1.5));
    ([a.reveal(), b.reveal(), c.reveal()], [by_a, by_b, by_c])
}

#[spu_fn]
fn of_classes(logits: Vector, labels: Labels) -> (Tensor<Public, Fxp>, Vector) {
    let (loss, gradient) = value_and_grad(logits, |logits| loss::cross_entropy_of_classes(logits, labels));
    (loss.reveal(), gradient)
}

type Measured = ([Tensor<Public, Fxp>; 6], [Tensor<Public, Int>; 4]);

/// Every loss and every metric.
fn measures<V: Visibility>(
    logits: Vector,
    [one_hot, classes]: [Tensor<V, Int>; 2],
    z: Vector,
    (y, target): (Tensor<V, Int>, Tensor<V, Fxp>),
) -> Measured {
    let losses = [
        loss::cross_entropy(logits, one_hot),
        loss::cross_entropy_of_classes(logits, classes),
        loss::binary_cross_entropy(z, y),
        loss::mean_squared_error(z, target),
        loss::huber(z, target, 0.5),
        metrics::auc(z, y),
    ];
    let counts = [
        metrics::count_correct(logits, one_hot),
        metrics::count_correct_of_classes(logits, classes),
        metrics::confusion_matrix(logits, one_hot),
        metrics::confusion_matrix_of_classes(logits, classes),
    ];
    (losses.map(Tensor::reveal), counts.map(Tensor::reveal))
}

#[spu_fn]
fn of_public_labels(
    logits: Vector,
    one_hot: Tensor<Public, Int>,
    classes: Tensor<Public, Int>,
    z: Vector,
    y: Tensor<Public, Int>,
    target: Tensor<Public, Fxp>,
) -> Measured {
    measures(logits, [one_hot, classes], z, (y, target))
}

#[spu_fn]
fn of_secret_labels(
    logits: Vector,
    one_hot: Labels,
    classes: Labels,
    z: Vector,
    y: Labels,
    target: Vector,
) -> Measured {
    measures(logits, [one_hot, classes], z, (y, target))
}

/// All by their definitions, row by row. Some labels are no class; the rows of two of them have no logit and one logit that is not negative.
#[test]
fn labels_may_be_public() -> Result<(), Error> {
    let n = 12;
    let noise = |i: usize| ((i * 37 + 11) % 23) as f64 / 8.0 - 1.375;
    let mut logits: Vec<f64> = (0..3 * n).map(noise).collect();
    logits[..6].copy_from_slice(&[-1.0, -2.0, -0.5, -1.0, 0.5, -3.0]);
    let classes: Vec<i64> = (0..n as i64).map(|i| if i < 2 { 3 - 4 * i } else { i * i % 3 }).collect();
    let (z, target): (Vec<f64>, Vec<f64>) = (0..n).map(|i| (noise(i + 50), noise(2 * i + 7))).unzip();
    let y: Vec<i64> = (0..n as i64).map(|i| i * i % 5 % 2).collect();

    let one_hot: Vec<i64> = classes.iter().flat_map(|&c| (0..3).map(move |j| i64::from(j == c))).collect();
    let mean = |of_row: &dyn Fn(usize) -> f64| (0..n).map(of_row).sum::<f64>() / n as f64;
    let row = |i: usize| &logits[3 * i..3 * i + 3];
    let entropy = mean(&|i| {
        let of_label = row(i).get(classes[i] as usize).unwrap_or(&0.0);
        row(i).iter().map(|x| x.exp()).sum::<f64>().ln() - of_label
    });
    let p = |i: usize| 1.0 / (1.0 + (-z[i]).exp());
    let distance = |i: usize| (z[i] - target[i]).abs();
    let expected = [
        entropy,
        entropy,
        mean(&|i| if y[i] == 1 { -p(i).ln() } else { -(1.0 - p(i)).ln() }),
        mean(&|i| distance(i).powi(2)),
        mean(&|i| if distance(i) <= 0.5 { distance(i).powi(2) / 2.0 } else { 0.5 * (distance(i) - 0.25) }),
        area_by_pairs(&z, &y),
    ];
    let (mut correct, mut confusions) = (0.0, vec![0.0; 9]);
    for i in 0..n {
        let largest = row(i).iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let found = row(i).iter().position(|x| *x == largest).unwrap();
        let ties = row(i).iter().filter(|x| **x == largest).count();
        if (0..3).contains(&classes[i]) {
            confusions[3 * classes[i] as usize + found] += 1.0;
            correct += f64::from(u8::from(found == classes[i] as usize && ties == 1));
        }
    }

    let logits = HostTensor::fxp([n, 3], logits.clone());
    let one_hot = HostTensor::int([n, 3], one_hot);
    for session in [Session::plain(&Config::default())?, Session::local(&Config::default())?] {
        let x = session.input(Party(0), [n, 3], || Ok(logits.clone()))?;
        let scores = session.input(Party(0), [n], || Ok(z.clone()))?;
        let of_secret = of_secret_labels::run(
            &session,
            &x,
            &session.input(Party(1), [n, 3], || Ok(one_hot.clone()))?,
            &session.input(Party(1), [n], || Ok(classes.clone()))?,
            &scores,
            &session.input(Party(1), [n], || Ok(y.clone()))?,
            &session.input(Party(1), [n], || Ok(target.clone()))?,
        )?;
        let of_public = of_public_labels::run(
            &session,
            &x,
            &Shared::public(one_hot.clone()),
            &Shared::public(classes.clone()),
            &scores,
            &Shared::public(y.clone()),
            &Shared::public(target.clone()),
        )?;
        for found in [of_secret, of_public] {
            let (losses, counts) = found.split();
            for (k, wanted) in expected.into_iter().enumerate() {
                let found = losses.part(|losses| losses[k])?.item();
                assert!((found - wanted).abs() < 1e-4, "loss {k} is {found}, not {wanted}");
            }
            let count = |k: usize| Ok::<_, Error>(counts.part(|counts| counts[k])?.to_host().elements.to_f64());
            assert_eq!([count(0)?, count(1)?], [vec![correct], vec![correct]]);
            assert_eq!([count(2)?, count(3)?], [confusions.clone(), confusions.clone()]);
        }
    }
    Ok(())
}

/// Scores with many ties, and labels.
fn rows(n: usize) -> (Vec<f64>, Vec<i64>) {
    let noise = |i: usize| (i.wrapping_mul(2_654_435_761) >> 9) % 97;
    let label = |i: usize| i64::from(noise(i + 1000) % 3 == 0);
    (0..n).map(|i| ((noise(i) % 17) as f64 / 8.0 - 1.0 + 0.25 * label(i) as f64, label(i))).unzip()
}

/// Pair by pair.
fn area_by_pairs(scores: &[f64], labels: &[i64]) -> f64 {
    let of = |wanted: i64| scores.iter().zip(labels).filter(move |(_, y)| **y == wanted).map(|(s, _)| *s);
    let pairs: Vec<f64> = of(1)
        .flat_map(|a| of(0).map(move |b| f64::from(u8::from(a > b)) + 0.5 * f64::from(u8::from(a == b))))
        .collect();
    if pairs.is_empty() { 0.0 } else { pairs.iter().sum::<f64>() / pairs.len() as f64 }
}

/// A quotient errs by 2^−15 of itself and two ulp.
#[test]
fn areas_count_ties_half() -> Result<(), Error> {
    for session in [Session::plain(&Config::default())?, Session::local(&Config::default())?] {
        let (scores, labels) = rows(150);
        let ones = (scores.clone(), vec![1; 150]);
        let equal = (vec![0.5; 150], labels.clone());
        let parted: (Vec<f64>, Vec<i64>) = (labels.iter().map(|&y| -(y as f64)).collect(), labels.clone());
        for (scores, labels) in [(scores, labels), ones, equal, parted] {
            let s = session.input(Party(0), [150], || Ok(scores.clone()))?;
            let y = session.input(Party(1), [150], || Ok(labels.clone()))?;
            let (found, wanted) = (area::run(&session, &s, &y)?.item(), area_by_pairs(&scores, &labels));
            assert!((found - wanted).abs() <= wanted * 2f64.powi(-15) + 2f64.powi(-17), "{found}, not {wanted}");
        }
    }
    Ok(())
}

#[test]
fn an_area_discloses_itself_alone() {
    let reveals = Network::LOCAL.manifest(&area::program([150], [150]).unwrap()).unwrap().reveals;
    assert_eq!(reveals.len(), 1);
}

/// A message of a loss or metric counts for the line that asked for it.
#[test]
fn costs_stand_at_the_callers_lines() -> Result<(), Error> {
    let rows = || [8, 3];
    let costs = [
        area::cost([150], [150], &Network::LOCAL)?,
        confusion::cost(rows(), rows(), &Network::LOCAL)?,
        losses::cost([8], [8], [8], &Network::LOCAL)?,
        of_classes::cost(rows(), [8], &Network::LOCAL)?,
    ];
    for cost in costs {
        assert!(!cost.lines.is_empty());
        for line in cost.lines {
            assert_eq!(line.location.file, file!(), "{}", line.location);
        }
    }
    Ok(())
}

/// Counts of pairs are beyond 2^22, which is all that a number of the ring 2^32 holds: 5000 rows have up to 6.25 million. Its quotients err by 2^−5 of themselves.
#[test]
fn areas_of_many_rows_in_a_small_ring() -> Result<(), Error> {
    for (config, relative) in [(Config::z32(), 2f64.powi(-5)), (Config::z64(), 2f64.powi(-15))] {
        let session = Session::plain(&config)?;
        let (scores, labels) = rows(5000);
        let s = session.input(Party(0), [5000], || Ok(scores.clone()))?;
        let y = session.input(Party(1), [5000], || Ok(labels.clone()))?;
        let (found, wanted) = (area::run(&session, &s, &y)?.item(), area_by_pairs(&scores, &labels));
        assert!((found - wanted).abs() <= wanted * relative, "{found}, not {wanted}");
    }
    Ok(())
}

/// A million rows have 2^38 pairs: numbers of them fit the ring 2^64, and their quotient even by a single unit.
#[test]
fn a_million_rows_are_not_warned_about() -> Result<(), Error> {
    assert_eq!(area::warnings([1 << 20], [1 << 20], &Network::LOCAL)?, []);
    let small = area::warnings([1 << 16], [1 << 16], &Network::LOCAL.with_ring(RingConfig::Z32))?;
    assert!(small.iter().any(|warning| warning.to_string().contains("`reduce_sum` may overflow")), "{small:?}");
    Ok(())
}

#[test]
fn confusions_are_counted() -> Result<(), Error> {
    let session = Session::local(&Config::default())?;
    let (n, classes) = (60, 4);
    let (mut logits, mut labels) = (vec![0.0; n * classes], vec![0; n * classes]);
    let mut counts = vec![0.0; classes * classes];
    for i in 0..n {
        let (is, seems) = (i * 7 % classes, i * i % classes);
        logits.iter_mut().skip(i * classes).take(classes).enumerate().for_each(|(j, x)| *x = (i * j % 5) as f64);
        logits[i * classes + seems] = 9.0;
        labels[i * classes + is] = 1;
        counts[is * classes + seems] += 1.0;
    }
    let x = session.input(Party(0), [n, classes], || Ok(HostTensor::fxp([n, classes], logits)))?;
    let y = session.input(Party(1), [n, classes], || Ok(HostTensor::int([n, classes], labels)))?;
    assert_eq!(confusion::run(&session, &x, &y)?.to_host().elements.to_f64(), counts);
    Ok(())
}

/// Means of n terms that err by a few ulp each; gradients are those of the definitions, times 1/n.
#[test]
fn losses_and_gradients_are_their_definitions() -> Result<(), Error> {
    let session = Session::local(&Config::default())?;
    let n = 40;
    let z: Vec<f64> = (0..n).map(|i| (i as f64 - 20.0) * 0.4 + 0.1).collect();
    let target: Vec<f64> = (0..n).map(|i| (i as f64 * 1.3).sin() * 3.0).collect();
    let y: Vec<i64> = (0..n).map(|i| i64::from(i % 3 == 0)).collect();
    let shared = session.input(Party(0), [n], || Ok(z.clone()))?;
    let labels = session.input(Party(1), [n], || Ok(y.clone()))?;
    let goal = session.input(Party(2), [n], || Ok(target.clone()))?;
    let (values, gradients) = losses::run(&session, &shared, &labels, &goal)?.split();
    let sigmoid = |z: f64| 1.0 / (1.0 + (-z).exp());
    // Loss and derivative of one row.
    let definitions: [&dyn Fn(usize) -> (f64, f64); 3] = [
        &|i| {
            let (p, y) = (sigmoid(z[i]), y[i] as f64);
            (-y * p.ln() - (1.0 - y) * (1.0 - p).ln(), p - y)
        },
        &|i| ((z[i] - target[i]).powi(2), 2.0 * (z[i] - target[i])),
        &|i| match z[i] - target[i] {
            d if d.abs() <= 1.5 => (0.5 * d * d, d),
            d => (1.5 * (d.abs() - 0.75), 1.5 * d.signum()),
        },
    ];
    for (k, definition) in definitions.into_iter().enumerate() {
        let rows: Vec<(f64, f64)> = (0..n).map(definition).collect();
        let mean = rows.iter().map(|row| row.0).sum::<f64>() / n as f64;
        let found = values.part(|values| values[k])?.item();
        assert!((found - mean).abs() < 1e-4, "loss {k} is {found}, not {mean}");
        let found = session.reveal(&gradients.part(|gradients| gradients[k])?)?.values();
        for (i, (found, row)) in found.iter().zip(&rows).enumerate() {
            let wanted = row.1 / n as f64;
            assert!((found - wanted).abs() < 2e-5, "derivative {i} of loss {k} is {found}, not {wanted}");
        }
    }
    Ok(())
}

/// The gradient of a row is (softmax − one-hot)/n; a label outside the classes is one-hot nowhere.
#[test]
fn integer_labels_and_one_that_is_no_class() -> Result<(), Error> {
    let session = Session::local(&Config::default())?;
    let (logits, labels) = (vec![1.0, 2.0, 0.5, -1.0, 0.0, 3.0, 0.2, 0.3, 0.1], vec![1, 0, 3]);
    let x = session.input(Party(0), [3, 3], || Ok(HostTensor::fxp([3, 3], logits.clone())))?;
    let y = session.input(Party(1), [3], || Ok(labels.clone()))?;
    let (loss, gradient) = of_classes::run(&session, &x, &y)?.split();
    let gradient = session.reveal(&gradient)?.values();
    let mut mean = 0.0;
    for (i, &label) in labels.iter().enumerate() {
        let row = &logits[3 * i..3 * i + 3];
        let total: f64 = row.iter().map(|x| x.exp()).sum();
        mean += (total.ln() - row.get(label as usize).unwrap_or(&0.0)) / 3.0;
        for j in 0..3 {
            let wanted = (row[j].exp() / total - f64::from(u8::from(j as i64 == label))) / 3.0;
            assert!((gradient[3 * i + j] - wanted).abs() < 5e-5, "{i} {j}: {} {wanted}", gradient[3 * i + j]);
        }
    }
    assert!((loss.item() - mean).abs() < 1e-4, "{} {mean}", loss.item());
    Ok(())
}
