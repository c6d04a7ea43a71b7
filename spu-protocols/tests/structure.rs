//! Products over batches and windows, and elements that are moved, padded, found and put: under ABY3, in the clear on ring
//! elements, and in f64, in every ring; with the rounds that each takes.

use std::sync::Arc;

use spu_protocols::aby3::table;
use spu_protocols::exec::PartyValue;
use spu_protocols::hal::{RingConfig, decode, encode, lower};
use spu_protocols::plain;
use spu_protocols::ring::Ring;
use spu_protocols::session::{Config, Session};
use spu_protocols::share::{Kind, Plan, ShareOp, ShareType};
use spu_tensor::executor::{Executor, Leaf, ProgramKey};
use spu_tensor::pphlo::{DType, Op, Type, append, evaluate, parse};
use spu_tensor::{Elements, HostTensor, Location, Party, Program, Target, passes};

const RINGS: [RingConfig; 4] =
    [RingConfig::Z32, RingConfig::Z64, RingConfig::Z128, RingConfig { bits: 128, fraction_bits: 40 }];

/// The body as a program whose parameters have these types.
fn traced(parameters: &[&str], body: &str) -> Program {
    let names = parameters.iter().enumerate().map(|(i, ty)| format!("p{i}: {ty}"));
    let mut text = format!("program f({})\n", names.collect::<Vec<_>>().join(", "));
    parameters.iter().enumerate().for_each(|(i, ty)| text += &format!("%p{i} = parameter {{index = {i}}} : {ty}\n"));
    parse(&(text + body)).unwrap_or_else(|error| panic!("{error}\nin\n{body}"))
}

/// The same with its secret results revealed.
fn program(parameters: &[&str], body: &str) -> Program {
    let mut program = traced(parameters, body);
    for i in 0..program.graph.outputs.len() {
        let output = program.graph.outputs[i];
        if program.graph.ty(output).is_secret() {
            let node = append(&mut program.graph, Op::Reveal, &[output], Location::UNKNOWN).unwrap();
            program.graph.outputs[i] = program.graph.node(node).result(0);
            program.results[i].1 = program.graph.ty(program.graph.outputs[i]).clone();
        }
    }
    program
}

/// Multiples of 1/4 in [−2, 2], which every format holds; integers from −2 to 5; truth values.
fn data(ty: &Type, index: usize) -> HostTensor {
    let n = ty.shape.elements();
    let draw = |i: usize, below: usize| (i * 7919 + index * 31 + 5) * 2_654_435_761 / 4096 % below;
    let elements = match ty.dtype {
        DType::Fxp => Elements::Fxp((0..n).map(|i| draw(i, 17) as f64 / 4.0 - 2.0).collect()),
        DType::Int => Elements::Int((0..n).map(|i| draw(i, 8) as i64 - 2).collect()),
        DType::Bool => Elements::Bool((0..n).map(|i| draw(i, 2) == 1).collect()),
    };
    HostTensor::new(ty.shape.clone(), elements)
}

/// The results of the plain oracle.
fn oracle<R: Ring>(program: &Program, ring: RingConfig, inputs: &[HostTensor]) -> Vec<HostTensor> {
    let plan = Plan::new(lower(program, ring).unwrap(), ring);
    let encoded = inputs.iter().map(|x| PartyValue::public(encode::<R>("x", x, ring).unwrap()));
    let results = plain::run(&plan, ring, &encoded.collect::<Vec<_>>()).unwrap();
    results.iter().zip(&program.results).map(|(x, (_, ty))| decode(x.as_public(), ty, ring)).collect()
}

