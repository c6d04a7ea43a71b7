//! Programs for property tests: any operations that fit together, on numbers that stay small.

use super::{Builder, ConvolutionWindow, DType, Graph, Interval, Op, Real, Strides, Type, Window, infer, intervals};
use crate::graph::Value;
use crate::host::{Elements, HostTensor};
use crate::location::Location;
use crate::program::{Party, Program};
use crate::shape::Shape;

/// A program of about `size` operations and arguments for it, both decided by the seed.
///
/// Arguments are multiples of 1/4 in [−2, 2], with zeros and ties. Comparisons are made only of values that f64 holds
/// exactly, so that another order of summation cannot turn one.
pub(crate) fn program(seed: u64, size: usize) -> (Program, Vec<HostTensor>) {
    let mut g = Generator { random: Random(seed), graph: Graph::new(), pool: Vec::new(), fraction: Vec::new() };
    let types = [
        Type::secret([2, 3], DType::Fxp),
        Type::secret([3, 2], DType::Fxp),
        Type::secret([2, 3], DType::Int),
        Type::secret([2, 3], DType::Bool),
        Type::public([2, 3], DType::Fxp),
        Type::public(Shape::SCALAR, DType::Fxp),
    ];
    let arguments = types.iter().map(|ty| g.random.tensor(ty)).collect();
    for (index, ty) in types.iter().enumerate() {
        let node = g.graph.push(Op::Parameter { index }, vec![], vec![ty.clone()], Location::UNKNOWN);
        let value = g.graph.node(node).result(0);
        g.fraction.push(Some(2));
        match ty.dtype {
            DType::Bool => g.pool.push(value),
            _ => g.try_append(Op::Assume { lo: Real(-2.0), hi: Real(2.0) }, vec![value]),
        }
    }
    while g.graph.len() < types.len() + size {
        g.step();
    }
    let last = g.pool.len() - 1;
    g.graph.outputs = vec![g.pool[last], g.pool[last / 2], g.pool[last - 1]];
    if let Some(&secret) = g.pool.iter().rev().find(|&&v| g.graph.ty(v).is_secret()) {
        for op in [Op::Reveal, Op::RevealTo { party: Party(2) }] {
            let node = super::append(&mut g.graph, op, &[secret], Location::UNKNOWN).expect("a secret can be revealed");
            let result = g.graph.node(node).result(0);
            g.graph.outputs.push(result);
        }
    }
    let parameters = types.into_iter().enumerate().map(|(i, ty)| (format!("model.{i} \"w\\\n"), ty)).collect();
    let results = g.graph.outputs.iter().enumerate().map(|(i, &v)| (format!("r{i}"), g.graph.ty(v).clone())).collect();
    let program = Program { name: format!("p{seed}"), graph: g.graph, parameters, results, operations_traced: size };
    (program, arguments)
}

struct Generator {
    random: Random,
    graph: Graph,
    pool: Vec<Value>,
    /// How many fraction bits a value needs; `None` if it is not exact.
    fraction: Vec<Option<u32>>,
}

