//! Convolutions of images.

use spu::{Convolution, Error, Fxp, HostOf, Padding, Secret, ShapeOf, Tensor};

use super::windows::expect_places;
use super::{Affine, Bias, Biased, Stateless, Unbiased};
use crate::init::{Draws, Fan, Initializer};

/// A convolution of `x[n, height, width, inputs]`: `[n, height', width', outputs]`, with
/// `weight[window height, window width, inputs / groups, outputs]` and `bias[outputs]`.
///
/// As everywhere in machine learning the window is not reversed. It takes one multiplication and one truncation. Initial weights
/// are Glorot normal, a bias is normal with standard deviation 10⁻⁶, unless the layer is given another [`Initializer`]; the fan is that of one
/// group ([`Fan::of_groups`]).
///
/// ```
/// use spu_nn::layers::{Conv2d, Padding2d};
///
/// const FIRST: Conv2d = Conv2d::new(1, 5, [5, 5]).strides([2, 2]).padding(Padding2d::Same);
/// const DEPTHWISE: Conv2d = Conv2d::new(5, 5, [3, 3]).groups(5).dilation([2, 2]);
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Conv2d<B = Biased> {
    inputs: usize,
    outputs: usize,
    window: [usize; 2],
    strides: [usize; 2],
    padding: Padding2d,
    dilation: [usize; 2],
    groups: usize,
    initializer: Initializer,
    bias_initializer: Initializer,
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
        Self {
            inputs,
            outputs,
            window,
            strides: [1, 1],
            padding: Padding2d::Valid,
            dilation: [1, 1],
            groups: 1,
            initializer: Initializer::GlorotNormal,
            bias_initializer: BIAS,
            bias: Biased,
        }
    }

    /// With a bias that begins otherwise.
    pub const fn bias_initializer(self, bias_initializer: Initializer) -> Self {
        Self { bias_initializer, ..self }
    }

    /// The same without a bias.
    pub const fn without_bias(self) -> Conv2d<Unbiased> {
        let Self { inputs, outputs, window, strides, padding, dilation, groups, .. } = self;
        let (initializer, bias_initializer) = (self.initializer, self.bias_initializer);
        let bias = Unbiased;
        Conv2d { inputs, outputs, window, strides, padding, dilation, groups, initializer, bias_initializer, bias }
    }
}

impl<B: Copy> Conv2d<B> {
    /// With a kernel that begins otherwise.
    pub const fn initializer(self, initializer: Initializer) -> Self {
        Self { initializer, ..self }
    }

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

    /// The shape of the kernel: an output channel sees the input channels of its group.
    fn kernel(self) -> [usize; 4] {
        let [height, width] = self.window;
        [height, width, self.inputs / self.groups.max(1), self.outputs]
    }
}

impl<B: Bias> Stateless for Conv2d<B> {
    type Weights = Affine<B::Weight>;

    fn shape(&self) -> ShapeOf<Self::Weights> {
        Affine::shape(self.kernel(), B::shape(self.outputs))
    }

    fn initial(&self, draws: &mut Draws) -> Result<HostOf<Self::Weights>, Error> {
        let fan = Fan::of_groups(&self.kernel().into(), self.groups);
        let kernel = draws.weights_by_fan(self.initializer, self.kernel(), fan);
        Affine::given(kernel, B::initial(self.outputs, self.bias_initializer, draws))
    }

    fn apply(&self, weights: Self::Weights, x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
        let convolution = Convolution {
            strides: self.strides.into(),
            padding: self.padding.into(),
            kernel_dilation: self.dilation.into(),
            groups: self.groups,
            ..Convolution::default()
        };
        let y = x.conv_general_dilated(weights.weight, &convolution);
        expect_places(x, self.window, y);
        B::add(weights.bias, y)
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

const BIAS: Initializer = Initializer::Normal(1e-6);
