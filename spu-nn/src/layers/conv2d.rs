//! Convolutions of images.

use spu::{Convolution, Error, Fxp, HostOf, Padding, Secret, ShapeOf, Tensor};

use super::{Affine, Bias, Biased, Stateless, Unbiased};
use crate::init::Draws;

/// A convolution of `x[n, height, width, inputs]`: `[n, height', width', outputs]`, with
/// `weight[window height, window width, inputs / groups, outputs]` and `bias[outputs]`.
///
/// As everywhere in machine learning the window is not reversed. It takes one multiplication and one truncation. Initial weights
/// are Glorot normal, a bias has standard deviation 10⁻⁶.
///
/// ```
/// use spu_nn::layers::{Conv2d, Padding2d};
///
/// const FIRST: Conv2d = Conv2d::new(1, 5, [5, 5]).strides([2, 2]).padding(Padding2d::Same);
/// const DEPTHWISE: Conv2d = Conv2d::new(5, 5, [3, 3]).groups(5).dilation([2, 2]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Conv2d<B = Biased> {
    inputs: usize,
    outputs: usize,
    window: [usize; 2],
    strides: [usize; 2],
    padding: Padding2d,
    dilation: [usize; 2],
    groups: usize,
    bias: B,
}

/// The zeros around an image.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Padding2d {
    /// None: the window stays inside.
    #[default]
    Valid,
    /// As many as give ⌈extent / stride⌉ results on each axis, half of them before, the odd one after.
    Same,
    /// So many before and after: of the height, of the width. Negative numbers take pixels away.
    Explicit([(i64, i64); 2]),
}

impl Conv2d {
    /// From so many channels to so many, by a window of this height and width that moves by one pixel and stays inside.
    pub const fn new(inputs: usize, outputs: usize, window: [usize; 2]) -> Self {
        let (strides, dilation) = ([1, 1], [1, 1]);
        Self { inputs, outputs, window, strides, padding: Padding2d::Valid, dilation, groups: 1, bias: Biased }
    }

    /// The same without a bias.
    pub const fn without_bias(self) -> Conv2d<Unbiased> {
        let Self { inputs, outputs, window, strides, padding, dilation, groups, bias: Biased } = self;
        Conv2d { inputs, outputs, window, strides, padding, dilation, groups, bias: Unbiased }
    }
}

impl<B: Copy> Conv2d<B> {
    /// With a window that moves by so many pixels down and to the right.
    pub const fn strides(self, strides: [usize; 2]) -> Self {
        Self { strides, ..self }
    }

    /// With zeros around the image.
    pub const fn padding(self, padding: Padding2d) -> Self {
        Self { padding, ..self }
    }

    /// With a window whose neighbours meet pixels that are so far apart.
    pub const fn dilation(self, dilation: [usize; 2]) -> Self {
        Self { dilation, ..self }
    }

    /// With input and output channels in as many groups, each convolved by itself. Both numbers of channels are multiples of it.
    pub const fn groups(self, groups: usize) -> Self {
        Self { groups, ..self }
    }

    /// Input channels that an output channel sees.
    fn group_inputs(self) -> usize {
        self.inputs / self.groups.max(1)
    }
}

impl<B: Bias> Stateless for Conv2d<B> {
    type Weights = Affine<B::Weight>;

    fn shape(&self) -> ShapeOf<Self::Weights> {
        let [height, width] = self.window;
        Affine::shape([height, width, self.group_inputs(), self.outputs], B::shape(self.outputs))
    }

    fn initial(&self, draws: &mut Draws) -> Result<HostOf<Self::Weights>, Error> {
        let [height, width] = self.window;
        let shape = [height, width, self.group_inputs(), self.outputs];
        // How many numbers meet in a result, and in how many results a number takes part.
        let fans = height * width * (self.group_inputs() + self.outputs / self.groups.max(1));
        let weight = draws.normal(shape, (2.0 / fans.max(1) as f64).sqrt());
        Affine::given(weight, B::initial(self.outputs, BIAS_DEVIATION, draws))
    }

    fn apply(&self, weights: Self::Weights, x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
        let convolution = Convolution {
            strides: self.strides.into(),
            padding: self.padding.into(),
            kernel_dilation: self.dilation.into(),
            groups: self.groups,
            ..Convolution::default()
        };
        B::add(weights.bias, x.conv_general_dilated(weights.weight, &convolution))
    }
}

impl From<Padding2d> for Padding {
    fn from(padding: Padding2d) -> Self {
        match padding {
            Padding2d::Valid => Self::Valid,
            Padding2d::Same => Self::Same,
            Padding2d::Explicit(sides) => Self::Explicit(sides.into()),
        }
    }
}

const BIAS_DEVIATION: f64 = 1e-6;
