//! Matrix products.

use super::operand::{broadcast, common_shape, convert};
use super::{DType, Numeric, Tensor, Visibility};
use crate::location::Location;
use crate::pphlo::{self, Op};
use crate::shape::Shape;
use crate::trace::{self, Handle};

impl<V: Visibility, D: Numeric> Tensor<V, D> {
    /// The product of the matrices `self[…, m, k]` and `other[…, k, n]`, as in NumPy: leading axes count matrices and are broadcast;
    /// a vector is a row on the left and a column on the right, and that axis is not in the result. The products of a batch
    /// take the rounds of one.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0, 3.0, 4.0], |x: Tensor<Secret, Fxp>| {
    ///     let matrices = x.reshape([2, 1, 2]);
    ///     matrices.matmul(Tensor::constant(vec![10.0, 1.0]))
    /// })?;
    /// assert_eq!(y.values(), [12.0, 34.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn matmul<W: Visibility, E: Numeric>(self, other: Tensor<W, E>) -> Tensor<V::Join<W>, D::Promote<E>> {
        let operands = [self.handle, other.handle];
        Tensor::from_handle(matmul(operands, <D::Promote<E>>::DTYPE, Location::caller()))
    }

    /// Sums of products over pairs of axes (of this, of `other`): those in `contract` disappear, those in `batch` count
    /// independent products. The result's axes are the batch, the other axes of this, the other axes of `other`.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0, 3.0, 4.0], |x: Tensor<Secret, Fxp>| {
    ///     let rows = x.reshape([2, 2]);
    ///     rows.dot_general(rows, [(1, 1)], [(0, 0)]) // of each row with itself
    /// })?;
    /// assert_eq!(y.values(), [5.0, 25.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn dot_general<W: Visibility, E: Numeric>(
        self,
        other: Tensor<W, E>,
        contract: impl AsRef<[(usize, usize)]>,
        batch: impl AsRef<[(usize, usize)]>,
    ) -> Tensor<V::Join<W>, D::Promote<E>> {
        let location = Location::caller();
        let op = Op::DotGeneral { batch: batch.as_ref().to_vec(), contract: contract.as_ref().to_vec() };
        Tensor::from_handle(product(op, [self.handle, other.handle], <D::Promote<E>>::DTYPE, location))
    }
}

fn matmul(operands: [Handle; 2], dtype: pphlo::DType, location: Location) -> Handle {
    let shapes = operands.map(|operand| trace::ty(operand).shape);
    let [left, right] = [shapes[0].extents(), shapes[1].extents()];
    // Vectors as matrices of one row or column.
    let (left, without_rows) = if let [k] = left { (vec![1, *k], true) } else { (left.to_vec(), false) };
    let (right, without_columns) = if let [k] = right { (vec![*k, 1], true) } else { (right.to_vec(), false) };
    let ([before @ .., m, k], [behind @ .., l, n]) = (&left[..], &right[..]) else {
        return product(Op::Dot, operands, dtype, location);
    };
    if k != l {
        let [left, right] = &shapes;
        let message = format!("cannot multiply matrices {left} and {right}: inner extents {k} and {l} differ");
        trace::fault(message, &operands, location);
        return convert(operands[0], dtype, location);
    }
    let Some(batch) = common_shape(&[&before.into(), &behind.into()]) else {
        let message = format!("cannot multiply matrices {} and {}: their batches differ", shapes[0], shapes[1]);
        trace::fault(message, &operands, location);
        return convert(operands[0], dtype, location);
    };
    let batch = batch.extents();
    let [x, y] = operands;
    let result = if behind.is_empty() {
        // One matrix on the right: all rows of the batch at once.
        let rows = reshaped(x, &[batch.iter().product::<usize>() * m, *k], location);
        let matrix = reshaped(y, &right, location);
        product(Op::Dot, [rows, matrix], dtype, location)
    } else {
        let spread = |operand: Handle, matrix: &[usize], stored: &[usize]| {
            let operand = reshaped(operand, stored, location);
            broadcast(operand, &Shape::new([batch, matrix].concat()), location)
        };
        let operands = [spread(x, &[*m, *k], &left), spread(y, &[*l, *n], &right)];
        let axes = batch.len();
        let pairs = (0..axes).map(|axis| (axis, axis)).collect();
        product(Op::DotGeneral { batch: pairs, contract: vec![(axes + 1, axes)] }, operands, dtype, location)
    };
    let rows: &[usize] = if without_rows { &[] } else { &[*m] };
    let columns: &[usize] = if without_columns { &[] } else { &[*n] };
    reshaped(result, &[batch, rows, columns].concat(), location)
}

