//! Structural operations on row-major elements: they act on every share alike.

use spu::Shape;

use crate::ring::Ring;
use crate::share::ShareOp;

/// Applies a structural operation to one component of its operands.
pub(super) fn rearrange<R: Ring>(op: &ShareOp, operands: &[(&[R], &Shape)], result: &Shape) -> Vec<R> {
    let (x, shape) = operands[0];
    match op {
        ShareOp::Reshape => x.to_vec(),
        ShareOp::Transpose { permutation } => {
            let strides = shape.strides();
            strided(x, result, &permutation.iter().map(|&axis| strides[axis]).collect::<Vec<_>>(), 0)
        }
        ShareOp::Broadcast { dimensions } => {
            let mut strides = vec![0; result.rank()];
            for ((&axis, &stride), &extent) in dimensions.iter().zip(&shape.strides()).zip(shape.extents()) {
                strides[axis] = if extent == 1 { 0 } else { stride };
            }
            strided(x, result, &strides, 0)
        }
        ShareOp::Slice { start, .. } => {
            let strides = shape.strides();
            let first = start.iter().zip(&strides).map(|(s, stride)| s * stride).sum();
            strided(x, result, &strides, first)
        }
        ShareOp::Concatenate { axis } => concatenate(operands, *axis, result),
        ShareOp::ReduceSum { axes } => reduce_sum(x, shape, axes, result),
        ShareOp::CumulativeSum { axis, reverse } => cumulative_sum(x, shape, *axis, *reverse),
        ShareOp::GatherWindows { window, repeat } => {
            let zero = |last: Option<usize>| last.filter(|_| *repeat).map_or(R::ZERO, |at| x[at]);
            window.places(shape, |at| x[at], zero)
        }
        ShareOp::ScatterWindows { window, repeat } => {
            let mut sums = vec![R::ZERO; result.elements()];
            let places = window.places(result, Some, |last| last.filter(|_| *repeat));
            for (&x, at) in x.iter().zip(places).filter_map(|(x, place)| place.map(|at| (x, at))) {
                sums[at] = sums[at].plus(x);
            }
            sums
        }
        _ => unreachable!("{op:?} is not structural"),
    }
}

/// result[i, j, …] = x[first + i·strides[0] + j·strides[1] + …].
fn strided<R: Ring>(x: &[R], result: &Shape, strides: &[usize], first: usize) -> Vec<R> {
    let mut out = Vec::with_capacity(result.elements());
    let Some((&inner, outer)) = result.extents().split_last() else {
        out.push(x[first]);
        return out;
    };
    if result.elements() == 0 {
        return out;
    }
    let step = strides[outer.len()];
    let mut index = vec![0; outer.len()];
    let mut base = first;
    loop {
        match step {
            0 => out.extend(std::iter::repeat_n(x[base], inner)),
            1 => out.extend_from_slice(&x[base..base + inner]),
            _ => out.extend(x[base..].iter().step_by(step).take(inner)),
        }
        let Some(axis) = (0..outer.len()).rev().find(|&axis| index[axis] + 1 < outer[axis]) else { return out };
        index[axis] += 1;
        base += strides[axis];
        for axis in axis + 1..outer.len() {
            base -= index[axis] * strides[axis];
            index[axis] = 0;
        }
    }
}

fn concatenate<R: Ring>(operands: &[(&[R], &Shape)], axis: usize, result: &Shape) -> Vec<R> {
    let mut out = Vec::with_capacity(result.elements());
    let outer: usize = result.extents()[..axis].iter().product();
    for i in 0..outer {
        for (x, shape) in operands {
            let block: usize = shape.extents()[axis..].iter().product();
            out.extend_from_slice(&x[i * block..(i + 1) * block]);
        }
    }
    out
}

fn reduce_sum<R: Ring>(x: &[R], shape: &Shape, axes: &[usize], result: &Shape) -> Vec<R> {
    let mut out = vec![R::ZERO; result.elements()];
    let kept = result.strides();
    let mut strides = Vec::with_capacity(shape.rank());
    let mut next = kept.iter();
    for axis in 0..shape.rank() {
        strides.push(if axes.contains(&axis) { 0 } else { *next.next().expect("kept axes have strides") });
    }
    let Some((&inner, outer)) = shape.extents().split_last() else {
        return x.to_vec();
    };
    if x.is_empty() {
        return out;
    }
    let step = strides[outer.len()];
    let mut index = vec![0; outer.len()];
    let mut base = 0;
    for row in x.chunks_exact(inner) {
        match step {
            0 => out[base] = row.iter().fold(out[base], |sum, &v| sum.plus(v)),
            _ => out[base..base + inner].iter_mut().zip(row).for_each(|(sum, &v)| *sum = sum.plus(v)),
        }
        if let Some(axis) = (0..outer.len()).rev().find(|&axis| index[axis] + 1 < outer[axis]) {
            index[axis] += 1;
            base += strides[axis];
            for axis in axis + 1..outer.len() {
                base -= index[axis] * strides[axis];
                index[axis] = 0;
            }
        }
    }
    out
}

