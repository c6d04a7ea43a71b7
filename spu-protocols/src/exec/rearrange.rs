//! Structural operations on row-major elements: they act on every share alike.

use spu::Shape;
use spu::pphlo::{gathered, scattered};
use spu::strided::{fold_axes, rows, signed, strided};

use crate::ring::Ring;
use crate::share::ShareOp;

/// Applies a structural operation to one component of its operands.
pub(super) fn rearrange<R: Ring>(op: &ShareOp, operands: &[(&[R], &Shape)], result: &Shape) -> Vec<R> {
    let (x, shape) = operands[0];
    match op {
        ShareOp::Reshape => x.to_vec(),
        ShareOp::Transpose { permutation } => {
            let strides = signed(&shape.strides());
            strided(x, result, &permutation.iter().map(|&axis| strides[axis]).collect::<Vec<_>>(), 0)
        }
        ShareOp::Broadcast { dimensions } => {
            let mut strides = vec![0; result.rank()];
            for ((&axis, &stride), &extent) in dimensions.iter().zip(&signed(&shape.strides())).zip(shape.extents()) {
                strides[axis] = if extent == 1 { 0 } else { stride };
            }
            strided(x, result, &strides, 0)
        }
        ShareOp::Reverse { axes } => {
            let mut strides = signed(&shape.strides());
            let mut first = 0;
            for &axis in axes {
                first += strides[axis] as usize * shape.extents()[axis].saturating_sub(1);
                strides[axis] = -strides[axis];
            }
            strided(x, result, &strides, first)
        }
        ShareOp::Slice { start, strides: steps, .. } => {
            let strides = shape.strides();
            let first = start.iter().zip(&strides).map(|(s, stride)| s * stride).sum();
            let strides: Vec<usize> = strides.iter().enumerate().map(|(axis, s)| s * steps.on(axis)).collect();
            strided(x, result, &signed(&strides), first)
        }
        ShareOp::Pad { low, interior, .. } => pad(x, shape, low, interior, result),
        ShareOp::Concatenate { axis } => concatenate(operands, *axis, result),
        ShareOp::ReduceSum { axes } => {
            let mut sums = vec![R::ZERO; result.elements()];
            fold_axes(x, shape, axes, &mut sums, R::plus);
            sums
        }
        ShareOp::CumulativeSum { axis, reverse } => cumulative_sum(x, shape, *axis, *reverse),
        ShareOp::GatherWindows { window, repeat } => gathered(x, shape, window, *repeat),
        ShareOp::ScatterWindows { window, repeat } => scattered(x, result, window, *repeat, R::plus),
        _ => unreachable!("{op:?} is not structural"),
    }
}

