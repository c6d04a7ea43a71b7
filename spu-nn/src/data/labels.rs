//! Labels: which of ten digits an image shows.

use std::ops::Range;
use std::path::Path;

use spu::{Error, HostTensor};

use super::idx;

/// Labels 0 to 9, as one party holds them.
pub struct Labels {
    labels: Vec<u8>,
    md5: [u8; 16],
}

impl Labels {
    /// Number of classes: the width of a row of [`Labels::batch`].
    pub const CLASSES: usize = 10;

    /// Reads a gzipped IDX file of labels. A label outside 0 to 9 is an error that names its index, but not
    /// its value: errors travel to the other parties, and labels are secret.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let file = idx::read(path, &[])?;
        match file.bytes.iter().position(|&label| usize::from(label) >= Self::CLASSES) {
            None => Ok(Self { labels: file.bytes, md5: file.md5 }),
            Some(at) => {
                let source = format!("labels of {}", path.display());
                Err(Error::data(source, Some(vec![at]), "expected a digit from 0 to 9"))
            }
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// MD5 of the unpacked file.
    pub fn md5(&self) -> [u8; 16] {
        self.md5
    }

    /// The digits themselves.
    pub fn digits(&self) -> &[u8] {
        &self.labels
    }

    /// The labels of `range` as one-hot rows of integers `[n, 10]`. Panics if the range goes past the end.
    pub fn batch(&self, range: Range<usize>) -> HostTensor {
        let labels = &self.labels[range];
        let mut rows = vec![0; labels.len() * Self::CLASSES];
        for (row, &label) in rows.chunks_exact_mut(Self::CLASSES).zip(labels) {
            row[usize::from(label)] = 1;
        }
        HostTensor::int([labels.len(), Self::CLASSES], rows)
    }
}
