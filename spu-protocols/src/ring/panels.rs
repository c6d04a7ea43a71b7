//! The second factor of a matrix product, copied to panels in the order in which tiles read it.

use std::ops::Range;

use super::Ring;
use super::cpu::{Kernel, Vector};
use super::matmul::MatmulShape;
use super::operand::{Dims, Operand};

/// B in panels: for each block of the inner dimension and each panel, `inner` rows (an even number, the last perhaps zero)
/// of one panel's width (the last columns perhaps zero).
pub(super) struct Panels<R> {
    pub(super) values: Aligned<R>,
    pub(super) beta: Vec<R>,
    pub(super) blocks: Vec<Block>,
}

/// A range of the inner dimension, and where its panels begin.
#[derive(Clone)]
pub(super) struct Block {
    pub(super) inner: Range<usize>,
    pub(super) start: usize,
}

impl Block {
    pub(super) fn padded(&self) -> usize {
        self.inner.len().next_multiple_of(2)
    }
}

/// Copies B to panels.
pub(super) struct Pack<'a, R> {
    pub(super) vector: Vector,
    pub(super) shape: MatmulShape,
    pub(super) b: Operand<'a, R>,
}

impl<R: Ring> Kernel<R> for Pack<'_, R> {
    type Output = Panels<R>;

    #[inline(always)]
    fn run<const LANES: usize>(self) -> Panels<R> {
        let MatmulShape { inner, columns, .. } = self.shape;
        let width = 2 * LANES;
        let padded = columns.next_multiple_of(width);
        let blocks = blocks(inner, padded);
        let mut values = Aligned::zero(inner.next_multiple_of(2) * padded);
        let mut beta = vec![R::ZERO; padded];
        let dims = Dims { rows: inner, columns };
        for block in &blocks {
            let panels = values.as_mut_slice()[block.start..].chunks_exact_mut(block.padded() * width);
            for ((j, beta), panel) in beta.chunks_exact_mut(width).enumerate().zip(panels) {
                let rows = block.inner.len();
                let used = width.min(columns - j * width);
                self.b.copy(self.vector, dims, (block.inner.start, j * width), used, &mut panel[..rows * width], width);
                for pair in panel.as_chunks::<LANES>().0.as_chunks::<4>().0 {
                    for (beta, (even, odd)) in
                        beta.iter_mut().zip(pair[..2].as_flattened().iter().zip(pair[2..].as_flattened()))
                    {
                        *beta = beta.plus(even.times(*odd));
                    }
                }
            }
        }
        Panels { values, beta, blocks }
    }
}

/// Elements from the start of a cache line on.
pub(super) struct Aligned<R> {
    values: Vec<R>,
    start: usize,
    length: usize,
}

impl<R: Ring> Aligned<R> {
    pub(super) fn zero(length: usize) -> Self {
        let values = vec![R::ZERO; length + 64 / size_of::<R>()];
        let start = values.as_ptr().align_offset(64).min(64 / size_of::<R>());
        Self { values, start, length }
    }

    pub(super) fn as_slice(&self) -> &[R] {
        &self.values[self.start..self.start + self.length]
    }

    pub(super) fn as_mut_slice(&mut self) -> &mut [R] {
        &mut self.values[self.start..self.start + self.length]
    }
}

fn blocks(inner: usize, padded_columns: usize) -> Vec<Block> {
    let length = inner.div_ceil(inner.div_ceil(INNER)).next_multiple_of(2);
    let block = |from| Block { inner: from..inner.min(from + length), start: from * padded_columns };
    (0..inner).step_by(length).map(block).collect()
}

/// Block of the inner dimension: a panel of it takes 64 KiB, `ROWS` rows of A 256 KiB, half of a usual L2.
pub(super) const INNER: usize = 512;
