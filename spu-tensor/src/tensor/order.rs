//! Sorting, what follows from it, and permutations.

use super::accuracy::accuracy;
use super::operand::{convert, elementwise};
use super::{DType, Fxp, Int, Numeric, Public, Secret, Tensor, Visibility};
use crate::host::HostTensor;
use crate::location::Location;
use crate::pphlo::{self, Op};
use crate::shape::Shape;
use crate::trace::{self, Handle};

impl<V: Visibility, D: DType> Tensor<V, D> {
    /// The elements along `axis` in rising order.
    ///
    /// Of a secret tensor a stable radix sort (Asharov et al., eprint 2022/1595): with a proven range, as by [`Tensor::assume`], it looks only at the
    /// bits that can differ. For n elements whose keys have t such bits, with m = ⌈log2 n⌉, it takes at most 2·⌈t/3⌉ + 10 rounds, 54 for whole
    /// numbers of 64 bits, and about 31·m/3 + 2·t/3 bits a bit of a key; all lists along the axis are sorted in the same rounds.
    #[doc = accuracy!(sort)]
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![2.0, -1.5, 0.0], |x: Tensor<Secret, Fxp>| x.sort(0))?;
    /// assert_eq!(y.values(), [-1.5, 0.0, 2.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn sort(self, axis: usize) -> Self {
        self.sorted(axis, false, Location::caller())
    }

    /// The elements along `axis` in falling order; as [`Tensor::sort`].
    ///
    /// ```
    /// use spu_tensor::{Int, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![2, -1, 5], |x: Tensor<Secret, Int>| x.sort_descending(0))?;
    /// assert_eq!(y.values(), [5.0, 2.0, -1.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn sort_descending(self, axis: usize) -> Self {
        self.sorted(axis, true, Location::caller())
    }

    /// Along `axis`, the positions of the elements in rising order; of equal elements the first stands first.
    #[doc = accuracy!(argsort)]
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![2.0, -1.5, 2.0], |x: Tensor<Secret, Fxp>| x.argsort(0))?;
    /// assert_eq!(y.values(), [1.0, 0.0, 2.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn argsort(self, axis: usize) -> Tensor<V, Int> {
        self.order_along(axis, false, Location::caller())
    }

    /// Along `axis`, the positions of the elements in falling order; of equal elements the first stands first.
    #[doc = accuracy!(argsort)]
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![2.0, -1.5, 2.0], |x: Tensor<Secret, Fxp>| x.argsort_descending(0))?;
    /// assert_eq!(y.values(), [0.0, 2.0, 1.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn argsort_descending(self, axis: usize) -> Tensor<V, Int> {
        self.order_along(axis, true, Location::caller())
    }

    fn order_along(self, axis: usize, descending: bool, location: Location) -> Tensor<V, Int> {
        let Some(there) = self.axis_last(axis, location) else { return Tensor::from_handle(self.handle) };
        let keys = moved(self.handle, &there, location);
        let order = trace::emit(Op::ArgSort { descending }, &[keys], location);
        Tensor::from_handle(moved(order, &inverted(&there), location))
    }

    /// The `k` largest elements along the last axis, in falling order, and their positions; of equal elements the first stands first.
    #[doc = accuracy!(sort)]
    ///
    /// ```
    /// use spu_tensor::{Int, Secret, Tensor, evaluate};
    ///
    /// let (values, places) = evaluate(vec![3, 9, 9, 1], |x: Tensor<Secret, Int>| x.top_k(2))?.split();
    /// assert_eq!((values.values(), places.values()), (vec![9.0, 9.0], vec![1.0, 2.0]));
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn top_k(self, k: usize) -> (Self, Tensor<V, Int>) {
        let location = Location::caller();
        let shape = self.shape();
        let length = shape.extents().last().copied().unwrap_or(0);
        if k > length {
            let problem =
                format!("cannot take the {k} largest along the last axis of {shape}: it has {length} elements");
            trace::fault(problem, &[self.handle], location);
            return (self, Tensor::from_handle(self.handle));
        }
        let order = trace::emit(Op::ArgSort { descending: true }, &[self.handle], location);
        let sorted = trace::emit(Op::Permute { inverse: false }, &[self.handle, order], location);
        let first = |x: Handle| part(x, 0, k, location);
        (Self::from_handle(first(sorted)), Tensor::from_handle(first(order)))
    }

    /// The rows, which are the elements along the first axis, in an order that is uniformly random and that no party knows. Each run has another one.
    ///
    /// ```
    /// use spu_tensor::{Int, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1, 2, 3, 4], |x: Tensor<Secret, Int>| x.shuffle().sort(0))?;
    /// assert_eq!(y.values(), [1.0, 2.0, 3.0, 4.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn shuffle(self) -> Tensor<Secret, D> {
        let location = Location::caller();
        let Some(&rows) = self.shape().extents().first() else {
            trace::fault("cannot shuffle a scalar: it has no rows", &[self.handle], location);
            return Tensor::from_handle(self.handle);
        };
        Tensor::from_handle(permuted(self.handle, random(rows, location), false, location))
    }

    /// Rows in the order of `permutation`: row k of the result is row p(k) of this.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Int, Secret, Tensor, evaluate};
    ///
    /// // The rows of y in the order of x.
    /// let y = evaluate((vec![3, 1, 2], vec![0.3, 0.1, 0.2]), |(x, y): (Tensor<Secret, Int>, Tensor<Secret, Fxp>)| {
    ///     y.permute(spu_tensor::Permutation::sorting(x))
    /// })?;
    /// assert_eq!(y.values(), [0.1, 0.2, 0.3]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn permute<W: Visibility>(self, permutation: Permutation<W>) -> Tensor<V::Join<W>, D> {
        Tensor::from_handle(permuted(self.handle, permutation.order.handle, false, Location::caller()))
    }

    /// Rows back where `permutation` took them from: row p(k) of the result is row k of this.
    ///
    /// ```
    /// use spu_tensor::{Int, Permutation, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![3, 1, 2], |x: Tensor<Secret, Int>| {
    ///     let order = Permutation::sorting(x);
    ///     x.permute(order).permute_back(order)
    /// })?;
    /// assert_eq!(y.values(), [3.0, 1.0, 2.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn permute_back<W: Visibility>(self, permutation: Permutation<W>) -> Tensor<V::Join<W>, D> {
        Tensor::from_handle(permuted(self.handle, permutation.order.handle, true, Location::caller()))
    }

    fn sorted(self, axis: usize, descending: bool, location: Location) -> Self {
        let Some(there) = self.axis_last(axis, location) else { return self };
        let keys = moved(self.handle, &there, location);
        let order = trace::emit(Op::ArgSort { descending }, &[keys], location);
        let sorted = permuted(keys, order, false, location);
        Self::from_handle(moved(sorted, &inverted(&there), location))
    }

    /// The permutation of axes that puts `axis` last.
    fn axis_last(self, axis: usize, location: Location) -> Option<Vec<usize>> {
        let rank = self.shape().rank();
        if axis >= rank {
            trace::fault(format!("cannot sort {} along axis {axis}", self.shape()), &[self.handle], location);
            return None;
        }
        Some((0..rank).filter(|&a| a != axis).chain([axis]).collect())
    }
}

