//! Every function of the list of accuracies as programs, with the grid that it is tried on and its true values.
//!
//! Several rows may try one function: the documentation has the costs of the first.

use spu::prelude::*;
use spu::{ExecutorExt, Program, Window};

use crate::grids::{Grid, NumberFormat, alone, signed};

type Fixed = Tensor<Secret, Fxp>;
type Whole = Tensor<Secret, Int>;
type Truth = Tensor<Secret, Bool>;
type PublicFixed = Tensor<Public, Fxp>;
type PublicWhole = Tensor<Public, Int>;

/// A function as it is tried.
pub(crate) struct Row {
    /// Its name in the list of accuracies.
    pub(crate) name: &'static str,
    /// The program.
    pub(crate) program_name: &'static str,
    pub(crate) grid: fn(&NumberFormat) -> Grid,
    /// True values; NaN where nothing is promised.
    pub(crate) exact: fn(&NumberFormat, &Grid) -> Vec<f64>,
    /// What the parties find.
    pub(crate) run: fn(&Session, &Grid) -> Result<Vec<f64>, Error>,
    pub(crate) program: fn(elements: usize) -> Result<Program, Error>,
}

/// What a grid can be: shared by a party, or public.
trait Given: Sized {
    fn given(session: &Session, values: &[f64]) -> Result<Shared<Self>, Error>;
}

impl Given for Fixed {
    fn given(session: &Session, values: &[f64]) -> Result<Shared<Self>, Error> {
        session.input(Party(0), [values.len()], || Ok(values.to_vec()))
    }
}

impl Given for Whole {
    fn given(session: &Session, values: &[f64]) -> Result<Shared<Self>, Error> {
        session.input(Party(1), [values.len()], || Ok(integers(values)))
    }
}

impl Given for Truth {
    fn given(session: &Session, values: &[f64]) -> Result<Shared<Self>, Error> {
        session.input(Party(2), [values.len()], || Ok(values.iter().map(|&x| x != 0.0).collect::<Vec<bool>>()))
    }
}

impl Given for PublicFixed {
    fn given(_: &Session, values: &[f64]) -> Result<Shared<Self>, Error> {
        Ok(Shared::public(HostTensor::fxp([values.len()], values.to_vec())))
    }
}

impl Given for PublicWhole {
    fn given(_: &Session, values: &[f64]) -> Result<Shared<Self>, Error> {
        Ok(Shared::public(HostTensor::int([values.len()], integers(values))))
    }
}

fn integers(values: &[f64]) -> Vec<i64> {
    values.iter().map(|&x| x as i64).collect()
}

macro_rules! rows {
    ($($module:ident: $name:literal, ($X:ty, $Y:ty) -> $Z:ty, $body:expr, on $grid:expr, is $exact:expr;)+) => {
        $(mod $module {
            use super::*;

            #[spu_fn]
            pub(super) fn function(x: $X, y: $Y) -> $Z {
                let f: fn($X, $Y) -> $Z = $body;
                f(x, y)
            }
        })+

        /// All rows.
        pub(crate) fn rows() -> Vec<Row> {
            vec![$(Row {
                name: $name,
                program_name: stringify!($module),
                grid: $grid,
                exact: $exact,
                run: |session, [x, y]| {
                    let (x, y) = (<$X>::given(session, x)?, <$Y>::given(session, y)?);
                    let found = $module::function::run(session, &x, &y)?;
                    Ok(HostTensor::from(session.reveal(&found)?).elements.to_f64())
                },
                program: |elements| $module::function::program([elements], [elements]),
            }),+]
        }
    };
}

