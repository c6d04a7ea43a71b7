//! Reductions, the softmax family and windows: what the parties and the oracle compute is what real numbers give, at the
//! documented cost.

#![allow(clippy::type_complexity, reason = "a traced function names what it returns")]

use spu::prelude::*;
use spu::{Cost, Evaluator, ExecutorExt, Tree, Window, keepdims};

#[spu_fn]
fn reductions(
    x: Tensor<Secret, Fxp>,
    #[fixed] axis: usize,
) -> ([Tensor<Public, Fxp>; 8], [Tensor<Public, Int>; 4], [Tensor<Public, Bool>; 2]) {
    let last = x.shape().rank() - 1;
    let ends = if last > 0 { vec![0, last] } else { vec![0] };
    let reals = [
        x.sum(axis),
        x.mean(keepdims(axis)),
        x.prod(axis),
        x.max(axis),
        x.min(..),
        x.variance(axis),
        x.cumsum(axis),
        x.max(ends),
    ];
    let whole = x.gt(0.0).to_int() * 2 - 1;
    let integers = [x.argmax(axis), x.argmin(axis), whole.prod(axis), x.gt(0.5).cumsum(axis)];
    let truths = [x.gt(0.5).any(axis), x.gt(-0.5).all(axis)];
    (reals.map(Tensor::reveal), integers.map(Tensor::reveal), truths.map(Tensor::reveal))
}

/// Multiples of 1/4 in [−1, 1], with ties.
fn quarters(n: usize) -> Vec<f64> {
    (0..n).map(|i| ((i * 7919 + i / 3) % 9) as f64 / 4.0 - 1.0).collect()
}

fn results<T: Tree>(shared: &Shared<T>) -> Vec<Vec<f64>> {
    let public = |leaf: &spu::executor::Leaf| leaf.value.to_host().expect("it was revealed").elements.to_f64();
    shared.leaves().iter().map(public).collect()
}

fn configurations() -> [Config; 4] {
    [Config::z32(), Config::z64(), Config::z128(), Config { fraction_bits: 40, ..Config::z128() }]
}

/// The largest difference of each result, in units of the format.
fn differences(found: &[Vec<f64>], exact: &[Vec<f64>], fraction_bits: u32) -> Vec<f64> {
    let largest = |(found, exact): (&Vec<f64>, &Vec<f64>)| {
        assert_eq!(found.len(), exact.len());
        let units = found.iter().zip(exact).map(|(a, b)| (a - b).abs() * f64::from(fraction_bits).exp2());
        units.fold(0.0, f64::max)
    };
    found.iter().zip(exact).map(largest).collect()
}

