//! Optimizers that divide by a root mean square, in the rings that they serve: `spu::nn::optim::moments` states the ranges.

use spu::prelude::*;

use super::reference::{Format, Rule};
use super::{ADAM, AMS_GRAD, RMS_PROP, adam, ams_grad, assert_within, rms_prop};

const STEPS: u64 = 100;

/// By ring, fraction bits, and the largest gradient.
const SERVED: [(u32, i32, f64); 5] =
    [(64, 19, 11.0), (64, 20, 8.0), (128, 18, 200.0), (128, 26, 200.0), (128, 40, 200.0)];

type Run = fn(&Session, Format, u64, Option<f64>) -> Result<Vec<Vec<f64>>, Error>;

#[test]
fn every_served_format_follows_real_numbers() -> Result<(), Error> {
    for (ring_bits, fraction_bits, largest) in SERVED {
        let config =
            Config { ring_bits, fraction_bits: fraction_bits as u32, insecure_seed: Some(7), ..Config::default() };
        let session = Session::plain(&config)?;
        // √v ≤ 16, of which v ≥ (1 − β2)·g² makes 160 for β2 = 0.99.
        let rules: [(&str, Run, Rule, f64); 3] = [
            ("adam", adam::run::<Session>, ADAM, largest),
            ("amsgrad", ams_grad::run::<Session>, AMS_GRAD, largest),
            ("rmsprop", rms_prop::run::<Session>, RMS_PROP, largest.min(150.0)),
        ];
        for (name, run, rule, largest) in rules {
            let format = Format { fraction_bits, largest, keeps_digits: ring_bits == 128 };
            let found = run(&session, format, STEPS, Some(0.01))?;
            let name = format!("{name}, 2^{ring_bits}, {fraction_bits} bits");
            assert_within(&name, &rule.errors(format, &found, 0.01));
        }
    }
    Ok(())
}
