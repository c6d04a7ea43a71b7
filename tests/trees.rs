//! Trees of tensors, and derivatives with respect to them, against results computed by hand.

use spu::prelude::*;
use spu::{Evaluator, HostTensor};

type Secrets = Tensor<Secret, Fxp>;

#[derive(Clone, Copy, Tree)]
struct Dense {
    weight: Tensor<Secret, Fxp>,
    bias: Tensor<Secret, Fxp>,
}

#[derive(Clone, Copy, Tree)]
struct Mlp {
    hidden: Dense,
    output: Dense,
}

/// A generic tree, and a tuple struct.
#[derive(Clone, Copy, Tree)]
struct Momentum<T>(T, [Tensor<Secret, Int>; 2]);

impl Dense {
    fn shape(inputs: usize, outputs: usize) -> ShapeOf<Self> {
        ShapeOf::of(|| Self { weight: Tensor::with_shape([inputs, outputs]), bias: Tensor::with_shape([outputs]) })
    }

    fn apply(self, x: Secrets) -> Secrets {
        x.matmul(self.weight) + self.bias
    }
}

impl Mlp {
    fn shape() -> ShapeOf<Self> {
        ShapeOf::of(|| Self { hidden: Dense::shape(2, 2).graft(), output: Dense::shape(2, 1).graft() })
    }

    fn initial() -> Result<HostOf<Self>, Error> {
        HostOf::of(|| Self {
            hidden: Dense {
                weight: Tensor::with_data(ndarray(&[2, 2], &[1.0, -1.0, 2.0, 1.0])),
                bias: Tensor::with_data(vec![0.0, 0.5]),
            },
            output: Dense {
                weight: Tensor::with_data(ndarray(&[2, 1], &[3.0, -2.0])),
                bias: Tensor::with_data(vec![-1.0]),
            },
        })
    }

    fn forward(self, x: Secrets) -> Secrets {
        self.output.apply(self.hidden.apply(x).relu())
    }
}

#[spu_fn]
fn train_step(
    model: Mlp,
    x: Tensor<Secret, Fxp>,
    y: Tensor<Secret, Fxp>,
    rate: Tensor<Public, Fxp>,
) -> (Mlp, Tensor<Public, Fxp>) {
    let (loss, gradient) = value_and_grad(model, |model| {
        let error = model.forward(x) - y;
        (error * error).mean_all()
    });
    (model.zip(gradient, |w, g| w - rate * g), loss.reveal())
}

#[test]
fn a_small_network_trains_as_computed_by_hand() -> Result<(), Error> {
    let session = Evaluator::new();
    let model: Shared<Mlp> = session.input(Party(0), Mlp::shape(), Mlp::initial)?;
    let x = session.input(Party(1), [2, 2], || Ok(ndarray(&[2, 2], &[1.0, 1.0, -1.0, 0.5])))?;
    let y = session.input(Party(2), [2, 1], || Ok(ndarray(&[2, 1], &[5.0, 0.0])))?;
    let (next, loss) = train_step::run(&session, &model, &x, &y, 0.1)?.split();
    // First row: x = (1, 1), z = (3, 0.5), h = (3, 0.5), p = 9 - 1 - 1 = 7, e = 2.
    // Second row: x = (-1, 0.5), z = (0, 2), h = (0, 2), p = -4 - 1 = -5, e = -5.
    assert_eq!(loss.item(), (4.0 + 25.0) / 2.0);
    // dp = e (2/2): (2, -5). d output.weight = hᵀdp = (6, 1 - 10); d output.bias = -3.
    // dh = dp·(3, -2): (6, -4), (-15, 10); [z ≥ 0] keeps all of it.
    // d hidden.weight = xᵀdh: (6 + 15, -4 - 10), (6 - 7.5, -4 + 5); d hidden.bias = (-9, 6).
    let expected = [
        ("hidden.weight", HostTensor::fxp([2, 2], vec![1.0 - 2.1, -1.0 + 1.4, 2.0 + 0.15, 1.0 - 0.1])),
        ("hidden.bias", HostTensor::fxp([2], vec![0.9, 0.5 - 0.6])),
        ("output.weight", HostTensor::fxp([2, 1], vec![3.0 - 0.6, -2.0 + 0.9])),
        ("output.bias", HostTensor::fxp([1], vec![-1.0 + 0.3])),
    ];
    for ((name, found), (expected_name, expected)) in session.reveal(&next)?.named().into_iter().zip(expected) {
        assert_eq!((name.as_str(), &found.shape), (expected_name, &expected.shape));
        for (a, b) in found.elements.to_f64().iter().zip(expected.elements.to_f64()) {
            assert!((a - b).abs() < 1e-12, "{name}: {a} is not {b}");
        }
    }
    Ok(())
}

