//! Appends share operations: types them, and gives the same node to whoever asks for it twice.

use std::collections::HashMap;

use spu::graph::{Operation, Value};
use spu::{Location, Party, Shape};

use super::ShareGraph;
use super::depth::Depths;
use super::functions::{ExpWindow, FourierSeries};
use super::masks::drop_unused_masks;
use super::ops::{Assertion, Named, PublicFunction, RingLiteral, ShareOp};
use super::spare::spare_bits;
use super::types::{Kind, ShareType};
use crate::aby3::{Layout, Quotient, Weights};
use crate::hal::RingConfig;
use spu::pphlo::{ConvolutionWindow, DType, Strides, Window};

/// A share program under construction. HAL functions append to it; they never compute.
#[derive(Default)]
pub struct Builder {
    pub(super) graph: ShareGraph,
    known: HashMap<(ShareOp, Vec<Value>, Vec<ShareType>), Value>,
    depths: Depths,
    /// The user's line on whose behalf operations are appended.
    pub location: Option<Location>,
}

impl Builder {
    /// The finished program.
    pub fn finish(mut self, outputs: Vec<Value>) -> ShareGraph {
        self.graph.outputs = outputs;
        spu::graph::remove_dead(&mut self.graph);
        drop_unused_masks(&mut self.graph);
        self.graph
    }

    /// The type of a value.
    pub fn ty(&self, value: Value) -> &ShareType {
        self.graph.ty(value)
    }

    /// The kind of a value.
    pub fn kind(&self, value: Value) -> Kind {
        self.ty(value).kind
    }

    /// The scale of a value.
    pub fn scale(&self, value: Value) -> u32 {
        self.ty(value).scale
    }

    /// How many rounds after the start a value is there at the earliest.
    pub fn depth(&mut self, value: Value, ring: RingConfig) -> u64 {
        self.depths.of(&self.graph, value, ring)
    }

    /// The shape of a value.
    pub fn shape(&self, value: Value) -> Shape {
        self.ty(value).shape.clone()
    }

    /// An argument of the program.
    pub fn argument(&mut self, index: usize, ty: ShareType) -> Value {
        self.append(ShareOp::Argument { index }, vec![], ty)
    }

    /// A tensor that only `owner` has; `source` is its argument.
    pub fn input(&mut self, owner: Party, source: Value) -> Value {
        let ty = ShareType { kind: Kind::Arith, ..self.ty(source).clone() };
        self.append(ShareOp::Input { owner }, vec![source], ty)
    }

    /// A constant; one element stands for all.
    pub fn constant(&mut self, shape: Shape, scale: u32, elements: impl Into<Vec<i128>>) -> Value {
        let elements: Vec<i128> = elements.into();
        assert!(elements.len() == 1 || elements.len() == shape.elements(), "a constant fills its shape");
        let op = ShareOp::Constant { elements: RingLiteral(elements.into()) };
        self.append(op, vec![], ShareType::new(shape, Kind::Public, scale))
    }

    /// `x + y`; scales must be equal.
    pub fn add(&mut self, x: Value, y: Value) -> Value {
        self.linear(ShareOp::Add, x, y)
    }

    /// `x − y`; scales must be equal.
    pub fn subtract(&mut self, x: Value, y: Value) -> Value {
        self.linear(ShareOp::Subtract, x, y)
    }

    /// `−x`.
    pub fn negate(&mut self, x: Value) -> Value {
        let ty = self.ty(x).clone();
        self.append(ShareOp::Negate, vec![x], ty)
    }

    /// Element-wise product; scales add.
    pub fn multiply(&mut self, x: Value, y: Value) -> Value {
        let kind = product_kind(self.kind(x), self.kind(y));
        assert_eq!(self.shape(x), self.shape(y), "a product's operands have one shape");
        let ty = ShareType::new(self.shape(x), kind, self.scale(x) + self.scale(y));
        self.append(ShareOp::Multiply, vec![x, y], ty)
    }

