//! Optimizers in `f64`, coordinate by coordinate, and beside them how far fixed point may be: the worst case of the derivation in `spu::nn::optim::moments`,
//! followed step by step.

/// Sizes of gradients from 10^−5 to 10, five coordinates of each, the signs of which change in different ways.
pub(crate) const COORDINATES: usize = 65;

/// The number format, and what it is tried with.
#[derive(Clone, Copy)]
pub(crate) struct Format {
    pub(crate) fraction_bits: i32,
    /// How large a gradient may be.
    pub(crate) largest: f64,
    /// Whether a direction keeps its digits when [`spu::nn::optim`] divides it by 256.
    pub(crate) keeps_digits: bool,
}

impl Format {
    pub(crate) const Z64: Self = Self { fraction_bits: 18, largest: 16.0, keeps_digits: true };

    pub(crate) fn ulp(self) -> f64 {
        2f64.powi(-self.fraction_bits)
    }

    /// The gradient of step `t`.
    pub(crate) fn gradient(self, t: u64) -> Vec<f64> {
        let size = |i: usize| 10f64.powf(-5.0 + 6.0 * (i / 5) as f64 / 12.0).min(self.largest);
        let wave = |i: usize| match i % 5 {
            0 => 1.0,
            1 => (0.3 * t as f64 + i as f64).cos(),
            2 => f64::from(u8::from(t % 10 == 3)),
            3 => 0.2 + (1.7 * t as f64 * (i as f64 + 1.0)).sin(),
            // Large once, small from then on: what the largest mean square so far remembers.
            _ => {
                if t == 1 {
                    1.0
                } else {
                    0.01
                }
            }
        };
        let one = |i: usize| size(i) * wave(i) / 1.2;
        // One coordinate reaches as far as any may.
        (0..COORDINATES).map(|i| if (i, t) == (COORDINATES - 1, 1) { self.largest } else { one(i) }).collect()
    }
}

pub(crate) fn start() -> Vec<f64> {
    (0..COORDINATES).map(|i| (i as f64 * 0.37).sin()).collect()
}

/// Which of the rules that divide by a root mean square.
#[derive(Clone, Copy)]
pub(crate) struct Rule {
    /// 0 for RMSProp, whose steps go by the gradient itself.
    pub(crate) beta1: f64,
    pub(crate) beta2: f64,
    pub(crate) epsilon: f64,
    /// Whether the start from zeros is corrected.
    pub(crate) is_corrected: bool,
    /// Whether the largest mean square so far is divided by.
    pub(crate) keeps_largest: bool,
    /// How much of a weight a step of rate 1 takes.
    pub(crate) decay: f64,
}

/// A coordinate of the state, and how far fixed point may be from it.
#[derive(Clone, Copy, Default)]
struct Moments {
    m: f64,
    v: f64,
    /// What is divided by the root of: v, or the largest so far.
    divisor: f64,
    off_m: f64,
    off_v: f64,
    off_divisor: f64,
}

impl Rule {
    fn push(self, format: Format, at: &mut Moments, g: f64) {
        let ulp = format.ulp();
        at.m = self.beta1 * at.m + (1.0 - self.beta1) * g;
        at.v = self.beta2 * at.v + (1.0 - self.beta2) * g * g;
        // The input g rounds to half an ulp; G = 64·g is exact. M errs by an ulp of its own in each step, β1 by a quarter; X by an ulp, which is 2^−18·(1 − β2) of them.
        let input = 0.5 * ulp;
        at.off_m = self.beta1 * at.off_m + (1.0 - self.beta1) * (input + ulp / 64.0) + 0.25 * ulp * at.m.abs();
        let of_square = (2.0 * g.abs() + input) * input;
        at.off_v = self.beta2 * at.off_v + (1.0 - self.beta2) * (of_square + ulp * 2f64.powi(-18));
        (at.divisor, at.off_divisor) = match self.keeps_largest {
            true => (at.divisor.max(at.v), at.off_divisor.max(at.off_v)),
            false => (at.v, at.off_v),
        };
    }

