//! Functions of the language that work on bits: PPHLO programs in every ring, exact on edge values.

use spu_protocols::hal::{RingConfig, decode, encode, lower};
use spu_protocols::ring::Ring;
use spu_protocols::share::Plan;
use spu_tensor::pphlo::{Type, evaluate, parse};
use spu_tensor::{HostTensor, passes};

use super::{all_rings, parties};

/// The results of a program's text under ABY3 beside those of the evaluator, and the program's rounds.
fn run<R: Ring>(text: &str, inputs: &[HostTensor], ring: RingConfig) -> (Vec<HostTensor>, Vec<HostTensor>, u64) {
    let mut program = parse(text).unwrap_or_else(|error| panic!("{error}"));
    let exact = evaluate(&program.graph, inputs).unwrap();
    passes::optimize(&mut program);
    let plan = Plan::new(lower(&program, ring).unwrap_or_else(|error| panic!("{error}")), ring);
    let arguments: Vec<_> = inputs
        .iter()
        .zip(&program.parameters)
        .map(|(x, (_, ty))| (encode::<R>("x", x, ring).unwrap(), ty.is_secret()))
        .collect();
    let types: Vec<Type> = program.results.iter().map(|(_, ty)| ty.clone()).collect();
    let results = parties::run(&plan, ring, &arguments);
    let found = results.iter().zip(&types).map(|(result, ty)| decode(result, ty, ring)).collect();
    (found, exact, plan.cost.rounds)
}

/// Demands that the program's results are the evaluator's.
fn exact<R: Ring>(text: &str, inputs: &[HostTensor], ring: RingConfig) {
    let (found, wanted, _) = run::<R>(text, inputs, ring);
    for (i, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
        let (found, wanted) = (found.elements.to_f64(), wanted.elements.to_f64());
        for (place, (a, b)) in found.iter().zip(&wanted).enumerate() {
            let operands: Vec<f64> = inputs.iter().map(|x| x.elements.to_f64()[place % x.elements.len()]).collect();
            assert_eq!(a, b, "result {i} of {operands:?} in {ring:?}");
        }
    }
}

fn rounds(text: &str) -> u64 {
    let mut program = parse(text).unwrap_or_else(|error| panic!("{error}"));
    passes::optimize(&mut program);
    Plan::new(lower(&program, RingConfig::DEFAULT).unwrap(), RingConfig::DEFAULT).cost.rounds
}

/// A program of one expression over parameters x, y, … of these types.
fn program(parameters: &[&str], body: &str) -> String {
    let names = ["x", "y", "z"];
    let head: Vec<String> = parameters.iter().zip(names).map(|(ty, name)| format!("{name}: {ty}")).collect();
    let declared = parameters.iter().zip(names).enumerate();
    let declared: Vec<String> =
        declared.map(|(i, (ty, name))| format!("%{name} = parameter {{index = {i}}} : {ty}")).collect();
    format!("program f({})\n{}\n{body}", head.join(", "), declared.join("\n"))
}

/// Numbers of the format about integers, halves and the ends of the safe range (or what an i64 holds).
fn places(ring: RingConfig) -> Vec<f64> {
    let ulp = 2f64.powi(-(ring.fraction_bits as i32));
    let end = ring.safe_bound(ring.fraction_bits).min(2f64.powi(60));
    // Next to the ends an f64 has 53 bits.
    let coarse = ulp.max(end * 2f64.powi(-53));
    let middle = (-4..=4).chain([-1001, 77, 2047]).flat_map(|k| [f64::from(k), f64::from(k) + 0.5]);
    let middle = middle.flat_map(|x| [x - ulp, x, x + ulp]);
    middle
        .chain([end - coarse, end - 1.0, end - 0.5, -end, -end + coarse, -end + 1.0])
        .filter(|x| x.abs() <= end)
        .collect()
}

fn fxp(values: Vec<f64>) -> HostTensor {
    HostTensor::fxp([values.len()], values)
}

fn int(values: Vec<i64>) -> HostTensor {
    HostTensor::int([values.len()], values)
}

const ROUNDINGS: &str = "%a = floor %x
    %b = ceil %x
    %c = round_nearest_even %x
    %d = round_nearest_afz %x
    %e = truncate %x
    return a = %a, b = %b, c = %c, d = %d, e = %e";

#[test]
fn roundings_are_exact() {
    fn check<R: Ring>(ring: RingConfig) {
        let x = places(ring);
        exact::<R>(&program(&[&format!("fxp[secret][{}]", x.len())], ROUNDINGS), &[fxp(x)], ring);
    }
    all_rings(check::<u64>, check::<u128>, check::<u32>);
    check::<u128>(RingConfig { bits: 128, fraction_bits: 40 });
}

