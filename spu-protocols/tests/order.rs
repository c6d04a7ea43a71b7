//! What sorting costs: the formula of `hal::order` is what the plan says.

use spu_protocols::aby3::{cost, decompose};
use spu_protocols::hal::{RingConfig, lower};
use spu_protocols::session::Network;
use spu_protocols::share::Plan;
use spu_tensor::graph::Value;
use spu_tensor::pphlo::{DType, Graph, Op, Type, append};
use spu_tensor::{Location, Program, Shape, passes, pphlo};

/// Rounds, and bytes over all parties.
fn cost_of(text: &str) -> (u64, u64) {
    let mut program = pphlo::parse(text).unwrap_or_else(|error| panic!("{error}"));
    passes::optimize(&mut program);
    let plan = Plan::new(lower(&program, RingConfig::DEFAULT).unwrap(), RingConfig::DEFAULT);
    (plan.cost.rounds, plan.cost.bytes.iter().sum())
}

fn sort(shape: &str, assumed: &str, more: &str) -> String {
    format!(
        "program f(x: int[secret]{shape})
        %y = parameter {{index = 0}} : int[secret]{shape}
        {assumed}
        %p = arg_sort %x {{descending = false}}
        {more}"
    )
}

/// Bits an element of the permutation in ranks modulo 2^m, and bits to decompose and sort keys of `t` bits.
fn bits(t: u64, m: u64) -> u64 {
    let digits = t.div_ceil(3);
    let values = |j: u64| (1u64 << (t * (j + 1) / digits - t * j / digits)) - 1;
    let of_digit = |j: u64| 6 * m + 3 * values(j) * m + 4 * m + 4 * (t - t * (j + 1) / digits);
    (0..digits).map(of_digit).sum::<u64>() + cost(&decompose::table(0..t as u32, 64)).bits / 64
}

#[test]
fn a_sort_costs_what_its_documentation_says() {
    let sorted = "%s = permute %x, %p {inverse = false} return s = %s";
    let decomposition = |t: u32| cost(&decompose::table(0..t, 64)).rounds;
    // 512 values, 64 of them: 9 bits in three digits, ranks of 6 bits.
    let narrow = sort("[64]", "%x = assume %y {lo = 0.0, hi = 511.0}", sorted);
    let (rounds, bytes) = cost_of(&narrow);
    assert_eq!(bytes, 8 * (bits(9, 6) + 5 * 6 + 4 * 64));
    assert_eq!((rounds, decomposition(9)), (4 + 2 * 3 + 4, 4));
    // All 64 bits in 22 digits.
    let (rounds, bytes) = cost_of(&sort("[64]", "%x = negate %y", sorted));
    assert_eq!(bytes, 8 * (bits(64, 6) + 5 * 6 + 4 * 64));
    // One round more: the party that holds the bits first is not the one that deals for the first digit.
    assert_eq!((rounds, decomposition(64)), (5 + 2 * 22 + 5, 5));
    // Sixteen lists of four: the same rounds as one.
    let lists = narrow.replace("[64]", "[16, 4]");
    assert_eq!(cost_of(&lists), (4 + 2 * 3 + 4, 8 * (bits(9, 2) + 5 * 2 + 4 * 64)));
}

#[test]
fn a_permutation_is_opened_once() {
    let one =
        sort("[64]", "%x = assume %y {lo = 0.0, hi = 511.0}", "%s = permute %x, %p {inverse = false} return s = %s");
    let two =
        one.replace("return s = %s", "%z = negate %y %t = permute %z, %p {inverse = false} return s = %s, t = %t");
    let ((rounds, bytes), (more_rounds, more_bytes)) = (cost_of(&one), cost_of(&two));
    assert_eq!((more_rounds, more_bytes), (rounds, bytes + 8 * 4 * 64));
    // As numbers it costs what a payload costs.
    let numbers = one.replace("return s = %s", "return s = %s, p = %p");
    assert_eq!(cost_of(&numbers), (rounds, bytes + 8 * 4 * 64));
}

