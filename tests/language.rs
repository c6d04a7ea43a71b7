//! Programs of the typed language, run in the clear.

use spu::pphlo::Op;
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
        x.t().slice([1..3, 0..2]).slice(0..2).reshape([4]),
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
    (x.relu(), x.exp().ln(), (x + 5).reciprocal(), select(x.lt(0.0), clipped, 0.25), x.mean_all().reveal())
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

#[spu_fn]
fn host_control_flow(x: Tensor<Secret, Fxp>, #[fixed] scale: f64) -> Secrets {
    fn early(scale: f64) -> Option<f64> {
        if scale < 0.0 {
            return None;
        }
        Some(scale)
    }
    let clamp = |scale: f64| {
        if scale > 10.0 {
            return 10.0;
        }
        scale
    };
    let mut sum = x;
    let mut left = 2;
    while left > 0 {
        sum = sum + x;
        left -= 1;
    }
    if let Some(scale) = early(scale)
        && scale > 1.0
    {
        return sum * clamp(scale);
    }
    match scale == 0.0 {
        true => sum,
        false => -sum,
    }
}

#[test]
fn host_control_flow_runs_while_tracing() -> Result<(), Error> {
    let session = Evaluator::new();
    let x = session.input(Party(0), [1], || Ok(vec![1.0]))?;
    for (scale, expected) in [(2.0, 6.0), (50.0, 30.0), (0.0, 3.0), (-1.0, -3.0), (1.0, -3.0)] {
        let found = opened(&session, &host_control_flow::run(&session, &x, scale)?)?;
        assert_eq!(found, HostTensor::fxp([1], vec![expected]), "scale {scale}");
    }
    Ok(())
}

#[test]
fn functions_of_one_name_are_programs_of_their_own() -> Result<(), Error> {
    fn first(session: &Evaluator, x: &Shared<Secrets>) -> Result<Shared<Secrets>, Error> {
        #[spu_fn]
        fn step(x: Tensor<Secret, Fxp>) -> Secrets {
            x + 1
        }
        step::run(session, x)
    }
    fn second(session: &Evaluator, x: &Shared<Secrets>) -> Result<Shared<Secrets>, Error> {
        #[spu_fn]
        fn step(x: Tensor<Secret, Fxp>) -> Secrets {
            x + 2
        }
        step::run(session, x)
    }
    let session = Evaluator::new();
    let x = session.input(Party(0), [], || Ok(1.0))?;
    assert_eq!(opened(&session, &first(&session, &x)?)?, HostTensor::from(2.0));
    assert_eq!(opened(&session, &second(&session, &x)?)?, HostTensor::from(3.0));
    Ok(())
}

/// Prices a program by its operations.
struct Count;

impl spu::Target for Count {
    fn cost(&self, program: &spu::Program) -> Result<spu::Cost, Error> {
        let count =
            |wanted: fn(&Op) -> bool| program.graph.nodes().filter(|(_, node)| wanted(&node.operation)).count() as u64;
        let bytes = [count(|op| matches!(op, Op::Add)), count(|op| matches!(op, Op::Dot)), 0];
        Ok(spu::Cost { rounds: count(|op| matches!(op, Op::Exponential)), bytes, ..Default::default() })
    }

    fn manifest(&self, program: &spu::Program) -> Result<spu::Manifest, Error> {
        let reveals = program.graph.nodes().filter(|(_, node)| matches!(node.operation, Op::Reveal));
        let reveals = reveals.map(|(id, node)| {
            let ty = program.graph.ty(node.result(0));
            let (location, occurs) = (program.graph.location(id), spu::Occurrence::ONCE);
            spu::Reveal { location, shape: ty.shape.clone(), dtype: ty.dtype, to: None, occurs }
        });
        Ok(spu::Manifest { reveals: reveals.collect() })
    }
}

#[spu_fn]
fn priced(x: Tensor<Secret, Fxp>, w: [Tensor<Secret, Fxp>; 2], #[fixed] layers: usize) -> Tensor<Public, Fxp> {
    w[..layers].iter().fold(x, |x, &w| x.matmul(w).exp() + x).sum_all().reveal()
}

#[test]
fn cost_and_manifest_are_those_of_the_program() -> Result<(), Error> {
    let shapes = ([2, 3], [[3, 3], [3, 3]]);
    for layers in 0..3 {
        let n = layers as u64;
        let cost = priced::cost(shapes.0, shapes.1, layers, &Count)?;
        assert_eq!((cost.rounds, cost.bytes), (n, [n, n, 0]));
    }
    let manifest = priced::manifest(shapes.0, shapes.1, 1, &Count)?;
    assert_eq!(manifest.reveals.len(), 1);
    assert_eq!((manifest.reveals[0].location.file, manifest.reveals[0].shape.rank()), (file!(), 0));
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

#[test]
fn a_flat_vec_fills_its_shape_row_by_row() {
    let session = Evaluator::new();
    let x = session.input(Party(0), [2, 3], || Ok((0..6).map(f64::from).collect::<Vec<f64>>())).unwrap();
    let shown = session.reveal::<Tensor<Secret, Fxp>>(&x).unwrap();
    assert_eq!(shown.into_leaves(), [HostTensor::fxp([2, 3], vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0])]);
}
