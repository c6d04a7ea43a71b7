//! What is added to a product, compared with it or chosen beside it: right on the whole range that the documentation gives.

use spu::prelude::*;

/// Fraction bits, and what the operands that nobody bounded are below: in sums, in comparisons.
const FORMATS: [(u32, u32); 4] = [(32, 8), (64, 18), (128, 26), (128, 40)];

fn session(plain: bool, (ring_bits, fraction_bits): (u32, u32)) -> Session {
    let config =
        Config { ring_bits, fraction_bits, insecure_seed: Some(1), range_warnings: false, ..Config::default() };
    if plain { Session::plain(&config).unwrap() } else { Session::local(&config).unwrap() }
}

type X = Tensor<Secret, Fxp>;
type Truth = Tensor<Secret, Bool>;
type Compared = (Truth, Truth, Truth, Truth, Truth);
type Chosen = (X, X, X, X, X, X);

#[spu_fn]
fn sums(x: X, y: X, z: X) -> (X, X, X, X) {
    (x * y + z, z - x * y, 0.1 * x + z, z - x * 0.001)
}

#[spu_fn]
fn far(x: X, z: X) -> (X, X, X) {
    (0.1 * x + z, z - x * 0.001, x * (1.0 / 256.0) + 0.1 * x + z)
}

#[spu_fn]
fn orders(x: X, y: X, z: X, truth: Truth) -> (Compared, Chosen) {
    let compared = ((x * y).lt(z), (x * y).ge(z), (0.1 * x).gt(z), z.lt(x * (1.0 / 256.0)), (x * y).equal(z));
    let chosen = (
        (x * y).maximum(z),
        z.minimum(0.1 * x),
        select(truth, 0.1 * x, z),
        select(truth, z, x * (1.0 / 256.0)),
        z.clamp(0.1 * x, x * y),
        (0.1 * x).clamp(-1.0, z.abs()),
    );
    (compared, chosen)
}

/// Values near both ends of a range, and the signs of both.
fn ends(most: f64) -> Vec<f64> {
    [0.5, 0.75, 0.99].iter().flat_map(|part| [part * most, -part * most]).collect()
}

fn assert_near(found: &[f64], expected: impl Iterator<Item = f64>, slack: f64, what: &str) {
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        // The host's `f64` has 53 bits.
        let slack = slack + expected.abs() * 2f64.powi(-50);
        assert!((found - expected).abs() <= slack, "{what}, element {i}: {found} in place of {expected}");
    }
}

/// A product is summed with at most 2f + 1 fraction bits as long as nothing is known of what is added: what is added lies below 2^(K − 3 − 2f).
#[test]
fn what_is_added_to_a_product_has_the_room_of_products() {
    for format in FORMATS {
        for plain in [true, false] {
            let session = session(plain, format);
            let (bits, f) = (format.0 as i32, format.1 as i32);
            let unit = 2f64.powi(-f);
            let z = ends(2f64.powi(bits - 3 - 2 * f) - 4.0);
            let (x, y) = (vec![1.25; z.len()], vec![0.5; z.len()]);
            let n = z.len();
            let input = |v: &Vec<f64>| session.input::<X, _>(Party(0), [n], || Ok(v.clone())).unwrap();
            let found = sums::run(&session, &input(&x), &input(&y), &input(&z)).unwrap();
            let found = session.reveal(&found).unwrap().split();
            let name = format!("{format:?} plain {plain}");
            assert_near(&found.0.values(), z.iter().map(|z| z + 0.625), 2.0 * unit, &name);
            assert_near(&found.1.values(), z.iter().map(|z| z - 0.625), 2.0 * unit, &name);
            assert_near(&found.2.values(), z.iter().map(|z| z + 0.125), 2.0 * unit, &name);
            assert_near(&found.3.values(), z.iter().map(|z| z - 0.00125), 2.0 * unit, &name);
            session.close().unwrap();
        }
    }
}

