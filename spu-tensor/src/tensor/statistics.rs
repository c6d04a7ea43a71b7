//! Variance, and the softmax family.

use super::accuracy::accuracy;
use super::axes::{Axes, KeepDims, keepdims};
use super::reduce::{count, divided, reduced, sum};
use super::{Fxp, Numeric, Tensor, Visibility};
use crate::location::Location;

impl<V: Visibility, D: Numeric> Tensor<V, D> {
    /// The variance over axes, which disappear: the mean square distance from the mean.
    ///
    /// Each distance d is rounded once, which adds up to 2·|d| ulp in the mean of all, besides what the [mean](Self::mean) of the squares errs.
    #[doc = accuracy!(variance)]
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0, 3.0, 6.0], |x: Tensor<Secret, Fxp>| x.variance(0))?;
    /// assert_eq!(y.values(), [3.5]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn variance(self, axes: impl Axes) -> Tensor<V, Fxp> {
        variance(self, &axes, 0, Location::caller())
    }

    /// The variance over axes with `ddof` fewer degrees of freedom: divided by n − ddof instead of n. Its error is that of the
    /// [variance](Self::variance), times n/(n − ddof).
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 2.0, 6.0], |x: Tensor<Secret, Fxp>| x.variance_ddof(0, 1))?;
    /// assert_eq!(y.values(), [7.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn variance_ddof(self, axes: impl Axes, ddof: usize) -> Tensor<V, Fxp> {
        variance(self, &axes, ddof, Location::caller())
    }

    /// The standard deviation over axes, which disappear: the square root of the [variance](Self::variance), whose error it divides by
    /// twice itself.
    #[doc = accuracy!(std)]
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![1.0, 5.0], |x: Tensor<Secret, Fxp>| x.std(0))?;
    /// assert_eq!(y.values(), [2.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn std(self, axes: impl Axes) -> Tensor<V, Fxp> {
        variance(self, &axes, 0, Location::caller()).sqrt()
    }

    /// e^x / Σ e^x over axes. Elements far below the maximum, masks of −10^9 among them, give exactly 0; all lie in [0, 1],
    /// and over the axes they sum to 1 within n + 2 units in the last place for n elements.
    ///
    /// The maximum is taken out first, so that exponents lie in (−∞, 0] and their sum in [1, n] whatever the elements are. As
    /// it cancels, no derivative flows through it.
    ///
    /// Error: that of the exponentials, whose sum n of them add up in, and of the reciprocal: n + 6 ulp for n elements.
    #[doc = accuracy!(softmax)]
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![3.0, 3.0, -1e9], |x: Tensor<Secret, Fxp>| x.softmax(0))?;
    /// assert_eq!(y.values(), [0.5, 0.5, 0.0]);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn softmax(self, axes: impl Axes) -> Tensor<V, Fxp> {
        let Some(Shifted { terms, total, .. }) = Shifted::new(self, &axes, Location::caller()) else {
            return Tensor::from_handle(self.handle);
        };
        Tensor::from_handle((terms * total.reciprocal()).handle)
    }

    /// x − log Σ e^x over axes: the logarithm of the [softmax](Self::softmax).
    ///
    /// Error: n + 8 ulp for n elements.
    #[doc = accuracy!(log_softmax)]
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![3.0, 3.0], |x: Tensor<Secret, Fxp>| x.log_softmax(0))?;
    /// assert!(y.values().iter().all(|x| (x + 2f64.ln()).abs() < 1e-12));
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn log_softmax(self, axes: impl Axes) -> Tensor<V, Fxp> {
        match Shifted::new(self, &axes, Location::caller()) {
            Some(Shifted { below, total, .. }) => Tensor::from_handle((below - total.ln()).handle),
            None => Tensor::from_handle(self.handle),
        }
    }

    /// log Σ e^x over axes, which disappear. Its derivative is the [softmax](Self::softmax).
    ///
    /// Error: n + 8 ulp for n elements.
    #[doc = accuracy!(logsumexp)]
    ///
    /// ```
    /// use spu_tensor::{Fxp, Secret, Tensor, evaluate};
    ///
    /// let y = evaluate(vec![700.0, 700.0, -1e9], |x: Tensor<Secret, Fxp>| x.logsumexp(0))?;
    /// assert!((y.values()[0] - 700.0 - 2f64.ln()).abs() < 1e-9);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn logsumexp(self, axes: impl Axes) -> Tensor<V, Fxp> {
        let location = Location::caller();
        let Some(Shifted { most, total, .. }) = Shifted::new(self, &axes, location) else {
            return Tensor::from_handle(self.handle);
        };
        let result = Tensor::<V, Fxp>::from_handle((total.ln() + most).handle);
        if axes.are_kept() {
            return result;
        }
        let rank = self.shape().rank();
        let (axes, extents) = (axes.to_axes(rank), result.shape());
        let kept = extents.extents().iter().enumerate().filter(|(axis, _)| !axes.contains(axis));
        result.reshape(kept.map(|(_, &extent)| extent).collect::<Vec<_>>())
    }
}