impl<V: Visibility, D: Numeric> Tensor<V, D> {
    /// The median along `axis`, which disappears: of an even number of elements the mean of the two in the middle.
    #[doc = accuracy!(median)]
    ///
    /// ```
    /// use spu_tensor::{Int, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![7, 1, 2, 4], |x: Tensor<Secret, Int>| x.median(0))?;
    /// assert_eq!(y.values(), [3.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn median(self, axis: usize) -> Tensor<V, Fxp> {
        let location = Location::caller();
        let placeholder = Tensor::from_handle(self.handle);
        let Some(there) = self.axis_last(axis, location) else { return placeholder };
        let mut extents: Vec<usize> = there.iter().map(|&a| self.shape().extents()[a]).collect();
        let Some(length @ 1..) = extents.pop() else {
            trace::fault(
                format!("cannot take the median of {} along axis {axis}: it is empty", self.shape()),
                &[self.handle],
                location,
            );
            return placeholder;
        };
        let keys = moved(self.handle, &there, location);
        let order = trace::emit(Op::ArgSort { descending: false }, &[keys], location);
        let sorted = permuted(keys, order, false, location);
        let at = |k: usize| {
            let element = part(sorted, k, k + 1, location);
            let element = trace::emit(Op::Reshape { shape: Shape::new(extents.clone()) }, &[element], location);
            convert(element, pphlo::DType::Fxp, location)
        };
        if length % 2 == 1 {
            return Tensor::from_handle(at(length / 2));
        }
        let sum = trace::emit(Op::Add, &[at(length / 2 - 1), at(length / 2)], location);
        let half = trace::constant(HostTensor::fxp(Shape::SCALAR, vec![0.5]), location);
        Tensor::from_handle(elementwise(Op::Multiply, &[sum, half], pphlo::DType::Fxp, location))
    }
}