    /// Matrix product, one for each index of the leading axes; scales add, and one more where the product of two shared
    /// matrices is kept `doubled`.
    pub fn dot(&mut self, x: Value, y: Value, doubled: bool) -> Value {
        let ((x, transpose_left), (y, transpose_right)) = (self.transposed(x), self.transposed(y));
        let (left, right) = (self.shape(x), self.shape(y));
        let axes = left.rank() - 2;
        let rows = left.extents()[axes + usize::from(transpose_left)];
        let columns = right.extents()[axes + usize::from(!transpose_right)];
        assert_eq!(left.extents()[..axes], right.extents()[..axes], "the batches of a product are equal");
        let shape = Shape::new([&left.extents()[..axes], &[rows, columns]].concat());
        let op = |doubled| ShareOp::Dot { doubled, transpose_left, transpose_right };
        self.bilinear(op, x, y, shape, doubled)
    }

    /// Convolution; scales as for a matrix product.
    pub fn convolution(
        &mut self,
        x: Value,
        y: Value,
        window: &ConvolutionWindow,
        groups: usize,
        doubled: bool,
    ) -> Value {
        let (input, kernel) = (self.shape(x), self.shape(y));
        let axes = input.rank() - 2;
        let (spatial, places) = (&input.extents()[1..=axes], &kernel.extents()[..axes]);
        let outputs = (0..axes).map(|axis| window.output(axis, spatial[axis], places[axis]));
        let outputs: Vec<usize> = outputs.collect();
        let shape = [&[input.extents()[0]], &outputs[..], &[kernel.extents()[axes + 1]]].concat();
        let op = |doubled| ShareOp::Convolution { window: window.clone(), groups, doubled };
        self.bilinear(op, x, y, Shape::new(shape), doubled)
    }

    /// The same number with `bits` more fraction bits.
    pub fn shift_left(&mut self, x: Value, bits: u32) -> Value {
        if bits == 0 {
            return x;
        }
        let ty = ShareType { scale: self.scale(x) + bits, ..self.ty(x).clone() };
        self.append(ShareOp::ShiftLeft { bits }, vec![x], ty)
    }

    /// The same ring elements read with another scale.
    pub fn rescale(&mut self, x: Value, scale: u32) -> Value {
        let ty = ShareType { scale, ..self.ty(x).clone() };
        self.append(ShareOp::Rescale { scale }, vec![x], ty)
    }

    /// As a `Sum`.
    pub fn to_sum(&mut self, x: Value) -> Value {
        match self.kind(x) {
            Kind::Arith => self.unary(ShareOp::ToSum, x, Kind::Sum),
            _ => x,
        }
    }

    /// A public value as `Arith`.
    pub fn public_to_arith(&mut self, x: Value) -> Value {
        match self.kind(x) {
            Kind::Public => self.unary(ShareOp::ToArith, x, Kind::Arith),
            _ => x,
        }
    }

    /// A public value rounded to a smaller scale.
    pub fn round_public(&mut self, x: Value, shift: u32) -> Value {
        if shift == 0 {
            return x;
        }
        let ty = ShareType { scale: self.scale(x) - shift, ..self.ty(x).clone() };
        self.append(ShareOp::RoundPublic { shift }, vec![x], ty)
    }

    /// A function of public values through real numbers.
    pub fn public(&mut self, function: PublicFunction, operands: Vec<Value>, shape: Shape, scale: u32) -> Value {
        self.append(ShareOp::Public(function), operands, ShareType::new(shape, Kind::Public, scale))
    }

    /// Tests where a value lies, where somebody sees it.
    pub fn assert(&mut self, x: Value, assertion: Assertion) {
        let ty = self.ty(x).clone();
        self.append(ShareOp::Assert(assertion), vec![x], ty);
    }

    /// Part of the reciprocal of public integers, of scale 0, for the operation of this name.
    pub fn public_reciprocal(&mut self, of: &'static str, y: Value, exponent: i32, places: Option<u32>) -> Value {
        let ty = ShareType { scale: 0, ..self.ty(y).clone() };
        self.append(ShareOp::PublicReciprocal { of: Named(of), exponent, places }, vec![y], ty)
    }

