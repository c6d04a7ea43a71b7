//! One training step of a three-layer perceptron as the typed language traces it: the passes, the derivatives and the
//! evaluator on a real program.

use std::collections::BTreeMap;

use super::optimize;
use crate::graph::Value;
use crate::host::HostTensor;
use crate::location::Location;
use crate::pphlo::{Builder, DType, Graph, Literal, Op, Real, Type, evaluate, gradient, intervals};
use crate::program::Program;
use crate::shape::Shape;

/// Momentum SGD on the cross-entropy of `[n, widths[0]] → … → [n, widths.last()]`; labels are one-hot integers. Parameters:
/// images, labels, then weights and biases, then their velocities. Results: the revealed loss, new parameters, new velocities.
fn training_step(n: usize, widths: &[usize]) -> Program {
    let classes = widths[widths.len() - 1];
    let mut types = vec![Type::secret([n, widths[0]], DType::Fxp), Type::secret([n, classes], DType::Int)];
    for _ in ["weights", "velocities"] {
        for layer in widths.windows(2) {
            types.push(Type::secret([layer[0], layer[1]], DType::Fxp));
            types.push(Type::secret([layer[1]], DType::Fxp));
        }
    }
    let mut graph = Graph::new();
    let parameter = |(index, ty): (usize, &Type)| {
        let node = graph.push(Op::Parameter { index }, vec![], vec![ty.clone()], Location::UNKNOWN);
        graph.node(node).result(0)
    };
    let parameters: Vec<Value> = types.iter().enumerate().map(parameter).collect();
    let (weights, velocities) = parameters[2..].split_at((parameters.len() - 2) / 2);
    let mut b = Builder { graph: &mut graph, location: Location::UNKNOWN };
    let mut x = parameters[0];
    for (i, layer) in weights.chunks(2).enumerate() {
        let product = b.apply(Op::Dot, &[x, layer[0]]);
        let shape = b.graph.ty(product).shape.clone();
        let bias = b.apply(Op::Broadcast { shape: shape.clone(), dimensions: vec![1] }, &[layer[1]]);
        x = b.apply(Op::Add, &[product, bias]);
        if i + 2 < widths.len() {
            let zero = b.splat(Literal::scalar(0.0), &shape);
            let positive = b.apply(Op::GreaterEqual, &[x, zero]);
            x = b.apply(Op::Select, &[positive, x, zero]);
        }
    }
    let loss = cross_entropy(&mut b, x, parameters[1]);
    let gradients = gradient(b.graph, loss, weights, Location::UNKNOWN).unwrap();
    let scaled = |b: &mut Builder, factor: f64, x: Value| {
        let shape = b.graph.ty(x).shape.clone();
        let factor = b.splat(Literal::scalar(factor), &shape);
        b.apply(Op::Multiply, &[factor, x])
    };
    let mut outputs = vec![b.apply(Op::Reveal, &[loss])];
    let mut moved = Vec::new();
    for ((&weight, &velocity), &gradient) in weights.iter().zip(velocities).zip(&gradients) {
        let kept = scaled(&mut b, 0.9, velocity);
        let velocity = b.apply(Op::Add, &[kept, gradient]);
        let step = scaled(&mut b, 0.01, velocity);
        outputs.push(b.apply(Op::Subtract, &[weight, step]));
        moved.push(velocity);
    }
    outputs.extend(moved);
    let named = |(i, ty): (usize, Type)| (format!("leaf{i}"), ty);
    let results = outputs.iter().map(|&v| graph.ty(v).clone()).enumerate().map(named).collect();
    let operations_traced = graph.len();
    graph.outputs = outputs;
    let parameters = types.into_iter().enumerate().map(named).collect();
    Program { name: "step".into(), graph, parameters, results, operations_traced }
}

/// mean(m + ln Σ exp(x − m) − Σ y·x) with m = max x, through which no derivative flows.
fn cross_entropy(b: &mut Builder, logits: Value, labels: Value) -> Value {
    let shape = b.graph.ty(logits).shape.clone();
    let n = shape.extents()[0];
    let most = b.apply(Op::ReduceMax { axis: 1 }, &[logits]);
    let most = b.apply(Op::StopGradient, &[most]);
    let wide = b.apply(Op::Broadcast { shape, dimensions: vec![0] }, &[most]);
    let shifted = b.apply(Op::Subtract, &[logits, wide]);
    let shifted = b.apply(Op::Assume { lo: Real(f64::NEG_INFINITY), hi: Real(0.0) }, &[shifted]);
    let exponential = b.apply(Op::Exponential, &[shifted]);
    let sum = b.apply(Op::ReduceSum { axes: vec![1] }, &[exponential]);
    let sum = b.apply(Op::Assume { lo: Real(1.0), hi: Real(f64::INFINITY) }, &[sum]);
    let log = b.apply(Op::Log, &[sum]);
    let log = b.apply(Op::Add, &[most, log]);
    let labels = b.apply(Op::Convert { dtype: DType::Fxp }, &[labels]);
    let chosen = b.apply(Op::Multiply, &[labels, logits]);
    let chosen = b.apply(Op::ReduceSum { axes: vec![1] }, &[chosen]);
    let losses = b.apply(Op::Subtract, &[log, chosen]);
    let total = b.apply(Op::ReduceSum { axes: vec![0] }, &[losses]);
    let count = b.splat(Literal::scalar(n as f64), &Shape::SCALAR);
    b.apply(Op::Divide, &[total, count])
}