/// A permutation of the rows of tensors, known to nobody where `V` is [`Secret`]: what a sort or a draw gives.
///
/// A secret tensor of integers is no permutation, for nothing tells that it holds each number once, and the parties open shuffled copies of
/// permutations. [`Permutation::sorting`] of such a tensor is its inverse if it was one.
#[derive(Clone, Copy)]
pub struct Permutation<V> {
    order: Tensor<V, Int>,
}

impl<V: Visibility> Permutation<V> {
    /// The order in which the elements of a vector rise, equal ones as they stand.
    ///
    /// ```
    /// use spu_tensor::{Int, Permutation, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![30, 10, 20], |x: Tensor<Secret, Int>| Permutation::sorting(x).indices())?;
    /// assert_eq!(y.values(), [1.0, 2.0, 0.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn sorting<D: DType>(key: Tensor<V, D>) -> Self {
        Self::of_keys(vec![key.handle], false, Location::caller())
    }

    /// As [`Permutation::sorting`], in falling order; equal elements as they stand.
    ///
    /// ```
    /// use spu_tensor::{Int, Permutation, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![10, 30, 30], |x: Tensor<Secret, Int>| Permutation::sorting_descending(x).indices())?;
    /// assert_eq!(y.values(), [1.0, 2.0, 0.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn sorting_descending<D: DType>(key: Tensor<V, D>) -> Self {
        Self::of_keys(vec![key.handle], true, Location::caller())
    }

    /// This permutation and then `next`: rows permuted by the result are those permuted by this and then by `next`.
    ///
    /// ```
    /// use spu_tensor::{Int, Permutation, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![30, 10, 20], |x: Tensor<Secret, Int>| {
    ///     let order = Permutation::sorting(x);
    ///     order.then(order.inverse()).indices()
    /// })?;
    /// assert_eq!(y.values(), [0.0, 1.0, 2.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn then<W: Visibility>(self, next: Permutation<W>) -> Permutation<V::Join<W>> {
        Permutation { order: self.order.permute(next) }
    }

    /// The permutation that undoes this one.
    ///
    /// ```
    /// use spu_tensor::{Int, Permutation, Secret, Tensor, evaluate};
    ///
    /// // The rank of every element.
    /// let y = evaluate(vec![30, 10, 20], |x: Tensor<Secret, Int>| Permutation::sorting(x).inverse().indices())?;
    /// assert_eq!(y.values(), [2.0, 0.0, 1.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn inverse(self) -> Self {
        let location = Location::caller();
        let rows = self.order.shape().elements();
        let iota = trace::constant(HostTensor::int([rows], (0..rows as i64).collect::<Vec<_>>()), location);
        Self { order: Tensor::from_handle(permuted(iota, self.order.handle, true, location)) }
    }

    /// The permutation as numbers: row k comes from row p(k).
    ///
    /// ```
    /// use spu_tensor::{Fxp, Permutation, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![0.5, -1.0], |x: Tensor<Secret, Fxp>| Permutation::sorting(x).indices())?;
    /// assert_eq!(y.values(), [1.0, 0.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    pub fn indices(self) -> Tensor<V, Int> {
        self.order
    }

    fn of_keys(keys: Vec<Handle>, descending: bool, location: Location) -> Self {
        if let Some(&key) = keys.iter().find(|&&key| trace::ty(key).shape.rank() != 1) {
            let problem = format!("cannot order rows by {}: a key is a vector", trace::ty(key).shape);
            trace::fault(problem, &[key], location);
            return Self { order: Tensor::from_handle(key) };
        }
        Self { order: Tensor::from_handle(trace::emit(Op::ArgSort { descending }, &keys, location)) }
    }
}

impl Permutation<Secret> {
    /// A uniformly random permutation of `rows` rows that no party knows, another one in each run.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Permutation, Secret, Tensor, evaluate};
    ///
    /// // Examples and labels in the same order.
    /// let (x, y) = evaluate((vec![1.0, 2.0, 3.0], vec![10.0, 20.0, 30.0]), |(x, y): (Tensor<Secret, Fxp>, Tensor<Secret, Fxp>)| {
    ///     let order = Permutation::random(3);
    ///     (x.permute(order), y.permute(order))
    /// })?
    /// .split();
    /// assert!(x.values().iter().zip(y.values()).all(|(x, y)| 10.0 * x == y));
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn random(rows: usize) -> Self {
        Self { order: Tensor::from_handle(random(rows, Location::caller())) }
    }
}

