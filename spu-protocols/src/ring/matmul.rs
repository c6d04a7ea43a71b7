//! The matrix product by Winograd's inner product (IEEE Trans. Comput. C-17, 1968), exact in every ring Z_2^K:
//!
//! Σ_k a_k b_k = Σ_p (a_2p + b_2p+1)(a_2p+1 + b_2p) − α − β, α = Σ_p a_2p a_2p+1, β = Σ_p b_2p b_2p+1.
//!
//! α belongs to a row and β to a column, so a product takes half the multiplications and some more additions, which the
//! vector units have to spare. B is copied once into panels of two vectors' width; a tile of rows × panel stays in registers.

use rayon::prelude::*;

use super::cpu::{Kernel, Vector, run};
use super::operand::{Dims, Operand};
use super::panels::{Aligned, INNER, Pack, Panels};
use super::{Ring, cpu};

/// Sizes of a matrix product: `rows` × `inner` times `inner` × `columns`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MatmulShape {
    /// Rows of the first factor and of the product.
    pub rows: usize,
    /// Columns of the first factor, rows of the second.
    pub inner: usize,
    /// Columns of the second factor and of the product.
    pub columns: usize,
}

/// a · b, row-major. Panics if a factor does not have the size that `shape` says.
pub fn matmul<R: Ring>(shape: MatmulShape, a: Operand<R>, b: Operand<R>) -> Vec<R> {
    let mut c = vec![R::ZERO; shape.rows * shape.columns];
    matmul_add(shape, a, b, &mut c);
    c
}

/// c += a · b. Panics if a factor or `c` does not have the size that `shape` says.
pub fn matmul_add<R: Ring>(shape: MatmulShape, a: Operand<R>, b: Operand<R>, c: &mut [R]) {
    matmul_add_at(Vector::of(cpu()), shape, a, b, c);
}

fn matmul_add_at<R: Ring>(vector: Vector, shape: MatmulShape, a: Operand<R>, b: Operand<R>, c: &mut [R]) {
    let MatmulShape { rows, inner, columns } = shape;
    assert_eq!(a.len(), rows * inner, "the first factor is rows × inner");
    assert_eq!(b.len(), inner * columns, "the second factor is inner × columns");
    assert_eq!(c.len(), rows * columns, "the product is rows × columns");
    if rows == 0 || inner == 0 || columns == 0 {
        return;
    }
    if a.has_offsets() || b.has_offsets() {
        return multiply(vector, shape, a, b, c);
    }
    let (left, right) = (b.transposed(), a.transposed());
    if cost::<R>(vector, (columns, rows), (left, right)) < cost(vector, (rows, columns), (a, b)) {
        let mut transpose = vec![R::ZERO; c.len()];
        multiply(vector, MatmulShape { rows: columns, inner, columns: rows }, left, right, &mut transpose);
        for (i, row) in c.chunks_exact_mut(columns).enumerate() {
            row.iter_mut().enumerate().for_each(|(j, x)| *x = x.plus(transpose[j * rows + i]));
        }
    } else {
        multiply(vector, shape, a, b, c);
    }
}

/// Time for each unit of the inner dimension, in multiply-adds; that of c = a · b against that of cᵀ = bᵀ · aᵀ. Columns are
/// padded to whole panels, rows are not; copying an element takes as long as 4 multiply-adds, transposing it as long as 12.
fn cost<R: Ring>(vector: Vector, (rows, columns): (usize, usize), (a, b): (Operand<R>, Operand<R>)) -> usize {
    let padded = columns.next_multiple_of(2 * vector.lanes::<R>());
    let copy = |x: Operand<R>| if x.is_transposed() { 12 } else { 4 };
    rows * padded + padded * copy(b) + if a.as_rows().is_some() { 0 } else { rows * copy(a) }
}

fn multiply<R: Ring>(vector: Vector, shape: MatmulShape, a: Operand<R>, b: Operand<R>, c: &mut [R]) {
    let panels = run(vector, Pack { vector, shape, b });
    let MatmulShape { rows, inner, columns } = shape;
    let threads = rayon::current_num_threads();
    let work = rows * inner * columns;
    let multiply = |row: usize, c: &mut [R]| run(vector, Multiply { vector, shape, a, panels: &panels, row, c });
    if work < PARALLEL || threads == 1 || rows <= TILE {
        multiply(0, c);
    } else {
        let height = rows.div_ceil(threads).next_multiple_of(TILE);
        c.par_chunks_mut(height * columns).enumerate().for_each(|(i, c)| multiply(i * height, c));
    }
}

/// The rows of the product from `row` on.
struct Multiply<'a, R> {
    vector: Vector,
    shape: MatmulShape,
    a: Operand<'a, R>,
    panels: &'a Panels<R>,
    row: usize,
    c: &'a mut [R],
}

