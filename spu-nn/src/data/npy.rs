//! Arrays in NumPy's formats, [npy and npz](https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
//!
//! An npy file begins with `\x93NUMPY`, the version, the length of the header in two bytes (version 1) or four, and the header: a dictionary
//! as Python writes it, with the keys `descr`, `fortran_order` and `shape`. The elements follow. An npz file is a zip archive of npy files.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use spu::{Error, HostTensor, Shape};
use zip::ZipArchive;

use super::raw::{Encoding, Unfit, place};

/// The array of an npy file: floats of 16, 32 or 64 bits become fixed-point tensors, integers integer ones, and truth values truth values.
///
/// Another type of element, a broken header, fewer or more elements than it says, a number that is not finite or an integer of 2^63 or more
/// are errors. Memory grows with what the file really holds.
pub fn read_npy(path: impl AsRef<Path>) -> Result<HostTensor, Error> {
    let source = path.as_ref().display().to_string();
    let file = File::open(path)
        .map_err(|e| Error::data(&source, None, format!("expected an npy file, but it cannot be opened: {e}")))?;
    array(&source, BufReader::new(file))
}

/// The arrays of an npz file by name, in the file's order; each as [`read_npy`] reads it.
pub fn read_npz(path: impl AsRef<Path>) -> Result<Vec<(String, HostTensor)>, Error> {
    let source = path.as_ref().display().to_string();
    let blame = |problem: String| Error::data(&source, None, problem);
    let file = File::open(path).map_err(|e| blame(format!("expected an npz file, but it cannot be opened: {e}")))?;
    let broken = |e| blame(format!("expected an npz file, which is a zip archive: {e}"));
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(broken)?;
    let mut arrays = Vec::new();
    for i in 0..archive.len() {
        let entry = archive.by_index(i).map_err(broken)?;
        let file = entry.name().map_err(broken)?.into_owned();
        let Some(name) = file.strip_suffix(".npy") else {
            return Err(blame(format!("expected entries that end in .npy, found `{file}`")));
        };
        let tensor = array(&format!("{source}, array `{name}`"), entry)?;
        arrays.push((name.to_owned(), tensor));
    }
    Ok(arrays)
}

/// What the header says.
struct Header {
    encoding: Encoding,
    big_endian: bool,
    columns_first: bool,
    extents: Vec<usize>,
}

fn array(source: &str, mut input: impl Read) -> Result<HostTensor, Error> {
    let blame = |problem: String| Error::data(source, None, problem);
    let header = Header::parse(&header(&mut input).map_err(blame)?).map_err(blame)?;
    let size = header.encoding.bytes();
    let expected = header.extents.iter().try_fold(size, |product, &extent| product.checked_mul(extent));
    let expected = expected.ok_or_else(|| blame(format!("its shape {:?} is too large", header.extents)))?;

    let mut bytes = Vec::new();
    // One byte more than expected shows a file that is too long; reaching the end makes zip check its sum.
    let found = input.take((expected as u64).saturating_add(1)).read_to_end(&mut bytes);
    found.map_err(|e| blame(format!("it cannot be read: {e}")))?;
    if bytes.len() != expected {
        let found = if bytes.len() > expected { "more".into() } else { bytes.len().to_string() };
        return Err(blame(format!("expected {expected} bytes for the shape {:?}, found {found}", header.extents)));
    }
    if header.big_endian {
        bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
    }
    if header.columns_first {
        bytes = rows_first(&bytes, size, &header.extents);
    }
    match header.encoding.decode(&bytes) {
        Ok(elements) => Ok(HostTensor::new(Shape::new(header.extents), elements)),
        Err(Unfit { at, problem }) => Err(Error::data(source, Some(place(at, &header.extents)), problem)),
    }
}

/// The text of the header.
fn header(input: &mut impl Read) -> Result<String, String> {
    let broken = |_| "expected an npy header, found the end".to_owned();
    let mut start = [0; 8];
    input.read_exact(&mut start).map_err(broken)?;
    let [magic @ .., major, _] = start;
    if magic != *b"\x93NUMPY" {
        return Err("expected an npy file, found another".into());
    }
    let mut length = [0; 4];
    let bytes = if major == 1 { 2 } else { 4 };
    input.read_exact(&mut length[..bytes]).map_err(broken)?;
    let mut text = Vec::new();
    let length = u64::from(u32::from_le_bytes(length));
    input.take(length).read_to_end(&mut text).map_err(broken)?;
    if text.len() as u64 != length {
        return Err("expected an npy header, found the end".into());
    }
    String::from_utf8(text).map_err(|_| "expected an npy header in UTF-8".into())
}

impl Header {
    fn parse(text: &str) -> Result<Self, String> {
        let value = |key: &str| {
            let after = text.split_once(&format!("'{key}':")).map(|(_, after)| after.trim_start());
            after.ok_or_else(|| format!("expected `{key}` in the npy header"))
        };
        let description = value("descr")?;
        let quoted = description.strip_prefix('\'').and_then(|rest| rest.split_once('\'')).map(|(ty, _)| ty);
        let (big_endian, encoding) = match quoted.unwrap_or("a structure").split_at_checked(1) {
            Some(("<" | "|" | "=", code)) => (false, code),
            Some((">", code)) => (true, code),
            _ => (false, "none"),
        };
        let encoding = ENCODINGS.iter().find(|(code, _)| *code == encoding).map(|(_, encoding)| *encoding);
        let encoding = encoding.ok_or_else(|| {
            let found = quoted.map_or("a structure".into(), |ty| format!("`{ty}`"));
            format!("expected elements that are floats, integers or truth values, found {found}")
        })?;
        let order = value("fortran_order")?;
        let columns_first = match (order.starts_with("False"), order.starts_with("True")) {
            (true, _) => false,
            (_, true) => true,
            _ => return Err("expected `True` or `False` for `fortran_order` in the npy header".into()),
        };
        let shape = value("shape")?.strip_prefix('(').and_then(|rest| rest.split_once(')')).map(|(shape, _)| shape);
        let extents = shape.and_then(|shape| {
            let extents = shape.split(',').map(str::trim).filter(|extent| !extent.is_empty());
            extents.map(|extent| extent.parse().ok()).collect::<Option<Vec<usize>>>()
        });
        let extents = extents.ok_or("expected a tuple of integers for `shape` in the npy header")?;
        Ok(Self { encoding, big_endian, columns_first, extents })
    }
}

/// Elements whose first axis runs fastest, with the last one fastest.
fn rows_first(bytes: &[u8], size: usize, extents: &[usize]) -> Vec<u8> {
    let reversed: Vec<usize> = extents.iter().rev().copied().collect();
    let strides = Shape::new(reversed).strides();
    let elements: usize = extents.iter().product();
    let from =
        |at: usize| place(at, extents).iter().zip(strides.iter().rev()).map(|(i, stride)| i * stride).sum::<usize>();
    (0..elements).flat_map(|at| &bytes[from(at) * size..][..size]).copied().collect()
}

const ENCODINGS: [(&str, Encoding); 12] = [
    ("b1", Encoding::Bool),
    ("i1", Encoding::I8),
    ("i2", Encoding::I16),
    ("i4", Encoding::I32),
    ("i8", Encoding::I64),
    ("u1", Encoding::U8),
    ("u2", Encoding::U16),
    ("u4", Encoding::U32),
    ("u8", Encoding::U64),
    ("f2", Encoding::F16),
    ("f4", Encoding::F32),
    ("f8", Encoding::F64),
];
