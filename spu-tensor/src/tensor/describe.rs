//! Trees without values: their shapes, or their data on the host.

use std::marker::PhantomData;
use std::sync::Arc;

use super::tree::{flatten, rebuild};
use super::tuples::for_tuples;
use super::{Bool, DType, Fxp, Int, Shared, Tensor, Tree, Visibility};
use crate::error::Error;
use crate::host::HostTensor;
use crate::location::Location;
use crate::pphlo::{Op, Type};
use crate::shape::Shape;
use crate::trace::{self, Purpose};

/// The tree `T` with a shape at each leaf: what [`input`](super::ExecutorExt::input), `step::cost` and `step::program` take.
///
/// Arrays of extents, tuples and arrays of descriptions, and the `&Shared<T>` that a session holds become one by `into()`. That of a struct is
/// written as the struct itself ([`ShapeOf::of`]), its leaves given by [`Tensor::with_shape`], its parts by [`graft`](ShapeOf::graft).
///
/// ```
/// # extern crate spu_tensor as spu;
/// use spu::{Fxp, Secret, ShapeOf, Tensor, Tree};
///
/// #[derive(Clone, Copy, Tree)]
/// struct Dense {
///     weight: Tensor<Secret, Fxp>,
///     bias: Tensor<Secret, Fxp>,
/// }
///
/// fn dense(inputs: usize, outputs: usize) -> ShapeOf<Dense> {
///     ShapeOf::of(|| Dense { weight: Tensor::with_shape([inputs, outputs]), bias: Tensor::with_shape([outputs]) })
/// }
///
/// #[derive(Clone, Copy, Tree)]
/// struct Encoder {
///     layers: [Dense; 2],
///     scale: Tensor<Secret, Fxp>,
/// }
///
/// # fn main() -> Result<(), spu::Error> {
/// let shape = ShapeOf::of(|| Encoder {
///     layers: [dense(784, 128).graft(), dense(128, 10).graft()],
///     scale: Tensor::with_shape([]),
/// });
/// let elements: Vec<usize> = shape.into_types()?.iter().map(|ty| ty.shape.elements()).collect();
/// assert_eq!(elements, [784 * 128, 128, 1280, 10, 1]);
///
/// let pair: ShapeOf<(Tensor<Secret, Fxp>, Dense)> = ([2, 3], dense(3, 1)).into();
/// assert_eq!(pair.into_types()?.len(), 3);
/// # Ok(())
/// # }
/// ```
pub struct ShapeOf<T> {
    types: Result<Vec<Type>, Error>,
    marker: PhantomData<fn() -> T>,
}

/// The tree `T` with a host tensor at each leaf: what a party gives to a session, and what a session reveals.
///
/// Numbers, a `Vec`, an `ndarray` array and a [`HostTensor`] become one by `into()`, and so do tuples and arrays of such. That of a struct is written as
/// the struct itself ([`HostOf::of`]), its leaves given by [`Tensor::with_data`], its parts by [`graft`](HostOf::graft).
///
/// ```
/// # extern crate spu_tensor as spu;
/// use spu::{Fxp, HostOf, HostTensor, Secret, Tensor, Tree};
///
/// #[derive(Clone, Copy, Tree)]
/// struct Model {
///     weight: Tensor<Secret, Fxp>,
///     bias: Tensor<Secret, Fxp>,
/// }
///
/// #[derive(Clone, Copy, Tree)]
/// struct Training {
///     model: Model,
///     velocity: Model,
/// }
///
/// fn filled(x: f64) -> Result<HostOf<Model>, spu::Error> {
///     let weight = HostTensor::fxp([2, 1], vec![x; 2]);
///     HostOf::of(|| Model { weight: Tensor::with_data(weight), bias: Tensor::with_data(vec![x]) })
/// }
///
/// # fn main() -> Result<(), spu::Error> {
/// let (model, velocity) = (filled(0.5)?, filled(0.0)?);
/// let start = HostOf::of(|| Training { model: model.graft(), velocity: velocity.graft() })?;
/// let names: Vec<String> = start.named().into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["model.weight", "model.bias", "velocity.weight", "velocity.bias"]);
/// # Ok(())
/// # }
/// ```
pub struct HostOf<T> {
    leaves: Vec<HostTensor>,
    marker: PhantomData<fn() -> T>,
}