rows! {
    exp: "exp", (Fixed, Fixed) -> Fixed, |x, _| x.exp(),
        on |f| alone(f.linear(-20.0, 0.0).into_iter().chain(f.far(20.0).map(|x| -x)).collect()), is |_, g| each(g, |x, _| x.exp());
    exp_above: "exp above 0", (Fixed, Fixed) -> Fixed, |x, _| x.exp(),
        on |f| alone(growing(f)), is |f, g| each(g, |x, _| if x > f.largest_exponent().min(20.0) { 0.0 } else { x.exp() });
    exp_decay: "exp of a known x ≤ 0", (Fixed, Fixed) -> Fixed, |x, _| x.assume(..=0.0).exp(),
        on |f| alone(f.linear(-20.0, 0.0).into_iter().chain(f.far(20.0).map(|x| -x)).collect()), is |_, g| each(g, |x, _| x.exp());
    exp_m1: "exp_m1", (Fixed, Fixed) -> Fixed, |x, _| x.exp_m1(),
        on |f| alone(f.linear(-20.0, 0.0).into_iter().chain(f.far(20.0).map(|x| -x)).collect()), is |_, g| each(g, |x, _| x.exp_m1());
    exp_m1_above: "exp_m1 above 0", (Fixed, Fixed) -> Fixed, |x, _| x.exp_m1(),
        on |f| alone(growing(f)), is |f, g| each(g, |x, _| if x > f.largest_exponent().min(20.0) { -1.0 } else { x.exp_m1() });
    ln: "ln, log", (Fixed, Fixed) -> Fixed, |x, _| x.ln(),
        on |f| alone(f.numbers()), is |_, g| each(g, |x, _| positive(x, f64::ln));
    ln_narrow: "ln of a known 1 ≤ x ≤ 10", (Fixed, Fixed) -> Fixed, |x, _| x.assume(1.0..=10.0).ln(),
        on |f| alone(f.linear(1.0, 10.0)), is |_, g| each(g, |x, _| x.ln());
    ln_1p: "ln_1p", (Fixed, Fixed) -> Fixed, |x, _| x.ln_1p(),
        on |f| alone(f.numbers().into_iter().map(|x| f.rounded(x - 1.0)).collect()),
        is |_, g| each(g, |x, _| if x > -1.0 { x.ln_1p() } else { 0.0 });
    reciprocal: "reciprocal", (Fixed, Fixed) -> Fixed, |x, _| x.reciprocal(),
        on |f| alone(f.numbers()), is |_, g| each(g, |x, _| over(1.0, x));
    reciprocal_narrow: "reciprocal of a known 1 ≤ x ≤ 10", (Fixed, Fixed) -> Fixed, |x, _| x.assume(1.0..=10.0).reciprocal(),
        on |f| alone(f.linear(1.0, 10.0)), is |_, g| each(g, |x, _| 1.0 / x);
    sqrt: "sqrt", (Fixed, Fixed) -> Fixed, |x, _| x.sqrt(),
        on |f| alone(f.numbers()), is |_, g| each(g, |x, _| positive(x, f64::sqrt));
    sqrt_narrow: "sqrt of a known 1 ≤ x ≤ 10", (Fixed, Fixed) -> Fixed, |x, _| x.assume(1.0..=10.0).sqrt(),
        on |f| alone(f.linear(1.0, 10.0)), is |_, g| each(g, |x, _| x.sqrt());
    rsqrt: "rsqrt", (Fixed, Fixed) -> Fixed, |x, _| x.rsqrt(),
        on |f| alone(f.numbers()), is |_, g| each(g, |x, _| positive(x, |x| 1.0 / x.sqrt()));
    rsqrt_narrow: "rsqrt of a known 1 ≤ x ≤ 10", (Fixed, Fixed) -> Fixed, |x, _| x.assume(1.0..=10.0).rsqrt(),
        on |f| alone(f.linear(1.0, 10.0)), is |_, g| each(g, |x, _| 1.0 / x.sqrt());
    rsqrt_approx: "rsqrt_approx", (Fixed, Fixed) -> Fixed, |x, _| x.rsqrt_approx(),
        on |f| alone(f.numbers()),
        is |f, g| each(g, |x, _| if x.abs() < 2f64.powi(2 * f.fraction_bits as i32 - 2) { positive(x, |x| 1.0 / x.sqrt()) } else { f64::NAN });
    logistic: "logistic, sigmoid", (Fixed, Fixed) -> Fixed, |x, _| x.logistic(),
        on |f| alone(f.linear_and_far(-36.0, 36.0)), is |_, g| each(g, |x, _| 1.0 / (1.0 + (-x).exp()));
    tanh: "tanh", (Fixed, Fixed) -> Fixed, |x, _| x.tanh(),
        on |f| alone(f.linear_and_far(-20.0, 20.0)), is |_, g| each(g, |x, _| x.tanh());
    erf: "erf", (Fixed, Fixed) -> Fixed, |x, _| x.erf(),
        on |f| alone(f.linear_and_far(-9.0, 9.0)), is |_, g| each(g, |x, _| libm::erf(x));
    softplus: "softplus", (Fixed, Fixed) -> Fixed, |x, _| x.softplus(),
        on |f| alone(f.linear_and_far(-36.0, 36.0)), is |_, g| each(g, |x, _| x.max(0.0) + (-x.abs()).exp().ln_1p());
    silu: "silu", (Fixed, Fixed) -> Fixed, |x, _| x.silu(),
        on |f| alone(f.linear_and_far(-36.0, 36.0)), is |_, g| each(g, |x, _| x / (1.0 + (-x).exp()));
    gelu: "gelu", (Fixed, Fixed) -> Fixed, |x, _| x.gelu(),
        on |f| alone(f.linear_and_far(-12.0, 12.0)),
        is |_, g| each(g, |x, _| 0.5 * x * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2));
    sin: "sin", (Fixed, Fixed) -> Fixed, |x, _| x.sin(),
        on |f| alone([f.linear(-1024.0, 1024.0), f.linear(-3.5, 3.5)].concat()), is |_, g| each(g, |x, _| x.sin());
    cos: "cos", (Fixed, Fixed) -> Fixed, |x, _| x.cos(),
        on |f| alone([f.linear(-1024.0, 1024.0), f.linear(-3.5, 3.5)].concat()), is |_, g| each(g, |x, _| x.cos());
    atan2: "y.atan2(x)", (Fixed, Fixed) -> Fixed, |y, x| y.atan2(x),
        on |f| f.circles(), is |_, g| each(g, f64::atan2);
    asin: "asin", (Fixed, Fixed) -> Fixed, |x, _| x.asin(),
        on |f| alone(unit_interval(f)), is |_, g| each(g, |x, _| x.clamp(-1.0, 1.0).asin());
    acos: "acos", (Fixed, Fixed) -> Fixed, |x, _| x.acos(),
        on |f| alone(unit_interval(f)), is |_, g| each(g, |x, _| x.clamp(-1.0, 1.0).acos());
    pow: "x.pow(y)", (Fixed, Fixed) -> Fixed, |x, y| x.pow(y),
        on |f| f.powers(), is |f, g| each(g, |x, y| power(f, x, y));
    pow_constant: "x.pow(1.7)", (Fixed, Fixed) -> Fixed, |x, _| x.pow(1.7),
        on |f| alone(f.powers()[0].clone()), is |f, g| each(g, |x, _| power(f, x, 1.7));
    pow_whole: "x.pow(3)", (Fixed, Fixed) -> Fixed, |x, _| x.pow(3),
        on |f| {
            let most = (f.largest * f.ulp / 2.0).cbrt().min(1e6);
            alone([f.linear(-most, most), f.linear(-2.0, 2.0)].concat())
        },
        is |_, g| each(g, |x, _| x.powi(3));
    pow_negative: "x.pow(-2)", (Fixed, Fixed) -> Fixed, |x, _| x.pow(-2),
        on |f| {
            let least = (2.0 / f.largest / f.ulp).sqrt() * 1.01;
            alone(signed(f.magnitudes(least, f64::MAX)).into_iter().chain([0.0]).collect())
        },
        is |_, g| each(g, |x, _| over(1.0, x).powi(2));
    pow_int: "x.pow(y) of integers", (Whole, Whole) -> Whole, |x, y| x.pow(y.assume(-3..=20)),
        on |f| [f.integers([30, 53, 53]), (0..f.integers([30, 53, 53]).len()).map(|i| (i % 24) as f64 - 3.0).collect()],
        is |f, g| each(g, |x, y| match (f.bits, y < 0.0) {
            (_, true) => 0.0,
            (32, _) => (x as i32).wrapping_pow(y as u32).into(),
            _ => (x as i64).wrapping_pow(y as u32) as f64,
        });
    multiply: "x * y", (Fixed, Fixed) -> Fixed, |x, y| x * y,
        on |f| f.factors(), is |_, g| each(g, |x, y| x * y);
    divide: "x / y", (Fixed, Fixed) -> Fixed, |x, y| x / y,
        on |f| f.quotients(), is |_, g| each(g, over);
    divide_public: "x / y, y public", (Fixed, PublicFixed) -> Fixed, |x, y| x / y,
        on |f| with_divisors(f.quotients()), is |_, g| each(g, over);
    divide_constant: "x / 3.0", (Fixed, Fixed) -> Fixed, |x, _| x / 3.0,
        on |f| alone(f.numbers()), is |_, g| each(g, |x, _| x / 3.0);
    remainder: "x % y", (Fixed, Fixed) -> Fixed, |x, y| x % y,
        on |f| f.whole_quotients([18, 40, 80]).map(|raw| raw.into_iter().map(|x| x * f.ulp).collect()),
        is |_, g| each(g, rest);
    remainder_int: "x % y of integers", (Whole, Whole) -> Whole, |x, y| x % y,
        on |f| f.whole_quotients([18, 40, 80]), is |_, g| each(g, rest);
    div_trunc: "div_trunc", (Whole, Whole) -> Whole, |x, y| x.div_trunc(y),
        on |f| f.whole_quotients([18, 40, 80]), is |_, g| each(g, |x, y| over(x, y).trunc());
    remainder_public: "x % y of integers, y public", (Whole, PublicWhole) -> Whole, |x, y| x % y,
        on |f| with_divisors(f.whole_quotients([30, 53, 53])), is |_, g| each(g, rest);
    div_trunc_public: "div_trunc, y public", (Whole, PublicWhole) -> Whole, |x, y| x.div_trunc(y),
        on |f| with_divisors(f.whole_quotients([30, 53, 53])), is |_, g| each(g, |x, y| (x / y).trunc());
    lt: "gt, ge, lt, le", (Fixed, Fixed) -> Truth, |x, y| x.lt(y),
        on |f| f.neighbours(), is |_, g| each(g, |x, y| truth(x < y));
    le: "gt, ge, lt, le", (Fixed, Fixed) -> Truth, |x, y| x.le(y),
        on |f| f.neighbours(), is |_, g| each(g, |x, y| truth(x <= y));
    gt: "gt, ge, lt, le", (Fixed, Fixed) -> Truth, |x, y| x.gt(y),
        on |f| f.neighbours(), is |_, g| each(g, |x, y| truth(x > y));
    ge: "gt, ge, lt, le", (Fixed, Fixed) -> Truth, |x, y| x.ge(y),
        on |f| f.neighbours(), is |_, g| each(g, |x, y| truth(x >= y));
    equal: "equal, not_equal", (Fixed, Fixed) -> Truth, |x, y| x.equal(y),
        on |f| f.neighbours(), is |_, g| each(g, |x, y| truth(x == y));
    not_equal: "equal, not_equal", (Fixed, Fixed) -> Truth, |x, y| x.not_equal(y),
        on |f| f.neighbours(), is |_, g| each(g, |x, y| truth(x != y));
    maximum: "maximum, minimum", (Fixed, Fixed) -> Fixed, |x, y| x.maximum(y),
        on |f| f.neighbours(), is |_, g| each(g, f64::max);
    minimum: "maximum, minimum", (Fixed, Fixed) -> Fixed, |x, y| x.minimum(y),
        on |f| f.neighbours(), is |_, g| each(g, f64::min);
    clamp: "clamp", (Fixed, Fixed) -> Fixed, |x, y| x.clamp(-1.5, y),
        on |f| f.neighbours(), is |_, g| each(g, |x, y| x.max(-1.5).min(y));
    relu: "relu", (Fixed, Fixed) -> Fixed, |x, _| x.relu(),
        on |f| alone(f.numbers()), is |_, g| each(g, |x, _| x.max(0.0));
    select: "select", (Fixed, Truth) -> Fixed, |x, y| select(y, x, -1.0),
        on |f| [f.numbers(), (0..f.numbers().len()).map(|i| (i % 3 % 2) as f64).collect()],
        is |_, g| each(g, |x, y| if y == 0.0 { -1.0 } else { x });
    abs: "abs", (Fixed, Fixed) -> Fixed, |x, _| x.abs(),
        on |f| alone(f.numbers()), is |_, g| each(g, |x, _| x.abs());
    sign: "sign", (Fixed, Fixed) -> Whole, |x, _| x.sign(),
        on |f| alone(f.numbers()), is |_, g| each(g, |x, _| if x == 0.0 { 0.0 } else { x.signum() });
    floor: "floor, ceil", (Fixed, Fixed) -> Whole, |x, _| x.floor(),
        on |f| alone(f.numbers()), is |_, g| each(g, |x, _| readable(x.floor()));
    ceil: "floor, ceil", (Fixed, Fixed) -> Whole, |x, _| x.ceil(),
        on |f| alone(f.numbers()), is |_, g| each(g, |x, _| readable(x.ceil()));
    round: "round, round_ties_even", (Fixed, Fixed) -> Whole, |x, _| x.round(),
        on |f| alone(halves(f)), is |_, g| each(g, |x, _| readable(x.round()));
    round_ties_even: "round, round_ties_even", (Fixed, Fixed) -> Whole, |x, _| x.round_ties_even(),
        on |f| alone(halves(f)), is |_, g| each(g, |x, _| readable(x.round_ties_even()));
    trunc: "trunc", (Fixed, Fixed) -> Whole, |x, _| x.trunc(),
        on |f| alone(f.numbers()), is |_, g| each(g, |x, _| readable(x.trunc()));
    and: "&, \\|, ^, ! of integers", (Whole, Whole) -> Whole, |x, y| x & y,
        on |f| f.whole_quotients([30, 53, 53]), is |_, g| each(g, |x, y| (x as i64 & y as i64) as f64);
    or: "&, \\|, ^, ! of integers", (Whole, Whole) -> Whole, |x, y| x | y,
        on |f| f.whole_quotients([30, 53, 53]), is |_, g| each(g, |x, y| (x as i64 | y as i64) as f64);
    xor: "&, \\|, ^, ! of integers", (Whole, Whole) -> Whole, |x, y| !(x ^ y),
        on |f| f.whole_quotients([30, 53, 53]), is |_, g| each(g, |x, y| !(x as i64 ^ y as i64) as f64);
    shift: "<<, >>, shift_right_logical", (Whole, Whole) -> Whole, |x, _| x >> 5,
        on |f| alone(f.integers([30, 53, 53])), is |_, g| each(g, |x, _| (x / 32.0).floor());
    shift_left: "<<, >>, shift_right_logical", (Whole, Whole) -> Whole, |x, _| x << 5,
        on |f| alone(f.integers([25, 53, 53])), is |_, g| each(g, |x, _| x * 32.0);
    shift_logical: "<<, >>, shift_right_logical", (Whole, Whole) -> Whole, |x, _| x.shift_right_logical(5),
        on |f| alone(f.integers([30, 53, 53])),
        is |f, g| each(g, |x, _| match f.bits {
            32 => f64::from(x as i32 as u32 >> 5),
            64 => (x as i64 as u64 >> 5) as f64,
            // Of the lowest 64 bits the host sees an integer.
            _ => (x as i128 as u128 >> 5) as i64 as f64,
        });
    count_ones: "count_ones", (Whole, Whole) -> Whole, |x, _| x.count_ones(),
        on |f| alone(f.integers([30, 53, 53])),
        is |f, g| each(g, |x, _| match x < 0.0 {
            true => f64::from(f.bits - (!(x as i64)).count_ones()),
            false => f64::from((x as i64).count_ones()),
        });
    to_bool: "to_bool", (Whole, Whole) -> Truth, |x, _| x.to_bool(),
        on |f| alone(f.integers([30, 53, 53])), is |_, g| each(g, |x, _| truth(x != 0.0));
    max: "max, min", (Fixed, Fixed) -> Fixed, |x, _| tens(x).max(1),
        on |f| alone(f.rows(f.largest)), is |_, g| by_rows(g, |row| vec![row.iter().copied().fold(f64::MIN, f64::max)]);
    min: "max, min", (Fixed, Fixed) -> Fixed, |x, _| tens(x).min(1),
        on |f| alone(f.rows(f.largest)), is |_, g| by_rows(g, |row| vec![row.iter().copied().fold(f64::MAX, f64::min)]);
    max_with_one_hot: "max_with_one_hot", (Fixed, Fixed) -> Truth, |x, _| tens(x).max_with_one_hot(1).1,
        on |f| alone(f.rows(f.largest)),
        is |_, g| by_rows(g, |row| (0..10).map(|i| truth(f64::from(i) == place(row, f64::max))).collect());
    argmax: "argmax, argmin", (Fixed, Fixed) -> Whole, |x, _| tens(x).argmax(1),
        on |f| alone(f.rows(f.largest)), is |_, g| by_rows(g, |row| vec![place(row, f64::max)]);
    argmin: "argmax, argmin", (Fixed, Fixed) -> Whole, |x, _| tens(x).argmin(1),
        on |f| alone(f.rows(f.largest)), is |_, g| by_rows(g, |row| vec![place(row, f64::min)]);
    any: "any, all", (Truth, Truth) -> Truth, |x, _| tens(x).any(1),
        on |_| alone(truths(|i| i % 10 == i / 10 % 14)), is |_, g| by_rows(g, |row| vec![truth(row.contains(&1.0))]);
    all: "any, all", (Truth, Truth) -> Truth, |x, _| tens(x).all(1),
        on |_| alone(truths(|i| i % 10 != i / 10 % 14)), is |_, g| by_rows(g, |row| vec![truth(!row.contains(&0.0))]);
    sort: "sort, top_k", (Fixed, Fixed) -> Fixed, |x, _| tens(x.assume(-1000.0..=1000.0)).sort(1),
        on |f| alone(f.rows(1000.0)), is |_, g| by_rows(g, sorted);
    argsort: "argsort, argsort_descending", (Fixed, Fixed) -> Whole, |x, _| tens(x.assume(-1000.0..=1000.0)).argsort(1),
        on |f| alone(f.rows(1000.0)), is |_, g| by_rows(g, |row| order(row, f64::total_cmp));
    argsort_descending: "argsort, argsort_descending", (Fixed, Fixed) -> Whole,
        |x, _| tens(x.assume(-1000.0..=1000.0)).argsort_descending(1),
        on |f| alone(f.rows(1000.0)), is |_, g| by_rows(g, |row| order(row, |x, y| y.total_cmp(x)));
    median: "median", (Fixed, Fixed) -> Fixed, |x, _| tens(x.assume(-1000.0..=1000.0)).median(1),
        on |f| alone(f.rows(1000.0)), is |_, g| by_rows(g, |row| vec![(sorted(row)[4] + sorted(row)[5]) / 2.0]);
    prod: "prod of 4", (Fixed, Fixed) -> Fixed, |x, _| x.reshape([x.shape().elements() / 4, 4]).prod(1),
        on |f| alone(f.rows(1.0)), is |_, [x, _]| x.chunks_exact(4).map(|row| row.iter().product()).collect();
    prod_int: "prod of integers", (Whole, Whole) -> Whole, |x, _| x.reshape([x.shape().elements() / 4, 4]).prod(1),
        on |f| { let mut x = f.integers([30, 53, 53]); x.truncate(100_000); alone(x) },
        is |f, [x, _]| x.chunks_exact(4).map(|row| {
            let product = row.iter().fold(1_i64, |product, &x| product.wrapping_mul(x as i64));
            if f.bits == 32 { f64::from(product as i32) } else { product as f64 }
        }).collect();
    mean: "mean, avg_pool of 10", (Fixed, Fixed) -> Fixed, |x, _| tens(x).mean(1),
        on |f| alone(f.rows(f.largest * f.ulp / 25.0)), is |_, g| by_rows(g, |row| vec![average(row)]);
    avg_pool: "mean, avg_pool of 10", (Fixed, Fixed) -> Fixed, |x, _| {
            let images = x.reshape([x.shape().elements() / 10, 2, 5, 1]);
            images.avg_pool(Window::tiles([2, 5])).reshape([x.shape().elements() / 10])
        },
        on |f| alone(f.rows(f.largest * f.ulp / 25.0)), is |_, g| by_rows(g, |row| vec![average(row)]);
    variance: "variance of 10", (Fixed, Fixed) -> Fixed, |x, _| tens(x).variance(1),
        on |f| alone(f.rows(8.0)), is |_, g| by_rows(g, |row| vec![variance(row)]);
    deviation: "std of 10", (Fixed, Fixed) -> Fixed, |x, _| tens(x).std(1),
        on |f| alone(f.rows(8.0)),
        is |_, g| by_rows(g, |row| vec![if variance(row) >= 1.0 { variance(row).sqrt() } else { f64::NAN }]);
    softmax: "softmax of 10", (Fixed, Fixed) -> Fixed, |x, _| tens(x).softmax(1),
        on |f| alone(f.masked_rows()), is |_, g| by_rows(g, |row| log_softmax(row).into_iter().map(f64::exp).collect());
    log_softmax: "log_softmax of 10", (Fixed, Fixed) -> Fixed, |x, _| tens(x).log_softmax(1),
        on |f| alone(f.masked_rows()), is |_, g| by_rows(g, log_softmax);
    logsumexp: "logsumexp of 10", (Fixed, Fixed) -> Fixed, |x, _| tens(x).logsumexp(1),
        on |f| alone(f.masked_rows()), is |_, g| by_rows(g, |row| vec![log_sum(row).0 + log_sum(row).1]);
}

