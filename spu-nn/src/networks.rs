//! The four networks by which secure training is measured, all for 28×28 grey images in ten classes.
//!
//! Each takes images as `[n, 784]` or `[n, 28, 28, 1]` and gives `[n, 10]` logits. Max pooling stands before ReLU: fewer of
//! them, the same function.

use crate::layers::{Conv2d, Dense, Flatten, MaxPool2d, Padding2d, Relu, Unflatten};

/// Network A, of SecureML (Mohassel and Zhang, 2017): 118 282 weights.
pub type NetworkA = (Flatten, Dense, Relu, Dense, Relu, Dense);

/// Network A: 784-128-128-10.
pub const NETWORK_A: NetworkA = (Flatten, Dense::new(784, 128), Relu, Dense::new(128, 128), Relu, Dense::new(128, 10));

/// Two convolutions with pooling, two dense layers.
pub type ConvolutionalNetwork =
    (Unflatten<3>, Conv2d, MaxPool2d, Relu, Conv2d, MaxPool2d, Relu, Flatten, Dense, Relu, Dense);

/// Network B, of MiniONN (Liu, Juuti, Lu and Asokan, 2017): 33 542 weights.
pub type NetworkB = ConvolutionalNetwork;

/// Network B: 16 and 16 channels, 256-100-10.
pub const NETWORK_B: NetworkB = (
    Unflatten::new([28, 28, 1]),
    Conv2d::new(1, 16, [5, 5]),
    MaxPool2d::new([2, 2]),
    Relu,
    Conv2d::new(16, 16, [5, 5]),
    MaxPool2d::new([2, 2]),
    Relu,
    Flatten,
    Dense::new(256, 100),
    Relu,
    Dense::new(100, 10),
);

/// Network C, LeNet as in SecureNN (Wagh, Gupta and Chandran, 2018): 431 080 weights.
pub type NetworkC = ConvolutionalNetwork;

/// Network C: 20 and 50 channels, 800-500-10.
pub const NETWORK_C: NetworkC = (
    Unflatten::new([28, 28, 1]),
    Conv2d::new(1, 20, [5, 5]),
    MaxPool2d::new([2, 2]),
    Relu,
    Conv2d::new(20, 50, [5, 5]),
    MaxPool2d::new([2, 2]),
    Relu,
    Flatten,
    Dense::new(800, 500),
    Relu,
    Dense::new(500, 10),
);

/// Network D, of Chameleon (Riazi and others, 2017): 99 240 weights.
pub type NetworkD = (Unflatten<3>, Conv2d, Relu, Flatten, Dense, Relu, Dense);

/// Network D: 5 channels of half the size, 980-100-10.
pub const NETWORK_D: NetworkD = (
    Unflatten::new([28, 28, 1]),
    Conv2d::new(1, 5, [5, 5]).strides([2, 2]).padding(Padding2d::Same),
    Relu,
    Flatten,
    Dense::new(980, 100),
    Relu,
    Dense::new(100, 10),
);
