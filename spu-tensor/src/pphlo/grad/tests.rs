//! Derivatives against central differences of the plain evaluator.

use proptest::prelude::*;

use super::gradient;
use crate::graph::Value;
use crate::host::{Elements, HostTensor};
use crate::location::Location;
use crate::pphlo::generate::Random;
use crate::pphlo::{
    Builder, ConvolutionWindow, DType, Graph, Op, Real, Strides, Type, Window, evaluate, parse, verify,
};
use crate::shape::Shape;

type Build = fn(&mut Builder, &[Value]) -> Value;

/// Compares the gradient of Σ w · build(x) for fixed weights w with (f(x + h) − f(x − h)) / 2h, element by element.
fn check(name: &str, inputs: &[HostTensor], build: Build) {
    check_with(name, inputs, &build);
}

fn check_with(name: &str, inputs: &[HostTensor], build: &dyn Fn(&mut Builder, &[Value]) -> Value) {
    let mut graph = Graph::new();
    let parameters: Vec<Value> = inputs
        .iter()
        .enumerate()
        .map(|(index, x)| {
            let ty = Type::secret(x.shape.clone(), x.elements.dtype());
            let node = graph.push(Op::Parameter { index }, vec![], vec![ty], Location::UNKNOWN);
            graph.node(node).result(0)
        })
        .collect();
    let mut b = Builder { graph: &mut graph, location: Location::UNKNOWN };
    let y = build(&mut b, &parameters);
    let ty = b.graph.ty(y).clone();
    let weights = (1..=ty.shape.elements()).map(|i| 0.5 + 0.3 * i as f64).collect();
    let weights = b.apply(Op::Constant { literal: HostTensor::fxp(ty.shape.clone(), weights).into() }, &[]);
    let weighted = b.apply(Op::Multiply, &[y, weights]);
    let output = b.apply(Op::ReduceSum { axes: (0..ty.shape.rank()).collect() }, &[weighted]);
    let wrt: Vec<Value> = parameters.iter().copied().filter(|&v| graph.ty(v).dtype == DType::Fxp).collect();
    let gradients = gradient(&mut graph, output, &wrt, Location::UNKNOWN).unwrap();
    verify(&graph).unwrap();
    graph.outputs = gradients;
    let derivatives = evaluate(&graph, inputs).unwrap();
    graph.outputs = vec![output];
    let places = (0..inputs.len()).filter(|&i| inputs[i].elements.dtype() == DType::Fxp);
    for (input, derivative) in places.zip(derivatives) {
        assert_eq!(derivative.shape, inputs[input].shape);
        for (element, found) in derivative.elements.to_f64().into_iter().enumerate() {
            let value = |step: f64| {
                let mut moved = inputs.to_vec();
                let Elements::Fxp(v) = &mut moved[input].elements else { unreachable!("inputs were filtered") };
                v[element] += step;
                evaluate(&graph, &moved).unwrap()[0].elements.to_f64()[0]
            };
            let expected = (value(STEP) - value(-STEP)) / (2.0 * STEP);
            let close = (found - expected).abs() <= 1e-6 * (1.0 + expected.abs());
            assert!(close, "{name}: input {input} element {element}: {found}, expected {expected}");
        }
    }
}

