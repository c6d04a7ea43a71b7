//! Shapes of operations that move, add or choose elements.

use super::super::window::dilated;
use super::{listed, representable, verb};
use crate::pphlo::{DType, Op, Strides, Type};
use crate::shape::Shape;

pub(super) fn iota(shape: &Shape, axis: usize) -> Result<Shape, String> {
    match axis < shape.rank() {
        true => representable(shape.clone()),
        false => Err(format!("cannot count along axis {axis} of {shape}")),
    }
}

pub(super) fn slice(operand: &Shape, start: &[usize], limit: &[usize], strides: &Strides) -> Result<Shape, String> {
    let ranges = start.iter().zip(limit);
    let steps = strides.of_rank(operand.rank()).filter(|steps| steps.iter().all(|&step| step > 0));
    let fits = start.len() == operand.rank()
        && limit.len() == operand.rank()
        && ranges.clone().zip(operand.extents()).all(|((a, b), n)| a <= b && b <= n);
    match steps {
        Some(steps) if fits => {
            Ok(Shape::new(ranges.zip(steps).map(|((a, b), step)| (b - a).div_ceil(step)).collect::<Vec<_>>()))
        }
        _ if strides.is_unit() => Err(format!("cannot slice {operand} from {start:?} to {limit:?}")),
        _ => Err(format!("cannot slice {operand} from {start:?} to {limit:?} by {strides}")),
    }
}

pub(super) fn pad(operands: &[&Type], low: &[i64], high: &[i64], interior: &[usize]) -> Result<Shape, String> {
    let (x, value) = (operands[0], operands[1]);
    if value.shape != Shape::SCALAR || value.dtype != x.dtype {
        return Err(format!("cannot pad {x} with {value}: the value is a scalar of its data type"));
    }
    let rank = x.shape.rank();
    let extent = |axis: usize| {
        let between = dilated(x.shape.extents()[axis], interior[axis].saturating_add(1));
        let all = between.saturating_add(i128::from(low[axis]) + i128::from(high[axis]));
        usize::try_from(all.min(usize::MAX as i128)).ok()
    };
    let fits = [low.len(), high.len(), interior.len()] == [rank; 3] && !low.iter().chain(high).any(|&n| n == i64::MIN);
    match fits.then(|| (0..rank).map(extent).collect::<Option<Vec<_>>>()).flatten() {
        Some(extents) => representable(Shape::new(extents)),
        None => Err(format!("cannot pad {} by {low:?} before, {high:?} after, {interior:?} between", x.shape)),
    }
}

pub(super) fn dynamic_slice(operands: &[&Type], sizes: &[usize]) -> Result<Shape, String> {
    let shape = &operands[0].shape;
    let block = Shape::new(sizes);
    placed(&format!("slice {shape} to {block}"), shape, &block, &operands[1..])?;
    Ok(block)
}

pub(super) fn dynamic_update_slice(operands: &[&Type]) -> Result<Shape, String> {
    let (x, update) = (operands[0], operands[1]);
    let what = format!("update {x} by {update}");
    if x.dtype != update.dtype {
        return Err(format!("cannot {what}: the data types differ"));
    }
    placed(&what, &x.shape, &update.shape, &operands[2..])?;
    Ok(x.shape.clone())
}

/// That a block lies in the shape, wherever it starts.
fn placed(what: &str, shape: &Shape, block: &Shape, starts: &[&Type]) -> Result<(), String> {
    if block.rank() != shape.rank() || block.extents().iter().zip(shape.extents()).any(|(n, all)| n > all) {
        return Err(format!("cannot {what}: the block must fit"));
    }
    let index = |t: &&Type| t.shape == Shape::SCALAR && t.dtype == DType::Int;
    match starts.len() == shape.rank() && starts.iter().all(index) {
        true => Ok(()),
        false => Err(format!("cannot {what}: it takes an int scalar to start from for each axis")),
    }
}

pub(super) fn gather(operands: &[&Type], axis: usize) -> Result<Shape, String> {
    let (x, index) = (operands[0], operands[1]);
    match index.dtype == DType::Int {
        true => named(&x.shape, &index.shape, axis)
            .ok_or_else(|| format!("cannot gather from axis {axis} of {}: there is no such axis", x.shape))
            .and_then(representable),
        false => Err(format!("cannot gather from {} by {index}: an index is int", x.shape)),
    }
}

pub(super) fn scatter(op: &Op, operands: &[&Type], axis: usize) -> Result<Shape, String> {
    let (x, index, entries) = (operands[0], operands[1], operands[2]);
    let what = verb(op);
    if index.dtype != DType::Int {
        return Err(format!("cannot {what} {} by {index}: an index is int", x.shape));
    }
    if x.dtype != entries.dtype {
        let dtypes = listed(&[x, entries], |t| t.dtype);
        return Err(format!("cannot {what} {} of {dtypes}: the data types differ", x.shape));
    }
    match named(&x.shape, &index.shape, axis) {
        Some(shape) if shape == entries.shape => Ok(x.shape.clone()),
        Some(shape) => Err(format!("cannot {what} {}: the entries have shape {}, not {shape}", x.shape, entries.shape)),
        None => Err(format!("cannot {what} axis {axis} of {}: there is no such axis", x.shape)),
    }
}

