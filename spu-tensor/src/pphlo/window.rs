//! How a slice steps, and how the kernel of a convolution moves over its input.

use std::fmt;

use super::attribute::Attribute;
use super::scan::Scanner;
use crate::error::Error;

/// The distance of two elements of a slice on each axis. In text, distances of 1 are left out.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Strides(Vec<usize>);

impl Strides {
    /// 1 on every axis.
    pub const UNIT: Self = Self(Vec::new());

    /// These distances, outermost axis first.
    pub fn new(strides: Vec<usize>) -> Self {
        if strides.iter().all(|&stride| stride == 1) { Self::UNIT } else { Self(strides) }
    }

    /// Whether it is 1 on every axis.
    pub fn is_unit(&self) -> bool {
        self.0.is_empty()
    }

    /// The distances on `rank` axes; none if there are distances of another number of axes.
    pub fn of_rank(&self, rank: usize) -> Option<Vec<usize>> {
        match self.0.len() {
            0 => Some(vec![1; rank]),
            n => (n == rank).then(|| self.0.clone()),
        }
    }

    /// The distance on an axis.
    pub fn on(&self, axis: usize) -> usize {
        self.0.get(axis).copied().unwrap_or(1)
    }
}

impl fmt::Display for Strides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl Attribute for Strides {
    fn absent() -> Option<Self> {
        Some(Self::UNIT)
    }
    fn print(&self) -> String {
        if self.is_unit() { String::new() } else { self.0.print() }
    }
    fn parse(scanner: &mut Scanner) -> Result<Self, Error> {
        Vec::parse(scanner).map(Self::new)
    }
}

/// How the kernel of a convolution moves over the input; one number for each spatial axis everywhere.
///
/// Result index o and kernel index k meet at place o · stride + k · kernel_dilation − low of the input, between whose elements
/// input_dilation − 1 zeros are inserted, and which is surrounded by zeros.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ConvolutionWindow {
    /// How far the kernel moves from one result element to the next.
    pub stride: Vec<usize>,
    /// Zeros before the input; a negative number removes elements.
    pub low: Vec<i64>,
    /// Zeros after the input; a negative number removes elements.
    pub high: Vec<i64>,
    /// The distance of two input elements.
    pub input_dilation: Vec<usize>,
    /// The distance of the input places that two neighbours in the kernel meet.
    pub kernel_dilation: Vec<usize>,
}

impl ConvolutionWindow {
    /// On `axes` spatial axes: every place at which the kernel lies inside the input.
    pub fn valid(axes: usize) -> Self {
        Self {
            stride: vec![1; axes],
            low: vec![0; axes],
            high: vec![0; axes],
            input_dilation: vec![1; axes],
            kernel_dilation: vec![1; axes],
        }
    }

    /// How many spatial axes it has, if its parts agree on that and no distance is 0.
    pub fn axes(&self) -> Option<usize> {
        let axes = self.stride.len();
        let lengths = [self.low.len(), self.high.len(), self.input_dilation.len(), self.kernel_dilation.len()];
        let distances = [&self.stride, &self.input_dilation, &self.kernel_dilation];
        let fits = lengths == [axes; 4] && distances.into_iter().flatten().all(|&distance| distance > 0);
        fits.then_some(axes)
    }

    /// Extent of the input on a spatial axis with what is inserted and put around it; negative if more is removed than is there.
    pub fn padded(&self, axis: usize, input: usize) -> i128 {
        let around = i128::from(self.low[axis]) + i128::from(self.high[axis]);
        dilated(input, self.input_dilation[axis]).saturating_add(around)
    }

    /// The result's extent on a spatial axis.
    pub fn output(&self, axis: usize, input: usize, kernel: usize) -> usize {
        let room = self.padded(axis, input).saturating_sub(dilated(kernel, self.kernel_dilation[axis]));
        let count = if room < 0 { 0 } else { room / self.stride[axis] as i128 + 1 };
        usize::try_from(count).unwrap_or(usize::MAX)
    }