/// Fixed-point tensors without ties and away from zero, also between tensors: ± (0.2 + 0.11 n) + 0.013 i.
fn distinct(seed: u64, shapes: &[&[usize]], positive: bool) -> Vec<HostTensor> {
    let mut random = Random(seed);
    let tensor = |(i, shape): (usize, &&[usize])| {
        let n: usize = shape.iter().product();
        let mut order: Vec<usize> = (0..n).collect();
        (1..n).for_each(|i| order.swap(i, random.below(i + 1)));
        let sign = |random: &mut Random| if positive || random.below(2) == 0 { 1.0 } else { -1.0 };
        let value = |n: usize| sign(&mut random) * (0.2 + 0.11 * n as f64) + 0.013 * i as f64;
        HostTensor::fxp(Shape::from(*shape), order.into_iter().map(value).collect())
    };
    shapes.iter().enumerate().map(tensor).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn elementwise(seed: u64, m in 1usize..4, n in 1usize..4) {
        let cases: [(&str, Build); 11] = [
            ("add", |b, x| b.apply(Op::Add, &[x[0], x[1]])),
            ("subtract", |b, x| b.apply(Op::Subtract, &[x[0], x[1]])),
            ("multiply", |b, x| b.apply(Op::Multiply, &[x[0], x[1]])),
            ("square", |b, x| b.apply(Op::Multiply, &[x[0], x[0]])),
            ("negate", |b, x| b.apply(Op::Negate, &[x[0]])),
            ("maximum", |b, x| b.apply(Op::Maximum, &[x[0], x[1]])),
            ("minimum", |b, x| b.apply(Op::Minimum, &[x[0], x[1]])),
            ("select", |b, x| {
                let less = b.apply(Op::Less, &[x[0], x[1]]);
                b.apply(Op::Select, &[less, x[0], x[1]])
            }),
            ("exponential", |b, x| b.apply(Op::Exponential, &[x[0]])),
            ("relu", |b, x| b.apply(Op::Relu, &[x[0]])),
            ("assume", |b, x| b.apply(Op::Assume { lo: Real(-9.0), hi: Real(9.0) }, &[x[0]])),
        ];
        let inputs = distinct(seed, &[&[m, n], &[m, n]], false);
        cases.iter().for_each(|(name, build)| check(name, &inputs, *build));
        let positive: [(&str, Build); 3] = [
            ("divide", |b, x| b.apply(Op::Divide, &[x[0], x[1]])),
            ("log", |b, x| b.apply(Op::Log, &[x[0]])),
            ("reciprocal", |b, x| b.apply(Op::Reciprocal, &[x[0]])),
        ];
        let inputs = distinct(seed, &[&[m, n], &[m, n]], true);
        positive.iter().for_each(|(name, build)| check(name, &inputs, *build));
    }

    #[test]
    fn functions(seed: u64, m in 1usize..4, n in 1usize..4) {
        let of_one: [(&str, Build); 11] = [
            ("abs", |b, x| b.apply(Op::Abs, &[x[0]])),
            ("expm1", |b, x| b.apply(Op::ExponentialMinusOne, &[x[0]])),
            ("logistic", |b, x| b.apply(Op::Logistic, &[x[0]])),
            ("tanh", |b, x| b.apply(Op::Tanh, &[x[0]])),
            ("sine", |b, x| b.apply(Op::Sine, &[x[0]])),
            ("cosine", |b, x| b.apply(Op::Cosine, &[x[0]])),
            ("erf", |b, x| b.apply(Op::Erf, &[x[0]])),
            ("gelu", |b, x| b.apply(Op::Gelu, &[x[0]])),
            ("silu", |b, x| b.apply(Op::Silu, &[x[0]])),
            ("softplus", |b, x| b.apply(Op::Softplus, &[x[0]])),
            ("atan2", |b, x| b.apply(Op::Atan2, &[x[0], x[1]])),
        ];
        let inputs = distinct(seed, &[&[m, n], &[m, n]], false);
        of_one.iter().for_each(|(name, build)| check(name, &inputs, *build));
        check("clamp", &distinct(seed, &[&[m, n], &[m, n], &[m, n]], false), |b, x| b.apply(Op::Clamp, &[x[0], x[1], x[2]]));
        let positive: [(&str, Build); 5] = [
            ("sqrt", |b, x| b.apply(Op::Sqrt, &[x[0]])),
            ("rsqrt", |b, x| b.apply(Op::Rsqrt, &[x[0]])),
            ("log1p", |b, x| b.apply(Op::LogPlusOne, &[x[0]])),
            ("power", |b, x| b.apply(Op::Power, &[x[0], x[1]])),
            ("remainder", |b, x| {
                // Moved away from multiples of y, where the remainder jumps.
                let little = b.splat(crate::pphlo::Literal::scalar(0.017), &b.graph.ty(x[0]).shape.clone());
                let moved = b.apply(Op::Add, &[x[0], little]);
                b.apply(Op::Remainder, &[moved, x[1]])
            }),
        ];
        let inputs = distinct(seed, &[&[m, n], &[m, n]], true);
        positive.iter().for_each(|(name, build)| check(name, &inputs, *build));
    }

    #[test]
    fn matrices_and_reductions(seed: u64, m in 1usize..4, k in 1usize..4, n in 1usize..4) {
        let inputs = distinct(seed, &[&[m, k], &[k, n]], false);
        check("dot", &inputs, |b, x| b.apply(Op::Dot, &[x[0], x[1]]));
        check("dot with itself", &inputs, |b, x| {
            let transposed = b.apply(Op::Transpose { permutation: vec![1, 0] }, &[x[0]]);
            b.apply(Op::Dot, &[x[0], transposed])
        });
        check("sum of rows", &inputs, |b, x| b.apply(Op::ReduceSum { axes: vec![0] }, &[x[0]]));
        check("sum", &inputs, |b, x| b.apply(Op::ReduceSum { axes: vec![0, 1] }, &[x[0]]));
        check("maximum of columns", &inputs, |b, x| b.apply(Op::ReduceMax { axis: 0 }, &[x[0]]));
        check("maximum of rows", &inputs, |b, x| b.apply(Op::ReduceMax { axis: 1 }, &[x[0]]));
    }

    #[test]
    fn products_extrema_and_running_sums(seed: u64, m in 1usize..4, n in 1usize..6) {
        let inputs = distinct(seed, &[&[m, n, 2]], false);
        check("product", &inputs, |b, x| b.apply(Op::ReduceProduct { axes: vec![1] }, &[x[0]]));
        check("product of two axes", &inputs, |b, x| b.apply(Op::ReduceProduct { axes: vec![0, 2] }, &[x[0]]));
        check("minimum", &inputs, |b, x| b.apply(Op::ReduceMin { axis: 1 }, &[x[0]]));
        check("maximum with one-hot", &inputs, |b, x| b.apply(Op::MaxWithOneHot { axis: 1 }, &[x[0]]));
        check("running sum", &inputs, |b, x| b.apply(Op::CumulativeSum { axis: 1, reverse: false }, &[x[0]]));
        check("running sum from the end", &inputs, |b, x| b.apply(Op::CumulativeSum { axis: 1, reverse: true }, &[x[0]]));
    }

    #[test]
    fn windows(seed: u64, m in 2usize..5, n in 2usize..5) {
        fn window() -> Window {
            Window::sliding([2, 2]).strides([1, 2]).dilations([1, 1]).padding([(1, 0), (0, 1)])
        }
        let inputs = distinct(seed, &[&[m, n]], false);
        check("gathered", &inputs, |b, x| b.apply(Op::GatherWindows { window: window(), repeat: false }, &[x[0]]));
        check("repeated", &inputs, |b, x| b.apply(Op::GatherWindows { window: window(), repeat: true }, &[x[0]]));
        check("pooled", &inputs, |b, x| {
            let windows = b.apply(Op::GatherWindows { window: window(), repeat: true }, &[x[0]]);
            b.apply(Op::ReduceMax { axis: 2 }, &[windows])
        });
        check("scattered", &distinct(seed, &[&[3, 2, 4]], false), |b, x| {
            b.apply(Op::ScatterWindows { window: window(), repeat: true, shape: [3, 3].into() }, &[x[0]])
        });
    }

    #[test]
    fn mixed_products(seed: u64, m in 1usize..4, k in 1usize..4) {
        let mut inputs = distinct(seed, &[&[m, k], &[k, m]], false);
        inputs.push(Random(seed).tensor(&Type::secret([m, k], DType::Int)));
        inputs.push(Random(seed).tensor(&Type::secret([m, k], DType::Bool)));
        check("int × fxp", &inputs, |b, x| b.apply(Op::Multiply, &[x[2], x[0]]));
        check("fxp × bool", &inputs, |b, x| b.apply(Op::Multiply, &[x[0], x[3]]));
        check("int · fxp", &inputs, |b, x| b.apply(Op::Dot, &[x[2], x[1]]));
        check("converted", &inputs, |b, x| {
            let wide = b.apply(Op::Convert { dtype: DType::Fxp }, &[x[2]]);
            b.apply(Op::Dot, &[wide, x[1]])
        });
    }

    #[test]
    fn movements(seed: u64, m in 2usize..4, n in 2usize..4) {
        let inputs = distinct(seed, &[&[m, n, 1], &[m, 2, 1]], false);
        check("transpose", &inputs, |b, x| b.apply(Op::Transpose { permutation: vec![2, 0, 1] }, &[x[0]]));
        check("reshape", &inputs, |b, x| {
            let shape = Shape::from([b.graph.ty(x[0]).shape.elements()]);
            b.apply(Op::Reshape { shape }, &[x[0]])
        });
        check("broadcast", &inputs, |b, x| {
            let &[m, n, _] = b.graph.ty(x[0]).shape.extents() else { unreachable!("rank 3") };
            b.apply(Op::Broadcast { shape: [m, 2, n, 3].into(), dimensions: vec![0, 2, 3] }, &[x[0]])
        });
        check("slice", &inputs, |b, x| {
            let limit = b.graph.ty(x[0]).shape.extents().to_vec();
            b.apply(Op::Slice { start: vec![1, 0, 0], limit: vec![limit[0], limit[1] - 1, 1], strides: Strides::UNIT }, &[x[0]])
        });
        check("concatenate", &inputs, |b, x| b.apply(Op::Concatenate { axis: 1 }, &[x[0], x[1], x[0]]));
    }

    /// An order is constant where no two keys are equal, also if the keys are what is moved.
    #[test]
    fn permutations(seed: u64, m in 1usize..3, n in 1usize..5) {
        let inputs = distinct(seed, &[&[m, n], &[m, n, 2]], false);
        let order = |b: &mut Builder, key: Value, descending| b.apply(Op::ArgSort { descending }, &[key]);
        for inverse in [false, true] {
            check_with("permuted", &inputs, &|b, x| {
                let p = order(b, x[0], false);
                b.apply(Op::Permute { inverse }, &[x[1], p])
            });
            check_with("sorted", &inputs, &|b, x| {
                let p = order(b, x[0], true);
                b.apply(Op::Permute { inverse }, &[x[0], p])
            });
        }
    }
}