    /// Signs of public numbers, of scale 0.
    pub fn public_sign(&mut self, x: Value) -> Value {
        let ty = ShareType { scale: 0, ..self.ty(x).clone() };
        self.append(ShareOp::PublicSign, vec![x], ty)
    }

    /// Another shape.
    pub fn reshape(&mut self, x: Value, shape: impl Into<Shape>) -> Value {
        let shape = shape.into();
        if self.shape(x) == shape {
            return x;
        }
        let ty = ShareType { shape, ..self.ty(x).clone() };
        self.append(ShareOp::Reshape, vec![x], ty)
    }

    /// Permuted axes.
    pub fn transpose(&mut self, x: Value, permutation: Vec<usize>) -> Value {
        let shape = self.shape(x);
        let extents: Vec<usize> = permutation.iter().map(|&axis| shape.extents()[axis]).collect();
        let ty = ShareType { shape: extents.into(), ..self.ty(x).clone() };
        self.append(ShareOp::Transpose { permutation }, vec![x], ty)
    }

    /// Repeated along new or stretched axes.
    pub fn broadcast(&mut self, x: Value, shape: impl Into<Shape>, dimensions: Vec<usize>) -> Value {
        let shape = shape.into();
        if self.shape(x) == shape {
            return x;
        }
        let ty = ShareType { shape, ..self.ty(x).clone() };
        self.append(ShareOp::Broadcast { dimensions }, vec![x], ty)
    }

    /// A block of elements.
    pub fn slice(&mut self, x: Value, start: Vec<usize>, limit: Vec<usize>) -> Value {
        self.strided_slice(x, start, limit, Strides::UNIT)
    }

    /// Elements of a block at distances.
    pub fn strided_slice(&mut self, x: Value, start: Vec<usize>, limit: Vec<usize>, strides: Strides) -> Value {
        let extents = start.iter().zip(&limit).enumerate().map(|(axis, (a, b))| (b - a).div_ceil(strides.on(axis)));
        let ty = ShareType { shape: extents.collect::<Vec<_>>().into(), ..self.ty(x).clone() };
        self.append(ShareOp::Slice { start, limit, strides }, vec![x], ty)
    }

    /// In reverse order along axes.
    pub fn reverse(&mut self, x: Value, axes: Vec<usize>) -> Value {
        let ty = self.ty(x).clone();
        self.append(ShareOp::Reverse { axes }, vec![x], ty)
    }

    /// With zeros around the elements and between them, to this shape.
    pub fn pad(&mut self, x: Value, low: Vec<i64>, high: Vec<i64>, interior: Vec<usize>, shape: Shape) -> Value {
        let ty = ShareType { shape, ..self.ty(x).clone() };
        self.append(ShareOp::Pad { low, high, interior }, vec![x], ty)
    }

    /// The block of this shape that starts at public places.
    pub fn dynamic_slice(&mut self, x: Value, starts: &[Value], shape: Shape) -> Value {
        let ty = ShareType { shape, ..self.ty(x).clone() };
        self.append(ShareOp::DynamicSlice, [&[x], starts].concat(), ty)
    }

    /// `x` with the update at public places.
    pub fn dynamic_update_slice(&mut self, x: Value, update: Value, starts: &[Value]) -> Value {
        self.equally_held(x, update);
        let ty = self.ty(x).clone();
        self.append(ShareOp::DynamicUpdateSlice, [&[x, update], starts].concat(), ty)
    }

    /// The entries of an axis that a public index names.
    pub fn gather(&mut self, x: Value, index: Value, axis: usize) -> Value {
        let (from, named) = (self.shape(x), self.shape(index));
        let (before, after) = (&from.extents()[..axis], &from.extents()[axis + 1..]);
        let shape = Shape::new([before, named.extents(), after].concat());
        let ty = ShareType { shape, ..self.ty(x).clone() };
        self.append(ShareOp::Gather { axis }, vec![x, index], ty)
    }

    /// `x` with the entries of an axis that a public index names replaced, or added to.
    pub fn scatter(&mut self, x: Value, entries: Value, index: Value, axis: usize, add: bool) -> Value {
        self.equally_held(x, entries);
        let ty = self.ty(x).clone();
        self.append(ShareOp::Scatter { axis, add }, vec![x, entries, index], ty)
    }

