//! Lowering: every PPHLO operation becomes share operations. HAL functions append to the share program, built from other
//! HAL functions; they never compute.
//!
//! **Scales.** A fixed-point value carries its scale; sums align scales, products add them, and a truncation is placed only
//! where something needs fewer fraction bits: an operand of a further product, a comparison, a result. A factor that is a
//! power of two costs nothing, it changes the scale; the value then keeps up to [`RingConfig::extra`] more fraction bits. A summand of which no bound is known gets at
//! most [`RingConfig::scale_of_products`] fraction bits, and what is compared or chosen no more than it is known to fit with: else the product beside it is
//! truncated first.

mod arithmetic;
mod bits;
mod compare;
mod cut;
mod division;
mod encode;
mod exponential;
mod format;
mod function;
mod indexing;
mod linear;
mod normalize;
mod normalized;
mod order;
mod polynomial;
mod power;
mod quotient;
mod random;
mod reduce;
mod room;
mod rough;
mod rounding;
mod sigmoid;
mod spline;
mod structure;
mod trigonometry;
mod truth;
mod whole;

use std::collections::HashMap;

use spu::graph::Value;
use spu::pphlo::{self, DType, Interval, Op, Type};
use spu::{Error, Location, Program, Shape};

pub use cut::schedule;
pub use encode::{decode, encode};
pub(crate) use exponential::largest_exponent;
pub use format::RingConfig;
pub(crate) use format::in_ring;
pub use spline::{SEGMENT_RATIO, Spline};
pub use whole::exact_bits;

use self::truth::Test;
use crate::share::{Builder, Kind, ShareGraph, ShareType};

/// Most fraction bits that a value may keep beyond the format's, in any ring: see [`RingConfig::extra`].
pub const EXTRA: u32 = 8;

/// Lowers a program without branches and loops to what the parties execute; [`schedule`] takes any program. The program is verified: that a
/// secret permutation is one decides whether the parties may see a shuffled copy of it.
pub fn lower(program: &Program, ring: RingConfig) -> Result<ShareGraph, Error> {
    pphlo::verify(&program.graph)?;
    lower_known(program, &[], ring)
}

/// As [`lower`] for what was verified, perhaps as part of a larger program; `parameters` tells by index where parameters lie.
fn lower_known(program: &Program, parameters: &[Interval], ring: RingConfig) -> Result<ShareGraph, Error> {
    let graph = &program.graph;
    if let Some((id, node)) = graph.nodes().find(|(_, node)| !node.regions.is_empty()) {
        let message = format!("cannot run `{}` in one plan", node.operation.name());
        return Err(Error::program(message, graph.location(id)));
    }
    let (lowering, outputs, _) = lowered(program, parameters, ring, true)?;
    Ok(lowering.build.finish(outputs))
}

/// Fraction bits under which each PPHLO value is held, by index, before any truncation: the most that it has to fit with. Nothing for constants that their uses encode, and for
/// comparisons that are part of their uses. `parameters` tells by index where parameters lie.
pub fn scales(program: &Program, parameters: &[Interval], ring: RingConfig) -> Result<Vec<Option<u32>>, Error> {
    let (lowering, _, made) = lowered(program, parameters, ring, false)?;
    let scale = |entry: Entry| match entry {
        Entry::Number(number) => Some(lowering.build.scale(number.value)),
        _ => None,
    };
    Ok(made.into_iter().map(|(entry, _)| scale(entry)).collect())
}

/// [`lower`], with every PPHLO value that is held as a further output, and which output that is, by the value's index. The values
/// are computed as [`lower`] has it, so that they can be seen in the clear: see [`crate::plain`]. What is asserted is left to whoever sees them.
pub fn lower_keeping(program: &Program, ring: RingConfig) -> Result<(ShareGraph, Vec<Option<usize>>), Error> {
    let (mut lowering, mut outputs, made) = lowered(program, &[], ring, false)?;
    let mut keep = |entry: Entry| {
        let value = match entry {
            Entry::Number(number) => number.value,
            Entry::Splat(_) => return None,
            bit => match lowering.settled(bit) {
                Entry::Number(number) => number.value,
                _ => return None,
            },
        };
        outputs.push(value);
        Some(outputs.len() - 1)
    };
    let kept = made.into_iter().map(|(_, entry)| keep(entry)).collect();
    Ok((lowering.build.finish(outputs), kept))
}

