//! Loops whose number of iterations the host knows.

use std::ops::Range;

use super::super::tree::{flatten, rebuild};
use super::super::{Int, LeafSpec, Public, Tensor, Tree, sealed::Sealed};
use super::{as_typed, carried, placeholder, refuse_disclosed};
use crate::host::HostTensor;
use crate::location::Location;
use crate::pphlo::{Op, Strides, Type};
use crate::shape::Shape;
use crate::trace::{self, Handle};

/// How often a loop runs: a number, or a range of numbers, of the host.
#[diagnostic::on_unimplemented(
    message = "cannot count by `{Self}`",
    label = "`fori` counts by an integer of the host or a range of them: `10`, `1..n`",
    note = "for a number of iterations that only the data tells use `while_loop`, or `for_bounded` if it is secret"
)]
pub trait Trips: Sealed {
    /// The first number, and how many there are.
    fn trips(self) -> (i64, usize);
}

macro_rules! counts {
    ($($int:ty),+) => { $(
        #[diagnostic::do_not_recommend]
        impl Trips for $int {
            fn trips(self) -> (i64, usize) {
                (0..self).trips()
            }
        }

        #[diagnostic::do_not_recommend]
        impl Trips for Range<$int> {
            fn trips(self) -> (i64, usize) {
                // What does not fit is refused where the loop is typed.
                let count = (self.end as i128 - self.start as i128).max(0);
                (self.start as i64, usize::try_from(count).unwrap_or(usize::MAX))
            }
        }

        impl Sealed for Range<$int> {}
    )+ };
}

counts!(i32, i64, u32, usize);

impl Sealed for i32 {}
impl Sealed for u32 {}

/// `body(i, state)` for each i of the range, or of `0..n`; each iteration is given the state that the one before gave. Each leaf
/// keeps its shape; a leaf of a secret type is secret from the start.
///
/// A loop of little work is written out, so that rounds of different iterations can be one. Inside a function that is
/// differentiated every loop is: all values of all iterations then live at once.
///
/// ```
/// use spu_tensor::{Fxp, Secret, Tensor, evaluate, fori};
///
/// // Horner's rule for 1 + x/1·(1 + x/2·(1 + x/3·(…))): e^x.
/// let exp = |x: Tensor<Secret, Fxp>| fori(0..12, x * 0.0 + 1.0, |i, sum| 1.0 + x * sum / (12 - i));
/// assert!((evaluate(0.5, exp)?.values()[0] - 0.5f64.exp()).abs() < 1e-9);
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn fori<T: Tree>(range: impl Trips, init: T, mut body: impl FnMut(Tensor<Public, Int>, T) -> T) -> T {
    let location = Location::caller();
    refuse_disclosed::<T>("carry", location);
    let (start, trips) = range.trips();
    let step = &mut |i, state, _| (flatten(body(Tensor::from_handle(i), rebuild(state, location))), Vec::new());
    let counted = Counted { start, trips, specs: T::leaves(), location };
    let Some((state, _)) = counted.run(flatten(init), Vec::new(), step) else { return placeholder(location) };
    rebuild(state, location)
}

/// `body(carry, x)` for each row x of `xs` along the first axis, which all leaves of `xs` have in common: gives the next carry and a
/// row of the second result. Gives the last carry and all these rows, stacked along a new first axis, as `jax.lax.scan`.
///
/// ```
/// use spu_tensor::{Fxp, Secret, Tensor, evaluate, scan};
///
/// let running = |xs: Tensor<Secret, Fxp>| scan(xs.sum(0) * 0.0, xs, |total, x| (total + x, total + x)).1;
/// assert_eq!(evaluate(vec![1.0, 2.0, 3.0], running)?.values(), [1.0, 3.0, 6.0]);
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[track_caller]
pub fn scan<C: Tree, X: Tree, Y: Tree>(init: C, xs: X, mut body: impl FnMut(C, X) -> (C, Y)) -> (C, Y) {
    let location = Location::caller();
    refuse_disclosed::<(C, Y)>("carry or stack", location);
    let xs = flatten(xs);
    let rows: Vec<Option<usize>> = xs.iter().map(|&x| trace::ty(x).shape.extents().first().copied()).collect();
    let trips = match rows.first() {
        Some(&Some(trips)) if rows.iter().all(|&n| n == Some(trips)) => trips,
        _ => {
            let shapes: Vec<String> = xs.iter().map(|&x| trace::ty(x).shape.to_string()).collect();
            let message = format!("cannot scan shapes {}: they need one first axis in common", shapes.join(" and "));
            trace::fault(message, &xs, location);
            return (placeholder(location), placeholder(location));
        }
    };
    let step = &mut |_, carry, rows| {
        let (carry, y) = body(rebuild(carry, location), rebuild(rows, location));
        (flatten(carry), flatten(y))
    };
    let counted = Counted { start: 0, trips, specs: C::leaves(), location };
    let Some((carry, ys)) = counted.run(flatten(init), xs, step) else {
        return (placeholder(location), placeholder(location));
    };
    (rebuild(carry, location), rebuild(ys, location))
}