    fn equally_held(&self, x: Value, y: Value) {
        let held = |v| (self.kind(v), self.scale(v));
        assert_eq!(held(x), held(y), "what is put together has one kind and scale");
    }

    /// Joined along an axis; kinds and scales must be equal.
    pub fn concatenate(&mut self, operands: Vec<Value>, axis: usize) -> Value {
        let mut extents = self.shape(operands[0]).extents().to_vec();
        extents[axis] = operands.iter().map(|&v| self.shape(v).extents()[axis]).sum();
        let ty = ShareType { shape: extents.into(), ..self.ty(operands[0]).clone() };
        self.append(ShareOp::Concatenate { axis }, operands, ty)
    }

    /// Summed over axes.
    pub fn reduce_sum(&mut self, x: Value, axes: Vec<usize>) -> Value {
        let shape = self.shape(x);
        let kept = shape.extents().iter().enumerate().filter(|(axis, _)| !axes.contains(axis));
        let extents: Vec<usize> = kept.map(|(_, &extent)| extent).collect();
        let ty = ShareType { shape: extents.into(), ..self.ty(x).clone() };
        self.append(ShareOp::ReduceSum { axes }, vec![x], ty)
    }

    /// Running sums along an axis.
    pub fn cumulative_sum(&mut self, x: Value, axis: usize, reverse: bool) -> Value {
        let ty = self.ty(x).clone();
        self.append(ShareOp::CumulativeSum { axis, reverse }, vec![x], ty)
    }

    /// The elements of windows, which move over the whole tensor as the window allows.
    pub fn gather_windows(&mut self, x: Value, window: Window, repeat: bool) -> Value {
        let counts = window.counts(&self.shape(x)).expect("the window was checked");
        let shape = [counts.extents(), &[window.elements()]].concat().into();
        let ty = ShareType { shape, ..self.ty(x).clone() };
        self.append(ShareOp::GatherWindows { window, repeat }, vec![x], ty)
    }

    /// The elements of windows added to where they came from in a tensor of this shape.
    pub fn scatter_windows(&mut self, x: Value, window: Window, repeat: bool, shape: Shape) -> Value {
        let ty = ShareType { shape, ..self.ty(x).clone() };
        self.append(ShareOp::ScatterWindows { window, repeat }, vec![x], ty)
    }

    /// `Sum → Arith`.
    pub fn reshare(&mut self, x: Value) -> Value {
        self.unary(ShareOp::Reshare, x, Kind::Arith)
    }

    /// Divided by 2^shift; takes a `Sum` or `Arith` value, gives `Arith`.
    pub fn truncate(&mut self, x: Value, shift: u32) -> Value {
        let ty = ShareType { kind: Kind::Arith, scale: self.scale(x) - shift, ..self.ty(x).clone() };
        let op = match self.kind(x) {
            Kind::Sum => ShareOp::TruncateSum { shift },
            _ => ShareOp::Truncate { shift },
        };
        self.append(op, vec![x], ty)
    }

    /// Disclosed to every party, or to one.
    pub fn open(&mut self, x: Value, dtype: DType, to: Option<Party>) -> Value {
        match to {
            None => self.unary(ShareOp::Open { dtype }, x, Kind::Public),
            Some(party) => self.unary(ShareOp::OpenTo { party, dtype }, x, Kind::Public),
        }
    }

    /// max(x, 0) and `[x ≥ 0]`.
    pub fn relu(&mut self, x: Value) -> (Value, Value) {
        let value = self.ty(x).clone();
        let mask = ShareType { scale: 0, ..value.clone() };
        let spare = spare_bits(&self.graph, x);
        pair(self.append_all(ShareOp::Relu { spare }, vec![x], vec![value, mask]))
    }

    /// max(y, 0) and the bit `[y < 0]` of the truncated y = x / 2^shift; takes a `Sum`.
    pub fn truncate_relu(&mut self, x: Value, shift: u32) -> (Value, Value) {
        let value = ShareType { kind: Kind::Arith, scale: self.scale(x) - shift, ..self.ty(x).clone() };
        let negative = ShareType::new(self.shape(x), Kind::Bits(1), 0);
        pair(self.append_all(ShareOp::TruncateRelu { shift }, vec![x], vec![value, negative]))
    }

