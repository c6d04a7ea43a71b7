//! Elements found, or put, by an index.
//!
//! A public index costs nothing. A secret one becomes a matrix of zeros and ones, by one of two ways:
//!
//! - the unit vector of i ([one_hot](mod@crate::aby3::one_hot)): two rounds for an index that is known to lie inside, five for one that may lie anywhere. Vectors
//!   too long to be dealt are compared with 0 entry by entry;
//! - [i = j] = [i < j + 1] − [i < j] with [i < 0] = 0 and [i < n] = 1: for one that is to be moved inside.
//!
//! A product with that matrix then finds or puts the elements; its scale is 0, so the product is shared anew and not truncated.

use spu::Shape;
use spu::graph::Value;
use spu::pphlo::Type;

use super::{Entry, Lowering, Number};
use crate::aby3::one_hot::LARGEST;

impl Lowering<'_> {
    /// 0, 1, 2, … along an axis.
    pub(super) fn iota(&mut self, shape: &Shape, axis: usize) -> Entry {
        let n = shape.extents()[axis];
        let along = self.build.constant([n].into(), 0, (0..n as i128).collect::<Vec<_>>());
        let value = self.build.broadcast(along, shape.clone(), vec![axis]);
        self.number(value, 0)
    }

    pub(super) fn gather(&mut self, x: Value, index: Value, axis: usize, ty: &Type) -> Entry {
        let number = self.as_number(x);
        if !self.graph.ty(index).is_secret() {
            // Entries that are named again and again are truncated first.
            let repeats = ty.shape.elements() > self.shape(x).elements();
            let source = if repeats { self.settled_number(number) } else { number.value };
            let index = self.index(index);
            let value = self.build.gather(source, index, axis);
            return self.number(value, number.precision);
        }
        let table = self.factor(number);
        let hot = self.hot_rows(index, self.shape(x).extents()[axis]);
        let found = self.along(hot, table, axis);
        let value = self.build.reshape(found, ty.shape.clone());
        self.number(value, number.precision)
    }

    pub(super) fn one_hot(&mut self, index: Value, depth: usize, ty: &Type) -> Entry {
        let hot = self.hot_rows(index, depth);
        let value = self.build.reshape(hot, ty.shape.clone());
        self.number(value, 0)
    }

    /// `operands` are what is changed, the index, and the entries.
    pub(super) fn scatter(&mut self, operands: &[Value], axis: usize, add: bool, ty: &Type) -> Entry {
        let &[x, index, entries] = operands else { unreachable!("arity was checked") };
        if !self.graph.ty(index).is_secret() {
            let (x, entries, precision) = self.alike(x, entries, ty);
            let index = self.index(index);
            let value = self.build.scatter(x, entries, index, axis, add);
            return self.number(value, precision);
        }
        let (shape, named) = (self.shape(x), self.shape(index));
        let number = self.as_number(entries);
        let source = self.factor(number);
        let (before, after) = (&shape.extents()[..axis], &shape.extents()[axis + 1..]);
        let source = self.build.reshape(source, Shape::new([before, &[named.elements()], after].concat()));
        let hot = self.hot_rows(index, shape.extents()[axis]);
        let columns = self.build.transpose(hot, vec![1, 0]);
        let put = Number { value: self.along(columns, source, axis), ..number };
        if matches!(self.entry(x), Entry::Splat(x) if x == 0.0) {
            return Entry::Number(put);
        }
        let x = self.as_number(x);
        let x = Number { value: self.factor(x), ..x };
        Entry::Number(self.sum(x, put))
    }

    /// `operands` are the tensor and the places to start from. The axes with public places come first.
    pub(super) fn dynamic_slice(&mut self, operands: &[Value], ty: &Type) -> Entry {
        let (x, starts) = (operands[0], &operands[1..]);
        let number = self.as_number(x);
        let mut value = self.public_block(number.value, starts, &ty.shape);
        for axis in self.secret_axes(starts, &self.shape(x), &ty.shape) {
            value = self.settled_number(Number { value, ..number });
            value = self.at_most(value, number.precision);
            let places =
                self.block_places(starts[axis], self.build.shape(value).extents()[axis], ty.shape.extents()[axis]);
            value = self.along(places, value, axis);
        }
        self.number(value, number.precision)
    }

    /// `operands` are the tensor, the update and the places to start from.
    pub(super) fn dynamic_update_slice(&mut self, operands: &[Value], ty: &Type) -> Entry {
        let (x, update, starts) = (operands[0], operands[1], &operands[2..]);
        let size = self.shape(update);
        let (whole, part, precision) = self.alike(x, update, ty);
        let secret = self.secret_axes(starts, &ty.shape, &size);
        if secret.is_empty() {
            let starts = self.public_starts(starts);
            let value = self.build.dynamic_update_slice(whole, part, &starts);
            return self.number(value, precision);
        }
        let block = self.public_block(whole, starts, &size);
        let sized: Vec<Value> = secret
            .iter()
            .map(|&axis| self.block_places(starts[axis], ty.shape.extents()[axis], size.extents()[axis]))
            .collect();
        let changed = self.changed(block, part, &secret, &sized, matches!(self.entry(x), Entry::Splat(x) if x == 0.0));
        let changed = self.settled_number(Number { value: changed, precision });
        if secret.len() == starts.len() {
            return self.number(changed, precision);
        }
        let whole = self.build.public_to_arith(whole);
        let places = self.public_starts(starts);
        let value = self.build.dynamic_update_slice(whole, changed, &places);
        self.number(value, precision)
    }

    /// `block` with `update` at secret places of some axes. With one such axis the update is put and what it covers taken away in
    /// one sum of products; with more, the difference between the update and what it covers is put.
    fn changed(&mut self, block: Value, update: Value, axes: &[usize], places: &[Value], is_zero: bool) -> Value {
        let transposed: Vec<Value> = places.iter().map(|&p| self.build.transpose(p, vec![1, 0])).collect();
        let put = |this: &mut Self, part: Value| {
            axes.iter().zip(&transposed).fold(part, |part, (&axis, &places)| {
                let part = this.reshared(part);
                this.along(places, part, axis)
            })
        };
        if is_zero {
            return put(self, update);
        }
        if let (&[axis], &[places]) = (axes, places) {
            let put = put(self, update);
            let covered = self.build.reduce_sum(places, vec![0]);
            let covered = self.build.broadcast(covered, self.build.shape(block), vec![axis]);
            let taken = self.build.multiply(covered, block);
            let kept = self.build.subtract(block, taken);
            return self.build.add(kept, put);
        }
        let covered = axes.iter().zip(places).fold(block, |block, (&axis, &places)| {
            let block = self.reshared(block);
            self.along(places, block, axis)
        });
        let difference = self.build.subtract(update, covered);
        let put = put(self, difference);
        self.build.add(block, put)
    }

    /// The block at the public places; axes with secret places stay whole.
    fn public_block(&mut self, x: Value, starts: &[Value], size: &Shape) -> Value {
        let whole = self.build.shape(x);
        let secret = self.secret_axes(starts, &whole, size);
        if secret.len() == starts.len() && !starts.is_empty() {
            return x;
        }
        let extent = |axis: usize| if secret.contains(&axis) { whole.extents()[axis] } else { size.extents()[axis] };
        let size = Shape::new((0..starts.len()).map(extent).collect::<Vec<_>>());
        let places = self.public_starts(starts);
        self.build.dynamic_slice(x, &places, size)
    }

    /// The places to start from, 0 on axes where they are secret.
    fn public_starts(&mut self, starts: &[Value]) -> Vec<Value> {
        let start = |&start: &Value| match self.graph.ty(start).is_secret() {
            true => self.splat(0.0, Shape::SCALAR, 0),
            false => self.index(start),
        };
        starts.iter().map(start).collect()
    }

    /// Axes on which a block has several places, of which nobody knows the one that is meant.
    fn secret_axes(&self, starts: &[Value], whole: &Shape, size: &Shape) -> Vec<usize> {
        let is_open = |axis: usize| whole.extents()[axis] > size.extents()[axis];
        (0..starts.len()).filter(|&axis| self.graph.ty(starts[axis]).is_secret() && is_open(axis)).collect()
    }

    /// A public index as ring elements of scale 0.
    fn index(&mut self, index: Value) -> Value {
        let number = self.as_number(index);
        self.at_scale(number, 0)
    }

    /// Both at one scale, and both `Arith` or both `Public`.
    fn alike(&mut self, x: Value, y: Value, ty: &Type) -> (Value, Value, u32) {
        let [a, b] = [x, y].map(|v| {
            let number = self.as_number(v);
            Number { value: self.factor(number), ..number }
        });
        let scale = self.build.scale(a.value).max(self.build.scale(b.value));
        let [x, y] = [a, b].map(|n| {
            let aligned = self.build.shift_left(n.value, scale - self.build.scale(n.value));
            if ty.is_secret() { self.build.public_to_arith(aligned) } else { aligned }
        });
        (x, y, a.precision.max(b.precision))
    }

    /// `matrix` [m, n] times x along an axis of n elements, which then has m.
    fn along(&mut self, matrix: Value, x: Value, axis: usize) -> Value {
        let shape = self.build.shape(x);
        let rank = shape.rank();
        let first: Vec<usize> = [axis].into_iter().chain((0..rank).filter(|&other| other != axis)).collect();
        let moved = if axis == 0 { x } else { self.build.transpose(x, first.clone()) };
        let n = shape.extents()[axis];
        let others: Vec<usize> = first[1..].iter().map(|&axis| shape.extents()[axis]).collect();
        let lines = self.build.reshape(moved, [n, others.iter().product()]);
        let product = self.build.dot(matrix, lines, false);
        let rows = self.build.shape(product).extents()[0];
        let spread = self.build.reshape(product, Shape::new([&[rows], &others[..]].concat()));
        let mut back: Vec<usize> = (1..rank).collect();
        back.insert(axis, 0);
        if axis == 0 { spread } else { self.build.transpose(spread, back) }
    }

    /// For each element of a secret index a row [i = 0], [i = 1], …, [i = n − 1].
    fn hot_rows(&mut self, index: Value, n: usize) -> Value {
        let is_inside = self.is_inside(index, n);
        let count = self.shape(index).elements();
        let number = self.as_number(index);
        let index = self.arith_at(number, 0);
        let index = self.build.reshape(index, [count]);
        match n {
            0 => {
                let none = self.build.constant([count, 0].into(), 0, Vec::new());
                self.build.public_to_arith(none)
            }
            _ if is_inside => self.units(index, n),
            2..=LARGEST => self.build.one_hot(index, n, false),
            _ => self.equal_to_each(index, n),
        }
    }

    fn is_inside(&self, index: Value, n: usize) -> bool {
        let interval = self.intervals[index.index()];
        interval.lo >= 0.0 && interval.hi < n as f64
    }

    /// Rows [i = j] of indices that lie in 0 .. n.
    fn units(&mut self, index: Value, n: usize) -> Value {
        match n {
            0 | 1 => self.clamped(index, n),
            2..=LARGEST => self.build.one_hot(index, n, true),
            _ => self.equal_to_each(index, n),
        }
    }

    /// Rows [i = j], each entry a comparison with 0.
    fn equal_to_each(&mut self, index: Value, n: usize) -> Value {
        let difference = self.differences(index, (0..n as i128).collect());
        self.build.is_zero_to_arith(difference)
    }

    /// Rows [i = j] of the places nearest to indices in 0 .. n, from n − 1 comparisons.
    fn clamped(&mut self, index: Value, n: usize) -> Value {
        let count = self.build.shape(index).elements();
        // [i < j] for j = 0, …, n.
        let ends: Vec<i128> = (0..=n).map(|j| i128::from(j > 0 && j == n)).collect();
        let ends = self.build.constant([n + 1].into(), 0, ends);
        let ends = self.build.broadcast(ends, [count, n + 1], vec![1]);
        let less = match n {
            0 | 1 => self.build.public_to_arith(ends),
            _ => {
                let difference = self.differences(index, (1..n as i128).collect());
                let signs = self.build.sign_to_arith(difference);
                let padded = self.build.pad(signs, vec![0, 1], vec![0, 1], vec![0, 0], Shape::from([count, n + 1]));
                self.build.add(padded, ends)
            }
        };
        let [above, below] = [1, 0].map(|j| self.build.slice(less, vec![0, j], vec![count, n + j]));
        self.build.subtract(above, below)
    }

    /// i − j, a row for each index and a column for each j.
    fn differences(&mut self, index: Value, subtracted: Vec<i128>) -> Value {
        let shape = Shape::from([self.build.shape(index).elements(), subtracted.len()]);
        let columns = self.build.constant([subtracted.len()].into(), 0, subtracted);
        let columns = self.build.broadcast(columns, shape.clone(), vec![1]);
        let rows = self.build.broadcast(index, shape, vec![0]);
        self.build.subtract(rows, columns)
    }

    /// The matrix [size, n] with ones at (i, start + i), for a secret start moved so that the block lies inside.
    fn block_places(&mut self, start: Value, n: usize, size: usize) -> Value {
        let count = n - size + 1;
        let is_inside = self.is_inside(start, count);
        let number = self.as_number(start);
        let start = self.arith_at(number, 0);
        let start = self.build.reshape(start, [1]);
        let hot = if is_inside { self.units(start, count) } else { self.clamped(start, count) };
        let hot = self.build.reshape(hot, [count]);
        let places = (0..size * n).map(|at| (at % n) as i128 - (at / n) as i128).collect::<Vec<_>>();
        if places.is_empty() {
            let none = self.build.constant([size, n].into(), 0, places);
            return self.build.public_to_arith(none);
        }
        let places = self.build.constant([size, n].into(), 0, places);
        self.build.gather(hot, places, 0)
    }
}
