//! What the compiler takes for known of a value holds for what the parties hold of it: cheap ways that rest on it do not go wrong by a unit.

use spu::prelude::*;

type X = Tensor<Secret, Fxp>;

const POINTS: usize = 4096;

fn sessions() -> [Session; 2] {
    let config = Config { insecure_seed: Some(5), range_warnings: false, ..Config::default() };
    [Session::plain(&config).unwrap(), Session::local(&config).unwrap()]
}

fn values(session: &Session, x: &[f64], f: impl Fn(&Session, &Shared<X>) -> Result<Shared<X>, Error>) -> Vec<f64> {
    let x = session.input::<X, _>(Party(0), [x.len()], || Ok(x.to_vec())).unwrap();
    session.reveal(&f(session, &x).unwrap()).unwrap().values()
}

#[spu_fn]
fn looks_up(x: X) -> X {
    let index = x.assume(0.0..=3.4).exp_m1().floor();
    (Tensor::<Public, Int>::arange(32) + 10).to_fxp().gather_secret(index)
}

/// e^0 − 1 may be a unit below 0, and its floor −1: outside of the table, where there is 0.
#[test]
fn a_floor_just_below_a_bound_is_outside_of_a_table() {
    for session in sessions() {
        for found in values(&session, &[0.0; POINTS], |session, x| looks_up::run(session, x)) {
            assert!(found == 10.0 || found == 0.0, "{found}");
        }
    }
}

#[spu_fn]
fn cuts_off(x: X) -> X {
    x.assume(0.0..=6.0).exp_m1().trunc().to_fxp()
}

#[test]
fn what_is_just_below_0_is_cut_off_to_0() {
    for session in sessions() {
        let found = values(&session, &[0.0; POINTS], |session, x| cuts_off::run(session, x));
        assert!(found.iter().all(|&y| y == 0.0), "{:?}", found.iter().find(|&&y| y != 0.0));
    }
}

#[spu_fn]
fn powers(x: Tensor<Secret, Int>, y: Tensor<Secret, Int>) -> X {
    let power = x.assume(2..=3).pow(y.assume(-1..=1));
    Tensor::<Public, Int>::arange(16).to_fxp().gather_secret(3 * power - 1)
}

/// x^−1 is 0 for integers, so the index may be −1.
#[test]
fn negative_powers_of_integers_are_0() {
    for session in sessions() {
        let input = |x: [i64; 6]| session.input(Party(0), [6], || Ok(x.to_vec())).unwrap();
        let found = powers::run(&session, &input([2, 3, 2, 3, 2, 3]), &input([-1, -1, 0, 0, 1, 1])).unwrap();
        assert_eq!(session.reveal(&found).unwrap().values(), [0.0, 0.0, 2.0, 2.0, 5.0, 8.0]);
    }
}
