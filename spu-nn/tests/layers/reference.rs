//! Layers written as loops.

/// x·weight + bias for rows of a width.
pub(crate) fn dense(x: &[f64], weight: &[f64], bias: &[f64], inputs: usize) -> Vec<f64> {
    let outputs = weight.len() / inputs;
    let row = |x: &[f64]| -> Vec<f64> {
        let sum = |j: usize| (0..inputs).map(|i| x[i] * weight[i * outputs + j]).sum::<f64>();
        (0..outputs).map(|j| sum(j) + bias.get(j).copied().unwrap_or(0.0)).collect()
    };
    x.chunks_exact(inputs).flat_map(row).collect()
}

/// A place in the window, and the pixel under it unless that is padding.
type Place = ([usize; 2], Option<[usize; 2]>);

/// A window over images `[n, height, width, channels]`.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    pub(crate) image: [usize; 3],
    pub(crate) size: [usize; 2],
    pub(crate) strides: [usize; 2],
    pub(crate) before: [i64; 2],
    pub(crate) after: [i64; 2],
    pub(crate) dilation: [usize; 2],
}

impl Window {
    pub(crate) fn new(image: [usize; 3], size: [usize; 2]) -> Self {
        Self { image, size, strides: [1, 1], before: [0, 0], after: [0, 0], dilation: [1, 1] }
    }

    pub(crate) fn output(&self) -> [usize; 2] {
        [0, 1].map(|axis| {
            let padded = self.image[axis] as i64 + self.before[axis] + self.after[axis];
            let reach = ((self.size[axis] - 1) * self.dilation[axis] + 1) as i64;
            ((padded - reach) / self.strides[axis] as i64 + 1) as usize
        })
    }

    /// The pixel under a place of the window, unless it is padding.
    fn pixel(&self, at: [usize; 2], within: [usize; 2]) -> Option<[usize; 2]> {
        let place = |axis: usize| {
            let place = (at[axis] * self.strides[axis] + within[axis] * self.dilation[axis]) as i64 - self.before[axis];
            (0..self.image[axis] as i64).contains(&place).then_some(place as usize)
        };
        Some([place(0)?, place(1)?])
    }

    /// For each image and place of the window: the offset of the image, and the pixels with their places in the window.
    fn places(&self, x: &[f64]) -> Vec<(usize, Vec<Place>)> {
        let area = self.image.iter().product::<usize>();
        let [rows, columns] = self.output();
        let all = |[height, width]: [usize; 2]| (0..height).flat_map(move |i| (0..width).map(move |j| [i, j]));
        let images = (0..x.len() / area).map(|image| image * area);
        images
            .flat_map(|offset| {
                all([rows, columns]).map(move |at| {
                    (offset, all(self.size).map(|within| (within, self.pixel(at, within))).collect::<Vec<_>>())
                })
            })
            .collect()
    }

    fn index(&self, offset: usize, [row, column]: [usize; 2], channel: usize) -> usize {
        offset + (row * self.image[1] + column) * self.image[2] + channel
    }

    /// The convolution by `weight[size…, channels / groups, outputs]`.
    pub(crate) fn convolve(&self, x: &[f64], weight: &[f64], bias: &[f64], groups: usize) -> Vec<f64> {
        let channels = self.image[2] / groups;
        let outputs = weight.len() / (self.size[0] * self.size[1] * channels);
        let mut result = Vec::new();
        for (offset, pixels) in self.places(x) {
            for output in 0..outputs {
                let group = output / (outputs / groups);
                let mut sum = bias.get(output).copied().unwrap_or(0.0);
                for &([i, j], pixel) in &pixels {
                    let Some(pixel) = pixel else { continue };
                    for channel in 0..channels {
                        let factor = weight[((i * self.size[1] + j) * channels + channel) * outputs + output];
                        sum += factor * x[self.index(offset, pixel, group * channels + channel)];
                    }
                }
                result.push(sum);
            }
        }
        result
    }

    /// `fold` over the pixels of each window and channel; padding is none.
    pub(crate) fn pool(&self, x: &[f64], fold: impl Fn(&[Option<f64>]) -> f64) -> Vec<f64> {
        let mut result = Vec::new();
        for (offset, pixels) in self.places(x) {
            for channel in 0..self.image[2] {
                let at = |pixel: Option<[usize; 2]>| pixel.map(|pixel| x[self.index(offset, pixel, channel)]);
                result.push(fold(&pixels.iter().map(|&(_, pixel)| at(pixel)).collect::<Vec<_>>()));
            }
        }
        result
    }
}

pub(crate) fn max(window: &[Option<f64>]) -> f64 {
    window.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max)
}

pub(crate) fn mean(window: &[Option<f64>]) -> f64 {
    window.iter().flatten().sum::<f64>() / window.len() as f64
}

pub(crate) fn relu(x: Vec<f64>) -> Vec<f64> {
    x.into_iter().map(|x| x.max(0.0)).collect()
}

pub(crate) fn softmax(row: &[f64]) -> Vec<f64> {
    let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let terms: Vec<f64> = row.iter().map(|x| (x - most).exp()).collect();
    let total: f64 = terms.iter().sum();
    terms.into_iter().map(|term| term / total).collect()
}

/// Mean and variance, which divides by the number of elements.
pub(crate) fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n)
}
