//! Entries chosen, or changed, by an index that is a tensor.

use super::operand::convert;
use super::{Bool, DType, FlowsTo, Int, Numeric, Public, Tensor, Visibility};
use crate::location::Location;
use crate::pphlo::Op;
use crate::shape::Shape;
use crate::trace::{self, Handle};

impl<V: Visibility, D: DType> Tensor<V, D> {
    /// The entries of the first axis that `index` names; the index's axes stand in its place. An index outside gives zeros.
    ///
    /// The index is public: which entries are read shows in memory. It costs no communication. For an index that nobody may know
    /// there is [`gather_secret`](Self::gather_secret).
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![10.0, 20.0, 30.0], |x: Tensor<Secret, Fxp>| x.gather(Tensor::constant(vec![2, 0, 3])))?;
    /// assert_eq!(y.values(), [30.0, 10.0, 0.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn gather<W: FlowsTo<Public>>(self, index: Tensor<W, Int>) -> Self {
        Self::from_handle(trace::emit(Op::Gather { axis: 0 }, &[self.handle, index.handle], Location::caller()))
    }

    /// The entries of an axis that a public index names; the index's axes stand in its place. An index outside gives zeros.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0, 3.0, 4.0], |x: Tensor<Secret, Fxp>| {
    ///     x.reshape([2, 2]).take(Tensor::constant(1), 1)
    /// })?;
    /// assert_eq!(y.values(), [2.0, 4.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn take<W: FlowsTo<Public>>(self, index: Tensor<W, Int>, axis: usize) -> Self {
        Self::from_handle(trace::emit(Op::Gather { axis }, &[self.handle, index.handle], Location::caller()))
    }

    /// As [`gather`](Self::gather), by an index that nobody learns. Every entry takes part: an index becomes a unit vector, in two rounds
    /// where it is known to lie in `0..n`, as after [`assume`](Tensor::assume), else in five, and then takes a product with all entries. Entries of another axis
    /// than the first are gathered after a transpose, which costs nothing.
    ///
    /// ```
    /// use spu_tensor::{Int, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![2, 0, -1], |index: Tensor<Secret, Int>| {
    ///     Tensor::constant(vec![10.0, 20.0, 30.0]).gather_secret(index)
    /// })?;
    /// assert_eq!(y.values(), [30.0, 10.0, 0.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn gather_secret<W: Visibility>(self, index: Tensor<W, Int>) -> Tensor<V::Join<W>, D> {
        Tensor::from_handle(trace::emit(Op::Gather { axis: 0 }, &[self.handle, index.handle], Location::caller()))
    }

    /// The entries of the first axis that a public index names replaced by `entries`; of several for one index the last one
    /// stays, and an index outside names nothing. As `x.at[index].set(entries)` in JAX. For another axis than the first, transpose before and after: it costs nothing.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0, 3.0], |x: Tensor<Secret, Fxp>| {
    ///     x.scatter(Tensor::constant(vec![2, 0]), Tensor::constant(vec![7.0, 8.0]))
    /// })?;
    /// assert_eq!(y.values(), [8.0, 2.0, 7.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn scatter<W: FlowsTo<Public>, U: Visibility>(
        self,
        index: Tensor<W, Int>,
        entries: Tensor<U, D>,
    ) -> Tensor<V::Join<U>, D> {
        let operands = [self.handle, index.handle, entries.handle];
        Tensor::from_handle(trace::emit(Op::Scatter { axis: 0 }, &operands, Location::caller()))
    }

    /// The block of these sizes that starts at `starts`, one for each axis, moved as far as needed to lie inside.
    ///
    /// Public starts cost nothing. A secret one takes a comparison for each place where the block can start but the first, and a
    /// product with the whole axis.
    ///
    /// ```
    /// use spu_tensor::{Int, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(7, |start: Tensor<Secret, Int>| {
    ///     Tensor::constant(vec![1.0, 2.0, 3.0]).dynamic_slice([start], [2])
    /// })?;
    /// assert_eq!(y.values(), [2.0, 3.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn dynamic_slice<W: Visibility>(
        self,
        starts: impl AsRef<[Tensor<W, Int>]>,
        sizes: impl AsRef<[usize]>,
    ) -> Tensor<V::Join<W>, D> {
        let operands = [&[self.handle], &handles(starts.as_ref())[..]].concat();
        let sizes = sizes.as_ref().to_vec();
        Tensor::from_handle(trace::emit(Op::DynamicSlice { sizes }, &operands, Location::caller()))
    }

    /// This with the block at `starts` replaced by `update`; as in [`dynamic_slice`](Self::dynamic_slice) the block is moved to lie
    /// inside, and starts may be secret.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0, 3.0], |x: Tensor<Secret, Fxp>| {
    ///     x.dynamic_update_slice(Tensor::constant(vec![8.0, 9.0]), [Tensor::constant(0)])
    /// })?;
    /// assert_eq!(y.values(), [8.0, 9.0, 3.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn dynamic_update_slice<U: Visibility, W: Visibility>(
        self,
        update: Tensor<U, D>,
        starts: impl AsRef<[Tensor<W, Int>]>,
    ) -> Tensor<V::Join<U::Join<W>>, D> {
        let operands = [&[self.handle, update.handle], &handles(starts.as_ref())[..]].concat();
        Tensor::from_handle(trace::emit(Op::DynamicUpdateSlice, &operands, Location::caller()))
    }
}

