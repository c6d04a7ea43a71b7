//! Matrix products, and rows chosen by a public index.

use super::operand::convert;
use super::{DType, FlowsTo, Int, Numeric, Public, Tensor, Visibility};
use crate::host::HostTensor;
use crate::location::Location;
use crate::pphlo::{self, Op};
use crate::shape::Shape;
use crate::trace;

impl<V: Visibility, D: Numeric> Tensor<V, D> {
    /// The product of the matrices `self[m, k]` and `other[k, n]`.
    #[track_caller]
    pub fn matmul<W: Visibility, E: Numeric>(self, other: Tensor<W, E>) -> Tensor<V::Join<W>, D::Promote<E>> {
        let location = Location::caller();
        let operands = [self.handle, other.handle];
        let fitted = operands.map(|operand| convert(operand, <D::Promote<E>>::DTYPE, location));
        let [left, right] = operands.map(|operand| trace::ty(operand).shape);
        match (left.extents(), right.extents()) {
            ([_, k], [l, _]) if k == l => Tensor::from_handle(trace::emit(Op::Dot, &fitted, location)),
            _ => {
                // Blamed on what the author wrote, not on the conversions between.
                let types = fitted.map(trace::ty);
                let refusal = pphlo::infer(&Op::Dot, &[&types[0], &types[1]]).err();
                trace::fault(refusal.expect("such shapes do not multiply"), &operands, location);
                Tensor::from_handle(fitted[0])
            }
        }
    }

    /// The entries of the first axis that `index` names, in its order. An index outside gives zeros.
    ///
    /// The index is public: which rows are read would show in memory and messages. It is a product with a public one-hot
    /// matrix, which costs no communication.
    #[track_caller]
    pub fn gather<W: FlowsTo<Public>>(self, index: Tensor<W, Int>) -> Self {
        let location = Location::caller();
        let (table, wanted) = (self.shape(), index.shape());
        let ([rows, rest @ ..], [count]) = (table.extents(), wanted.extents()) else {
            let message = format!("cannot gather from {table} by an index of shape {wanted}");
            trace::fault(message, &[self.handle, index.handle], location);
            return self;
        };
        let width = rest.iter().product();
        let numbers = HostTensor::int([1, *rows], (0..*rows as i64).collect());
        let numbers = Tensor::<Public, Int>::from_handle(trace::constant(numbers, location));
        let one_hot = Tensor::<W, Int>::reshape(index, [*count, 1]).equal(numbers);
        let matrix = self.reshape([*rows, width]);
        let dtype = D::AtLeastInt::DTYPE;
        let operands = [one_hot.handle, matrix.handle].map(|operand| convert(operand, dtype, location));
        let mut rows = trace::emit(Op::Dot, &operands, location);
        if D::DTYPE == pphlo::DType::Bool {
            let zeros = trace::constant(HostTensor::int(Shape::SCALAR, vec![0]), location);
            rows = super::operand::elementwise(Op::NotEqual, &[rows, zeros], pphlo::DType::Int, location);
        }
        let shape = Shape::new([&[*count], rest].concat());
        Self::from_handle(trace::emit(Op::Reshape { shape }, &[rows], location))
    }
}