impl Generator {
    fn step(&mut self) {
        let (x, y, p) = (self.pick(), self.pick(), self.pick());
        let shape = self.graph.ty(x).shape.clone();
        let axis = self.random.below(2);
        let (op, operands) = match self.random.below(43) {
            0 => (Op::Add, vec![x, y]),
            1 => (Op::Subtract, vec![x, y]),
            2 | 3 => (Op::Multiply, vec![x, y]),
            4 => (Op::Divide, vec![x, y]),
            5 => (Op::Negate, vec![x]),
            6 => (Op::Maximum, vec![x, y]),
            7 => (Op::Minimum, vec![x, y]),
            8 => (Op::Equal, vec![x, y]),
            9 => (Op::NotEqual, vec![x, y]),
            10 => (Op::Less, vec![x, y]),
            11 => (Op::LessEqual, vec![x, y]),
            12 => (Op::Greater, vec![x, y]),
            13 => (Op::GreaterEqual, vec![x, y]),
            14 => (Op::And, vec![x, y]),
            15 => (Op::Or, vec![x, y]),
            16 => (Op::Not, vec![x]),
            17 => (Op::Select, vec![p, x, y]),
            18 => ([Op::Exponential, Op::Log, Op::Reciprocal][self.random.below(3)].clone(), vec![x]),
            19 => (Op::Relu, vec![x]),
            20 => (Op::Dot, vec![x, y]),
            21 => (Op::Reshape { shape: Shape::from([[2, 3], [3, 2], [1, 6]][self.random.below(3)]) }, vec![x]),
            22 => (Op::Transpose { permutation: vec![1, 0] }, vec![x]),
            23 => {
                let dimensions = [vec![], vec![0], vec![1], vec![0, 1]][self.random.below(4)].clone();
                (Op::Broadcast { shape: Shape::from([[2, 3], [3, 3]][axis]), dimensions }, vec![x])
            }
            24 => {
                let start = shape.extents().iter().map(|&n| self.random.below(n.max(1))).collect();
                let strides = Strides::new(shape.extents().iter().map(|_| 1 + self.random.below(2)).collect());
                (Op::Slice { start, limit: shape.extents().to_vec(), strides }, vec![x])
            }
            25 => (Op::Concatenate { axis }, vec![x, y]),
            26 => ([Op::ReduceSum { axes: vec![axis] }, Op::ReduceMax { axis }][self.random.below(2)].clone(), vec![x]),
            27 => (Op::Convert { dtype: [DType::Int, DType::Fxp][axis] }, vec![x]),
            28 => (Op::StopGradient, vec![x]),
            29 => {
                let axes = vec![axis];
                let reductions = [
                    Op::ReduceMin { axis },
                    Op::ReduceProduct { axes: axes.clone() },
                    Op::ReduceAny { axes: axes.clone() },
                    Op::ReduceAll { axes },
                    Op::ArgMax { axis },
                    Op::MaxWithOneHot { axis },
                ];
                (reductions[self.random.below(6)].clone(), vec![x])
            }
            30 => (Op::CumulativeSum { axis, reverse: self.random.below(2) == 1 }, vec![x]),
            31 => {
                let (window, repeat) = (self.window(), self.random.below(2) == 1);
                // Slices take an element of each axis.
                if window.counts(&shape).map_or(0, |counts| counts.elements()) == 0 {
                    return;
                }
                let gather = Op::GatherWindows { window: window.clone(), repeat };
                self.try_append(gather, vec![x]);
                let gathered = *self.pool.last().expect("parameters are there");
                (Op::ScatterWindows { window, repeat, shape }, vec![gathered])
            }
            32 => return self.relu_pattern(x),
            33..=37 => return self.structural(x, y, p),
            38..=41 => return self.function(x, y, p),
            _ => {
                let ty = self.graph.ty(y).clone();
                let repeated = axis == 1;
                let shape = if repeated { Shape::SCALAR } else { ty.shape.clone() };
                let literal = self.random.tensor(&Type::public(shape, ty.dtype)).into();
                self.try_append(Op::Constant { literal }, vec![]);
                if !repeated {
                    return;
                }
                let scalar = *self.pool.last().expect("a constant was made");
                (Op::Broadcast { shape: ty.shape, dimensions: vec![] }, vec![scalar])
            }
        };
        self.try_append(op, operands);
    }

    /// Functions of one number or two, roundings, and bits of integers.
    fn function(&mut self, x: Value, y: Value, z: Value) {
        let real = [
            Op::ExponentialMinusOne,
            Op::LogPlusOne,
            Op::Sqrt,
            Op::Rsqrt,
            Op::Logistic,
            Op::Tanh,
            Op::Sine,
            Op::Cosine,
            Op::Erf,
            Op::Gelu,
            Op::Silu,
            Op::Softplus,
        ];
        let rounding = [Op::Floor, Op::Ceil, Op::RoundNearestAfz, Op::RoundNearestEven, Op::Truncate];
        let shifts = [Op::ShiftLeft, Op::ShiftRightArithmetic, Op::ShiftRightLogical];
        let (op, operands) = match self.random.below(12) {
            0..4 => (real[self.random.below(real.len())].clone(), vec![x]),
            4 => (rounding[self.random.below(5)].clone(), vec![x]),
            5 => ([Op::Abs, Op::Sign, Op::PopulationCount][self.random.below(3)].clone(), vec![x]),
            6 => (Op::Clamp, vec![x, y, z]),
            7 => ([Op::Remainder, Op::Atan2, Op::Xor][self.random.below(3)].clone(), vec![x, y]),
            8 => (Op::Power, vec![x, y]),
            9 => {
                let literal =
                    HostTensor::int(self.graph.ty(x).shape.clone(), vec![2; self.graph.ty(x).shape.elements()]);
                self.try_append(Op::Constant { literal: literal.into() }, vec![]);
                let amount = *self.pool.last().expect("a constant was made");
                (shifts[self.random.below(3)].clone(), vec![x, amount])
            }
            _ => ([Op::Or, Op::Xor, Op::And][self.random.below(3)].clone(), vec![x, y]),
        };
        self.try_append(op, operands);
    }