/// The lowering, the program's outputs, and what each PPHLO value was when it was made and for its uses.
fn lowered<'a>(
    program: &'a Program,
    parameters: &[Interval],
    ring: RingConfig,
    tests_assertions: bool,
) -> Result<Lowered<'a>, Error> {
    let graph = &program.graph;
    let mut uses = vec![0; graph.value_count()];
    graph.nodes().flat_map(|(_, node)| &node.operands).chain(&graph.outputs).for_each(|v| uses[v.index()] += 1);
    let logical_uses = truth::logical_uses(graph);
    let entries = vec![None; graph.value_count()];
    let intervals = ring.numbers().intervals(graph, parameters);
    let needs = normalize::needs(graph, &intervals, ring);
    let orders = order::Orders::default();
    let (build, words) = (Builder::default(), HashMap::new());
    let mut lowering =
        Lowering { build, ring, graph, intervals, needs, uses, logical_uses, words, entries, orders, tests_assertions };
    let mut made = Vec::with_capacity(graph.value_count());
    for (id, node) in graph.nodes() {
        lowering.build.location = Some(graph.location(id));
        let entries = match node.regions.is_empty() {
            true => lowering.node(&node.operation, &node.operands, node.result(0))?,
            // What other plans give.
            false => node.results().map(|v| lowering.given(v)).collect(),
        };
        for (value, entry) in node.results().zip(entries) {
            let used = if lowering.uses[value.index()] == 1 { entry } else { lowering.shared_truth(value, entry) };
            lowering.entries[value.index()] = Some(used);
            made.push((entry, used));
        }
    }
    let mut outputs = Vec::with_capacity(graph.outputs.len());
    for (&output, (_, ty)) in graph.outputs.iter().zip(&program.results) {
        lowering.build.location = Some(graph.value_location(output));
        outputs.push(lowering.result(output, ty));
    }
    Ok((lowering, outputs, made))
}

type Lowered<'a> = (Lowering<'a>, Vec<Value>, Vec<(Entry, Entry)>);

/// The share types of arguments and results of a program: what its callers hold.
pub fn boundary_type(ty: &Type, ring: RingConfig) -> ShareType {
    let kind = if ty.is_secret() { Kind::Arith } else { Kind::Public };
    ShareType::new(ty.shape.clone(), kind, ring.scale(ty.dtype))
}

/// A PPHLO value on the way down.
#[derive(Clone, Copy, Debug)]
enum Entry {
    /// A number in the share program.
    Number(Number),
    /// A public constant of equal elements, not yet encoded: its use decides the scale.
    Splat(f64),
    /// A truth value, or its negation, not yet computed: its use decides the form.
    Bit { test: Test, negated: bool },
}

/// A share value, and how many fraction bits it is worth: it is truncated to no fewer.
#[derive(Clone, Copy, Debug)]
struct Number {
    value: Value,
    precision: u32,
}

struct Lowering<'a> {
    build: Builder,
    ring: RingConfig,
    graph: &'a pphlo::Graph,
    intervals: Vec<Interval>,
    /// For which functions each value is normalized.
    needs: Vec<normalize::Needs>,
    uses: Vec<usize>,
    /// How many uses take a truth value as a bit: in logical operations, and as predicates.
    logical_uses: Vec<[usize; 2]>,
    /// Bits of integers that were made of them, by the integers.
    words: HashMap<Value, Value>,
    entries: Vec<Option<Entry>>,
    orders: order::Orders,
    /// Whether what authors assert becomes a test.
    tests_assertions: bool,
}

/// Operations that are lowered in one way, whatever their visibility.
fn is_source(op: &Op) -> bool {
    matches!(
        op,
        Op::Parameter { .. } | Op::Constant { .. } | Op::Reveal | Op::RandomUniform { .. } | Op::RandomBernoulli { .. }
    )
}