#[test]
fn every_reduction_is_what_real_numbers_give() -> Result<(), Error> {
    fn of(session: &impl ExecutorExt, shape: &[usize], axis: usize) -> Result<Vec<Vec<f64>>, Error> {
        let x = session.input(Party(0), spu::Shape::from(shape), || Ok(quarters(shape.iter().product())))?;
        Ok(results(&reductions::run(session, &x, axis)?))
    }
    let shapes: [(&[usize], usize); 5] =
        [(&[3], 0), (&[2, 5], 1), (&[13, 2], 0), (&[4, 1, 3], 1), (&[2, 1, 3, 2, 2], 2)];
    for config in configurations() {
        let (local, plain) = (Session::local(&config)?, Session::plain(&config)?);
        for (shape, axis) in shapes {
            let exact = of(&Evaluator::new(), shape, axis)?;
            for found in [of(&local, shape, axis)?, of(&plain, shape, axis)?] {
                let off = differences(&found, &exact, config.fraction_bits);
                // Sums, extrema and positions are exact. A mean errs by the public factor and a truncation; a product by one
                // truncation of each of its factors, all at most 1; a variance by what its distances and its own mean err.
                let bounds = [0.0, 4.0, 13.0, 0.0, 0.0, 12.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
                assert!(off.iter().zip(bounds).all(|(off, bound)| *off <= bound), "{shape:?} {config:?}: {off:?}");
            }
        }
    }
    Ok(())
}

#[spu_fn]
fn without_elements(x: Tensor<Secret, Fxp>) -> (Tensor<Public, Fxp>, Tensor<Public, Bool>, Tensor<Public, Bool>) {
    (x.prod(1).reveal(), x.gt(0.0).any(1).reveal(), x.gt(0.0).all(1).reveal())
}

#[test]
fn reductions_of_no_elements_give_their_neutral_element() -> Result<(), Error> {
    fn of(session: &impl ExecutorExt, shape: [usize; 2]) -> Result<Vec<Vec<f64>>, Error> {
        let x = session.input(Party(0), shape, || Ok(Vec::<f64>::new()))?;
        Ok(results(&without_elements::run(session, &x)?))
    }
    for session in [Session::local(&Config::default())?, Session::plain(&Config::default())?] {
        assert_eq!(of(&session, [2, 0])?, [[1.0, 1.0], [0.0, 0.0], [1.0, 1.0]]);
        assert_eq!(of(&session, [0, 2])?, [[0.0; 0], [0.0; 0], [0.0; 0]]);
    }
    assert_eq!(of(&Evaluator::new(), [2, 0])?, [[1.0, 1.0], [0.0, 0.0], [1.0, 1.0]]);
    Ok(())
}

#[spu_fn]
fn family(x: Tensor<Secret, Fxp>) -> [Tensor<Public, Fxp>; 3] {
    [x.softmax(1), x.log_softmax(1), x.logsumexp(1)].map(Tensor::reveal)
}

/// Rows of `n` in [−6, 6]; in every second row, the last element is masked by `mask`.
fn rows(n: usize, count: usize, mask: f64) -> Vec<f64> {
    let element = |i: usize| match (i % n, i / n) {
        (place, row) if place == n - 1 && row % 2 == 1 && n > 1 => mask,
        _ => ((i * 7919 + i * i) % 4001) as f64 / 4001.0 * 12.0 - 6.0,
    };
    (0..n * count).map(element).collect()
}

/// Rows of other lengths than the documentation's table has.
#[test]
fn softmax_sums_to_one_and_masks_give_zero() -> Result<(), Error> {
    for config in configurations() {
        let (local, real) = (Session::local(&config)?, Evaluator::new());
        let ulp = 0.5f64.powi(config.fraction_bits as i32);
        // With 40 fraction bits an `f64` tells no unit of larger numbers.
        let mask = if config.ring_bits == 64 { -1e9 } else { -4096.0 };
        let count = if config.ring_bits == 64 { 400 } else { 100 };
        for n in [1, 2, 10, 16, 17, 100] {
            let input = rows(n, count, mask);
            let x = local.input(Party(0), [count, n], || Ok(input.clone()))?;
            let found = results(&family::run(&local, &x)?);
            let x = real.input(Party(0), [count, n], || Ok(input.clone()))?;
            let exact = results(&family::run(&real, &x)?);
            for (row, x) in found[0].chunks_exact(n).zip(input.chunks_exact(n)) {
                let off = (row.iter().sum::<f64>() - 1.0).abs() / ulp;
                assert!(off <= n as f64 + 2.0, "a row of {n} is {off} units off 1 in {config:?}");
                assert!(row.iter().zip(x).all(|(y, &x)| (0.0..=1.0).contains(y) && (x > mask || *y == 0.0)));
            }
            let off = differences(&found, &exact, config.fraction_bits);
            // exp errs by 1.3 units, and log as its spline does.
            let n = n as f64;
            assert!(off[0] <= n + 6.0 && off[1] <= n + 8.0 && off[2] <= n + 8.0, "{n}: {off:?} in {config:?}");
        }
    }
    Ok(())
}

fn window(case: usize) -> Window {
    match case {
        0 => Window::tiles([2, 2]),
        1 => Window::sliding([3, 3]).strides([2, 1]).padding([(1, 1), (0, 2)]),
        2 => Window::sliding([2, 3]).dilations([2, 1]).strides([1, 2]),
        _ => Window::sliding([4, 4]).padding([(0, 3), (3, 0)]),
    }
}

#[spu_fn]
fn pooled(x: Tensor<Secret, Fxp>, w: Tensor<Secret, Fxp>, #[fixed] case: usize) -> [Tensor<Public, Fxp>; 5] {
    let (value, gradient) = value_and_grad(x, |x| (x.max_pool(window(case)) * w).sum_all());
    let (_, mean) = value_and_grad(x, |x| (x.avg_pool(window(case)) * w).sum_all());
    [value, gradient, mean, x.max_pool(window(case)), x.avg_pool(window(case))].map(Tensor::reveal)
}

/// Max and average pooling of x[2, 5, 6, 3] and their gradients for weights w, by loops.
fn pooled_by_loops(x: &[f64], w: &[f64], window: &Window) -> [Vec<f64>; 5] {
    let [n, h, v, c] = [2usize, 5, 6, 3];
    let (mut most, mut mean) = (Vec::new(), Vec::new());
    let (mut gradient, mut mean_gradient) = (vec![0.0; x.len()], vec![0.0; x.len()]);
    let count = |axis: usize, extent: usize| {
        let covered = (window.sizes[axis] - 1) * window.dilations[axis] + 1;
        (extent + window.low[axis] + window.high[axis] - covered) / window.strides[axis] + 1
    };
    for b in 0..n {
        for (i, j) in (0..count(0, h)).flat_map(|i| (0..count(1, v)).map(move |j| (i, j))) {
            for k in 0..c {
                let weight = w[most.len()];
                let (mut best, mut sum) = (None::<usize>, 0.0);
                for (p, q) in (0..window.sizes[0]).flat_map(|p| (0..window.sizes[1]).map(move |q| (p, q))) {
                    let row = (i * window.strides[0] + p * window.dilations[0]).wrapping_sub(window.low[0]);
                    let column = (j * window.strides[1] + q * window.dilations[1]).wrapping_sub(window.low[1]);
                    if row < h && column < v {
                        let at = ((b * h + row) * v + column) * c + k;
                        sum += x[at];
                        mean_gradient[at] += weight / window.elements() as f64;
                        best = best.filter(|&best| x[best] >= x[at]).or(Some(at));
                    }
                }
                let best = best.expect("no window is empty");
                gradient[best] += weight;
                most.push(x[best]);
                mean.push(sum / window.elements() as f64);
            }
        }
    }
    let value = most.iter().zip(w).map(|(x, w)| x * w).sum();
    [vec![value], gradient, mean_gradient, most, mean]
}

#[test]
fn pooling_is_what_loops_find() -> Result<(), Error> {
    fn of(session: &impl ExecutorExt, x: &[f64], w: &[f64], case: usize) -> Result<Vec<Vec<f64>>, Error> {
        let shape = window(case).counts(&[5, 6].into()).expect("the window fits");
        let shape = [2, shape.extents()[0], shape.extents()[1], 3];
        let x = session.input(Party(0), [2, 5, 6, 3], || Ok(x.to_vec()))?;
        let w = session.input(Party(1), shape, || Ok(w.to_vec()))?;
        Ok(results(&pooled::run(session, &x, &w, case)?))
    }
    let (local, plain) = (Session::local(&Config::default())?, Session::plain(&Config::default())?);
    for case in 0..4 {
        let x = quarters(180);
        let outputs = 6 * window(case).counts(&[5, 6].into()).expect("the window fits").elements();
        let w: Vec<f64> = (0..outputs).map(|i| ((i * 13) % 17) as f64 / 8.0 - 1.0).collect();
        let exact = pooled_by_loops(&x, &w, &window(case));
        let real = differences(&of(&Evaluator::new(), &x, &w, case)?, &exact, 18);
        assert!(real.iter().all(|off| *off < 1e-6), "{case}: {real:?}");
        for found in [of(&local, &x, &w, case)?, of(&plain, &x, &w, case)?] {
            let off = differences(&found, &exact, 18);
            // All are products of few fraction bits; the mean of nine alone has a rounded factor.
            assert!(
                off.iter().zip([0.0, 0.0, 9.0, 0.0, 9.0]).all(|(off, bound)| *off <= 1.0 + bound),
                "{case}: {off:?}"
            );
            assert_eq!(off[3], 0.0);
        }
    }
    Ok(())
}

#[spu_fn]
fn position(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Int> {
    x.argmax(1)
}

#[spu_fn]
fn largest(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x.max(1)
}

#[spu_fn]
fn largest_with_place(x: Tensor<Secret, Fxp>) -> (Tensor<Secret, Fxp>, Tensor<Secret, Fxp>) {
    value_and_grad(x, |x| x.max(1).sum_all())
}

#[spu_fn]
fn pool(x: Tensor<Secret, Fxp>) -> (Tensor<Secret, Fxp>, Tensor<Secret, Fxp>) {
    value_and_grad(x, |x| x.max_pool(Window::tiles([2, 2])).sum_all())
}

#[spu_fn]
fn some(x: Tensor<Secret, Bool>) -> Tensor<Secret, Bool> {
    x.any(1)
}

#[spu_fn]
fn every(x: Tensor<Secret, Bool>) -> Tensor<Secret, Bool> {
    x.all(1)
}

#[spu_fn]
fn running(x: Tensor<Secret, Fxp>) -> (Tensor<Secret, Fxp>, Tensor<Secret, Fxp>) {
    (x.cumsum(1), x.reduce_window_sum(Window::sliding([1, 3])))
}

#[spu_fn]
fn normalized(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x.softmax(1)
}

#[spu_fn]
fn powers(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x.assume(..=0.0).exp()
}

/// It has five bits more than the format, which a softmax keeps; as a result it loses them in a truncation of its own.
#[spu_fn]
fn inverse(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x.assume(1.0..=10.0).reciprocal()
}

/// Rounds, and bits a row of 192.
fn price(cost: Cost) -> (u64, f64) {
    (cost.rounds, cost.bytes.iter().sum::<u64>() as f64 * 8.0 / 192.0)
}

#[test]
fn costs_are_as_documented() -> Result<(), Error> {
    let wan = Network::WAN;
    // Of ten columns: 45 signs, products of three and of these, the one-hot opened and dealt as numbers and times values.
    let comparisons = 405.0 * 45.0 + 108.0 + 90.0 + 36.0 + 54.0 + 18.0 + 9.0 * 128.0;
    assert_eq!(price(largest::cost([192, 10], &wan)?), (7, comparisons + 128.0));
    // The maximum and nine of ten one-hot columns are shared again: the gradient needs no comparison of its own.
    assert_eq!(price(largest_with_place::cost([192, 10], &wan)?), (7, comparisons + 10.0 * 128.0));
    let with_index = comparisons + 2.0 * 128.0;
    assert_eq!(price(position::cost([192, 10], &wan)?), (7, with_index));
    // Ten groups of ten, then their maxima with indices that are shared: 64 bits more for nine of them.
    assert_eq!(price(position::cost([192, 100], &wan)?), (13, 11.0 * with_index + 9.0 * 64.0));
    // Of 2 × 2, three times of two: a sign, opened and dealt as a number and times values, and two numbers shared again. The second
    // maximum's codes leave with the first one's results. Back, one of two products of each row of a window is shared again.
    let two = 405.0 + 2.0 + 128.0 + 2.0 * 128.0;
    assert_eq!(price(pool::cost([3, 16, 16, 1], &wan)?), (5 + 4 + 1, 3.0 * two + 2.0 * 192.0));
    // One block of four bits and the top one, opened, dealt and shared again.
    assert_eq!(price(some::cost([192, 16], &wan)?), (3, 210.0));
    assert_eq!(price(every::cost([192, 10], &wan)?), (3, 210.0));
    // A second block, of three bits: its code, and the carry of both, from three bits and a product of two.
    assert_eq!(price(every::cost([192, 100], &wan)?), (4, 210.0 + 7.0 + 6.0 + 1.0));
    assert_eq!(price(running::cost([192, 10], &wan)?), (0, 0.0));
    let softmax = normalized::cost([192, 10], &wan)?;
    // Seven of the maximum, five of exp, seven of the reciprocal and two of the product, less one: codes that leave ahead.
    assert_eq!(softmax.rounds, 20);
    // The parts, and ten products that are truncated by 18 bits and the 5 that the reciprocal has more.
    let parts = [largest::cost([192, 10], &wan)?, powers::cost([192, 10], &wan)?, inverse::cost([192], &wan)?];
    let bits: f64 = parts.into_iter().map(|part| price(part).1).sum();
    assert_eq!(price(softmax).1, bits - (64.0 + 3.0 * 5.0) + 10.0 * (192.0 + 3.0 * 23.0));
    Ok(())
}

#[test]
fn faults_name_the_operation() {
    #[spu_fn]
    fn mean_of_nothing(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
        x.mean(1)
    }
    #[spu_fn]
    fn beyond(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
        x.softmax(7)
    }
    #[spu_fn]
    fn twice(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
        x.max([1, 1])
    }
    #[spu_fn]
    fn padding_alone(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
        x.reduce_window_max(Window::tiles([1, 2]).padding([(0, 0), (2, 0)]))
    }
    let fault = |error: Result<Cost, Error>| error.unwrap_err().to_string();
    assert!(fault(mean_of_nothing::cost([2, 0], &Network::WAN)).contains("cannot take the mean of no elements"));
    assert!(fault(beyond::cost([2, 3], &Network::WAN)).contains("cannot take the softmax over axis 7 of [2, 3]"));
    assert!(fault(twice::cost([2, 3], &Network::WAN)).contains("cannot reduce [2, 3] over axes [1, 1]"));
    let padding = fault(padding_alone::cost([2, 4], &Network::WAN));
    assert!(padding.contains("would lie wholly in the padding") && padding.contains("reductions.rs"), "{padding}");
}
