//! Grey images of 28 × 28.

use std::ops::Range;
use std::path::Path;

use spu::{Error, HostTensor};

use super::idx;

/// Images of 28 × 28 bytes, as one party holds them.
pub struct Images {
    count: usize,
    pixels: Vec<u8>,
    md5: [u8; 16],
}

impl Images {
    /// Pixels of one image: the width of a row of [`Images::batch`].
    pub const PIXELS: usize = 28 * 28;

    /// Reads a gzipped IDX file of images.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let file = idx::read(path, &[28, 28])?;
        Ok(Self { count: file.count, pixels: file.bytes, md5: file.md5 })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// MD5 of the unpacked file.
    pub fn md5(&self) -> [u8; 16] {
        self.md5
    }

    /// The images of `range` as rows `[n, 784]` with values in `[0, 1]`. Panics if the range goes past the end.
    pub fn batch(&self, range: Range<usize>) -> HostTensor {
        let pixels = &self.pixels[range.start * Self::PIXELS..range.end * Self::PIXELS];
        HostTensor::fxp([range.len(), Self::PIXELS], pixels.iter().map(|&p| f64::from(p) / 255.0).collect())
    }
}
