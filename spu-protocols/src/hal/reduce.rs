//! Reductions that compare, multiply or look for truth, and windows.

use spu::Shape;
use spu::graph::Value;
use spu::pphlo::{Op, Type};

use super::{Entry, Lowering, Number};
use crate::aby3::maximum::{ONE_HOT_WIDTH, group_width};

impl Lowering<'_> {
    /// A minimum is the negated maximum of the negated elements.
    pub(super) fn reduce_extremum(&mut self, op: &Op, x: Value, axis: usize, ty: &Type) -> Entry {
        let negated = matches!(op, Op::ReduceMin { .. });
        let (rows, precision) = self.rows(x, axis, negated);
        let extremum = self.build.maximum(rows);
        let extremum = if negated { self.build.negate(extremum) } else { extremum };
        let value = self.build.reshape(extremum, ty.shape.clone());
        self.number(value, precision)
    }

    pub(super) fn arg_max(&mut self, x: Value, axis: usize, ty: &Type) -> Entry {
        let (rows, _) = self.rows(x, axis, false);
        let (_, index) = self.build.maximum_index(rows);
        let value = self.build.reshape(index, ty.shape.clone());
        self.number(value, 0)
    }

    pub(super) fn max_with_one_hot(&mut self, x: Value, axis: usize, ty: &Type) -> Vec<Entry> {
        let (rows, precision) = self.rows(x, axis, false);
        let (maximum, one_hot) = self.maximum_one_hot(rows);
        let maximum = self.build.reshape(maximum, ty.shape.clone());
        // Back from rows, whose axis is the last one.
        let shape = self.shape(x);
        let moved = axis_last(&shape, axis);
        let extents: Vec<usize> = moved.iter().map(|&axis| shape.extents()[axis]).collect();
        let one_hot = self.build.reshape(one_hot, extents);
        let mut back = vec![0; moved.len()];
        moved.iter().enumerate().for_each(|(to, &from)| back[from] = to);
        let one_hot = if axis + 1 == shape.rank() { one_hot } else { self.build.transpose(one_hot, back) };
        vec![self.number(maximum, precision), self.number(one_hot, 0)]
    }

    /// Largest of each row, and 1 where it stands first. Rows that are wider than the kernel's are cut into groups; an element is the
    /// first maximum if it is that of its group and its group is the first of the maximum: one product more. The last group is filled
    /// up with copies of the last column, which are never first.
    fn maximum_one_hot(&mut self, x: Value) -> (Value, Value) {
        let &[rows, width] = self.build.shape(x).extents() else { unreachable!("rows are a matrix") };
        if width <= ONE_HOT_WIDTH {
            return self.build.maximum_one_hot(x);
        }
        let size = group_width(width);
        let groups = width.div_ceil(size);
        let missing = groups * size - width;
        let mut filled = x;
        if missing > 0 {
            let last = self.build.slice(x, vec![0, width - 1], vec![rows, width]);
            let copies = self.build.broadcast(last, [rows, missing], vec![0, 1]);
            filled = self.build.concatenate(vec![x, copies], 1);
        }
        let filled = self.build.reshape(filled, [rows * groups, size]);
        let (of_groups, inner) = self.build.maximum_one_hot(filled);
        let of_groups = self.build.reshape(of_groups, [rows, groups]);
        let (maximum, outer) = self.maximum_one_hot(of_groups);
        let inner = self.build.reshape(inner, [rows, groups, size]);
        let outer = self.build.broadcast(outer, [rows, groups, size], vec![0, 1]);
        let both = self.build.multiply(inner, outer);
        let both = self.build.reshape(both, [rows, groups * size]);
        let both = self.build.slice(both, vec![0, 0], vec![rows, width]);
        (maximum, self.build.reshare(both))
    }

    /// A matrix whose rows run along the axis, and its precision.
    fn rows(&mut self, x: Value, axis: usize, negated: bool) -> (Value, u32) {
        let number = self.as_number(x);
        let settled = self.settled_number(number);
        let settled = if negated { self.build.negate(settled) } else { settled };
        let shape = self.shape(x);
        let width = shape.extents()[axis];
        let last = axis + 1 == shape.rank();
        let moved = if last { settled } else { self.build.transpose(settled, axis_last(&shape, axis)) };
        (self.build.reshape(moved, [shape.elements() / width, width]), number.precision)
    }

    /// A tree: each level multiplies the first half of the columns with the second.
    pub(super) fn reduce_product(&mut self, x: Value, axes: &[usize], ty: &Type) -> Entry {
        let shape = self.shape(x);
        let scale = self.ring.scale(ty.dtype);
        let kept: Vec<usize> = (0..shape.rank()).filter(|axis| !axes.contains(axis)).collect();
        let permutation: Vec<usize> = kept.iter().chain(axes).copied().collect();
        let width: usize = axes.iter().map(|&axis| shape.extents()[axis]).product();
        let rows = ty.shape.elements();
        if width == 0 {
            let one = self.splat(1.0, ty.shape.clone(), scale);
            let one = self.build.public_to_arith(one);
            return self.number(one, scale);
        }
        let number = self.as_number(x);
        let settled = self.arith_at(number, scale);
        let in_place = permutation.iter().copied().eq(0..shape.rank());
        let moved = if in_place { settled } else { self.build.transpose(settled, permutation) };
        let mut level = self.build.reshape(moved, [rows, width]);
        let mut extent = width;
        while extent > 1 {
            let half = extent / 2;
            let mut columns = |from: usize, to: usize| self.build.slice(level, vec![0, from], vec![rows, to]);
            let (left, right) = (columns(0, half), columns(half, 2 * half));
            let rest = (extent % 2 == 1).then(|| columns(2 * half, extent));
            let [left, right] = [left, right].map(|value| Number { value, precision: scale });
            let product = self.product(left, right);
            let product = self.settled_number(product);
            level = match rest {
                Some(rest) => self.build.concatenate(vec![product, rest], 1),
                None => product,
            };
            extent = extent.div_ceil(2);
        }
        let value = self.build.reshape(level, ty.shape.clone());
        self.number(value, scale)
    }

    /// Of n truth values with the sum s, some holds if not s − 1 < 0, and all hold if n − s − 1 < 0. Both lie in [−1, n − 1]: a sign of
    /// few bits.
    pub(super) fn truth(&mut self, op: &Op, x: Value, axes: &[usize], ty: &Type) -> Entry {
        let all = matches!(op, Op::ReduceAll { .. });
        let number = self.as_number(x);
        let count: usize = axes.iter().map(|&axis| self.shape(x).extents()[axis]).product();
        if count == 0 {
            let neutral = self.splat(f64::from(u8::from(all)), ty.shape.clone(), 0);
            let neutral = self.build.public_to_arith(neutral);
            return self.number(neutral, 0);
        }
        let sum = self.build.reduce_sum(number.value, axes.to_vec());
        let sum = self.settled_number(Number { value: sum, precision: 0 });
        if count == 1 {
            return self.number(sum, 0);
        }
        let bits = 1 + usize::BITS - (count - 1).leading_zeros();
        let bound = self.splat(if all { (count - 1) as f64 } else { 1.0 }, ty.shape.clone(), 0);
        let below = if all { self.build.subtract(bound, sum) } else { self.build.subtract(sum, bound) };
        let negative = if bits < self.ring.bits {
            self.build.narrow_sign_to_arith(below, bits)
        } else {
            self.build.sign_to_arith(below)
        };
        let value = if all { negative } else { self.one_minus(negative) };
        self.number(value, 0)
    }

    /// Running sums, and windows: linear, so that sums of products stay sums.
    pub(super) fn sums_and_windows(&mut self, op: &Op, x: Value, ty: &Type) -> Entry {
        let number = self.as_number(x);
        let value = match op {
            Op::CumulativeSum { axis, reverse } => self.build.cumulative_sum(number.value, *axis, *reverse),
            Op::ScatterWindows { window, repeat, shape } => {
                self.build.scatter_windows(number.value, window.clone(), *repeat, shape.clone())
            }
            Op::GatherWindows { window, repeat } => {
                // Copies are truncated before they are made.
                let copies = *repeat || ty.shape.elements() > self.shape(x).elements();
                let value = if copies { self.settled_number(number) } else { number.value };
                self.build.gather_windows(value, window.clone(), *repeat)
            }
            op => unreachable!("{} is not linear", op.name()),
        };
        self.number(value, number.precision.max(self.ring.scale(ty.dtype)))
    }
}

/// The axes with this one last.
fn axis_last(shape: &Shape, axis: usize) -> Vec<usize> {
    (0..shape.rank()).filter(|&other| other != axis).chain([axis]).collect()
}