#[test]
fn roundings_of_a_known_sign() {
    for (lo, hi) in [("0.0", "inf"), ("-inf", "0.0")] {
        let body = format!("%p = assume %x {{lo = {lo}, hi = {hi}}}\n{}", ROUNDINGS.replace("%x", "%p"));
        let x: Vec<f64> =
            places(RingConfig::Z64).into_iter().map(|x| if lo == "0.0" { x.abs() } else { -x.abs() }).collect();
        let x: Vec<f64> = x.into_iter().filter(|&x| x < 2f64.powi(44)).collect();
        exact::<u64>(&program(&[&format!("fxp[secret][{}]", x.len())], &body), &[fxp(x)], RingConfig::Z64);
    }
}

#[test]
fn signs_magnitudes_and_bounds() {
    fn check<R: Ring>(ring: RingConfig) {
        let x = places(ring);
        let n = x.len();
        let body = "%a = sign %x
            %b = abs %x
            %lo = constant {literal = fxp[N] (-1.5)}
            %hi = constant {literal = fxp[N] (2.0)}
            %c = clamp %lo, %x, %hi
            %d = clamp %y, %x, %z
            return a = %a, b = %b, c = %c, d = %d"
            .replace('N', &n.to_string());
        // The magnitude of the lower end is the upper one, which the format has in no place but inside a program.
        let bounds = |k: f64| fxp((0..n).map(|i| k + (i % 7) as f64).collect());
        let ty = format!("fxp[secret][{n}]");
        exact::<R>(&program(&[&ty, &ty, &ty], &body), &[fxp(x.clone()), bounds(-5.0), bounds(-3.0)], ring);
        // Bounds that cross: the upper one wins.
        exact::<R>(&program(&[&ty, &ty, &ty], &body), &[fxp(x), bounds(2.0), bounds(-2.0)], ring);
        let words: Vec<i64> = vec![0, 1, -1, 5, -5, (1 << 30) - 1, -(1 << 30)];
        let body = "%a = sign %x\n%b = abs %x\n%c = clamp %y, %x, %y\nreturn a = %a, b = %b, c = %c";
        exact::<R>(&program(&["int[secret][7]", "int[public][7]"], body), &[int(words), int(vec![3; 7])], ring);
    }
    all_rings(check::<u64>, check::<u128>, check::<u32>);
}

#[test]
fn equality_is_exact() {
    fn check<R: Ring>(ring: RingConfig) {
        let x = places(ring);
        let ulp = 2f64.powi(-(ring.fraction_bits as i32));
        let n = x.len();
        let near = |i: usize, x: f64| if x.abs() < 1e4 { x + [0.0, ulp, -ulp][i % 3] } else { x };
        let y = x.iter().enumerate().map(|(i, &x)| near(i, x)).collect();
        let body = "%a = equal %x, %y
            %b = not_equal %x, %y
            %e = equal %y, %x
            %c = select %e, %x, %z
            %ne = not_equal %z, %x
            %d = select %ne, %z, %y
            %all = equal %x, %x
            return a = %a, b = %b, c = %c, d = %d, all = %all";
        let ty = format!("fxp[secret][{n}]");
        let z = fxp((0..n).map(|i| i as f64).collect());
        exact::<R>(&program(&[&ty, &ty, &ty], body), &[fxp(x), fxp(y), z], ring);
    }
    all_rings(check::<u64>, check::<u128>, check::<u32>);
}

#[test]
fn truth_values_combine() {
    fn check<R: Ring>(ring: RingConfig) {
        let body = "%p = less %x, %y
            %q = equal %x, %y
            %r = greater %x, %y
            %pq = or %p, %q
            %a = not %pq
            %x1 = xor %p, %z
            %x2 = xor %p, %q
            %and1 = and %r, %z
            %or1 = or %z, %r
            %zz = and %z, %z
            %nz = xor %z, %zz
            %s1 = less %y, %x
            %s2 = less_equal %y, %x
            %both = and %s1, %s2
            %sel = select %both, %x, %y
            %t1 = not_equal %y, %x
            %t2 = greater_equal %x, %y
            %either = or %t1, %t2
            %n = not %either
            %sel2 = select %n, %x, %y
            %last = or %q, %p
            return a = %a, b = %x1, c = %x2, d = %and1, e = %or1, f = %nz, g = %sel, h = %sel2, i = %last";
        let ulp = 2f64.powi(-(ring.fraction_bits as i32));
        let x: Vec<f64> = (0..60).map(|i| f64::from(i % 20 - 10)).collect();
        let y = x.iter().enumerate().map(|(i, x)| x + ulp * (i % 3) as f64 - ulp).collect();
        let z = HostTensor::bool([60], (0..60).map(|i| i / 3 % 2 == 0).collect());
        let parameters = ["fxp[secret][60]", "fxp[secret][60]", "bool[secret][60]"];
        exact::<R>(&program(&parameters, body), &[fxp(x), fxp(y), z], ring);
    }
    all_rings(check::<u64>, check::<u128>, check::<u32>);
}

