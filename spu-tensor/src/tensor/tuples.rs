//! Tuples of up to 16 parts, for which several traits are implemented alike.

/// Calls the macro `$each` once for each length from 0 to 16, with a list of `T R i`: two type parameters and a position for each part.
macro_rules! for_tuples {
    ($each:ident) => {
        for_tuples! { $each [] T0 R0 0, T1 R1 1, T2 R2 2, T3 R3 3, T4 R4 4, T5 R5 5, T6 R6 6, T7 R7 7, T8 R8 8, T9 R9 9,
        T10 R10 10, T11 R11 11, T12 R12 12, T13 R13 13, T14 R14 14, T15 R15 15, }
    };
    ($each:ident [$($part:tt)*]) => {
        $each! { $($part)* }
    };
    ($each:ident [$($part:tt)*] $T:ident $R:ident $i:tt, $($rest:tt)*) => {
        $each! { $($part)* }
        for_tuples! { $each [$($part)* $T $R $i,] $($rest)* }
    };
}

pub(super) use for_tuples;