impl Lowering<'_> {
    fn node(&mut self, op: &Op, operands: &[Value], result: Value) -> Result<Vec<Entry>, Error> {
        let ty = self.graph.ty(result).clone();
        if !ty.is_secret() && !is_source(op) {
            return Ok(self.public(op, operands, result));
        }
        let one = |entry| Ok(vec![entry]);
        match op {
            Op::Parameter { index } => {
                let value = self.build.argument(*index, boundary_type(&ty, self.ring));
                one(self.number(value, self.ring.scale(ty.dtype)))
            }
            Op::Constant { literal } => one(self.constant(literal)?),
            Op::Iota { .. } => unreachable!("a count is public"),
            Op::Add => one(self.add(operands[0], operands[1], &ty)),
            Op::Subtract => one(self.subtract(operands[0], operands[1], &ty)),
            Op::Negate => one(self.negate(operands[0])),
            Op::Multiply => one(self.multiply(operands[0], operands[1], &ty)),
            Op::Dot => one(self.dot(operands[0], operands[1], &ty)),
            Op::DotGeneral { batch, contract } => one(self.dot_general(operands[0], operands[1], batch, contract, &ty)),
            Op::Convolution { window, groups } => one(self.convolution(operands[0], operands[1], window, *groups, &ty)),
            Op::Divide if ty.dtype == DType::Int => one(self.whole_division(op, operands[0], operands[1])?),
            Op::Remainder => one(self.whole_division(op, operands[0], operands[1])?),
            Op::Divide => one(self.divide(operands[0], operands[1], result)?),
            Op::Reciprocal => one(self.reciprocal(operands[0])),
            Op::Log => one(self.logarithm(operands[0])),
            Op::Sqrt => one(self.root(operands[0], 1)),
            Op::Rsqrt => one(self.root(operands[0], -1)),
            Op::RsqrtApprox => one(self.approximate_rsqrt(operands[0])?),
            Op::Exponential => one(self.exponential(operands[0])),
            Op::Logistic | Op::Tanh | Op::Erf | Op::Gelu | Op::Silu | Op::Softplus => {
                one(self.sigmoid(op, operands[0]))
            }
            Op::Atan2 => one(self.arc_tangent(operands[0], operands[1])),
            Op::LogPlusOne => one(self.logarithm_plus_one(operands[0])),
            Op::Sine | Op::Cosine => one(self.sine(op, operands[0])),
            Op::ExponentialMinusOne => one(self.exponential_minus_one(operands[0])),
            Op::Power => one(self.power(operands[0], operands[1], result)?),
            Op::Maximum | Op::Minimum => one(self.extremum(op, operands[0], operands[1], &ty)),
            Op::Less | Op::LessEqual | Op::Greater | Op::GreaterEqual => {
                one(self.compare(op, operands[0], operands[1]))
            }
            Op::Equal | Op::NotEqual => one(self.equal(op, operands[0], operands[1])),
            Op::Abs => one(self.abs(operands[0])),
            Op::Sign => one(self.sign(operands[0])),
            Op::Clamp => one(self.clamp([operands[0], operands[1], operands[2]], &ty)),
            Op::Floor | Op::Ceil | Op::RoundNearestAfz | Op::RoundNearestEven | Op::Truncate => {
                one(self.round(op, operands[0]))
            }
            Op::And | Op::Or | Op::Xor if ty.dtype == DType::Int => one(self.bitwise(op, operands[0], operands[1])),
            Op::And | Op::Or | Op::Xor => one(self.logical(op, operands[0], operands[1], result)),
            Op::Not if ty.dtype == DType::Int => one(self.complement(operands[0])),
            Op::ShiftLeft => one(self.shift_left(operands[0], operands[1])?),
            Op::ShiftRightArithmetic => one(self.shift_right(true, operands[0], operands[1])?),
            Op::ShiftRightLogical => one(self.shift_right(false, operands[0], operands[1])?),
            Op::PopulationCount => one(self.population_count(operands[0])),
            Op::Not => one(self.not(operands[0])),
            Op::Select => one(self.select(operands[0], operands[1], operands[2], &ty)),
            Op::Relu => Ok(self.relu(operands[0])),
            Op::Reshape { .. } | Op::Transpose { .. } | Op::Broadcast { .. } => {
                one(self.rearrange(op, operands[0], &ty))
            }
            Op::Slice { .. } | Op::Reverse { .. } => one(self.rearrange(op, operands[0], &ty)),
            Op::Pad { .. } => one(self.pad(op, operands[0], operands[1], &ty)),
            Op::DynamicSlice { .. } => one(self.dynamic_slice(operands, &ty)),
            Op::DynamicUpdateSlice => one(self.dynamic_update_slice(operands, &ty)),
            Op::Gather { axis } => one(self.gather(operands[0], operands[1], *axis, &ty)),
            Op::ScatterAdd { axis } => one(self.scatter(operands, *axis, true, &ty)),
            Op::Scatter { axis } => one(self.scatter(operands, *axis, false, &ty)),
            Op::OneHot { depth } => one(self.one_hot(operands[0], *depth, &ty)),
            Op::Concatenate { axis } => one(self.concatenate(operands, *axis, &ty)),
            Op::ArgSort { descending } => one(self.arg_sort(operands, *descending, result)?),
            Op::Permute { inverse } => one(self.permute(operands[0], operands[1], *inverse)?),
            Op::RandomPermutation { .. } => one(self.random_permutation(result)?),
            Op::RandomUniform { .. } | Op::RandomBernoulli { .. } => one(self.random(op, &ty)),
            Op::ReduceSum { axes } => one(self.reduce_sum(operands[0], axes, &ty)),
            Op::ReduceMax { axis } | Op::ReduceMin { axis } => one(self.reduce_extremum(op, operands[0], *axis, &ty)),
            Op::ArgMax { axis } => one(self.arg_max(operands[0], *axis, &ty)),
            Op::MaxWithOneHot { axis } => Ok(self.max_with_one_hot(operands[0], *axis, &ty)),
            Op::ReduceProduct { axes } => one(self.reduce_product(operands[0], axes, &ty)),
            Op::ReduceAny { axes } | Op::ReduceAll { axes } => one(self.truth(op, operands[0], axes, &ty)),
            Op::CumulativeSum { .. } | Op::GatherWindows { .. } | Op::ScatterWindows { .. } => {
                one(self.sums_and_windows(op, operands[0], &ty))
            }
            Op::Convert { dtype } => one(self.convert(operands[0], *dtype)),
            Op::Assume { lo, hi } => one(self.assumed(operands[0], *lo, *hi)),
            Op::StopGradient => one(self.entry(operands[0])),
            Op::ToSecret => {
                let number = self.as_number(operands[0]);
                let held = self.arith_at(number, self.ring.scale(ty.dtype));
                one(self.number(held, self.ring.scale(ty.dtype)))
            }
            Op::If | Op::While { .. } | Op::For { .. } => unreachable!("a plan has no regions"),
            Op::Reveal => one(self.open(operands[0], None)),
            Op::RevealTo { party } => one(self.open(operands[0], Some(*party))),
        }
    }

    /// A value that comes from outside of the plan.
    fn given(&mut self, value: Value) -> Entry {
        let ty = self.graph.ty(value).clone();
        let argument = self.build.argument(usize::MAX - value.index(), boundary_type(&ty, self.ring));
        self.number(argument, self.ring.scale(ty.dtype))
    }

    fn entry(&self, value: Value) -> Entry {
        self.entries[value.index()].expect("operands are lowered before their uses")
    }

    fn shape(&self, value: Value) -> Shape {
        self.graph.ty(value).shape.clone()
    }

    fn dtype(&self, value: Value) -> DType {
        self.graph.ty(value).dtype
    }

    fn location(&self) -> Location {
        self.build.location.unwrap_or(Location::UNKNOWN)
    }

    fn number(&self, value: Value, precision: u32) -> Entry {
        Entry::Number(Number { value, precision })
    }

    /// A value as a number of the share program, constants at the format's scale, truth values as 0 or 1.
    fn as_number(&mut self, value: Value) -> Number {
        let ty = self.graph.ty(value).clone();
        match self.entry(value) {
            Entry::Number(number) => number,
            Entry::Splat(x) => {
                let scale = self.ring.scale(ty.dtype);
                Number { value: self.splat(x, ty.shape, scale), precision: scale }
            }
            entry @ Entry::Bit { .. } => match self.settled(entry) {
                Entry::Number(number) => number,
                _ => unreachable!("a settled bit is a number"),
            },
        }
    }

    /// An entry that several uses can share: sums are truncated or re-shared once, bits become 0 or 1 once.
    fn settled(&mut self, entry: Entry) -> Entry {
        match entry {
            Entry::Number(number) => Entry::Number(Number { value: self.settled_number(number), ..number }),
            Entry::Splat(_) => entry,
            Entry::Bit { test, negated } => Entry::Number(self.truth_number(test, negated)),
        }
    }

    /// Settles what a value is from here on.
    fn settle(&mut self, value: Value) {
        let entry = self.entry(value);
        self.entries[value.index()] = Some(self.settled(entry));
    }

    /// `Arith` or `Public`; a `Sum` loses the fraction bits beyond its precision.
    fn settled_number(&mut self, number: Number) -> Value {
        if self.build.kind(number.value) != Kind::Sum {
            return number.value;
        }
        match self.build.scale(number.value).saturating_sub(number.precision) {
            0 => self.build.reshare(number.value),
            shift => self.build.truncate(number.value, shift),
        }
    }

    /// A factor of a product: `Arith` or `Public` with no more fraction bits than its precision.
    fn factor(&mut self, number: Number) -> Value {
        let value = self.settled_number(number);
        self.at_most(value, number.precision)
    }

    fn at_most(&mut self, value: Value, scale: u32) -> Value {
        match (self.build.scale(value).saturating_sub(scale), self.build.kind(value)) {
            (0, _) => value,
            (shift, Kind::Public) => self.build.round_public(value, shift),
            (shift, _) => self.build.truncate(value, shift),
        }
    }

    /// `Arith` or `Public` with exactly `scale` fraction bits.
    fn at_scale(&mut self, number: Number, scale: u32) -> Value {
        let value = match (self.build.kind(number.value), self.build.scale(number.value)) {
            (Kind::Sum, s) if s > scale => self.build.truncate(number.value, s - scale),
            (Kind::Sum, _) => self.build.reshare(number.value),
            _ => self.at_most(number.value, scale),
        };
        let missing = scale - self.build.scale(value);
        self.build.shift_left(value, missing)
    }

    /// `Arith` with exactly `scale` fraction bits.
    fn arith_at(&mut self, number: Number, scale: u32) -> Value {
        let value = self.at_scale(number, scale);
        self.build.public_to_arith(value)
    }

    fn splat(&mut self, x: f64, shape: Shape, scale: u32) -> Value {
        self.build.constant(shape, scale, [encode::rounded(x, scale)])
    }

    fn one_minus(&mut self, x: Value) -> Value {
        let scale = self.build.scale(x);
        let one = self.splat(1.0, self.build.shape(x), scale);
        self.build.subtract(one, x)
    }

    fn result(&mut self, output: Value, ty: &Type) -> Value {
        let number = self.as_number(output);
        let scale = self.ring.scale(ty.dtype);
        if ty.is_secret() && !self.is_disclosed(output) {
            self.arith_at(number, scale)
        } else {
            self.at_scale(number, scale)
        }
    }

    /// Whether a value of secret type was opened to one party: it stays with that party.
    fn is_disclosed(&self, value: Value) -> bool {
        let (id, _) = self.graph.definition(value);
        matches!(self.graph.node(id).operation, Op::RevealTo { .. })
    }

    fn open(&mut self, x: Value, to: Option<spu::Party>) -> Entry {
        let dtype = self.dtype(x);
        let number = self.as_number(x);
        if self.build.kind(number.value) == Kind::Public {
            return Entry::Number(number);
        }
        let value = self.arith_at(number, self.ring.scale(dtype));
        let opened = self.build.open(value, dtype, to);
        self.number(opened, self.ring.scale(dtype))
    }
}
