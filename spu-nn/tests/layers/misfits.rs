//! What does not fit is told: by which operation, and with which shapes.

use spu::{HostTensor, evaluate};
use spu_nn::init::Draws;
use spu_nn::layers::{
    AvgPool2d, BatchNorm, Conv2d, Dense, Dropout, Flatten, Layer, LayerNorm, MaxPool2d, MultiHeadAttention, Residual,
    Unflatten,
};

use super::check::{positive, random};

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
    for rate in [1.0, -0.5, f64::NAN] {
        assert_fault(Dropout::new(rate), &[4], &format!("cannot drop at a rate of {rate}"));
    }
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
    // A window larger than the image has no place in it: the next layer is given nothing, and says so.
    for larger in [[5, 2], [2, 5]] {
        let network = (MaxPool2d::new(larger), Flatten, Dense::new(2, 3));
        assert_fault(network, &[1, 4, 4, 2], "cannot multiply matrices [1, 0] and [2, 3]");
    }
}
