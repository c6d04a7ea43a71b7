//! Convolutions as matrix products that read the input in place.
//!
//! The product's rows are the result's positions, its inner dimension the kernel's places and channels: element (o, (k, c)) of the
//! first factor is the input at place o · stride + k · dilation, channel c, found by [`Offsets`]. The input is copied only to
//! put zeros around and between its elements, or to combine two tensors; never once for each place of the kernel.

use std::borrow::Cow;

use rayon::prelude::*;

use super::operand::{Offsets, Operand};
use super::{MatmulShape, Ring, matmul};

/// Sizes of a convolution of `[images, input…, channels]` by `[kernel…, channels / groups, features]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Convolution {
    /// How many inputs.
    pub images: usize,
    /// Of the input.
    pub channels: usize,
    /// Channels of the result.
    pub features: usize,
    /// Groups of channels and features, each convolved by itself.
    pub groups: usize,
    /// The spatial axes.
    pub axes: Vec<SpatialAxis>,
}

/// A spatial axis: result index o and kernel index k meet at place o · stride + k · kernel_dilation of the padded input, which
/// has `padded` places and input index i at place i · input_dilation + low, if there is such a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpatialAxis {
    /// Extent of the input.
    pub input: usize,
    /// Extent of the kernel.
    pub kernel: usize,
    /// Extent of the result.
    pub output: usize,
    /// Extent of the padded input.
    pub padded: usize,
    /// Place of the first input element, perhaps outside.
    pub low: i64,
    /// Distance of results.
    pub stride: usize,
    /// Distance of input elements.
    pub input_dilation: usize,
    /// Distance of kernel elements.
    pub kernel_dilation: usize,
}

/// The convolution, `[images, output…, features]`. Panics if an operand is not as long as its extents say, or the kernel reaches
/// beyond the padded input.
pub fn convolve<R: Ring>(sizes: &Convolution, input: Operand<R>, kernel: Operand<R>) -> Vec<R> {
    let product = |f: fn(&SpatialAxis) -> usize| sizes.axes.iter().map(f).product::<usize>();
    let Convolution { images, channels, features, groups, .. } = *sizes;
    let (depth, width) = (channels / groups, features / groups);
    let places = product(|axis| axis.kernel);
    assert_eq!(input.len(), images * product(|axis| axis.input) * channels, "the input has its extents");
    assert_eq!(kernel.len(), places * depth * features, "the kernel has its extents");
    let rows = images * product(|axis| axis.output);
    let mut result = vec![R::ZERO; rows * features];
    if result.is_empty() || places * depth == 0 {
        return result;
    }
    let reaches = |a: &SpatialAxis| (a.output - 1) * a.stride + (a.kernel - 1) * a.kernel_dilation < a.padded;
    assert!(sizes.axes.iter().all(reaches), "the kernel lies on the padded input");
    let padded = sizes.padded(input);
    let row_offsets = sizes.places(images, |axis| (axis.output, axis.stride));
    let column_offsets = sizes.places(1, |axis| (axis.kernel, axis.kernel_dilation));
    let shape = MatmulShape { rows, inner: places * depth, columns: width };
    let group = |group: usize| {
        let columns = column_offsets.iter().map(|offset| (offset + group * depth, depth));
        let patches = Offsets::new(row_offsets.clone(), columns);
        let lines = (0..places * depth).map(|line| line * features).collect();
        let weights = Offsets::new(lines, [(group * width, width)]);
        let kernel = if groups == 1 { kernel } else { kernel.at(&weights) };
        matmul(shape, Operand::new(&padded).at(&patches), kernel)
    };
    if groups == 1 {
        return group(0);
    }
    let parts: Vec<Vec<R>> = (0..groups).into_par_iter().map(group).collect();
    for (part, first) in parts.iter().zip((0..features).step_by(width)) {
        let lines = result.chunks_exact_mut(features).zip(part.chunks_exact(width));
        lines.for_each(|(line, part)| line[first..first + width].copy_from_slice(part));
    }
    result
}

