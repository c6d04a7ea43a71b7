//! Initial weights, drawn by the party that gives them to the session.

use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use rand_distr::{Distribution, StandardNormal};
use spu::{Error, HostTensor, Shape};

/// A source of initial weights.
pub struct Draws(ChaCha20Rng);

impl Draws {
    /// The same draws for the same seed.
    pub fn seeded(seed: u64) -> Self {
        Self(ChaCha20Rng::seed_from_u64(seed))
    }

    /// Draws that nobody can repeat: keyed by the operating system.
    pub fn from_system() -> Result<Self, Error> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)
            .map_err(|e| Error::configuration("initial weights", format!("no randomness from the system: {e}")))?;
        Ok(Self(ChaCha20Rng::from_seed(key)))
    }

    /// Seeded if there is a seed, else keyed by the operating system.
    pub fn new(seed: Option<u64>) -> Result<Self, Error> {
        seed.map_or_else(Self::from_system, |seed| Ok(Self::seeded(seed)))
    }

    /// Independent normal values with mean 0.
    pub fn normal(&mut self, shape: impl Into<Shape>, deviation: f64) -> HostTensor {
        let shape = shape.into();
        let values = StandardNormal.sample_iter(&mut self.0).take(shape.elements());
        let values = values.map(|x: f64| deviation * x).collect();
        HostTensor::fxp(shape, values)
    }

    /// A weight matrix `[inputs, outputs]` after Glorot and Bengio (2010): normal with variance 2/(inputs + outputs).
    pub fn glorot_normal(&mut self, inputs: usize, outputs: usize) -> HostTensor {
        self.normal([inputs, outputs], (2.0 / (inputs + outputs) as f64).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and standard deviation.
    fn moments(tensor: &HostTensor) -> (f64, f64) {
        let values = tensor.elements.to_f64();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / values.len() as f64;
        (mean, variance.sqrt())
    }

    /// With n values the mean errs by σ/√n and the deviation by σ/√(2n); six of these is never by chance.
    #[test]
    fn glorot_has_mean_zero_and_its_deviation() {
        let weight = Draws::seeded(1).glorot_normal(784, 128);
        assert_eq!(weight.shape.extents(), [784, 128]);
        let sigma = (2.0f64 / 912.0).sqrt();
        let n = (784.0 * 128.0f64).sqrt();
        let (mean, deviation) = moments(&weight);
        assert!(mean.abs() < 6.0 * sigma / n, "{mean}");
        assert!((deviation - sigma).abs() < 6.0 * sigma / n / 2f64.sqrt(), "{deviation} {sigma}");
    }

    #[test]
    fn a_seed_fixes_the_draws_and_another_changes_them() {
        let draw = |seed| Draws::new(Some(seed)).unwrap().normal([10], 1e-2);
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        let (first, second) = {
            let mut draws = Draws::seeded(7);
            (draws.normal([10], 1e-2), draws.normal([10], 1e-2))
        };
        assert_ne!(first, second);
    }

    #[test]
    fn without_a_seed_no_two_are_equal() {
        let draw = || Draws::new(None).unwrap().normal([4], 1.0);
        assert_ne!(draw(), draw());
    }
}