/// A counted loop that carries leaves of these names and types.
struct Counted {
    start: i64,
    trips: usize,
    specs: Vec<LeafSpec>,
    location: Location,
}

/// One iteration: counter, state and rows to next state and rows.
type Step<'a> = &'a mut dyn FnMut(Handle, Vec<Handle>, Vec<Handle>) -> (Vec<Handle>, Vec<Handle>);

impl Counted {
    /// The last state and the stacked rows; `None` if the trace is poisoned.
    fn run(self, init: Vec<Handle>, xs: Vec<Handle>, step: Step) -> Option<(Vec<Handle>, Vec<Handle>)> {
        match trace::is_differentiated() && self.trips > 0 {
            true => self.written_out(init, &xs, step),
            false => self.region(init, xs, step),
        }
    }

    fn region(&self, init: Vec<Handle>, xs: Vec<Handle>, step: Step) -> Option<(Vec<Handle>, Vec<Handle>)> {
        let initial = as_typed(init, &self.specs, self.location);
        let index = Type::public(Shape::SCALAR, crate::pphlo::DType::Int);
        let rows = xs.iter().map(|&x| {
            let ty = trace::ty(x);
            Type { shape: Shape::new(ty.shape.extents()[1..].to_vec()), ..ty }
        });
        let given: Vec<Type> = [index].into_iter().chain(initial.iter().map(|&x| trace::ty(x))).chain(rows).collect();
        let region = trace::region(&given, None, self.location, |given| {
            let (state, rows) = given[1..].split_at(initial.len());
            let (next, ys) = step(given[0], state.to_vec(), rows.to_vec());
            [carried(next, &initial, &self.specs, self.location), ys].concat()
        });
        if trace::is_poisoned() {
            return None;
        }
        let (start, trips, carried, scanned) = (self.start, self.trips, initial.len(), xs.len());
        let op = Op::For { start, trips, carried, scanned };
        let mut results = trace::emit_with_regions(op, &[initial, xs].concat(), vec![region], self.location)?;
        let stacked = results.split_off(carried);
        Some((results, stacked))
    }

    fn written_out(&self, init: Vec<Handle>, xs: &[Handle], step: Step) -> Option<(Vec<Handle>, Vec<Handle>)> {
        let emit = |op, x| trace::emit(op, &[x], self.location);
        let mut state = as_typed(init, &self.specs, self.location);
        let mut stacked: Vec<Vec<Handle>> = Vec::new();
        for i in 0..self.trips {
            let index = HostTensor::int(Shape::SCALAR, vec![self.start.saturating_add(i as i64)]);
            let index = trace::constant(index, self.location);
            let row = |&x: &Handle| {
                let mut limit = trace::ty(x).shape.extents().to_vec();
                let mut start = vec![0; limit.len()];
                let shape = Shape::new(limit[1..].to_vec());
                (start[0], limit[0]) = (i, i + 1);
                emit(Op::Reshape { shape }, emit(Op::Slice { start, limit, strides: Strides::UNIT }, x))
            };
            let (next, ys) = step(index, state.clone(), xs.iter().map(row).collect());
            stacked.resize(ys.len(), Vec::new());
            for (rows, y) in stacked.iter_mut().zip(ys) {
                let shape = Shape::new([&[1], trace::ty(y).shape.extents()].concat());
                rows.push(emit(Op::Reshape { shape }, y));
            }
            state = carried(next, &state, &self.specs, self.location);
            if trace::is_poisoned() {
                return None;
            }
        }
        let join = |rows: Vec<Handle>| trace::emit(Op::Concatenate { axis: 0 }, &rows, self.location);
        Some((state, stacked.into_iter().map(join).collect()))
    }
}
