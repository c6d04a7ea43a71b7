//! Initial weights, drawn by the party that gives them to the session.
//!
//! A layer knows how its weights begin ([`Layer::initial`](crate::layers::Layer::initial)); another [`Initializer`] is given to the layer. Weights by a rule of
//! your own are any values of the right shapes, leaf by leaf:
//!
//! ```
//! use spu_nn::init::{Draws, Initializer};
//! use spu_nn::layers::{Dense, Layer, Relu};
//! use spu_tensor::{HostOf, HostTensor};
//!
//! const NETWORK: (Dense, Relu, Dense) = (Dense::new(3, 8).initializer(Initializer::HeNormal), Relu, Dense::new(8, 2));
//! let mut draws = Draws::seeded(1);
//! let weights = NETWORK.initial(&mut draws)?;
//!
//! // Biases 0, all else uniform.
//! let weights: HostOf<spu_nn::layers::Weights<(Dense, Relu, Dense)>> =
//!     HostOf::filled(NETWORK.shape(), |name, ty| match name.ends_with("bias") {
//!         true => Ok(draws.weights(Initializer::Constant(0.0), ty.shape.clone())),
//!         false => Ok(draws.weights(Initializer::Uniform(0.1), ty.shape.clone())),
//!     })?;
//! # Ok::<(), spu_tensor::Error>(())
//! ```

use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use rand_distr::{Distribution, StandardNormal, StandardUniform};
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

    /// Independent uniform values in [−bound, bound).
    pub fn uniform(&mut self, shape: impl Into<Shape>, bound: f64) -> HostTensor {
        let shape = shape.into();
        let values = StandardUniform.sample_iter(&mut self.0).take(shape.elements());
        let values = values.map(|x: f64| bound * (2.0 * x - 1.0)).collect();
        HostTensor::fxp(shape, values)
    }

    /// Weights of this shape.
    ///
    /// ```
    /// use spu_nn::init::{Draws, Initializer};
    ///
    /// let kernel = Draws::seeded(1).weights(Initializer::HeNormal, [5, 5, 16, 32]);
    /// assert_eq!(kernel.shape.extents(), [5, 5, 16, 32]);
    /// ```
    pub fn weights(&mut self, initializer: Initializer, shape: impl Into<Shape>) -> HostTensor {
        let shape = shape.into();
        let fan = Fan::of(&shape);
        self.weights_by_fan(initializer, shape, fan)
    }

    /// The same by a fan that the shape does not tell: of a kernel in groups, or of several tensors that are summed.
    pub fn weights_by_fan(&mut self, initializer: Initializer, shape: impl Into<Shape>, fan: Fan) -> HostTensor {
        let shape = shape.into();
        let Fan { inputs, outputs } = fan;
        // A uniform value in [−b, b) has the variance b²/3.
        match initializer {
            Initializer::GlorotNormal => self.normal(shape, (2.0 / (inputs + outputs)).sqrt()),
            Initializer::GlorotUniform => self.uniform(shape, (6.0 / (inputs + outputs)).sqrt()),
            Initializer::HeNormal => self.normal(shape, (2.0 / inputs).sqrt()),
            Initializer::HeUniform => self.uniform(shape, (6.0 / inputs).sqrt()),
            Initializer::LecunNormal => self.normal(shape, (1.0 / inputs).sqrt()),
            Initializer::Normal(deviation) => self.normal(shape, deviation),
            Initializer::Uniform(bound) => self.uniform(shape, bound),
            Initializer::Constant(value) => constant(shape, value),
        }
    }
}

/// How weights are drawn, by the fan of their shape: see [`Fan::of`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Initializer {
    /// Normal with variance 2/(inputs + outputs) (Glorot and Bengio, AISTATS 2010).
    GlorotNormal,
    /// Uniform with variance 2/(inputs + outputs) (the same).
    GlorotUniform,
    /// Normal with variance 2/inputs (He et al., ICCV 2015), for ReLU.
    HeNormal,
    /// Uniform with variance 2/inputs (the same).
    HeUniform,
    /// Normal with variance 1/inputs (LeCun et al., Efficient BackProp, 1998).
    LecunNormal,
    /// Normal with this standard deviation.
    Normal(f64),
    /// Uniform in [−bound, bound).
    Uniform(f64),
    /// The same number everywhere.
    Constant(f64),
}

/// How many numbers an output is a sum of, and how many outputs a number goes into.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Fan {
    /// Terms of an output.
    pub inputs: f64,
    /// Outputs of an input.
    pub outputs: f64,
}

