//! Products of tensors: matrix products and convolutions, of public values and of shares.

use rayon::prelude::*;
use spu::pphlo::ConvolutionWindow;
use spu::{Party, Shape};

use super::local::{map, zip};
use super::value::PartyValue;
use crate::aby3::Arith;
use crate::ring::{Convolution, MatmulShape, Operand, Ring, SpatialAxis, matmul, matmul_add};
use crate::share::ShareType;

/// `product`, which is linear in both operands, of two values. With `doubled` the `Sum` holds twice the product.
pub(super) fn bilinear<R: Ring>(
    x: &PartyValue<R>,
    y: &PartyValue<R>,
    party: Party,
    doubled: bool,
    product: impl Fn(Operand<R>, Operand<R>) -> Vec<R>,
) -> PartyValue<R> {
    match (x, y) {
        (PartyValue::Public(x), PartyValue::Public(y)) => {
            let product = product(Operand::new(x), Operand::new(y));
            PartyValue::public(if doubled { map(&product, |v| v.plus(v)) } else { product })
        }
        (PartyValue::Public(x), PartyValue::Arith(y)) => PartyValue::arith(Arith {
            own: product(Operand::new(x), Operand::new(&y.own)),
            next: product(Operand::new(x), Operand::new(&y.next)),
        }),
        (PartyValue::Arith(x), PartyValue::Public(y)) => PartyValue::arith(Arith {
            own: product(Operand::new(&x.own), Operand::new(y)),
            next: product(Operand::new(&x.next), Operand::new(y)),
        }),
        (PartyValue::Arith(x), PartyValue::Arith(y)) => PartyValue::sum(match doubled {
            true => doubled_term(x, y, party, product),
            false => term(x, y, product),
        }),
        _ => panic!("the share program's types hold: factors"),
    }
}

/// x_i·(y_i + y_(i+1)) + x_(i+1)·y_i.
fn term<R: Ring>(x: &Arith<R>, y: &Arith<R>, product: impl Fn(Operand<R>, Operand<R>) -> Vec<R>) -> Vec<R> {
    let both = Operand::combination((&y.own, R::ONE), (&y.next, R::ONE));
    let first = product(Operand::new(&x.own), both);
    zip(&first, &product(Operand::new(&x.next), Operand::new(&y.own)), R::plus)
}

/// One product a party, of twice the value:
/// (2x0 + x1)(2y0 + y1) + (x1 + 2x2)(y1 + 2y2) − 2(x2 − x0)(y2 − y0) = 2(x0 + x1 + x2)(y0 + y1 + y2).
fn doubled_term<R: Ring>(
    x: &Arith<R>,
    y: &Arith<R>,
    party: Party,
    product: impl Fn(Operand<R>, Operand<R>) -> Vec<R>,
) -> Vec<R> {
    let two = R::ONE.plus(R::ONE);
    let [own, next] = match party.0 {
        0 => [two, R::ONE],
        1 => [R::ONE, two],
        _ => [R::ONE, R::ZERO.minus(R::ONE)],
    };
    let left = Operand::combination((&x.own, own), (&x.next, next));
    let right = Operand::combination((&y.own, own), (&y.next, next));
    let product = product(left, right);
    if party.0 == 2 { map(&product, |v| v.plus(v).negated()) } else { product }
}

/// Matrix products: how many, their extents, and which operand is stored transposed.
pub(super) struct Dot {
    batch: usize,
    shape: MatmulShape,
    transposed: [bool; 2],
}

impl Dot {
    /// Of operands of these types.
    pub(super) fn new(types: &[&ShareType], transposed: [bool; 2]) -> Self {
        let (left, right) = (types[0].shape.extents(), types[1].shape.extents());
        let axes = left.len() - 2;
        let (batch, left, right) = (left[..axes].iter().product(), &left[axes..], &right[axes..]);
        let (rows, inner) = if transposed[0] { (left[1], left[0]) } else { (left[0], left[1]) };
        let columns = if transposed[1] { right[0] } else { right[1] };
        Self { batch, shape: MatmulShape { rows, inner, columns }, transposed }
    }

    /// All products, one after the other.
    pub(super) fn product<R: Ring>(&self, x: Operand<R>, y: Operand<R>) -> Vec<R> {
        let MatmulShape { rows, inner, columns } = self.shape;
        let flip = self.transposed;
        if self.batch == 1 {
            return matmul(self.shape, turned(x, flip[0]), turned(y, flip[1]));
        }
        let mut result = vec![R::ZERO; self.batch * rows * columns];
        let one = |(i, out): (usize, &mut [R])| {
            let left = turned(x.part(i * rows * inner..(i + 1) * rows * inner), flip[0]);
            let right = turned(y.part(i * inner * columns..(i + 1) * inner * columns), flip[1]);
            matmul_add(self.shape, left, right, out);
        };
        if result.is_empty() {
            return result;
        }
        match result.len() * inner < PARALLEL {
            true => result.chunks_exact_mut(rows * columns).enumerate().for_each(one),
            false => result.par_chunks_exact_mut(rows * columns).enumerate().for_each(one),
        }
        result
    }
}

fn turned<R: Ring>(operand: Operand<'_, R>, transposed: bool) -> Operand<'_, R> {
    if transposed { operand.transposed() } else { operand }
}

/// The sizes of a convolution of tensors of these shapes.
pub(super) fn convolution_sizes(
    window: &ConvolutionWindow,
    groups: usize,
    input: &Shape,
    kernel: &Shape,
) -> Convolution {
    let (input, kernel) = (input.extents(), kernel.extents());
    let axes = input.len() - 2;
    let axis = |axis: usize| SpatialAxis {
        input: input[1 + axis],
        kernel: kernel[axis],
        output: window.output(axis, input[1 + axis], kernel[axis]),
        padded: window.padded(axis, input[1 + axis]).max(0) as usize,
        low: window.low[axis],
        stride: window.stride[axis],
        input_dilation: window.input_dilation[axis],
        kernel_dilation: window.kernel_dilation[axis],
    };
    Convolution {
        images: input[0],
        channels: input[axes + 1],
        features: kernel[axes + 1],
        groups,
        axes: (0..axes).map(axis).collect(),
    }
}

/// Multiply-adds that take about 100 µs; less does not pay for a second thread.
const PARALLEL: usize = 2_000_000;