impl<T> Clone for ShapeOf<T> {
    fn clone(&self) -> Self {
        Self { types: self.types.clone(), marker: PhantomData }
    }
}

impl<T> Clone for HostOf<T> {
    fn clone(&self) -> Self {
        Self { leaves: self.leaves.clone(), marker: PhantomData }
    }
}

impl<T: Tree> ShapeOf<T> {
    /// The shapes of the tree that `tree` gives, each leaf by [`Tensor::with_shape`] or a [`graft`](Self::graft). An error in it surfaces where the
    /// shapes are used.
    #[track_caller]
    pub fn of(tree: impl FnOnce() -> T) -> Self {
        let recording = trace::record(Purpose::Description, Location::caller(), || flatten(tree()));
        let types = recording.map(|recording| {
            let graph = recording.graph;
            let types = graph.outputs.iter().zip(T::leaves());
            types.map(|(&output, leaf)| Type { visibility: leaf.visibility, ..graph.ty(output).clone() }).collect()
        });
        Self { types, marker: PhantomData }
    }

    /// The tree itself, to stand as a part of a larger description: see [`ShapeOf`].
    #[track_caller]
    pub fn graft(self) -> T {
        let location = Location::caller();
        let types = self.types.unwrap_or_else(|error| {
            trace::fault(error.to_string(), &[], location);
            T::leaves().into_iter().map(|leaf| Type::new(Shape::SCALAR, leaf.dtype, leaf.visibility)).collect()
        });
        rebuild(types.into_iter().map(|ty| described(ty, location)).collect(), location)
    }
}

impl<T> ShapeOf<T> {
    /// Shape, data type and visibility of each leaf.
    pub fn into_types(self) -> Result<Vec<Type>, Error> {
        self.types
    }

    fn from_types(types: Result<Vec<Type>, Error>) -> Self {
        Self { types, marker: PhantomData }
    }
}

impl<T: Tree> HostOf<T> {
    /// The data of the tree that `tree` gives; each leaf comes from [`Tensor::with_data`], or a [`graft`](Self::graft).
    #[track_caller]
    pub fn of(tree: impl FnOnce() -> T) -> Result<Self, Error> {
        let location = Location::caller();
        let graph = trace::record(Purpose::Description, location, || flatten(tree()))?.graph;
        let literals = graph.outputs.iter().map(|&output| match &graph.node(graph.definition(output).0).operation {
            Op::Constant { literal } => Ok(Arc::clone(&literal.0)),
            _ => {
                Err(Error::program("cannot use a computed leaf as host data: give it by `Tensor::with_data`", location))
            }
        });
        let literals = literals.collect::<Result<Vec<_>, Error>>()?;
        drop(graph);
        Ok(Self::from_leaves(literals.into_iter().map(Arc::unwrap_or_clone).collect()))
    }

    /// The tree itself, to stand as a part of a larger description: see [`HostOf`].
    #[track_caller]
    pub fn graft(self) -> T {
        let location = Location::caller();
        rebuild(self.leaves.into_iter().map(|leaf| given(leaf, location)).collect(), location)
    }

