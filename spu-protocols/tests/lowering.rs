//! Lowering keeps what a program computes: the share program on plain ring elements against the f64 evaluator.

use proptest::prelude::*;
use spu_protocols::exec::PartyValue;
use spu_protocols::hal::{RingConfig, decode, encode, lower};
use spu_protocols::plain;
use spu_protocols::share::{Plan, ShareOp};
use spu_tensor::pphlo::{Type, evaluate, parse};
use spu_tensor::{Elements, HostTensor, passes};

/// Runs `text` in the clear on ring elements and in f64; gives the largest difference of any result element, in ulp.
fn difference(text: &str, inputs: &[HostTensor]) -> f64 {
    let mut program = parse(text).unwrap_or_else(|error| panic!("{error}"));
    let exact = evaluate(&program.graph, inputs).unwrap();
    passes::optimize(&mut program);
    let ring = RingConfig::DEFAULT;
    let plan = Plan::new(lower(&program, ring).unwrap(), ring);
    let encoded = inputs.iter().map(|x| PartyValue::public(encode::<u64>("x", x, ring).unwrap()));
    let results = plain::run(&plan, ring, &encoded.collect::<Vec<_>>()).unwrap();
    let types: Vec<Type> = program.results.iter().map(|(_, ty)| ty.clone()).collect();
    let mut worst = 0f64;
    for ((result, ty), exact) in results.iter().zip(&types).zip(&exact) {
        let result = decode(result.as_public(), ty, ring);
        let pairs = result.elements.to_f64().into_iter().zip(exact.elements.to_f64());
        worst = pairs.map(|(a, b)| (a - b).abs() * 262_144.0).fold(worst, f64::max);
    }
    worst
}

fn vector(values: Vec<f64>) -> HostTensor {
    HostTensor::fxp([values.len()], values)
}

