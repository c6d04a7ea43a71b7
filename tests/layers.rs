//! Layers that combine operations in new ways, under ABY3: against the plain oracle and against real numbers; and what they cost.

use spu::nn::layers::*;
use spu::prelude::*;
use spu::{Evaluator, Executor, Program, Target};

type Secrets = Tensor<Secret, Fxp>;

const BATCH_NORM: BatchNorm = BatchNorm::new(4);
const LAYER_NORM: LayerNorm = LayerNorm::new(8);
const ATTENTION: MultiHeadAttention = MultiHeadAttention::new(8, 2).causal();
const LEAKY: LeakyRelu = LeakyRelu::new(0.1);
type Block = (Residual<(LayerNorm, MultiHeadAttention)>, Residual<(LayerNorm, Dense, Gelu, Dense)>);
const BLOCK: Block =
    (Residual((LAYER_NORM, ATTENTION)), Residual((LAYER_NORM, Dense::new(8, 16), Gelu, Dense::new(16, 8))));

/// `run(session)`: values of a layer in training, the derivatives of Σ factors·y, and the new state, all opened.
macro_rules! trained {
    ($($name:ident: $L:ty = $layer:expr, $shape:expr;)+) => { $(
        mod $name {
            use super::*;

            #[spu_fn]
            fn step(
                weights: Weights<$L>,
                state: State<$L>,
                x: Secrets,
                factors: Secrets,
            ) -> (Secrets, Weights<$L>, Secrets, State<$L>) {
                let ((_, (y, state)), (weights, x)) = value_and_grad_aux((weights, x), |(weights, x)| {
                    let (y, state) = $layer.train(weights, state, x);
                    ((y * factors).sum_all(), (y, state))
                });
                (y, weights, x, state)
            }

            pub(super) fn run(session: &dyn Executor) -> Result<Vec<f64>, Error> {
                let normal = |seed| Ok(Draws::seeded(seed).normal($shape, 1.0));
                let weights = session.input(Party(0), $layer.shape(), || $layer.initial(&mut Draws::seeded(4)))?;
                let state = session.input(Party(0), $layer.state_shape(), || $layer.initial_state())?;
                let x = session.input(Party(1), $shape, || normal(5))?;
                let factors = session.input(Party(2), $shape, || normal(6))?;
                let found = session.reveal(&step::run(session, &weights, &state, &x, &factors)?)?;
                Ok(found.into_leaves().into_iter().flat_map(|leaf| leaf.elements.to_f64()).collect())
            }
        }
    )+ };
}

trained! {
    batch_norm: BatchNorm = BATCH_NORM, [12, 4];
    layer_norm: LayerNorm = LAYER_NORM, [6, 8];
    attention: MultiHeadAttention = ATTENTION, [2, 5, 8];
    leaky_relu: LeakyRelu = LEAKY, [40];
    block: Block = BLOCK, [2, 5, 8];
}

/// All numbers are of the order of 1, so that each product and each root errs by an ulp or a few; derivatives are sums of up to a dozen
/// of these. In 2^32 a constant such as 0.1 is itself off by half an ulp.
fn assert_near_real_numbers(run: fn(&dyn Executor) -> Result<Vec<f64>, Error>, ulps: f64) {
    let exact = run(&Evaluator::new()).unwrap();
    for config in [Config::default(), Config::z32(), Config::z128()] {
        let config = Config { range_warnings: false, ..config };
        let shared = run(&Session::local(&config).unwrap()).unwrap();
        let plain = run(&Session::plain(&config).unwrap()).unwrap();
        for found in [shared, plain] {
            assert_eq!(found.len(), exact.len());
            let worst = found.iter().zip(&exact).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            let bound = ulps * 0.5f64.powi(config.fraction_bits as i32);
            assert!(worst <= bound, "off by {worst} with {} fraction bits", config.fraction_bits);
        }
    }
}

#[test]
fn layers_compute_the_same_on_shares() {
    assert_near_real_numbers(batch_norm::run, 32.0);
    assert_near_real_numbers(layer_norm::run, 32.0);
    assert_near_real_numbers(attention::run, 32.0);
    assert_near_real_numbers(leaky_relu::run, 4.0);
}