/// Rows of ten.
fn tens<V: spu::Visibility, D: spu::DType>(x: Tensor<V, D>) -> Tensor<V, D> {
    x.reshape([x.shape().elements() / 10, 10])
}

fn each(grid: &Grid, exact: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    grid[0].iter().zip(&grid[1]).map(|(&x, &y)| exact(x, y)).collect()
}

fn by_rows(grid: &Grid, exact: impl Fn(&[f64]) -> Vec<f64>) -> Vec<f64> {
    grid[0].chunks_exact(10).flat_map(exact).collect()
}

/// Arguments from 0 up to the largest that `exp` serves, and from a bit above it on.
fn growing(f: &NumberFormat) -> Vec<f64> {
    let most = f.largest_exponent().min(20.0);
    // The guard of 1/16 is where it may be either.
    f.linear(0.0, most - f.ulp).into_iter().chain([f.rounded(most + 0.125)]).chain(f.far(20.0)).collect()
}

/// From −1 to 1, the numbers next to the ends, and some beyond.
fn unit_interval(f: &NumberFormat) -> Vec<f64> {
    let near = (0..64).flat_map(|units| [1.0, -1.0].map(|end| end * (1.0 - f64::from(units) * f.ulp)));
    let near = near.chain([0.0, f.ulp, -f.ulp, 1.0 + f.ulp, -1.0 - f.ulp, 1.5, -3.0]);
    f.linear(-1.0, 1.0).into_iter().chain(near).collect()
}