/// Checks that all agree to `ulp` units of the format, and that the program takes `rounds` in Z_2^64.
fn check_within(parameters: &[&str], body: &str, ulp: f64, rounds: u64) {
    let traced = program(parameters, body);
    let types: Vec<Type> = traced.parameters.iter().map(|(_, ty)| ty.clone()).collect();
    let inputs: Vec<HostTensor> = types.iter().enumerate().map(|(i, ty)| data(ty, i)).collect();
    let exact = evaluate(&traced.graph, &inputs).unwrap();
    let mut optimized = traced;
    passes::optimize(&mut optimized);
    for ring in RINGS {
        let (ring_bits, fraction_bits) = (ring.bits, ring.fraction_bits);
        let session = Session::local(&Config { ring_bits, fraction_bits, ..Config::default() }).unwrap();
        let arguments = types.iter().zip(&inputs).map(|(ty, x)| match ty.is_secret() {
            true => {
                let shared = session
                    .input_leaves(Party(1), &["x".into()], std::slice::from_ref(ty), &mut || Ok(vec![x.clone()]));
                shared.unwrap().remove(0)
            }
            false => Leaf { ty: ty.clone(), session: None, value: Arc::new(x.clone()) },
        });
        let arguments: Vec<_> = arguments.collect();
        let key = ProgramKey { function: "f", arguments: types.clone(), fixed: String::new() };
        let shared = session.run(&key, &mut || Ok(program(parameters, body)), &arguments).unwrap();
        let shared = shared.iter().map(|leaf| leaf.value.to_host().unwrap()).collect::<Vec<_>>();
        let plain = match ring.bits {
            32 => oracle::<u32>(&optimized, ring, &inputs),
            64 => oracle::<u64>(&optimized, ring, &inputs),
            _ => oracle::<u128>(&optimized, ring, &inputs),
        };
        let unit = 0.5f64.powi(ring.fraction_bits as i32);
        for found in [&shared, &plain] {
            for (i, (found, exact)) in found.iter().zip(&exact).enumerate() {
                assert_eq!(found.shape, exact.shape);
                let scale = if exact.elements.dtype() == DType::Fxp { unit } else { 0.0 };
                for (j, (x, y)) in found.elements.to_f64().into_iter().zip(exact.elements.to_f64()).enumerate() {
                    assert!(
                        (x - y).abs() <= ulp * scale,
                        "{ring:?}: result {i} element {j} is {x}, not {y}, in\n{body}"
                    );
                }
            }
        }
        if ring == RingConfig::Z64 {
            assert_eq!(session.network().cost(&optimized).unwrap().rounds, rounds, "{body}");
        }
    }
}

/// One truncation may give one unit more.
fn check(parameters: &[&str], body: &str, rounds: u64) {
    check_within(parameters, body, 1.0, rounds);
}

/// Truncation and opening.
const PRODUCT: u64 = 2 + 1;
/// Opening alone: the first frames only agree.
const OPENED: u64 = 2;
/// A unit vector, a product shared anew, and opening.
const BY_SECRET: u64 = 5 + 1 + 1;

#[test]
fn a_batch_takes_the_rounds_of_one_product() {
    check(&["fxp[secret][3, 4]", "fxp[secret][4, 2]"], "%y = dot %p0, %p1 return y = %y", PRODUCT);
    let batch = "%y = dot_general %p0, %p1 {batch = [(0, 0)], contract = [(2, 1)]} return y = %y";
    check(&["fxp[secret][5, 3, 4]", "fxp[secret][5, 4, 2]"], batch, PRODUCT);
    check(&["fxp[secret][5, 3, 4]", "fxp[public][5, 4, 2]"], batch, PRODUCT);
    check(&["int[secret][5, 3, 4]", "int[secret][5, 4, 2]"], batch, 1 + 1);
    check(&["bool[secret][5, 3, 4]", "fxp[secret][5, 4, 2]"], batch, 1 + 1);
    check(&["fxp[public][5, 3, 4]", "int[public][5, 4, 2]"], batch, 0);
    check(&["fxp[secret][0, 3, 4]", "fxp[secret][0, 4, 2]"], batch, 0);
    check(&["fxp[secret][2, 0, 4]", "fxp[secret][2, 4, 2]"], batch, 0);
}

