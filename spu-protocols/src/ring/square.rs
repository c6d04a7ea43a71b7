//! Transposition of 8 × 8 elements inside registers.

/// Rows become columns, in three steps: step s exchanges the off-diagonal s × s blocks of every 2s × 2s block. Written so that
/// each line is one shuffle of two vectors.
#[inline(always)]
pub(super) fn transpose<T: Copy>(square: [[T; SIDE]; SIDE]) -> [[T; SIDE]; SIDE] {
    let square = exchange::<T, 4>(square);
    let square = exchange::<T, 2>(square);
    exchange::<T, 1>(square)
}

#[inline(always)]
fn exchange<T: Copy, const S: usize>(x: [[T; SIDE]; SIDE]) -> [[T; SIDE]; SIDE] {
    std::array::from_fn(
        #[inline(always)]
        |i| {
            std::array::from_fn(
                #[inline(always)]
                |j| if i & S == j & S { x[i][j] } else { x[i ^ S][j ^ S] },
            )
        },
    )
}

/// Rows and columns.
pub(super) const SIDE: usize = 8;
