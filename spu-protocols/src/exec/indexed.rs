//! Elements found, or put, by an index that every party knows.

use spu::Shape;
use spu::strided::{rows, signed, strided};

use super::local::all_components;
use super::value::PartyValue;
use crate::ring::Ring;
use crate::share::{ShareOp, ShareType};

/// Applies an operation whose last operands are public indices.
pub(super) fn indexed<R: Ring>(
    op: &ShareOp,
    operands: &[PartyValue<R>],
    types: &[&ShareType],
    result: &Shape,
) -> PartyValue<R> {
    let shape = &types[0].shape;
    match op {
        ShareOp::DynamicSlice => {
            let first = first_place(shape, result, &operands[1..]);
            all_components(&operands[..1], |parts| strided(parts[0], result, &signed(&shape.strides()), first))
        }
        ShareOp::DynamicUpdateSlice => {
            let block = &types[1].shape;
            let first = first_place(shape, block, &operands[2..]);
            let width = block.extents().last().copied().unwrap_or(1);
            all_components(&operands[..2], |parts| {
                let mut out = parts[0].to_vec();
                let mut update = parts[1].chunks(width.max(1));
                rows(block, &signed(&shape.strides()), first, |place| {
                    out[place..place + width].copy_from_slice(update.next().expect("both go over the same rows"));
                });
                out
            })
        }
        ShareOp::Gather { axis } => {
            let named = Named::new(shape, *axis, &operands[1]);
            all_components(&operands[..1], |parts| {
                let mut out = vec![R::ZERO; result.elements()];
                named
                    .each(|place, at| out[at..at + named.width].copy_from_slice(&parts[0][place..place + named.width]));
                out
            })
        }
        ShareOp::Scatter { axis, add } => {
            let named = Named::new(shape, *axis, &operands[2]);
            all_components(&operands[..2], |parts| {
                let mut out = parts[0].to_vec();
                named.each(|place, at| {
                    let (old, new) = (&mut out[place..place + named.width], &parts[1][at..at + named.width]);
                    match add {
                        true => old.iter_mut().zip(new).for_each(|(old, &new)| *old = old.plus(new)),
                        false => old.copy_from_slice(new),
                    }
                });
                out
            })
        }
        op => unreachable!("{op:?} has no index"),
    }
}

/// The place of the first element of a block that starts as near to `starts` as fits.
fn first_place<R: Ring>(shape: &Shape, block: &Shape, starts: &[PartyValue<R>]) -> usize {
    let extents = shape.extents().iter().zip(block.extents());
    let place = extents.zip(shape.strides()).zip(starts).map(|(((n, size), stride), start)| {
        let start = start.as_public()[0].signed();
        start.clamp(0, (n - size) as i128) as usize * stride
    });
    place.sum()
}

/// Entries of an axis by an index.
struct Named {
    outer: usize,
    extent: usize,
    width: usize,
    /// For each element of the index the entry, if there is one.
    entries: Vec<Option<usize>>,
}

impl Named {
    fn new<R: Ring>(shape: &Shape, axis: usize, index: &PartyValue<R>) -> Self {
        let extent = shape.extents()[axis];
        let entry = |i: &R| usize::try_from(i.signed()).ok().filter(|&i| i < extent);
        Self {
            outer: shape.extents()[..axis].iter().product(),
            extent,
            width: shape.extents()[axis + 1..].iter().product(),
            entries: index.as_public().iter().map(entry).collect(),
        }
    }

    /// Calls `row` with the place of each named row, and the place of the same row among all that the index could name.
    fn each(&self, mut row: impl FnMut(usize, usize)) {
        for i in 0..self.outer {
            for (j, entry) in self.entries.iter().enumerate() {
                if let Some(entry) = entry {
                    row((i * self.extent + entry) * self.width, (i * self.entries.len() + j) * self.width);
                }
            }
        }
    }
}
