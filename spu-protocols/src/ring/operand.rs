//! What a matrix product reads: a matrix or a linear combination of two, transposed or not, formed while it is copied.

use super::Ring;
use super::cpu::Vector;
use super::square::SIDE;

/// A factor of [`matmul`](super::matmul()): scale · first + scale₂ · second, transposed or not. Matrices are row-major.
#[derive(Clone, Copy)]
pub struct Operand<'a, R> {
    first: &'a [R],
    scale: R,
    second: Option<(&'a [R], R)>,
    transposed: bool,
}

impl<'a, R: Ring> Operand<'a, R> {
    /// One matrix.
    pub fn new(values: &'a [R]) -> Self {
        Self { first: values, scale: R::ONE, second: None, transposed: false }
    }

    /// scale · first + scale₂ · second, two matrices of the same shape.
    pub fn combination((first, scale): (&'a [R], R), (second, scale2): (&'a [R], R)) -> Self {
        assert_eq!(first.len(), second.len(), "matrices of a combination have one shape");
        Self { first, scale, second: Some((second, scale2)), transposed: false }
    }

    /// The transpose: what is stored is a row for each column of the factor.
    pub fn transposed(self) -> Self {
        Self { transposed: !self.transposed, ..self }
    }

    pub(super) fn len(&self) -> usize {
        self.first.len()
    }

    pub(super) fn is_transposed(&self) -> bool {
        self.transposed
    }

    /// The stored elements, if the factor is just these, row by row.
    pub(super) fn as_rows(&self) -> Option<&'a [R]> {
        (self.second.is_none() && self.scale == R::ONE && !self.transposed).then_some(self.first)
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
    fn read(&self, at: usize, out: &mut [R]) {
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