impl Permutation<Public> {
    /// A public permutation: row k comes from row `indices[k]`. It is checked when the program runs.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Permutation, Public, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![0.5, -1.0, 7.0], |x: Tensor<Secret, Fxp>| {
    ///     x.permute(Permutation::public(Tensor::<Public, _>::constant(vec![2, 0, 1])))
    /// })?;
    /// assert_eq!(y.values(), [7.0, 0.5, -1.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    pub fn public(indices: Tensor<Public, Int>) -> Self {
        Self { order: indices }
    }
}

/// The order of rows by several keys, the last of them first, as NumPy's: rows that are equal in it are ordered by the one before, and so on;
/// equal rows stay as they stand. Keys are vectors of one length, in an array or, of several types, in a tuple; more axes a permutation of rows does not have
/// ([`Tensor::argsort`] sorts along one of several).
///
/// ```
/// use spu_tensor::{Fxp, Int, Secret, Tensor, evaluate, lexsort};
///
/// let order = evaluate((vec![0.5, 0.25, 0.0], vec![2, 2, 1]), |(x, y): (Tensor<Secret, Fxp>, Tensor<Secret, Int>)| {
///     lexsort((x, y)).indices()
/// })?;
/// assert_eq!(order.values(), [2.0, 1.0, 0.0]);
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn lexsort<K: Keys>(keys: K) -> Permutation<K::Visibility> {
    let mut keys = keys.handles();
    keys.reverse();
    Permutation::of_keys(keys, false, Location::caller())
}

/// Keys of [`lexsort`]: an array of tensors, or a tuple of up to four.
pub trait Keys {
    /// Secret if one of them is.
    type Visibility: Visibility;

    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn handles(self) -> Vec<Handle>;
}

impl<V: Visibility, D: DType, const N: usize> Keys for [Tensor<V, D>; N] {
    type Visibility = V;

    #[allow(private_interfaces)]
    fn handles(self) -> Vec<Handle> {
        self.iter().map(|key| key.handle).collect()
    }
}

macro_rules! tuples {
    ($($visibility:ty: $(($V:ident, $D:ident, $i:tt))+;)+) => { $(
        impl<$($V: Visibility, $D: DType),+> Keys for ($(Tensor<$V, $D>,)+) {
            type Visibility = $visibility;

            #[allow(private_interfaces)]
            fn handles(self) -> Vec<Handle> {
                vec![$(self.$i.handle),+]
            }
        }
    )+ };
}

tuples! {
    V: (V, D, 0);
    V::Join<W>: (V, D, 0) (W, E, 1);
    <V::Join<W> as Visibility>::Join<X>: (V, D, 0) (W, E, 1) (X, F, 2);
    <<V::Join<W> as Visibility>::Join<X> as Visibility>::Join<Y>: (V, D, 0) (W, E, 1) (X, F, 2) (Y, G, 3);
}

fn random(rows: usize, location: Location) -> Handle {
    trace::emit(Op::RandomPermutation { shape: [rows].into(), draw: trace::draw() }, &[], location)
}

fn permuted(x: Handle, order: Handle, inverse: bool, location: Location) -> Handle {
    trace::emit(Op::Permute { inverse }, &[x, order], location)
}

/// Elements `start..limit` along the last axis.
fn part(x: Handle, start: usize, limit: usize, location: Location) -> Handle {
    let mut limits = trace::ty(x).shape.extents().to_vec();
    let mut starts = vec![0; limits.len()];
    if let (Some(first), Some(last)) = (starts.last_mut(), limits.last_mut()) {
        (*first, *last) = (start, limit);
    }
    trace::emit(Op::Slice { start: starts, limit: limits, strides: pphlo::Strides::UNIT }, &[x], location)
}

fn moved(x: Handle, axes: &[usize], location: Location) -> Handle {
    match axes.iter().copied().eq(0..axes.len()) {
        true => x,
        false => trace::emit(Op::Transpose { permutation: axes.to_vec() }, &[x], location),
    }
}

fn inverted(axes: &[usize]) -> Vec<usize> {
    let mut inverse = vec![0; axes.len()];
    axes.iter().enumerate().for_each(|(to, &from)| inverse[from] = to);
    inverse
}
