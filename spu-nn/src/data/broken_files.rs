//! Tests: what broken data files get. Each error must name the file, the expectation and the finding.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use flate2::Compression;
use flate2::write::GzEncoder;
use spu::Error;

use super::{DigitSet, Images, Labels};

/// A folder that goes when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("spu-nn-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn idx(words: &[u32], bytes: &[u8]) -> Vec<u8> {
    words.iter().flat_map(|w| w.to_be_bytes()).chain(bytes.iter().copied()).collect()
}

fn labels(digits: &[u8]) -> Vec<u8> {
    idx(&[0x801, digits.len() as u32], digits)
}

fn images(count: usize) -> Vec<u8> {
    idx(&[0x803, count as u32, 28, 28], &vec![7; count * 784])
}

/// The text of the data error that `result` must be.
fn problem<T>(result: Result<T, Error>, path: &Path) -> String {
    let Err(Error::Data(error)) = result else { panic!("expected a data error") };
    assert!(error.source.contains(path.to_str().unwrap()), "{} does not name {}", error.source, path.display());
    error.to_string()
}

#[track_caller]
fn assert_says(text: &str, parts: &[&str]) {
    parts.iter().for_each(|part| assert!(text.contains(part), "`{part}` is missing in: {text}"));
}

#[test]
fn sound_files_are_read() {
    let folder = Folder::new();
    let images = folder.file("images.gz", &gzip(&images(3)));
    let labels = folder.file("labels.gz", &gzip(&labels(&[9, 0, 4])));
    let set = DigitSet::read(&images, &labels).unwrap();
    assert_eq!(set.len(), 3);
    assert_eq!(set.labels.digits(), [9, 0, 4]);
}

#[test]
fn missing_file() {
    let folder = Folder::new();
    let path = folder.0.join("absent.gz");
    assert_says(&problem(Images::read(&path), &path), &["expected a gzipped IDX file", "cannot be opened"]);
}

#[test]
fn not_gzip() {
    let folder = Folder::new();
    let path = folder.file("plain.gz", &labels(&[1, 2, 3]));
    assert_says(&problem(Labels::read(&path), &path), &["expected a sound gzip stream", "corrupt"]);
}

#[test]
fn truncated_gzip_wherever_it_is_cut() {
    let folder = Folder::new();
    // Random digits, so that the stream has no long tail of zeros.
    let digits: Vec<u8> = (0..5000u64).map(|i| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 60) as u8 % 10).collect();
    let whole = gzip(&labels(&digits));
    for cut in [3, 10, 15, whole.len() / 2, whole.len() - 8, whole.len() - 1] {
        let path = folder.file("cut.gz", &whole[..cut]);
        assert_says(&problem(Labels::read(&path), &path), &["expected a whole gzip stream", "truncated"]);
    }
}

#[test]
fn corrupt_content_fails_the_checksum() {
    let folder = Folder::new();
    let mut stored = GzEncoder::new(Vec::new(), Compression::none());
    stored.write_all(&labels(&[5; 100])).unwrap();
    let mut packed = stored.finish().unwrap();
    let middle = packed.len() - 50;
    packed[middle] ^= 1;
    let path = folder.file("flipped.gz", &packed);
    assert_says(&problem(Labels::read(&path), &path), &["expected a sound gzip stream", "corrupt"]);
}

#[test]
fn garbage_after_the_stream() {
    let folder = Folder::new();
    let mut packed = gzip(&labels(&[1, 2, 3]));
    packed.extend_from_slice(b"and more bytes than a header holds");
    let path = folder.file("tail.gz", &packed);
    assert_says(&problem(Labels::read(&path), &path), &["expected a sound gzip stream"]);
}

#[test]
fn wrong_magic() {
    let folder = Folder::new();
    let path = folder.file("labels-as-images.gz", &gzip(&labels(&[1; 40])));
    assert_says(&problem(Images::read(&path), &path), &["magic number 0x00000803", "found 0x00000801"]);
}

#[test]
fn header_cut_short() {
    let folder = Folder::new();
    let path = folder.file("short.gz", &gzip(&idx(&[0x803, 5], &[0, 0])));
    assert_says(&problem(Images::read(&path), &path), &["header of 16 bytes", "found 10 bytes"]);
    let path = folder.file("empty.gz", &gzip(&[]));
    assert_says(&problem(Images::read(&path), &path), &["header of 16 bytes", "found 0 bytes"]);
}

#[test]
fn images_of_another_size() {
    let folder = Folder::new();
    let path = folder.file("wide.gz", &gzip(&idx(&[0x803, 1, 32, 32], &[0; 1024])));
    assert_says(&problem(Images::read(&path), &path), &["expected elements of shape [28, 28]", "found [32, 32]"]);
}

#[test]
fn fewer_or_more_bytes_than_the_header_claims() {
    let folder = Folder::new();
    let path = folder.file("few.gz", &gzip(&idx(&[0x801, 10], &[1; 9])));
    assert_says(&problem(Labels::read(&path), &path), &["expected 10 bytes", "found 9"]);
    let path = folder.file("many.gz", &gzip(&idx(&[0x801, 10], &[1; 11])));
    assert_says(&problem(Labels::read(&path), &path), &["expected 10 bytes", "found more"]);
}

#[test]
fn a_header_that_claims_terabytes_allocates_nothing() {
    let folder = Folder::new();
    let path = folder.file("huge.gz", &gzip(&idx(&[0x803, u32::MAX, 28, 28], &[0; 784])));
    let expected = u64::from(u32::MAX) * 784;
    assert_says(&problem(Images::read(&path), &path), &[&format!("expected {expected} bytes"), "found 784"]);
}

#[test]
fn label_outside_its_range() {
    let folder = Folder::new();
    let [text, other] = [11, 200].map(|label| {
        let path = folder.file("broken.gz", &gzip(&labels(&[3, 9, label, 12])));
        problem(Labels::read(&path), &path)
    });
    assert_says(&text, &["labels", "at [2]", "expected a digit from 0 to 9"]);
    assert_eq!(text, other, "a label is secret: the text does not depend on it");
}

#[test]
fn as_many_labels_as_images() {
    let folder = Folder::new();
    let images = folder.file("images.gz", &gzip(&images(3)));
    let labels = folder.file("labels.gz", &gzip(&labels(&[1, 2])));
    let text = problem(DigitSet::read(&images, &labels), &labels);
    assert_says(&text, &["each of 3 images", "found 2 labels"]);
}