    /// Zeros before and after a spatial axis that give ⌈n / stride⌉ results for n places of the input: half each, the odd one
    /// after.
    pub(crate) fn same(&self, axis: usize, input: usize, kernel: usize) -> (i64, i64) {
        let (places, stride) = (dilated(input, self.input_dilation[axis]), self.stride[axis] as i128);
        let results = (places + stride - 1) / stride;
        let reach = dilated(kernel, self.kernel_dilation[axis]);
        let all = ((results - 1).saturating_mul(stride).saturating_add(reach) - places).max(0);
        (saturated(all / 2), saturated(all - all / 2))
    }

    /// The input index that result index `o` and kernel index `k` meet on a spatial axis; none where that is a zero.
    pub fn meets(&self, axis: usize, input: usize, o: usize, k: usize) -> Option<usize> {
        let place = o as i128 * self.stride[axis] as i128 + k as i128 * self.kernel_dilation[axis] as i128;
        let place = place - i128::from(self.low[axis]);
        let step = self.input_dilation[axis] as i128;
        (place >= 0 && place % step == 0 && place / step < input as i128).then(|| (place / step) as usize)
    }

    /// The window of the convolution that carries a result's derivative back to an input of these extents, with the kernel
    /// reversed: result and input change places.
    pub(super) fn backward(&self, input: &[usize], kernel: &[usize], output: &[usize]) -> Self {
        let pair = |axis: usize| {
            let reach = dilated(kernel[axis], self.kernel_dilation[axis]) - 1;
            let low = reach - i128::from(self.low[axis]);
            let spread = dilated(output[axis], self.stride[axis]);
            let high = dilated(input[axis], self.input_dilation[axis]) + reach - spread - low;
            (saturated(low), saturated(high))
        };
        let (low, high) = (0..self.stride.len()).map(pair).unzip();
        Self {
            stride: self.input_dilation.clone(),
            low,
            high,
            input_dilation: self.stride.clone(),
            kernel_dilation: self.kernel_dilation.clone(),
        }
    }

    /// The window of the convolution of the input by a result's derivative that gives the kernel's: result and kernel change
    /// places.
    pub(super) fn of_kernel(&self, input: &[usize], kernel: &[usize], output: &[usize]) -> Self {
        let high = |axis: usize| {
            let reach = (kernel[axis] as i128 - 1) * self.kernel_dilation[axis] as i128;
            let spread = dilated(output[axis], self.stride[axis]);
            let before = dilated(input[axis], self.input_dilation[axis]) + i128::from(self.low[axis]);
            saturated(reach + spread - before)
        };
        Self {
            stride: self.kernel_dilation.clone(),
            low: self.low.clone(),
            high: (0..self.stride.len()).map(high).collect(),
            input_dilation: self.input_dilation.clone(),
            kernel_dilation: self.stride.clone(),
        }
    }
}

/// The extent of `n` elements at a distance.
pub(super) fn dilated(n: usize, distance: usize) -> i128 {
    if n == 0 { 0 } else { (n as i128 - 1).saturating_mul(distance as i128).saturating_add(1) }
}

fn saturated(x: i128) -> i64 {
    x.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

/// `(stride = [1, 1], low = [0, 0], high = [0, 0], input_dilation = [1, 1], kernel_dilation = [1, 1])`.
impl Attribute for ConvolutionWindow {
    fn print(&self) -> String {
        let Self { stride, low, high, input_dilation, kernel_dilation } = self;
        let parts = [stride.print(), low.print(), high.print(), input_dilation.print(), kernel_dilation.print()];
        let parts: Vec<String> = PARTS.iter().zip(parts).map(|(name, value)| format!("{name} = {value}")).collect();
        format!("({})", parts.join(", "))
    }

    fn parse(scanner: &mut Scanner) -> Result<Self, Error> {
        let (stride, low, high) = (part(scanner, 0)?, part(scanner, 1)?, part(scanner, 2)?);
        let (input_dilation, kernel_dilation) = (part(scanner, 3)?, part(scanner, 4)?);
        scanner.expect(")")?;
        Ok(Self { stride, low, high, input_dilation, kernel_dilation })
    }
}

fn part<T: Attribute>(scanner: &mut Scanner, i: usize) -> Result<T, Error> {
    [if i == 0 { "(" } else { "," }, PARTS[i], "="].iter().try_for_each(|word| scanner.expect(word))?;
    T::parse(scanner)
}

const PARTS: [&str; 5] = ["stride", "low", "high", "input_dilation", "kernel_dilation"];
