//! Dropout, and embeddings.

use spu::{HostTensor, Int, Public, Secret, Tensor, evaluate, value_and_grad};
use spu_nn::init::Draws;
use spu_nn::layers::{Dropout, Embedding, EmbeddingWeights, Layer};

use super::check::{Secrets, assert_close, numbers};

const COUNT: usize = 20_000;

/// The kept share strays from its mean by more than √(ln(2·10¹¹) / 2n) with a probability below 10⁻¹¹ (Hoeffding).
#[test]
fn dropout_keeps_the_mean_and_its_derivative_drops_the_same() {
    for (rate, drawn) in [(0.5, 0.5), (0.1, 26.0 / 256.0), (0.0, 0.0)] {
        let layer = Dropout::new(rate);
        let x: Vec<f64> = (0..COUNT).map(|i| 1.0 + i as f64 / COUNT as f64).collect();
        let found = evaluate(x.clone(), |x: Secrets| {
            let mut y = x;
            let (_, slope) = value_and_grad(x, |x| {
                y = layer.train((), (), x).0;
                y.sum_all()
            });
            (y, slope)
        });
        let (y, slope) = found.unwrap().split();
        let kept = y.values().iter().filter(|&&y| y != 0.0).count() as f64 / COUNT as f64;
        let stray = ((2e11f64).ln() / (2.0 * COUNT as f64)).sqrt();
        assert!((kept - (1.0 - drawn)).abs() < stray, "{kept} kept at a rate of {rate}");
        for ((y, slope), x) in y.values().iter().zip(slope.values()).zip(&x) {
            assert!(*y == 0.0 || (y - x / (1.0 - drawn)).abs() < 1e-12, "{y} of {x}");
            assert!((slope * x - y).abs() < 1e-12, "{slope} at {x}, which became {y}");
        }
    }
}

#[test]
fn dropout_does_nothing_afterwards() {
    let x: Vec<f64> = (0..50).map(f64::from).collect();
    let y = evaluate(x.clone(), |x: Secrets| Dropout::new(0.5).infer((), (), x)).unwrap();
    assert_eq!(y.values(), x);
}

/// Rows of 4 by 3, one twice, one outside.
#[test]
fn embeddings_give_rows_to_public_and_secret_indices() {
    let layer = Embedding::new(4, 3);
    let weights = layer.initial(&mut Draws::seeded(2)).unwrap();
    let table = numbers(weights.clone()).remove(0);
    let index = [2, 0, 2, 4];
    let expected: Vec<f64> = index
        .iter()
        .flat_map(|&i| (0..3).map(move |j| i * 3 + j))
        .map(|at| table.get(at).copied().unwrap_or(0.0))
        .collect();
    let index = HostTensor::int([2, 2], index.iter().map(|&i| i as i64).collect());
    let public =
        evaluate((weights.clone(), index.clone()), |(w, i): (EmbeddingWeights, Tensor<Public, Int>)| layer.apply(w, i));
    let secret =
        evaluate((weights.clone(), index.clone()), |(w, i): (EmbeddingWeights, Tensor<Secret, Int>)| layer.apply(w, i));
    for found in [public.unwrap(), secret.unwrap()] {
        assert_eq!(found.shape().extents(), [2, 2, 3]);
        assert_eq!(found.values(), expected);
    }
    // A row's derivative is the sum of those of its uses: Σ over i, j of factor(i)·row(i)_j.
    let slope = evaluate((weights, index), |(w, i): (EmbeddingWeights, Tensor<Secret, Int>)| {
        let factors = Tensor::constant(vec![1.0, 10.0, 100.0, 1000.0]).reshape([2, 2, 1]);
        value_and_grad(w, |w| (layer.apply(w, i) * factors).sum_all()).1
    });
    let expected: Vec<f64> = [10.0, 0.0, 101.0, 0.0].into_iter().flat_map(|row| [row; 3]).collect();
    assert_close(&numbers(slope.unwrap()).remove(0), &expected, 1e-12);
}