    /// The tree of what `leaf` gives for each leaf's name and type, in order. A tensor of another shape or data type is an error of the data
    /// that names the leaf.
    ///
    /// ```
    /// use spu_tensor::{Fxp, HostOf, HostTensor, Secret, ShapeOf, Tensor};
    ///
    /// let shape: ShapeOf<(Tensor<Secret, Fxp>, Tensor<Secret, Fxp>)> = ([2], [1]).into();
    /// let ones = HostOf::filled(shape, |_, ty| Ok(HostTensor::fxp(ty.shape.clone(), vec![1.0; ty.shape.elements()])))?;
    /// assert_eq!(ones.named()[1], ("1".into(), HostTensor::fxp([1], vec![1.0])));
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    pub fn filled(
        shape: impl Into<ShapeOf<T>>,
        mut leaf: impl FnMut(&str, &Type) -> Result<HostTensor, Error>,
    ) -> Result<Self, Error> {
        let one = |(spec, ty): (super::LeafSpec, Type)| {
            let tensor = leaf(&spec.name, &ty)?;
            let dtype = tensor.elements.dtype();
            if dtype == ty.dtype && tensor.shape == ty.shape {
                return Ok(tensor);
            }
            let problem = format!("expected {}{}, found {dtype}{}", ty.dtype, ty.shape, tensor.shape);
            Err(Error::data(super::call::named(spec.name, "tensor"), None, problem))
        };
        let leaves = T::leaves().into_iter().zip(shape.into().into_types()?).map(one);
        Ok(Self::from_leaves(leaves.collect::<Result<_, _>>()?))
    }

    /// The leaves with their names.
    pub fn named(self) -> Vec<(String, HostTensor)> {
        T::leaves().into_iter().map(|leaf| leaf.name).zip(self.leaves).collect()
    }
}

impl<T> HostOf<T> {
    /// The data of the leaves, in order.
    pub fn into_leaves(self) -> Vec<HostTensor> {
        self.leaves
    }

    pub(super) fn from_leaves(leaves: Vec<HostTensor>) -> Self {
        Self { leaves, marker: PhantomData }
    }
}

impl<V, D> HostOf<Tensor<V, D>> {
    /// The extents.
    pub fn shape(&self) -> &Shape {
        &self.leaves[0].shape
    }

    /// The elements as real numbers, row-major; truth values are 0 and 1.
    pub fn values(&self) -> Vec<f64> {
        self.leaves[0].elements.to_f64()
    }
}

impl<V: Visibility, D: DType> Tensor<V, D> {
    /// A leaf of [`ShapeOf::of`]: see [`ShapeOf`]. In a program it is an error.
    #[track_caller]
    pub fn with_shape(shape: impl Into<Shape>) -> Self {
        let location = Location::caller();
        Self::from_handle(described(Type::new(shape, D::DTYPE, V::VISIBILITY), location))
    }

    /// A leaf of [`HostOf::of`]: see [`HostOf`]. In a program it is an error.
    #[track_caller]
    pub fn with_data(data: impl Into<HostOf<Self>>) -> Self {
        let location = Location::caller();
        let [tensor] = <[HostTensor; 1]>::try_from(data.into().leaves).expect("a tensor is one leaf");
        Self::checked(given(tensor, location), location)
    }
}

fn described(ty: Type, location: Location) -> trace::Handle {
    if !trace::is_description() {
        trace::fault("cannot use a mere shape in a program: it stands in `ShapeOf::of`", &[], location);
    }
    trace::parameter("shape".into(), ty, location)
}

fn given(tensor: HostTensor, location: Location) -> trace::Handle {
    if !trace::is_description() {
        let message =
            "cannot use host data in a program: share it by `input`, or use `Tensor::constant` if it is public";
        trace::fault(message, &[], location);
    }
    trace::literal(tensor, location)
}

impl<V, D> From<HostTensor> for HostOf<Tensor<V, D>> {
    fn from(tensor: HostTensor) -> Self {
        Self::from_leaves(vec![tensor])
    }
}

impl<V, D> From<HostOf<Tensor<V, D>>> for HostTensor {
    fn from(host: HostOf<Tensor<V, D>>) -> Self {
        let [tensor] = <[HostTensor; 1]>::try_from(host.leaves).expect("a tensor is one leaf");
        tensor
    }
}