fn arguments(program: &Program) -> Vec<HostTensor> {
    let number = |i: usize, leaf: usize| ((i * 7919 + leaf * 104_729 + 17) % 1009) as f64 / 1009.0 - 0.5;
    let tensor = |(leaf, (_, ty)): (usize, &(String, Type))| {
        let count = ty.shape.elements();
        match ty.dtype {
            DType::Int => {
                let classes = ty.shape.extents()[1];
                let one_hot = |i: usize| i64::from(i % classes == (i / classes * 3 + 1) % classes);
                HostTensor::int(ty.shape.clone(), (0..count).map(one_hot).collect())
            }
            _ => HostTensor::fxp(ty.shape.clone(), (0..count).map(|i| number(i, leaf)).collect()),
        }
    };
    program.parameters.iter().enumerate().map(tensor).collect()
}

fn counts(graph: &Graph) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    graph.nodes().for_each(|(_, node)| *counts.entry(node.operation.name()).or_default() += 1);
    counts
}

#[test]
fn the_step_keeps_its_results_and_loses_its_ballast() {
    // Of a batch of eight the mean is exact; by six it would divide.
    let mut program = training_step(8, &[5, 4, 4, 3]);
    let arguments = arguments(&program);
    let expected = evaluate(&program.graph, &arguments).unwrap();
    let before = counts(&program.graph);
    assert_eq!((before["greater_equal"], before["convert"], before["divide"]), (2, 1, 2));
    let report = optimize(&mut program);
    assert!(report.after < report.before && report.before == program.operations_traced, "{report:?}");
    for (found, expected) in evaluate(&program.graph, &arguments).unwrap().iter().zip(&expected) {
        let pairs = found.elements.to_f64().into_iter().zip(expected.elements.to_f64());
        assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-12));
    }
    let after = counts(&program.graph);
    // Three products forward, one for each weight, one for each hidden layer's adjoint; no derivative of the images.
    assert_eq!((after["relu"], after["dot"], after["select"]), (2, 8, 2));
    assert_eq!((after["exponential"], after["log"], after["reciprocal"], after["reveal"]), (1, 1, 1, 1));
    for gone in ["greater_equal", "convert", "divide", "stop_gradient"] {
        assert_eq!(after.get(gone), None, "{gone}");
    }
}

#[test]
fn the_gradient_of_the_last_bias_is_softmax_minus_labels() {
    let mut program = training_step(4, &[3, 2]);
    let arguments = arguments(&program);
    optimize(&mut program);
    let [x, y, w, bias, _, velocity] = [0, 1, 2, 3, 4, 5].map(|i| arguments[i].elements.to_f64());
    let mut gradient = [0.0; 2];
    let mut loss = 0.0;
    for row in 0..4 {
        let logit = |j: usize| bias[j] + (0..3).map(|k| x[3 * row + k] * w[2 * k + j]).sum::<f64>();
        let total: f64 = (0..2).map(|j| logit(j).exp()).sum();
        for j in 0..2 {
            gradient[j] += (logit(j).exp() / total - y[2 * row + j]) / 4.0;
            loss -= y[2 * row + j] * (logit(j).exp() / total).ln() / 4.0;
        }
    }
    let results: Vec<Vec<f64>> =
        evaluate(&program.graph, &arguments).unwrap().iter().map(|r| r.elements.to_f64()).collect();
    assert!((results[0][0] - loss).abs() < 1e-12);
    for j in 0..2 {
        let moved = 0.9 * velocity[j] + gradient[j];
        assert!((results[4][j] - moved).abs() < 1e-12);
        assert!((results[2][j] - (bias[j] - 0.01 * moved)).abs() < 1e-12);
    }
}

#[test]
fn the_ranges_of_the_loss_are_known() {
    let mut program = training_step(6, &[5, 4, 3]);
    optimize(&mut program);
    let known = intervals(&program.graph);
    let range = |name: &str| {
        let found = program.graph.nodes().find(|(_, node)| node.operation.name() == name).expect("the step has it").1;
        let [operand, result] = [found.operands[0], found.result(0)].map(|v| known[v.index()]);
        ((operand.lo, operand.hi), (result.lo, result.hi))
    };
    assert_eq!(range("exponential"), ((f64::NEG_INFINITY, 0.0), (0.0, 1.0)));
    let ((lo, hi), (log_lo, log_hi)) = range("log");
    assert_eq!((lo, hi, log_lo), (1.0, 3.0, 0.0));
    assert!((log_hi - 3f64.ln()).abs() < 1e-15);
    assert_eq!(range("reciprocal"), ((1.0, 3.0), (1.0 / 3.0, 1.0)));
}