#[spu_fn]
fn cross_entropy(logits: Tensor<Secret, Fxp>, labels: Tensor<Secret, Int>) -> (Tensor<Public, Fxp>, Secrets) {
    let (loss, gradient) = value_and_grad(logits, |logits| {
        let shift = logits.max(1).stop_gradient();
        let below = (logits - shift.expand_dims(1)).assume(..=0.0);
        let log_sum = below.exp().sum(1).assume(1.0..=3.0).ln() + shift;
        (log_sum - (labels * logits).sum(1)).mean_all()
    });
    (loss.reveal(), gradient)
}

#[test]
fn the_gradient_of_cross_entropy_is_softmax_minus_labels() -> Result<(), Error> {
    let session = Evaluator::new();
    let rows: [[f64; 3]; 2] = [[0.3, -1.2, 2.0], [4.0, 4.5, -3.0]];
    let labels = [2, 0];
    let one_hot: Vec<i64> = labels.iter().flat_map(|&label| (0..3).map(move |i| i64::from(i == label))).collect();
    let x = session.input(Party(0), [2, 3], || Ok(ndarray(&[2, 3], rows.as_flattened())))?;
    let y = session.input(Party(1), [2, 3], || Ok(HostTensor::int([2, 3], one_hot.clone())))?;
    let (loss, gradient) = cross_entropy::run(&session, &x, &y)?.split();
    let softmax = |row: [f64; 3]| row.map(|x| x.exp() / row.iter().map(|x| x.exp()).sum::<f64>());
    let expected_loss = -(softmax(rows[0])[2].ln() + softmax(rows[1])[0].ln()) / 2.0;
    assert!((loss.item() - expected_loss).abs() < 1e-12);
    let found = opened(&session, &gradient)?.elements.to_f64();
    for ((found, softmax), label) in found.iter().zip(rows.map(softmax).as_flattened()).zip(&one_hot) {
        assert!((found - (softmax - *label as f64) / 2.0).abs() < 1e-12);
    }
    Ok(())
}

#[spu_fn]
fn only_the_argument_varies(w: Tensor<Secret, Fxp>) -> (Secrets, Secrets) {
    let (_, once) = value_and_grad(w, |v| (v * w).sum_all());
    let (_, (left, _)) = value_and_grad((w, w), |(a, b)| (a * a * b).sum_all());
    (once, left)
}

#[test]
fn a_captured_value_is_a_constant_of_the_derivative() -> Result<(), Error> {
    let session = Evaluator::new();
    let w = session.input(Party(0), [2], || Ok(vec![3.0, -2.0]))?;
    let (once, left) = only_the_argument_varies::run(&session, &w)?.split();
    assert_eq!(opened(&session, &once)?, HostTensor::fxp([2], vec![3.0, -2.0]));
    assert_eq!(opened(&session, &left)?, HostTensor::fxp([2], vec![18.0, 8.0]));
    Ok(())
}

#[spu_fn]
fn nested(state: Momentum<(Dense, Mlp)>) -> Momentum<(Dense, Mlp)> {
    state
}

#[test]
fn leaves_are_named_by_their_way() -> Result<(), Error> {
    let dense = || Dense::shape(1, 1).graft();
    let count = || Tensor::with_shape([]);
    let shape = ShapeOf::of(|| Momentum((dense(), Mlp::shape().graft()), [count(), count()]));
    let program = nested::program(shape)?;
    let names: Vec<&str> = program.parameters.iter().map(|(name, _)| name.as_str()).collect();
    let expected = "state.0.0.weight state.0.0.bias state.0.1.hidden.weight state.0.1.hidden.bias \
                    state.0.1.output.weight state.0.1.output.bias state.1.0 state.1.1";
    assert_eq!(names.join(" "), expected);
    assert_eq!(program.results[2].0, "0.1.hidden.weight");
    Ok(())
}

fn opened<V: spu::Visibility, D: spu::DType>(
    session: &Evaluator,
    shared: &Shared<Tensor<V, D>>,
) -> Result<HostTensor, Error> {
    Ok(session.reveal(shared)?.into())
}

fn ndarray(shape: &[usize], elements: &[f64]) -> ndarray::ArrayD<f64> {
    ndarray::ArrayD::from_shape_vec(shape, elements.to_vec()).expect("as many elements as the shape says")
}
