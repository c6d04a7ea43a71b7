//! Matrix products and convolutions: one sum of products, whatever its length; a batch takes one message as one product does.

use spu::Shape;
use spu::graph::Value;
use spu::pphlo::{ConvolutionWindow, Type};

use super::{Entry, Lowering};
use crate::share::Builder;

impl Lowering<'_> {
    pub(super) fn dot(&mut self, x: Value, y: Value, ty: &Type) -> Entry {
        self.bilinear(x, y, ty, |build, x, y, doubled| build.dot(x, y, doubled))
    }

    /// As products of matrices [batch, free, contracted] and [batch, contracted, free].
    pub(super) fn dot_general(
        &mut self,
        x: Value,
        y: Value,
        batch: &[(usize, usize)],
        contract: &[(usize, usize)],
        ty: &Type,
    ) -> Entry {
        let axes = |pairs: &[(usize, usize)]| -> (Vec<usize>, Vec<usize>) { pairs.iter().copied().unzip() };
        let ((lb, rb), (lc, rc)) = (axes(batch), axes(contract));
        let free = |rank: usize, paired: [&[usize]; 2]| {
            (0..rank).filter(|axis| !paired.concat().contains(axis)).collect::<Vec<_>>()
        };
        let left = free(self.shape(x).rank(), [&lb, &lc]);
        let right = free(self.shape(y).rank(), [&rb, &rc]);
        let (left, right) = ([lb, left, lc], [rb, rc, right]);
        let product = |build: &mut Builder, x, y, doubled| {
            let (x, y) = (matrices(build, x, &left), matrices(build, y, &right));
            build.dot(x, y, doubled)
        };
        let entry = self.bilinear(x, y, ty, product);
        self.reshaped(entry, &ty.shape)
    }

    pub(super) fn convolution(
        &mut self,
        x: Value,
        y: Value,
        window: &ConvolutionWindow,
        groups: usize,
        ty: &Type,
    ) -> Entry {
        self.bilinear(x, y, ty, |build, x, y, doubled| build.convolution(x, y, window, groups, doubled))
    }

    /// Factors with no more fraction bits than they are worth. A product that will be truncated is kept doubled.
    fn bilinear(
        &mut self,
        x: Value,
        y: Value,
        ty: &Type,
        product: impl FnOnce(&mut Builder, Value, Value, bool) -> Value,
    ) -> Entry {
        let (a, b) = (self.as_number(x), self.as_number(y));
        let precision = a.precision.max(b.precision).max(self.ring.scale(ty.dtype));
        let (a, b) = (self.factor(a), self.factor(b));
        let doubled = self.build.scale(a) + self.build.scale(b) > precision;
        let value = product(&mut self.build, a, b, doubled);
        self.number(value, precision)
    }

    fn reshaped(&mut self, entry: Entry, shape: &Shape) -> Entry {
        let Entry::Number(number) = entry else { return entry };
        let value = self.build.reshape(number.value, shape.clone());
        self.number(value, number.precision)
    }
}

/// A tensor whose axes, in this order, count matrices, rows and columns. Where rows and columns only lie the other way round,
/// the product reads them so, without a copy.
fn matrices(build: &mut Builder, x: Value, [batch, rows, columns]: &[Vec<usize>; 3]) -> Value {
    let extents = build.shape(x).extents().to_vec();
    let count = |axes: &[usize]| axes.iter().map(|&axis| extents[axis]).product::<usize>();
    let [b, m, n] = [count(batch), count(rows), count(columns)];
    let turned = [&batch[..], columns, rows].concat();
    if !rows.is_empty() && !columns.is_empty() && turned.iter().copied().eq(0..extents.len()) {
        let stored = build.reshape(x, [b, n, m]);
        return build.transpose(stored, vec![0, 2, 1]);
    }
    let permutation = [&batch[..], rows, columns].concat();
    let arranged = match permutation.iter().copied().eq(0..extents.len()) {
        true => x,
        false => build.transpose(x, permutation),
    };
    build.reshape(arranged, [b, m, n])
}