impl Fan {
    /// Of a weight matrix `[inputs, outputs]`, or of a kernel `[height, width, inputs, outputs]` with as many spatial axes as one likes, each of whose
    /// places counts. A vector of n, such as a bias, counts as n and n. No number is below 1.
    ///
    /// ```
    /// use spu_nn::init::Fan;
    ///
    /// assert_eq!(Fan::of(&[784, 128].into()), Fan { inputs: 784.0, outputs: 128.0 });
    /// assert_eq!(Fan::of(&[5, 5, 16, 32].into()), Fan { inputs: 400.0, outputs: 800.0 });
    /// ```
    pub fn of(shape: &Shape) -> Self {
        Self::of_groups(shape, 1)
    }

    /// Of a kernel `[…, inputs / groups, outputs]` whose channels are convolved in so many groups, each by itself: an input goes into the outputs of its own
    /// group alone.
    ///
    /// ```
    /// use spu_nn::init::Fan;
    ///
    /// // From 16 channels to 32 in four groups: an output sees 4 of them, an input goes into 8.
    /// assert_eq!(Fan::of_groups(&[5, 5, 4, 32].into(), 4), Fan { inputs: 100.0, outputs: 200.0 });
    /// ```
    pub fn of_groups(shape: &Shape, groups: usize) -> Self {
        let (inputs, outputs) = match shape.extents() {
            [] => (1, 1),
            &[n] => (n, n),
            [places @ .., inputs, outputs] => {
                let places: usize = places.iter().product();
                (places * inputs, places * (outputs / groups.max(1)))
            }
        };
        Self { inputs: inputs.max(1) as f64, outputs: outputs.max(1) as f64 }
    }
}

/// Zeros.
pub fn zeros(shape: impl Into<Shape>) -> HostTensor {
    constant(shape, 0.0)
}

/// Ones.
pub fn ones(shape: impl Into<Shape>) -> HostTensor {
    constant(shape, 1.0)
}

/// The same number everywhere.
pub fn constant(shape: impl Into<Shape>, value: f64) -> HostTensor {
    let shape = shape.into();
    let values = vec![value; shape.elements()];
    HostTensor::fxp(shape, values)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With n values the mean errs by σ/√n. Its deviation errs by σ·√((κ − 1)/4n), κ the kurtosis: 3 for normal values, 9/5 for uniform ones.
    #[test]
    fn initial_weights_have_their_moments() {
        use Initializer::*;
        // The kernel has 3·3·40 inputs and 3·3·50 outputs.
        let (dense, kernel) = (Shape::from([300, 200]), Shape::from([3, 3, 40, 50]));
        let cases: [(Initializer, [f64; 2], bool); 7] = [
            (GlorotNormal, [2.0 / 500.0, 2.0 / 810.0], true),
            (GlorotUniform, [2.0 / 500.0, 2.0 / 810.0], false),
            (HeNormal, [2.0 / 300.0, 2.0 / 360.0], true),
            (HeUniform, [2.0 / 300.0, 2.0 / 360.0], false),
            (LecunNormal, [1.0 / 300.0, 1.0 / 360.0], true),
            (Normal(0.5), [0.25; 2], true),
            (Uniform(3.0), [3.0; 2], false),
        ];
        for (initializer, variances, normal) in cases {
            for (shape, variance) in [&dense, &kernel].into_iter().zip(variances) {
                let weights = Draws::seeded(7).weights(initializer, shape.clone());
                let (sigma, n) = (f64::sqrt(variance), shape.elements() as f64);
                let (mean, deviation) = moments(&weights);
                let kurtosis = if normal { 3.0 } else { 1.8 };
                let off = f64::sqrt((kurtosis - 1.0) / (4.0 * n));
                assert!(mean.abs() < 6.0 * sigma / n.sqrt(), "{initializer:?} {shape}: {mean}");
                assert!((deviation / sigma - 1.0).abs() < 6.0 * off, "{initializer:?} {shape}: {deviation} {sigma}");
                // A uniform value never leaves √3 deviations; of so many normal ones some do.
                let largest = weights.elements.to_f64().into_iter().fold(0f64, |most, x| most.max(x.abs()));
                assert_eq!(largest > 1.7321 * sigma, normal, "{initializer:?} {shape}: {largest}");
            }
        }
        assert_eq!(Draws::seeded(1).weights(Constant(2.5), [2, 2]), constant([2, 2], 2.5));
        assert_eq!((zeros([2]).elements.to_f64(), ones([2]).elements.to_f64()), (vec![0.0; 2], vec![1.0; 2]));
    }

    /// Mean and standard deviation.
    fn moments(tensor: &HostTensor) -> (f64, f64) {
        let values = tensor.elements.to_f64();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / values.len() as f64;
        (mean, variance.sqrt())
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
