//! Layers without weights.

use spu_nn::layers::{Gelu, Layer, LeakyRelu, Relu, Sigmoid, Silu, Softmax, Tanh};

use super::check::Pass::{Infer, Train};
use super::check::check;
use super::reference;

/// The normal distribution function: 1/2 and Simpson's rule for its density from 0 on.
fn normal(x: f64) -> f64 {
    let density = |t: f64| (-t * t / 2.0).exp() / std::f64::consts::TAU.sqrt();
    let n = 2000;
    let h = x / n as f64;
    let weight = |i: usize| if i == 0 || i == n { 1.0 } else { 2.0 + 2.0 * (i % 2) as f64 };
    0.5 + h / 3.0 * (0..=n).map(|i| weight(i) * density(i as f64 * h)).sum::<f64>()
}

#[track_caller]
fn of_each(layer: impl Layer, f: impl Fn(f64) -> f64) {
    check(layer, Infer, &[3, 4], |_, x| x.iter().copied().map(&f).collect());
    check(layer, Train, &[7], |_, x| x.iter().copied().map(&f).collect());
}

#[test]
fn functions_of_each_number() {
    of_each(Relu, |x| x.max(0.0));
    of_each(LeakyRelu::new(0.1), |x| if x < 0.0 { 0.1 * x } else { x });
    of_each(Gelu, |x| x * normal(x));
    of_each(Silu, |x| x / (1.0 + (-x).exp()));
    of_each(Tanh, |x| (x.exp() - (-x).exp()) / (x.exp() + (-x).exp()));
    of_each(Sigmoid, |x| 1.0 / (1.0 + (-x).exp()));
}

#[test]
fn softmax_is_of_the_last_axis() {
    check(Softmax, Infer, &[2, 3, 4], |_, x| x.chunks_exact(4).flat_map(reference::softmax).collect());
}