#[test]
fn any_axes_are_paired() {
    let pairs = [
        ("batch = [(0, 0)], contract = [(1, 2)]", "fxp[secret][5, 4, 3]", "fxp[secret][5, 2, 4]"),
        ("batch = [(2, 1)], contract = [(0, 0), (1, 3)]", "fxp[secret][2, 3, 4]", "fxp[secret][2, 4, 5, 3]"),
        ("batch = [(1, 0), (0, 1)], contract = [(3, 2)]", "fxp[secret][2, 3, 4, 5]", "fxp[secret][3, 2, 5]"),
        ("batch = [], contract = [(0, 0)]", "fxp[secret][4]", "fxp[secret][4]"),
        ("batch = [], contract = []", "fxp[secret][2, 3]", "fxp[secret][4]"),
        ("batch = [(0, 0)], contract = []", "fxp[secret][3]", "fxp[secret][3]"),
    ];
    for (attributes, left, right) in pairs {
        let body = format!("%y = dot_general %p0, %p1 {{{attributes}}} return y = %y");
        check(&[left, right], &body, PRODUCT);
    }
}

fn window(stride: [usize; 2], sides: [[i64; 2]; 2], input_dilation: [usize; 2], kernel_dilation: [usize; 2]) -> String {
    let [low, high] = sides;
    format!(
        "(stride = {stride:?}, low = {low:?}, high = {high:?}, input_dilation = {input_dilation:?}, \
         kernel_dilation = {kernel_dilation:?})"
    )
}

#[test]
fn convolutions_take_the_rounds_of_one_product() {
    let cases = [
        ([2, 6, 5, 3], [3, 2, 3, 4], 1, window([1, 1], [[0, 0], [0, 0]], [1, 1], [1, 1])),
        ([1, 7, 6, 1], [3, 3, 1, 2], 1, window([2, 1], [[1, 1], [1, 0]], [1, 1], [1, 1])),
        ([2, 4, 4, 4], [2, 2, 2, 6], 2, window([1, 2], [[1, 0], [0, 1]], [2, 1], [1, 2])),
        ([1, 5, 5, 3], [3, 3, 1, 3], 3, window([1, 1], [[1, 1], [1, 1]], [1, 1], [1, 1])),
        ([1, 5, 5, 2], [2, 2, 2, 2], 1, window([1, 1], [[-1, 0], [0, -2]], [1, 1], [1, 1])),
    ];
    for (x, k, groups, window) in cases {
        let body = format!("%y = convolution %p0, %p1 {{window = {window}, groups = {groups}}} return y = %y");
        let (x, k) = (|who: &str| format!("fxp[{who}]{x:?}"), |who: &str| format!("fxp[{who}]{k:?}"));
        check(&[&x("secret"), &k("secret")], &body, PRODUCT);
        check(&[&x("public"), &k("secret")], &body, PRODUCT);
        check(&[&x("secret"), &k("public")], &body, PRODUCT);
        check(&[&x("public"), &k("public")], &body, 0);
    }
    let one = "(stride = [1], low = [2], high = [2], input_dilation = [1], kernel_dilation = [1])";
    let body = format!("%y = convolution %p0, %p1 {{window = {one}, groups = 1}} return y = %y");
    check(&["int[secret][2, 6, 3]", "int[secret][3, 3, 2]"], &body, 1 + 1);
    check(&["fxp[secret][0, 6, 3]", "fxp[secret][3, 3, 2]"], &body, 0);
}