impl<V: Visibility, D: Numeric> Tensor<V, D> {
    /// `entries` added to the entries of the first axis that a public index names, as often as it names them; an index outside
    /// names nothing. As `x.at[index].add(entries)` in JAX. It costs no communication. For another axis than the first, transpose before and after.
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0, 3.0], |x: Tensor<Secret, Fxp>| {
    ///     Tensor::<_, Fxp>::zeros([2]).scatter_add(Tensor::constant(vec![1, 0, 1]), x)
    /// })?;
    /// assert_eq!(y.values(), [2.0, 4.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn scatter_add<W: FlowsTo<Public>, U: Visibility>(
        self,
        index: Tensor<W, Int>,
        entries: Tensor<U, D>,
    ) -> Tensor<V::Join<U>, D::AtLeastInt> {
        let operands = [self.handle, index.handle, entries.handle];
        Tensor::from_handle(scatter_add(operands, D::AtLeastInt::DTYPE, Location::caller()))
    }

    /// As [`scatter_add`](Self::scatter_add), by an index that nobody learns, at the cost of
    /// [`gather_secret`](Self::gather_secret).
    ///
    /// ```
    /// use spu_tensor::{Fxp, Int, Secret, Tensor, evaluate};
    ///
    /// let histogram = evaluate(vec![1, 0, 1], |index: Tensor<Secret, Int>| {
    ///     Tensor::<_, Fxp>::zeros([2]).scatter_add_secret(index, Tensor::full([3], 1.0))
    /// })?;
    /// assert_eq!(histogram.values(), [1.0, 2.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn scatter_add_secret<W: Visibility, U: Visibility>(
        self,
        index: Tensor<W, Int>,
        entries: Tensor<U, D>,
    ) -> Tensor<V::Join<U::Join<W>>, D::AtLeastInt> {
        let operands = [self.handle, index.handle, entries.handle];
        Tensor::from_handle(scatter_add(operands, D::AtLeastInt::DTYPE, Location::caller()))
    }
}

impl<V: Visibility> Tensor<V, Int> {
    /// Where this is 0, 1, …, `depth` − 1, along a new last axis; false everywhere for a value outside.
    ///
    /// ```
    /// use spu_tensor::{Int, Secret, Tensor, evaluate};
    ///
    /// let hot = evaluate(vec![1, 2], |x: Tensor<Secret, Int>| x.one_hot(2))?;
    /// assert_eq!(hot.values(), [0.0, 1.0, 0.0, 0.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn one_hot(self, depth: usize) -> Tensor<V, Bool> {
        Tensor::from_handle(trace::emit(Op::OneHot { depth }, &[self.handle], Location::caller()))
    }
}

impl Tensor<Public, Int> {
    /// 0, 1, 2, … along an axis, the same along all others.
    ///
    /// ```
    /// use spu_tensor::{Int, Public, Tensor, evaluate};
    ///
    /// let y = evaluate(10, |x: Tensor<Public, Int>| x + Tensor::iota([2, 3], 1))?;
    /// assert_eq!(y.values(), [10.0, 11.0, 12.0, 10.0, 11.0, 12.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn iota(shape: impl Into<Shape>, axis: usize) -> Self {
        Self::from_handle(trace::emit(Op::Iota { shape: shape.into(), axis }, &[], Location::caller()))
    }

    /// 0, 1, …, n − 1.
    ///
    /// ```
    /// use spu_tensor::{Int, Public, Tensor, evaluate};
    ///
    /// let y = evaluate(1, |x: Tensor<Public, Int>| x + Tensor::arange(3))?;
    /// assert_eq!(y.values(), [1.0, 2.0, 3.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn arange(n: usize) -> Self {
        Self::iota([n], 0)
    }
}

fn handles<W>(tensors: &[Tensor<W, Int>]) -> Vec<Handle> {
    tensors.iter().map(|tensor| tensor.handle).collect()
}

fn scatter_add([x, index, entries]: [Handle; 3], dtype: crate::pphlo::DType, location: Location) -> Handle {
    let [x, entries] = [x, entries].map(|operand| convert(operand, dtype, location));
    trace::emit(Op::ScatterAdd { axis: 0 }, &[x, index, entries], location)
}
