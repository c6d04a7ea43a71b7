//! Programs of the typed language, run in the clear.

use spu::prelude::*;
use spu::{Evaluator, HostTensor};

type Secrets = Tensor<Secret, Fxp>;

#[spu_fn]
fn arithmetic(a: Tensor<Secret, Fxp>, b: Tensor<Secret, Int>) -> (Tensor<Secret, Fxp>, Tensor<Secret, Int>) {
    ((1.0 - a) * b + a / 4 - 0.5, -(2 * b + 1))
}

#[test]
fn operators_promote_and_broadcast() -> Result<(), Error> {
    let session = Evaluator::new();
    let a = session.input(Party(0), [2, 1], || Ok(ndarray(&[2, 1], &[2.0, -4.0])))?;
    let b = session.input(Party(1), [3], || Ok(vec![1_i64, 0, -3]))?;
    let (x, y) = arithmetic::run(&session, &a, &b)?.split();
    // (1 - a)·b + a/4 - 1/2 for a = 2: -b + 0; for a = -4: 5b - 3/2.
    let expected = vec![-1.0, 0.0, 3.0, 3.5, -1.5, -16.5];
    assert_eq!(opened(&session, &x)?, HostTensor::fxp([2, 3], expected));
    assert_eq!(opened(&session, &y)?, HostTensor::int([3], vec![-3, -1, 5]));
    Ok(())
}

#[spu_fn]
fn truth(
    a: Tensor<Secret, Fxp>,
    b: Tensor<Public, Int>,
) -> (Tensor<Secret, Fxp>, Tensor<Secret, Int>, Tensor<Secret, Bool>) {
    let positive = a.gt(0);
    let both = positive & b.equal(1);
    (positive * a, both + positive, !both | a.le(-1.0))
}

#[test]
fn truth_values_count_as_numbers() -> Result<(), Error> {
    let session = Evaluator::new();
    let a = session.input(Party(0), [4], || Ok(vec![1.5, -1.0, 0.0, 2.0]))?;
    let b = Shared::public(vec![1, 1, 1, 0]);
    let (x, y, z) = truth::run(&session, &a, &b)?.split();
    assert_eq!(opened(&session, &x)?, HostTensor::fxp([4], vec![1.5, 0.0, 0.0, 2.0]));
    assert_eq!(opened(&session, &y)?, HostTensor::int([4], vec![2, 0, 0, 1]));
    assert_eq!(opened(&session, &z)?, HostTensor::bool([4], vec![false, true, true, true]));
    Ok(())
}

#[spu_fn]
fn arranged(x: Tensor<Secret, Fxp>) -> [Tensor<Secret, Fxp>; 4] {
    [
        x.t().slice([1..3]).reshape([4]),
        Tensor::concat([x.sum(0), x.max(1).broadcast_to([1, 2]).reshape([2])], 0),
        x - x.max(1).expand_dims(1),
        x.gather(Tensor::constant(vec![1, 0, 1])).transpose([1, 0]),
    ]
}

#[test]
fn tensors_are_rearranged() -> Result<(), Error> {
    let session = Evaluator::new();
    let x = session.input(Party(0), [2, 3], || Ok(ndarray(&[2, 3], &[1.0, 2.0, 3.0, 6.0, 5.0, 4.0])))?;
    let parts = arranged::run(&session, &x)?;
    let part = |i: usize| opened(&session, &parts.part(|parts| parts[i])?);
    assert_eq!(part(0)?, HostTensor::fxp([4], vec![2.0, 5.0, 3.0, 4.0]));
    assert_eq!(part(1)?, HostTensor::fxp([5], vec![7.0, 7.0, 7.0, 3.0, 6.0]));
    assert_eq!(part(2)?, HostTensor::fxp([2, 3], vec![-2.0, -1.0, 0.0, 0.0, -1.0, -2.0]));
    assert_eq!(part(3)?, HostTensor::fxp([3, 3], vec![6.0, 1.0, 6.0, 5.0, 2.0, 5.0, 4.0, 3.0, 4.0]));
    Ok(())
}

#[spu_fn]
fn functions(x: Tensor<Secret, Fxp>) -> (Secrets, Secrets, Secrets, Secrets, Tensor<Public, Fxp>) {
    let clipped = x.maximum(-1.0).minimum(1);
    (x.relu(), x.exp().ln(), (x + 5).reciprocal(), select(x.lt(0.0), clipped, 0.25), x.mean().reveal())
}

