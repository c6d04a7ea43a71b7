//! What a matrix product reads: a matrix or a linear combination of two, transposed or not, formed while it is copied.

use super::Ring;
use super::cpu::Vector;
use super::square::SIDE;

/// A factor of [`matmul`](super::matmul()): scale · first + scale₂ · second, transposed or not. Matrices are row-major, or
/// lie as [`Offsets`] say.
#[derive(Clone, Copy)]
pub struct Operand<'a, R> {
    first: &'a [R],
    scale: R,
    second: Option<(&'a [R], R)>,
    transposed: bool,
    offsets: Option<&'a Offsets>,
}

/// Where the elements of a matrix lie: element (i, j) at the offset of row i plus that of column j. Columns come in runs of
/// neighbours. So a convolution reads its input under the kernel without a copy of it for every place of the kernel.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Offsets {
    rows: Vec<usize>,
    runs: Vec<Run>,
}

/// Columns that lie side by side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Run {
    column: usize,
    offset: usize,
    length: usize,
}

impl Offsets {
    /// The rows' offsets, and of each run of columns its offset and length.
    pub fn new(rows: Vec<usize>, columns: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let mut runs: Vec<Run> = Vec::new();
        for (offset, length) in columns.into_iter().filter(|&(_, length)| length > 0) {
            match runs.last_mut() {
                Some(last) if last.offset + last.length == offset => last.length += length,
                last => {
                    let column = last.map_or(0, |run| run.column + run.length);
                    runs.push(Run { column, offset, length });
                }
            }
        }
        Self { rows, runs }
    }

    fn len(&self) -> usize {
        self.rows.len() * self.runs.last().map_or(0, |run| run.column + run.length)
    }
}

impl<'a, R: Ring> Operand<'a, R> {
    /// One matrix.
    pub fn new(values: &'a [R]) -> Self {
        Self { first: values, scale: R::ONE, second: None, transposed: false, offsets: None }
    }

    /// scale · first + scale₂ · second, two matrices of the same shape.
    pub fn combination((first, scale): (&'a [R], R), (second, scale2): (&'a [R], R)) -> Self {
        assert_eq!(first.len(), second.len(), "matrices of a combination have one shape");
        Self { first, scale, second: Some((second, scale2)), transposed: false, offsets: None }
    }

    /// The transpose: what is stored is a row for each column of the factor.
    pub fn transposed(self) -> Self {
        Self { transposed: !self.transposed, ..self }
    }

    /// The matrix that is stored in a range of the elements.
    pub fn part(self, range: std::ops::Range<usize>) -> Self {
        let second = self.second.map(|(values, scale)| (&values[range.clone()], scale));
        Self { first: &self.first[range], second, ..self }
    }

    /// The matrix whose elements lie at these offsets; it cannot be transposed.
    pub fn at(self, offsets: &'a Offsets) -> Self {
        assert!(!self.transposed, "offsets are those of the factor's own rows");
        Self { offsets: Some(offsets), ..self }
    }

    pub(super) fn len(&self) -> usize {
        self.offsets.map_or(self.first.len(), Offsets::len)
    }

    pub(super) fn has_offsets(&self) -> bool {
        self.offsets.is_some()
    }

    pub(super) fn is_transposed(&self) -> bool {
        self.transposed
    }

    /// The stored elements, if the factor is just these, row by row.
    pub(super) fn as_rows(&self) -> Option<&'a [R]> {
        let plain = self.second.is_none() && self.scale == R::ONE && !self.transposed && self.offsets.is_none();
        plain.then_some(self.first)
    }

    /// Copies the block that starts at `(row, column)` of a factor of `columns` columns to `block`, whose rows are `stride`
    /// apart, `width` columns of each; as many rows as `block` has.
    #[inline(always)]
    pub(super) fn copy(
        &self,
        vector: Vector,
        dims: Dims,
        (row, column): (usize, usize),
        width: usize,
        block: &mut [R],
        stride: usize,
    ) {
        if let Some(offsets) = self.offsets {
            let start = offsets.runs.partition_point(|run| run.column + run.length <= column);
            for (out, base) in block.chunks_mut(stride).zip(&offsets.rows[row..]) {
                let mut rest = &mut out[..width];
                let mut skipped = column - offsets.runs[start].column;
                for run in &offsets.runs[start..] {
                    let length = (run.length - skipped).min(rest.len());
                    let (part, after) = rest.split_at_mut(length);
                    self.read(base + run.offset + skipped, part);
                    (rest, skipped) = (after, 0);
                    if rest.is_empty() {
                        break;
                    }
                }
            }
            return;
        }
        if !self.transposed {
            for (i, out) in block.chunks_mut(stride).enumerate() {
                self.read((row + i) * dims.columns + column, &mut out[..width]);
            }
            return;
        }
        for (i, rows) in block.chunks_mut(SIDE * stride).enumerate() {
            let height = rows.len().div_ceil(stride);
            for j in (0..width).step_by(SIDE) {
                let width = SIDE.min(width - j);
                let mut square = [[R::ZERO; SIDE]; SIDE];
                for (jj, line) in square.iter_mut().enumerate().take(width) {
                    let at = (column + j + jj) * dims.rows + row + i * SIDE;
                    match height {
                        SIDE => self.read(at, line),
                        _ => self.read(at, &mut line[..height]),
                    }
                }
                for (line, out) in vector.transpose(square).iter().zip(rows.chunks_mut(stride)) {
                    match width {
                        SIDE => out[j..j + SIDE].copy_from_slice(line),
                        _ => out[j..j + width].copy_from_slice(&line[..width]),
                    }
                }
            }
        }
    }

    /// The combination of the elements stored from `at` on.
    #[inline(always)]
    pub(super) fn read(&self, at: usize, out: &mut [R]) {
        let first = &self.first[at..at + out.len()];
        match self.second {
            None if self.scale == R::ONE => out.copy_from_slice(first),
            None => out.iter_mut().zip(first).for_each(|(out, x)| *out = x.times(self.scale)),
            Some((second, scale)) => {
                let second = &second[at..at + out.len()];
                for ((out, x), y) in out.iter_mut().zip(first).zip(second) {
                    *out = x.times(self.scale).plus(y.times(scale));
                }
            }
        }
    }
}

/// Rows and columns of a factor after transposition.
#[derive(Clone, Copy)]
pub(super) struct Dims {
    pub(super) rows: usize,
    pub(super) columns: usize,
}
