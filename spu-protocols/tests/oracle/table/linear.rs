//! Matrix products and convolutions.

use spu_tensor::Shape;
use spu_tensor::pphlo::{ConvolutionWindow, Op};

use super::Rings::All;
use super::{Row, product, row};

pub(crate) const ROWS: &[Row] = &[
    row("dot", All, |d| {
        let [rows, inner, columns] = [0; 3].map(|_| d.below(9));
        product(d, Op::Dot, [[rows, inner].into(), [inner, columns].into()], inner)
    }),
    // Some axes of both operands are shared, each as a batch axis or a contracted one, in any order.
    row("dot_general", All, |d| {
        let (batch, contract) = (d.below(3), d.below(3));
        let paired: Vec<usize> = (0..batch + contract).map(|_| d.below(5)).collect();
        let sides = [0; 2].map(|_| {
            let free: Vec<usize> = (0..d.below(3)).map(|_| d.below(4)).collect();
            let mut axes: Vec<(Option<usize>, usize)> =
                paired.iter().copied().enumerate().map(|(i, n)| (Some(i), n)).collect();
            axes.extend(free.into_iter().map(|n| (None, n)));
            (1..axes.len()).rev().for_each(|i| axes.swap(i, d.below(i + 1)));
            axes
        });
        let place = |side: usize, pair: usize| sides[side].iter().position(|axis| axis.0 == Some(pair)).unwrap();
        let pairs: Vec<(usize, usize)> = (0..paired.len()).map(|i| (place(0, i), place(1, i))).collect();
        let shapes = [0, 1].map(|side| Shape::from(sides[side].iter().map(|axis| axis.1).collect::<Vec<_>>()));
        let op = Op::DotGeneral { batch: pairs[..batch].to_vec(), contract: pairs[batch..].to_vec() };
        product(d, op, shapes, paired[batch..].iter().product())
    }),
    row("convolution", All, |d| {
        let axes = d.below(4);
        let mut each =
            |least: usize, most: usize| (0..axes).map(|_| least + d.below(most - least + 1)).collect::<Vec<_>>();
        // Of three axes, fewer places: 24 terms at most, else 27.
        let (input, kernel) = if axes == 3 { (each(0, 3), each(0, 2)) } else { (each(0, 6), each(0, 3)) };
        let (stride, input_dilation, kernel_dilation) = (each(1, 2), each(1, 2), each(1, 2));
        let (low, high) = (each(0, 3), each(0, 3));
        let signed = |v: Vec<usize>| v.into_iter().map(|n| n as i64 - 1).collect();
        let window =
            ConvolutionWindow { stride, low: signed(low), high: signed(high), input_dilation, kernel_dilation };
        let (groups, depth, features) = (1 + d.below(2), d.below(4), d.below(3));
        let terms = kernel.iter().product::<usize>() * depth;
        let input = [&[d.below(3)], &input[..], &[depth * groups]].concat();
        let kernel = [&kernel[..], &[depth, features * groups]].concat();
        product(d, Op::Convolution { window, groups }, [input.into(), kernel.into()], terms)
    }),
];