    /// m/√(v + ε²), and its error.
    fn direction(self, format: Format, at: &Moments) -> (f64, f64) {
        let of = |m: f64, v: f64| m / (v.max(0.0) + self.epsilon.powi(2)).sqrt();
        let exact = of(at.m, at.divisor);
        let corners = [-at.off_m, at.off_m].into_iter().flat_map(|m| [-at.off_divisor, at.off_divisor].map(|v| (m, v)));
        let of_state = corners.map(|(m, v)| (of(at.m + m, at.divisor + v) - exact).abs()).fold(0.0, f64::max);
        // The quotient 8·M/√X errs by 2^−10 of itself and two ulp before the factor (1 − β1)/√(1 − β2), and by 256 where it loses digits; the eight bits of 1 − β2
        // leave 2^−9 in v.
        let units = if format.keeps_digits { 2.0 } else { 258.0 };
        let of_quotient = units * format.ulp() * (1.0 - self.beta1) / (1.0 - self.beta2).sqrt();
        (exact, of_state + exact.abs() * 2f64.powi(-9) + of_quotient)
    }

    fn rate(self, rate: f64, t: u64) -> f64 {
        let left = |beta: f64| 1.0 - beta.powi(t as i32);
        if self.is_corrected { rate * left(self.beta2).sqrt() / left(self.beta1) } else { rate }
    }

    /// For each coordinate the largest error of found weights over the bound, and by itself.
    pub(crate) fn errors(self, format: Format, found: &[Vec<f64>], rate: f64) -> Vec<(f64, f64)> {
        let of_coordinate = |i: usize| {
            let (mut at, mut w, mut bound, mut worst) = (Moments::default(), start()[i], format.ulp(), (0f64, 0f64));
            for (t, found) in (1..).zip(found) {
                self.push(format, &mut at, format.gradient(t)[i]);
                let (direction, off) = self.direction(format, &at);
                if format.keeps_digits && at.divisor.sqrt() >= 1e-3 {
                    let factor = (1.0 - self.beta1) / (1.0 - self.beta2).sqrt();
                    let stated = direction.abs() / 256.0 + 2.0 * format.ulp() * (1.0 / at.divisor.sqrt() + factor);
                    assert!(off <= stated, "the documentation promises {stated} at step {t}, not {off}");
                }
                // A rate has f + 8 bits, or f significant ones; a step errs by an ulp, and one more where the weight decays.
                let decay = rate * self.decay;
                let of_decay = if decay == 0.0 { 0.0 } else { format.ulp() * (1.0 + w.abs() / 256.0) + decay * bound };
                let rate = self.rate(rate, t);
                bound += rate * (off + direction.abs() * 2f64.powi(-12)) + format.ulp() + of_decay;
                w -= rate * direction + decay * w;
                let error = (found[i] - w).abs();
                worst = (worst.0.max(error / bound), worst.1.max(error));
            }
            worst
        };
        (0..COORDINATES).map(of_coordinate).collect()
    }
}

/// Momentum SGD.
#[derive(Clone, Copy)]
pub(crate) struct Momentum {
    pub(crate) momentum: f64,
    pub(crate) is_nesterov: bool,
    pub(crate) decay: f64,
}

impl Momentum {
    /// As [`Rule::errors`]: in every step the velocity errs by an ulp, which fades by the momentum, and the weight by one more.
    pub(crate) fn errors(self, format: Format, found: &[Vec<f64>], rate: f64) -> Vec<(f64, f64)> {
        let ulp = format.ulp();
        let of_coordinate = |i: usize| {
            let (mut v, mut w, mut bound, mut off, mut worst) = (0.0, start()[i], ulp, 0.0, (0f64, 0f64));
            for (t, found) in (1..).zip(found) {
                let g = format.gradient(t)[i] + self.decay * w;
                v = self.momentum * v + g;
                w -= rate * if self.is_nesterov { g + self.momentum * v } else { v };
                off = self.momentum * off + 2.0 * ulp + self.decay * bound + f64::abs(v) * ulp;
                bound += rate * (2.0 * off + f64::abs(v) * 2f64.powi(-12)) + ulp;
                let error = (found[i] - w).abs();
                worst = (worst.0.max(error / bound), worst.1.max(error));
            }
            worst
        };
        (0..COORDINATES).map(of_coordinate).collect()
    }
}
