//! Layers that multiply, and pools.

use spu_nn::layers::{AvgPool2d, Conv2d, Dense, Flatten, Layer, MaxPool2d, Padding2d, Unflatten};

use super::check::Pass::{Infer, Train};
use super::check::check;
use super::reference::{self, Window};

#[test]
fn dense_layers() {
    check(Dense::new(5, 3), Infer, &[4, 5], |w, x| reference::dense(x, &w[0], &w[1], 5));
    check(Dense::new(5, 3), Train, &[2, 2, 5], |w, x| reference::dense(x, &w[0], &w[1], 5));
    check(Dense::new(5, 3), Infer, &[5], |w, x| reference::dense(x, &w[0], &w[1], 5));
    check(Dense::new(4, 2).without_bias(), Infer, &[3, 4], |w, x| {
        assert_eq!(w.len(), 1);
        reference::dense(x, &w[0], &[], 4)
    });
}

#[test]
fn convolutions() {
    let shape = [2, 6, 5, 2];
    let image = [6, 5, 2];
    let plain = Window::new(image, [3, 2]);
    check(Conv2d::new(2, 3, [3, 2]), Infer, &shape, |w, x| plain.convolve(x, &w[0], &w[1], 1));
    check(Conv2d::new(2, 3, [3, 2]).without_bias(), Train, &shape, |w, x| plain.convolve(x, &w[0], &[], 1));

    let strided = Window { strides: [2, 3], before: [1, 0], after: [0, 2], ..plain };
    let layer = Conv2d::new(2, 3, [3, 2]).strides([2, 3]).padding(Padding2d::Explicit([(1, 0), (0, 2)]));
    check(layer, Infer, &shape, |w, x| strided.convolve(x, &w[0], &w[1], 1));

    let cropped = Window { before: [-1, 0], after: [0, -2], ..plain };
    let layer = Conv2d::new(2, 3, [3, 2]).padding(Padding2d::Explicit([(-1, 0), (0, -2)]));
    check(layer, Infer, &shape, |w, x| cropped.convolve(x, &w[0], &w[1], 1));

    let dilated = Window { dilation: [2, 3], ..plain };
    check(Conv2d::new(2, 3, [3, 2]).dilation([2, 3]), Infer, &shape, |w, x| dilated.convolve(x, &w[0], &w[1], 1));

    // Two groups of one channel each, to two outputs each.
    check(Conv2d::new(2, 4, [3, 2]).groups(2), Infer, &shape, |w, x| {
        assert_eq!(w[0].len(), 3 * 2 * 4);
        plain.convolve(x, &w[0], &w[1], 2)
    });
}

/// ⌈6 / 2⌉ = 3 results need (3 − 1)·2 + 3 − 6 = 1 zero, behind; ⌈5 / 1⌉ = 5 need one, behind, for a width of 2.
#[test]
fn same_padding() {
    let window = Window { strides: [2, 1], after: [1, 1], ..Window::new([6, 5, 2], [3, 2]) };
    let layer = Conv2d::new(2, 3, [3, 2]).strides([2, 1]).padding(Padding2d::Same);
    assert_eq!(window.output(), [3, 5]);
    check(layer, Infer, &[2, 6, 5, 2], |w, x| window.convolve(x, &w[0], &w[1], 1));
}

#[test]
fn pools() {
    let shape = [2, 6, 5, 3];
    let tiles = Window { strides: [2, 2], ..Window::new([6, 5, 3], [2, 2]) };
    check(MaxPool2d::new([2, 2]), Infer, &shape, |_, x| tiles.pool(x, reference::max));
    check(AvgPool2d::new([2, 2]), Infer, &shape, |_, x| tiles.pool(x, reference::mean));
    let window = Window { strides: [2, 1], before: [1, 0], after: [0, 1], ..Window::new([6, 5, 3], [3, 2]) };
    let max = MaxPool2d::new([3, 2]).strides([2, 1]).padding([(1, 0), (0, 1)]);
    let avg = AvgPool2d::new([3, 2]).strides([2, 1]).padding([(1, 0), (0, 1)]);
    check(max, Train, &shape, |_, x| window.pool(x, reference::max));
    check(avg, Train, &shape, |_, x| window.pool(x, reference::mean));
}

#[test]
fn shapes_alone_change() {
    check(Flatten, Infer, &[2, 3, 2], |_, x| x.to_vec());
    check(Unflatten::new([2, 3]), Infer, &[2, 6], |_, x| x.to_vec());
    let shape = |x: super::check::Secrets| {
        let shapes = [Flatten.apply((), x), Unflatten::new([3, 1]).apply((), x)].map(|y| y.shape().extents().to_vec());
        assert_eq!(shapes, [vec![2, 3], vec![2, 3, 1]]);
        x
    };
    spu::evaluate(spu::HostTensor::fxp([2, 3, 1], vec![0.0; 6]), shape).unwrap();
}
