//! Row-major elements walked by strides: what everything does that moves elements or sums them along axes.

use crate::shape::Shape;

/// The elements `x[first + Σ index · strides]` of every index of a shape, row-major. An axis in reverse has a negative stride,
/// a broadcast one stride 0.
///
/// ```
/// use spu_tensor::strided::strided;
/// // The transpose of [[1, 2, 3], [4, 5, 6]].
/// assert_eq!(strided(&[1, 2, 3, 4, 5, 6], &[3, 2].into(), &[1, 3], 0), [1, 4, 2, 5, 3, 6]);
/// ```
pub fn strided<T: Copy + Default>(x: &[T], shape: &Shape, strides: &[isize], first: usize) -> Vec<T> {
    if shape.elements() == 0 {
        return Vec::new();
    }
    let axes = joined(shape, strides);
    let mut out = vec![T::default(); shape.elements()];
    match axes.iter().rposition(|axis| axis.stride == 1) {
        Some(along) if along + 1 < axes.len() && axes[axes.len() - 1].stride != 0 => {
            turned(x, axes, along, first, &mut out);
        }
        _ => {
            let (outer, [rows, inner]) = innermost(&axes);
            let mut blocks = out.chunks_exact_mut(rows.extent * inner.extent);
            each_of(outer, first, |first| {
                let block = blocks.next().expect("a block for each outer index");
                for (i, row) in block.chunks_exact_mut(inner.extent).enumerate() {
                    let at = moved(first, i as isize * rows.stride);
                    match inner.stride {
                        0 => row.fill(x[at]),
                        1 => row.copy_from_slice(&x[at..at + row.len()]),
                        step => row.iter_mut().enumerate().for_each(|(j, out)| *out = x[moved(at, j as isize * step)]),
                    }
                }
            });
        }
    }
    out
}

/// `result` with every element of x, of this shape, stepped into the element that its index without `axes` names, in
/// row-major order of x.
pub fn fold_axes<T: Copy>(x: &[T], shape: &Shape, axes: &[usize], result: &mut [T], step: impl Fn(T, T) -> T) {
    if x.is_empty() {
        return;
    }
    let mut strides = vec![0; shape.rank()];
    let mut stride = 1;
    for axis in (0..shape.rank()).rev().filter(|axis| !axes.contains(axis)) {
        strides[axis] = stride;
        stride *= shape.extents()[axis] as isize;
    }
    let joined = joined(shape, &strides);
    let (outer, [rows, inner]) = innermost(&joined);
    let mut blocks = x.chunks_exact(rows.extent * inner.extent);
    each_of(outer, 0, |first| {
        let block = blocks.next().expect("a block for each outer index");
        for (i, row) in block.chunks_exact(inner.extent).enumerate() {
            let at = first + i * rows.stride as usize;
            match inner.stride {
                0 => result[at] = row.iter().fold(result[at], |sum, &x| step(sum, x)),
                _ => result[at..at + row.len()].iter_mut().zip(row).for_each(|(sum, &x)| *sum = step(*sum, x)),
            }
        }
    });
}

/// Calls `row` with the place first + Σ index · strides of the first element of every row of the shape, in order.
pub fn rows(shape: &Shape, strides: &[isize], first: usize, row: impl FnMut(usize)) {
    if shape.elements() > 0 {
        let outer = shape.rank().saturating_sub(1);
        each_of(&axes(&shape.extents()[..outer], strides), first, row);
    }
}

/// Calls `visit` with the place first + Σ index · strides of every index of the shape, in order.
pub fn each(shape: &Shape, strides: &[isize], first: usize, visit: impl FnMut(usize)) {
    if shape.elements() > 0 {
        each_of(&axes(shape.extents(), strides), first, visit);
    }
}

