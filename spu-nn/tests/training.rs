//! Training on real numbers, through the language and its derivatives, against loops that know nothing of either.

extern crate spu_tensor as spu;

use spu::{Error, Evaluator, ExecutorExt, Fxp, HostOf, HostTensor, Int, Party, Public, Secret, Tensor, Tree};
use spu::{spu_fn, value_and_grad};
use spu_nn::init::Draws;
use spu_nn::layers::{Dense, Layer, Relu, Weights};
use spu_nn::loss::cross_entropy;
use spu_nn::optim::Sgd;

type Network = (Dense, Relu, Dense, Relu, Dense);
const NETWORK: Network = (Dense::new(9, 7), Relu, Dense::new(7, 5), Relu, Dense::new(5, 4));
const WIDTHS: [usize; 4] = [9, 7, 5, 4];
const ROWS: usize = 6;

#[derive(Clone, Copy, Tree)]
struct Training {
    model: Weights<Network>,
    velocity: Weights<Network>,
}

#[spu_fn]
fn step(state: Training, x: Tensor<Secret, Fxp>, y: Tensor<Secret, Int>) -> (Training, Tensor<Public, Fxp>) {
    let (loss, gradient) = value_and_grad(state.model, |model| cross_entropy(NETWORK.apply(model, x), y));
    let (model, velocity) = Sgd::default().step(state.model, state.velocity, gradient);
    (Training { model, velocity }, loss.reveal())
}

#[test]
fn five_steps_equal_the_loops() -> Result<(), Error> {
    let draws = &mut Draws::seeded(3);
    let initial = NETWORK.initial(draws)?;
    let names: Vec<String> = initial.clone().named().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["0.weight", "0.bias", "2.weight", "2.bias", "4.weight", "4.bias"]);
    let mut loops = Loops::new(initial.clone().into_leaves());

    let session = Evaluator::new();
    let at_rest = Sgd::at_rest(NETWORK.shape())?;
    let start = HostOf::of(|| Training { model: initial.graft(), velocity: at_rest.graft() })?;
    let mut state = session.input(Party(0), shape(), || Ok(start))?;
    for round in 0..5 {
        let x = draws.normal([ROWS, WIDTHS[0]], 1.0);
        let labels: Vec<usize> = (0..ROWS).map(|i| (i * i + round) % 4).collect();
        let expected = loops.step(&x.elements.to_f64(), &labels);

        let one_hot = labels.iter().flat_map(|&label| (0..4).map(move |class| i64::from(class == label))).collect();
        let x = session.input(Party(0), [ROWS, WIDTHS[0]], || Ok(x))?;
        let y = session.input(Party(1), [ROWS, 4], || Ok(HostTensor::int([ROWS, 4], one_hot)))?;
        let (next, loss) = step::run(&session, &state, &x, &y)?.split();
        assert!((loss.item() - expected).abs() < 1e-12, "step {round}: {} {expected}", loss.item());
        state = next;
    }
    assert_eq!(session.programs(), 1);

    let trained = session.reveal(&state)?.into_leaves();
    let (weights, velocities) = trained.split_at(6);
    for (i, (found, expected)) in weights.iter().zip(&loops.weights).enumerate() {
        assert_close(&found.elements.to_f64(), expected, &names[i]);
    }
    for (i, (found, expected)) in velocities.iter().zip(&loops.velocities).enumerate() {
        assert_close(&found.elements.to_f64(), expected, &names[i]);
    }
    Ok(())
}

fn shape() -> spu::ShapeOf<Training> {
    spu::ShapeOf::of(|| Training { model: NETWORK.shape().graft(), velocity: NETWORK.shape().graft() })
}

#[track_caller]
fn assert_close(found: &[f64], expected: &[f64], name: &str) {
    assert_eq!(found.len(), expected.len(), "{name}");
    let worst = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-12, "{name} is off by {worst}");
}

/// The same training by hand: weights and biases alternate, row-major.
struct Loops {
    weights: Vec<Vec<f64>>,
    velocities: Vec<Vec<f64>>,
}

impl Loops {
    fn new(weights: Vec<HostTensor>) -> Self {
        let weights: Vec<Vec<f64>> = weights.into_iter().map(|w| w.elements.to_f64()).collect();
        let velocities = weights.iter().map(|w| vec![0.0; w.len()]).collect();
        Self { weights, velocities }
    }

    /// One step on a batch; gives the loss before it.
    fn step(&mut self, x: &[f64], labels: &[usize]) -> f64 {
        let mut loss = 0.0;
        let mut gradient: Vec<Vec<f64>> = self.weights.iter().map(|w| vec![0.0; w.len()]).collect();
        for (x, &label) in x.chunks_exact(WIDTHS[0]).zip(labels) {
            // Forward: activations[l] enters layer l, the last are the logits.
            let mut activations = vec![x.to_vec()];
            for layer in 0..3 {
                let (from, to) = (WIDTHS[layer], WIDTHS[layer + 1]);
                let input = &activations[layer];
                let output = (0..to).map(|j| {
                    let sum: f64 = (0..from).map(|i| input[i] * self.weights[2 * layer][i * to + j]).sum();
                    let z = sum + self.weights[2 * layer + 1][j];
                    if layer < 2 { z.max(0.0) } else { z }
                });
                let output = output.collect();
                activations.push(output);
            }
            let total: f64 = activations[3].iter().map(|z| z.exp()).sum();
            let softmax: Vec<f64> = activations[3].iter().map(|z| z.exp() / total).collect();
            loss -= softmax[label].ln() / ROWS as f64;

            // Backward.
            let mut delta: Vec<f64> = softmax;
            delta[label] -= 1.0;
            delta.iter_mut().for_each(|d| *d /= ROWS as f64);
            for layer in (0..3).rev() {
                let (from, to) = (WIDTHS[layer], WIDTHS[layer + 1]);
                for (j, d) in delta.iter().enumerate() {
                    gradient[2 * layer + 1][j] += d;
                    (0..from).for_each(|i| gradient[2 * layer][i * to + j] += activations[layer][i] * d);
                }
                let back = |i: usize| (0..to).map(|j| delta[j] * self.weights[2 * layer][i * to + j]).sum::<f64>();
                delta = (0..from).map(|i| if activations[layer][i] > 0.0 { back(i) } else { 0.0 }).collect();
            }
        }
        for ((weights, velocity), gradient) in self.weights.iter_mut().zip(&mut self.velocities).zip(&gradient) {
            for ((w, v), g) in weights.iter_mut().zip(velocity).zip(gradient) {
                *v = 0.9 * *v + g;
                *w -= 0.01 * *v;
            }
        }
        loss
    }
}
