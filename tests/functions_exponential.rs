//! e^x, smooth steps and ramps under ABY3 on dense grids: their documented errors hold, in every ring.

use spu::ExecutorExt;
use spu::prelude::*;

const POINTS: usize = 100_000;

macro_rules! revealed {
    ($($name:ident: $body:expr;)+) => {$(
        #[spu_fn]
        fn $name(x: Tensor<Secret, Fxp>) -> Tensor<Public, Fxp> {
            let f: fn(Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> = $body;
            f(x).reveal()
        }
    )+};
}

revealed! {
    exp: |x| x.exp();
    decay: |x| x.assume(..=0.0).exp();
    decay_to_15: |x| x.assume(-15.0..=0.0).exp();
    growth_to_3: |x| x.assume(..=3.0).exp();
    exp_m1: |x| x.exp_m1();
    ln_1p: |x| x.ln_1p();
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

#[spu_fn]
fn masked_softmax(x: Tensor<Secret, Fxp>, mask: Tensor<Secret, Fxp>) -> Tensor<Public, Fxp> {
    let x = x + mask;
    let e = (x - x.max(1).reshape([8, 1])).assume(..=0.0).exp();
    let sum = e.sum(1).assume(1.0..=10.0).reshape([8, 1]);
    (e * sum.reciprocal()).reveal()
}

/// A session and the unit of its format.
struct World {
    session: Session,
    ulp: f64,
}

impl World {
    fn new(config: Config) -> Self {
        let session = Session::local(&config).expect("the configuration is valid");
        Self { session, ulp: (-f64::from(config.fraction_bits)).exp2() }
    }

    fn share(&self, x: &[f64]) -> Shared<Tensor<Secret, Fxp>> {
        self.session.input(Party(0), [x.len()], || Ok(x.to_vec())).expect("values of the format")
    }

    /// `points` values of the format, evenly from `lo` to `hi`.
    fn grid(&self, lo: f64, hi: f64, points: usize) -> Vec<f64> {
        let at = |i: usize| lo + (hi - lo) * i as f64 / (points - 1) as f64;
        (0..points).map(|i| (at(i) / self.ulp).round() * self.ulp).collect()
    }

    /// Values near and at the ends of what there is.
    fn extremes(&self) -> Vec<f64> {
        let large =
            [20.5, 33.0, 1000.0, 1e4, 1e6].into_iter().filter(|x| x / self.ulp < 2f64.powi(29) || self.ulp < 1e-3);
        large.flat_map(|x| [x, -x]).collect()
    }
}

fn values(tensor: &Shared<Tensor<Public, Fxp>>) -> Vec<f64> {
    tensor.to_host().elements.to_f64()
}

/// `$f::run` on `$x` as host numbers.
macro_rules! run {
    ($world:expr, $f:ident, $x:expr) => {
        values(&$f::run(&$world.session, &$world.share($x)).expect("it runs"))
    };
}

/// The largest error in ulp.
fn worst(world: &World, found: &[f64], x: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    assert_eq!(found.len(), x.len());
    found.iter().zip(x).map(|(y, &x)| (y - f(x)).abs() / world.ulp).fold(0.0, f64::max)
}

/// The worlds that functions are tried in, with the number of points.
fn worlds() -> Vec<(World, usize)> {
    let z128 = |fraction_bits| Config { fraction_bits, ..Config::z128() };
    let configs = [(Config::z64(), POINTS), (Config::z32(), POINTS), (z128(26), 4000), (z128(40), 1000)];
    configs.into_iter().map(|(config, points)| (World::new(config), points)).collect()
}

#[test]
fn exponentials_of_the_whole_range() {
    for (world, points) in worlds() {
        let top = if world.ulp > 1e-3 { 15.0 } else { 20.0 };
        let x = world.grid(-20.0, top, points);
        for y in [run!(world, exp, &x), run!(world, exp_m1, &x).iter().map(|y| y + 1.0).collect()] {
            for (&x, y) in x.iter().zip(y) {
                let error = (y - x.exp()).abs();
                // Below 0: 4 units. Above: 2^-15 or 2 units; in 2^32 half a unit more.
                let bound = if x <= 0.0 {
                    4.0
                } else if top < 20.0 {
                    2.5
                } else {
                    2.0
                } * world.ulp;
                let relative = if x <= 0.0 { 0.0 } else { 2f64.powi(-15) * x.exp() };
                assert!(error <= bound.max(relative), "e^{x} = {y} at {}", world.ulp);
            }
        }
    }
}

#[test]
fn exponentials_of_known_ranges() {
    for (world, points) in worlds() {
        let x = world.grid(-17.0, 0.0, points);
        let bound = if world.ulp > 1e-3 { 2.2 } else { 1.7 };
        assert!(worst(&world, &run!(world, decay, &x), &x, f64::exp) < bound);
        let x = world.grid(-15.0, 0.0, points / 10);
        assert!(worst(&world, &run!(world, decay_to_15, &x), &x, f64::exp) < bound);
        let x = world.grid(-17.0, 3.0, points / 10);
        assert!(worst(&world, &run!(world, growth_to_3, &x), &x, f64::exp) < 1.7 * 3f64.exp());
    }
}

#[test]
fn exponentials_of_extreme_arguments() {
    for (world, _) in worlds() {
        let far: Vec<f64> = world.extremes();
        for (&x, y) in far.iter().zip(run!(world, exp, &far)) {
            match x > 20.0 {
                true => assert_eq!(y, 0.0, "e^{x}: above 20 the result is 0"),
                false => assert!((y - x.exp()).abs() <= 2.0 * world.ulp, "e^{x} = {y}"),
            }
        }
    }
    let world = World::new(Config::z64());
    let far: Vec<f64> = (4..43).map(|k| -(2f64.powi(k))).chain([-1000.0, -1e9]).collect();
    assert!(run!(world, decay, &far).iter().chain(&run!(world, exp, &far)).all(|&y| y < 2.0 * world.ulp));
    assert!(run!(world, decay, &far).iter().all(|&y| y == 0.0));
}

#[test]
fn logarithms_of_one_more() {
    for (world, points) in worlds() {
        let hi = if world.ulp > 1e-3 { 1000.0 } else { 1e6 };
        let x = [world.grid(-0.9375, 8.0, points), world.grid(8.0, hi, points / 10)].concat();
        let error = worst(&world, &run!(world, ln_1p, &x), &x, f64::ln_1p);
        // Polynomials of 2^128 have 38 bits.
        let bound = f64::max(4.0, 2f64.powi(-36) / world.ulp);
        assert!(error < bound, "{error} at {}", world.ulp);
        assert!(run!(world, ln_1p, &[-1.0, -1.5, -1000.0]).iter().all(|&y| y == 0.0));
    }
}

/// Logistic, tanh and erf: four units and never beyond their limits; at the extremes they are the limits.
#[test]
fn steps_stay_between_their_limits() {
    for (world, points) in worlds() {
        let bound = if world.ulp > 1e-3 { 2.2 } else { 2.0 };
        let x = [world.grid(-36.0, 36.0, points), world.grid(-0.5, 0.5, points / 50), world.extremes()].concat();
        let logistic = run!(world, logistic, &x);
        assert!(logistic.iter().all(|y| (0.0..=1.0).contains(y)));
        let error = worst(&world, &logistic, &x, |x| 1.0 / (1.0 + (-x).exp()));
        assert!(error < bound, "logistic: {error} at {}", world.ulp);
        let x = [world.grid(-20.0, 20.0, points), world.grid(-7.0, 7.0, points / 4), world.extremes()].concat();
        let tanh = run!(world, tanh, &x);
        assert!(tanh.iter().all(|y| (-1.0..=1.0).contains(y)));
        let error = worst(&world, &tanh, &x, f64::tanh);
        assert!(error < bound, "tanh: {error} at {}", world.ulp);
        let x = [world.grid(-9.0, 9.0, points), world.extremes()].concat();
        let erf = run!(world, erf, &x);
        assert!(erf.iter().all(|y| (-1.0..=1.0).contains(y)));
        let error = worst(&world, &erf, &x, libm::erf);
        assert!(error < bound, "erf: {error} at {}", world.ulp);
        assert!(x.iter().zip(erf).all(|(&x, y)| x.abs() < 6.0 || y == x.signum()));
    }
    let world = World::new(Config::z64());
    let far = [1e6, -1e6, 30.0, -30.0];
    assert_eq!(run!(world, logistic, &far), [1.0, 0.0, 1.0, 0.0]);
    assert_eq!(run!(world, tanh, &far), [1.0, -1.0, 1.0, -1.0]);
    assert_eq!(run!(world, erf, &[4.0, -4.0, 1e9]), [1.0, -1.0, 1.0]);
}

#[test]
fn ramps_are_exact_far_out() {
    for (world, points) in worlds() {
        let bound = if world.ulp > 1e-3 { 2.7 } else { 2.5 };
        let x = [world.grid(-40.0, 40.0, points), world.extremes()].concat();
        for (y, f) in [
            (run!(world, softplus, &x), (|x| x.max(0.0) + (-x.abs()).exp().ln_1p()) as fn(f64) -> f64),
            (run!(world, silu, &x), |x| x / (1.0 + (-x).exp())),
            (run!(world, gelu, &x), |x| 0.5 * x * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)),
        ] {
            let error = worst(&world, &y, &x, f);
            assert!(error < bound, "{error} at {}", world.ulp);
            assert!(x.iter().zip(y).all(|(&x, y)| x.abs() < 36.0 || y == x.max(0.0)));
        }
    }
}

#[test]
fn known_ranges_need_no_comparison() {
    let world = World::new(Config::z64());
    let x = world.grid(-6.0, 6.0, 5000);
    assert!(worst(&world, &run!(world, narrow_tanh, &x), &x, f64::tanh) < 2.0);
    assert!(worst(&world, &run!(world, small_softplus, &x), &x, |x| x.exp().ln_1p()) < 2.5);
    let x = world.grid(0.0, 100.0, 5000);
    assert!(worst(&world, &run!(world, positive_logistic, &x), &x, |x| 1.0 / (1.0 + (-x).exp())) < 2.0);
    let x = world.grid(-100.0, 0.0, 5000);
    let gelu = |x: f64| 0.5 * x * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2);
    assert!(worst(&world, &run!(world, negative_gelu, &x), &x, gelu) < 2.5);
}

