//! Trees: whatever is made of tensors. Models, optimizer states and batches are trees.

use super::tuples::for_tuples;
use super::{DType, Disclosed, FlowsInto, Fxp, Secret, Tensor, Visibility};
use crate::location::Location;
use crate::pphlo;
use crate::trace::Handle;

/// A tensor, a tuple (of at most 16) or an array of trees, or a struct of trees with `#[derive(Clone, Copy, Tree)]`.
///
/// Leaves are named by their way from the root, `hidden.weight`; tuples and arrays count from 0.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not made of tensors",
    label = "this is no tensor, and no tuple, array or `Tree` of tensors",
    note = "add `#[derive(Clone, Copy, Tree)]` to `{Self}`"
)]
pub trait Tree: Sized {
    /// Appends the leaves below `name`, in order.
    fn specs(name: &str, specs: &mut Vec<LeafSpec>);

    #[doc(hidden)]
    fn flatten(self, leaves: &mut Leaves);

    #[doc(hidden)]
    fn build(leaves: &mut Leaves) -> Self;

    /// The leaves, in order.
    fn leaves() -> Vec<LeafSpec> {
        let mut specs = Vec::new();
        Self::specs("", &mut specs);
        specs
    }

    /// The tree of `f(a, b)` for each leaf `a` of this tree and `b` of the other. Every leaf is a `Tensor<Secret, Fxp>`.
    #[track_caller]
    fn zip(
        self,
        other: Self,
        mut f: impl FnMut(Tensor<Secret, Fxp>, Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp>,
    ) -> Self
    where
        Self: LeavesAre<Tensor<Secret, Fxp>>,
    {
        let pairs = flatten(self).into_iter().zip(flatten(other));
        let leaves = pairs.map(|(a, b)| f(Tensor::from_handle(a), Tensor::from_handle(b)).handle);
        rebuild(leaves.collect(), Location::caller())
    }

    /// The tree of `f(a)` for each leaf `a`. Every leaf is a `Tensor<Secret, Fxp>`.
    #[track_caller]
    fn map(self, mut f: impl FnMut(Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp>) -> Self
    where
        Self: LeavesAre<Tensor<Secret, Fxp>>,
    {
        let leaves = flatten(self).into_iter().map(|leaf| f(Tensor::from_handle(leaf)).handle);
        rebuild(leaves.collect(), Location::caller())
    }
}

/// A leaf of a tree, as its type tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafSpec {
    /// Its way from the root; empty if the tree is one tensor.
    pub name: String,
    /// Its data type.
    pub dtype: pphlo::DType,
    /// The most secret that it can be.
    pub visibility: pphlo::Visibility,
    /// Whether one party alone learns it.
    pub is_disclosed: bool,
}

/// Trees of which every leaf is an `L`.
#[diagnostic::on_unimplemented(
    message = "not every leaf of `{Self}` is a `{L}`",
    label = "`zip` and `map` write a `{L}` into every leaf",
    note = "a secret must not reach a public leaf: work on the fields one by one"
)]
pub trait LeavesAre<L> {}

/// Values on the way into or out of a tree.
pub struct Leaves {
    handles: std::collections::VecDeque<Handle>,
    location: Location,
}

impl Leaves {
    fn next(&mut self) -> Handle {
        self.handles.pop_front().expect("a tree is built of as many values as it has leaves")
    }
}

/// The values at the leaves, in order.
pub(crate) fn flatten(tree: impl Tree) -> Vec<Handle> {
    let mut leaves = Leaves { handles: Default::default(), location: Location::UNKNOWN };
    tree.flatten(&mut leaves);
    leaves.handles.into()
}

/// The tree with these values at its leaves; a value of another visibility or data type poisons the trace.
pub(crate) fn rebuild<T: Tree>(handles: Vec<Handle>, location: Location) -> T {
    T::build(&mut Leaves { handles: handles.into(), location })
}

/// The name of a part below `name`.
pub fn join_name(name: &str, part: &str) -> String {
    match name {
        "" => part.to_owned(),
        name => format!("{name}.{part}"),
    }
}

#[diagnostic::do_not_recommend]
impl<V: Visibility, D: DType> Tree for Tensor<V, D> {
    fn specs(name: &str, specs: &mut Vec<LeafSpec>) {
        specs.push(LeafSpec { name: name.to_owned(), dtype: D::DTYPE, visibility: V::VISIBILITY, is_disclosed: false });
    }

    fn flatten(self, leaves: &mut Leaves) {
        leaves.handles.push_back(self.handle);
    }

    fn build(leaves: &mut Leaves) -> Self {
        Self::checked(leaves.next(), leaves.location)
    }
}

#[diagnostic::do_not_recommend]
impl<D: DType> Tree for Disclosed<D> {
    fn specs(name: &str, specs: &mut Vec<LeafSpec>) {
        let visibility = pphlo::Visibility::Secret;
        specs.push(LeafSpec { name: name.to_owned(), dtype: D::DTYPE, visibility, is_disclosed: true });
    }

    fn flatten(self, leaves: &mut Leaves) {
        leaves.handles.push_back(self.handle);
    }

    fn build(leaves: &mut Leaves) -> Self {
        Self { handle: leaves.next(), marker: std::marker::PhantomData }
    }
}

#[diagnostic::do_not_recommend]
impl<T: Tree, const N: usize> Tree for [T; N] {
    fn specs(name: &str, specs: &mut Vec<LeafSpec>) {
        (0..N).for_each(|i| T::specs(&join_name(name, &i.to_string()), specs));
    }

    fn flatten(self, leaves: &mut Leaves) {
        self.into_iter().for_each(|part| part.flatten(leaves));
    }

    fn build(leaves: &mut Leaves) -> Self {
        std::array::from_fn(|_| T::build(leaves))
    }
}

#[diagnostic::do_not_recommend]
impl<V: Visibility, D: DType> LeavesAre<Self> for Tensor<V, D> {}

#[diagnostic::do_not_recommend]
impl<L, T: LeavesAre<L>, const N: usize> LeavesAre<L> for [T; N] {}

macro_rules! tuple {
    ($($T:ident $R:ident $i:tt,)*) => {
        #[diagnostic::do_not_recommend]
        impl<$($T: Tree),*> Tree for ($($T,)*) {
            #[allow(unused_variables)]
            fn specs(name: &str, specs: &mut Vec<LeafSpec>) {
                $($T::specs(&join_name(name, stringify!($i)), specs);)*
            }

            #[allow(unused_variables)]
            fn flatten(self, leaves: &mut Leaves) {
                $(self.$i.flatten(leaves);)*
            }

            #[allow(unused_variables, clippy::unused_unit)]
            fn build(leaves: &mut Leaves) -> Self {
                ($($T::build(leaves),)*)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<L, $($T: LeavesAre<L>),*> LeavesAre<L> for ($($T,)*) {}

        #[diagnostic::do_not_recommend]
        impl<$($T: FlowsInto<$R>, $R),*> FlowsInto<($($R,)*)> for ($($T,)*) {
            #[allow(unused_variables, clippy::unused_unit)]
            fn flow(self, location: Location) -> ($($R,)*) {
                ($(self.$i.flow(location),)*)
            }
        }
    };
}

for_tuples!(tuple);