fn halves(f: &NumberFormat) -> Vec<f64> {
    let halves = (-200..200).map(|x| f64::from(x) / 2.0);
    f.numbers().into_iter().chain(halves).collect()
}

/// An integer that the host's `i64` holds.
fn readable(x: f64) -> f64 {
    if x.abs() < 2f64.powi(63) { x } else { f64::NAN }
}

fn truths(at: impl Fn(usize) -> bool) -> Vec<f64> {
    (0..crate::grids::POINTS).map(|i| truth(at(i))).collect()
}

fn truth(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

/// f(x) for positive x, else 0.
fn positive(x: f64, f: impl Fn(f64) -> f64) -> f64 {
    if x > 0.0 { f(x) } else { 0.0 }
}

fn over(x: f64, y: f64) -> f64 {
    if y == 0.0 { 0.0 } else { x / y }
}

fn rest(x: f64, y: f64) -> f64 {
    if y == 0.0 { x } else { x % y + 0.0 }
}

/// Without the pairs whose divisor is 0.
fn with_divisors([x, y]: Grid) -> Grid {
    x.into_iter().zip(y).filter(|(_, y)| *y != 0.0).unzip().into()
}

/// x^y where the format holds it.
fn power(f: &NumberFormat, x: f64, y: f64) -> f64 {
    match (x, y) {
        (_, 0.0) => 1.0,
        (x, y) if x > 0.0 && y * x.ln() > f.largest_exponent().min(20.0) - 0.1 => f64::NAN,
        (x, y) if x > 0.0 => x.powf(y),
        (x, y) if x < 0.0 && y.fract() == 0.0 => x.powi(y as i32),
        _ => 0.0,
    }
}

fn place(row: &[f64], better: fn(f64, f64) -> f64) -> f64 {
    let best = row.iter().copied().reduce(better);
    row.iter().position(|&x| Some(x) == best).map_or(f64::NAN, |at| at as f64)
}

fn sorted(row: &[f64]) -> Vec<f64> {
    let mut row = row.to_vec();
    row.sort_by(f64::total_cmp);
    row
}

/// Positions in order; of equal elements the first stands first.
fn order(row: &[f64], compare: impl Fn(&f64, &f64) -> std::cmp::Ordering) -> Vec<f64> {
    let mut places: Vec<usize> = (0..row.len()).collect();
    places.sort_by(|&i, &j| compare(&row[i], &row[j]));
    places.into_iter().map(|i| i as f64).collect()
}

fn average(row: &[f64]) -> f64 {
    row.iter().sum::<f64>() / row.len() as f64
}

fn variance(row: &[f64]) -> f64 {
    row.iter().map(|x| (x - average(row)).powi(2)).sum::<f64>() / row.len() as f64
}

/// The largest element, and ln Σ e^(x − largest).
fn log_sum(row: &[f64]) -> (f64, f64) {
    let most = row.iter().copied().fold(f64::MIN, f64::max);
    (most, row.iter().map(|x| (x - most).exp()).sum::<f64>().ln())
}

fn log_softmax(row: &[f64]) -> Vec<f64> {
    let (most, sum) = log_sum(row);
    row.iter().map(|x| (x - most) - sum).collect()
}
