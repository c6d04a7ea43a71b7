//! Elements found, or put, by an index that is a value.

use super::ill_typed;
use super::movement::gather_or;
use crate::host::{Elements, HostTensor};
use crate::shape::Shape;
use crate::strided::{rows, signed};

pub(super) fn iota(shape: &Shape, axis: usize) -> Elements {
    let stride = shape.strides()[axis];
    Elements::Int((0..shape.elements()).map(|i| (i / stride % shape.extents()[axis]) as i64).collect())
}

pub(super) fn one_hot(index: &Elements, depth: usize) -> Elements {
    let Elements::Int(index) = index else { ill_typed(index) };
    Elements::Bool(index.iter().flat_map(|&i| (0..depth).map(move |j| i == j as i64)).collect())
}

pub(super) fn dynamic_slice(x: &HostTensor, starts: &[&HostTensor], block: &Shape) -> Elements {
    let zero = zero(&x.elements);
    gather_or(&x.elements, &block_places(&x.shape, starts, block), &zero)
}

pub(super) fn dynamic_update_slice(x: &HostTensor, update: &HostTensor, starts: &[&HostTensor]) -> Elements {
    let places = block_places(&x.shape, starts, &update.shape);
    put(&x.elements, &places, &update.elements, false)
}

pub(super) fn gather(x: &HostTensor, index: &HostTensor, axis: usize) -> Elements {
    gather_or(&x.elements, &named_places(&x.shape, index, axis), &zero(&x.elements))
}

pub(super) fn scatter(x: &HostTensor, index: &HostTensor, entries: &HostTensor, axis: usize, add: bool) -> Elements {
    put(&x.elements, &named_places(&x.shape, index, axis), &entries.elements, add)
}

/// The places in the operand of a block that starts as near to `starts` as fits.
fn block_places(shape: &Shape, starts: &[&HostTensor], block: &Shape) -> Vec<Option<usize>> {
    let strides = shape.strides();
    let extents = shape.extents().iter().zip(block.extents());
    let offset = extents.zip(&strides).zip(starts).map(|(((n, size), stride), start)| {
        let Elements::Int(start) = &start.elements else { ill_typed(&start.elements) };
        start[0].clamp(0, (n - size) as i64) as usize * stride
    });
    let (first, width) = (offset.sum(), block.extents().last().copied().unwrap_or(1));
    let mut places = Vec::with_capacity(block.elements());
    rows(block, &signed(&strides), first, |row| places.extend((row..row + width).map(Some)));
    places
}

/// The places in the operand of the entries that the index names; none for an index outside.
fn named_places(shape: &Shape, index: &HostTensor, axis: usize) -> Vec<Option<usize>> {
    let Elements::Int(index) = &index.elements else { ill_typed(&index.elements) };
    let extent = shape.extents()[axis];
    let (outer, inner) = (&shape.extents()[..axis], &shape.extents()[axis + 1..]);
    let (outer, inner) = (outer.iter().product::<usize>(), inner.iter().product::<usize>());
    let row =
        |i: usize, at: i64| usize::try_from(at).ok().filter(|&at| at < extent).map(|at| (i * extent + at) * inner);
    let rows = (0..outer).flat_map(|i| index.iter().map(move |&at| row(i, at)));
    rows.flat_map(|first| (0..inner).map(move |j| Some(first? + j))).collect()
}

/// The operand with these entries put, or added, at these places.
fn put(elements: &Elements, places: &[Option<usize>], entries: &Elements, add: bool) -> Elements {
    fn changed<T: Copy>(x: &[T], places: &[Option<usize>], entries: &[T], with: impl Fn(T, T) -> T) -> Vec<T> {
        let mut out = x.to_vec();
        let named = places.iter().zip(entries).filter_map(|(place, &entry)| Some(((*place)?, entry)));
        named.for_each(|(place, entry)| out[place] = with(out[place], entry));
        out
    }
    match (elements, entries) {
        (Elements::Fxp(x), Elements::Fxp(v)) => {
            Elements::Fxp(changed(x, places, v, |old, new| if add { old + new } else { new }))
        }
        (Elements::Int(x), Elements::Int(v)) => {
            Elements::Int(changed(x, places, v, |old, new| if add { old.wrapping_add(new) } else { new }))
        }
        (Elements::Bool(x), Elements::Bool(v)) if !add => Elements::Bool(changed(x, places, v, |_, new| new)),
        _ => ill_typed(entries),
    }
}

