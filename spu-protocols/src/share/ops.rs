//! The operations of the share program.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use spu::Party;
use spu::graph::Operation;
use spu::pphlo::{ConvolutionWindow, DType, Op, Real, Strides, Window};

use super::functions::{ExpWindow, FourierSeries};
use super::types::ShareType;
use crate::aby3::{Layout, Quotient, Weights};

/// A constant's ring elements as signed integers; one element stands for a whole tensor of equal ones.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RingLiteral(pub Arc<[i128]>);

/// A function of public values that every party computes alone, through real numbers; its data types say how ring elements
/// are read and written.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PublicFunction {
    /// The PPHLO operation.
    pub op: Op,
    /// Data types of the operands.
    pub operands: Vec<DType>,
    /// Which of the operation's results.
    pub index: usize,
    /// Its data type.
    pub result: DType,
}

/// The name of a PPHLO operation, for messages: operations that differ in it alone are the same, so that a quotient and a remainder share theirs.
#[derive(Clone, Copy, Debug)]
pub struct Named(pub &'static str);

impl PartialEq for Named {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Named {}

impl Hash for Named {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// Where elements are to lie.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Assertion {
    /// The least.
    pub lo: Real,
    /// The greatest.
    pub hi: Real,
    /// How ring elements are read; fixed-point numbers may err.
    pub dtype: DType,
    /// The operation whose domain this is, by name, and what the domain is; nothing for what an author asserts.
    pub domain: Option<(&'static str, &'static str)>,
}

/// A function of public integers on the bits that they have in the ring.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BitFunction {
    /// Conjunction of two.
    And,
    /// Disjunction of two.
    Or,
    /// Exclusive disjunction of two.
    Xor,
    /// Complement.
    Not,
    /// x · 2^n modulo the ring, n ≥ 0.
    ShiftLeft,
    /// ⌊x / 2^n⌋, n ≥ 0.
    ShiftRight,
    /// Bits n places lower, zeros above, n ≥ 0.
    ShiftRightLogical,
    /// How many bits are set.
    PopulationCount,
}

/// An operation of the share program. Local ones send nothing; the others are kernels.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ShareOp {
    /// The argument with this index, `Public` or `Arith`.
    Argument {
        /// Position among the arguments.
        index: usize,
    },
    /// A public constant.
    Constant {
        /// Its elements.
        elements: RingLiteral,
    },

    /// Local: `x + y` of equal shape and scale. Kinds: equal ones, or one `Public`.
    Add,
    /// Local: `x − y`, as for `Add`.
    Subtract,
    /// Local: `−x`.
    Negate,
    /// Local: element-wise product. `Public × any` keeps the kind, `Arith × Arith` gives a `Sum`. Scales add.
    Multiply,
    /// Local: matrix products [b…, m, k] × [b…, k, n], operands transposed where told. `Public × Arith` gives `Arith`,
    /// `Arith × Arith` a `Sum`.
    Dot {
        /// The `Sum` holds twice the product, which takes each party one product instead of two; the scale is one more.
        doubled: bool,
        /// The left operand is stored [b…, k, m].
        transpose_left: bool,
        /// The right operand is stored [b…, n, k].
        transpose_right: bool,
    },
    /// Local: convolution [n, s…, c] by [k…, c / groups, d]; kinds as for `Dot`.
    Convolution {
        /// How the kernel moves over the input.
        window: ConvolutionWindow,
        /// Groups of channels.
        groups: usize,
        /// As for `Dot`.
        doubled: bool,
    },
    /// Local: `x · 2^bits`, the scale rises by `bits`: the same number, aligned.
    ShiftLeft {
        /// How far.
        bits: u32,
    },
    /// Local: the same ring elements under another scale: the number is multiplied by a power of two.
    Rescale {
        /// The new scale.
        scale: u32,
    },
    /// Local: `Arith → Sum`, party i keeps x_i.
    ToSum,
    /// Local: `Public → Arith`, as (v, 0, 0).
    ToArith,
    /// Local, `Public` only: rounds to a smaller scale, to nearest, ties up.
    RoundPublic {
        /// By how many bits.
        shift: u32,
    },
    /// Local, `Public` only: through real numbers.
    Public(PublicFunction),
    /// Local: the value itself, which is tested where it can be seen: at the parties if it is `Public`, and by the oracle.
    Assert(Assertion),
    /// Local, `Public` only: the integer part of 2^exponent/y, or the first `places` bits of its fraction, with the sign of y; the elements of y
    /// are taken as integers, and must not be 0.
    PublicReciprocal {
        /// The operation that divides.
        of: Named,
        /// The exponent.
        exponent: i32,
        /// How many bits of the fraction; nothing for the integer part.
        places: Option<u32>,
    },
    /// Local, `Public` only, scale 0: bits of integers.
    PublicBits(BitFunction),
    /// Local: exclusive disjunction of `Bits(n)` with `Bits(n)` or with the low n bits of a `Public`.
    BitXor,
    /// Local: complement of `Bits(n)`.
    BitNot,
    /// Local: conjunction of `Bits(n)` with the low n bits of a `Public`.
    BitMask,
    /// Local: `Bits → Bits`, bit j of the result is the bit told, or 0.
    BitPlanes {
        /// Where each bit comes from.
        planes: Vec<Option<u32>>,
    },
    /// Local: `(Bits(n), Bits(m), …) → Bits(n + m + …)`, the first operand's bits lowest.
    BitJoin,
    /// Local: `(Bits(n), Public) → Bits(n)`, each element's bits as many places lower as the `Public`, an integer ≥ 0, says.
    BitShift {
        /// The top bit comes in from above instead of 0.
        arithmetic: bool,
    },
    /// Local, `Public` only: −1, 0 or 1 as the element is negative, zero or positive.
    PublicSign,
    /// Local: another shape, same order.
    Reshape,
    /// Local: result axis i is operand axis `permutation[i]`.
    Transpose {
        /// The permutation.
        permutation: Vec<usize>,
    },
    /// Local: operand axis i becomes result axis `dimensions[i]`.
    Broadcast {
        /// Where the operand's axes go.
        dimensions: Vec<usize>,
    },
    /// Local: reverse order along axes.
    Reverse {
        /// The axes.
        axes: Vec<usize>,
    },
    /// Local: elements `start[i] .. limit[i]`, every `strides[i]`-th.
    Slice {
        /// First index of each axis.
        start: Vec<usize>,
        /// One past the last index of each axis.
        limit: Vec<usize>,
        /// Distances.
        strides: Strides,
    },
    /// Local: zeros around the elements and between them; negative numbers take elements away.
    Pad {
        /// Before each axis.
        low: Vec<i64>,
        /// After each axis.
        high: Vec<i64>,
        /// Between two elements of each axis.
        interior: Vec<usize>,
    },
    /// Local: `(x, Public, …)`: the block of the result's shape that starts at these public places, moved inside.
    DynamicSlice,
    /// Local: `(x, update, Public, …)`: x with the update at these public places, moved inside. Equal kinds and scales.
    DynamicUpdateSlice,
    /// Local: `(x, Public)`: the entries of an axis that a public index names; zeros for an index outside.
    Gather {
        /// The axis.
        axis: usize,
    },
    /// Local: `(x, entries, Public)`: x with the entries of an axis that a public index names replaced, or added to. Equal kinds
    /// and scales.
    Scatter {
        /// The axis.
        axis: usize,
        /// Whether the entries are added.
        add: bool,
    },
    /// Local: joined along an axis.
    Concatenate {
        /// The axis.
        axis: usize,
    },
    /// Local: `(any[b, n, …], Public[b, n]) → any`: rows in the order of a public permutation: y_k = x_index(k), or y_index(k) = x_k if `inverse`.
    PermuteRows {
        /// The other way.
        inverse: bool,
    },
    /// Local: `Arith → Residue`.
    ToResidue {
        /// How many bits count.
        bits: u32,
    },
    /// Local: sum over axes, which disappear.
    ReduceSum {
        /// The axes, increasing.
        axes: Vec<usize>,
    },
    /// Local: sums of each element and all before it on an axis, or all behind it.
    CumulativeSum {
        /// The axis.
        axis: usize,
        /// Whether those behind it.
        reverse: bool,
    },
    /// Local: the elements of each window along a new last axis; in place of padding zeros or the window's last element.
    GatherWindows {
        /// Over every axis.
        window: Window,
        /// Whether an element is repeated.
        repeat: bool,
    },
    /// Local: the transpose of `GatherWindows`.
    ScatterWindows {
        /// Over every axis of the result.
        window: Window,
        /// Whether an element is repeated.
        repeat: bool,
    },

    /// Kernel: shares an argument that only `owner` has.
    Input {
        /// Whose.
        owner: Party,
    },
    /// Kernel: `Sum → Arith`.
    Reshare,
    /// Kernel: `Sum → Arith`, divided by 2^shift; the scale falls by `shift`.
    TruncateSum {
        /// By how many bits.
        shift: u32,
    },
    /// Kernel: `Arith → Arith`, divided by 2^shift; the scale falls by `shift`.
    Truncate {
        /// By how many bits.
        shift: u32,
    },
    /// Kernel: `Arith → Public`. The only operation that discloses, with `OpenTo`.
    Open {
        /// Data type of what is disclosed.
        dtype: DType,
    },
    /// Kernel: disclosed to one party; at the others nothing is left.
    OpenTo {
        /// Who learns it.
        party: Party,
        /// Data type of what is disclosed.
        dtype: DType,
    },
    /// Kernel: `Arith → (Arith, Arith)`: max(x, 0) and `[x ≥ 0]` as 0 or 1.
    Relu {
        /// The operand is known to lie in [−2^(K−1−spare), 2^(K−1−spare)).
        spare: u32,
    },
    /// Kernel: `Arith → Arith`: max(x, 0), where nothing uses the other result of `Relu`.
    ReluValue {
        /// The operand is known to lie in [−2^(K−1−spare), 2^(K−1−spare)).
        spare: u32,
    },
    /// Kernel: `Sum → (Arith, Bits(1))`: divided by 2^shift, then max(y, 0) and `[y < 0]`.
    TruncateRelu {
        /// By how many bits.
        shift: u32,
    },
    /// Kernel: `(Sum, Bits(1)) → Arith`: divided by 2^shift where the bit is set, else 0; the scale falls by `shift`.
    TruncateSelect {
        /// By how many bits.
        shift: u32,
    },
    /// Kernel: `Arith → Bits(1)`: `[x < 0]`.
    Sign,
    /// Kernel: `Arith → Arith`: `[x < 0]` as 0 or 1.
    SignToArith,
    /// Kernel: `Arith → Arith`: `[x < 0]` as 0 or 1 of −2^(bits−1) ≤ x < 2^(bits−1).
    NarrowSignToArith {
        /// How many bits the values have, the sign among them; at least 2.
        bits: u32,
    },
    /// Kernel: `Bits(1) → Arith`: 0 or 1.
    BitToArith,
    /// Kernel: `(Bits(1), Arith) → Arith`: the bit times the value.
    BitMultiply,
    /// Kernel: `Arith → Bits(hi − lo)`: bits lo … hi − 1 in two's complement.
    Decompose {
        /// The lowest bit wanted.
        lo: u32,
        /// The bit after the highest one wanted.
        hi: u32,
    },
    /// Kernel: `(Bits(n), Bits(n)) → Bits(n)`: conjunction.
    BitAnd,
    /// Kernel: `Bits(n) → Arith`: Σ of the weights of the bits that are set.
    Weigh {
        /// One a bit.
        weights: RingLiteral,
    },
    /// Kernel: `Arith → Bits(1)`: `[x = 0]`.
    IsZero,
    /// Kernel: `Arith → Arith`: `[x = 0]` as 0 or 1.
    IsZeroToArith,
    /// Kernel: `(Arith, Arith) → Arith`: the second operand where the first is negative, else 0.
    WhereNegative,
    /// Kernel: `(Arith, Arith) → Arith`: the second operand where the first is 0, else 0.
    WhereZero,
    /// Kernel: `Arith → Arith`, scale 0: ⌊x / 2^shift⌋ of the signed or the unsigned ring element.
    ShiftRight {
        /// By how many bits, 1 to K − 1.
        shift: u32,
        /// Of the signed one.
        signed: bool,
    },
    /// Kernel: `Arith → Arith`, scale 0: ⌊(x + offset) / 2^shift⌋ of the ring element, exactly.
    Floor {
        /// By how many bits.
        shift: u32,
        /// Added before.
        offset: i128,
    },
    /// Kernel: `Arith[n] → Arith[n, count]`, scale 0: for each index a row `[i = 0]`, …, `[i = count − 1]`; between 2 and
    /// [`LARGEST`](crate::aby3::one_hot::LARGEST) entries.
    OneHot {
        /// Entries of a row.
        count: usize,
        /// Whether every index is known to be less than the power of two that is `count` or the next one above, and not negative.
        inside: bool,
    },
    /// Kernel: `Arith → Arith`: e^−x on a window.
    ExpNegative(ExpWindow),
    /// Kernel: `Arith → Arith`: a trigonometric polynomial.
    Fourier(FourierSeries),
    /// Kernel: `Arith[rows, width] → Arith[rows]`: largest of each row.
    Maximum {
        /// The operand is known to lie in [−2^(K−1−spare), 2^(K−1−spare)).
        spare: u32,
    },
    /// Kernel: `Arith[rows, width] → (Arith[rows], Arith[rows, width])`: largest of each row, and 1 where it stands first, else 0; at most
    /// [`ONE_HOT_WIDTH`](crate::aby3::maximum::ONE_HOT_WIDTH) columns.
    MaximumOneHot {
        /// The operand is known to lie in [−2^(K−1−spare), 2^(K−1−spare)).
        spare: u32,
    },
    /// Kernel: `Arith[rows, width] → (Arith[rows], Arith[rows])`: largest of each row, and the column where it stands first.
    MaximumIndex {
        /// The operand is known to lie in [−2^(K−1−spare), 2^(K−1−spare)).
        spare: u32,
    },
    /// Kernel without a message: `() → Permutation[b, n]`, uniform.
    Permutation {
        /// Tells draws apart.
        draw: u32,
        /// The dealer of all kernels that use it: their factors must be in one order.
        dealer: Party,
    },
    /// Kernel: `(x[b, n, …], Permutation[b, n]) → x`: rows permuted, or permuted back; x is `Arith`, `Residue` or `Bits`.
    Shuffle {
        /// Back.
        inverse: bool,
    },
    /// Kernel: `(Residue[b, n], Permutation[b, n]) → Public[b, n]`: opened after it was shuffled. The operand holds each of 0 … n − 1 once.
    OpenShuffled,
    /// Kernel: `(Residue[2^w − 1, b, n], Public[b, n], Permutation[b, n]) → Public[b, n]`: ranks by the public order and then by a digit of w bits
    /// with these indicators, opened after they were shuffled.
    OpenRanks,
    /// Kernel: `() → Arith`: uniform among the multiples of 2^−bits in [0, 1).
    Uniform {
        /// Fraction bits.
        bits: u32,
        /// Tells draws apart.
        draw: u32,
    },
    /// Kernel: `() → Bits(1)`: one with probability numerator / 2^24.
    Bernoulli {
        /// Neither 0 nor 2^24.
        numerator: u32,
        /// Tells draws apart.
        draw: u32,
    },
    /// Kernel: `() → Public`: uniform among the multiples of 2^−bits in [0, 1), or, at scale 0, integers of so many bits.
    PublicUniform {
        /// How many.
        bits: u32,
        /// Tells draws apart.
        draw: u32,
    },
    /// Kernel: `Bits(w)[…] → Residue[2^w − 1, …]`: whether the bits are 1, 2, …
    Indicators {
        /// Bits of the result.
        bits: u32,
    },
    /// Kernel: `(x: Arith, U: Arith, v: Sum) → Arith`, scale 0: x·U·v / 2^(e + t), as integers.
    Quotient(Quotient),
    /// Kernel: `Arith → (Arith, …)`: sums of weights by the position of the leading one; over the blocks, then over the places.
    LeadingOne {
        /// Which bits have positions.
        layout: Layout,
        /// The weights.
        weights: Weights,
    },
}

