//! Convolutions.

use super::linear::product;
use super::{DType, Numeric, Tensor, Visibility};
use crate::location::Location;
use crate::pphlo::{ConvolutionWindow, Op};
use crate::trace;

/// What is put around a tensor before a window moves over it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Padding {
    /// Nothing: the window stays inside.
    #[default]
    Valid,
    /// As many zeros as give one result for each `stride`-th element, half of them before, the odd one after.
    Same,
    /// So many zeros before and after each spatial axis; negative numbers take elements away.
    Explicit(Vec<(i64, i64)>),
}

/// How a kernel moves over its input. Lists have one number for each spatial axis; an empty one stands for ones.
///
/// ```
/// use spu_tensor::{Convolution, Padding};
///
/// let depthwise = Convolution { padding: Padding::Same, groups: 32, ..Convolution::default() };
/// assert!(depthwise.strides.is_empty());
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Convolution {
    /// Distance of the places of two neighbouring results.
    pub strides: Vec<usize>,
    /// What surrounds the input.
    pub padding: Padding,
    /// Distance of two input elements, zeros between them: of a transposed convolution the stride.
    pub input_dilation: Vec<usize>,
    /// Distance of the places that neighbours in the kernel meet.
    pub kernel_dilation: Vec<usize>,
    /// Channels and result channels fall into as many groups, each convolved by itself.
    pub groups: usize,
}

impl Default for Convolution {
    fn default() -> Self {
        Self {
            strides: Vec::new(),
            padding: Padding::Valid,
            input_dilation: Vec::new(),
            kernel_dilation: Vec::new(),
            groups: 1,
        }
    }
}

impl<V: Visibility, D: Numeric> Tensor<V, D> {
    /// The convolution of `self[n, spatial…, channels]` by `kernel[spatial…, channels, features]`, which is not reversed:
    /// `[n, spatial…, features]`, for any number of spatial axes. It takes the rounds and the traffic of a matrix product with
    /// as many results.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Padding, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0, 3.0, 4.0], |x: Tensor<Secret, Fxp>| {
    ///     let kernel = Tensor::constant(vec![1.0, 10.0, 100.0]).reshape([3, 1, 1]);
    ///     x.reshape([1, 4, 1]).conv(kernel, [1], Padding::Same).reshape([4])
    /// })?;
    /// assert_eq!(y.values(), [210.0, 321.0, 432.0, 43.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn conv<W: Visibility, E: Numeric>(
        self,
        kernel: Tensor<W, E>,
        strides: impl AsRef<[usize]>,
        padding: Padding,
    ) -> Tensor<V::Join<W>, D::Promote<E>> {
        let convolution = Convolution { strides: strides.as_ref().to_vec(), padding, ..Convolution::default() };
        self.conv_general_dilated(kernel, &convolution)
    }

    /// As [`conv`](Self::conv), with dilations of input and kernel and with groups; the kernel is
    /// `[spatial…, channels / groups, features]`.
    ///
    /// ```
    /// use spu_tensor::{Convolution, Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0, 3.0, 4.0], |x: Tensor<Secret, Fxp>| {
    ///     let kernel = Tensor::constant(vec![1.0, 2.0, 10.0, 20.0]).reshape([2, 1, 2]);
    ///     let depthwise = Convolution { groups: 2, ..Convolution::default() };
    ///     x.reshape([1, 2, 2]).conv_general_dilated(kernel, &depthwise).reshape([2])
    /// })?;
    /// assert_eq!(y.values(), [1.0 + 30.0, 4.0 + 80.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn conv_general_dilated<W: Visibility, E: Numeric>(
        self,
        kernel: Tensor<W, E>,
        convolution: &Convolution,
    ) -> Tensor<V::Join<W>, D::Promote<E>> {
        let location = Location::caller();
        let operands = [self.handle, kernel.handle];
        let dtype = <D::Promote<E>>::DTYPE;
        let [input, places] = operands.map(|operand| trace::ty(operand).shape);
        let op = Op::Convolution {
            window: convolution.window(input.extents(), places.extents()),
            groups: convolution.groups,
        };
        Tensor::from_handle(product(op, operands, dtype, location))
    }
}

impl Convolution {
    /// The window over an input and a kernel of these extents. What does not fit is left for the typing rule to refuse.
    fn window(&self, input: &[usize], kernel: &[usize]) -> ConvolutionWindow {
        let axes = kernel.len().saturating_sub(2);
        let ones = |list: &[usize]| if list.is_empty() { vec![1; axes] } else { list.to_vec() };
        let window = ConvolutionWindow {
            stride: ones(&self.strides),
            input_dilation: ones(&self.input_dilation),
            kernel_dilation: ones(&self.kernel_dilation),
            ..ConvolutionWindow::valid(axes)
        };
        let sides = match &self.padding {
            Padding::Explicit(sides) => sides.clone(),
            Padding::Same if window.axes().is_some() && input.len() == axes + 2 => {
                (0..axes).map(|axis| window.same(axis, input[1 + axis], kernel[axis])).collect()
            }
            _ => vec![(0, 0); axes],
        };
        let (low, high) = sides.into_iter().unzip();
        ConvolutionWindow { low, high, ..window }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fxp, Secret, evaluate};

    #[test]
    fn same_gives_a_result_for_each_stride() {
        for (n, k, stride, dilation) in
            [(5, 3, 1, 1), (5, 3, 2, 1), (6, 4, 2, 1), (7, 2, 3, 2), (4, 1, 3, 1), (0, 3, 1, 1)]
        {
            let window = Convolution {
                strides: vec![stride],
                padding: Padding::Same,
                kernel_dilation: vec![dilation],
                ..Convolution::default()
            }
            .window(&[1, n, 1], &[k, 1, 1]);
            assert_eq!(window.output(0, n, k), n.div_ceil(stride), "{n} by {k}, stride {stride}");
            assert!((0..=1).contains(&(window.high[0] - window.low[0])), "the odd zero comes last");
        }
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let fault = |convolution: Convolution, kernel: &[usize]| {
            let x = vec![0.0; 12];
            let run = |x: Tensor<Secret, Fxp>| {
                x.reshape([1, 4, 3]).conv_general_dilated(Tensor::<_, Fxp>::zeros(kernel), &convolution)
            };
            evaluate(x, run).err().map(|error| error.to_string()).unwrap_or_default()
        };
        let plain = Convolution::default;
        assert!(fault(plain(), &[2, 2, 1]).contains("3 channels and 1 result channels do not fall into 1 groups"));
        assert!(fault(plain(), &[2, 2, 3, 1]).contains("the window has 2 spatial axes"));
        assert!(fault(Convolution { strides: vec![0], ..plain() }, &[2, 3, 1]).contains("at least 1"));
        let two = Padding::Explicit(vec![(0, 0), (1, 1)]);
        assert!(fault(Convolution { padding: two, ..plain() }, &[2, 3, 1]).contains("one for each spatial axis"));
        assert!(fault(Convolution { padding: Padding::Same, ..plain() }, &[3]).starts_with("cannot convolve"));
    }
}
