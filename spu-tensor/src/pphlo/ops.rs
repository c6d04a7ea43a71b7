//! The table of PPHLO operations.

use std::ops::RangeInclusive;

use super::attribute::Attribute;
use super::literal::{Literal, Real};
use super::scan::Scanner;
use super::types::{DType, Visibility};
use super::window::{ConvolutionWindow, Strides};
use super::windows::Window;
use crate::error::Error;
use crate::graph::Operation;
use crate::program::Party;
use crate::shape::Shape;

/// Makes the enum and all that follows from a row, `Variant { attributes } = "name" (operands) [law]`: the name, the
/// arity, the law, and how the attributes are printed and parsed.
macro_rules! operations {
    (
        $(#[$meta:meta])*
        pub enum Op {
            $(
                $(#[$doc:meta])*
                $variant:ident $({ $($(#[$about:meta])* $field:ident: $type:ty),+ $(,)? })?
                    = $name:literal ($($arity:tt)+) $([$law:ident])?,
            )+
        }
    ) => {
        $(#[$meta])*
        pub enum Op {
            $($(#[$doc])* $variant $({ $($(#[$about])* $field: $type),+ })?,)+
        }

        impl Op {
            /// The names of all operations, in the order of the table.
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            /// Its name in the text form.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $name,)+
                }
            }

            /// How many operands it takes.
            pub fn arity(&self) -> RangeInclusive<usize> {
                match self {
                    $(Self::$variant { .. } => operations!(@arity $($arity)+),)+
                }
            }

            /// Whether its two operands may change places.
            pub fn is_commutative(&self) -> bool {
                match self {
                    $(Self::$variant { .. } => operations!(@commutative $($law)?),)+
                }
            }

            /// The attributes by name, as text.
            pub(super) fn attributes(&self) -> Vec<(&'static str, String)> {
                match self {
                    $(Self::$variant $({ $($field),+ })? => vec![$($((stringify!($field), $field.print())),+)?],)+
                }
            }

            /// The operation of this name; `attribute` goes to the value of the next attribute, given its name and whether
            /// it may be left out, and tells whether it is there.
            pub(super) fn parse(
                name: &str,
                scanner: &mut Scanner,
                mut attribute: impl FnMut(&mut Scanner, &str, bool) -> Result<bool, Error>,
            ) -> Result<Self, Error> {
                match name {
                    $($name => Ok(Self::$variant $({ $($field: {
                        let absent = <$type>::absent();
                        match (attribute(scanner, stringify!($field), absent.is_some())?, absent) {
                            (false, Some(absent)) => absent,
                            _ => <$type>::parse(scanner)?,
                        }
                    }),+ })?),)+
                    _ => Err(scanner.error(format!("no operation `{name}`"))),
                }
            }
        }
    };
    (@arity $least:literal ..) => { $least..=usize::MAX };
    (@arity $count:literal) => { $count..=$count };
    (@commutative commutative) => { true };
    (@commutative) => { false };
}

operations! {
    /// A PPHLO operation with its attributes. Each states its typing; `T` and `U` stand for data types.
    ///
    /// Element-wise operations take operands of one shape (broadcasts are explicit) and, but for `Multiply`, `Dot` and
    /// `Select`'s predicate, of one data type. The result is secret if an operand is.
    #[derive(Clone, PartialEq, Eq, Hash, Debug)]
    pub enum Op {
        /// `() -> T`: a parameter; the node's type is given by whoever appends it.
        Parameter {
            /// Which one.
            index: usize
        } = "parameter" (0),
        /// `() -> T`, public: a constant.
        Constant {
            /// Its elements.
            literal: Literal
        } = "constant" (0),
        /// `() -> Int`, public: 0, 1, 2, … along an axis, the same along all others.
        Iota {
            /// The result's.
            shape: Shape,
            /// The axis.
            axis: usize,
        } = "iota" (0),
        /// `(T, T) -> T`: sum; Int or Fxp.
        Add = "add" (2) [commutative],
        /// `(T, T) -> T`: difference; Int or Fxp.
        Subtract = "subtract" (2),
        /// `(T, U) -> max(T, U, Int)`: product, truth values as 0 and 1. Only Fxp × Fxp needs a truncation.
        Multiply = "multiply" (2) [commutative],
        /// `(T, T) -> T`: quotient, of Int truncated toward zero; 0 where the divisor is 0. Int or Fxp.
        Divide = "divide" (2),
        /// `(T, T) -> T`: x − y·trunc(x/y), with the sign of x; x where y is 0. Int or Fxp.
        Remainder = "remainder" (2),
        /// `(T, T) -> T`: x^y; Int, or Fxp. x^0 is 1. Where x^y is no number of the type, it is 0: 0^y and an integer's x^y with y < 0, and a real x < 0 to a power
        /// that is no integer. To an odd integer it is −|x|^y, to an even one |x|^y, whoever knows y.
        Power = "power" (2),
        /// `(Fxp, Fxp) -> Fxp`: the angle of the point (x, y) = (second, first) in (−π, π]; 0 at the origin.
        Atan2 = "atan2" (2),
        /// `T -> T`: negation; Int or Fxp.
        Negate = "negate" (1),
        /// `T -> T`: absolute value; Int or Fxp.
        Abs = "abs" (1),
        /// `T -> Int`: −1, 0 or 1; Int or Fxp.
        Sign = "sign" (1),
        /// `(T, T, T) -> T`: the second operand, no less than the first and then no more than the third; Int or Fxp.
        Clamp = "clamp" (3),
        /// `Fxp -> Int`: the largest integer that is not above.
        Floor = "floor" (1),
        /// `Fxp -> Int`: the smallest integer that is not below.
        Ceil = "ceil" (1),
        /// `Fxp -> Int`: the nearest integer, halves away from zero.
        RoundNearestAfz = "round_nearest_afz" (1),
        /// `Fxp -> Int`: the nearest integer, halves to the even one.
        RoundNearestEven = "round_nearest_even" (1),
        /// `Fxp -> Int`: the integer part, toward zero.
        Truncate = "truncate" (1),
        /// `(T, T) -> T`: the larger; Int or Fxp.
        Maximum = "maximum" (2) [commutative],
        /// `(T, T) -> T`: the smaller; Int or Fxp.
        Minimum = "minimum" (2) [commutative],
        /// `(T, T) -> Bool`; Int or Fxp.
        Equal = "equal" (2) [commutative],
        /// `(T, T) -> Bool`; Int or Fxp.
        NotEqual = "not_equal" (2) [commutative],
        /// `(T, T) -> Bool`; Int or Fxp.
        Less = "less" (2),
        /// `(T, T) -> Bool`; Int or Fxp.
        LessEqual = "less_equal" (2),
        /// `(T, T) -> Bool`; Int or Fxp.
        Greater = "greater" (2),
        /// `(T, T) -> Bool`; Int or Fxp.
        GreaterEqual = "greater_equal" (2),
        /// `(T, T) -> T`: conjunction; Bool, or the bits of Int.
        And = "and" (2) [commutative],
        /// `(T, T) -> T`: disjunction; Bool, or the bits of Int.
        Or = "or" (2) [commutative],
        /// `(T, T) -> T`: exclusive disjunction; Bool, or the bits of Int.
        Xor = "xor" (2) [commutative],
        /// `T -> T`: complement; Bool, or the bits of Int: −1 − x.
        Not = "not" (1),
        /// `(Int, Int[public]) -> Int`: x · 2^n modulo the ring, n ≥ 0.
        ShiftLeft = "shift_left" (2),
        /// `(Int, Int[public]) -> Int`: ⌊x / 2^n⌋, n ≥ 0.
        ShiftRightArithmetic = "shift_right_arithmetic" (2),
        /// `(Int, Int[public]) -> Int`: the ring's bits n places lower, zeros above, n ≥ 0. Here of 64 bits.
        ShiftRightLogical = "shift_right_logical" (2),
        /// `Int -> Int`: how many of the ring's bits are set. Here of 64 bits.
        PopulationCount = "population_count" (1),
        /// `(Bool, T, T) -> T`: the second operand where the first holds, else the third.
        Select = "select" (3),
        /// `Fxp -> Fxp`: e^x.
        Exponential = "exponential" (1),
        /// `Fxp -> Fxp`: e^x − 1.
        ExponentialMinusOne = "exponential_minus_one" (1),
        /// `Fxp -> Fxp`: natural logarithm; 0 where x ≤ 0.
        Log = "log" (1),
        /// `Fxp -> Fxp`: ln(1 + x); 0 where x ≤ −1.
        LogPlusOne = "log_plus_one" (1),
        /// `Fxp -> Fxp`: 1/x; 0 where x is 0.
        Reciprocal = "reciprocal" (1),
        /// `Fxp -> Fxp`: square root; 0 where x < 0.
        Sqrt = "sqrt" (1),
        /// `Fxp -> Fxp`: 1/√x; 0 where x ≤ 0.
        Rsqrt = "rsqrt" (1),
        /// `Fxp -> Fxp`: 1/√x up to a relative error of 2^-10, 0 for x ≤ 0.
        RsqrtApprox = "rsqrt_approx" (1),
        /// `Fxp -> Fxp`: 1/(1 + e^−x).
        Logistic = "logistic" (1),
        /// `Fxp -> Fxp`: hyperbolic tangent.
        Tanh = "tanh" (1),
        /// `Fxp -> Fxp`: sine of radians.
        Sine = "sine" (1),
        /// `Fxp -> Fxp`: cosine of radians.
        Cosine = "cosine" (1),
        /// `Fxp -> Fxp`: the error function.
        Erf = "erf" (1),
        /// `Fxp -> Fxp`: x·(1 + erf(x/√2))/2.
        Gelu = "gelu" (1),
        /// `Fxp -> Fxp`: x/(1 + e^−x).
        Silu = "silu" (1),
        /// `Fxp -> Fxp`: ln(1 + e^x).
        Softplus = "softplus" (1),
        /// `T -> (T, Bool)`: max(x, 0) and [x ≥ 0], from one comparison; Int or Fxp. Made by the predicate-reuse pass.
        Relu = "relu" (1),
        /// `(T[m, k], U[k, n]) -> max(T, U, Int)[m, n]`: matrix product, truth values as 0 and 1.
        Dot = "dot" (2),
        /// `(T, U) -> max(T, U, Int)`: matrix products, one for each index of the batch axes: sums over the contracted axes.
        /// The result's axes are those of the batch, the left operand's others, the right operand's others. Truth values
        /// are 0 and 1.
        DotGeneral {
            /// Axes of equal extent that count the products, as pairs (left, right).
            batch: Vec<(usize, usize)>,
            /// Axes of equal extent that are summed over, as pairs (left, right).
            contract: Vec<(usize, usize)>,
        } = "dot_general" (2),
        /// `(T[n, s…, c], U[k…, c / groups, d]) -> max(T, U, Int)[n, t…, d]`: the kernel laid on the input at every position
        /// of the window, not reversed; truth values are 0 and 1.
        Convolution {
            /// How the kernel moves over the input.
            window: ConvolutionWindow,
            /// Channels and result channels fall into as many groups, each convolved by itself.
            groups: usize,
        } = "convolution" (2),
        /// `T -> T`: the same elements, row-major, in another shape.
        Reshape {
            /// The result's.
            shape: Shape
        } = "reshape" (1),
        /// `T -> T`: axis i of the result is axis permutation\[i\] of the operand.
        Transpose {
            /// Each axis of the operand once.
            permutation: Vec<usize>
        } = "transpose" (1),
        /// `T -> T`: operand axis i becomes result axis dimensions\[i\]; an extent of 1 is stretched, other result axes
        /// repeat.
        Broadcast {
            /// The result's.
            shape: Shape,
            /// Strictly increasing, one for each axis of the operand.
            dimensions: Vec<usize>,
        } = "broadcast" (1),
        /// `T -> T`: the elements in reverse order along each of the axes.
        Reverse {
            /// Strictly increasing.
            axes: Vec<usize>
        } = "reverse" (1),
        /// `T -> T`: elements start\[i\] .. limit\[i\] of each axis, every strides\[i\]-th of them.
        Slice {
            /// The first index on each axis.
            start: Vec<usize>,
            /// The index after the last one on each axis.
            limit: Vec<usize>,
            /// The distance of two elements on each axis.
            strides: Strides,
        } = "slice" (1),
        /// `(T, T[]) -> T`: the first operand with copies of the second between its elements and around them.
        Pad {
            /// How many before each axis; a negative number removes elements.
            low: Vec<i64>,
            /// How many after each axis; a negative number removes elements.
            high: Vec<i64>,
            /// How many between two elements of each axis.
            interior: Vec<usize>,
        } = "pad" (2),
        /// `(T, Int[], …) -> T`: the block of these sizes whose first index on axis i is operand 1 + i, moved as far as needed
        /// to lie inside.
        DynamicSlice {
            /// The result's extents.
            sizes: Vec<usize>
        } = "dynamic_slice" (1 ..),
        /// `(T, T, Int[], …) -> T`: the first operand, where the second one, at most as large, replaces the block whose first
        /// index on axis i is operand 2 + i, moved as far as needed to lie inside.
        DynamicUpdateSlice = "dynamic_update_slice" (2 ..),
        /// `(T, Int) -> T`: the entries of an axis that the index names; the index's axes stand in its place. Zeros (false)
        /// for an index outside.
        Gather {
            /// The axis.
            axis: usize
        } = "gather" (2),
        /// `(T, Int, T) -> T`, T Int or Fxp: the first operand, to whose entries of an axis those of the third one are added
        /// that the index names; entries with an index outside are left out. The derivative of `Gather`.
        ScatterAdd {
            /// The axis, in whose place the third operand has the axes of the index.
            axis: usize
        } = "scatter_add" (3),
        /// `(T, Int[public], T) -> T`: as `ScatterAdd`, but the named entries are replaced, by the last one of equal index.
        Scatter {
            /// The axis, in whose place the third operand has the axes of the index.
            axis: usize
        } = "scatter" (3),
        /// `Int -> Bool`: where the index is 0, 1, …, depth − 1, along a new last axis. All false for an index outside.
        OneHot {
            /// The new axis's extent.
            depth: usize
        } = "one_hot" (1),
        /// `(T, …) -> T`: joined along an axis.
        Concatenate {
            /// The axis on which the extents add.
            axis: usize
        } = "concatenate" (1 ..),
        /// `(T, …) -> Int`, each T[…, n] of one shape: of every list along the last axis the numbers of its elements in rising
        /// order, by the first operand, then by the second, …; of equal elements the first stands first, also in falling order.
        ArgSort {
            /// In falling order.
            descending: bool
        } = "arg_sort" (1 ..),
        /// `(T[b, n, …], Int[b, n]) -> T`, where b stands for any number of axes: rows in the order of a permutation p along the
        /// last axis of the second operand, y_k = x_p(k), or y_p(k) = x_k. A secret p is made by `ArgSort`, `RandomPermutation` or
        /// `Permute` in the same program: only of a permutation may the parties see a shuffled copy.
        Permute {
            /// The other way.
            inverse: bool
        } = "permute" (2),
        /// `() -> Int[secret]`: a uniform permutation of 0 … n − 1 for every list along the last axis; another one in each run.
        RandomPermutation {
            /// The result's.
            shape: Shape,
            /// Tells draws of a program apart.
            draw: usize,
        } = "random_permutation" (0),
        /// `() -> Fxp`: uniform in [0, 1); other numbers in each run.
        RandomUniform {
            /// The result's.
            shape: Shape,
            /// The result's.
            visibility: Visibility,
            /// Tells draws of a program apart.
            draw: usize,
        } = "random_uniform" (0),
        /// `() -> Bool`: true with probability p, rounded to a multiple of 2^−24; other values in each run.
        RandomBernoulli {
            /// In [0, 1].
            p: Real,
            /// The result's.
            shape: Shape,
            /// The result's.
            visibility: Visibility,
            /// Tells draws of a program apart.
            draw: usize,
        } = "random_bernoulli" (0),
        /// `T -> max(T, Int)`: sum over axes, which disappear; truth values are counted.
        ReduceSum {
            /// Strictly increasing.
            axes: Vec<usize>
        } = "reduce_sum" (1),
        /// `T -> T`: maximum over one axis of at least one element, which disappears; Int or Fxp.
        ReduceMax {
            /// The axis.
            axis: usize
        } = "reduce_max" (1),
        /// `T -> T`: minimum over one axis of at least one element, which disappears; Int or Fxp.
        ReduceMin {
            /// The axis.
            axis: usize
        } = "reduce_min" (1),
        /// `T -> T`: product over axes, which disappear; Int or Fxp.
        ReduceProduct {
            /// Strictly increasing.
            axes: Vec<usize>
        } = "reduce_product" (1),
        /// `Bool -> Bool`: whether some element along the axes holds, which disappear.
        ReduceAny {
            /// Strictly increasing.
            axes: Vec<usize>
        } = "reduce_any" (1),
        /// `Bool -> Bool`: whether all elements along the axes hold, which disappear.
        ReduceAll {
            /// Strictly increasing.
            axes: Vec<usize>
        } = "reduce_all" (1),
        /// `T -> Int`: where along one axis of at least one element, which disappears, its first maximum stands; Int or Fxp.
        ArgMax {
            /// The axis.
            axis: usize
        } = "arg_max" (1),
        /// `T -> (T, Bool)`: maximum over one axis of at least one element, which disappears, and in the operand's shape whether
        /// the element is the first maximum, from one set of comparisons; Int or Fxp.
        MaxWithOneHot {
            /// The axis.
            axis: usize
        } = "max_with_one_hot" (1),
        /// `T -> max(T, Int)`: each element and all before it on the axis, added up; truth values are counted.
        CumulativeSum {
            /// The axis.
            axis: usize,
            /// Whether it is all behind it instead.
            reverse: bool,
        } = "cumulative_sum" (1),
        /// `T -> T`: the elements of each window along a new last axis. In place of those that lie in the padding stand, behind
        /// the others, zeros, or the window's last element that does not.
        GatherWindows {
            /// Over every axis.
            window: Window,
            /// Whether padding repeats an element; then every window must have one.
            repeat: bool,
        } = "gather_windows" (1),
        /// `T -> max(T, Int)`: the transpose of `GatherWindows`: every element is added to where it would be gathered from.
        ScatterWindows {
            /// Over every axis of the result.
            window: Window,
            /// Whether padding repeats an element.
            repeat: bool,
            /// The result's.
            shape: Shape,
        } = "scatter_windows" (1),
        /// `T -> U`: to a wider data type, value unchanged.
        Convert {
            /// U.
            dtype: DType
        } = "convert" (1),
        /// `T -> T`: the operand, which the author asserts to lie in \[lo, hi\]; checked where somebody sees it: by the plain evaluator, and by back ends if it is
        /// public or computed in the clear. Int or Fxp.
        Assume {
            /// The lower bound, perhaps −∞.
            lo: Real,
            /// The upper bound, perhaps ∞.
            hi: Real,
        } = "assume" (1),
        /// `T -> T`: the operand, through which no derivative flows.
        StopGradient = "stop_gradient" (1),
        /// `T[public] -> T[secret]`: the operand, held in shares from here on.
        ToSecret = "to_secret" (1),
        /// `T[secret] -> T[public]`: opened to every party.
        Reveal = "reveal" (1),
        /// `T[secret] -> T[secret]`: opened to one party; only returnable.
        RevealTo {
            /// Who learns it.
            party: Party
        } = "reveal_to" (1),
        /// `(Bool[public][], captured…) -> results…`, two regions `(captured…) -> results…` of equal types: the first one runs
        /// where the operand holds, else the second.
        If = "if" (1 ..),
        /// `(Bool[public][], carried…, captured…) -> carried…`, one region `(carried…, captured…) -> (Bool[public][], carried…)`:
        /// as long as the predicate holds, the region makes the next one with the next carried values.
        While {
            /// How many values are carried.
            carried: usize
        } = "while" (1 ..),
        /// `(carried…, scanned…, captured…) -> (carried…, stacked…)`, one region
        /// `(Int[public][], carried…, row of scanned…, captured…) -> (carried…, row of stacked…)`: run for each of
        /// start .. start + trips, which it is given, with that row of each scanned operand, of leading extent `trips`. The rows
        /// that it gives are stacked.
        For {
            /// The first index.
            start: i64,
            /// How often the region runs.
            trips: usize,
            /// How many values are carried.
            carried: usize,
            /// How many operands are scanned.
            scanned: usize,
        } = "for" (0 ..),
    }
}

impl Op {
    /// Whether it draws random numbers.
    pub(crate) fn is_draw(&self) -> bool {
        matches!(self, Self::RandomPermutation { .. } | Self::RandomUniform { .. } | Self::RandomBernoulli { .. })
    }

    /// What tells a draw from others.
    pub(crate) fn draw_mut(&mut self) -> Option<&mut usize> {
        match self {
            Self::RandomPermutation { draw, .. }
            | Self::RandomUniform { draw, .. }
            | Self::RandomBernoulli { draw, .. } => Some(draw),
            _ => None,
        }
    }
}

impl Operation for Op {
    type Type = super::Type;

    fn is_pinned(&self) -> bool {
        matches!(self, Self::Parameter { .. } | Self::Reveal | Self::RevealTo { .. })
    }

    fn is_parameter(&self) -> bool {
        matches!(self, Self::Parameter { .. })
    }
}
