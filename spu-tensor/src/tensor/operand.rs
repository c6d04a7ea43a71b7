//! What can stand beside a tensor in an operation: another tensor, or a number of the host.

use super::{Bool, Fxp, Int, Numeric, Public, Tensor, Visibility, sealed::Sealed};
use crate::host::HostTensor;
use crate::location::Location;
use crate::pphlo::{self, Op, Type};
use crate::shape::Shape;
use crate::trace::{self, Handle};

/// A tensor, `f64`, `i64` or `bool`; numbers of the host are public.
#[diagnostic::on_unimplemented(
    message = "cannot compute with a tensor and `{Self}`",
    label = "this is no tensor, `f64`, `i64` or `bool`"
)]
pub trait Operand: Sealed + Copy {
    /// Who may know it.
    type Visibility: Visibility;
    /// What its elements are.
    type DType: Numeric;

    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn handle(self, location: Location) -> Handle;
}

impl<V: Visibility, D: Numeric> Operand for Tensor<V, D> {
    type Visibility = V;
    type DType = D;

    #[allow(private_interfaces)]
    fn handle(self, _: Location) -> Handle {
        self.handle
    }
}

macro_rules! host_operands {
    ($($host:ty: $dtype:ty, $tensor:path;)+) => { $(
        impl Sealed for $host {}

        impl Operand for $host {
            type Visibility = Public;
            type DType = $dtype;

            #[allow(private_interfaces)]
            fn handle(self, location: Location) -> Handle {
                trace::constant($tensor(Shape::SCALAR, vec![self]), location)
            }
        }
    )+ };
}

host_operands! {
    f64: Fxp, HostTensor::fxp;
    i64: Int, HostTensor::int;
    bool: Bool, HostTensor::bool;
}

impl<V, D> Sealed for Tensor<V, D> {}

/// `op` on operands that are first promoted to `dtype` and broadcast to one shape.
pub(super) fn elementwise(op: Op, operands: &[Handle], dtype: pphlo::DType, location: Location) -> Handle {
    let types: Vec<Type> = operands.iter().map(|&operand| Type { dtype, ..trace::ty(operand) }).collect();
    let shapes: Vec<&Shape> = types.iter().map(|ty| &ty.shape).collect();
    let Some(shape) = common_shape(&shapes) else {
        // The typing rule has the words for it.
        let refusal = pphlo::infer(&op, &types.iter().collect::<Vec<_>>()).err();
        let message = refusal.unwrap_or_else(|| format!("cannot broadcast shapes {shapes:?} to one"));
        trace::fault(message, operands, location);
        return operands[0];
    };
    let fitted: Vec<Handle> =
        operands.iter().map(|&operand| broadcast(convert(operand, dtype, location), &shape, location)).collect();
    trace::emit(op, &fitted, location)
}

/// The operand as `dtype`, which is as wide or wider.
pub(super) fn convert(operand: Handle, dtype: pphlo::DType, location: Location) -> Handle {
    match trace::ty(operand).dtype == dtype {
        true => operand,
        false => trace::emit(Op::Convert { dtype }, &[operand], location),
    }
}

/// The operand repeated to `shape`, its axes aligned with the last ones.
pub(super) fn broadcast(operand: Handle, shape: &Shape, location: Location) -> Handle {
    let from = trace::ty(operand).shape;
    if from == *shape {
        return operand;
    }
    if from.rank() > shape.rank() {
        trace::fault(format!("cannot broadcast {from} to {shape}: it has more dimensions"), &[operand], location);
        return operand;
    }
    let dimensions = (shape.rank() - from.rank()..shape.rank()).collect();
    trace::emit(Op::Broadcast { shape: shape.clone(), dimensions }, &[operand], location)
}

/// The shape to which all of these broadcast: last axes aligned, equal or 1 each.
pub(super) fn common_shape(shapes: &[&Shape]) -> Option<Shape> {
    let rank = shapes.iter().map(|shape| shape.rank()).max()?;
    let mut extents = vec![1; rank];
    for shape in shapes {
        for (extent, &n) in extents[rank - shape.rank()..].iter_mut().zip(shape.extents()) {
            match (*extent, n) {
                (1, n) => *extent = n,
                (m, n) if n == 1 || m == n => {}
                _ => return None,
            }
        }
    }
    Some(Shape::new(extents))
}
