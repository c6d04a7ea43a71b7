//! A layer against a reference: its values, and its derivatives against central differences of the reference.

use spu::{Fxp, HostOf, HostTensor, LeavesAre, Secret, ShapeOf, Tensor, Tree, evaluate, value_and_grad};
use spu_nn::init::Draws;
use spu_nn::layers::{Layer, State, Weights};

pub(crate) type Secrets = Tensor<Secret, Fxp>;

/// Which function of a layer is looked at.
#[derive(Clone, Copy)]
pub(crate) enum Pass {
    Train,
    Infer,
}

impl Pass {
    fn run<L: Layer>(self, layer: L, weights: Weights<L>, state: State<L>, x: Secrets) -> Secrets {
        match self {
            Self::Train => layer.train(weights, state, x).0,
            Self::Infer => layer.infer(weights, state, x),
        }
    }
}

/// Normal numbers at every leaf.
pub(crate) fn random<T: Tree + LeavesAre<Secrets>>(shape: ShapeOf<T>, draws: &mut Draws) -> HostOf<T> {
    HostOf::of(|| shape.graft().map(|leaf| Tensor::with_data(draws.normal(leaf.shape(), 0.7)))).unwrap()
}

/// Positive numbers at every leaf: statistics.
pub(crate) fn positive<T: Tree + LeavesAre<Secrets>>(shape: ShapeOf<T>, draws: &mut Draws) -> HostOf<T> {
    let positive = |leaf: Secrets| {
        let values = draws.normal(leaf.shape(), 0.7).elements.to_f64().iter().map(|x| 0.5 + x * x).collect();
        Tensor::with_data(HostTensor::fxp(leaf.shape(), values))
    };
    HostOf::of(|| shape.graft().map(positive)).unwrap()
}

pub(crate) fn numbers<T>(host: HostOf<T>) -> Vec<Vec<f64>> {
    host.into_leaves().into_iter().map(|leaf| leaf.elements.to_f64()).collect()
}

/// `reference` is given the leaves of the weights and then those of the state, and x.
#[track_caller]
pub(crate) fn check<L: Layer>(
    layer: L,
    pass: Pass,
    shape: &[usize],
    reference: impl Fn(&[Vec<f64>], &[f64]) -> Vec<f64>,
) {
    let draws = &mut Draws::seeded(17);
    let (weights, state) = (random(layer.shape(), draws), positive(layer.state_shape(), draws));
    let x = draws.normal(shape, 1.0);
    let kept = numbers(state.clone());
    let exact = |variables: &[Vec<f64>]| {
        let (x, weights) = variables.split_last().unwrap();
        reference(&[weights, &kept].concat(), x)
    };
    let mut variables = [numbers(weights.clone()), vec![x.elements.to_f64()]].concat();

    let arguments = (weights, state, x);
    let found = evaluate(arguments.clone(), |(w, s, x)| pass.run(layer, w, s, x)).unwrap();
    let expected = exact(&variables);
    assert_close(&found.values(), &expected, 1e-10);

    let factors = draws.normal(found.shape().extents(), 1.0);
    let derivative = evaluate(arguments, |(w, s, x): (Weights<L>, State<L>, Secrets)| {
        let factors = Tensor::<_, Fxp>::constant(factors.clone());
        value_and_grad((w, x), |(w, x)| (pass.run(layer, w, s, x) * factors).sum_all()).1
    });
    let derivative = numbers(derivative.unwrap());
    let factors = factors.elements.to_f64();
    let mut value = |leaf: usize, i: usize, step: f64| {
        let before = std::mem::replace(&mut variables[leaf][i], 0.0);
        variables[leaf][i] = before + step;
        let value: f64 = exact(&variables).iter().zip(&factors).map(|(y, c)| y * c).sum();
        variables[leaf][i] = before;
        value
    };
    for (leaf, derivative) in derivative.iter().enumerate() {
        let difference = |i| (value(leaf, i, STEP) - value(leaf, i, -STEP)) / (2.0 * STEP);
        let expected: Vec<f64> = (0..derivative.len()).map(difference).collect();
        assert_close(derivative, &expected, 1e-6);
    }
}

/// Central differences err by the third derivative times the square of this, and by rounding divided by it: 10⁻¹⁰ each.
const STEP: f64 = 1e-5;

/// Equal within a bound, absolute below 1 and relative above.
#[track_caller]
pub(crate) fn assert_close(found: &[f64], expected: &[f64], within: f64) {
    assert_eq!(found.len(), expected.len());
    for (i, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= within * b.abs().max(1.0), "[{i}]: {a}, expected {b}");
    }
}