/// Integers of 30 bits and the ends of the safe range (or what an i64 holds).
fn integers(ring: RingConfig) -> Vec<i64> {
    let end = 1i64 << (ring.bits - 2).min(62);
    let random = (0..40u64).map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 5) as i64 % end);
    [0, 1, -1, 2, -2, end - 1, -end, end / 2, 0x5555_5555 % end].into_iter().chain(random).collect()
}

#[test]
fn integers_combine_by_bits() {
    fn check<R: Ring>(ring: RingConfig) {
        let x = integers(ring);
        let n = x.len();
        let y: Vec<i64> = x.iter().rev().copied().collect();
        let body = "%a = and %x, %y
            %b = or %x, %y
            %c = xor %x, %y
            %d = not %x
            %e = and %x, %z
            %f = or %z, %x
            %g = xor %x, %z
            %chain = and %c, %d
            %more = or %chain, %e
            return a = %a, b = %b, c = %c, d = %d, e = %e, f = %f, g = %g, more = %more";
        let parameters = [format!("int[secret][{n}]"), format!("int[secret][{n}]"), format!("int[public][{n}]")];
        let parameters: Vec<&str> = parameters.iter().map(String::as_str).collect();
        let z = y.iter().map(|y| y ^ 0x0f0f).collect();
        exact::<R>(&program(&parameters, body), &[int(x), int(y), int(z)], ring);
    }
    all_rings(check::<u64>, check::<u128>, check::<u32>);
}

/// The bits of an integer in the ring, for what differs from 64 bits.
fn in_ring(x: i64, ring: RingConfig) -> u128 {
    (x as i128 as u128) << (128 - ring.bits) >> (128 - ring.bits)
}

/// What the host sees of a ring element.
fn seen(x: u128, ring: RingConfig) -> i64 {
    ((x << (128 - ring.bits)) as i128 >> (128 - ring.bits)) as i64
}

#[test]
fn shifts_and_counts() {
    fn check<R: Ring>(ring: RingConfig) {
        let x = integers(ring);
        let (n, k) = (x.len(), ring.bits);
        let amounts: Vec<i64> = (0..n as i64).map(|i| i * 5 % (i64::from(k) + 7)).collect();
        for (secret, uniform) in
            [(true, None), (false, None), (true, Some(0)), (true, Some(7)), (true, Some(k - 1)), (true, Some(k + 1))]
        {
            let amount = |i: usize| uniform.map_or(amounts[i] as u32, |n| n);
            let given =
                uniform.map_or(String::new(), |amount| format!("%y = constant {{literal = int[{n}] ({amount})}}\n"));
            let body = "%a = shift_left %x, %y
                %b = shift_right_arithmetic %x, %y
                %c = shift_right_logical %x, %y
                %d = population_count %x
                %e = xor %x, %c
                %f = shift_left %e, %y
                %g = shift_right_arithmetic %f, %y
                %h = and %f, %e
                %i = population_count %g
                return a = %a, b = %b, c = %c, d = %d, e = %e, f = %f, g = %g, h = %h, i = %i";
            let visible = if secret { "secret" } else { "public" };
            let parameters = [format!("int[{visible}][{n}]"), format!("int[public][{n}]")];
            let parameters: Vec<&str> = parameters.iter().map(String::as_str).collect();
            let (text, inputs) = match uniform {
                None => (program(&parameters, body), vec![int(x.clone()), int(amounts.clone())]),
                Some(_) => (program(&parameters[..1], &format!("{given}{body}")), vec![int(x.clone())]),
            };
            let (found, _, _) = run::<R>(&text, &inputs, ring);
            let found: Vec<Vec<i64>> = found
                .into_iter()
                .map(|x| match x.elements {
                    spu_tensor::Elements::Int(x) => x,
                    _ => panic!("integers"),
                })
                .collect();
            for i in 0..n {
                let (x, s) = (in_ring(x[i], ring), amount(i));
                let left = |x: u128| in_ring_bits(x.checked_shl(s).unwrap_or(0), k);
                let logical = |x: u128| if s >= k { 0 } else { x >> s };
                let arithmetic = |x: u128| in_ring_bits((signed(x, k) >> s.min(k - 1)) as u128, k);
                let e = x ^ logical(x);
                let g = arithmetic(left(e));
                let wanted = [
                    left(x),
                    arithmetic(x),
                    logical(x),
                    x.count_ones().into(),
                    e,
                    left(e),
                    g,
                    left(e) & e,
                    g.count_ones().into(),
                ];
                for (j, wanted) in wanted.into_iter().enumerate() {
                    assert_eq!(found[j][i], seen(wanted, ring), "result {j} of {x:x} by {s} in {ring:?}");
                }
            }
        }
    }
    all_rings(check::<u64>, check::<u128>, check::<u32>);
}