/// With a constant factor whose product has more bits than that the product is truncated first: what is added is any number of the format.
#[test]
fn what_is_added_to_a_small_multiple_may_be_anything() {
    for format in FORMATS {
        for plain in [true, false] {
            let session = session(plain, format);
            let (bits, f) = (format.0 as i32, format.1 as i32);
            let unit = 2f64.powi(-f);
            let z = ends(2f64.powi(bits - 2 - f) / 256.0 - 4.0);
            let n = z.len();
            let input = |v: &Vec<f64>| session.input::<X, _>(Party(0), [n], || Ok(v.clone())).unwrap();
            let found = far::run(&session, &input(&vec![1.25; n]), &input(&z)).unwrap();
            let found = session.reveal(&found).unwrap().split();
            let name = format!("{format:?} plain {plain}");
            assert_near(&found.0.values(), z.iter().map(|z| z + 0.125), 2.0 * unit, &name);
            assert_near(&found.1.values(), z.iter().map(|z| z - 0.00125), 2.0 * unit, &name);
            assert_near(&found.2.values(), z.iter().map(|z| z + 0.125 + 1.25 / 256.0), 4.0 * unit, &name);
            session.close().unwrap();
        }
    }
}

/// Comparisons, extrema and choices are right for every number of the safe range beside a product.
#[test]
fn comparisons_with_products_hold_on_the_whole_range() {
    for format in FORMATS {
        for plain in [true, false] {
            let session = session(plain, format);
            let (bits, f) = (format.0 as i32, format.1 as i32);
            let unit = 2f64.powi(-f);
            let mut z = ends(2f64.powi(bits - 2 - f) - 4.0);
            z.extend([1.0, -1.0, 0.25]);
            let n = z.len();
            let truth: Vec<bool> = (0..n).map(|i| i % 2 == 0).collect();
            let input = |v: &Vec<f64>| session.input::<X, _>(Party(0), [n], || Ok(v.clone())).unwrap();
            let (x, y) = (input(&vec![1.25; n]), input(&vec![0.5; n]));
            let shared_truth = session.input(Party(1), [n], || Ok(truth.clone())).unwrap();
            let found = orders::run(&session, &x, &y, &input(&z), &shared_truth).unwrap();
            let (compared, chosen) = session.reveal(&found).unwrap().split();
            let compared = compared.split();
            let compared = [compared.0, compared.1, compared.2, compared.3, compared.4].map(|truth| truth.values());
            let chosen = chosen.split();
            let chosen = [chosen.0, chosen.1, chosen.2, chosen.3, chosen.4, chosen.5].map(|chosen| chosen.values());
            let name = |what: &str| format!("{what} in {format:?}, plain {plain}");
            let holds: [fn(f64) -> bool; 5] =
                [|z| 0.625 < z, |z| 0.625 >= z, |z| 0.125 > z, |z| z < 1.25 / 256.0, |_| false];
            for (i, (compared, holds)) in compared.iter().zip(holds).enumerate() {
                let expected: Vec<f64> = z.iter().map(|&z| f64::from(u8::from(holds(z)))).collect();
                assert_eq!(*compared, expected, "{}", name(&format!("comparison {i}")));
            }
            let values: [&dyn Fn(usize) -> f64; 6] = [
                &|i| z[i].max(0.625),
                &|i| z[i].min(0.125),
                &|i| if truth[i] { 0.125 } else { z[i] },
                &|i| if truth[i] { z[i] } else { 1.25 / 256.0 },
                &|i| z[i].clamp(0.125, 0.625),
                &|i| z[i].abs().min(0.125),
            ];
            for (i, (chosen, value)) in chosen.iter().zip(values).enumerate() {
                assert_near(chosen, (0..n).map(value), 2.0 * unit, &name(&format!("choice {i}")));
            }
            session.close().unwrap();
        }
    }
}