    fn window(&mut self) -> Window {
        let mut two = |least: usize, n: usize| vec![least + self.random.below(n), least + self.random.below(n)];
        Window { sizes: two(1, 3), strides: two(1, 2), dilations: two(1, 2), low: two(0, 2), high: two(0, 2) }
    }

    /// Products over other axes, padding, and elements found by an index, which may be secret.
    fn structural(&mut self, x: Value, y: Value, index: Value) {
        let ty = self.graph.ty(x).clone();
        let (rank, axis) = (ty.shape.rank(), self.random.below(2));
        let mut pairs = |n: usize| (0..n).map(|_| (self.random.below(2), self.random.below(2))).collect::<Vec<_>>();
        let (batch, contract) = (pairs(axis), pairs(1));
        let (op, operands) = match self.random.below(12) {
            0 => (Op::DotGeneral { batch, contract }, vec![x, y]),
            1 => (Op::Reverse { axes: vec![axis] }, vec![x]),
            2 => (Op::OneHot { depth: 3 }, vec![x]),
            3 => (Op::Gather { axis }, vec![x, index]),
            4 => (Op::ScatterAdd { axis: 0 }, vec![x, index, y]),
            5 => (Op::Iota { shape: [2, 3].into(), axis }, vec![]),
            6 | 7 => {
                let shapes = [Shape::from([1, 6, 1]), Shape::from([3, 1, 2])];
                let before = self.graph.value_count();
                for (v, shape) in [x, y].into_iter().zip(shapes) {
                    self.try_append(Op::Reshape { shape }, vec![v]);
                }
                if self.graph.value_count() != before + 2 {
                    return;
                }
                let mut sides = |n: usize| vec![self.random.below(n)];
                let window = ConvolutionWindow {
                    stride: vec![1 + sides(2)[0]],
                    low: vec![sides(4)[0] as i64 - 1],
                    high: vec![sides(4)[0] as i64 - 1],
                    input_dilation: vec![1 + sides(2)[0]],
                    kernel_dilation: vec![1 + sides(2)[0]],
                };
                let operands = vec![Value(before as u32), Value(before as u32 + 1)];
                (Op::Convolution { window, groups: 1 }, operands)
            }
            8 => {
                let literal = self.random.tensor(&Type::public(Shape::SCALAR, ty.dtype)).into();
                self.try_append(Op::Constant { literal }, vec![]);
                let value = *self.pool.last().expect("a constant was made");
                let mut sides = || (0..rank).map(|_| self.random.below(4) as i64 - 1).collect::<Vec<_>>();
                let (low, high) = (sides(), sides());
                let interior = (0..rank).map(|_| self.random.below(2)).collect();
                (Op::Pad { low, high, interior }, vec![x, value])
            }
            kind => {
                let start = self.random.tensor(&Type::public(Shape::SCALAR, DType::Int)).into();
                self.try_append(Op::Constant { literal: start }, vec![]);
                let starts = vec![*self.pool.last().expect("a constant was made"); rank];
                let sizes: Vec<usize> = ty.shape.extents().iter().map(|&n| self.random.below(n + 1)).collect();
                match kind {
                    9 | 10 => (Op::DynamicSlice { sizes }, [vec![x], starts].concat()),
                    _ => (Op::DynamicUpdateSlice, [vec![x, y], starts].concat()),
                }
            }
        };
        self.try_append(op, operands);
    }

    /// `select(x ≥ 0, x, 0)`, as the typed language writes a ReLU, or with another comparison.
    fn relu_pattern(&mut self, x: Value) {
        let ty = self.graph.ty(x).clone();
        if ty.dtype != DType::Fxp || self.fraction[x.index()].is_none() {
            return;
        }
        let mut builder = Builder { graph: &mut self.graph, location: Location::UNKNOWN };
        let zero = builder.splat(super::Literal::scalar(0.0), &ty.shape);
        self.fraction.resize(self.graph.value_count(), Some(0));
        let (op, flip) = [(Op::GreaterEqual, false), (Op::Greater, false), (Op::Less, true), (Op::LessEqual, true)]
            [self.random.below(4)]
        .clone();
        self.try_append(op, vec![x, zero]);
        let predicate = *self.pool.last().expect("a comparison was made");
        let operands = if flip { vec![predicate, zero, x] } else { vec![predicate, x, zero] };
        self.try_append(Op::Select, operands);
    }

