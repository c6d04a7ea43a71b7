//! What lives between programs: trees of shared tensors.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::tree::{flatten, rebuild};
use super::tuples::for_tuples;
use super::{DType, Disclosed, FlowsTo, HostOf, Public, Tensor, Tree, Visibility};
use crate::error::Error;
use crate::executor::{Leaf, LeafValue};
use crate::host::HostTensor;
use crate::location::Location;
use crate::pphlo::{Op, Type};
use crate::trace::{self, Purpose};

/// A tree `T` of tensors that a session holds: shares of the secret leaves, values of the public ones.
///
/// It is made by an input or a run and is an argument of further runs of the same session. Copies share the tensors.
pub struct Shared<T> {
    leaves: Vec<Leaf>,
    marker: PhantomData<fn() -> T>,
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self::from_leaves(self.leaves.clone())
    }
}

impl<T> fmt::Debug for Shared<T> {
    /// Prints types alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.leaves.iter().map(|leaf| leaf.ty.to_string())).finish()
    }
}

impl<T> Shared<T> {
    /// The leaves, in order.
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    pub(super) fn from_leaves(leaves: Vec<Leaf>) -> Self {
        Self { leaves, marker: PhantomData }
    }
}

impl<T: Tree> Shared<T> {
    /// The part of the tree that `path` names, as in `model.part(|model| model.hidden.weight)`. Nothing is computed:
    /// an operation in `path` is an error.
    #[track_caller]
    pub fn part<P: Tree>(&self, path: impl FnOnce(T) -> P) -> Result<Shared<P>, Error> {
        let location = Location::caller();
        let recording = trace::record(Purpose::Description, location, || {
            let types = self.leaves.iter().zip(T::leaves());
            let leaves = types.map(|(leaf, spec)| trace::parameter(spec.name, leaf.ty.clone(), location));
            flatten(path(rebuild(leaves.collect(), location)))
        })?;
        let graph = recording.graph;
        let leaves = graph.outputs.iter().map(|&output| match graph.node(graph.definition(output).0).operation {
            Op::Parameter { index } => Ok(self.leaves[index].clone()),
            _ => Err(Error::program("cannot compute with a part of a shared tree here", graph.value_location(output))),
        });
        Ok(Shared::from_leaves(leaves.collect::<Result<_, _>>()?))
    }
}

impl<V: Visibility, D: DType> Shared<Tensor<V, D>> {
    /// The only element of a public tensor, as a real number. Panics if the tensor has not exactly one element.
    pub fn item(&self) -> f64
    where
        V: FlowsTo<Public>,
    {
        let values = self.to_host().elements.to_f64();
        assert_eq!(values.len(), 1, "`item` is for tensors of one element");
        values[0]
    }

    /// The public tensor.
    pub fn to_host(&self) -> HostTensor
    where
        V: FlowsTo<Public>,
    {
        self.leaves[0].value.to_host().expect("a public leaf is in the clear")
    }
}

impl<D: DType> Shared<Disclosed<D>> {
    /// The tensor at the party to which it was disclosed, else nothing.
    pub fn get(&self) -> Option<HostTensor> {
        self.leaves[0].value.to_host()
    }
}

impl<D: DType> Shared<Tensor<Public, D>> {
    /// A public tensor of the host. It must be the same at every party.
    pub fn public(value: impl Into<HostOf<Tensor<Public, D>>>) -> Self {
        let tensor = HostTensor::from(value.into());
        let ty = Type::public(tensor.shape.clone(), tensor.elements.dtype());
        Self::from_leaves(vec![Leaf { ty, session: None, value: Arc::new(tensor) as Arc<dyn LeafValue> }])
    }
}

macro_rules! tuple {
    ($($T:ident $R:ident $i:tt,)*) => {
        impl<$($T: Tree),*> Shared<($($T,)*)> {
            /// The parts of the tuple.
            #[allow(unused_mut, unused_variables, clippy::unused_unit)]
            pub fn split(self) -> ($(Shared<$T>,)*) {
                let mut leaves = self.leaves.into_iter();
                ($(Shared::<$T>::from_leaves(leaves.by_ref().take($T::leaves().len()).collect()),)*)
            }
        }

        impl<$($T),*> From<($(Shared<$T>,)*)> for Shared<($($T,)*)> {
            #[allow(unused_mut, unused_variables)]
            fn from(parts: ($(Shared<$T>,)*)) -> Self {
                let mut leaves = Vec::new();
                $(leaves.extend(parts.$i.leaves);)*
                Self::from_leaves(leaves)
            }
        }
    };
}

for_tuples!(tuple);
