//! Control flow that stays in the program: branches and loops become operations with regions.
//!
//! What decides is public: it is the same at every party, and every party sees it. A secret decides through
//! [`select`](super::select) and [`for_bounded`], which do all the work that could be asked for. Closures use tensors from around
//! them freely.

mod bounded;
mod branch;
mod counted;
mod repeat;

pub use bounded::for_bounded;
pub use branch::cond;
pub use counted::{Trips, fori, scan};
pub use repeat::{LoopCondition, while_loop};

use super::tree::rebuild;
use super::{LeafSpec, Tree};
use crate::location::Location;
use crate::pphlo::{self, Op, Type, Visibility};
use crate::shape::Shape;
use crate::trace::{self, Handle};

/// The leaves of a state on its way into a loop: secret where their type in the language is.
fn as_typed(state: Vec<Handle>, specs: &[LeafSpec], location: Location) -> Vec<Handle> {
    let typed = |(leaf, spec): (Handle, &LeafSpec)| match spec.visibility == Visibility::Secret {
        true if !trace::ty(leaf).is_secret() => trace::emit(Op::ToSecret, &[leaf], location),
        _ => leaf,
    };
    state.into_iter().zip(specs).map(typed).collect()
}

/// The leaves that an iteration gives, if they have the types that the loop carries; else the trace is poisoned.
fn carried(next: Vec<Handle>, from: &[Handle], specs: &[LeafSpec], location: Location) -> Vec<Handle> {
    let next = as_typed(next, specs, location);
    for ((&next, &from), spec) in next.iter().zip(from).zip(specs) {
        let (was, is) = (trace::ty(from), trace::ty(next));
        if was != is {
            let leaf = if spec.name.is_empty() { "the state".into() } else { format!("`{}`", spec.name) };
            trace::fault(format!("a loop cannot change {leaf} from {was} to {is}"), &[next, from], location);
        }
    }
    next
}

/// A `T` to go on with in a poisoned trace.
fn placeholder<T: Tree>(location: Location) -> T {
    let types = T::leaves().into_iter().map(|leaf| Type::new(Shape::SCALAR, leaf.dtype, leaf.visibility));
    rebuild(types.map(|ty| trace::placeholder(ty, location)).collect(), location)
}

/// What one party learns can only be returned.
fn refuse_disclosed<T: Tree>(what: &str, location: Location) {
    if T::leaves().iter().any(|leaf| leaf.is_disclosed) {
        trace::fault(format!("cannot {what} disclosed values: they can only be returned"), &[], location);
    }
}

fn is_one_truth_value(condition: Handle, what: &str, location: Location) {
    let ty = trace::ty(condition);
    if ty.shape.rank() != 0 || ty.dtype != pphlo::DType::Bool {
        trace::fault(format!("cannot {what} {ty}: it takes one truth value"), &[condition], location);
    }
}
