//! Operations that only rearrange or add up elements, and public ones.

use spu::graph::Value;
use spu::pphlo::{DType, Op, Real, Type};

use super::{Entry, Lowering, Number};
use crate::share::{Assertion, Kind, PublicFunction};

impl Lowering<'_> {
    pub(super) fn rearrange(&mut self, op: &Op, x: Value, ty: &Type) -> Entry {
        if let Entry::Splat(c) = self.entry(x) {
            return Entry::Splat(c);
        }
        let number = self.as_number(x);
        let grows = matches!(op, Op::Broadcast { .. });
        let source = if grows { self.settled_number(number) } else { number.value };
        let value = match op {
            Op::Reshape { shape } => self.build.reshape(source, shape.clone()),
            Op::Transpose { permutation } => self.build.transpose(source, permutation.clone()),
            Op::Broadcast { dimensions, .. } => self.build.broadcast(source, ty.shape.clone(), dimensions.clone()),
            Op::Slice { start, limit, strides } => {
                self.build.strided_slice(source, start.clone(), limit.clone(), strides.clone())
            }
            Op::Reverse { axes } => self.build.reverse(source, axes.clone()),
            _ => unreachable!("only structural operations rearrange"),
        };
        self.number(value, number.precision)
    }

    /// Zeros where the value is to stand, and the value times a public mask.
    pub(super) fn pad(&mut self, op: &Op, x: Value, value: Value, ty: &Type) -> Entry {
        let Op::Pad { low, high, interior } = op else { unreachable!("only a padding pads") };
        let padded =
            |this: &mut Self, v| this.build.pad(v, low.clone(), high.clone(), interior.clone(), ty.shape.clone());
        self.make_room(x, value);
        self.make_room(value, x);
        let number = self.as_number(x);
        let around = padded(self, number.value);
        if matches!(self.entry(value), Entry::Splat(x) if x == 0.0) {
            return self.number(around, number.precision);
        }
        let scalar = self.as_number(value);
        let scalar = Number { value: self.settled_number(scalar), ..scalar };
        let wide = self.build.broadcast(scalar.value, ty.shape.clone(), vec![]);
        let ones = self.splat(1.0, self.shape(x), 0);
        let inside = padded(self, ones);
        let outside = self.one_minus(inside);
        let filling = self.build.multiply(outside, wide);
        Entry::Number(self.sum(Number { value: around, ..number }, Number { value: filling, ..scalar }))
    }

    /// The sum of two numbers of one shape, at the larger scale.
    pub(super) fn sum(&mut self, x: Number, y: Number) -> Number {
        let scale = self.build.scale(x.value).max(self.build.scale(y.value));
        let [a, b] = [x, y].map(|n| self.build.shift_left(n.value, scale - self.build.scale(n.value)));
        Number { value: self.build.add(a, b), precision: x.precision.min(y.precision) }
    }

    pub(super) fn concatenate(&mut self, operands: &[Value], axis: usize, ty: &Type) -> Entry {
        let scale = self.ring.scale(ty.dtype);
        let parts = operands.iter().map(|&v| {
            let number = self.as_number(v);
            self.arith_at(number, scale)
        });
        let parts = parts.collect();
        let value = self.build.concatenate(parts, axis);
        self.number(value, scale)
    }

    pub(super) fn reduce_sum(&mut self, x: Value, axes: &[usize], ty: &Type) -> Entry {
        let number = self.as_number(x);
        let value = self.build.reduce_sum(number.value, axes.to_vec());
        self.number(value, number.precision.max(self.ring.scale(ty.dtype)))
    }

    /// An operation on public values: linear ones in the ring, all others through real numbers.
    pub(super) fn public(&mut self, op: &Op, operands: &[Value], result: Value) -> Vec<Entry> {
        let ty = self.graph.ty(result).clone();
        let integers = ty.dtype == DType::Int;
        if let Some(entry) = integers.then(|| self.public_bits(op, operands)).flatten() {
            return vec![entry];
        }
        let entry = match op {
            Op::Reshape { .. } | Op::Transpose { .. } | Op::Broadcast { .. } => self.rearrange(op, operands[0], &ty),
            Op::Slice { .. } | Op::Reverse { .. } => self.rearrange(op, operands[0], &ty),
            Op::Pad { .. } => self.pad(op, operands[0], operands[1], &ty),
            Op::DynamicSlice { .. } => self.dynamic_slice(operands, &ty),
            Op::DynamicUpdateSlice => self.dynamic_update_slice(operands, &ty),
            Op::Gather { axis } => self.gather(operands[0], operands[1], *axis, &ty),
            Op::ScatterAdd { axis } => self.scatter(operands, *axis, true, &ty),
            Op::Scatter { axis } => self.scatter(operands, *axis, false, &ty),
            Op::Iota { shape, axis } => self.iota(shape, *axis),
            Op::Assume { lo, hi } => self.assumed(operands[0], *lo, *hi),
            Op::StopGradient => self.entry(operands[0]),
            Op::Add => self.add(operands[0], operands[1], &ty),
            Op::Subtract => self.subtract(operands[0], operands[1], &ty),
            Op::Negate => self.negate(operands[0]),
            Op::ReduceSum { axes } => self.reduce_sum(operands[0], axes, &ty),
            Op::CumulativeSum { .. } | Op::GatherWindows { .. } | Op::ScatterWindows { .. } => {
                self.sums_and_windows(op, operands[0], &ty)
            }
            Op::Convert { dtype } => self.convert(operands[0], *dtype),
            Op::DotGeneral { batch, contract } => self.dot_general(operands[0], operands[1], batch, contract, &ty),
            Op::Convolution { window, groups } => self.convolution(operands[0], operands[1], window, *groups, &ty),
            Op::Multiply | Op::Dot => {
                let [a, b] = [operands[0], operands[1]].map(|v| {
                    let number = self.as_number(v);
                    let scale = self.ring.scale(self.dtype(v));
                    self.at_scale(number, scale)
                });
                let product = if *op == Op::Dot { self.build.dot(a, b, false) } else { self.build.multiply(a, b) };
                let scale = self.ring.scale(ty.dtype);
                let value = self.at_most(product, scale);
                self.number(value, scale)
            }
            _ => return self.through_reals(op, operands, result),
        };
        let scale = self.ring.scale(ty.dtype);
        match entry {
            Entry::Number(number) if self.build.kind(number.value) == Kind::Public => {
                let value = self.at_scale(number, scale);
                vec![self.number(value, scale)]
            }
            entry => vec![entry],
        }
    }

    /// The value itself, of which the author asserts where it lies.
    pub(super) fn assumed(&mut self, x: Value, lo: Real, hi: Real) -> Entry {
        if self.tests_assertions {
            let value = self.as_number(x).value;
            self.build.assert(value, Assertion { lo, hi, dtype: self.dtype(x), domain: None });
        }
        self.entry(x)
    }

    fn through_reals(&mut self, op: &Op, operands: &[Value], result: Value) -> Vec<Entry> {
        let arguments: Vec<Value> = operands
            .iter()
            .map(|&v| {
                let number = self.as_number(v);
                let scale = self.ring.scale(self.dtype(v));
                self.at_scale(number, scale)
            })
            .collect();
        let dtypes: Vec<_> = operands.iter().map(|&v| self.dtype(v)).collect();
        let (id, _) = self.graph.definition(result);
        let results: Vec<Value> = self.graph.node(id).results().collect();
        let entry = |(index, &v): (usize, &Value)| {
            let ty = self.graph.ty(v).clone();
            let scale = self.ring.scale(ty.dtype);
            let function = PublicFunction { op: op.clone(), operands: dtypes.clone(), index, result: ty.dtype };
            let value = self.build.public(function, arguments.clone(), ty.shape.clone(), scale);
            self.number(value, scale)
        };
        results.iter().enumerate().map(entry).collect()
    }
}
