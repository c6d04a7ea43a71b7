//! What does not fit is told: by which operation, and with which shapes.

use spu::{HostTensor, evaluate};
use spu_nn::init::Draws;
use spu_nn::layers::{
    AvgPool2d, BatchNorm, Conv2d, Dense, Dropout, Function, Layer, LayerNorm, MaxPool2d, MultiHeadAttention, Relu,
    Residual, Unflatten,
};

use super::check::{Secrets, positive, random};

/// The error of a layer in training on zeros of a shape.
#[track_caller]
fn fault(layer: impl Layer, shape: &[usize]) -> String {
    let draws = &mut Draws::seeded(1);
    let (weights, state) = (random(layer.shape(), draws), positive(layer.state_shape(), draws));
    let x = HostTensor::fxp(shape, vec![0.0; shape.iter().product()]);
    let result = evaluate((weights, state, x), |(w, s, x)| layer.train(w, s, x));
    result.err().expect("it does not fit").to_string()
}

#[track_caller]
fn assert_fault(layer: impl Layer, shape: &[usize], beginning: &str) {
    let fault = fault(layer, shape);
    assert!(fault.starts_with(beginning), "{fault}");
}

#[test]
fn shapes() {
    assert_fault(Dense::new(3, 2), &[4, 5], "cannot multiply matrices [4, 5] and [3, 2]: inner extents 5 and 3 differ");
    assert_fault(
        Conv2d::new(3, 2, [2, 2]),
        &[1, 4, 4, 2],
        "cannot convolve [1, 4, 4, 2] by a kernel of shape [2, 2, 3, 2]",
    );
    assert_fault(
        Conv2d::new(2, 2, [2, 2]).groups(0),
        &[1, 4, 4, 2],
        "cannot convolve [1, 4, 4, 2] by a kernel of shape [2, 2, 2, 2]",
    );
    assert_fault(Conv2d::new(1, 2, [2, 2]), &[4, 4], "cannot convolve [4, 4]");
    assert_fault(Unflatten::new([2, 2]), &[3, 5], "cannot reshape [3, 5]");
    assert_fault(Residual(Dense::new(3, 1)), &[2, 3], "cannot add [2, 3] to what became of it, [2, 1]");
    let norm = "its last axis must hold 3 features";
    assert_fault(BatchNorm::new(3), &[4, 1], &format!("cannot normalize [4, 1]: {norm}"));
    assert_fault(LayerNorm::new(3), &[4, 1], &format!("cannot normalize [4, 1]: {norm}"));
    assert_fault(BatchNorm::new(3), &[], &format!("cannot normalize []: {norm}"));
    assert_fault(MultiHeadAttention::new(4, 2), &[3, 4], "cannot attend to [3, 4]: expected [n, length, 4]");
    assert_fault(MultiHeadAttention::new(4, 2), &[1, 3, 5], "cannot multiply matrices [1, 3, 5] and [4, 4]");
}

#[test]
fn numbers() {
    assert_fault(MultiHeadAttention::new(4, 3), &[1, 3, 4], "cannot divide a width of 4 among 3 heads");
    assert_fault(MultiHeadAttention::new(4, 0), &[1, 3, 4], "cannot divide a width of 4 among 0 heads");
    // Nothing rounds to a rate of 0 or 1 unnoticed.
    for rate in [1.0, -0.5, f64::NAN, 511.5 / 512.0, 0.5 / 512.0, 1e-9, -1e-9] {
        let limits = "it must be 0, or above 1/512 and at most 511/512";
        assert_fault(Dropout::new(rate), &[4], &format!("cannot drop at a rate of {rate}: {limits}"));
    }
    for rate in [0.0, 1.5 / 512.0, 510.5 / 512.0] {
        let dropped = evaluate(vec![1.0; 4], |x: Secrets| Dropout::new(rate).train((), (), x).0);
        assert!(dropped.is_ok(), "{rate}");
    }
}