/// Zeros but where an element of x lies: element i of an axis at place low + i · (interior + 1), if there is such a place.
fn pad<R: Ring>(x: &[R], shape: &Shape, low: &[i64], interior: &[usize], result: &Shape) -> Vec<R> {
    let mut out = vec![R::ZERO; result.elements()];
    // Of each axis the elements that stay, where the first one goes, and how far apart they lie.
    let axis = |axis: usize| {
        let (low, step) = (low[axis] as i128, interior[axis] as i128 + 1);
        let (n, room) = (shape.extents()[axis] as i128, result.extents()[axis] as i128);
        let from = ((-low).max(0) + step - 1) / step;
        let to = n.min((room - low + step - 1).max(0) / step);
        (from as usize, (to - from).max(0) as usize, (low + from * step) as usize, step as usize)
    };
    let axes: Vec<_> = (0..shape.rank()).map(axis).collect();
    let kept = Shape::new(axes.iter().map(|&(_, count, ..)| count).collect::<Vec<_>>());
    if kept.elements() == 0 {
        return out;
    }
    let (sources, targets) = (shape.strides(), result.strides());
    let place = |of: fn(&(usize, usize, usize, usize)) -> usize, strides: &[usize]| {
        axes.iter().zip(strides).map(|(axis, stride)| of(axis) * stride).sum::<usize>()
    };
    let steps: Vec<usize> = axes.iter().zip(&targets).map(|(&(.., step), stride)| step * stride).collect();
    let (inner, step) = axes.last().map_or((1, 1), |&(_, count, _, step)| (count, step));
    let mut starts = Vec::new();
    rows(&kept, &signed(&sources), place(|axis| axis.0, &sources), |from| starts.push(from));
    let mut starts = starts.into_iter();
    rows(&kept, &signed(&steps), place(|axis| axis.2, &targets), |to| {
        let from = starts.next().expect("both go over the same rows");
        let places = out[to..].iter_mut().step_by(step);
        places.zip(&x[from..from + inner]).for_each(|(place, &v)| *place = v);
    });
    out
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
    use proptest::prelude::*;
    use spu::pphlo::{Graph, Op, Strides, Type, append, evaluate};
    use spu::{HostTensor, Location};

    /// What the plain evaluator makes of 1, 2, 3, … in this shape.
    fn evaluated(op: Op, shape: &Shape) -> (Shape, Vec<u64>) {
        let mut graph = Graph::new();
        let mut parameter = |index: usize, shape: &Shape| {
            let ty = Type::public(shape.clone(), spu::pphlo::DType::Int);
            let node = graph.push(Op::Parameter { index }, vec![], vec![ty], Location::UNKNOWN);
            graph.node(node).result(0)
        };
        let operands = [parameter(0, shape), parameter(1, &Shape::SCALAR)];
        let operands = &operands[..*op.arity().start()];
        let node = append(&mut graph, op, operands, Location::UNKNOWN).unwrap();
        graph.outputs = vec![graph.node(node).result(0)];
        let x = HostTensor::int(shape.clone(), (1..=shape.elements() as i64).collect());
        let found = evaluate(&graph, &[x, HostTensor::int(Shape::SCALAR, vec![0])]).unwrap().remove(0);
        (found.shape.clone(), found.elements.to_f64().into_iter().map(|x| x as u64).collect())
    }

    proptest! {
        #[test]
        fn as_the_evaluator(
            extents in proptest::collection::vec(0usize..5, 0..5),
            sides in proptest::array::uniform5((-1i64..3, -1i64..3, 0usize..3)),
            steps in proptest::array::uniform5(1usize..4),
            flips in proptest::array::uniform5(any::<bool>()),
        ) {
            let shape = Shape::new(extents);
            let x: Vec<u64> = (1..=shape.elements() as u64).collect();
            let axes: Vec<usize> = (0..shape.rank()).filter(|&axis| flips[axis]).collect();
            let (result, expected) = evaluated(Op::Reverse { axes: axes.clone() }, &shape);
            prop_assert_eq!(rearrange(&ShareOp::Reverse { axes }, &[(&x, &shape)], &result), expected);
            let strides = Strides::new(steps[..shape.rank()].to_vec());
            let (start, limit): (Vec<_>, Vec<_>) = shape.extents().iter().map(|&n| (n.min(1), n)).unzip();
            let op = Op::Slice { start: start.clone(), limit: limit.clone(), strides: strides.clone() };
            let (result, expected) = evaluated(op, &shape);
            prop_assert_eq!(rearrange(&ShareOp::Slice { start, limit, strides }, &[(&x, &shape)], &result), expected);
            let side = |axis: usize| {
                // No more is taken away than there is.
                let (low, high, gap) = sides[axis];
                if shape.extents()[axis] < 2 { (low.max(0), high.max(0), gap) } else { (low, high, gap) }
            };
            let low: Vec<i64> = (0..shape.rank()).map(|axis| side(axis).0).collect();
            let high: Vec<i64> = (0..shape.rank()).map(|axis| side(axis).1).collect();
            let interior: Vec<usize> = (0..shape.rank()).map(|axis| side(axis).2).collect();
            let op = Op::Pad { low: low.clone(), high: high.clone(), interior: interior.clone() };
            let (result, expected) = evaluated(op, &shape);
            prop_assert_eq!(rearrange(&ShareOp::Pad { low, high, interior }, &[(&x, &shape)], &result), expected);
        }
    }

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
        let op = ShareOp::Slice { start: vec![1, 1, 0], limit: vec![2, 3, 3], strides: Strides::UNIT };
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
