//! Batched matrix products and convolutions.

use super::elementwise::widen;
use super::ill_typed;
use super::matrix::{add_product, product};
use super::movement::transpose;
use crate::host::{Elements, HostTensor};
use crate::pphlo::{ConvolutionWindow, DType, Type};
use crate::shape::Shape;

/// Both operands with their axes in the order batch, free, contracted and batch, contracted, free; then one matrix product
/// for each batch.
pub(super) fn dot_general(
    x: &HostTensor,
    y: &HostTensor,
    batch: &[(usize, usize)],
    contract: &[(usize, usize)],
    dtype: DType,
) -> Elements {
    let free = |shape: &Shape, side: fn(&(usize, usize)) -> usize| {
        let paired: Vec<usize> = batch.iter().chain(contract).map(side).collect();
        (0..shape.rank()).filter(|axis| !paired.contains(axis)).collect::<Vec<_>>()
    };
    let (left, right) = (free(&x.shape, |pair| pair.0), free(&y.shape, |pair| pair.1));
    let arranged = |tensor: &HostTensor, axes: [Vec<usize>; 3]| {
        let permutation = axes.concat();
        let shape = Shape::new(permutation.iter().map(|&axis| tensor.shape.extents()[axis]).collect::<Vec<_>>());
        transpose(tensor, &permutation, &shape)
    };
    let axes = |pairs: &[(usize, usize)]| -> (Vec<usize>, Vec<usize>) { pairs.iter().copied().unzip() };
    let ((lb, rb), (lc, rc)) = (axes(batch), axes(contract));
    let count = |tensor: &HostTensor, axes: &[usize]| axes.iter().map(|&axis| tensor.shape.extents()[axis]).product();
    let (batches, sizes): (usize, _) = (count(x, &lb), [count(x, &left), count(x, &lc), count(y, &right)]);
    let (a, b) = (arranged(x, [lb, left, lc]), arranged(y, [rb, rc, right]));
    match (&*widen(&a, dtype), &*widen(&b, dtype)) {
        (Elements::Fxp(a), Elements::Fxp(b)) => {
            let [m, k, n] = sizes;
            let mut result = vec![0.0; batches * m * n];
            for (i, c) in result.chunks_exact_mut((m * n).max(1)).enumerate() {
                add_product(&a[i * m * k..][..m * k], &b[i * k * n..][..k * n], sizes, c);
            }
            Elements::Fxp(result)
        }
        (Elements::Int(a), Elements::Int(b)) => {
            let [m, k, n] = sizes;
            let one = |i| product(&a[i * m * k..][..m * k], &b[i * k * n..][..k * n], sizes);
            Elements::Int((0..batches).flat_map(one).collect())
        }
        (other, _) => ill_typed(other),
    }
}

pub(super) fn convolution(
    x: &HostTensor,
    kernel: &HostTensor,
    window: &ConvolutionWindow,
    groups: usize,
    ty: &Type,
) -> Elements {
    let places = Places { window, groups, x: &x.shape, kernel: &kernel.shape, result: &ty.shape };
    match (&*widen(&x.elements, ty.dtype), &*widen(&kernel.elements, ty.dtype)) {
        (Elements::Fxp(a), Elements::Fxp(b)) => Elements::Fxp(places.convolve_real(a, b)),
        (Elements::Int(a), Elements::Int(b)) => Elements::Int(places.convolve(a, b)),
        (other, _) => ill_typed(other),
    }
}

/// Where input, kernel and result meet.
struct Places<'a> {
    window: &'a ConvolutionWindow,
    groups: usize,
    x: &'a Shape,
    kernel: &'a Shape,
    result: &'a Shape,
}

