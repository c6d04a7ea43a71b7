//! Attention.

use spu::{HostTensor, Tensor, evaluate};
use spu_nn::init::Draws;
use spu_nn::layers::{AttentionWeights, Layer, MultiHeadAttention};

use super::check::Pass::Infer;
use super::check::{Secrets, assert_close, check, numbers, random};
use super::reference::{dense, softmax};

const N: usize = 2;
const LENGTH: usize = 3;
const WIDTH: usize = 4;

/// Head by head and query by query; `visible(sequence, query, key)`.
fn attention(w: &[Vec<f64>], x: &[f64], heads: usize, visible: impl Fn(usize, usize, usize) -> bool) -> Vec<f64> {
    let head = WIDTH / heads;
    let [query, key, value] = [0, 2, 4].map(|i| dense(x, &w[i], &w[i + 1], WIDTH));
    let mut joined = vec![0.0; x.len()];
    for sequence in 0..N {
        let at = |place: usize, of_head: usize, i: usize| (sequence * LENGTH + place) * WIDTH + of_head * head + i;
        for of_head in 0..heads {
            for place in 0..LENGTH {
                let score = |other: usize| {
                    let product = |i| query[at(place, of_head, i)] * key[at(other, of_head, i)];
                    let score = (0..head).map(product).sum::<f64>() / (head as f64).sqrt();
                    if visible(sequence, place, other) { score } else { f64::NEG_INFINITY }
                };
                let shares = softmax(&(0..LENGTH).map(score).collect::<Vec<_>>());
                for i in 0..head {
                    let seen = (0..LENGTH).map(|other| shares[other] * value[at(other, of_head, i)]);
                    joined[at(place, of_head, i)] = seen.sum();
                }
            }
        }
    }
    dense(&joined, &w[6], &w[7], WIDTH)
}

#[test]
fn heads_attend_to_all() {
    for heads in [1, 2, 4] {
        let layer = MultiHeadAttention::new(WIDTH, heads);
        check(layer, Infer, &[N, LENGTH, WIDTH], |w, x| attention(w, x, heads, |_, _, _| true));
    }
}

#[test]
fn causal_attention_sees_nothing_later() {
    let layer = MultiHeadAttention::new(WIDTH, 2).causal();
    check(layer, Infer, &[N, LENGTH, WIDTH], |w, x| attention(w, x, 2, |_, query, key| key <= query));
}

/// The second sequence has one token less.
#[test]
fn padding_is_not_seen() {
    let draws = &mut Draws::seeded(3);
    let padding = vec![true, true, true, true, true, false];
    for is_causal in [false, true] {
        let plain = MultiHeadAttention::new(WIDTH, 2);
        let layer = if is_causal { plain.causal() } else { plain };
        let weights = random(layer.shape(), draws);
        let x = draws.normal([N, LENGTH, WIDTH], 1.0);
        let visible = |sequence: usize, query: usize, key: usize| {
            padding[sequence * LENGTH + key] && (!is_causal || key <= query)
        };
        let expected = attention(&numbers(weights.clone()), &x.elements.to_f64(), 2, visible);
        let found = evaluate((weights, x), |(w, x): (AttentionWeights, Secrets)| {
            let mask = Tensor::constant(HostTensor::bool([N, 1, 1, LENGTH], padding.clone()));
            layer.apply_masked(w, x, mask)
        });
        assert_close(&found.unwrap().values(), &expected, 1e-10);
    }
}

#[test]
fn leaves_are_named_by_their_part() {
    let weights = MultiHeadAttention::new(4, 1).initial(&mut Draws::seeded(1)).unwrap().named();
    let names: Vec<String> = weights.into_iter().map(|(name, _)| name).collect();
    let expected = "query.weight query.bias key.weight key.bias value.weight value.bias output.weight output.bias";
    assert_eq!(names.join(" "), expected);
}