/// Strides as signed numbers.
pub fn signed(strides: &[usize]) -> Vec<isize> {
    strides.iter().map(|&stride| stride as isize).collect()
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Axis {
    extent: usize,
    stride: isize,
}

fn axes(extents: &[usize], strides: &[isize]) -> Vec<Axis> {
    extents.iter().zip(strides).map(|(&extent, &stride)| Axis { extent, stride }).collect()
}

/// The axes, neighbours joined where one stride serves both; at least two, none of extent 1 before the last two.
fn joined(shape: &Shape, strides: &[isize]) -> Vec<Axis> {
    let mut axes: Vec<Axis> = Vec::with_capacity(shape.rank() + 2);
    for axis in self::axes(shape.extents(), strides).into_iter().filter(|axis| axis.extent != 1) {
        match axes.last_mut() {
            Some(last) if last.stride == axis.stride * axis.extent as isize => {
                *last = Axis { extent: last.extent * axis.extent, stride: axis.stride };
            }
            _ => axes.push(axis),
        }
    }
    while axes.len() < 2 {
        axes.insert(0, Axis { extent: 1, stride: 0 });
    }
    axes
}

fn innermost(axes: &[Axis]) -> (&[Axis], [Axis; 2]) {
    let (outer, last) = axes.split_last_chunk().expect("there are two axes");
    (outer, *last)
}

/// A transposition: where the operand's innermost axis is not the result's, both are walked in tiles, so that a cache line is
/// used whole at either side.
fn turned<T: Copy>(x: &[T], mut axes: Vec<Axis>, along: usize, first: usize, out: &mut [T]) {
    let mut places = vec![1; axes.len()];
    for axis in (1..axes.len()).rev() {
        places[axis - 1] = places[axis] * axes[axis].extent as isize;
    }
    let (inner, line) = (axes.pop().expect("there are two axes"), axes.remove(along));
    let place = places.remove(along);
    let mut targets = Vec::with_capacity(out.len() / (inner.extent * line.extent));
    let outer = axes.iter().zip(&places).map(|(axis, &stride)| Axis { stride, ..*axis }).collect::<Vec<_>>();
    each_of(&outer, 0, |to| targets.push(to));
    let mut targets = targets.into_iter();
    each_of(&axes, first, |from| {
        let to = targets.next().expect("both go over the same axes");
        for i in (0..line.extent).step_by(TILE) {
            let height = TILE.min(line.extent - i);
            for j in (0..inner.extent).step_by(TILE) {
                let width = TILE.min(inner.extent - j);
                let from = moved(from, j as isize * inner.stride) + i;
                for i in i..i + height {
                    let row = &mut out[to + i * place as usize + j..][..width];
                    let from = from + i % TILE;
                    row.iter_mut().enumerate().for_each(|(j, out)| *out = x[moved(from, j as isize * inner.stride)]);
                }
            }
        }
    });
}

/// Calls `visit` with first + Σ index · stride for every index of the axes, row-major; none of them is empty.
fn each_of(axes: &[Axis], first: usize, mut visit: impl FnMut(usize)) {
    let mut index = vec![0; axes.len()];
    let mut at = first as isize;
    loop {
        visit(at as usize);
        let Some(axis) = (0..axes.len()).rev().find(|&axis| index[axis] + 1 < axes[axis].extent) else { return };
        index[axis] += 1;
        at += axes[axis].stride;
        for axis in axis + 1..axes.len() {
            at -= index[axis] as isize * axes[axis].stride;
            index[axis] = 0;
        }
    }
}

fn moved(place: usize, by: isize) -> usize {
    (place as isize + by) as usize
}

/// Side of a tile: two cache lines of eight-byte elements.
const TILE: usize = 16;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All indices of a shape, row-major.
    fn indices(shape: &Shape) -> Vec<Vec<usize>> {
        let index = |mut i: usize| {
            let digit = |&n: &usize| (i % n, i /= n).0;
            let mut index: Vec<usize> = shape.extents().iter().rev().map(digit).collect();
            index.reverse();
            index
        };
        (0..shape.elements()).map(index).collect()
    }

    proptest! {
        /// Any order of the axes of a tensor, some of them in reverse, some repeated.
        #[test]
        fn as_index_by_index(
            extents in proptest::collection::vec(prop_oneof![0usize..4, 15usize..35], 0..4),
            order in Just([0usize, 1, 2, 3]).prop_shuffle(),
            kinds in proptest::array::uniform4(-1isize..2),
        ) {
            let operand = Shape::new(extents);
            let x: Vec<u32> = (0..operand.elements() as u32).collect();
            let strides = operand.strides();
            let order: Vec<usize> = order.into_iter().filter(|&axis| axis < operand.rank()).collect();
            let first = order.iter().map(|&a| if kinds[a] < 0 { (operand.extents()[a].max(1) - 1) * strides[a] } else { 0 });
            let first: usize = first.sum();
            let moves: Vec<isize> = order.iter().map(|&axis| kinds[axis] * strides[axis] as isize).collect();
            let shape = Shape::new(order.iter().map(|&axis| operand.extents()[axis]).collect::<Vec<_>>());
            let place = |index: &Vec<usize>| {
                index.iter().zip(&moves).map(|(&i, &step)| i as isize * step).sum::<isize>() + first as isize
            };
            let expected: Vec<u32> = indices(&shape).iter().map(|index| x[place(index) as usize]).collect();
            prop_assert_eq!(strided(&x, &shape, &moves, first), expected);
            let mut starts = Vec::new();
            rows(&shape, &moves, first, |start| starts.push(start as isize));
            let heads = indices(&shape).into_iter().filter(|index| index.last().is_none_or(|&i| i == 0));
            prop_assert_eq!(starts, heads.map(|index| place(&index)).collect::<Vec<_>>());
        }

        #[test]
        fn folds_as_index_by_index(
            extents in proptest::collection::vec(0usize..6, 0..5),
            folded in proptest::array::uniform5(any::<bool>()),
        ) {
            let shape = Shape::new(extents);
            let x: Vec<u64> = (0..shape.elements() as u64).map(|i| i * i + 1).collect();
            let (axes, kept): (Vec<usize>, Vec<usize>) = (0..shape.rank()).partition(|&axis| folded[axis]);
            let result = Shape::new(kept.iter().map(|&axis| shape.extents()[axis]).collect::<Vec<_>>());
            let strides = result.strides();
            // A step that tells the order of its elements.
            let step = |sum: u64, x: u64| sum.wrapping_mul(31).wrapping_add(x);
            let mut expected = vec![7; result.elements()];
            for (index, &x) in indices(&shape).iter().zip(&x) {
                let at: usize = kept.iter().zip(&strides).map(|(&axis, stride)| index[axis] * stride).sum();
                expected[at] = step(expected[at], x);
            }
            let mut found = vec![7; result.elements()];
            fold_axes(&x, &shape, &axes, &mut found, step);
            prop_assert_eq!(found, expected);
        }
    }
}