/// The first line says which layer of a network it is, within which others.
#[test]
fn the_layer_at_fault_is_named() {
    const FIRST: Conv2d = Conv2d::new(1, 2, [3, 3]);
    let pooled = (FIRST, Relu, MaxPool2d::new([2, 2]), Conv2d::new(5, 2, [3, 3]));
    let named = |layer: &str, network: &str| assert!(network.lines().next().unwrap().ends_with(layer), "{network}");
    named(", in layer 3 (Conv2d)", &fault(pooled, &[1, 8, 8, 1]));
    named(", in layer 0 (Unflatten)", &fault((Unflatten::new([2, 2]), Relu), &[1, 3]));
    named(", in layer 1 (Dense) of layer 1 (Residual)", &fault((Relu, Residual((Relu, Dense::new(4, 4)))), &[1, 3]));
    named(
        ", in layer 2 (Dense) of layer 0",
        &fault(([Dense::new(3, 3), Dense::new(3, 2), Dense::new(3, 3)],), &[1, 3]),
    );
    let halved: Function = |x| x.reshape([1, 2]);
    named(", in layer 0 (function)", &fault((halved, Relu), &[1, 3]));
    // A layer by itself has no place, and what follows a network is not a part of it.
    assert!(!fault(Dense::new(3, 2), &[4, 5]).contains(", in "));
    let after = evaluate(vec![1.0; 3], |x: Secrets| (Relu, Relu).apply(((), ()), x).reshape([2]));
    assert!(!after.err().unwrap().to_string().contains(", in "));
}

#[test]
fn windows() {
    let of_groups = Conv2d::new(3, 2, [2, 2]).groups(2);
    let groups = "3 channels and 2 result channels do not fall into 2 groups";
    assert_fault(
        of_groups,
        &[1, 4, 4, 3],
        &format!("cannot convolve [1, 4, 4, 3] by a kernel of shape [2, 2, 1, 2]: {groups}"),
    );
    let of_results = Conv2d::new(4, 3, [2, 2]).groups(2);
    let groups = "4 channels and 3 result channels do not fall into 2 groups";
    assert_fault(
        of_results,
        &[1, 4, 4, 4],
        &format!("cannot convolve [1, 4, 4, 4] by a kernel of shape [2, 2, 2, 3]: {groups}"),
    );
    let numbers = "strides and dilations are at least 1, one for each spatial axis";
    for still in [Conv2d::new(1, 2, [2, 2]).strides([0, 1]), Conv2d::new(1, 2, [2, 2]).dilation([1, 0])] {
        assert_fault(
            still,
            &[1, 4, 4, 1],
            &format!("cannot convolve [1, 4, 4, 1] by a kernel of shape [2, 2, 1, 2]: {numbers}"),
        );
    }
    assert_fault(
        MaxPool2d::new([2, 2]).strides([1, 0]),
        &[1, 4, 4, 2],
        "cannot move windows over [1, 4, 4, 2]: a size, stride or dilation is 0",
    );
    assert_fault(
        AvgPool2d::new([0, 2]),
        &[1, 4, 4, 2],
        "cannot move windows over [1, 4, 4, 2]: a size, stride or dilation is 0",
    );
    for larger in [[5, 2], [2, 5]] {
        let fault =
            format!("cannot move windows of {larger:?} over [1, 4, 4, 2]: they are larger than what they move over");
        assert_fault(MaxPool2d::new(larger), &[1, 4, 4, 2], &fault);
        assert_fault(AvgPool2d::new(larger), &[1, 4, 4, 2], &fault);
        assert_fault(Conv2d::new(2, 3, larger), &[1, 4, 4, 2], &fault);
        assert_fault(
            Conv2d::new(2, 3, [3, 3]).dilation([2, 1]),
            &[1, 4, 4, 2],
            "cannot move windows of [3, 3] over [1, 4, 4, 2]",
        );
    }
}
