//! What the author of a program is told when it cannot be traced or run. The first two functions stand at fixed lines.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use spu::diagnose::report;
use spu::generated::{LeafSpec, Leaves};
use spu::prelude::*;
use spu::{Evaluator, Location};

#[spu_fn]
fn layer(x: Tensor<Secret, Fxp>, w: Tensor<Secret, Fxp>, b: Tensor<Public, Int>) -> Tensor<Secret, Fxp> {
    let h = x.matmul(w);
    h + b
}

#[spu_fn]
fn product(model: [Tensor<Secret, Fxp>; 2], n: Tensor<Public, Int>) -> Tensor<Secret, Fxp> {
    (model[0] * 2.0).matmul(model[1].stop_gradient()) + n
}

#[test]
fn a_shape_error_shows_the_operation_and_where_its_operands_come_from() {
    let error = layer::program([2, 3], [3, 4], [5]).unwrap_err();
    let text = "\
error: cannot add shapes [2, 4] and [5]
  --> tests/program_errors.rs:14:5
14 |     h + b
   |     ^ here
  --> tests/program_errors.rs:13:15
13 |     let h = x.matmul(w);
   |               ^ fxp[secret][2, 4]
  --> tests/program_errors.rs:12:58
12 | fn layer(x: Tensor<Secret, Fxp>, w: Tensor<Secret, Fxp>, b: Tensor<Public, Int>) -> Tensor<Secret, Fxp> {
   |                                                          ^ parameter b: int[public][5]";
    assert_eq!(report(&error), text);
    let plain = "\
cannot add shapes [2, 4] and [5]
  --> tests/program_errors.rs:14:5: here
  --> tests/program_errors.rs:13:15: fxp[secret][2, 4]
  --> tests/program_errors.rs:12:58: parameter b: int[public][5]";
    assert_eq!(error.to_string(), plain);
}

#[test]
fn the_first_of_several_errors_is_told() {
    let error = product::program([vec![2, 3], vec![2, 3]], [7]).unwrap_err();
    let text = "\
cannot multiply matrices [2, 3] and [2, 3]: inner extents 3 and 2 differ
  --> tests/program_errors.rs:19:22: here
  --> tests/program_errors.rs:19:5: fxp[secret][2, 3]
  --> tests/program_errors.rs:19:38: fxp[secret][2, 3]";
    assert_eq!(error.to_string(), text);
    let session = Evaluator::new();
    let model = session.input(Party(0), ShapeOf::from([vec![2, 3], vec![2, 3]]), || Ok([matrix(), matrix()])).unwrap();
    assert_eq!(product::run(&session, &model, 1).unwrap_err().to_string(), text);
}

#[spu_fn]
fn indexes_a_shape(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    let y = x.reshape([7, 1]).gather(Tensor::constant(0)).reshape([]);
    y.reshape([y.shape().extents()[5]])
}

#[test]
fn a_panic_that_follows_from_an_error_does_not_hide_it() {
    let error = indexes_a_shape::program([3]).unwrap_err();
    assert!(error.to_string().starts_with("cannot reshape [3] to [7, 1]: 3 and 7 elements\n"), "{error}");
}

thread_local! {
    static KEPT: Cell<Option<Tensor<Secret, Fxp>>> = const { Cell::new(None) };
}

#[spu_fn]
fn keeps(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    KEPT.set(Some(x));
    x
}

#[spu_fn]
fn uses(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    let at = line!() + 1;
    KEPT.get().map_or(x, |kept| x - kept).assume(f64::from(at)..)
}

#[spu_fn]
fn returns(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    KEPT.get().unwrap_or(x)
}

#[test]
fn a_tensor_of_another_trace_is_refused_where_it_is_used() {
    keeps::program([2]).unwrap();
    let Error::Program(diagnostic) = uses::program([2]).unwrap_err() else { panic!("not the program's error") };
    assert_eq!(diagnostic.message, "cannot use a tensor of another traced function here");
    assert_eq!(diagnostic.labels[0].location.file, file!());
    assert_eq!(diagnostic.labels[0].location.column, 33);
    assert!(returns::program([2]).unwrap_err().to_string().contains("of another traced function"));
    // Outside any trace an operation does nothing.
    let stray = KEPT.get().unwrap() + 1.0;
    KEPT.set(Some(stray));
    assert!(uses::program([2]).is_err());
}

#[spu_fn]
fn panics(x: Tensor<Secret, Fxp>, #[fixed] inner: bool) -> Tensor<Secret, Fxp> {
    assert!(inner, "the author's own panic");
    let outcome = catch_unwind(AssertUnwindSafe(|| panics::program([1], false).map(|_| ())));
    assert!(outcome.is_err());
    x + 1.0
}

#[test]
fn the_trace_is_restored_after_a_panic() {
    let program = panics::program([4], true).unwrap();
    assert_eq!(program.results[0].1.to_string(), "fxp[secret][4]");
    assert_eq!(program.parameters.len(), 1);
}

#[spu_fn]
fn double(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x + x
}

#[test]
fn a_handle_of_another_session_is_refused() {
    let (here, there) = (Evaluator::new(), Evaluator::new());
    let x = there.input(Party(0), [1], || Ok(vec![1.0])).unwrap();
    let (at, error) = (Location::caller().line, double::run(&here, &x).unwrap_err());
    let Error::Program(diagnostic) = error else { panic!("not the program's error") };
    assert_eq!(diagnostic.message, "cannot use `x` here: it belongs to another session");
    assert_eq!(diagnostic.labels[0].location.line, at);
    assert!(here.reveal(&x).is_err());
}

#[test]
fn input_fits_what_was_announced() {
    let session = Evaluator::new();
    let input = session.input::<Tensor<Secret, Fxp>, _>(Party(0), [2, 2], || Ok(vec![1.0, 2.0]));
    assert_eq!(input.unwrap_err().to_string(), "input: expected fxp[2, 2], found fxp[2]");
    let pair = session.input::<(Tensor<Secret, Fxp>, Tensor<Secret, Int>), _>(Party(0), ([1], [1]), || {
        Ok((vec![1.0], spu::HostTensor::from(vec![true])))
    });
    assert_eq!(pair.unwrap_err().to_string(), "1: expected int[1], found bool[1]");
    let public = session.input::<Tensor<Public, Fxp>, _>(Party(0), [1], || Ok(vec![1.0]));
    assert!(public.unwrap_err().to_string().starts_with("cannot share `input`: it is public"));
    let nobody = session.input::<Tensor<Secret, Fxp>, _>(Party(3), [1], || Ok(vec![1.0]));
    assert!(nobody.unwrap_err().to_string().starts_with("cannot take input of party 3: the parties are 0, 1 and 2"));
    let owner =
        session.input::<Tensor<Secret, Fxp>, Vec<f64>>(Party(0), [1], || Err(Error::data("x.csv", None, "empty")));
    assert_eq!(owner.unwrap_err().to_string(), "x.csv: empty");
}

#[spu_fn]
fn divides(x: Tensor<Secret, Fxp>, #[fixed] by: f64) -> Tensor<Secret, Fxp> {
    x * (1.0 / by)
}

#[test]
fn constants_are_finite() {
    assert!(divides::program([1], 0.5).is_ok());
    let error = divides::program([1], 0.0).unwrap_err();
    assert!(error.to_string().starts_with("cannot use inf as a constant: it is not finite\n"), "{error}");
}

#[spu_fn]
fn slope(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    value_and_grad(x, |x| x * x).1
}

#[test]
fn only_scalars_are_differentiated() {
    assert!(slope::program([]).is_ok());
    let error = slope::program([3]).unwrap_err().to_string();
    assert!(
        error.starts_with("cannot differentiate fxp[secret][3]: the function must give a fixed-point scalar"),
        "{error}"
    );
}

#[spu_fn]
fn tells(x: Tensor<Secret, Fxp>, #[fixed] party: usize) -> spu::Disclosed<Fxp> {
    x.reveal_to(Party(party))
}

#[spu_fn]
fn retells(x: spu::Disclosed<Fxp>) -> spu::Disclosed<Fxp> {
    x
}

#[test]
fn what_one_party_learns_is_no_argument() {
    let session = Evaluator::new();
    let x = session.input(Party(0), [1], || Ok(vec![1.0])).unwrap();
    let told = tells::run(&session, &x, 2).unwrap();
    let error = retells::run(&session, &told).unwrap_err().to_string();
    assert!(error.starts_with("cannot use x as a parameter: what one party learns can only be returned"), "{error}");
    assert!(tells::run(&session, &x, 3).unwrap_err().to_string().starts_with("cannot reveal to party 3"));
}

#[spu_fn]
fn invents(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x + Tensor::<Secret, Fxp>::with_data(vec![1.0])
}

#[test]
fn descriptions_stay_outside_programs() {
    assert!(invents::program([1]).unwrap_err().to_string().starts_with("cannot use host data in a program"));
    let computed = HostOf::of(|| Tensor::<Secret, Fxp>::with_data(vec![1.0]) * 2.0);
    assert!(computed.err().unwrap().to_string().starts_with("cannot use a computed leaf as host data"));
    let wrong = ShapeOf::of(|| Tensor::<Secret, Fxp>::with_shape([]).matmul(Tensor::<Secret, Fxp>::with_shape([])));
    assert!(double::program(wrong).unwrap_err().to_string().starts_with("cannot multiply [] and [] as matrices"));
    let session = Evaluator::new();
    let pair: Shared<[Tensor<Secret, Fxp>; 2]> =
        session.input(Party(0), [[1], [1]], || Ok([vec![1.0], vec![2.0]])).unwrap();
    assert!(pair.part(|pair| pair[0] + pair[1]).is_err());
}

/// A tree that lies about its only leaf.
#[derive(Clone, Copy)]
struct Sly(Tensor<Public, Fxp>);

impl Tree for Sly {
    fn specs(name: &str, specs: &mut Vec<LeafSpec>) {
        Tensor::<Public, Fxp>::specs(name, specs);
    }
    fn flatten(self, leaves: &mut Leaves) {
        self.0.flatten(leaves);
    }
    fn build(leaves: &mut Leaves) -> Self {
        Self(Tree::build(leaves))
    }
}

impl spu::LeavesAre<Tensor<Secret, Fxp>> for Sly {}

impl spu::Differentiable<Secret> for Sly {}

#[spu_fn]
fn lies(x: Tensor<Public, Fxp>, y: Tensor<Secret, Fxp>, #[fixed] by_gradient: bool) -> Tensor<Public, Fxp> {
    if by_gradient {
        return value_and_grad(Sly(x), |sly| sly.0 * y).1.0;
    }
    Sly(x).map(|_| y).0
}

#[test]
fn a_secret_does_not_enter_a_public_leaf_past_the_types() {
    for by_gradient in [false, true] {
        let error = lies::program([], [], by_gradient).unwrap_err().to_string();
        assert!(error.starts_with("cannot use fxp[secret][] as fxp[public]"), "{error}");
    }
}

fn matrix() -> ndarray::Array2<f64> {
    ndarray::Array2::zeros([2, 3])
}