fn in_ring_bits(x: u128, k: u32) -> u128 {
    x << (128 - k) >> (128 - k)
}

fn signed(x: u128, k: u32) -> i128 {
    (x << (128 - k)) as i128 >> (128 - k)
}

#[test]
fn a_negative_amount_is_refused() {
    let text =
        program(&["int[secret][2]"], "%y = constant {literal = int[2] (-1)}\n%a = shift_left %x, %y\nreturn a = %a");
    let error = lower(&parse(&text).unwrap(), RingConfig::DEFAULT).unwrap_err().to_string();
    assert!(error.starts_with("cannot take `shift_left` of -1: the amount must not be negative"), "{error}");
}

/// Rounds of one operation on a few elements, from shared operands to a shared result.
#[test]
fn rounds_of_each_function() {
    let of = |ty: &str, body: &str| {
        let ty = format!("{ty}[secret][9]");
        rounds(&program(&[&ty, &ty, &ty], &format!("{body}\nreturn a = %a")))
    };
    let fxp = [
        ("%a = floor %x", 4),
        ("%a = ceil %x", 4),
        ("%a = round_nearest_even %x", 4),
        ("%a = round_nearest_afz %x", 6),
        ("%a = truncate %x", 6),
        ("%a = abs %x", 5),
        ("%a = sign %x", 5),
        ("%a = clamp %y, %x, %z", 9),
        ("%a = equal %x, %y", 5),
        ("%p = equal %x, %y\n%a = select %p, %y, %z", 5),
        ("%p = less %x, %y\n%a = select %p, %y, %z", 5),
        ("%p = less %x, %y\n%q = less %y, %z\n%r = and %p, %q\n%a = select %r, %y, %z", 6),
        ("%p = less %x, %y\n%q = less %y, %z\n%a = and %p, %q", 6),
        ("%p = less %x, %y\n%q = less %y, %z\n%a = xor %p, %q", 5),
        ("%a = maximum %x, %y", 5),
    ];
    let int = [
        ("%a = and %x, %y", 7),
        ("%a = xor %x, %y", 6),
        ("%a = population_count %x", 6),
        ("%y2 = constant {literal = int[9] (3)}\n%a = shift_right_arithmetic %x, %y2", 5),
        ("%y2 = constant {literal = int[9] (3)}\n%a = shift_left %x, %y2", 0),
        ("%a = not %x", 0),
    ];
    let found: Vec<_> = fxp.map(|(body, wanted)| (body, wanted, of("fxp", body))).into_iter().collect();
    let found: Vec<_> = found.into_iter().chain(int.map(|(body, wanted)| (body, wanted, of("int", body)))).collect();
    assert!(found.iter().all(|(_, wanted, found)| wanted == found), "{found:#?}");
}

/// A comparison does not wait for what it selects, nor does that wait for a comparison that is long done.
#[test]
fn a_late_choice_takes_one_round() {
    let of = |body: &str| rounds(&program(&["fxp[secret][9]", "fxp[secret][9]", "fxp[secret][9]"], body));
    let chain = "%p = less %x, %y
        %u = multiply %x, %z
        %v = multiply %u, %z
        %w = multiply %v, %z
        %zero = constant {literal = fxp[9] (0.0)}";
    let alone = of(&format!("{chain}\nreturn w = %w"));
    assert_eq!(of(&format!("{chain}\n%a = select %p, %w, %zero\nreturn a = %a")), alone + 1);
    // Two rounds to the product and five of a fused select would be seven.
    assert!(of("%p = less %x, %y\n%u = multiply %x, %z\n%a = select %p, %u, %y\nreturn a = %a") < 7);
}