/// Both derivatives of a sum of squares of a convolution.
#[test]
fn gradients_of_convolutions() {
    for groups in [1, 2] {
        let window = window([2, 1], [[1, 1], [1, 1]], [1, 1], [1, 2]);
        let body = format!(
            "%y = convolution %p0, %p1 {{window = {window}, groups = {groups}}}
             %q = multiply %y, %y
             %l = reduce_sum %q {{axes = [0, 1, 2, 3]}}
             return l = %l"
        );
        let kernel = format!("fxp[secret][3, 2, {}, 4]", 4 / groups);
        let parameters = ["fxp[secret][2, 5, 4, 4]", &kernel];
        let mut traced = traced(&parameters, &body);
        let loss = traced.graph.outputs[0];
        let wrt = [spu_tensor::graph::Value(0), spu_tensor::graph::Value(1)];
        traced.graph.outputs = spu_tensor::pphlo::gradient(&mut traced.graph, loss, &wrt, Location::UNKNOWN).unwrap();
        let outputs = traced.graph.outputs.clone();
        traced.results = outputs.iter().map(|&v| ("d".into(), traced.graph.ty(v).clone())).collect();
        let types: Vec<Type> = traced.parameters.iter().map(|(_, ty)| ty.clone()).collect();
        let inputs: Vec<HostTensor> = types.iter().enumerate().map(|(i, ty)| data(ty, i)).collect();
        let exact = evaluate(&traced.graph, &inputs).unwrap();
        passes::optimize(&mut traced);
        let ring = RingConfig::Z64;
        for (found, exact) in oracle::<u64>(&traced, ring, &inputs).iter().zip(&exact) {
            for (x, y) in found.elements.to_f64().into_iter().zip(exact.elements.to_f64()) {
                // y is truncated by less than a unit; up to 3 · 4 · 2 · 4 of them times 2 · 2 meet in a derivative.
                assert!((x - y).abs() <= 400.0 / 262_144.0, "{x}, not {y}");
            }
        }
        let plan = Plan::new(lower(&traced, ring).unwrap(), ring);
        // The convolution, and both derivatives at once.
        assert_eq!(plan.cost.rounds, 2 + 2);
    }
}

#[test]
fn movements_take_no_message() {
    let x = "fxp[secret][4, 5]";
    let bodies = [
        "%y = reverse %p0 {axes = [0, 1]} return y = %y",
        "%y = slice %p0 {start = [1, 0], limit = [4, 5], strides = [2, 3]} return y = %y",
        "%v = constant {literal = fxp[] (0.0)} %y = pad %p0, %v {low = [1, -1], high = [0, 2], interior = [2, 0]} return y = %y",
        "%v = constant {literal = fxp[] (1.5)} %y = pad %p0, %v {low = [1, -1], high = [0, 2], interior = [2, 0]} return y = %y",
        "%i = iota {shape = [4, 5], axis = 1} %f = convert %i {dtype = fxp} %y = add %p0, %f return y = %y",
    ];
    bodies.iter().for_each(|body| check_within(&[x], body, 0.0, OPENED));
    bodies.iter().for_each(|body| check_within(&["fxp[public][4, 5]"], body, 0.0, 0));
    let by_value = "%y = pad %p0, %p1 {low = [1, 1], high = [0, 0], interior = [0, 1]} return y = %y";
    check_within(&[x, "fxp[secret][]"], by_value, 0.0, OPENED);
    check_within(&["fxp[public][4, 5]", "fxp[secret][]"], by_value, 0.0, OPENED);
    check_within(&["int[secret][4, 5]", "int[public][]"], by_value, 0.0, OPENED);
    // A product is padded before its truncation.
    let product =
        "%q = multiply %p0, %p0 %y = pad %q, %p1 {low = [1, 1], high = [0, 0], interior = [0, 1]} return y = %y";
    check(&[x, "fxp[secret][]"], product, PRODUCT);
}