impl Convolution {
    /// Offsets in the padded input of `count` × all indices with the given extents and distances, row-major.
    fn places(&self, count: usize, of: impl Fn(&SpatialAxis) -> (usize, usize)) -> Vec<usize> {
        let mut places: Vec<usize> = (0..count).collect();
        for axis in &self.axes {
            let (extent, distance) = of(axis);
            let along = |first: &usize| {
                let first = first * axis.padded;
                (0..extent).map(move |i| first + i * distance)
            };
            places = places.iter().flat_map(along).collect();
        }
        places.iter_mut().for_each(|place| *place *= self.channels);
        places
    }

    /// The input with zeros around and between its elements.
    fn padded<'a, R: Ring>(&self, input: Operand<'a, R>) -> Cow<'a, [R]> {
        let whole = |axis: &SpatialAxis| axis.padded == axis.input && axis.low == 0 && axis.input_dilation == 1;
        match input.as_rows() {
            Some(values) if self.axes.iter().all(whole) => Cow::Borrowed(values),
            _ => {
                let count = self.images * self.axes.iter().map(|axis| axis.padded).product::<usize>();
                let mut padded = vec![R::ZERO; count * self.channels];
                for image in 0..self.images {
                    self.copy(input, 0, image, image, &mut padded);
                }
                Cow::Owned(padded)
            }
        }
    }

    /// Copies what lies under the indices `from` of the first axes of the input to the indices `to` of the padded input.
    fn copy<R: Ring>(&self, input: Operand<R>, axis: usize, from: usize, to: usize, padded: &mut [R]) {
        let channels = self.channels;
        let mut run = |from: usize, to: usize, length: usize| {
            input.read(from * channels, &mut padded[to * channels..(to + length) * channels]);
        };
        let Some(a) = self.axes.get(axis) else { return run(from, to, 1) };
        if axis + 1 == self.axes.len() && a.input_dilation == 1 {
            let first = a.low.min(0).unsigned_abs() as usize;
            let place = a.low.max(0) as usize;
            let length = a.input.saturating_sub(first).min(a.padded.saturating_sub(place));
            if length > 0 {
                run(from * a.input + first, to * a.padded + place, length);
            }
            return;
        }
        for i in 0..a.input {
            let place = i as i64 * a.input_dilation as i64 + a.low;
            if (0..a.padded as i64).contains(&place) {
                self.copy(input, axis + 1, from * a.input + i, to * a.padded + place as usize, padded);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Index by index, in integers modulo 2^128.
    fn naive(sizes: &Convolution, input: &[u128], kernel: &[u128]) -> Vec<u128> {
        let Convolution { images, channels, features, groups, ref axes } = *sizes;
        let (depth, width) = (channels / groups, features / groups);
        let &[a, b] = axes.as_slice() else { unreachable!("two axes are tested") };
        let at = |axis: SpatialAxis, o: usize, k: usize| {
            let place = (o * axis.stride + k * axis.kernel_dilation) as i64 - axis.low;
            let step = axis.input_dilation as i64;
            (place >= 0 && place % step == 0 && place / step < axis.input as i64).then(|| (place / step) as usize)
        };
        let mut result = vec![0u128; images * a.output * b.output * features];
        for (i, out) in result.iter_mut().enumerate() {
            let (d, q) = (i % features, i / features % b.output);
            let (p, n) = (i / features / b.output % a.output, i / features / b.output / a.output);
            for (k, l, c) in
                (0..a.kernel * b.kernel * depth).map(|j| (j / depth / b.kernel, j / depth % b.kernel, j % depth))
            {
                if let (Some(y), Some(x)) = (at(a, p, k), at(b, q, l)) {
                    let x = input[((n * a.input + y) * b.input + x) * channels + d / width * depth + c];
                    *out = out.wrapping_add(x.wrapping_mul(kernel[((k * b.kernel + l) * depth + c) * features + d]));
                }
            }
        }
        result
    }

    fn axis() -> impl Strategy<Value = SpatialAxis> {
        let sides = (-2i64..4, -2i64..4);
        (0usize..9, 1usize..4, sides, 1usize..4, 1usize..3, 1usize..3).prop_map(
            |(input, kernel, (low, high), stride, input_dilation, kernel_dilation)| {
                let spread = if input == 0 { 0 } else { (input as i64 - 1) * input_dilation as i64 + 1 };
                let padded = (spread + low + high).max(0) as usize;
                let room = padded as i64 - ((kernel - 1) * kernel_dilation + 1) as i64;
                let output = if room < 0 { 0 } else { room as usize / stride + 1 };
                SpatialAxis { input, kernel, output, padded, low, stride, input_dilation, kernel_dilation }
            },
        )
    }

    fn check<R: Ring>(sizes: &Convolution, seed: u64) {
        let mut state = seed;
        let mut draw = |n: usize| -> Vec<u128> {
            let mut next = || {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                u128::from(state) << 64 | u128::from(state.rotate_left(17))
            };
            (0..n).map(|_| next() >> 7).collect()
        };
        let count = |f: fn(&SpatialAxis) -> usize| sizes.axes.iter().map(f).product::<usize>();
        let inputs = sizes.images * count(|a| a.input) * sizes.channels;
        let weights = count(|a| a.kernel) * sizes.channels / sizes.groups * sizes.features;
        let (x, y, w) = (draw(inputs), draw(inputs), draw(weights));
        let ring = |v: &[u128]| v.iter().map(|&x| R::from_u128(x)).collect::<Vec<R>>();
        let (a, b, kernel) = (ring(&x), ring(&y), ring(&w));
        let found = convolve(sizes, Operand::new(&a), Operand::new(&kernel));
        assert_eq!(found, ring(&naive(sizes, &x, &w)), "{sizes:?}");
        let two = R::from_u128(2);
        let sum: Vec<u128> = x.iter().zip(&y).map(|(x, y)| x.wrapping_mul(2).wrapping_add(*y)).collect();
        let both: Vec<u128> = w.iter().map(|w| w.wrapping_mul(3)).collect();
        let input = Operand::combination((&a, two), (&b, R::ONE));
        let kernel = Operand::combination((&kernel, two), (&kernel, R::ONE));
        assert_eq!(convolve(sizes, input, kernel), ring(&naive(sizes, &sum, &both)), "{sizes:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn every_window_gives_the_convolution(
            images in 0usize..4, groups in 1usize..4, depth in 1usize..6, width in 1usize..20, axes in [axis(), axis()], seed: u64
        ) {
            let sizes = Convolution { images, channels: groups * depth, features: groups * width, groups, axes: axes.to_vec() };
            check::<u64>(&sizes, seed);
            check::<u32>(&sizes, seed);
            check::<u128>(&sizes, seed);
        }
    }

    /// More rows and places than a block of the product has.
    #[test]
    fn large_convolutions_go_by_blocks() {
        let axis = |input, kernel, padded| SpatialAxis {
            input,
            kernel,
            output: padded - kernel + 1,
            padded,
            low: (padded - input) as i64 / 2,
            stride: 1,
            input_dilation: 1,
            kernel_dilation: 1,
        };
        for (channels, features, kernel) in [(40, 50, 5), (3, 17, 5), (1, 16, 20)] {
            let axes = vec![axis(20, kernel, 24), axis(24, kernel, 24)];
            check::<u64>(&Convolution { images: 2, channels, features, groups: 1, axes }, 5);
        }
    }

    /// One axis, three, and none, which is a matrix product.
    #[test]
    fn any_number_of_axes() {
        let axis = SpatialAxis {
            input: 3,
            kernel: 2,
            output: 2,
            padded: 3,
            low: 0,
            stride: 1,
            input_dilation: 1,
            kernel_dilation: 1,
        };
        let ones = |n: usize| vec![1u64; n];
        for n in 0..4u32 {
            let sizes = Convolution { images: 2, channels: 3, features: 4, groups: 1, axes: vec![axis; n as usize] };
            let (x, w) = (ones(2 * 3usize.pow(n) * 3), ones(2usize.pow(n) * 12));
            let found = convolve(&sizes, Operand::new(&x), Operand::new(&w));
            assert_eq!(found, vec![3 * 2u64.pow(n); 2 * 2usize.pow(n) * 4]);
        }
    }
}