/// Values that 18 fraction bits hold exactly.
fn exact(lo: f64, hi: f64, n: usize) -> impl Strategy<Value = Vec<f64>> {
    let ulp = 262_144.0;
    proptest::collection::vec(
        ((lo * ulp).ceil() as i64..=(hi * ulp).floor() as i64).prop_map(move |x| x as f64 / ulp),
        n,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn arithmetic(x in exact(-100.0, 100.0, 6), y in exact(-100.0, 100.0, 6)) {
        let text = "program f(x: fxp[secret][6], y: fxp[secret][6])
            %x = parameter {index = 0} : fxp[secret][6]
            %y = parameter {index = 1} : fxp[secret][6]
            %p = multiply %x, %y
            %q = multiply %p, %x
            %c = constant {literal = fxp[6] (0.3)}
            %r = multiply %p, %c
            %s = add %r, %x
            %n = negate %s
            %h = constant {literal = fxp[6] (0.0078125)}
            %t = multiply %p, %h
            %u = subtract %t, %y
            return p = %p, q = %q, s = %s, n = %n, u = %u";
        // One truncation of p costs an ulp and is multiplied by up to 100 in q; 0.3 is off by up to 2^-19 times 10^4.
        prop_assert!(difference(text, &[vector(x), vector(y)]) < 0.5 * 1e4 + 102.0);
    }

    /// 2^-7 gives p more fraction bits and 2^9 takes them again, so that squares up to 2^23 have room. The product a·b of up to 2^17 has 36
    /// fraction bits: 2^12 takes from them, or it would not fit.
    #[test]
    fn powers_of_two_leave_room(x in exact(-700.0, 700.0, 6), y in exact(-180.0, 180.0, 6)) {
        let text = "program f(x: fxp[secret][6], y: fxp[secret][6])
            %x = parameter {index = 0} : fxp[secret][6]
            %y = parameter {index = 1} : fxp[secret][6]
            %h = constant {literal = fxp[6] (0.0078125)}
            %p = multiply %x, %h
            %n = negate %p
            %m = constant {literal = fxp[6] (-512.0)}
            %q = multiply %n, %m
            %r = multiply %q, %q
            %a = multiply %x, %y
            %k = constant {literal = fxp[6] (4096.0)}
            %t = multiply %a, %k
            return p = %p, q = %q, r = %r, t = %t";
        prop_assert!(difference(text, &[vector(x), vector(y)]) <= 1.0);
    }

    #[test]
    fn comparisons_are_exact(x in exact(-3.0, 3.0, 64), y in exact(-3.0, 3.0, 64)) {
        let y: Vec<f64> = x.iter().zip(y).enumerate().map(|(i, (&x, y))| if i % 4 == 0 { x } else { y }).collect();
        let text = "program f(x: fxp[secret][64], y: fxp[secret][64])
            %x = parameter {index = 0} : fxp[secret][64]
            %y = parameter {index = 1} : fxp[secret][64]
            %a = less %x, %y
            %b = less_equal %x, %y
            %c = greater %x, %y
            %d = greater_equal %x, %y
            %e = equal %x, %y
            %f = not_equal %x, %y
            %g = and %a, %f
            %h = or %c, %e
            %i = not %h
            %j = select %a, %x, %y
            %k = maximum %x, %y
            %l = minimum %x, %y
            %lt = less %x, %y
            %m = select %lt, %y, %x
            return a = %a, b = %b, c = %c, d = %d, e = %e, f = %f, g = %g, h = %h, i = %i, j = %j, k = %k, l = %l, m = %m";
        prop_assert_eq!(difference(text, &[vector(x), vector(y)]), 0.0);
    }

    #[test]
    fn matrices(x in exact(-2.0, 2.0, 12), w in exact(-2.0, 2.0, 20)) {
        let text = "program f(x: fxp[secret][3, 4], w: fxp[secret][4, 5])
            %x = parameter {index = 0} : fxp[secret][3, 4]
            %w = parameter {index = 1} : fxp[secret][4, 5]
            %z = dot %x, %w
            %zt = transpose %z {permutation = [1, 0]}
            %back = dot %zt, %x
            %m = reduce_max %z {axis = 0}
            %s = reduce_sum %z {axes = [0, 1]}
            return z = %z, back = %back, m = %m, s = %s";
        let inputs = [HostTensor::fxp([3, 4], x), HostTensor::fxp([4, 5], w)];
        prop_assert!(difference(text, &inputs) < 20.0);
    }

    #[test]
    fn reciprocal_and_log_on_a_known_range(x in exact(1.0, 10.0, 100)) {
        let text = "program f(x: fxp[secret][100])
            %p = parameter {index = 0} : fxp[secret][100]
            %x = assume %p {lo = 1.0, hi = 10.0}
            %r = reciprocal %x
            %l = log %x
            return r = %r, l = %l";
        prop_assert!(difference(text, &[vector(x)]) < 3.0);
    }

    #[test]
    fn small_ranges_are_scaled(x in exact(0.05, 0.2, 50)) {
        let text = "program f(x: fxp[secret][50])
            %p = parameter {index = 0} : fxp[secret][50]
            %x = assume %p {lo = 0.05, hi = 0.2}
            %r = reciprocal %x
            %l = log %x
            return r = %r, l = %l";
        // Relative error 2.3e-6 of up to 20, and as much again for the powers.
        prop_assert!(difference(text, &[vector(x)]) < 2.0 * 2.3e-6 * 20.0 * 262_144.0 + 2.0);
    }

    #[test]
    fn wide_ranges_keep_their_bound(t in proptest::collection::vec(0.0f64..1.0, 200), base in 0usize..4) {
        // The widest ratio, just below and above powers of two.
        let lo = [1.0, 1.99, 0.03, 60.0][base];
        let hi = 16.0 * lo;
        let x: Vec<f64> = t.iter().map(|t| ((lo * 16f64.powf(*t)) * 262_144.0).round() / 262_144.0).collect();
        let x: Vec<f64> = x.into_iter().map(|x| x.clamp(lo, hi)).collect();
        let text = format!("program f(x: fxp[secret][200])
            %p = parameter {{index = 0}} : fxp[secret][200]
            %x = assume %p {{lo = {lo}, hi = {hi}}}
            %r = reciprocal %x
            %l = log %x
            return r = %r, l = %l");
        // 2^-15 of the largest reciprocal, or 2^-16 of ln x, and two units.
        let bound = (2f64.powi(-15) / lo).max(2f64.powi(-16)) * 262_144.0 + 2.0;
        prop_assert!(difference(&text, &[vector(x)]) < bound);
    }

    #[test]
    fn small_constants_are_as_precise_as_large_ones(x in exact(0.0, 1.0, 1000)) {
        let text = "program f(x: fxp[secret][1000])
            %x = parameter {index = 0} : fxp[secret][1000]
            %s = reduce_sum %x {axes = [0]}
            %n = constant {literal = fxp[] (0.001)}
            %m = multiply %s, %n
            %t = constant {literal = fxp[] (0.00001)}
            %u = multiply %s, %t
            return m = %m, u = %u";
        prop_assert!(difference(text, &[vector(x)]) < 2.0);
    }

    #[test]
    fn products_are_compared_as_they_are(x in exact(-1.0, 1.0, 50), y in exact(-1.0, 1.0, 50)) {
        // The bound lies between two numbers of the format: a product that was truncated first would be told apart wrongly.
        let text = "program f(x: fxp[secret][50], y: fxp[secret][50])
            %x = parameter {index = 0} : fxp[secret][50]
            %y = parameter {index = 1} : fxp[secret][50]
            %p = multiply %x, %y
            %u = constant {literal = fxp[50] (1.430511474609375e-6)}
            %a = less %p, %u
            return a = %a";
        let x: Vec<f64> = x.iter().map(|x| x / 256.0).map(|x| (x * 262_144.0).round() / 262_144.0).collect();
        let y: Vec<f64> = y.iter().map(|y| y / 1024.0).map(|y| (y * 262_144.0).round() / 262_144.0).collect();
        prop_assert_eq!(difference(text, &[vector(x), vector(y)]), 0.0);
    }

    #[test]
    fn masks_and_products_share_a_scale_safely(x in exact(-2.0, 2.0, 12), w in exact(-2.0, 2.0, 8)) {
        let text = "program f(x: fxp[secret][3, 4], w: fxp[secret][4, 2], k: bool[secret][3, 2])
            %x = parameter {index = 0} : fxp[secret][3, 4]
            %w = parameter {index = 1} : fxp[secret][4, 2]
            %k = parameter {index = 2} : bool[secret][3, 2]
            %z = dot %x, %w
            %far = constant {literal = fxp[3, 2] (-1000000000.0)}
            %m = add %z, %far
            %zero = constant {literal = fxp[3, 2] (0.0)}
            %s = select %k, %m, %zero
            return m = %m, s = %s";
        let k = HostTensor::bool([3, 2], vec![true, false, true, true, false, false]);
        let inputs = [HostTensor::fxp([3, 4], x), HostTensor::fxp([4, 2], w), k];
        prop_assert!(difference(text, &inputs) < 2.0);
    }

    #[test]
    fn the_larger_is_one_of_both(x in exact(-2.0, 2.0, 40), y in exact(-2.0, 2.0, 40)) {
        let text = "program f(x: fxp[secret][40], y: fxp[secret][40])
            %x = parameter {index = 0} : fxp[secret][40]
            %y = parameter {index = 1} : fxp[secret][40]
            %p = multiply %x, %y
            %m = maximum %x, %p
            %d = subtract %x, %m
            %zero = constant {literal = fxp[40] (0.0)}
            %above = greater %d, %zero
            return above = %above";
        prop_assert_eq!(difference(text, &[vector(x), vector(y)]), 0.0);
    }

    #[test]
    fn exponentials(x in exact(-20.0, 0.0, 100), y in exact(-3.0, 3.0, 100)) {
        let text = "program f(x: fxp[secret][100], y: fxp[secret][100])
            %p = parameter {index = 0} : fxp[secret][100]
            %q = parameter {index = 1} : fxp[secret][100]
            %x = assume %p {lo = -inf, hi = 0.0}
            %y = assume %q {lo = -3.0, hi = 3.0}
            %a = exponential %x
            %b = exponential %y
            return a = %a, b = %b";
        // e^3 times half an ulp, and the encoding of e^3.
        prop_assert!(difference(text, &[vector(x), vector(y)]) < 22.0);
    }
}

#[test]
fn integer_products_are_exact() {
    let text = "program f(x: int[secret][2, 2], w: int[secret][2, 2], v: fxp[secret][2, 2])
        %x = parameter {index = 0} : int[secret][2, 2]
        %w = parameter {index = 1} : int[secret][2, 2]
        %v = parameter {index = 2} : fxp[secret][2, 2]
        %a = dot %x, %w
        %b = multiply %x, %w
        %c = dot %x, %v
        %d = multiply %x, %v
        return a = %a, b = %b, c = %c, d = %d";
    let int = |v: [i64; 4]| HostTensor::int([2, 2], v.to_vec());
    let inputs = [int([1, -2, 3, 1 << 30]), int([5, 7, -9, 11]), HostTensor::fxp([2, 2], vec![0.25, -1.5, 3.0, 0.125])];
    assert_eq!(difference(text, &inputs), 0.0);
}

#[test]
fn a_constant_that_the_format_cannot_hold_is_refused() {
    for bad in ["inf", "NaN", "1e14"] {
        let source = format!(
            "program f(x: fxp[secret][3])\n%x = parameter {{index = 0}} : fxp[secret][3]
            %c = constant {{literal = fxp[3] ({bad})}}\n%y = add %x, %c\nreturn y = %y"
        );
        let error = lower(&parse(&source).unwrap(), RingConfig::DEFAULT).unwrap_err().to_string();
        assert!(error.starts_with("cannot encode the constant"), "{error}");
    }
}

#[test]
fn every_reveal_is_in_the_manifest_and_nothing_else_opens() {
    let text = "program f(x: fxp[secret][3], y: int[secret][2])
        %x = parameter {index = 0} : fxp[secret][3]
        %y = parameter {index = 1} : int[secret][2]
        %s = multiply %x, %x
        %a = reveal %s
        %b = reveal_to %y {party = 1}
        return a = %a, b = %b, s = %s";
    let plan = Plan::new(lower(&parse(text).unwrap(), RingConfig::DEFAULT).unwrap(), RingConfig::DEFAULT);
    let opens = |op: &ShareOp| matches!(op, ShareOp::Open { .. } | ShareOp::OpenTo { .. });
    assert_eq!(plan.graph.nodes().filter(|(_, node)| opens(&node.operation)).count(), 2);
    let reveals: Vec<_> = plan.manifest.reveals.iter().map(|r| (r.shape.elements(), r.to.map(|p| p.0))).collect();
    assert_eq!(reveals, [(3, None), (2, Some(1))]);
    assert!(matches!(plan.graph.ty(plan.graph.outputs[2]).kind, spu_protocols::share::Kind::Arith));
}

/// A secret times 0 is still held in shares, so that whatever follows finds them.
#[test]
fn a_secret_times_zero_stays_shared() {
    let text = "program f(x: fxp[secret][3])
        %x = parameter {index = 0} : fxp[secret][3]
        %c = constant {literal = fxp[3] (0.0)}
        %z = multiply %x, %c
        %one = constant {literal = fxp[3] (1.0)}
        %b = less %z, %one
        %m = maximum %z, %x
        %never = constant {literal = bool[3] (false)}
        %o = or %b, %never
        %a = and %b, %never
        return z = %z, b = %b, m = %m, o = %o, a = %a";
    assert_eq!(difference(text, &[vector(vec![1.5, -2.0, 0.0])]), 0.0);
    let plan = Plan::new(lower(&parse(text).unwrap(), RingConfig::DEFAULT).unwrap(), RingConfig::DEFAULT);
    let kernels = plan.graph.nodes().filter(|(_, node)| !node.operation.is_local() && !node.operands.is_empty());
    for (_, node) in kernels {
        let kind = plan.graph.ty(node.operands[0]).kind;
        assert_ne!(kind, spu_protocols::share::Kind::Public, "{:?} works on shares", node.operation);
    }
}

#[test]
fn empty_tensors() {
    let text = "program f(x: fxp[secret][0, 3], y: fxp[secret][3, 2])
        %x = parameter {index = 0} : fxp[secret][0, 3]
        %y = parameter {index = 1} : fxp[secret][3, 2]
        %z = dot %x, %y
        %s = reduce_sum %z {axes = [0]}
        return z = %z, s = %s";
    let inputs = [HostTensor::fxp([0, 3], vec![]), HostTensor::new([3, 2].into(), Elements::Fxp(vec![1.0; 6]))];
    assert_eq!(difference(text, &inputs), 0.0);
}