impl ShareOp {
    /// Whether it is computed by each party alone.
    pub fn is_local(&self) -> bool {
        !matches!(
            self,
            Self::Input { .. }
                | Self::Reshare
                | Self::TruncateSum { .. }
                | Self::Truncate { .. }
                | Self::Open { .. }
                | Self::OpenTo { .. }
                | Self::Relu { .. }
                | Self::ReluValue { .. }
                | Self::TruncateRelu { .. }
                | Self::TruncateSelect { .. }
                | Self::Sign
                | Self::SignToArith
                | Self::BitToArith
                | Self::BitMultiply
                | Self::Decompose { .. }
                | Self::OneHot { .. }
                | Self::BitAnd
                | Self::Weigh { .. }
                | Self::IsZero
                | Self::IsZeroToArith
                | Self::WhereNegative
                | Self::WhereZero
                | Self::ShiftRight { .. }
                | Self::Floor { .. }
                | Self::ExpNegative(_)
                | Self::Fourier(_)
                | Self::Maximum { .. }
                | Self::Permutation { .. }
                | Self::Shuffle { .. }
                | Self::OpenShuffled
                | Self::OpenRanks
                | Self::Indicators { .. }
                | Self::Uniform { .. }
                | Self::Bernoulli { .. }
                | Self::PublicUniform { .. }
                | Self::NarrowSignToArith { .. }
                | Self::MaximumOneHot { .. }
                | Self::MaximumIndex { .. }
                | Self::LeadingOne { .. }
                | Self::Quotient(_)
        )
    }