fn integers(b: &mut Builder, shape: &[usize], values: &[i64]) -> Value {
    let literal = HostTensor::int(Shape::from(shape), values.to_vec()).into();
    b.apply(Op::Constant { literal }, &[])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn paddings_and_indices(seed: u64, m in 2usize..5, n in 2usize..4) {
        let inputs = distinct(seed, &[&[m, n], &[], &[3, n], &[1, 2]], false);
        check("strided slice", &inputs, |b, x| {
            let limit = b.graph.ty(x[0]).shape.extents().to_vec();
            b.apply(Op::Slice { start: vec![1, 0], limit, strides: Strides::new(vec![2, 3]) }, &[x[0]])
        });
        check("reverse", &inputs, |b, x| b.apply(Op::Reverse { axes: vec![0] }, &[x[0]]));
        let pads: [Build; 3] = [
            |b, x| b.apply(Op::Pad { low: vec![1, 0], high: vec![0, 2], interior: vec![0, 0] }, &[x[0], x[1]]),
            |b, x| b.apply(Op::Pad { low: vec![-1, 2], high: vec![1, -1], interior: vec![2, 1] }, &[x[0], x[1]]),
            |b, x| b.apply(Op::Pad { low: vec![-2, -1], high: vec![0, 0], interior: vec![1, 0] }, &[x[0], x[1]]),
        ];
        pads.iter().for_each(|pad| check("pad", &inputs, *pad));
        check("dynamic slice", &inputs, |b, x| {
            let (i, j) = (integers(b, &[], &[1]), integers(b, &[], &[9]));
            b.apply(Op::DynamicSlice { sizes: vec![1, 2] }, &[x[0], i, j])
        });
        check("dynamic update slice", &inputs, |b, x| {
            let (i, j) = (integers(b, &[], &[1]), integers(b, &[], &[-1]));
            b.apply(Op::DynamicUpdateSlice, &[x[0], x[3], i, j])
        });
        check("gather", &inputs, |b, x| {
            let index = integers(b, &[2, 3], &[1, 0, 1, 7, -1, 1]);
            b.apply(Op::Gather { axis: 0 }, &[x[0], index])
        });
        check("gather columns", &inputs, |b, x| {
            let index = integers(b, &[], &[1]);
            b.apply(Op::Gather { axis: 1 }, &[x[0], index])
        });
        check("scatter-add", &inputs, |b, x| {
            let index = integers(b, &[3], &[1, 7, 1]);
            b.apply(Op::ScatterAdd { axis: 0 }, &[x[0], index, x[2]])
        });
        check("scatter", &inputs, |b, x| {
            let index = integers(b, &[3], &[1, 0, 1]);
            b.apply(Op::Scatter { axis: 0 }, &[x[0], index, x[2]])
        });
    }

    #[test]
    fn batched_products(seed: u64, m in 1usize..4, k in 1usize..4, n in 1usize..4) {
        let inputs = distinct(seed, &[&[2, m, k], &[2, k, n]], false);
        check("batch", &inputs, |b, x| {
            b.apply(Op::DotGeneral { batch: vec![(0, 0)], contract: vec![(2, 1)] }, &[x[0], x[1]])
        });
        check("batch last", &inputs, |b, x| {
            let last = |b: &mut Builder, v| b.apply(Op::Transpose { permutation: vec![1, 2, 0] }, &[v]);
            let (left, right) = (last(b, x[0]), last(b, x[1]));
            b.apply(Op::DotGeneral { batch: vec![(2, 2)], contract: vec![(1, 0)] }, &[left, right])
        });
        check("no batch", &inputs, |b, x| {
            b.apply(Op::DotGeneral { batch: vec![], contract: vec![(2, 1)] }, &[x[0], x[1]])
        });
        check("two contracted", &inputs, |b, x| {
            b.apply(Op::DotGeneral { batch: vec![], contract: vec![(2, 1), (0, 0)] }, &[x[0], x[1]])
        });
        check("outer", &inputs, |b, x| b.apply(Op::DotGeneral { batch: vec![], contract: vec![] }, &[x[0], x[1]]));
    }

    #[test]
    fn convolutions(seed: u64, case in 0usize..10) {
        // Groups, input, kernel; stride, low, high, input and kernel dilation of both axes.
        type Case = (usize, [usize; 4], [usize; 4], [[i64; 2]; 5]);
        let cases: [Case; 10] = [
            (1, [2, 4, 3, 2], [2, 2, 2, 3], [[1, 1], [0, 0], [0, 0], [1, 1], [1, 1]]),
            (1, [1, 5, 4, 1], [3, 2, 1, 2], [[2, 1], [1, 1], [1, 0], [1, 1], [1, 1]]),
            (1, [1, 6, 5, 1], [2, 3, 1, 1], [[2, 2], [0, 0], [0, 0], [1, 1], [1, 1]]),
            (1, [1, 6, 6, 1], [2, 2, 1, 1], [[1, 2], [0, 1], [0, 0], [1, 1], [3, 2]]),
            (1, [1, 3, 3, 2], [2, 3, 2, 1], [[1, 1], [1, 2], [1, 1], [2, 3], [1, 1]]),
            (1, [1, 3, 4, 1], [2, 2, 1, 1], [[2, 3], [1, 0], [2, 1], [2, 2], [2, 1]]),
            (2, [2, 3, 3, 4], [2, 2, 2, 2], [[1, 2], [1, 0], [0, 1], [1, 1], [1, 1]]),
            (3, [1, 4, 4, 3], [3, 3, 1, 6], [[1, 1], [1, 1], [1, 1], [1, 1], [1, 1]]),
            (1, [1, 5, 5, 1], [2, 2, 1, 1], [[1, 2], [-1, -2], [0, -1], [1, 1], [1, 1]]),
            (1, [1, 2, 3, 1], [3, 2, 1, 1], [[1, 1], [0, 0], [0, 0], [1, 1], [1, 1]]),
        ];
        let (groups, input, kernel, [stride, low, high, spread, dilation]) = cases[case];
        let distances = |of: [i64; 2]| of.map(|n| n as usize).to_vec();
        let window = ConvolutionWindow {
            stride: distances(stride),
            low: low.to_vec(),
            high: high.to_vec(),
            input_dilation: distances(spread),
            kernel_dilation: distances(dilation),
        };
        let inputs = distinct(seed, &[&input, &kernel], false);
        check_with(&format!("convolution {case}"), &inputs, &|b, x| {
            b.apply(Op::Convolution { window: window.clone(), groups }, &[x[0], x[1]])
        });
    }
}