/// Errors of the first half go through the second.
#[test]
fn a_block_of_a_transformer() {
    assert_near_real_numbers(block::run, 128.0);
}

const RATE: f64 = 0.25;

#[spu_fn]
fn dropped(x: Secrets) -> (Tensor<Public, Fxp>, Tensor<Public, Fxp>) {
    let ((_, y), slope) = value_and_grad_aux(x, |x| {
        let (y, ()) = Dropout::new(RATE).train((), (), x);
        (y.sum_all(), y)
    });
    (y.reveal(), slope.reveal())
}

/// The share that is kept strays by more than √(ln(2·10¹¹) / 2n) with a probability below 10⁻¹¹ (Hoeffding).
#[test]
fn dropout_draws_anew_and_keeps_the_mean() {
    let n = 4096;
    let x: Vec<f64> = (0..n).map(|i| 1.0 + i as f64 / n as f64).collect();
    for session in [Session::local(&Config::default()).unwrap(), Session::plain(&Config::default()).unwrap()] {
        let input = session.input(Party(0), [n], || Ok(x.clone())).unwrap();
        let run = || {
            let (y, slope) = dropped::run(&session, &input).unwrap().split();
            [y, slope].map(|part| part.to_host().elements.to_f64())
        };
        let [first, slope] = run();
        let kept = first.iter().filter(|&&y| y != 0.0).count() as f64 / n as f64;
        assert!((kept - (1.0 - RATE)).abs() < ((2e11f64).ln() / (2.0 * n as f64)).sqrt(), "{kept}");
        let ulp = 0.5f64.powi(18);
        for ((y, slope), x) in first.iter().zip(&slope).zip(&x) {
            // 1/0.75 is off by half an ulp, and x is below 2; one more is of the truncation.
            assert!(*y == 0.0 || (y - x / (1.0 - RATE)).abs() <= 2.0 * ulp, "{y} of {x}");
            let expected = if *y == 0.0 { 0.0 } else { 1.0 / (1.0 - RATE) };
            assert!((slope - expected).abs() <= 2.0 * ulp, "{slope} where {x} became {y}");
        }
        assert_ne!(run()[0], first, "every run draws anew");
    }
}

const WIDE: MultiHeadAttention = MultiHeadAttention::new(64, 4);

#[spu_fn]
fn attend(weights: Weights<MultiHeadAttention>, x: Secrets) -> Secrets {
    WIDE.apply(weights, x)
}

#[spu_fn]
fn normalize_rows(weights: Weights<LayerNorm>, x: Secrets) -> Secrets {
    LayerNorm::new(64).apply(weights, x)
}

#[spu_fn]
fn normalize_batch(weights: Weights<BatchNorm>, state: State<BatchNorm>, x: Secrets) -> (Secrets, State<BatchNorm>) {
    BATCH_NORM.train(weights, state, x)
}

#[spu_fn]
fn drop_a_tenth(x: Secrets) -> Secrets {
    Dropout::new(0.1).train((), (), x).0
}

#[spu_fn]
fn drop_half(x: Secrets) -> Secrets {
    Dropout::new(0.5).train((), (), x).0
}

/// Rounds, and bytes over all parties.
fn price(program: Result<Program, Error>) -> (u64, u64) {
    let cost = Network::LOCAL.cost(&program.unwrap()).unwrap();
    (cost.rounds, cost.bytes.iter().sum())
}

/// 32 sequences of 64 places, 128 rows of a batch, 2048 numbers.
#[test]
fn costs() {
    let costs = [
        price(attend::program(WIDE.shape(), [32, 64, 64])),
        price(normalize_rows::program(LayerNorm::new(64).shape(), [32, 64, 64])),
        price(normalize_batch::program(BATCH_NORM.shape(), BATCH_NORM.state_shape(), [128, 4])),
        price(drop_a_tenth::program([2048])),
        price(drop_half::program([2048])),
    ];
    let expected = [(50, 205_731_840), (26, 10_525_696), (27, 24_072), (10, 116_736), (3, 98_304)];
    assert_eq!(costs, expected);
}