fn zero(like: &Elements) -> Elements {
    match like {
        Elements::Fxp(_) => Elements::Fxp(vec![0.0]),
        Elements::Int(_) => Elements::Int(vec![0]),
        Elements::Bool(_) => Elements::Bool(vec![false]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pphlo::{Op, Strides, evaluate_one};

    fn fxp(shape: &[usize], elements: &[f64]) -> HostTensor {
        HostTensor::fxp(Shape::from(shape), elements.to_vec())
    }

    fn int(shape: &[usize], elements: &[i64]) -> HostTensor {
        HostTensor::int(Shape::from(shape), elements.to_vec())
    }

    /// [[1, 2, 3], [4, 5, 6]]
    fn x() -> HostTensor {
        fxp(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    }

    #[test]
    fn movements_by_hand() {
        let reversed = evaluate_one(&Op::Reverse { axes: vec![1] }, &[&x()]);
        assert_eq!(reversed, fxp(&[2, 3], &[3.0, 2.0, 1.0, 6.0, 5.0, 4.0]));
        let both = evaluate_one(&Op::Reverse { axes: vec![0, 1] }, &[&x()]);
        assert_eq!(both, fxp(&[2, 3], &[6.0, 5.0, 4.0, 3.0, 2.0, 1.0]));
        let slice = Op::Slice { start: vec![0, 0], limit: vec![2, 3], strides: Strides::new(vec![1, 2]) };
        assert_eq!(evaluate_one(&slice, &[&x()]), fxp(&[2, 2], &[1.0, 3.0, 4.0, 6.0]));
        let pad = Op::Pad { low: vec![1, -1], high: vec![0, 1], interior: vec![0, 1] };
        let expected = [9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 2.0, 9.0, 3.0, 9.0, 9.0, 5.0, 9.0, 6.0, 9.0];
        assert_eq!(evaluate_one(&pad, &[&x(), &fxp(&[], &[9.0])]), fxp(&[3, 5], &expected));
        assert_eq!(evaluate_one(&Op::Iota { shape: [2, 3].into(), axis: 1 }, &[]), int(&[2, 3], &[0, 1, 2, 0, 1, 2]));
    }

    #[test]
    fn blocks_are_moved_inside() {
        let slice = |i, j| {
            let starts = [int(&[], &[i]), int(&[], &[j])];
            evaluate_one(&Op::DynamicSlice { sizes: vec![1, 2] }, &[&x(), &starts[0], &starts[1]])
        };
        assert_eq!(slice(1, 0), fxp(&[1, 2], &[4.0, 5.0]));
        assert_eq!(slice(-5, 7), fxp(&[1, 2], &[2.0, 3.0]));
        let update = fxp(&[1, 2], &[8.0, 9.0]);
        let found = evaluate_one(&Op::DynamicUpdateSlice, &[&x(), &update, &int(&[], &[9]), &int(&[], &[1])]);
        assert_eq!(found, fxp(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 8.0, 9.0]));
    }

    #[test]
    fn indices_outside_name_nothing() {
        let index = int(&[4], &[2, -1, 0, 3]);
        let found = evaluate_one(&Op::Gather { axis: 1 }, &[&x(), &index]);
        assert_eq!(found, fxp(&[2, 4], &[3.0, 0.0, 1.0, 0.0, 6.0, 0.0, 4.0, 0.0]));
        let scalar = evaluate_one(&Op::Gather { axis: 0 }, &[&x(), &int(&[], &[1])]);
        assert_eq!(scalar, fxp(&[3], &[4.0, 5.0, 6.0]));
        let entries = fxp(&[3, 3], &[10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0]);
        let index = int(&[3], &[1, 5, 1]);
        let added = evaluate_one(&Op::ScatterAdd { axis: 0 }, &[&x(), &index, &entries]);
        assert_eq!(added, fxp(&[2, 3], &[1.0, 2.0, 3.0, 84.0, 105.0, 126.0]));
        let replaced = evaluate_one(&Op::Scatter { axis: 0 }, &[&x(), &index, &entries]);
        assert_eq!(replaced, fxp(&[2, 3], &[1.0, 2.0, 3.0, 70.0, 80.0, 90.0]));
        let hot = evaluate_one(&Op::OneHot { depth: 2 }, &[&int(&[3], &[1, 2, 0])]);
        assert_eq!(hot, HostTensor::bool([3, 2], vec![false, true, false, false, true, false]));
    }
}