#[test]
fn functions_act_on_elements() -> Result<(), Error> {
    let session = Evaluator::new();
    let x = session.input(Party(0), [4], || Ok(vec![-3.0, -0.5, 0.0, 3.0]))?;
    let (relu, identity, inverse, clipped, mean) = functions::run(&session, &x)?.split();
    assert_eq!(opened(&session, &relu)?, HostTensor::fxp([4], vec![0.0, 0.0, 0.0, 3.0]));
    for (found, expected) in opened(&session, &identity)?.elements.to_f64().iter().zip([-3.0, -0.5, 0.0, 3.0]) {
        assert!((found - expected).abs() < 1e-12);
    }
    assert_eq!(opened(&session, &inverse)?, HostTensor::fxp([4], vec![0.5, 1.0 / 4.5, 0.2, 0.125]));
    assert_eq!(opened(&session, &clipped)?, HostTensor::fxp([4], vec![-1.0, -0.5, 0.25, 0.25]));
    assert_eq!(mean.item(), -0.125);
    Ok(())
}

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
        (error * error).mean()
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

#[derive(Clone, Copy, Debug, PartialEq)]
enum Activation {
    Relu,
    Identity,
}

#[spu_fn]
fn layer(
    x: Tensor<Secret, Fxp>,
    #[fixed] activation: Activation,
    #[fixed] scale: f64,
    #[fixed] times: usize,
) -> Secrets {
    let mut x = x;
    for _ in 0..times {
        x = x * scale;
    }
    if activation == Activation::Identity {
        return x;
    }
    x.relu()
}

#[test]
fn fixed_values_make_programs_of_their_own() -> Result<(), Error> {
    let session = Evaluator::new();
    let x = session.input(Party(0), [2], || Ok(vec![1.0, -1.0]))?;
    let run = |activation, scale, times| opened(&session, &layer::run(&session, &x, activation, scale, times)?);
    assert_eq!(run(Activation::Relu, 2.0, 3)?, HostTensor::fxp([2], vec![8.0, 0.0]));
    assert_eq!(run(Activation::Identity, 2.0, 3)?, HostTensor::fxp([2], vec![8.0, -8.0]));
    assert_eq!(run(Activation::Relu, 2.5, 1)?, HostTensor::fxp([2], vec![2.5, 0.0]));
    assert_eq!(run(Activation::Relu, 2.0, 3)?, HostTensor::fxp([2], vec![8.0, 0.0]));
    // Three programs of `layer` and one of `reveal`.
    assert_eq!(session.programs(), 4);
    Ok(())
}

#[spu_fn]
fn told(x: Tensor<Secret, Fxp>) -> (spu::Disclosed<Fxp>, Tensor<Secret, Fxp>) {
    (x.reveal_to(Party(1)), x)
}

#[test]
fn only_what_is_disclosed_can_be_read() -> Result<(), Error> {
    let session = Evaluator::new();
    let x = session.input(Party(0), [], || Ok(7.0))?;
    let (disclosed, kept) = told::run(&session, &x)?.split();
    assert_eq!(disclosed.get(), Some(HostTensor::from(7.0)));
    assert!(kept.leaves()[0].value.to_host().is_none());
    assert_eq!(format!("{kept:?}"), r#"["fxp[secret][]"]"#);
    Ok(())
}

#[spu_fn]
fn steered(flag: Tensor<Public, Bool>, a: Tensor<Secret, Fxp>) -> (Secrets, Tensor<Secret, Int>) {
    spu::cond(flag, || (a * 2, Tensor::constant(1).to_secret()), || (-a, Tensor::constant(2).to_secret()))
}

#[test]
fn a_public_condition_chooses_between_trees() -> Result<(), Error> {
    let session = Evaluator::new();
    let a = session.input(Party(0), [2], || Ok(vec![1.0, 3.0]))?;
    for (flag, scale, number) in [(true, 2.0, 1), (false, -1.0, 2)] {
        let (x, n) = steered::run(&session, flag, &a)?.split();
        assert_eq!(opened(&session, &x)?, HostTensor::fxp([2], vec![scale, 3.0 * scale]));
        assert_eq!(opened(&session, &n)?, HostTensor::from(number));
    }
    Ok(())
}

#[spu_fn]
fn widened(x: Tensor<Public, Int>) -> Tensor<Secret, Fxp> {
    x
}

#[test]
fn a_result_widens_in_visibility_and_data_type() -> Result<(), Error> {
    let session = Evaluator::new();
    let x = widened::run(&session, 3)?;
    assert_eq!(opened(&session, &x)?, HostTensor::from(3.0));
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
