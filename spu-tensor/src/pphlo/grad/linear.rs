//! Derivatives of batched matrix products and convolutions: each is again one such product.

use super::super::append::Builder;
use super::super::{ConvolutionWindow, Op};
use super::adjoint::reshaped;
use crate::graph::{Node, Value};
use crate::shape::Shape;

/// What `node` adds to the adjoint of its operand `i`, given its result's adjoint `g`.
pub(super) fn adjoint(b: &mut Builder, node: &Node<Op>, g: Value, i: usize) -> Value {
    let operands = [node.operands[0], node.operands[1]];
    match &node.operation {
        Op::DotGeneral { batch, contract } => dot_general(b, operands, batch, contract, g, i),
        Op::Convolution { window, groups } if i == 0 => of_input(b, operands, window, *groups, g),
        Op::Convolution { window, groups } => of_kernel(b, operands, window, *groups, g),
        op => unreachable!("{} is no product", op.name()),
    }
}

/// g times the other operand: the batch axes stay, the other's free axes are contracted. Then the result has the batch
/// axes, and beside them the operand's free axes and its contracted axes in the other's order: they are put in their places.
fn dot_general(
    b: &mut Builder,
    operands: [Value; 2],
    batch: &[(usize, usize)],
    contract: &[(usize, usize)],
    g: Value,
    i: usize,
) -> Value {
    let side = |pair: &(usize, usize), i: usize| if i == 0 { pair.0 } else { pair.1 };
    let axes = |pairs: &[(usize, usize)], i: usize| pairs.iter().map(|pair| side(pair, i)).collect::<Vec<_>>();
    let free = |b: &Builder, i: usize| {
        let paired = [axes(batch, i), axes(contract, i)].concat();
        (0..b.graph.ty(operands[i]).shape.rank()).filter(|axis| !paired.contains(axis)).collect::<Vec<_>>()
    };
    let (own, other) = (free(b, i), free(b, 1 - i));
    let counted = batch.len();
    // In g the batch comes first, then the left operand's free axes, then the right one's.
    let first = counted + if i == 0 { own.len() } else { 0 };
    let summed = other.iter().enumerate().map(|(at, &axis)| (first + at, axis));
    let shared = axes(batch, 1 - i).into_iter().enumerate();
    let (summed, shared): (Vec<_>, Vec<_>) = (summed.collect(), shared.collect());
    let mut pairs: Vec<(usize, usize)> = contract.to_vec();
    pairs.sort_by_key(|pair| side(pair, 1 - i));
    let contracted = axes(&pairs, i);
    let (product, origin) = match i {
        0 => {
            let op = Op::DotGeneral { batch: shared, contract: summed };
            (b.apply(op, &[g, operands[1]]), [axes(batch, 0), own, contracted].concat())
        }
        _ => {
            let swap = |pairs: Vec<(usize, usize)>| pairs.into_iter().map(|(x, y)| (y, x)).collect();
            let op = Op::DotGeneral { batch: swap(shared), contract: swap(summed) };
            (b.apply(op, &[operands[0], g]), [axes(batch, 1), contracted, own].concat())
        }
    };
    let place =
        |axis| origin.iter().position(|&from| from == axis).expect("every axis of the operand is in the product");
    let permutation: Vec<usize> = (0..origin.len()).map(place).collect();
    match permutation.iter().copied().eq(0..origin.len()) {
        true => product,
        false => b.apply(Op::Transpose { permutation }, &[product]),
    }
}

/// g, spread by the stride, convolved by the reversed kernel whose channels have changed places with the result's.
fn of_input(b: &mut Builder, [x, kernel]: [Value; 2], window: &ConvolutionWindow, groups: usize, g: Value) -> Value {
    let extents = |b: &Builder, v: Value| b.graph.ty(v).shape.extents().to_vec();
    let (input, output, places) = (extents(b, x), extents(b, g), extents(b, kernel));
    let axes = window.stride.len();
    let (depth, features) = (places[axes], places[axes + 1]);
    let back = window.backward(spatial(&input), &places[..axes], spatial(&output));
    // [k…, c / groups, d] → [k…, c / groups, groups, d / groups] → [k…, d / groups, groups, c / groups].
    let mut split = places[..axes].to_vec();
    split.extend([depth, groups, features / groups]);
    let split = b.apply(Op::Reshape { shape: Shape::new(split) }, &[kernel]);
    let permutation = (0..axes).chain([axes + 2, axes + 1, axes]).collect();
    let swapped = b.apply(Op::Transpose { permutation }, &[split]);
    let mut joined = places[..axes].to_vec();
    joined.extend([features / groups, groups * depth]);
    let joined = b.apply(Op::Reshape { shape: Shape::new(joined) }, &[swapped]);
    let reversed = b.apply(Op::Reverse { axes: (0..axes).collect() }, &[joined]);
    b.apply(Op::Convolution { window: back, groups }, &[g, reversed])
}

/// The input convolved by g: images take the part of channels, g's positions that of the kernel's.
fn of_kernel(b: &mut Builder, [x, kernel]: [Value; 2], window: &ConvolutionWindow, groups: usize, g: Value) -> Value {
    let extents = |b: &Builder, v: Value| b.graph.ty(v).shape.extents().to_vec();
    let (input, output, places) = (extents(b, x), extents(b, g), extents(b, kernel));
    let axes = window.stride.len();
    let (n, depth) = (input[0], places[axes]);
    let along = window.of_kernel(spatial(&input), &places[..axes], spatial(&output));
    // [n, s…, c] → [n, s…, groups, c / groups] → [c / groups, s…, groups, n].
    let mut split = input[..=axes].to_vec();
    split.extend([groups, depth]);
    let split = b.apply(Op::Reshape { shape: Shape::new(split) }, &[x]);
    let permutation = [axes + 2].into_iter().chain(1..axes + 2).chain([0]).collect();
    let swapped = b.apply(Op::Transpose { permutation }, &[split]);
    let mut joined = vec![depth];
    joined.extend(spatial(&input));
    joined.push(groups * n);
    let joined = b.apply(Op::Reshape { shape: Shape::new(joined) }, &[swapped]);
    // [n, t…, d] → [t…, n, d].
    let permutation = (1..=axes).chain([0, axes + 1]).collect();
    let weights = b.apply(Op::Transpose { permutation }, &[g]);
    let product = b.apply(Op::Convolution { window: along, groups }, &[joined, weights]);
    let permutation = (1..=axes).chain([0, axes + 1]).collect();
    let result = b.apply(Op::Transpose { permutation }, &[product]);
    reshaped(b, result, kernel)
}

fn spatial(extents: &[usize]) -> &[usize] {
    &extents[1..extents.len() - 1]
}