impl Places<'_> {
    /// A matrix product for each block of result positions, with a row of inputs under the kernel for each position.
    fn convolve_real(&self, x: &[f64], kernel: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.result.elements()];
        let [n, .., channels] = *self.x.extents() else { return out };
        let features = self.kernel.extents()[self.kernel.rank() - 1];
        let (depth, width) = (channels / self.groups, features / self.groups);
        let places = self.kernel.elements().checked_div(depth * features).unwrap_or(0);
        if out.is_empty() || places == 0 {
            return out;
        }
        let (inputs, outputs, inner) = (x.len() / n, out.len() / n / features, places * depth);
        let mut under = vec![None; outputs * places];
        self.meetings().into_iter().for_each(|(o, k, i)| under[o * places + k] = Some(i * channels));
        let height = (BLOCK / inner).max(64).min(n * outputs);
        let mut patches = vec![0.0; height * inner];
        let mut product = vec![0.0; height * width];
        for group in 0..self.groups {
            let weights: Vec<f64> =
                kernel.chunks_exact(features).flat_map(|line| &line[group * width..][..width]).copied().collect();
            for (first, out) in (0..n * outputs).step_by(height).zip(out.chunks_mut(height * features)) {
                let rows = out.len() / features;
                for (row, patch) in (first..).zip(patches.chunks_exact_mut(inner).take(rows)) {
                    let (image, o) = (row / outputs * inputs + group * depth, row % outputs);
                    for (part, place) in patch.chunks_exact_mut(depth).zip(&under[o * places..]) {
                        match place {
                            Some(i) => part.copy_from_slice(&x[image + i..][..depth]),
                            None => part.fill(0.0),
                        }
                    }
                }
                let product = &mut product[..rows * width];
                product.fill(0.0);
                add_product(&patches[..rows * inner], &weights, [rows, inner, width], product);
                for (line, sums) in out.chunks_exact_mut(features).zip(product.chunks_exact(width)) {
                    line[group * width..][..width].copy_from_slice(sums);
                }
            }
        }
        out
    }

    /// Position by position; the innermost loop runs along the result channels of a group.
    fn convolve(&self, x: &[i64], kernel: &[i64]) -> Vec<i64> {
        let spatial = self.meetings();
        let [n, .., channels] = *self.x.extents() else { return Vec::new() };
        let features = self.kernel.extents()[self.kernel.rank() - 1];
        let (depth, width) = (channels / self.groups, features / self.groups);
        let mut out = vec![0i64; self.result.elements()];
        let (inputs, outputs) = (x.len().checked_div(n).unwrap_or(0), out.len().checked_div(n).unwrap_or(0));
        for image in 0..n {
            for &(o, k, i) in &spatial {
                for channel in 0..channels {
                    let first = channel / depth * width;
                    let factor = x[image * inputs + i * channels + channel];
                    let row = &kernel[(k * depth + channel % depth) * features + first..][..width];
                    let sums = &mut out[image * outputs + o * features + first..][..width];
                    sums.iter_mut()
                        .zip(row)
                        .for_each(|(sum, &weight)| *sum = sum.wrapping_add(factor.wrapping_mul(weight)));
                }
            }
        }
        out
    }

    /// Every result position with every kernel position and the input position that they meet, all counted row-major.
    fn meetings(&self) -> Vec<(usize, usize, usize)> {
        let mut met = vec![(0, 0, 0)];
        for axis in 0..self.x.rank() - 2 {
            let n = self.x.extents()[1 + axis];
            let (outputs, places) = (self.result.extents()[1 + axis], self.kernel.extents()[axis]);
            let pairs = (0..outputs).flat_map(|o| (0..places).map(move |k| (o, k)));
            let along: Vec<(usize, usize, usize)> =
                pairs.filter_map(|(o, k)| Some((o, k, self.window.meets(axis, n, o, k)?))).collect();
            let joined = |&(a, b, c): &(usize, usize, usize)| {
                along.iter().map(move |&(o, k, i)| (a * outputs + o, b * places + k, c * n + i))
            };
            met = met.iter().flat_map(joined).collect();
        }
        met
    }
}

