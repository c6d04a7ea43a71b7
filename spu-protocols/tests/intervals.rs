//! What the compiler takes for known of held values: results of every function lie where its analysis of the format says, also at the ends of ranges.

use spu_protocols::exec::PartyValue;
use spu_protocols::hal::{RingConfig, decode, encode, lower};
use spu_protocols::plain;
use spu_protocols::ring::Ring;
use spu_protocols::share::Plan;
use spu_tensor::HostTensor;
use spu_tensor::pphlo::parse;

/// Expressions of %a and %b, both in a known range.
const EXPRESSIONS: &[&str] = &[
    "exponential %a",
    "exponential_minus_one %a",
    "log %a",
    "log_plus_one %a",
    "reciprocal %a",
    "sqrt %a",
    "rsqrt %a",
    "rsqrt_approx %a",
    "logistic %a",
    "tanh %a",
    "sine %a",
    "cosine %a",
    "erf %a",
    "gelu %a",
    "silu %a",
    "softplus %a",
    "multiply %a, %a",
    "multiply %a, %b",
    "divide %a, %b",
    "remainder %a, %b",
    "atan2 %a, %b",
    "power %a, %b",
];
const RANGES: &[[f64; 2]] = &[[0.25, 1.0], [1.0, 4.0], [0.0, 3.5], [0.5, 12.0], [-2.0, 2.0], [-3.0, 0.0]];
const POINTS: usize = 301;

fn check<R: Ring>(ring: RingConfig) {
    for (expression, &[lo, hi]) in EXPRESSIONS.iter().flat_map(|e| RANGES.iter().map(move |range| (e, range))) {
        let text = format!(
            "program f(x: fxp[secret][{POINTS}], y: fxp[secret][{POINTS}])
            %x = parameter {{index = 0}} : fxp[secret][{POINTS}]
            %y = parameter {{index = 1}} : fxp[secret][{POINTS}]
            %a = assume %x {{lo = {lo:?}, hi = {hi:?}}}
            %b = assume %y {{lo = {lo:?}, hi = {hi:?}}}
            %r = {expression}
            %n = constant {{literal = fxp[{POINTS}] (0.3)}}
            %s = multiply %r, %n
            %i = floor %r
            return r = %r, s = %s, i = %i"
        );
        let program = parse(&text).unwrap_or_else(|error| panic!("{error}"));
        let known = ring.numbers().intervals(&program.graph, &[]);
        let outputs = &program.graph.outputs;
        // The product with 0.3 has 2f + 2 fraction bits, with which a large number overflows; the compiler warns of it.
        let [r, s] = [0, 1].map(|i| outputs[i]);
        let overflows = known[r.index()].hi >= ring.safe_bound(2 * ring.fraction_bits + 2);
        let unit = (-f64::from(ring.fraction_bits)).exp2();
        let at = |i: usize| ((lo + (hi - lo) * i as f64 / (POINTS - 1) as f64) / unit).round() * unit;
        let rising: Vec<f64> = (0..POINTS).map(at).collect();
        // The second operand stands at both ends beside every end of the first.
        let falling: Vec<f64> = (0..POINTS).map(|i| at(if i % 3 == 0 { i } else { POINTS - 1 - i })).collect();
        let plan = Plan::new(lower(&program, ring).unwrap(), ring);
        let inputs = [rising, falling].map(|v| {
            let tensor = HostTensor::fxp([POINTS], v);
            PartyValue::public(encode::<R>("x", &tensor, ring).unwrap())
        });
        for seed in 0..4 {
            let results = plain::run_seeded(&plan, ring, &inputs, seed).unwrap();
            let results = results.iter().zip(&program.results).zip(outputs);
            for ((result, (name, ty)), &value) in results.filter(|(_, value)| !(overflows && **value == s)) {
                let (result, interval) = (decode(result.as_public(), ty, ring), known[value.index()]);
                let mut elements = result.elements.to_f64().into_iter().enumerate();
                let outside = elements.find(|(_, x)| !interval.contains(*x));
                assert_eq!(outside, None, "{name} of {expression} on [{lo}, {hi}] in {ring:?}: {interval:?}");
            }
        }
    }
}

#[test]
fn held_values_lie_in_their_intervals() {
    check::<u64>(RingConfig::Z64);
}

#[test]
fn held_values_lie_in_their_intervals_in_other_rings() {
    check::<u32>(RingConfig::Z32);
    check::<u128>(RingConfig::Z128);
    check::<u128>(RingConfig { bits: 128, fraction_bits: 40 });
}