/// The names of the operations that the gradient of `%loss` with respect to `%w` appends.
fn appended(body: &str) -> (Graph, Vec<&'static str>) {
    let head = "program f(w: fxp[secret][2], x: fxp[secret][2])
        %w = parameter {index = 0} : fxp[secret][2]
        %x = parameter {index = 1} : fxp[secret][2]\n";
    let mut graph = parse(&format!("{head}{body}\nreturn loss = %loss")).unwrap().graph;
    let (before, output) = (graph.len(), graph.outputs[0]);
    graph.outputs = gradient(&mut graph, output, &[Value(0)], Location::UNKNOWN).unwrap();
    let names = graph.nodes().skip(before).map(|(_, node)| node.operation.name()).collect();
    (graph, names)
}

#[test]
fn only_the_path_is_visited() {
    let (_, names) = appended("%e = exponential %x %p = multiply %e, %w %loss = reduce_sum %p {axes = [0]}");
    assert_eq!(names, ["constant", "broadcast", "multiply"]);
}

#[test]
fn without_a_path_the_derivative_is_zero() {
    for body in ["%loss = reduce_sum %x {axes = [0]}", "%s = stop_gradient %w %loss = reduce_sum %s {axes = [0]}"] {
        let (graph, names) = appended(body);
        assert_eq!(names, ["constant", "broadcast"]);
        let arguments = [HostTensor::fxp([2], vec![1.0, 2.0]), HostTensor::fxp([2], vec![3.0, 4.0])];
        assert_eq!(evaluate(&graph, &arguments).unwrap(), [HostTensor::fxp([2], vec![0.0, 0.0])]);
    }
}