/// The shape with the index's axes in place of one axis.
fn named(shape: &Shape, index: &Shape, axis: usize) -> Option<Shape> {
    let extents = shape.extents();
    (axis < extents.len()).then(|| Shape::new([&extents[..axis], index.extents(), &extents[axis + 1..]].concat()))
}

#[cfg(test)]
mod tests {
    use super::super::infer;
    use super::*;

    fn one(op: Op, operands: &[Type]) -> Result<Type, String> {
        infer(&op, &operands.iter().collect::<Vec<_>>()).map(|mut types| types.remove(0))
    }

    fn fxp(shape: &[usize]) -> Type {
        Type::secret(shape, DType::Fxp)
    }

    fn int(shape: &[usize]) -> Type {
        Type::public(shape, DType::Int)
    }

    #[test]
    fn shapes_follow_the_attributes() {
        let x = || fxp(&[4, 5]);
        let by = |strides: &[usize]| Op::Slice {
            start: vec![1, 0],
            limit: vec![4, 5],
            strides: Strides::new(strides.to_vec()),
        };
        assert_eq!(one(by(&[2, 3]), &[x()]), Ok(fxp(&[2, 2])));
        assert!(one(by(&[0, 3]), &[x()]).unwrap_err().contains("cannot slice"));
        assert!(one(by(&[2]), &[x()]).unwrap_err().contains("cannot slice"));
        assert_eq!(one(Op::Reverse { axes: vec![0, 1] }, &[x()]), Ok(x()));
        assert!(one(Op::Reverse { axes: vec![2] }, &[x()]).unwrap_err().contains("cannot reverse"));
        let pad = |low: [i64; 2], high, interior| Op::Pad { low: low.into(), high, interior };
        let value = || fxp(&[]);
        assert_eq!(one(pad([1, -1], vec![0, 2], vec![2, 0]), &[x(), value()]), Ok(fxp(&[11, 6])));
        assert!(one(pad([-5, 0], vec![0, 0], vec![0, 0]), &[x(), value()]).unwrap_err().contains("cannot pad"));
        assert!(one(pad([0, 0], vec![0], vec![0, 0]), &[x(), value()]).unwrap_err().contains("cannot pad"));
        assert!(one(pad([0, 0], vec![0, 0], vec![0, 0]), &[x(), int(&[])]).unwrap_err().contains("a scalar"));
        let huge = pad([i64::MAX; 2], vec![i64::MAX; 2], vec![usize::MAX; 2]);
        assert!(one(huge, &[x(), value()]).unwrap_err().contains("too many"));
        assert_eq!(one(Op::Iota { shape: [2, 3].into(), axis: 1 }, &[]), Ok(int(&[2, 3])));
        assert!(one(Op::Iota { shape: [2, 3].into(), axis: 2 }, &[]).unwrap_err().contains("cannot count"));
    }

    #[test]
    fn indices_stand_for_an_axis() {
        let x = || fxp(&[4, 5]);
        assert_eq!(one(Op::Gather { axis: 1 }, &[x(), int(&[2, 3])]), Ok(fxp(&[4, 2, 3])));
        assert_eq!(one(Op::Gather { axis: 0 }, &[x(), int(&[])]), Ok(fxp(&[5])));
        assert!(one(Op::Gather { axis: 0 }, &[x(), x()]).unwrap_err().contains("an index is int"));
        assert!(one(Op::Gather { axis: 2 }, &[x(), int(&[])]).unwrap_err().contains("no such axis"));
        assert_eq!(one(Op::ScatterAdd { axis: 0 }, &[x(), int(&[3]), fxp(&[3, 5])]), Ok(x()));
        assert!(one(Op::ScatterAdd { axis: 0 }, &[x(), int(&[3]), fxp(&[5, 3])]).unwrap_err().contains("not [3, 5]"));
        let index = Type::secret([3], DType::Int);
        assert!(
            one(Op::Scatter { axis: 0 }, &[x(), index.clone(), fxp(&[3, 5])]).unwrap_err().contains("secret index")
        );
        assert_eq!(one(Op::OneHot { depth: 7 }, &[index]), Ok(Type::secret([3, 7], DType::Bool)));
        let starts = [x(), int(&[]), Type::secret([], DType::Int)];
        assert_eq!(one(Op::DynamicSlice { sizes: vec![4, 2] }, &starts), Ok(fxp(&[4, 2])));
        assert!(one(Op::DynamicSlice { sizes: vec![4, 6] }, &starts).unwrap_err().contains("must fit"));
        assert!(one(Op::DynamicSlice { sizes: vec![4, 2] }, &starts[..2]).unwrap_err().contains("for each axis"));
        assert_eq!(one(Op::DynamicUpdateSlice, &[x(), fxp(&[1, 1]), int(&[]), int(&[])]), Ok(x()));
        assert!(one(Op::DynamicUpdateSlice, &[x(), int(&[1, 1]), int(&[]), int(&[])]).unwrap_err().contains("differ"));
    }
}
