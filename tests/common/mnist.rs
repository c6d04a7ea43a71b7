//! A small data set in the files of MNIST.

use std::fs::File;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::Folder;

/// Its training images.
pub(crate) const TRAIN: usize = 100;

/// Its test images.
pub(crate) const TEST: usize = 30;

/// A folder with the four files: noise, and labels of which number 17 is `label` in both parts.
pub(crate) fn data(label: u8) -> Folder {
    let folder = Folder::new();
    let mut seed = 1u64;
    let mut byte = || {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 56) as u8
    };
    for (name, count) in [("train", TRAIN), ("t10k", TEST)] {
        let images: Vec<u8> = (0..count * 784).map(|_| byte()).collect();
        let mut labels: Vec<u8> = (0..count).map(|_| byte() % 10).collect();
        labels[17] = label;
        idx(&folder, &format!("{name}-images-idx3-ubyte.gz"), &[0x803, count as u32, 28, 28], &images);
        idx(&folder, &format!("{name}-labels-idx1-ubyte.gz"), &[0x801, count as u32], &labels);
    }
    folder
}

fn idx(folder: &Folder, name: &str, header: &[u32], bytes: &[u8]) {
    let mut file = GzEncoder::new(File::create(folder.0.join(name)).unwrap(), Compression::fast());
    header.iter().for_each(|word| file.write_all(&word.to_be_bytes()).unwrap());
    file.write_all(bytes).unwrap();
    file.finish().unwrap();
}