#[test]
fn a_shuffle_takes_two_rounds_and_a_permutation_four() {
    let program = |made: &str| {
        format!(
            "program f(x: fxp[secret][64, 3])
            %x = parameter {{index = 0}} : fxp[secret][64, 3]
            {made}"
        )
    };
    let drawn = "%p = random_permutation {shape = [64], draw = 0}";
    let shuffled = program(&format!("{drawn} %y = permute %x, %p {{inverse = false}} return y = %y"));
    assert_eq!(cost_of(&shuffled), (2, 8 * 4 * 64 * 3));
    // The inverse of a drawn permutation is opened in an order of its own, beside the rows that move.
    let iota = format!(
        "%i = constant {{literal = int[64] ({})}}",
        (0..64).map(|i| i.to_string()).collect::<Vec<_>>().join(", ")
    );
    let inverted = format!("{drawn} {iota} %q = permute %i, %p {{inverse = true}}");
    let forward = program(&format!("{inverted} %y = permute %x, %q {{inverse = false}} return y = %y"));
    let backward = program(&format!("{inverted} %y = permute %x, %q {{inverse = true}} return y = %y"));
    let moved = 8 * (4 * 64 + 5 * 6 + 4 * 64 * 3);
    assert_eq!([cost_of(&forward), cost_of(&backward)], [(5, moved), (4, moved)]);
}

#[test]
fn draws_cost_what_their_documentation_says() {
    let drawn = |op: &str| cost_of(&format!("program f() %d = {op} return d = %d"));
    let secret = drawn("random_uniform {shape = [64], visibility = secret, draw = 0}");
    assert_eq!(secret, (5, 8 * 287));
    assert_eq!(drawn("random_uniform {shape = [5000], visibility = public, draw = 0}"), (1, 3 * 48));
    let mask = |p: &str| drawn(&format!("random_bernoulli {{p = {p}, shape = [64], visibility = secret, draw = 0}}"));
    assert_eq!([mask("0.5"), mask("0.25"), mask("0.8125")], [(2, 8 * 192), (3, 8 * 195), (5, 8 * 201)]);
    assert_eq!(mask("1.0"), (0, 0));
}

/// What a session opens shuffled must be a permutation, however the program was made: `parse` is not asked.
#[test]
fn secret_numbers_are_not_opened_as_a_permutation() {
    let int = || Type::secret([3], DType::Int);
    let permuted = |graph: &mut Graph, x: Value| {
        let node = append(graph, Op::Permute { inverse: false }, &[x, x], Location::UNKNOWN).unwrap();
        graph.node(node).result(0)
    };
    let parameter = |graph: &mut Graph, index: usize, ty: Type| {
        let node = graph.push(Op::Parameter { index }, vec![], vec![ty], Location::UNKNOWN);
        graph.node(node).result(0)
    };
    let program = |graph: Graph, parameters: Vec<Type>| Program {
        name: "f".into(),
        graph,
        parameters: parameters.into_iter().map(|ty| ("x".into(), ty)).collect(),
        results: vec![("y".into(), int())],
        operations_traced: 0,
    };
    let mut straight = Graph::new();
    let x = parameter(&mut straight, 0, int());
    straight.outputs = vec![permuted(&mut straight, x)];
    let branch = || {
        let mut region = Graph::new();
        let x = parameter(&mut region, 0, int());
        region.outputs = vec![permuted(&mut region, x)];
        region
    };
    let mut branching = Graph::new();
    let predicate = parameter(&mut branching, 0, Type::public(Shape::SCALAR, DType::Bool));
    let x = parameter(&mut branching, 1, int());
    let regions = vec![branch(), branch()];
    let node = branching.push_with_regions(Op::If, vec![predicate, x], regions, vec![int()], Location::UNKNOWN);
    branching.outputs = vec![branching.node(node).result(0)];
    let predicate = Type::public(Shape::SCALAR, DType::Bool);
    for program in [program(straight, vec![int()]), program(branching, vec![predicate, int()])] {
        let refused = Network::LAN.schedule(&program).map(|_| ()).unwrap_err().to_string();
        assert!(refused.contains("for a secret permutation"), "{refused}");
    }
}
