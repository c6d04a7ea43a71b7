//! Learning rates over time: plain functions of the step `t`, counted from 1, computed by the host at every party.
//!
//! ```
//! use spu_nn::optim::schedule;
//!
//! // Warmed up over eight steps, then half as large after every thousand.
//! let rate = |t| schedule::warm_up(schedule::step_decay(0.5, 0.5, 1000, t), 8, t);
//! assert_eq!([rate(1), rate(8), rate(1001)], [0.0625, 0.5, 0.25]);
//! ```

/// The same rate in every step.
pub fn constant(rate: f64, _t: u64) -> f64 {
    rate
}

/// `rate` in the first `every` steps, `factor` times as much in the next, and so on.
pub fn step_decay(rate: f64, factor: f64, every: u64, t: u64) -> f64 {
    rate * factor.powf((t.saturating_sub(1) / every.max(1)) as f64)
}

/// rate·factor^(t − 1).
pub fn exponential(rate: f64, factor: f64, t: u64) -> f64 {
    rate * factor.powf(t.saturating_sub(1) as f64)
}

/// Half a cosine from `rate` in step 1 to `least` in step `steps` and later (Loshchilov and Hutter, ICLR 2017).
///
/// ```
/// use spu_nn::optim::schedule::cosine;
///
/// assert_eq!([cosine(0.5, 0.1, 11, 1), cosine(0.5, 0.1, 11, 11), cosine(0.5, 0.1, 11, 99)], [0.5, 0.1, 0.1]);
/// assert!((cosine(0.5, 0.1, 11, 6) - 0.3).abs() < 1e-15);
/// ```
pub fn cosine(rate: f64, least: f64, steps: u64, t: u64) -> f64 {
    let last = steps.saturating_sub(1).max(1) as f64;
    let done = (t.saturating_sub(1) as f64 / last).min(1.0);
    least + (rate - least) * 0.5 * (1.0 + (std::f64::consts::PI * done).cos())
}

/// rate·t/steps in the first `steps` steps, then `rate`: the rate of another schedule, warmed up.
pub fn warm_up(rate: f64, steps: u64, t: u64) -> f64 {
    rate * (t as f64 / steps.max(1) as f64).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_begin_with_step_1() {
        assert_eq!([1, 2, 1_000_000].map(|t| constant(0.3, t)), [0.3; 3]);
        assert_eq!([1, 2, 3, 11].map(|t| exponential(0.5, 0.5, t)), [0.5, 0.25, 0.125, 0.5f64.powi(11)]);
        assert_eq!([1, 3, 4, 6, 7].map(|t| step_decay(8.0, 0.5, 3, t)), [8.0, 8.0, 4.0, 4.0, 2.0]);
        assert_eq!([1, 2, 4, 5].map(|t| warm_up(0.5, 4, t)), [0.125, 0.25, 0.5, 0.5]);
    }

    /// A step 0 counts as the first, and a schedule of no steps as one of one.
    #[test]
    fn schedules_of_no_length_stay_finite() {
        assert_eq!([exponential(0.5, 0.1, 0), step_decay(0.5, 0.1, 7, 0), cosine(0.5, 0.1, 9, 0)], [0.5; 3]);
        assert_eq!([step_decay(1.0, 0.5, 0, 3), warm_up(1.0, 0, 1), cosine(1.0, 0.5, 0, 2)], [0.25, 1.0, 0.5]);
    }
}
