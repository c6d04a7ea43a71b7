//! Derivatives: of a traced function, with respect to a tree.

use super::tree::{flatten, rebuild};
use super::tuples::for_tuples;
use super::{FlowsTo, Fxp, Tensor, Tree, Visibility};
use crate::location::Location;
use crate::pphlo::{DType, Op};
use crate::trace;

/// Trees for which a value of visibility `V` has a gradient: every leaf is fixed-point, and `V` flows into it.
#[diagnostic::on_unimplemented(
    message = "cannot differentiate with respect to `{Self}`",
    label = "its gradient would be of the same type",
    note = "a gradient is as secret as the value: differentiate with respect to `Tensor<Secret, Fxp>`, which a public tensor becomes by `.to_secret()`",
    note = "`Int` and `Bool` have no derivative"
)]
pub trait Differentiable<V: Visibility> {}

#[diagnostic::do_not_recommend]
impl<V: FlowsTo<W>, W: Visibility> Differentiable<V> for Tensor<W, Fxp> {}

#[diagnostic::do_not_recommend]
impl<V: Visibility, T: Differentiable<V>, const N: usize> Differentiable<V> for [T; N] {}

/// `f(tree)`, a scalar, and its derivative with respect to each leaf of the tree.
///
/// Loops in `f` that the host counts are written out, so all values of all their iterations live until the derivative is made; a
/// `while_loop` between the argument and the value is an error.
///
/// Only the argument of `f` counts: a leaf that `f` captures as well is a constant there.
///
/// ```
/// use spu_tensor::{Fxp, Secret, Tensor, evaluate, value_and_grad};
///
/// let (value, slope) = evaluate(vec![3.0], |x: Tensor<Secret, Fxp>| value_and_grad(x, |x| (x * x).sum_all()))?.split();
/// assert_eq!((value.values(), slope.values()), (vec![9.0], vec![6.0]));
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn value_and_grad<P: Tree + Differentiable<V>, V: Visibility>(
    tree: P,
    f: impl FnOnce(P) -> Tensor<V, Fxp>,
) -> (Tensor<V, Fxp>, P) {
    let ((value, ()), gradient) = value_and_grad_aux(tree, |tree| (f(tree), ()));
    (value, gradient)
}

/// As [`value_and_grad`], of a function that gives something beside its value: new running statistics, or predictions. That is
/// passed on, and no derivative is taken of it.
///
/// ```
/// use spu_tensor::{Fxp, Secret, Tensor, evaluate, value_and_grad_aux};
///
/// let found = evaluate(vec![3.0], |x: Tensor<Secret, Fxp>| {
///     let ((value, double), slope) = value_and_grad_aux(x, |x| ((x * x).sum_all(), x + x));
///     (value, double, slope)
/// })?;
/// let (value, double, slope) = found.split();
/// assert_eq!((value.values(), double.values(), slope.values()), (vec![9.0], vec![6.0], vec![6.0]));
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn value_and_grad_aux<P: Tree + Differentiable<V>, V: Visibility, A>(
    tree: P,
    f: impl FnOnce(P) -> (Tensor<V, Fxp>, A),
) -> ((Tensor<V, Fxp>, A), P) {
    let location = Location::caller();
    // A node of its own for each leaf tells the argument of `f` from other uses of the same value.
    let variables: Vec<_> = flatten(tree)
        .into_iter()
        .map(|leaf| trace::emit(Op::Reshape { shape: trace::ty(leaf).shape }, &[leaf], location))
        .collect();
    let (value, aux) = trace::differentiated(|| f(rebuild(variables.clone(), location)));
    let ty = trace::ty(value.handle);
    if ty.shape.rank() != 0 || ty.dtype != DType::Fxp {
        let message = format!("cannot differentiate {ty}: the function must give a fixed-point scalar");
        trace::fault(message, &[value.handle], location);
        return ((value, aux), rebuild(variables, location));
    }
    ((value, aux), rebuild(trace::gradient(value.handle, &variables, location), location))
}

macro_rules! tuple {
    ($($T:ident $R:ident $i:tt,)*) => {
        #[diagnostic::do_not_recommend]
        impl<VIS: Visibility, $($T: Differentiable<VIS>),*> Differentiable<VIS> for ($($T,)*) {}
    };
}

for_tuples!(tuple);
