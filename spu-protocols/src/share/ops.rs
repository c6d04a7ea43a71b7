//! The operations of the share program.

use std::sync::Arc;

use spu::Party;
use spu::graph::Operation;
use spu::pphlo::{DType, Op};

use super::types::ShareType;
use crate::aby3::{Layout, Weights};

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
    /// Local: matrix product [m, k] × [k, n], operands transposed where told. `Public × Arith` gives `Arith`, `Arith × Arith` a `Sum`.
    Dot {
        /// The `Sum` holds twice the product, which takes each party one product instead of two; the scale is one more.
        doubled: bool,
        /// The left operand is stored [k, m].
        transpose_left: bool,
        /// The right operand is stored [n, k].
        transpose_right: bool,
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
    /// Local: elements `start[i] .. limit[i]`.
    Slice {
        /// First index of each axis.
        start: Vec<usize>,
        /// One past the last index of each axis.
        limit: Vec<usize>,
    },
    /// Local: joined along an axis.
    Concatenate {
        /// The axis.
        axis: usize,
    },
    /// Local: sum over axes, which disappear.
    ReduceSum {
        /// The axes, increasing.
        axes: Vec<usize>,
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
    Relu,
    /// Kernel: `Arith → Arith`: max(x, 0), where nothing uses the other result of `Relu`.
    ReluValue,
    /// Kernel: `Sum → (Arith, Arith)`: divided by 2^shift, then max(y, 0) and `[y ≥ 0]` as 0 or 1.
    TruncateRelu {
        /// By how many bits.
        shift: u32,
    },
    /// Kernel: `Sum → Arith`: the same, where nothing uses the other result of `TruncateRelu`.
    TruncateReluValue {
        /// By how many bits.
        shift: u32,
    },
    /// Kernel: `Arith → Bits(1)`: `[x < 0]`.
    Sign,
    /// Kernel: `Arith → Arith`: `[x < 0]` as 0 or 1.
    SignToArith,
    /// Kernel: `Bits(1) → Arith`: 0 or 1.
    BitToArith,
    /// Kernel: `(Bits(1), Arith) → Arith`: the bit times the value.
    BitMultiply,
    /// Kernel: `Arith → Arith`: e^−x for x ≥ −1/16, same scale; 0 from 16 − 1/16 on.
    ExpNegative,
    /// Kernel: `Arith[rows, width] → Arith[rows]`: largest of each row.
    Maximum,
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
                | Self::Relu
                | Self::ReluValue
                | Self::TruncateRelu { .. }
                | Self::TruncateReluValue { .. }
                | Self::Sign
                | Self::SignToArith
                | Self::BitToArith
                | Self::BitMultiply
                | Self::ExpNegative
                | Self::Maximum
                | Self::LeadingOne { .. }
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
            Self::ShiftLeft { .. } => "shift_left",
            Self::Rescale { .. } => "rescale",
            Self::ToSum => "to_sum",
            Self::ToArith => "to_arith",
            Self::RoundPublic { .. } => "round_public",
            Self::Public(_) => "public",
            Self::Reshape => "reshape",
            Self::Transpose { .. } => "transpose",
            Self::Broadcast { .. } => "broadcast",
            Self::Slice { .. } => "slice",
            Self::Concatenate { .. } => "concatenate",
            Self::ReduceSum { .. } => "reduce_sum",
            Self::Input { .. } => "input",
            Self::Reshare => "reshare",
            Self::TruncateSum { .. } => "truncate_sum",
            Self::Truncate { .. } => "truncate",
            Self::Open { .. } => "open",
            Self::OpenTo { .. } => "open_to",
            Self::Relu => "relu",
            Self::ReluValue => "relu_value",
            Self::TruncateRelu { .. } => "truncate_relu",
            Self::TruncateReluValue { .. } => "truncate_relu_value",
            Self::Sign => "sign",
            Self::SignToArith => "sign_to_arith",
            Self::BitToArith => "bit_to_arith",
            Self::BitMultiply => "bit_multiply",
            Self::ExpNegative => "exp_negative",
            Self::Maximum => "maximum",
            Self::LeadingOne { .. } => "leading_one",
        }
    }
}

impl Operation for ShareOp {
    type Type = ShareType;

    fn is_pinned(&self) -> bool {
        matches!(self, Self::Argument { .. } | Self::Input { .. } | Self::Open { .. } | Self::OpenTo { .. })
    }

    fn is_parameter(&self) -> bool {
        matches!(self, Self::Argument { .. })
    }
}