/// x − max x, its exponentials, and their sum, the axes kept.
struct Shifted<V: Visibility> {
    most: Tensor<V, Fxp>,
    below: Tensor<V, Fxp>,
    terms: Tensor<V, Fxp>,
    total: Tensor<V, Fxp>,
}

impl<V: Visibility> Shifted<V> {
    #[track_caller]
    fn new<D: Numeric>(x: Tensor<V, D>, axes: &impl Axes, location: Location) -> Option<Self> {
        let n = count("softmax", x.handle, axes, 0, location)?;
        let axes = || -> KeepDims<Vec<usize>> { keepdims(axes.to_axes(x.shape().rank())) };
        let x = x.to_fxp();
        let most = x.max(axes()).stop_gradient();
        let below = Tensor::<V, Fxp>::from_handle((x - most).assume(..=0.0).handle);
        let terms = below.exp();
        let total = terms.sum(axes()).assume(1.0..=n as f64);
        Some(Self { most, below, terms, total })
    }
}

#[track_caller]
fn variance<V: Visibility, D: Numeric>(
    x: Tensor<V, D>,
    axes: &impl Axes,
    ddof: usize,
    location: Location,
) -> Tensor<V, Fxp> {
    let Some(n) = count("variance", x.handle, axes, ddof, location) else {
        return Tensor::from_handle(x.handle);
    };
    let distance = x.to_fxp() - x.mean(keepdims(axes.to_axes(x.shape().rank())));
    let square = Tensor::<V, Fxp>::from_handle((distance * distance).handle);
    let total = reduced(square.handle, axes, location, |square, axes| sum(square, axes, location));
    Tensor::from_handle(divided(total, n, location))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HostTensor, Public, Secret, evaluate, value_and_grad};

    type X = Tensor<Secret, Fxp>;

    /// The gradient of Σ w · f(x) for x of shape [3, 4] and fixed weights w of the shape of f(x) against central differences
    /// (g(x + h) − g(x − h)) / 2h.
    fn check(name: &str, weights: [usize; 2], f: fn(X) -> X) {
        let x: Vec<f64> = (0..12).map(|i| f64::from(i * 7 % 12) * 0.3 - 1.7 + 0.01 * f64::from(i)).collect();
        let w: Vec<f64> = (0..weights[0] * weights[1]).map(|i| 0.5 + 0.3 * i as f64).collect();
        let at = |x: &[f64]| {
            let inputs = (HostTensor::fxp([3, 4], x.to_vec()), HostTensor::fxp(weights, w.clone()));
            let of = |(x, w): (X, Tensor<Public, Fxp>)| value_and_grad(x, |x| (f(x) * w).sum_all());
            let (value, gradient) = evaluate(inputs, of).unwrap().split();
            (value.values()[0], gradient.values())
        };
        for (i, found) in at(&x).1.into_iter().enumerate() {
            let moved = |step: f64| {
                let mut x = x.clone();
                x[i] += step;
                at(&x).0
            };
            let expected = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
            let close = (found - expected).abs() <= 1e-6 * (1.0 + expected.abs());
            assert!(close, "{name}: element {i}: {found}, expected {expected}");
        }
    }

    #[test]
    fn gradients_are_central_differences() {
        check("variance of rows", [1, 3], |x| x.variance(1).reshape([1, 3]));
        check("variance of columns", [1, 4], |x| x.variance_ddof(0, 1).reshape([1, 4]));
        check("variance of all", [1, 1], |x| x.variance([0, 1]).reshape([1, 1]));
        check("standard deviation", [1, 3], |x| x.std(1).reshape([1, 3]));
        check("softmax of rows", [3, 4], |x| x.softmax(1));
        check("softmax of columns", [3, 4], |x| x.softmax(0));
        check("softmax of all", [3, 4], |x| x.softmax([0, 1]));
        check("log softmax of rows", [3, 4], |x| x.log_softmax(1));
        check("log softmax of columns", [3, 4], |x| x.log_softmax(0));
        check("logsumexp", [1, 3], |x| x.logsumexp(1).reshape([1, 3]));
    }

    /// Rounding costs about 2^-52 / STEP, the third derivative STEP²: both stay below 1e-9.
    const STEP: f64 = 1e-5;
}