    /// x·U·v / 2^(e + t), as integers.
    pub fn quotient(&mut self, x: Value, power: Value, v: Value, quotient: Quotient) -> Value {
        let ty = ShareType::new(self.shape(x), Kind::Arith, 0);
        self.append(ShareOp::Quotient(quotient), vec![x, power, v], ty)
    }

    /// x / 2^shift where the bit is set, else 0; takes a `Sum`.
    pub fn truncate_select(&mut self, x: Value, bit: Value, shift: u32) -> Value {
        let ty = ShareType { kind: Kind::Arith, scale: self.scale(x) - shift, ..self.ty(x).clone() };
        self.append(ShareOp::TruncateSelect { shift }, vec![x, bit], ty)
    }

    /// `[x < 0]` as a bit.
    pub fn sign(&mut self, x: Value) -> Value {
        let ty = ShareType::new(self.shape(x), Kind::Bits(1), 0);
        self.append(ShareOp::Sign, vec![x], ty)
    }

    /// `[x < 0]` as 0 or 1.
    pub fn sign_to_arith(&mut self, x: Value) -> Value {
        let ty = ShareType::new(self.shape(x), Kind::Arith, 0);
        self.append(ShareOp::SignToArith, vec![x], ty)
    }

    /// `[x < 0]` as 0 or 1 of numbers of `bits` bits.
    pub fn narrow_sign_to_arith(&mut self, x: Value, bits: u32) -> Value {
        let ty = ShareType::new(self.shape(x), Kind::Arith, 0);
        self.append(ShareOp::NarrowSignToArith { bits }, vec![x], ty)
    }

    /// A bit as 0 or 1.
    pub fn bit_to_arith(&mut self, bit: Value) -> Value {
        self.unary(ShareOp::BitToArith, bit, Kind::Arith)
    }

    /// A bit times a value.
    pub fn bit_multiply(&mut self, bit: Value, x: Value) -> Value {
        let ty = self.ty(x).clone();
        self.append(ShareOp::BitMultiply, vec![bit, x], ty)
    }

    /// e^−x on a window, with its own scale.
    pub fn exp_negative(&mut self, x: Value, window: ExpWindow) -> Value {
        let ty = ShareType { kind: Kind::Arith, scale: window.result_scale, ..self.ty(x).clone() };
        self.append(ShareOp::ExpNegative(window), vec![x], ty)
    }

    /// A trigonometric polynomial, with its own scale.
    pub fn fourier(&mut self, x: Value, series: FourierSeries) -> Value {
        let ty = ShareType { kind: Kind::Arith, scale: series.result_scale, ..self.ty(x).clone() };
        self.append(ShareOp::Fourier(series), vec![x], ty)
    }

    /// Largest of each row of a matrix.
    pub fn maximum(&mut self, x: Value) -> Value {
        let ty = ShareType { shape: [self.shape(x).extents()[0]].into(), ..self.ty(x).clone() };
        self.append(ShareOp::Maximum { spare: spare_bits(&self.graph, x) }, vec![x], ty)
    }

    /// Largest of each row of a matrix, and 1 where it stands first, else 0.
    pub fn maximum_one_hot(&mut self, x: Value) -> (Value, Value) {
        let rows = ShareType { shape: [self.shape(x).extents()[0]].into(), ..self.ty(x).clone() };
        let one_hot = ShareType { scale: 0, ..self.ty(x).clone() };
        let op = ShareOp::MaximumOneHot { spare: spare_bits(&self.graph, x) };
        pair(self.append_all(op, vec![x], vec![rows, one_hot]))
    }

    /// Largest of each row of a matrix, and the column where it stands first.
    pub fn maximum_index(&mut self, x: Value) -> (Value, Value) {
        let rows = ShareType { shape: [self.shape(x).extents()[0]].into(), ..self.ty(x).clone() };
        let index = ShareType { scale: 0, ..rows.clone() };
        let op = ShareOp::MaximumIndex { spare: spare_bits(&self.graph, x) };
        pair(self.append_all(op, vec![x], vec![rows, index]))
    }