macro_rules! host_leaves {
    ($($host:ty => $dtype:ty;)+) => { $(
        impl<V> From<$host> for HostOf<Tensor<V, $dtype>> {
            fn from(value: $host) -> Self {
                HostTensor::from(value).into()
            }
        }

        impl<V> From<Vec<$host>> for HostOf<Tensor<V, $dtype>> {
            fn from(values: Vec<$host>) -> Self {
                HostTensor::from(values).into()
            }
        }

        impl<V, I: ndarray::Dimension> From<ndarray::Array<$host, I>> for HostOf<Tensor<V, $dtype>> {
            fn from(array: ndarray::Array<$host, I>) -> Self {
                HostTensor::from(array).into()
            }
        }
    )+ };
}

host_leaves! {
    f64 => Fxp;
    i64 => Int;
    bool => Bool;
}

impl<V: Visibility, D: DType> From<Shape> for ShapeOf<Tensor<V, D>> {
    fn from(shape: Shape) -> Self {
        Self::from_types(Ok(vec![Type::new(shape, D::DTYPE, V::VISIBILITY)]))
    }
}

impl<V: Visibility, D: DType, const N: usize> From<[usize; N]> for ShapeOf<Tensor<V, D>> {
    fn from(extents: [usize; N]) -> Self {
        Shape::from(extents).into()
    }
}

impl<V: Visibility, D: DType> From<Vec<usize>> for ShapeOf<Tensor<V, D>> {
    fn from(extents: Vec<usize>) -> Self {
        Shape::from(extents).into()
    }
}

impl<T> From<&Shared<T>> for ShapeOf<T> {
    fn from(shared: &Shared<T>) -> Self {
        Self::from_types(Ok(shared.leaves().iter().map(|leaf| leaf.ty.clone()).collect()))
    }
}

impl<T, S: Into<ShapeOf<T>>, const N: usize> From<[S; N]> for ShapeOf<[T; N]> {
    fn from(parts: [S; N]) -> Self {
        let types: Result<Vec<_>, Error> = parts.into_iter().map(|part| part.into().types).collect();
        Self::from_types(types.map(|types| types.concat()))
    }
}

impl<T, H: Into<HostOf<T>>, const N: usize> From<[H; N]> for HostOf<[T; N]> {
    fn from(parts: [H; N]) -> Self {
        Self::from_leaves(parts.into_iter().flat_map(|part| part.into().leaves).collect())
    }
}

macro_rules! tuple {
    ($($T:ident $R:ident $i:tt,)*) => {
        impl<$($T, $R: Into<ShapeOf<$T>>),*> From<($($R,)*)> for ShapeOf<($($T,)*)> {
            #[allow(unused_variables)]
            fn from(parts: ($($R,)*)) -> Self {
                let types: Vec<Result<Vec<Type>, Error>> = vec![$(parts.$i.into().types),*];
                Self::from_types(types.into_iter().collect::<Result<Vec<_>, _>>().map(|types| types.concat()))
            }
        }

        impl<$($T, $R: Into<HostOf<$T>>),*> From<($($R,)*)> for HostOf<($($T,)*)> {
            #[allow(unused_mut, unused_variables)]
            fn from(parts: ($($R,)*)) -> Self {
                let mut leaves = Vec::new();
                $(leaves.extend(parts.$i.into().leaves);)*
                Self::from_leaves(leaves)
            }
        }

        impl<$($T: Tree),*> HostOf<($($T,)*)> {
            /// The parts of the tuple.
            #[allow(unused_mut, unused_variables, clippy::unused_unit)]
            pub fn split(self) -> ($(HostOf<$T>,)*) {
                let mut leaves = self.leaves.into_iter();
                ($(HostOf::<$T>::from_leaves(leaves.by_ref().take($T::leaves().len()).collect()),)*)
            }
        }
    };
}

for_tuples!(tuple);
