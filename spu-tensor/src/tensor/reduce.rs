//! Sums, means and maxima over axes.

use super::operand::{convert, elementwise};
use super::{DType, Fxp, Numeric, Tensor, Visibility};
use crate::host::HostTensor;
use crate::location::Location;
use crate::pphlo::{self, Op};
use crate::shape::Shape;
use crate::trace::{self, Handle};

impl<V: Visibility, D: Numeric> Tensor<V, D> {
    /// The sum over one axis, which disappears. Truth values are counted.
    #[track_caller]
    pub fn sum(self, axis: usize) -> Tensor<V, D::AtLeastInt> {
        Tensor::from_handle(sum(self.handle, vec![axis], Location::caller()))
    }

    /// The sum of all elements. Truth values are counted.
    #[track_caller]
    pub fn sum_all(self) -> Tensor<V, D::AtLeastInt> {
        Tensor::from_handle(sum(self.handle, (0..self.shape().rank()).collect(), Location::caller()))
    }

    /// The mean of all elements, of which there is at least one.
    #[track_caller]
    pub fn mean(self) -> Tensor<V, Fxp> {
        let location = Location::caller();
        let count = self.shape().elements();
        if count == 0 {
            trace::fault("cannot take the mean of no elements", &[self.handle], location);
            return Tensor::from_handle(self.handle);
        }
        let share = trace::constant(HostTensor::fxp(Shape::SCALAR, vec![1.0 / count as f64]), location);
        let total = sum(self.handle, (0..self.shape().rank()).collect(), location);
        Tensor::from_handle(elementwise(Op::Multiply, &[total, share], pphlo::DType::Fxp, location))
    }

    /// The maximum over one axis, which disappears. No derivative is defined where several elements share the maximum.
    #[track_caller]
    pub fn max(self, axis: usize) -> Tensor<V, D::AtLeastInt> {
        let location = Location::caller();
        let operand = convert(self.handle, D::AtLeastInt::DTYPE, location);
        Tensor::from_handle(trace::emit(Op::ReduceMax { axis }, &[operand], location))
    }
}

fn sum(operand: Handle, axes: Vec<usize>, location: Location) -> Handle {
    trace::emit(Op::ReduceSum { axes }, &[operand], location)
}