    /// Appends the operation if it is well typed, in its domain, and its results stay small.
    fn try_append(&mut self, op: Op, operands: Vec<Value>) {
        let types: Vec<&Type> = operands.iter().map(|&v| self.graph.ty(v)).collect();
        let Ok(types) = infer(&op, &types) else { return };
        let known = intervals(&self.graph);
        let x = |i: usize| -> Interval { known[operands[i].index()] };
        let in_domain = match op {
            Op::Divide | Op::Remainder => x(1).lo > 0.1,
            Op::Log | Op::Reciprocal | Op::Sqrt | Op::Rsqrt => x(0).lo > 0.1,
            Op::LogPlusOne => x(0).lo > -0.9,
            Op::Exponential | Op::ExponentialMinusOne => x(0).hi < 5.0,
            Op::Power => x(0).lo > 0.1 && x(1).lo >= 0.0 && x(1).hi < 5.0,
            // Near the cut and the origin another order of summation is another angle.
            Op::Atan2 => x(1).lo > 0.1,
            _ => true,
        };
        let bits = operands.iter().map(|v| self.fraction[v.index()]);
        let fraction = match op {
            Op::Constant { .. } => Some(2),
            Op::Divide | Op::Log | Op::Reciprocal | Op::Exponential | Op::ExponentialMinusOne | Op::LogPlusOne => None,
            Op::Sqrt | Op::Rsqrt | Op::Logistic | Op::Tanh | Op::Sine | Op::Cosine | Op::Erf | Op::Gelu => None,
            Op::Silu | Op::Softplus | Op::Power | Op::Atan2 => None,
            Op::Multiply | Op::Dot | Op::DotGeneral { .. } | Op::Convolution { .. } => bits.sum::<Option<u32>>(),
            Op::ReduceProduct { .. } => bits.sum::<Option<u32>>().map(|bits| 3 * bits),
            _ => bits.collect::<Option<Vec<u32>>>().map(|bits| bits.into_iter().max().unwrap_or(0)),
        };
        let fraction = fraction.filter(|&bits| bits <= 16);
        let compares = match op {
            Op::Maximum | Op::Minimum | Op::Relu | Op::ReduceMax { .. } | Op::ReduceMin { .. } => true,
            Op::ArgMax { .. } | Op::MaxWithOneHot { .. } => true,
            Op::Floor | Op::Ceil | Op::RoundNearestAfz | Op::RoundNearestEven | Op::Truncate => true,
            Op::Sign | Op::Clamp | Op::Remainder | Op::Abs => true,
            _ => types[0].dtype == DType::Bool && operands.iter().any(|&v| self.graph.ty(v).dtype != DType::Bool),
        };
        let mut graph = self.graph.clone();
        let node = graph.push(op, operands, types, Location::UNKNOWN);
        let results: Vec<Value> = graph.node(node).results().collect();
        let bound = intervals(&graph)[results[0].index()];
        let small = bound.lo > -1e5 && bound.hi < 1e5;
        if in_domain && small && (fraction.is_some() || !compares) {
            self.fraction.extend(results.iter().map(|_| fraction));
            self.pool.extend(results);
            self.graph = graph;
        }
    }

    /// A value, often a late one.
    fn pick(&mut self) -> Value {
        let n = self.pool.len();
        let recent = n.min(4);
        match self.random.below(2) {
            0 => self.pool[self.random.below(n)],
            _ => self.pool[n - recent + self.random.below(recent)],
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    /// Multiples of 1/4 in [−2, 2], integers from −2 to 2, truth values.
    pub(crate) fn tensor(&mut self, ty: &Type) -> HostTensor {
        let n = ty.shape.elements();
        let elements = match ty.dtype {
            DType::Fxp => Elements::Fxp((0..n).map(|_| self.below(17) as f64 / 4.0 - 2.0).collect()),
            DType::Int => Elements::Int((0..n).map(|_| self.below(5) as i64 - 2).collect()),
            DType::Bool => Elements::Bool((0..n).map(|_| self.below(2) == 1).collect()),
        };
        HostTensor::new(ty.shape.clone(), elements)
    }
}