impl<R: Ring> Kernel<R> for Multiply<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run<const LANES: usize>(self) {
        let Self { vector, shape: MatmulShape { rows, inner, columns }, a, panels, row, c } = self;
        for line in c.chunks_exact_mut(columns) {
            line.iter_mut().zip(&panels.beta).for_each(|(x, beta)| *x = x.minus(*beta));
        }
        // Rows are read in place unless they must be combined or padded, or lie so that eight of them fall on one cache set.
        let aliases = (inner * size_of::<R>()).is_multiple_of(2048);
        let in_place = a.as_rows().filter(|_| inner.is_multiple_of(2) && !aliases);
        let mut copy = Aligned::zero(if in_place.is_some() { 0 } else { ROWS * STRIDE });
        let mut alpha = [R::ZERO; ROWS];
        for block in &panels.blocks {
            let padded = block.padded();
            for (i, c) in c.chunks_mut(ROWS * columns).enumerate() {
                let height = c.len() / columns;
                let first = row + i * ROWS;
                let (values, stride) = match in_place {
                    Some(values) => (&values[first * inner + block.inner.start..], inner),
                    None => {
                        let copy = &mut copy.as_mut_slice()[..height * STRIDE];
                        a.copy(
                            vector,
                            Dims { rows, columns: inner },
                            (first, block.inner.start),
                            block.inner.len(),
                            copy,
                            STRIDE,
                        );
                        if padded > block.inner.len() {
                            copy.iter_mut().skip(block.inner.len()).step_by(STRIDE).for_each(|x| *x = R::ZERO);
                        }
                        (&*copy, STRIDE)
                    }
                };
                let lines = Lines { values, stride, pairs: padded / 2 };
                for (i, alpha) in alpha.iter_mut().enumerate().take(height) {
                    *alpha = lines.get(i).iter().fold(R::ZERO, |sum, [x, y]| sum.plus(x.times(*y)));
                }
                for (j, panel) in panels.values.as_slice()[block.start..]
                    .chunks_exact(padded * 2 * LANES)
                    .enumerate()
                    .take(columns.div_ceil(2 * LANES))
                {
                    let panel = panel.as_chunks::<LANES>().0.as_chunks::<4>().0;
                    let target = Target { c: &mut *c, columns, column: j * 2 * LANES, alpha: &alpha };
                    strip(lines, panel, target, height);
                }
            }
        }
    }
}

/// Rows of A.
#[derive(Clone, Copy)]
struct Lines<'a, R> {
    values: &'a [R],
    stride: usize,
    pairs: usize,
}

impl<'a, R: Ring> Lines<'a, R> {
    #[inline(always)]
    fn get(self, i: usize) -> &'a [[R; 2]] {
        &self.values[i * self.stride..i * self.stride + 2 * self.pairs].as_chunks::<2>().0[..self.pairs]
    }
}

/// Where tiles are added: columns from `column` on of rows of C.
struct Target<'a, R> {
    c: &'a mut [R],
    columns: usize,
    column: usize,
    alpha: &'a [R],
}

/// All rows times one panel.
#[inline(always)]
fn strip<R: Ring, const LANES: usize>(
    lines: Lines<R>,
    panel: &[[[R; LANES]; 4]],
    mut target: Target<R>,
    height: usize,
) {
    let mut row = 0;
    if LANES * size_of::<R>() == 64 {
        while row + 8 <= height {
            tile::<R, LANES, 8>(lines, panel, &mut target, row);
            row += 8;
        }
    }
    while row + 4 <= height {
        tile::<R, LANES, 4>(lines, panel, &mut target, row);
        row += 4;
    }
    if row + 2 <= height {
        tile::<R, LANES, 2>(lines, panel, &mut target, row);
        row += 2;
    }
    if row < height {
        tile::<R, LANES, 1>(lines, panel, &mut target, row);
    }
}

/// `HEIGHT` rows times one panel.
#[inline(always)]
fn tile<R: Ring, const LANES: usize, const HEIGHT: usize>(
    lines: Lines<R>,
    panel: &[[[R; LANES]; 4]],
    target: &mut Target<R>,
    row: usize,
) {
    let a: [&[[R; 2]]; HEIGHT] = std::array::from_fn(|i| &lines.get(row + i)[..panel.len()]);
    let mut sums = [[Lane([R::ZERO; LANES]); 2]; HEIGHT];
    for (p, &[even0, even1, odd0, odd1]) in panel.iter().enumerate() {
        for (sum, a) in sums.iter_mut().zip(&a) {
            let [first, second] = a[p];
            sum[0] = sum[0].plus_product(first, odd0, second, even0);
            sum[1] = sum[1].plus_product(first, odd1, second, even1);
        }
    }
    for (i, sum) in sums.iter().enumerate() {
        let start = (row + i) * target.columns + target.column;
        let width = (2 * LANES).min(target.columns - target.column);
        let alpha = target.alpha[row + i];
        let out = &mut target.c[start..start + width];
        let sums = sum[0].0.iter().chain(&sum[1].0);
        out.iter_mut().zip(sums).for_each(|(out, sum)| *out = out.plus(sum.minus(alpha)));
    }
}