#[test]
fn public_indices_take_no_message() {
    let (x, i, s) = ("fxp[secret][4, 5]", "int[public][2, 3]", "int[public][]");
    for axis in [0, 1] {
        let body = format!("%y = gather %p0, %p1 {{axis = {axis}}} return y = %y");
        check_within(&[x, i], &body, 0.0, OPENED);
        check_within(&["bool[secret][4, 5]", i], &body, 0.0, OPENED);
        check_within(&["fxp[public][4, 5]", i], &body, 0.0, 0);
        let entries = if axis == 0 { "fxp[secret][2, 3, 5]" } else { "fxp[secret][4, 2, 3]" };
        for op in ["scatter", "scatter_add"] {
            let body = format!("%y = {op} %p0, %p1, %p2 {{axis = {axis}}} return y = %y");
            check_within(&[x, i, entries], &body, 0.0, OPENED);
            check_within(&["fxp[public][4, 5]", i, entries], &body, 0.0, OPENED);
            check_within(&["fxp[public][4, 5]", i, &entries.replace("secret", "public")], &body, 0.0, 0);
        }
    }
    let slice = "%y = dynamic_slice %p0, %p1, %p2 {sizes = [3, 1]} return y = %y";
    check_within(&[x, s, s], slice, 0.0, OPENED);
    check_within(&["int[public][4, 5]", s, s], slice, 0.0, 0);
    let update = "%y = dynamic_update_slice %p0, %p1, %p2, %p3 return y = %y";
    check_within(&[x, "fxp[secret][3, 1]", s, s], update, 0.0, OPENED);
    check_within(&["fxp[public][4, 5]", "fxp[secret][0, 1]", s, s], update, 0.0, OPENED);
    let hot = "%y = one_hot %p0 {depth = 4} return y = %y";
    check_within(&[i], hot, 0.0, 0);
}

#[test]
fn secret_indices_become_zeros_and_ones() {
    let (x, i, s, t) = ("fxp[secret][4, 5]", "int[secret][2, 3]", "int[secret][]", "int[public][]");
    check_within(&[i], "%y = one_hot %p0 {depth = 4} return y = %y", 0.0, 5 + 1);
    check_within(&[i], "%y = one_hot %p0 {depth = 1} return y = %y", 0.0, 5 + 1);
    for axis in [0, 1] {
        let body = format!("%y = gather %p0, %p1 {{axis = {axis}}} return y = %y");
        check_within(&[x, i], &body, 0.0, BY_SECRET);
        check_within(&["bool[secret][4, 5]", i], &body, 0.0, BY_SECRET);
        // A public table takes no product of shares.
        check_within(&["fxp[public][4, 5]", i], &body, 0.0, 5 + 1);
        let entries = if axis == 0 { "fxp[secret][2, 3, 5]" } else { "fxp[secret][4, 2, 3]" };
        let body = format!("%y = scatter_add %p0, %p1, %p2 {{axis = {axis}}} return y = %y");
        check_within(&[x, i, entries], &body, 0.0, BY_SECRET);
    }
    let slice = "%y = dynamic_slice %p0, %p1, %p2 {sizes = [3, 2]} return y = %y";
    check_within(&[x, s, t], slice, 0.0, BY_SECRET);
    check_within(&[x, t, s], slice, 0.0, BY_SECRET);
    check_within(&[x, s, s], slice, 0.0, BY_SECRET + 1);
    let update = "%y = dynamic_update_slice %p0, %p1, %p2, %p3 return y = %y";
    check_within(&[x, "fxp[secret][3, 2]", s, t], update, 0.0, BY_SECRET);
    check_within(&[x, "fxp[public][3, 2]", t, s], update, 0.0, BY_SECRET);
    check_within(&[x, "fxp[secret][3, 2]", s, s], update, 0.0, BY_SECRET + 3);
    // There is only one place for all of it.
    check_within(&["fxp[public][4, 5]", "fxp[secret][4, 5]", s, s], update, 0.0, OPENED);
}