/// Row by row: each is added to the next, or to the one before.
fn cumulative_sum<R: Ring>(x: &[R], shape: &Shape, axis: usize, reverse: bool) -> Vec<R> {
    let mut sums = x.to_vec();
    let row: usize = shape.extents()[axis + 1..].iter().product();
    let block = row * shape.extents()[axis];
    if block == 0 {
        return sums;
    }
    for block in sums.chunks_exact_mut(block) {
        for k in 1..block.len() / row {
            let at = if reverse { block.len() - k * row } else { k * row };
            let (front, back) = block.split_at_mut(at);
            let (from, to) =
                if reverse { (&back[..row], &mut front[at - row..]) } else { (&front[at - row..], &mut back[..row]) };
            to.iter_mut().zip(from).for_each(|(to, &from)| *to = to.plus(from));
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iota(n: u64) -> Vec<u64> {
        (0..n).collect()
    }

    #[test]
    fn transposes_and_slices() {
        let (x, shape) = (iota(24), Shape::from([2, 3, 4]));
        let out = rearrange(&ShareOp::Transpose { permutation: vec![2, 0, 1] }, &[(&x, &shape)], &[4, 2, 3].into());
        for (i, j, k) in (0..4).flat_map(|i| (0..2).flat_map(move |j| (0..3).map(move |k| (i, j, k)))) {
            assert_eq!(out[i * 6 + j * 3 + k], x[j * 12 + k * 4 + i]);
        }
        let op = ShareOp::Slice { start: vec![1, 1, 0], limit: vec![2, 3, 3] };
        assert_eq!(rearrange(&op, &[(&x, &shape)], &[1, 2, 3].into()), [16, 17, 18, 20, 21, 22]);
    }

    #[test]
    fn broadcasts_and_sums_back() {
        let (x, shape) = (iota(3), Shape::from([3, 1]));
        let wide = Shape::from([2, 3, 4]);
        let op = ShareOp::Broadcast { dimensions: vec![1, 2] };
        let out = rearrange(&op, &[(&x, &shape)], &wide);
        assert_eq!(out[..12], [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
        let op = ShareOp::ReduceSum { axes: vec![0, 2] };
        assert_eq!(rearrange(&op, &[(&out, &wide)], &[3].into()), [0, 8, 16]);
        let op = ShareOp::ReduceSum { axes: vec![1] };
        assert_eq!(rearrange(&op, &[(&out, &wide)], &[2, 4].into()), [3; 8]);
        let op = ShareOp::ReduceSum { axes: vec![0, 1, 2] };
        assert_eq!(rearrange(&op, &[(&out, &wide)], &Shape::SCALAR), [24]);
    }

    #[test]
    fn running_sums_and_windows() {
        let (x, shape) = (iota(12), Shape::from([2, 3, 2]));
        let run = |reverse| rearrange(&ShareOp::CumulativeSum { axis: 1, reverse }, &[(&x, &shape)], &shape);
        assert_eq!(run(false), [0, 1, 2, 4, 6, 9, 6, 7, 14, 16, 24, 27]);
        assert_eq!(run(true), [6, 9, 6, 8, 4, 5, 24, 27, 18, 20, 10, 11]);
        let window = spu::Window::sliding([2]).padding([(1, 0)]);
        let gather = |repeat| {
            let op = ShareOp::GatherWindows { window: window.clone(), repeat };
            rearrange(&op, &[(&[5u64, 7], &[2].into())], &[2, 2].into())
        };
        assert_eq!((gather(false), gather(true)), (vec![5, 0, 5, 7], vec![5, 5, 5, 7]));
        let scatter = |repeat| {
            let op = ShareOp::ScatterWindows { window: window.clone(), repeat };
            rearrange(&op, &[(&[1u64, 10, 100, 1000], &[2, 2].into())], &[2].into())
        };
        assert_eq!((scatter(false), scatter(true)), (vec![101, 1000], vec![111, 1000]));
    }

    #[test]
    fn concatenates_along_any_axis() {
        let (a, b) = (iota(4), vec![9, 8]);
        let op = ShareOp::Concatenate { axis: 1 };
        let out = rearrange(&op, &[(&a, &[2, 2].into()), (&b, &[2, 1].into())], &[2, 3].into());
        assert_eq!(out, [0, 1, 9, 2, 3, 8]);
    }

    #[test]
    fn empty_and_scalar_tensors() {
        let op = ShareOp::ReduceSum { axes: vec![1] };
        assert_eq!(rearrange::<u64>(&op, &[(&[], &[3, 0].into())], &[3].into()), [0, 0, 0]);
        let op = ShareOp::Broadcast { dimensions: vec![] };
        assert_eq!(rearrange(&op, &[(&[7u64], &Shape::SCALAR)], &[2, 2].into()), [7; 4]);
        assert!(rearrange(&op, &[(&[7u64], &Shape::SCALAR)], &[2, 0].into()).is_empty());
    }
}
