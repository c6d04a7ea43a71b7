//! Host tensors from and to `ndarray`, vectors and numbers.

use ndarray::{Array, ArrayD, Dimension, IxDyn};

use crate::host::{Elements, HostTensor};
use crate::shape::Shape;

macro_rules! conversions {
    ($($host:ty => $variant:ident;)+) => { $(
        impl From<$host> for HostTensor {
            /// A scalar.
            fn from(value: $host) -> Self {
                Self::new(Shape::SCALAR, Elements::$variant(vec![value]))
            }
        }

        impl From<Vec<$host>> for HostTensor {
            /// A vector.
            fn from(values: Vec<$host>) -> Self {
                Self::new(Shape::from([values.len()]), Elements::$variant(values))
            }
        }

        impl<I: Dimension> From<Array<$host, I>> for HostTensor {
            fn from(array: Array<$host, I>) -> Self {
                let shape = Shape::from(array.shape());
                let elements = array.iter().copied().collect();
                Self::new(shape, Elements::$variant(elements))
            }
        }
    )+ };
}

conversions! {
    f64 => Fxp;
    i64 => Int;
    bool => Bool;
}

impl HostTensor {
    /// Its elements as real numbers; truth values are 0 and 1.
    pub fn to_array(&self) -> ArrayD<f64> {
        let array = ArrayD::from_shape_vec(IxDyn(self.shape.extents()), self.elements.to_f64());
        array.expect("a host tensor has as many elements as its shape says")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transposed_array_keeps_its_logical_order() {
        let array = ndarray::arr2(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
        let tensor = HostTensor::from(array.t().to_owned());
        assert_eq!(tensor, HostTensor::fxp([3, 2], vec![1.0, 4.0, 2.0, 5.0, 3.0, 6.0]));
        assert_eq!(tensor.to_array(), array.t().into_dyn());
    }
}
