//! e^x, smooth steps and ramps: known ranges, far arguments, costs.

use spu::prelude::*;

use crate::grids::{NumberFormat, POINTS};
use crate::world::{World, run};

type Fixed = Tensor<Secret, Fxp>;

macro_rules! functions {
    ($($name:ident: $body:expr;)+) => {$(
        #[spu_fn]
        fn $name(x: Fixed) -> Fixed {
            let f: fn(Fixed) -> Fixed = $body;
            f(x)
        }
    )+};
}

functions! {
    exp: |x| x.exp();
    decay: |x| x.assume(..=0.0).exp();
    decay_to_15: |x| x.assume(-15.0..=0.0).exp();
    growth_to_3: |x| x.assume(..=3.0).exp();
    back_and_forth: |x| x.assume(0.5..=1.0).ln().exp();
    exp_m1: |x| x.exp_m1();
    logistic: |x| x.logistic();
    tanh: |x| x.tanh();
    erf: |x| x.erf();
    softplus: |x| x.softplus();
    silu: |x| x.silu();
    gelu: |x| x.gelu();
    narrow_tanh: |x| x.assume(-6.0..=6.0).tanh();
    positive_logistic: |x| x.assume(0.0..).logistic();
    negative_gelu: |x| x.assume(..=0.0).gelu();
    small_softplus: |x| x.assume(-8.0..=8.0).softplus();
}

#[test]
fn exponentials_of_known_ranges() {
    for world in World::all() {
        let bound = if world.format.bits == 32 { 2.2 } else { 1.7 };
        let x = world.format.linear(-15.0, 0.0);
        world.assert_within(bound, &run!(world, decay_to_15, &x), &x, f64::exp);
        let x = world.format.linear(-17.0, 3.0);
        world.assert_within(1.7 * 3f64.exp(), &run!(world, growth_to_3, &x), &x, f64::exp);
    }
}

/// Far below 0 not even a unit is left; above 20 the result is 0 by definition.
#[test]
fn exponentials_of_extreme_arguments() {
    for world in World::all() {
        let format = world.format;
        // From there on a unit is left with a probability below 2^−10.
        let end = f64::from(format.fraction_bits + 10) * std::f64::consts::LN_2;
        let far: Vec<f64> = format.far(end).map(|x| -x).collect();
        assert!(far.len() > 8 && far.iter().any(|x| *x <= -1000.0));
        assert!(run!(world, decay, &far).iter().chain(&run!(world, exp, &far)).all(|&y| y == 0.0), "{format:?}");
        let far: Vec<f64> = format.far(20.0).collect();
        assert!(run!(world, exp, &far).iter().all(|&y| y == 0.0), "{format:?}");
    }
}

/// ln 1 may be one unit above 0, where the bound that the compiler knows is 0: e^x has room for that.
#[test]
fn an_exponent_may_err_by_a_few_units() {
    let world = World::new(NumberFormat::of(1));
    let x: Vec<f64> = (0..POINTS).map(|i| 1.0 - (i % 4) as f64 * world.format.ulp).collect();
    world.assert_within(8.0, &run!(world, back_and_forth, &x), &x, |x| x);
}

/// Far out, steps are their limits and ramps are 0 or their argument.
#[test]
fn far_arguments_give_limits() {
    for world in World::all() {
        let format = world.format;
        let x: Vec<f64> = format.far(36.0).flat_map(|x| [x, -x]).collect();
        let steps = [run!(world, logistic, &x), run!(world, tanh, &x), run!(world, erf, &x)];
        let limits = x.iter().map(|x| [x.signum().max(0.0), x.signum(), x.signum()]);
        assert!(limits.enumerate().all(|(i, limit)| [0, 1, 2].map(|k| steps[k][i]) == limit), "{format:?}");
        let ramps = [run!(world, softplus, &x), run!(world, silu, &x), run!(world, gelu, &x)];
        assert!(ramps.iter().all(|y| y.iter().zip(&x).all(|(y, x)| *y == x.max(0.0))), "{format:?}");
    }
    let world = World::new(NumberFormat::of(1));
    assert_eq!(run!(world, erf, &[4.0, -4.0, 1e9]), [1.0, -1.0, 1.0]);
}

#[test]
fn known_ranges_need_no_comparison() {
    let world = World::new(NumberFormat::of(1));
    let x = world.format.linear(-6.0, 6.0);
    world.assert_within(2.0, &run!(world, narrow_tanh, &x), &x, f64::tanh);
    world.assert_within(2.5, &run!(world, small_softplus, &x), &x, |x| x.exp().ln_1p());
    let x = world.format.linear(0.0, 100.0);
    world.assert_within(2.0, &run!(world, positive_logistic, &x), &x, |x| 1.0 / (1.0 + (-x).exp()));
    let x = world.format.linear(-100.0, 0.0);
    let gelu = |x: f64| 0.5 * x * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2);
    world.assert_within(2.5, &run!(world, negative_gelu, &x), &x, gelu);
}

#[test]
fn what_each_function_costs() -> Result<(), Error> {
    macro_rules! cost {
        ($($name:ident)+) => { [$({
            let cost = $name::cost([64], &Network::LOCAL)?;
            let bits = 8 * cost.bytes.iter().sum::<u64>();
            assert_eq!(bits % 64, 0, stringify!($name));
            (stringify!($name), cost.rounds, bits / 64)
        }),+] };
    }
    let costs = cost!(exp decay decay_to_15 growth_to_3 exp_m1 logistic tanh erf softplus silu gelu narrow_tanh);
    let expected = [
        ("exp", 5, 1296),
        ("decay", 6, 977),
        ("decay_to_15", 5, 630),
        ("growth_to_3", 6, 1029),
        ("exp_m1", 5, 1296),
        ("logistic", 6, 4399),
        ("tanh", 6, 4652),
        ("erf", 6, 2732),
        ("softplus", 7, 4134),
        ("silu", 7, 5158),
        ("gelu", 7, 2857),
        ("narrow_tanh", 3, 3262),
    ];
    assert_eq!(costs, expected);
    Ok(())
}