/// The product in this data type. A fault is blamed on what the author wrote, not on the conversions between.
pub(super) fn product(op: Op, operands: [Handle; 2], dtype: pphlo::DType, location: Location) -> Handle {
    let fitted = operands.map(|operand| convert(operand, dtype, location));
    let types = fitted.map(trace::ty);
    match pphlo::infer(&op, &[&types[0], &types[1]]) {
        Ok(_) => trace::emit(op, &fitted, location),
        Err(refusal) => {
            trace::fault(refusal, &operands, location);
            fitted[0]
        }
    }
}

pub(super) fn reshaped(operand: Handle, extents: &[usize], location: Location) -> Handle {
    let shape = Shape::from(extents);
    if trace::ty(operand).shape == shape { operand } else { trace::emit(Op::Reshape { shape }, &[operand], location) }
}

#[cfg(test)]
mod tests {
    use crate::{Fxp, Secret, Tensor, evaluate};

    type Secrets = Tensor<Secret, Fxp>;

    fn product(left: &[usize], right: &[usize]) -> Result<(Vec<usize>, Vec<f64>), String> {
        let count = |shape: &[usize]| shape.iter().product::<usize>();
        let numbers = |n: usize| (1..=n).map(|i| i as f64).collect::<Vec<_>>();
        let mut shape = Vec::new();
        let result = evaluate(numbers(count(left) + count(right)), |x: Secrets| {
            let parts = [x.slice(0..count(left)), x.slice(count(left)..count(left) + count(right))];
            let y = parts[0].reshape(left).matmul(parts[1].reshape(right));
            shape = y.shape().extents().to_vec();
            y
        });
        result.map(|y| (shape, y.values().to_vec())).map_err(|error| error.to_string())
    }

    #[test]
    fn batches_are_broadcast() {
        let (shape, values) = product(&[2, 1, 2, 3], &[4, 3, 2]).unwrap();
        assert_eq!(shape, [2, 4, 2, 2]);
        // Row 1 of left matrix 1 by column 0 of right matrix 3: 10, 11, 12 by 12 + (19, 21, 23).
        assert_eq!(values[((4 + 3) * 2 + 1) * 2], 10.0 * 31.0 + 11.0 * 33.0 + 12.0 * 35.0);
        assert_eq!(product(&[2, 3, 2], &[2, 1]).unwrap().0, [2, 3, 1]);
        assert_eq!(product(&[3, 2], &[4, 2, 5]).unwrap().0, [4, 3, 5]);
        assert_eq!(product(&[0, 3, 2], &[2, 1]).unwrap(), (vec![0, 3, 1], vec![]));
    }

    #[test]
    fn vectors_are_rows_and_columns() {
        assert_eq!(product(&[2], &[2]).unwrap(), (vec![], vec![1.0 * 3.0 + 2.0 * 4.0]));
        assert_eq!(product(&[2, 2], &[2]).unwrap(), (vec![2], vec![17.0, 39.0]));
        assert_eq!(product(&[2], &[3, 2, 1]).unwrap(), (vec![3, 1], vec![11.0, 17.0, 23.0]));
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let fault = |left: &[usize], right: &[usize]| product(left, right).unwrap_err();
        assert!(fault(&[2], &[3]).starts_with("cannot multiply matrices [2] and [3]: inner extents 2 and 3 differ"));
        assert!(fault(&[2, 1, 2], &[3, 2, 1]).starts_with("cannot multiply matrices [2, 1, 2] and [3, 2, 1]: their b"));
        assert!(fault(&[], &[3]).starts_with("cannot multiply [] and [3] as matrices"));
    }
}