/// A vector register.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Lane<R, const LANES: usize>([R; LANES]);

impl<R: Ring, const LANES: usize> Lane<R, LANES> {
    /// self + (a + x)(b + y).
    #[inline(always)]
    fn plus_product(self, a: R, x: [R; LANES], b: R, y: [R; LANES]) -> Self {
        Self(std::array::from_fn(|i| self.0[i].plus(a.plus(x[i]).times(b.plus(y[i])))))
    }
}

/// Rows of A that meet a panel before the next panel.
const ROWS: usize = 64;
/// Rows of a tile.
const TILE: usize = 8;
/// Distance of copied rows: not a power of two, so that they lie in different cache sets.
const STRIDE: usize = INNER + 8;
/// Multiply-adds that take about 100 µs; less does not pay for a second thread.
const PARALLEL: usize = 2_000_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Cpu, Z16};
    use super::*;

    /// Row-major values of a combination with small scales, and its value in integers modulo 2^128.
    struct Matrix<R> {
        first: Vec<R>,
        second: Vec<R>,
        scales: Option<(u8, u8)>,
        transposed: bool,
        dims: (usize, usize),
    }

    impl<R: Ring> Matrix<R> {
        fn new(state: &mut u64, dims: (usize, usize), scales: Option<(u8, u8)>, transposed: bool) -> Self {
            let mut next = || {
                *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                R::from_u128((u128::from(*state) << 64 | u128::from(state.rotate_left(17))) >> 7)
            };
            let mut draw = || (0..dims.0 * dims.1).map(|_| next()).collect();
            Self { first: draw(), second: draw(), scales, transposed, dims }
        }

        fn operand(&self) -> Operand<'_, R> {
            let scale = |s: u8| R::from_u128(s.into());
            let operand = match self.scales {
                None => Operand::new(&self.first),
                Some((s, t)) => Operand::combination((&self.first, scale(s)), (&self.second, scale(t))),
            };
            if self.transposed { operand.transposed() } else { operand }
        }

        fn at(&self, i: usize, j: usize) -> u128 {
            let at = if self.transposed { j * self.dims.0 + i } else { i * self.dims.1 + j };
            let (x, y) = (self.first[at].to_u128(), self.second[at].to_u128());
            self.scales.map_or(x, |(s, t)| x.wrapping_mul(s.into()).wrapping_add(y.wrapping_mul(t.into())))
        }
    }

    fn check<R: Ring>((m, k, n): (usize, usize, usize), (a, b): (&Matrix<R>, &Matrix<R>), start: u128) {
        let wanted: Vec<R> = (0..m * n)
            .map(|c| (0..k).fold(start, |sum, p| sum.wrapping_add(a.at(c / n, p).wrapping_mul(b.at(p, c % n)))))
            .map(R::from_u128)
            .collect();
        for level in Cpu::ALL.into_iter().filter(|level| level.is_supported()) {
            let shape = MatmulShape { rows: m, inner: k, columns: n };
            let mut c = vec![R::from_u128(start); m * n];
            matmul_add_at(Vector::of(level), shape, a.operand(), b.operand(), &mut c);
            assert_eq!(c, wanted, "{level:?}, {shape:?}");
        }
    }

    fn check_random<R: Ring>(
        shape: (usize, usize, usize),
        seed: u64,
        scales: [Option<(u8, u8)>; 2],
        flips: (bool, bool),
    ) {
        let mut state = seed;
        let a = Matrix::<R>::new(&mut state, (shape.0, shape.1), scales[0], flips.0);
        let b = Matrix::<R>::new(&mut state, (shape.1, shape.2), scales[1], flips.1);
        check(shape, (&a, &b), seed.into());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_level_gives_the_product(
            m in 0usize..41, k in 0usize..41, n in 0usize..41, seed: u64, scales: [Option<(u8, u8)>; 2], flips: (bool, bool)
        ) {
            check_random::<u64>((m, k, n), seed, scales, flips);
            check_random::<u32>((m, k, n), seed, scales, flips);
            check_random::<u128>((m, k, n), seed, scales, flips);
            check_random::<Z16>((m, k, n), seed, scales, flips);
        }
    }

    #[test]
    fn large_products_go_by_blocks_and_threads() {
        let flips = [(false, false), (true, false), (false, true), (true, true)];
        for (i, flips) in flips.into_iter().enumerate() {
            for shape in [(67, 1025, 33), (1, 513, 70), (70, 513, 1), (130, 256, 129), (3, 2, 200)] {
                check_random::<u64>(shape, i as u64, [None, None], flips);
            }
            check_random::<u64>((131, 513, 37), i as u64, [Some((2, 1)), Some((2, 1))], flips);
            check_random::<u32>((67, 515, 70), i as u64, [None, Some((1, 2))], flips);
        }
    }
}