#[test]
fn what_each_function_costs() -> Result<(), Error> {
    let network = Network::LOCAL;
    macro_rules! cost {
        ($($name:ident)+) => { [$({
            let cost = $name::cost([64], &network)?;
            // Without the revealing round of 192 bits.
            (stringify!($name), cost.rounds - 1, cost.bytes.iter().sum::<u64>() / 8 - 192)
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

#[test]
fn softmax_under_a_mask_is_0_there() -> Result<(), Error> {
    let world = World::new(Config::z64());
    let x: Vec<f64> = (0..80).map(|i| f64::from((i * 37) % 19) / 4.0 - 2.0).collect();
    let mask: Vec<f64> = (0..80).map(|i| if i % 3 == 0 { -1e9 } else { 0.0 }).collect();
    let share = |v: &[f64]| world.session.input(Party(0), [8, 10], || Ok(v.to_vec()));
    let y = values(&masked_softmax::run(&world.session, &share(&x)?, &share(&mask)?)?);
    for row in 0..8 {
        let places = 10 * row..10 * row + 10;
        let kept = |i: &usize| !i.is_multiple_of(3);
        let sum: f64 = places.clone().filter(kept).map(|i| x[i].exp()).sum();
        for i in places {
            match kept(&i) {
                true => assert!((y[i] - x[i].exp() / sum).abs() < 8.0 * world.ulp),
                false => assert_eq!(y[i], 0.0),
            }
        }
    }
    Ok(())
}