/// Elements of a block of inputs under the kernel: 1 MiB.
const BLOCK: usize = 1 << 17;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pphlo::{Op, evaluate_one, generate::Random};

    fn fxp(shape: &[usize], elements: &[f64]) -> HostTensor {
        HostTensor::fxp(Shape::from(shape), elements.to_vec())
    }

    #[test]
    fn products_by_hand() {
        let x = fxp(&[2, 2, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
        let y = fxp(&[2, 2, 1], &[1.0, -1.0, 10.0, 1.0]);
        let batched = Op::DotGeneral { batch: vec![(0, 0)], contract: vec![(2, 1)] };
        assert_eq!(evaluate_one(&batched, &[&x, &y]), fxp(&[2, 2, 1], &[-1.0, -1.0, 56.0, 78.0]));
        // Both other axes contracted: 1·1 + 2·(−1) + …, with y's axes the other way round.
        let all = Op::DotGeneral { batch: vec![], contract: vec![(0, 1), (1, 0)] };
        assert_eq!(evaluate_one(&all, &[&x, &y]), fxp(&[2, 1], &[1.0 + 30.0 - 5.0 + 7.0, 2.0 + 40.0 - 6.0 + 8.0]));
    }

    #[test]
    fn a_convolution_by_hand() {
        let x = fxp(&[1, 3, 3, 1], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
        let kernel = fxp(&[2, 2, 1, 1], &[1.0, 2.0, 3.0, 4.0]);
        let valid = Op::Convolution { window: ConvolutionWindow::valid(2), groups: 1 };
        assert_eq!(evaluate_one(&valid, &[&x, &kernel]), fxp(&[1, 2, 2, 1], &[37.0, 47.0, 67.0, 77.0]));
        let window =
            ConvolutionWindow { stride: vec![2, 2], low: vec![1, 0], high: vec![0, 1], ..ConvolutionWindow::valid(2) };
        let strided = Op::Convolution { window, groups: 1 };
        assert_eq!(evaluate_one(&strided, &[&x, &kernel]), fxp(&[1, 2, 2, 1], &[11.0, 9.0, 67.0, 33.0]));
    }

    /// The definition, index by index, for two spatial axes: out[n, p, q, d] = Σ x[n, …]·w[…] over a padded, dilated copy.
    fn naive(x: &HostTensor, w: &HostTensor, window: &ConvolutionWindow, groups: usize, out: &[usize]) -> Vec<f64> {
        let (&[n, h, wide, c], &[kh, kw, depth, d]) = (x.shape.extents(), w.shape.extents()) else { unreachable!() };
        let (xs, ws) = (x.elements.to_f64(), w.elements.to_f64());
        let side = |axis: usize, extent: usize| {
            let all = extent.saturating_sub(1) * window.input_dilation[axis] + usize::from(extent > 0);
            (all as i64 + window.low[axis] + window.high[axis]).max(0) as usize
        };
        let (ph, pw) = (side(0, h), side(1, wide));
        let mut padded = vec![0.0; n * ph * pw * c];
        for (b, i, j, ch) in product4([n, h, wide, c]) {
            let p = (i * window.input_dilation[0]) as i64 + window.low[0];
            let q = (j * window.input_dilation[1]) as i64 + window.low[1];
            if (0..ph as i64).contains(&p) && (0..pw as i64).contains(&q) {
                padded[((b * ph + p as usize) * pw + q as usize) * c + ch] = xs[((b * h + i) * wide + j) * c + ch];
            }
        }
        let per = d / groups;
        let mut result = Vec::new();
        for (b, p, q, feature) in product4([out[0], out[1], out[2], out[3]]) {
            let mut sum = 0.0;
            for (i, j, k, _) in product4([kh, kw, depth, 1]) {
                let row = p * window.stride[0] + i * window.kernel_dilation[0];
                let column = q * window.stride[1] + j * window.kernel_dilation[1];
                let channel = feature / per * depth + k;
                sum +=
                    padded[((b * ph + row) * pw + column) * c + channel] * ws[((i * kw + j) * depth + k) * d + feature];
            }
            result.push(sum);
        }
        result
    }

    fn product4([a, b, c, d]: [usize; 4]) -> impl Iterator<Item = (usize, usize, usize, usize)> {
        (0..a * b * c * d).map(move |i| (i / (b * c * d), i / (c * d) % b, i / d % c, i % d))
    }

    #[test]
    fn convolutions_are_as_defined() {
        let mut random = Random(7);
        for _ in 0..400 {
            let mut below = |n: usize| random.below(n);
            let groups = 1 + below(3);
            let (depth, per) = (1 + below(3), 1 + below(3));
            let x = [1 + below(3), below(7), 1 + below(7), groups * depth];
            let kernel = [1 + below(4), 1 + below(3), depth, groups * per];
            let mut pair = |n: usize, from: usize| vec![from + below(n), from + below(n)];
            let window = ConvolutionWindow {
                stride: pair(3, 1),
                low: pair(5, 0).into_iter().map(|n| n as i64 - 2).collect(),
                high: pair(5, 0).into_iter().map(|n| n as i64 - 2).collect(),
                input_dilation: pair(3, 1),
                kernel_dilation: pair(3, 1),
            };
            let [x, kernel] =
                [&x[..], &kernel].map(|shape| random.tensor(&Type::public(Shape::from(shape), DType::Fxp)));
            let op = Op::Convolution { window: window.clone(), groups };
            let found = evaluate_one(&op, &[&x, &kernel]);
            let expected = naive(&x, &kernel, &window, groups, found.shape.extents());
            assert_eq!(found.elements.to_f64(), expected, "{op:?} of {} by {}", x.shape, kernel.shape);
        }
    }
}
