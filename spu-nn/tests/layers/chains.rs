//! Layers one after another.

use spu::{evaluate, value_and_grad_aux};
use spu_nn::init::Draws;
use spu_nn::layers::{BatchNorm, Dense, Layer, Relu, Residual, State, Weights};

use super::check::Pass::{Infer, Train};
use super::check::{Secrets, assert_close, check, numbers, positive, random};
use super::reference::{dense, moments, relu};

#[test]
fn tuples_arrays_and_tuples_of_tuples() {
    let two = |w: &[Vec<f64>], x: &[f64]| {
        let hidden = relu(dense(x, &w[0], &w[1], 3));
        relu(dense(&hidden, &w[2], &w[3], 3))
    };
    let layer = (Dense::new(3, 3), Relu);
    check((layer.0, layer.1, layer.0, layer.1), Infer, &[4, 3], two);
    check((layer, layer), Train, &[4, 3], two);
    check([layer; 2], Infer, &[4, 3], two);
    check([layer; 2], Train, &[4, 3], two);
    check((), Infer, &[2], |_, x| x.to_vec());
    check(Residual(layer), Infer, &[4, 3], |w, x| {
        relu(dense(x, &w[0], &w[1], 3)).iter().zip(x).map(|(y, x)| x + y).collect()
    });
}

#[test]
fn sixteen_layers() {
    let network =
        (Relu, Relu, Relu, Relu, Relu, Relu, Relu, Relu, Relu, Relu, Relu, Relu, Relu, Relu, Relu, Dense::new(2, 2));
    check(network, Infer, &[3, 2], |w, x| dense(&relu(x.to_vec()), &w[0], &w[1], 2));
    assert_eq!(network.initial(&mut Draws::seeded(1)).unwrap().named()[1].0, "15.bias");
}

type Normed = (Dense, BatchNorm, [(Dense, BatchNorm); 2]);

fn normed() -> Normed {
    let norm = BatchNorm::new(2).momentum(0.5);
    (Dense::new(3, 2), norm, [(Dense::new(2, 2), norm); 2])
}

/// Each normalization's new statistics are halfway to the moments of what it was given, in its own place.
#[test]
fn states_go_to_their_layers() {
    let draws = &mut Draws::seeded(9);
    let network = normed();
    let (weights, state) = (random(network.shape(), draws), positive(network.state_shape(), draws));
    let x = draws.normal([6, 3], 1.0);
    let names: Vec<String> = state.clone().named().into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names.join(" "),
        "1.running_mean 1.running_var 2.0.1.running_mean 2.0.1.running_var 2.1.1.running_mean 2.1.1.running_var"
    );

    let (w, before) = (numbers(weights.clone()), numbers(state.clone()));
    let mut expected = Vec::new();
    let mut rows = x.elements.to_f64();
    let mut inputs = 3;
    for layer in 0..3 {
        let [weight, bias, scale, shift] = [0, 1, 2, 3].map(|i| &w[4 * layer + i]);
        rows = dense(&rows, weight, bias, inputs);
        inputs = 2;
        let of_feature = [0, 1].map(|i| moments(&rows.iter().skip(i).step_by(2).copied().collect::<Vec<_>>()));
        expected.push([0, 1].map(|i| (before[2 * layer][i] + of_feature[i].0) / 2.0));
        expected.push([0, 1].map(|i| (before[2 * layer + 1][i] + of_feature[i].1) / 2.0));
        let normal = |(i, x): (usize, &f64)| {
            let (mean, variance) = of_feature[i % 2];
            (x - mean) / (variance + 1e-5).sqrt() * scale[i % 2] + shift[i % 2]
        };
        rows = rows.iter().enumerate().map(normal).collect();
    }

    let found = evaluate((weights, state, x), |(w, s, x): (Weights<Normed>, State<Normed>, Secrets)| {
        let ((loss, state), gradient) = value_and_grad_aux(w, |w| {
            let (y, state) = network.train(w, s, x);
            (y.sum_all(), state)
        });
        (state, loss, gradient)
    });
    let (state, loss, _) = found.unwrap().split();
    assert_close(&numbers(state).concat(), expected.as_flattened(), 1e-10);
    assert_close(&loss.values(), &[rows.iter().sum()], 1e-10);
}
