//! Refusing what does not fit, as operations do, and telling whose line it is.

use super::{DType, Tensor, Visibility};
use crate::location::Location;
use crate::trace;

/// Makes the program an error: at the caller's line, with this message, and with the operand's shape and where it came from.
/// For functions that ask more of their operands than the operations they are made of.
///
/// Tracing goes on, as after any operation that does not fit; the first error of a program is the one that is returned.
///
/// ```
/// use spu_tensor::{Fxp, Secret, Tensor, evaluate, refuse};
///
/// let halves = |x: Tensor<Secret, Fxp>| {
///     if x.shape().elements() % 2 != 0 {
///         refuse(format!("cannot halve {}", x.shape()), x);
///     }
///     x.slice(0..x.shape().elements() / 2)
/// };
/// let error = evaluate(vec![1.0, 2.0, 3.0], halves).err().unwrap();
/// assert!(error.to_string().starts_with("cannot halve [3]"));
/// ```
#[track_caller]
pub fn refuse<V: Visibility, D: DType>(message: impl Into<String>, operand: Tensor<V, D>) {
    trace::fault(message, &[operand.handle], Location::caller());
}

/// Runs `body`; all that it traces stands at `location`, in errors and in costs. Of nested calls the outermost counts.
///
/// For functions whose callers are to see their own line: `#[track_caller]` passes it on to operations in the function itself, but not into closures, as
/// [`Tree::map`](crate::Tree::map) and [`Tree::zip`](crate::Tree::zip) take them.
///
/// ```
/// use spu_tensor::{Error, Fxp, Location, Secret, Tensor, Tree, evaluate, located};
///
/// type Pair = (Tensor<Secret, Fxp>, Tensor<Secret, Fxp>);
///
/// #[track_caller]
/// fn sum(a: Pair, b: Pair) -> Pair {
///     located(Location::caller(), || a.zip(b, |a, b| a + b))
/// }
///
/// let own_line = line!() + 1;
/// let sums = |a: Pair, b: Pair| sum(a, b);
/// let result = evaluate(((vec![1.0; 2], vec![1.0; 4]), (vec![1.0; 2], vec![1.0; 3])), |(a, b)| sums(a, b));
/// let Err(Error::Program(diagnostic)) = result else { panic!("[4] does not go with [3]") };
/// assert_eq!(diagnostic.labels[0].location.line, own_line);
/// ```
pub fn located<R>(location: Location, body: impl FnOnce() -> R) -> R {
    trace::located(location, body)
}
