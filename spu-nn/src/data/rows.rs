//! Rows of shared tensors: taken by public numbers, or shuffled so that nobody knows the order.

use spu::executor::Executor;
use spu::tensor::{program, run};
use spu::{DType, Error, Fxp, Int, Location, Permutation, Public, Secret, Shared, Tensor, spu_fn};

/// Those rows of `x`, in this order, without a message: a batch of what was shared as a whole. Which rows are taken is public, and must be the
/// same at every party. A row past the end, and no row at all, are errors of the program.
///
/// ```
/// use spu_nn::data::take_rows;
/// use spu_tensor::{Evaluator, ExecutorExt, Fxp, Party, Secret, Shared, Tensor};
///
/// let session = Evaluator::new();
/// let x: Shared<Tensor<Secret, Fxp>> = session.input(Party(0), [3, 2], || Ok(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))?;
/// let batch = take_rows(&session, &x, [2, 0])?;
/// assert_eq!(session.reveal(&batch)?.values(), [5.0, 6.0, 1.0, 2.0]);
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn take_rows<D: DType>(
    session: &(impl Executor + ?Sized),
    x: &Shared<Tensor<Secret, D>>,
    rows: impl IntoIterator<Item = usize>,
) -> Result<Shared<Tensor<Secret, D>>, Error> {
    let location = Location::caller();
    let Some(&count) = x.leaves()[0].ty.shape.extents().first() else {
        return Err(Error::program("cannot take rows of a scalar", location));
    };
    let rows = checked(rows, count, location)?;
    arranged(session, std::slice::from_ref(x), 0, rows)
}

/// Rows of features and their labels moved together, in an order that is uniformly random and that **no party knows**: whoever sees later that a row
/// has this or that effect cannot tell whose it was. Each run has another order; inside a program, for any two tensors, there is
/// [`shuffle_together`].
///
/// A public shuffle ([`shuffled`](super::shuffled)) costs nothing and is as good for training; this one is for when rows or results of single rows are revealed.
#[spu_fn]
pub fn shuffle_rows(
    features: Tensor<Secret, Fxp>,
    labels: Tensor<Secret, Int>,
) -> (Tensor<Secret, Fxp>, Tensor<Secret, Int>) {
    shuffle_together(features, labels)
}

/// The rows of both tensors in one order that is uniformly random and that no party knows. As many rows in one as in the other.
///
/// ```
/// use spu_nn::data::shuffle_together;
/// use spu_tensor::{Fxp, Int, Secret, Tensor, evaluate};
///
/// let pair = (vec![0.5, 1.5, 2.5], vec![0, 1, 2]);
/// let (x, y) = evaluate(pair, |(x, y): (Tensor<Secret, Fxp>, Tensor<Secret, Int>)| shuffle_together(x, y))?.split();
/// assert!(x.values().iter().zip(y.values()).all(|(x, y)| *x == y + 0.5));
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn shuffle_together<D: DType, E: DType>(
    x: Tensor<Secret, D>,
    y: Tensor<Secret, E>,
) -> (Tensor<Secret, D>, Tensor<Secret, E>) {
    let order = Permutation::random(x.shape().extents().first().copied().unwrap_or(0));
    (x.permute(order), y.permute(order))
}

/// The rows, if there are so many, and one at least.
pub(super) fn checked(
    rows: impl IntoIterator<Item = usize>,
    count: usize,
    location: Location,
) -> Result<Vec<usize>, Error> {
    let rows: Vec<usize> = rows.into_iter().collect();
    if rows.is_empty() {
        return Err(Error::program("cannot take no rows: a tensor of rows has one at least", location));
    }
    match rows.iter().find(|&&row| row >= count) {
        None => Ok(rows),
        Some(row) => Err(Error::program(format!("cannot take row {row}: there are {count} rows"), location)),
    }
}

/// The parts one behind the other along `axis`, of which entry i of the result is entry `places[i]`. Nothing is sent.
#[track_caller]
pub(super) fn arranged<D: DType>(
    session: &(impl Executor + ?Sized),
    parts: &[Shared<Tensor<Secret, D>>],
    axis: usize,
    places: Vec<usize>,
) -> Result<Shared<Tensor<Secret, D>>, Error> {
    let location = Location::caller();
    let length: usize = parts.iter().map(|part| part.leaves()[0].ty.shape.extents()[axis]).sum();
    let in_place = places.iter().copied().eq(0..length);
    if let ([only], true) = (parts, in_place) {
        return Ok(only.clone());
    }
    let places = places.into_iter().map(|place| place as i64).collect::<Vec<i64>>();
    let places = Shared::<Tensor<Public, Int>>::public(places);
    let mut arguments: Vec<_> = parts.iter().map(|part| ("part", part.leaves().to_vec())).collect();
    arguments.push(("places", places.leaves().to_vec()));
    let fixed = format!("{} {axis} {in_place}", D::DTYPE);
    run(session, location, "spu_nn::data::arranged", arguments, fixed, |types| {
        let count = parts.len();
        program("arranged", location, types, |parameters| {
            let parts: Vec<Tensor<Secret, D>> = (0..count).map(|_| parameters.next("part", location)).collect();
            let places: Tensor<Public, Int> = parameters.next("places", location);
            let whole = if count == 1 { parts[0] } else { Tensor::concat(parts, axis) };
            if in_place { whole } else { whole.take(places, axis) }
        })
    })
}