    /// The kernel's or operation's name in errors and reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Argument { .. } => "argument",
            Self::Constant { .. } => "constant",
            Self::Add => "add",
            Self::Subtract => "subtract",
            Self::Negate => "negate",
            Self::Multiply => "multiply",
            Self::Dot { .. } => "dot",
            Self::Convolution { .. } => "convolution",
            Self::ShiftLeft { .. } => "shift_left",
            Self::Rescale { .. } => "rescale",
            Self::ToSum => "to_sum",
            Self::ToArith => "to_arith",
            Self::RoundPublic { .. } => "round_public",
            Self::Public(_) => "public",
            Self::Assert(_) => "assert",
            Self::PublicReciprocal { .. } => "public_reciprocal",
            Self::PublicBits(_) => "public_bits",
            Self::BitXor => "bit_xor",
            Self::BitNot => "bit_not",
            Self::BitMask => "bit_mask",
            Self::BitPlanes { .. } => "bit_planes",
            Self::BitJoin => "bit_join",
            Self::BitShift { .. } => "bit_shift",
            Self::PublicSign => "public_sign",
            Self::Reshape => "reshape",
            Self::Transpose { .. } => "transpose",
            Self::Broadcast { .. } => "broadcast",
            Self::Reverse { .. } => "reverse",
            Self::Slice { .. } => "slice",
            Self::Pad { .. } => "pad",
            Self::DynamicSlice => "dynamic_slice",
            Self::DynamicUpdateSlice => "dynamic_update_slice",
            Self::Gather { .. } => "gather",
            Self::Scatter { .. } => "scatter",
            Self::Concatenate { .. } => "concatenate",
            Self::ReduceSum { .. } => "reduce_sum",
            Self::CumulativeSum { .. } => "cumulative_sum",
            Self::GatherWindows { .. } => "gather_windows",
            Self::ScatterWindows { .. } => "scatter_windows",
            Self::Input { .. } => "input",
            Self::Reshare => "reshare",
            Self::TruncateSum { .. } => "truncate_sum",
            Self::Truncate { .. } => "truncate",
            Self::Open { .. } => "open",
            Self::OpenTo { .. } => "open_to",
            Self::Relu { .. } => "relu",
            Self::ReluValue { .. } => "relu_value",
            Self::TruncateRelu { .. } => "truncate_relu",
            Self::TruncateSelect { .. } => "truncate_select",
            Self::Sign => "sign",
            Self::SignToArith => "sign_to_arith",
            Self::NarrowSignToArith { .. } => "narrow_sign_to_arith",
            Self::BitToArith => "bit_to_arith",
            Self::BitMultiply => "bit_multiply",
            Self::Decompose { .. } => "decompose",
            Self::OneHot { .. } => "one_hot",
            Self::BitAnd => "bit_and",
            Self::Weigh { .. } => "weigh",
            Self::IsZero => "is_zero",
            Self::IsZeroToArith => "is_zero_to_arith",
            Self::WhereNegative => "where_negative",
            Self::WhereZero => "where_zero",
            Self::ShiftRight { .. } => "shift_right",
            Self::Floor { .. } => "floor",
            Self::ExpNegative(_) => "exp_negative",
            Self::Fourier(_) => "fourier",
            Self::Maximum { .. } => "maximum",
            Self::MaximumOneHot { .. } => "maximum_one_hot",
            Self::MaximumIndex { .. } => "maximum_index",
            Self::PermuteRows { .. } => "permute_rows",
            Self::ToResidue { .. } => "to_residue",
            Self::Permutation { .. } => "permutation",
            Self::Shuffle { .. } => "shuffle",
            Self::OpenShuffled => "open_shuffled",
            Self::OpenRanks => "open_ranks",
            Self::Indicators { .. } => "indicators",
            Self::Uniform { .. } => "uniform",
            Self::Bernoulli { .. } => "bernoulli",
            Self::PublicUniform { .. } => "public_uniform",
            Self::Quotient(_) => "quotient",
            Self::LeadingOne { .. } => "leading_one",
        }
    }
}

impl Operation for ShareOp {
    type Type = ShareType;

    fn is_pinned(&self) -> bool {
        // What is asserted is tested whether or not the result is used.
        matches!(
            self,
            Self::Argument { .. } | Self::Input { .. } | Self::Open { .. } | Self::OpenTo { .. } | Self::Assert(_)
        )
    }

    fn is_parameter(&self) -> bool {
        matches!(self, Self::Argument { .. })
    }
}