#[test]
fn scalars_empty_tensors_and_many_axes() {
    let zero = "%v = constant {literal = fxp[] (0.0)}";
    let scalar = ["fxp[secret][]"];
    check_within(
        &scalar,
        &format!("{zero} %y = pad %p0, %v {{low = [], high = [], interior = []}} return y = %y"),
        0.0,
        OPENED,
    );
    check_within(&scalar, "%y = dynamic_slice %p0 {sizes = []} return y = %y", 0.0, OPENED);
    check_within(&scalar, "%y = reverse %p0 {axes = []} return y = %y", 0.0, OPENED);
    let gather = "%y = gather %p0, %p1 {axis = 0} return y = %y";
    for who in ["public", "secret"] {
        let index = |shape: &str| format!("int[{who}]{shape}");
        let rounds = if who == "public" { OPENED } else { 1 + 1 };
        // No entry: whatever the index names is 0.
        check_within(&["fxp[secret][0, 5]", &index("[3]")], gather, 0.0, rounds);
        // The index is looked at whatever is found.
        let compared = if who == "public" { 0 } else { 5 };
        check_within(&["fxp[secret][4, 0]", &index("[3]")], gather, 0.0, compared);
        check_within(&["fxp[secret][4, 5]", &index("[0]")], gather, 0.0, 0);
        let rounds = if who == "public" { OPENED } else { BY_SECRET };
        check_within(&["fxp[secret][4, 5]", &index("[]")], gather, 0.0, rounds);
        let five = "%y = gather %p0, %p1 {axis = 2} return y = %y";
        check_within(&["int[secret][2, 1, 3, 2, 2]", &index("[2, 1]")], five, 0.0, rounds);
    }
    let window = "(stride = [1, 2, 1], low = [1, 0, 0], high = [0, 0, 1], input_dilation = [1, 1, 1], kernel_dilation = [1, 1, 2])";
    let body = format!("%y = convolution %p0, %p1 {{window = {window}, groups = 1}} return y = %y");
    check(&["fxp[secret][2, 3, 4, 3, 2]", "fxp[secret][2, 2, 2, 2, 3]"], &body, PRODUCT);
}

/// An index that is known to lie inside is looked up, by fewer and shorter messages.
#[test]
fn known_indices_cost_less() {
    let cost = |assumed: &str| {
        let body = format!("%i = assume %p0 {{{assumed}}} %y = one_hot %i {{depth = 10}} return y = %y");
        let mut program = traced(&["int[secret][6]"], &body);
        passes::optimize(&mut program);
        let ring = RingConfig::Z64;
        let cost = Plan::new(lower(&program, ring).unwrap(), ring).cost;
        (cost.rounds, cost.bytes.iter().sum::<u64>())
    };
    let bytes = |op: ShareOp, shape: &[usize]| {
        let table = table(&op, &[&ShareType::new(shape, Kind::Arith, 0)], shape.iter().product(), 64);
        table.iter().map(|message| 8 * message.words() as u64).sum::<u64>()
    };
    let anywhere = (5, bytes(ShareOp::OneHot { count: 10, inside: false }, &[6]));
    assert_eq!(cost("lo = -inf, hi = inf"), anywhere);
    assert_eq!(cost("lo = 0.0, hi = 10.0"), anywhere);
    // Of 16 entries 15 are dealt, and of 10 both halves are shared anew.
    let inside = 8 * 6 * (15 + 2 * 10);
    assert_eq!(cost("lo = 0.0, hi = 9.0"), (2, inside));
    let compared = bytes(ShareOp::IsZeroToArith, &[6, 10]);
    assert!(4 * anywhere.1 < 3 * compared, "{anywhere:?}, {compared}");

    let i = "%i = assume %p1 {lo = -2.0, hi = 5.0} %two = constant {literal = int[2, 3] (2)} %j = add %i, %two";
    let known = format!("{i} %y = gather %p0, %j {{axis = 0}} %h = one_hot %j {{depth = 8}} return y = %y, h = %h");
    check_within(&["fxp[secret][8, 5]", "int[secret][2, 3]"], &known, 0.0, 2 + 1 + 1);
    let long = format!("{i} %y = gather %p0, %j {{axis = 0}} return y = %y");
    check_within(&["fxp[secret][130]", "int[secret][2, 3]"], &long, 0.0, 2 + 1 + 1);
    let start = "%i = assume %p1 {lo = -2.0, hi = 5.0} %two = constant {literal = int[] (2)} %j = add %i, %two";
    let slice = format!("{start} %y = dynamic_slice %p0, %j {{sizes = [3]}} return y = %y");
    check_within(&["fxp[secret][10]", "int[secret][]"], &slice, 0.0, 2 + 1 + 1);
}