/// The whole derivative goes to one element, so that it sums to that of the result.
#[test]
fn of_equal_maxima_the_first_has_the_derivative() {
    for (op, expected) in [("reduce_max", [0.0, 1.0, 0.0, 0.0]), ("reduce_min", [1.0, 0.0, 0.0, 0.0])] {
        let text = format!(
            "program f(x: fxp[secret][4])
            %x = parameter {{index = 0}} : fxp[secret][4]
            %m = {op} %x {{axis = 0}}
            return m = %m"
        );
        let mut graph = parse(&text).unwrap().graph;
        let output = graph.outputs[0];
        graph.outputs = gradient(&mut graph, output, &[Value(0)], Location::UNKNOWN).unwrap();
        let x = HostTensor::fxp([4], vec![-1.0, 2.0, -1.0, 2.0]);
        assert_eq!(evaluate(&graph, &[x]).unwrap(), [HostTensor::fxp([4], expected.to_vec())]);
    }
}

#[test]
fn only_fixed_point_scalars_have_gradients() {
    let text = "program f(x: fxp[secret][2], i: int[secret][2])
        %x = parameter {index = 0} : fxp[secret][2]
        %i = parameter {index = 1} : int[secret][2]
        %s = reduce_sum %x {axes = [0]}
        return s = %s";
    let mut graph = parse(text).unwrap().graph;
    let (x, i, s) = (Value(0), Value(1), Value(2));
    assert!(
        gradient(&mut graph, x, &[x], Location::UNKNOWN).unwrap_err().to_string().contains("only a fixed-point scalar")
    );
    assert!(
        gradient(&mut graph, s, &[i], Location::UNKNOWN).unwrap_err().to_string().contains("it is not fixed-point")
    );
}

/// Rounding costs about 2^-52 / STEP, the third derivative STEP²: both stay below 1e-9.
const STEP: f64 = 1e-5;