    /// Sums of weights by the position of the leading one, with these scales.
    pub fn leading_one(&mut self, x: Value, layout: Layout, weights: Weights, scales: &[u32]) -> Vec<Value> {
        let types = scales.iter().map(|&scale| ShareType::new(self.shape(x), Kind::Arith, scale)).collect();
        let key = (ShareOp::LeadingOne { layout, weights }, vec![x], types);
        let first = match self.known.get(&key) {
            Some(&first) => first,
            None => self.push(key),
        };
        (first.0..).take(scales.len()).map(Value).collect()
    }

    fn bilinear(&mut self, op: impl Fn(bool) -> ShareOp, x: Value, y: Value, shape: Shape, doubled: bool) -> Value {
        let kind = product_kind(self.kind(x), self.kind(y));
        let doubled = doubled && kind == Kind::Sum;
        let ty = ShareType::new(shape, kind, self.scale(x) + self.scale(y) + u32::from(doubled));
        self.append(op(doubled), vec![x, y], ty)
    }

    fn linear(&mut self, op: ShareOp, x: Value, y: Value) -> Value {
        let (a, b) = (self.ty(x).clone(), self.ty(y).clone());
        assert_eq!((&a.shape, a.scale), (&b.shape, b.scale), "a sum's operands have one shape and scale");
        let (x, y, kind) = match (a.kind, b.kind) {
            (Kind::Public, kind) | (kind, Kind::Public) => (x, y, kind),
            (Kind::Sum, _) | (_, Kind::Sum) => (self.to_sum(x), self.to_sum(y), Kind::Sum),
            (kind, _) => (x, y, kind),
        };
        self.append(op, vec![x, y], ShareType { kind, ..a })
    }

    /// The matrices under a transposition of the last two axes, if there is one.
    fn transposed(&self, x: Value) -> (Value, bool) {
        let (id, _) = self.graph.definition(x);
        let node = self.graph.node(id);
        let ShareOp::Transpose { permutation } = &node.operation else { return (x, false) };
        let axes = permutation.len().saturating_sub(2);
        match permutation.iter().copied().eq((0..axes).chain([axes + 1, axes])) {
            true => (node.operands[0], true),
            false => (x, false),
        }
    }

    pub(super) fn unary(&mut self, op: ShareOp, x: Value, kind: Kind) -> Value {
        let ty = ShareType { kind, ..self.ty(x).clone() };
        self.append(op, vec![x], ty)
    }

    pub(super) fn append(&mut self, op: ShareOp, operands: Vec<Value>, ty: ShareType) -> Value {
        let key = (op, operands, vec![ty]);
        match self.known.get(&key) {
            Some(&value) if !key.0.is_pinned() => value,
            _ => self.push(key),
        }
    }

    /// An operation with several results.
    pub(super) fn append_all(&mut self, op: ShareOp, operands: Vec<Value>, types: Vec<ShareType>) -> Vec<Value> {
        let count = types.len() as u32;
        let key = (op, operands, types);
        let first = match self.known.get(&key) {
            Some(&first) => first,
            None => self.push(key),
        };
        (0..count).map(|i| Value(first.0 + i)).collect()
    }

    fn push(&mut self, key: (ShareOp, Vec<Value>, Vec<ShareType>)) -> Value {
        let (op, operands, types) = key.clone();
        let id = self.graph.push(op, operands, types, self.location.unwrap_or(Location::UNKNOWN));
        let first = self.graph.node(id).result(0);
        self.known.insert(key, first);
        first
    }
}

fn pair(results: Vec<Value>) -> (Value, Value) {
    (results[0], results[1])
}

fn product_kind(x: Kind, y: Kind) -> Kind {
    match (x, y) {
        (Kind::Public, kind) | (kind, Kind::Public) => kind,
        (Kind::Arith, Kind::Arith) => Kind::Sum,
        kinds => unreachable!("operands of a product are public or arithmetic shares, not {kinds:?}"),
    }
}
