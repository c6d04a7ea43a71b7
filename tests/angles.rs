//! Angles by their sine and cosine, and where maxima stand: under ABY3, in every ring.

use spu::prelude::*;
use spu::{Network, Window};

#[spu_fn]
fn angles(x: Tensor<Secret, Fxp>) -> [Tensor<Public, Fxp>; 2] {
    [x.asin().reveal(), x.acos().reveal()]
}

#[spu_fn]
fn asin(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x.asin()
}

#[spu_fn]
fn angle(y: Tensor<Secret, Fxp>, x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    y.atan2(x)
}

#[spu_fn]
fn pooled(x: Tensor<Secret, Fxp>) -> (Tensor<Public, Fxp>, Tensor<Public, Bool>, Tensor<Public, Int>) {
    let (most, place) = x.max_pool_with_one_hot(Window::tiles([2, 2]).padding([(1, 0), (0, 0)]));
    (most.reveal(), place.reveal(), x.argsort_descending(2).reveal())
}

#[spu_fn]
fn pool(x: Tensor<Secret, Fxp>) -> (Tensor<Secret, Fxp>, Tensor<Secret, Bool>) {
    x.max_pool_with_one_hot(Window::tiles([2, 2]))
}

/// Evenly from −1 to 1, the numbers next to the ends, and some beyond, which count as the ends.
fn grid(ulp: f64, points: usize) -> Vec<f64> {
    let even = (0..points).map(|i| 2.0 * i as f64 / (points - 1) as f64 - 1.0);
    let near = (0..64).flat_map(|units| [1.0, -1.0].map(|end| end * (1.0 - f64::from(units) * ulp)));
    let near = near.chain([0.0, ulp, -ulp, 1.0 + ulp, -1.0 - ulp, 1.5, -3.0]);
    even.chain(near).map(|x| (x / ulp).round() * ulp).collect()
}

#[test]
fn sines_and_cosines_have_their_angles() -> Result<(), Error> {
    let z128 = |fraction_bits| Config { fraction_bits, ..Config::z128() };
    for (config, points) in [(Config::z64(), 100_000), (Config::z32(), 20_000), (z128(26), 4000), (z128(40), 1000)] {
        let session = Session::local(&config)?;
        let ulp = (-f64::from(config.fraction_bits)).exp2();
        let x = grid(ulp, points);
        let shared = session.input(Party(0), [x.len()], || Ok(x.clone()))?;
        let results = angles::run(&session, &shared)?;
        let bound = f64::max(10.0 * ulp, 2f64.powi(-35));
        for (i, exact) in [f64::asin as fn(f64) -> f64, f64::acos].into_iter().enumerate() {
            for (x, found) in x.iter().zip(results.part(|parts| parts[i])?.to_host().elements.to_f64()) {
                let exact = exact(x.clamp(-1.0, 1.0));
                let name = ["asin", "acos"][i];
                assert!(
                    (found - exact).abs() <= bound,
                    "{name} {x} is {found}, not {exact}, at {}",
                    config.fraction_bits
                );
                assert!(exact != 0.0 || found == 0.0, "{name} {x} is {found}");
            }
        }
    }
    Ok(())
}

#[test]
fn slopes_are_those_of_the_functions() -> Result<(), Error> {
    let x = vec![-0.9, -0.25, 0.0, 0.5, 0.96];
    type Function = fn(Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp>;
    let functions: [(Function, f64); 2] = [(Tensor::asin, 1.0), (Tensor::acos, -1.0)];
    for (function, sign) in functions {
        let slopes = |x: Tensor<Secret, Fxp>| value_and_grad(x, |x| function(x).sum_all()).1;
        for (x, slope) in x.iter().zip(spu::evaluate(x.clone(), slopes)?.values()) {
            let exact = sign / (1.0 - x * x).sqrt();
            assert!((slope - exact).abs() < 1e-9, "{slope} and {exact} at {x}");
        }
    }
    Ok(())
}

/// Rounds, and bits of all parties an element of the result.
fn price(cost: spu::Cost, elements: usize) -> (u64, f64) {
    (cost.rounds, 8.0 * cost.bytes.iter().sum::<u64>() as f64 / elements as f64)
}

#[test]
fn costs_are_those_of_the_parts() -> Result<(), Error> {
    #[spu_fn]
    fn root(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
        (x * x * 262_144.0).sqrt()
    }
    let (wan, n) = (Network::WAN, 12_288);
    let (root, angle) = (price(root::cost([n], &wan)?, n), price(angle::cost([n], [n], &wan)?, n));
    let all = price(asin::cost([n], &wan)?, n);
    // Divided by a power of two the root has nine bits more, which the angle does not take.
    assert_eq!(all, (60, root.1 + 64.0 + 3.0 * 9.0 + angle.1));
    // Six pairs of 2 × 2, each a sign that is opened; three products of three of them, each with four dealt; these opened and dealt as numbers and times
    // values; and the maximum and three of four places shared again.
    let pooled = 6.0 * (405.0 + 2.0) + 3.0 * 4.0 + 3.0 * (2.0 + 128.0) + 4.0 * 128.0;
    assert_eq!(price(pool::cost([3, 128, 128, 1], &wan)?, 3 * 64 * 64), (6, pooled));
    Ok(())
}

#[test]
fn maxima_know_where_they_stood() -> Result<(), Error> {
    // Ties in most windows.
    let x: Vec<f64> = (0..2 * 5 * 6 * 3).map(|i| f64::from(i * i * 7 % 11 % 4) - 1.0).collect();
    let at = |n: usize, i: usize, j: usize, c: usize| x[((n * 5 + i) * 6 + j) * 3 + c];
    for config in [Config::z64(), Config::z32(), Config::z128()] {
        let session = Session::local(&config)?;
        let shared = session.input(Party(0), [2, 5, 6, 3], || Ok(x.clone()))?;
        let (most, place, order) = pooled::run(&session, &shared)?.split();
        let [most, place, order] =
            [most.to_host().elements, place.to_host().elements, order.to_host().elements].map(|x| x.to_f64());
        assert_eq!((most.len(), place.len()), (2 * 3 * 3 * 3, 2 * 3 * 3 * 3 * 4));
        for (w, (most, place)) in most.iter().zip(place.chunks(4)).enumerate() {
            let (n, i, j, c) = (w / 27, w / 9 % 3, w / 3 % 3, w % 3);
            // Rows 2i − 1 and 2i: of the first window the upper one lies in the padding, and the others move up.
            let rows: Vec<usize> = (2 * i..2 * i + 2).filter_map(|row| row.checked_sub(1)).collect();
            let window: Vec<f64> = rows.iter().flat_map(|&row| [0, 1].map(|k| at(n, row, 2 * j + k, c))).collect();
            let exact = window.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let first = window.iter().position(|&x| x == exact).unwrap();
            assert_eq!(*most, exact);
            assert!(place.iter().enumerate().all(|(k, &here)| here == f64::from(u8::from(k == first))), "{place:?}");
        }
        for (k, list) in (0..2 * 5 * 3).map(|k| (k, (0..6).map(move |p| ((k / 3) * 6 + p) * 3 + k % 3))) {
            let mut wanted: Vec<usize> = (0..6).collect();
            let values: Vec<f64> = list.clone().map(|i| x[i]).collect();
            // A stable sort.
            wanted.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
            let found: Vec<usize> = list.map(|i| order[i] as usize).collect();
            assert_eq!(found, wanted, "list {k}");
        }
    }
    Ok(())
}
