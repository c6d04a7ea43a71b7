//! The MNIST database.

use std::path::Path;

use spu::Error;

use super::{Images, Labels};

/// The four files of the MNIST database.
pub struct Mnist {
    /// What to train on.
    pub train: DigitSet,
    /// What to test on.
    pub test: DigitSet,
}

/// Images and what they show.
pub struct DigitSet {
    /// The images.
    pub images: Images,
    /// Their labels, in the same order.
    pub labels: Labels,
}

impl Mnist {
    /// File of the training images.
    pub const TRAIN_IMAGES: &str = "train-images-idx3-ubyte.gz";
    /// File of the training labels.
    pub const TRAIN_LABELS: &str = "train-labels-idx1-ubyte.gz";
    /// File of the test images.
    pub const TEST_IMAGES: &str = "t10k-images-idx3-ubyte.gz";
    /// File of the test labels.
    pub const TEST_LABELS: &str = "t10k-labels-idx1-ubyte.gz";

    /// The unpacked files' names with their published MD5.
    pub const PUBLISHED_MD5: [(&str, &str); 4] = [
        ("train-images-idx3-ubyte", "6bbc9ace898e44ae57da46a324031adb"),
        ("train-labels-idx1-ubyte", "a25bea736e30d166cdddb491f175f624"),
        ("t10k-images-idx3-ubyte", "2646ac647ad5339dbf082846283269ea"),
        ("t10k-labels-idx1-ubyte", "27ae3e4e09519cfbb04c329615203637"),
    ];

    /// Reads the four files of a folder.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        Ok(Self {
            train: DigitSet::read(&folder.join(Self::TRAIN_IMAGES), &folder.join(Self::TRAIN_LABELS))?,
            test: DigitSet::read(&folder.join(Self::TEST_IMAGES), &folder.join(Self::TEST_LABELS))?,
        })
    }

    /// MD5 of the unpacked files, in the order of [`Mnist::PUBLISHED_MD5`].
    pub fn md5(&self) -> [[u8; 16]; 4] {
        [self.train.images.md5(), self.train.labels.md5(), self.test.images.md5(), self.test.labels.md5()]
    }
}

impl DigitSet {
    /// Reads a file of images and one of as many labels.
    pub fn read(images: &Path, labels: &Path) -> Result<Self, Error> {
        let set = Self { images: Images::read(images)?, labels: Labels::read(labels)? };
        if set.images.len() == set.labels.len() {
            return Ok(set);
        }
        let problem =
            format!("expected one label for each of {} images, found {} labels", set.images.len(), set.labels.len());
        Err(Error::data(labels.display().to_string(), None, problem))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.images.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data/mnist")
    }

    #[test]
    fn the_files_of_the_repository_are_the_published_ones() {
        let mnist = Mnist::load(&folder()).unwrap();
        for (md5, (name, published)) in mnist.md5().iter().zip(Mnist::PUBLISHED_MD5) {
            let hex: String = md5.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hex, published, "{name}");
        }
        assert_eq!((mnist.train.len(), mnist.test.len()), (60_000, 10_000));
    }

    /// The first labels and the class sizes of the test set are as published.
    #[test]
    fn labels_become_one_hot_rows() {
        let labels = Labels::read(&folder().join(Mnist::TEST_LABELS)).unwrap();
        assert_eq!(labels.digits()[..10], [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
        let rows = labels.batch(0..labels.len()).elements.to_f64();
        let sizes: Vec<f64> = (0..10).map(|class| rows.iter().skip(class).step_by(10).sum()).collect();
        assert_eq!(sizes, [980.0, 1135.0, 1032.0, 1010.0, 982.0, 892.0, 958.0, 1028.0, 974.0, 1009.0]);
        assert_eq!(labels.batch(2..3).elements.to_f64(), [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn pixels_are_divided_by_255() {
        let images = Images::read(&folder().join(Mnist::TEST_IMAGES)).unwrap();
        let batch = images.batch(3..5);
        assert_eq!(batch.shape.extents(), [2, 784]);
        let pixels = batch.elements.to_f64();
        assert!(pixels.iter().all(|p| (0.0..=1.0).contains(p) && (p * 255.0).fract().abs() < 1e-9));
        assert_eq!(pixels.iter().fold(0.0, |m: f64, &p| m.max(p)), 1.0);
    }
}
