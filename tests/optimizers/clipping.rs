//! Clipped gradients, on the oracle and among three parties.

use spu::ExecutorExt;
use spu::nn::optim::clip;
use spu::prelude::*;

use super::{Vector, oracle};

const ULP: f64 = 1.0 / 262_144.0;

#[spu_fn]
fn shortened(g: (Vector, Vector), #[fixed] limit: f64) -> (Vector, Vector) {
    clip::by_norm(g, limit)
}

#[spu_fn]
fn cut(g: (Vector, Vector), #[fixed] limit: f64) -> (Vector, Vector) {
    clip::by_value(g, limit)
}

fn sessions() -> Result<[Session; 2], Error> {
    Ok([oracle(), Session::local(&Config { insecure_seed: Some(8), ..Config::default() })?])
}

/// min(1, limit/‖g‖) errs by 2^−15 of itself and two ulp, the product by one more.
#[test]
fn by_their_norm() -> Result<(), Error> {
    for session in sessions()? {
        for size in [1e-3, 0.3, 0.999, 1.001, 7.0, 500.0] {
            // ‖(a, b)‖ = size.
            let (a, b) = (vec![0.6 * size, 0.0, 0.48 * size], vec![-0.64 * size]);
            let x = session.input(Party(0), [3], || Ok(a.clone()))?;
            let y = session.input(Party(1), [1], || Ok(b.clone()))?;
            for limit in [1.0 / 32.0, 1.0, 5.0] {
                let (x, y) = shortened::run(&session, &Shared::from((x.clone(), y.clone())), limit)?.split();
                let found = [session.reveal(&x)?.values(), session.reveal(&y)?.values()].concat();
                let factor = f64::min(1.0, limit / size);
                for (g, found) in [&a[..], &b].concat().into_iter().zip(found) {
                    // The norm errs by what the format leaves of g.
                    let bound = g.abs() * (factor * (2f64.powi(-15) + 4.0 * ULP / size) + 2.0 * ULP) + 2.0 * ULP;
                    assert!((found - factor * g).abs() <= bound, "{g} of norm {size} within {limit}: {found}");
                }
            }
        }
    }
    Ok(())
}

/// Numbers and limits of few bits: nothing is rounded.
#[test]
fn by_value() -> Result<(), Error> {
    let (a, b) = (vec![-100.0, -2.0, -0.25, 0.0], vec![ULP, 0.5, 0.75, 3.0, 1e5]);
    for session in sessions()? {
        let x = session.input(Party(0), [4], || Ok(a.clone()))?;
        let y = session.input(Party(1), [5], || Ok(b.clone()))?;
        let g = Shared::from((x, y));
        for limit in [0.5, 2.0, 64.0] {
            let (x, y) = cut::run(&session, &g, limit)?.split();
            let expected = |x: &[f64]| x.iter().map(|x| x.signum() * x.abs().min(limit)).collect::<Vec<_>>();
            assert_eq!(session.reveal(&x)?.values(), expected(&a));
            assert_eq!(session.reveal(&y)?.values(), expected(&b));
        }
    }
    Ok(())
}
