//! The IDX format of the MNIST database, compressed with gzip.
//!
//! A file of bytes starts with the magic number 0x0000_0800 + rank, then one big-endian 32-bit extent for each axis, then
//! the elements, row-major, one byte each.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use md5::{Digest, Md5};
use spu::Error;

/// The content of an IDX file of bytes.
pub(super) struct Idx {
    /// Number of elements of the first axis.
    pub(super) count: usize,
    /// All elements.
    pub(super) bytes: Vec<u8>,
    /// MD5 of the unpacked file.
    pub(super) md5: [u8; 16],
}

/// Reads a gzipped IDX file whose axes after the first have the extents `inner`.
///
/// Memory grows with what the file really holds, never with what its header claims.
pub(super) fn read(path: &Path, inner: &[usize]) -> Result<Idx, Error> {
    let blame = |problem: String| Error::data(path.display().to_string(), None, problem);
    let file =
        File::open(path).map_err(|e| blame(format!("expected a gzipped IDX file, but it cannot be opened: {e}")))?;
    let mut unpacked = MultiGzDecoder::new(BufReader::new(file));
    let mut digest = Md5::new();

    let mut header = vec![0; 4 * (2 + inner.len())];
    let found = read_up_to(&mut unpacked, &mut header).map_err(|e| blame(describe(&e)))?;
    let words: Vec<u32> =
        header[..found].chunks_exact(4).map(|w| u32::from_be_bytes([w[0], w[1], w[2], w[3]])).collect();
    let magic = 0x0800 + 1 + inner.len() as u32;
    match words.first() {
        Some(&first) if first == magic => {}
        Some(first) => return Err(blame(format!("expected the magic number {magic:#010x}, found {first:#010x}"))),
        None => return Err(blame(format!("expected an IDX header of {} bytes, found {found} bytes", header.len()))),
    }
    if found < header.len() {
        return Err(blame(format!("expected an IDX header of {} bytes, found {found} bytes", header.len())));
    }
    digest.update(&header);

    let claimed: Vec<usize> = words[2..].iter().map(|&extent| extent as usize).collect();
    if claimed != inner {
        return Err(blame(format!("expected elements of shape {inner:?}, found {claimed:?}")));
    }
    let count = words[1] as usize;
    let expected = count as u64 * inner.iter().product::<usize>() as u64;

    // One byte more than expected shows a file that is too long; reaching the end makes gzip check its sum.
    let mut bytes = Vec::new();
    unpacked.take(expected + 1).read_to_end(&mut bytes).map_err(|e| blame(describe(&e)))?;
    if bytes.len() as u64 != expected {
        let found = if bytes.len() as u64 > expected { "more".into() } else { bytes.len().to_string() };
        return Err(blame(format!("expected {expected} bytes for {count} elements of the header, found {found}")));
    }
    digest.update(&bytes);
    Ok(Idx { count, bytes, md5: digest.finalize().into() })
}

fn read_up_to(from: &mut impl Read, into: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < into.len() {
        match from.read(&mut into[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

fn describe(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::UnexpectedEof => "expected a whole gzip stream, found it truncated".into(),
        _ => format!("expected a sound gzip stream, found it corrupt: {error}"),
    }
}
