//! Branches and loops under ABY3, between threads, between sockets, and in the clear: results, costs, disclosures, and that
//! parties who decide otherwise stop.

use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

use spu::pphlo::{parse, print};
use spu::prelude::*;
use spu::{Cost, LoopCost, Program, Target, Traffic, random};

type Secrets = Tensor<Secret, Fxp>;
type Number = Tensor<Public, Int>;

/// Square roots by Newton's iteration, until the parties see that the squares are near; and how often it ran.
#[spu_fn]
fn newton(a: Tensor<Secret, Fxp>) -> (Tensor<Public, Fxp>, Tensor<Public, Int>) {
    let residual = |x: Secrets| {
        let gap = x * x - a;
        (gap * gap).sum(0)
    };
    let (root, iterations) = while_loop(
        (a, Tensor::constant(0)),
        |(x, _): (Secrets, Number)| residual(x).reveal().gt(1e-4),
        |(x, n)| (0.5 * (x + a * x.assume(1.0..=10.0).reciprocal()), n + 1),
    );
    (root.reveal(), iterations)
}

/// A cube, which takes two products, or a positive part.
#[spu_fn]
fn either(x: Tensor<Secret, Fxp>, choice: Tensor<Public, Int>) -> (Tensor<Secret, Fxp>, Tensor<Secret, Fxp>) {
    cond(choice.gt(0), || (x * x * x, x), || (x.maximum(0.0), -x))
}

/// Nothing is sent in one of the branches.
#[spu_fn]
fn perhaps(x: Tensor<Secret, Fxp>, choice: Tensor<Public, Int>) -> Tensor<Secret, Fxp> {
    cond(choice.gt(0), || x * x, || x)
}

/// A loop inside a loop; the inner one runs limit − i times, if that is positive.
#[spu_fn]
fn nested(x: Tensor<Secret, Fxp>, y: Tensor<Secret, Fxp>, limit: Tensor<Public, Int>) -> Tensor<Secret, Fxp> {
    fori(0..3, x, |i, x| while_loop((x, i), |(_, j): (Secrets, Number)| j.lt(limit), |(x, j)| (x * y, j + 1)).0)
}

/// The states of a filter, one for each input: too many iterations to be written out.
#[spu_fn]
fn filter(
    xs: Tensor<Secret, Fxp>,
    decay: Tensor<Secret, Fxp>,
) -> (Tensor<Secret, Fxp>, Tensor<Secret, Fxp>, Tensor<Public, Int>) {
    let start = (Tensor::constant(0.0).to_secret(), Tensor::constant(7));
    let ((last, count), states) = scan(start, xs, |(state, n): (Secrets, Number), x: Secrets| {
        let state = decay * state + x;
        ((state, n + 1), state)
    });
    (last, states, count)
}

/// The sum of max(x − i, 0) over i < 4: written out, its comparisons are made at the same time.
#[spu_fn]
fn steps(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    fori(4, x * 0.0, |i, sum| sum + (x - i).maximum(0.0))
}

#[spu_fn]
fn one_step(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    (x - 1).maximum(0.0)
}

#[spu_fn]
fn square(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    x * x
}

/// How often x can be halved before it is 1 or less, and what is left; nobody learns when that was.
#[spu_fn]
fn halvings(x: Tensor<Secret, Fxp>) -> (Tensor<Secret, Fxp>, Tensor<Secret, Int>) {
    let none = Tensor::constant(0).to_secret();
    for_bounded(8, (x, none), |_, (x, n): (Secrets, Tensor<Secret, Int>)| (x.gt(1.0), (0.5 * x, n + 1)))
}

/// Gradient descent inside one program: 20 steps on |X w − y|².
#[spu_fn]
fn regression(x: Tensor<Secret, Fxp>, y: Tensor<Secret, Fxp>) -> (Tensor<Public, Fxp>, Tensor<Public, Fxp>) {
    let start = Tensor::constant(spu::HostTensor::fxp([2, 1], vec![0.0; 2])).to_secret();
    let first = Tensor::constant(0.0).to_secret();
    let (w, loss) = fori(20, (start, first), |_, (w, _): (Secrets, Secrets)| {
        let (loss, gradient) = value_and_grad(w, |w| {
            let gap = x.matmul(w) - y;
            (gap * gap).sum(0).sum(0) / 4.0
        });
        (w - 0.25 * gradient, loss)
    });
    (w.reveal(), loss.reveal())
}

#[test]
fn a_loop_runs_as_often_as_the_data_tell() -> Result<(), Error> {
    let a = vec![2.0, 9.0, 5.5];
    let check = |session: &Session| {
        let shared = session.input::<Secrets, _>(Party(0), [3], || Ok(a.clone()))?;
        let (root, iterations) = newton::run(session, &shared)?.split();
        for (root, a) in values(&root).into_iter().zip(&a) {
            assert!((root - a.sqrt()).abs() < 0.005, "{root} is no root of {a}");
        }
        Ok(iterations.item())
    };
    let iterations = check(&local())?;
    assert!((3.0..8.0).contains(&iterations), "{iterations}");
    assert_eq!(check(&Session::plain(&seeded())?)?, iterations);
    let one = spu::Evaluator::new();
    let shared = one.input::<Secrets, _>(Party(0), [3], || Ok(a.clone()))?;
    assert_eq!(newton::run(&one, &shared)?.split().1.item(), iterations);
    connected(|session| check(session)).into_iter().try_for_each(|n| n.map(|n| assert_eq!(n, iterations)))
}

#[test]
fn measured_is_predicted_for_each_iteration() -> Result<(), Error> {
    let session = local();
    let cost = newton::cost([3], &session.network())?;
    let [LoopCost { reached: 1, iteration, .. }] = &cost.loops[..] else { panic!("one loop: {cost:?}") };
    assert!(iteration.loops.is_empty() && cost.branches.is_empty() && iteration.rounds > 0);
    for a in [[1.0; 3], [4.0, 9.0, 2.0], [1.5, 1.0, 1.0]] {
        let shared = session.input::<Secrets, _>(Party(1), [3], || Ok(a.to_vec()))?;
        let before = session.gather_traffic()?;
        let iterations = newton::run(&session, &shared)?.split().1.item() as u64;
        assert_eq!(iterations == 0, a == [1.0; 3]);
        let mut expected = Cost { loops: vec![], ..cost.clone() };
        expected.add(iteration, iterations);
        spent(&session, before, &expected)?;
    }
    Ok(())
}

#[test]
fn one_branch_runs_and_its_messages_alone_are_sent() -> Result<(), Error> {
    let session = local();
    let cost = either::cost([3], [], &session.network())?;
    let [branch] = &cost.branches[..] else { panic!("one branch: {cost:?}") };
    let product = square::cost([3], &session.network())?.rounds;
    assert_eq!((cost.rounds, branch.then.rounds, branch.otherwise.rounds), (0, 2 * product, one_step_rounds()?));
    assert_eq!(cost.at_most(0).rounds, branch.then.rounds.max(branch.otherwise.rounds));
    let x = session.input::<Secrets, _>(Party(2), [3], || Ok(vec![1.5, -2.0, 0.5]))?;
    for (choice, taken, expected) in [
        (1, &branch.then, [[3.375, -8.0, 0.125], [1.5, -2.0, 0.5]]),
        (0, &branch.otherwise, [[1.5, 0.0, 0.5], [-1.5, 2.0, -0.5]]),
    ] {
        let before = session.gather_traffic()?;
        let results = either::run(&session, &x, choice)?;
        let mut total = Cost { branches: vec![], ..cost.clone() };
        total.add(taken, 1);
        spent(&session, before, &total)?;
        let (first, second) = results.split();
        near(&opened(&session, &first)?, &expected[0], 1e-4);
        near(&opened(&session, &second)?, &expected[1], 1e-4);
    }
    Ok(())
}

#[test]
fn loops_stand_in_loops() -> Result<(), Error> {
    let session = local();
    let cost = nested::cost([2], [2], [], &session.network())?;
    let [LoopCost { reached: 3, iteration, .. }] = &cost.loops[..] else { panic!("reached in each step: {cost:?}") };
    let both = |session: &Session, limit: i64| {
        let x = session.input::<Secrets, _>(Party(0), [2], || Ok(vec![1.0, -2.0]))?;
        let y = session.input::<Secrets, _>(Party(1), [2], || Ok(vec![0.5, 1.5]))?;
        let before = session.gather_traffic()?;
        let z = nested::run(session, &x, &y, limit)?;
        Ok::<_, Error>((before, opened(session, &z)?))
    };
    // 3 + 2 + 1 products, one in all, none.
    for (limit, products) in [(3, 6), (1, 1), (-4, 0)] {
        let x = session.input::<Secrets, _>(Party(0), [2], || Ok(vec![1.0, -2.0]))?;
        let y = session.input::<Secrets, _>(Party(1), [2], || Ok(vec![0.5, 1.5]))?;
        let before = session.gather_traffic()?;
        let z = nested::run(&session, &x, &y, limit)?;
        let mut expected = Cost { loops: vec![], ..cost.clone() };
        expected.add(iteration, products as u64);
        spent(&session, before, &expected)?;
        let expected = [0.5f64.powi(products), -2.0 * 1.5f64.powi(products)];
        near(&opened(&session, &z)?, &expected, 1e-3);
        near(&both(&Session::plain(&seeded())?, limit)?.1, &expected, 1e-3);
    }
    Ok(())
}

#[test]
fn a_long_loop_is_walked_and_costs_its_body_times_its_iterations() -> Result<(), Error> {
    const N: usize = 600;
    let (xs, decay): (Vec<f64>, f64) = ((0..N).map(|i| (i % 7) as f64 / 4.0 - 0.75).collect(), 0.75);
    let mut states = vec![0.0];
    xs.iter().for_each(|x| states.push(decay * states[states.len() - 1] + x));
    let session = local();
    let cost = filter::cost([N], [], &session.network())?;
    let product = square::cost([], &session.network())?.rounds;
    assert_eq!((cost.rounds, cost.loops.len(), cost.branches.len()), (N as u64 * product, 0, 0));
    let run = |session: &Session| {
        let xs = session.input::<Secrets, _>(Party(0), [N], || Ok(xs.clone()))?;
        let decay = session.input::<Secrets, _>(Party(2), [], || Ok(decay))?;
        let before = session.gather_traffic()?;
        let results = filter::run(session, &xs, &decay)?;
        let after = session.gather_traffic()?;
        let (last, all, count) = results.split();
        assert_eq!(count.item(), 7.0 + N as f64);
        near(&opened(session, &last)?, &states[N..], 1e-4);
        near(&opened(session, &all)?, &states[1..], 1e-4);
        Ok::<_, Error>((before, after))
    };
    let (before, after) = run(&session)?;
    assert_eq!(after.rounds - before.rounds, cost.rounds);
    assert_eq!(std::array::from_fn(|p| after.bytes[p] - before.bytes[p]), cost.bytes);
    run(&Session::plain(&seeded())?).map(drop)
}

#[test]
fn a_short_loop_is_written_out_so_that_rounds_merge() -> Result<(), Error> {
    let session = local();
    let program = steps::program([3])?;
    assert!(program.graph.nodes().all(|(_, node)| node.regions.is_empty()));
    assert_eq!(session.network().cost(&program)?.rounds, one_step_rounds()?);
    let x = session.input::<Secrets, _>(Party(0), [3], || Ok(vec![2.5, -1.0, 9.0]))?;
    near(&opened(&session, &steps::run(&session, &x)?)?, &[2.5 + 1.5 + 0.5, 0.0, 9.0 + 8.0 + 7.0 + 6.0], 1e-4);
    Ok(())
}

#[test]
fn a_secret_number_of_iterations_stays_secret() -> Result<(), Error> {
    for session in [local(), Session::plain(&seeded())?] {
        let cost = halvings::cost([], &session.network())?;
        assert!(cost.loops.is_empty() && cost.branches.is_empty());
        for (x, left, times) in [(100.0, 0.78125, 7.0), (1.0, 1.0, 0.0), (-5.0, -5.0, 0.0), (1000.0, 3.90625, 8.0)] {
            let shared = session.input::<Secrets, _>(Party(0), [], || Ok(x))?;
            let before = session.gather_traffic()?;
            let results = halvings::run(&session, &shared)?;
            if session.gather_traffic()? != before {
                spent(&session, before, &cost)?;
            }
            let (rest, count) = results.split();
            near(&opened(&session, &rest)?, &[left], 1e-4);
            assert_eq!(session.reveal(&count)?.values(), [times]);
        }
    }
    Ok(())
}

#[test]
fn a_program_may_hold_a_whole_training() -> Result<(), Error> {
    let (x, y) = ([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, -1.0]], [1.0, 2.0, 3.0, -1.0]);
    let (mut w, mut loss) = ([0.0; 2], 0.0);
    for _ in 0..20 {
        let gaps: Vec<f64> = x.iter().zip(y).map(|(x, y)| x[0] * w[0] + x[1] * w[1] - y).collect();
        loss = gaps.iter().map(|gap| gap * gap).sum::<f64>() / 4.0;
        let gradient = |i: usize| x.iter().zip(&gaps).map(|(x, gap)| 2.0 * gap * x[i]).sum::<f64>() / 4.0;
        w = [w[0] - 0.25 * gradient(0), w[1] - 0.25 * gradient(1)];
    }
    for session in [local(), Session::plain(&seeded())?] {
        let data = session.input::<Secrets, _>(Party(0), [4, 2], || Ok(x.concat()))?;
        let labels = session.input::<Secrets, _>(Party(1), [4, 1], || Ok(y.to_vec()))?;
        let (found, last) = regression::run(&session, &data, &labels)?.split();
        near(&values(&found), &w, 1e-3);
        near(&values(&last), &[loss], 1e-3);
    }
    Ok(())
}

#[test]
fn other_rings_loop_as_well() -> Result<(), Error> {
    for config in [Config::z32(), Config::z128(), Config { fraction_bits: 40, ..Config::z128() }] {
        let session = Session::local(&Config { insecure_seed: Some(5), ..config })?;
        let x = session.input::<Secrets, _>(Party(0), [2], || Ok(vec![1.0, -2.0]))?;
        let y = session.input::<Secrets, _>(Party(1), [2], || Ok(vec![0.5, 1.5]))?;
        near(&opened(&session, &nested::run(&session, &x, &y, 2)?)?, &[0.125, -2.0 * 3.375], 0.1);
    }
    Ok(())
}

#[test]
fn the_manifest_tells_how_often() -> Result<(), Error> {
    let manifest = newton::manifest([3], &Network::LOCAL)?;
    let texts: Vec<String> = manifest.reveals.iter().map(|reveal| reveal.occurs.to_string()).collect();
    let line = newton::cost([3], &Network::LOCAL)?.loops[0].location;
    // Before the loop, in each iteration, and the result.
    assert_eq!(texts, ["once".to_owned(), format!("once in each iteration of the loop at {line}"), "once".to_owned()]);
    Ok(())
}

#[test]
fn programs_print_and_parse() -> Result<(), Error> {
    let programs: [Program; 4] =
        [newton::program([3])?, either::program([3], [])?, nested::program([2], [2], [])?, filter::program([600], [])?];
    for program in programs {
        assert!(program.graph.nodes().any(|(_, node)| !node.regions.is_empty()), "{}", program.name);
        let text = print(&program);
        let back = parse(&text)?;
        assert!(back.graph == program.graph, "{text}");
        assert_eq!(print(&back), text);
    }
    Ok(())
}

#[test]
fn the_shadow_run_follows_the_decisions() -> Result<(), Error> {
    let deviation = newton::check(vec![2.0, 9.0, 5.5], &Network::LOCAL)?;
    assert!(deviation.largest < 1e-2, "{deviation}");
    let error = nested::check(vec![300.0], vec![300.0], 2, &Network::LOCAL).unwrap_err();
    assert!(error.to_string().starts_with("`multiply` overflows"), "{error}");
    Ok(())
}

/// Party 1 decides otherwise, in a way that it needs nobody any more: the others must not wait for it.
#[test]
fn who_decides_otherwise_stops_everybody() {
    let start = Instant::now();
    let differing = |session: &Session| {
        let x = session.input::<Secrets, _>(Party(0), [2], || Ok(vec![1.0, -2.0]))?;
        perhaps::run(session, &x, 1)?;
        perhaps::run(session, &x, i64::from(session.party() != Some(Party(1)))).map(drop)
    };
    for error in connected(differing).map(Result::unwrap_err) {
        assert!(error.to_string().contains("disagrees on what to run, or on what"), "{error}");
    }
    let other = |session: &Session| {
        let x = session.input::<Secrets, _>(Party(0), [2], || Ok(vec![1.0, -2.0]))?;
        match session.party() {
            Some(Party(1)) => nested::run(session, &x, &x, 2).map(drop),
            _ => perhaps::run(session, &x, 1).map(drop),
        }
    };
    for error in connected(other).map(Result::unwrap_err) {
        assert!(error.to_string().contains("disagrees on the program"), "{error}");
    }
    // Far below the deadline of a silent peer.
    assert!(start.elapsed() < seeded().read_deadline / 2);
}

/// Uniform numbers, two for each row of xs: in a loop that is written out if there are few rows.
#[spu_fn]
fn draws(xs: Tensor<Secret, Fxp>) -> (Tensor<Secret, Fxp>, Tensor<Public, Fxp>) {
    scan((), xs, |(), x: Secrets| {
        let drawn: Secrets = random::uniform([], 0.0..1.0);
        ((), (drawn + x, random::uniform::<Public>([], 0.0..1.0)))
    })
    .1
}

#[test]
fn each_iteration_draws_anew() -> Result<(), Error> {
    fn all_differ(mut drawn: Vec<f64>) {
        assert!(drawn.iter().all(|x| (0.0..1.0).contains(x)));
        let count = drawn.len();
        drawn.sort_by(f64::total_cmp);
        drawn.dedup();
        // Of 600 numbers with 18 bits fewer than one pair is equal on the average.
        assert!(drawn.len() + 10 > count && drawn.len() > 3, "{} of {count}", drawn.len());
    }
    for n in [4, 600] {
        let written_out = draws::program([n])?.graph.nodes().all(|(_, node)| node.regions.is_empty());
        assert_eq!(written_out, n == 4);
        for session in [local(), Session::plain(&seeded())?] {
            let xs = session.input::<Secrets, _>(Party(0), [n], || Ok(vec![0.0; n]))?;
            let (secret, public) = draws::run(&session, &xs)?.split();
            all_differ(opened(&session, &secret)?);
            all_differ(values(&public));
        }
        let clear = spu::Evaluator::new();
        let xs = clear.input::<Secrets, _>(Party(0), [n], || Ok(vec![0.0; n]))?;
        all_differ(values(&draws::run(&clear, &xs)?.split().1));
    }
    Ok(())
}

/// A permutation from around serves a loop.
#[spu_fn]
fn sorted_twice(x: Tensor<Secret, Fxp>, n: Tensor<Public, Int>) -> Tensor<Secret, Fxp> {
    let order = spu::Permutation::sorting(x);
    while_loop((x, n), |(_, n): (Secrets, Number)| n.gt(0), |(x, n)| (x.permute(order), n - 1)).0
}

#[test]
fn a_permutation_may_be_captured() -> Result<(), Error> {
    let session = local();
    spu::pphlo::verify(&sorted_twice::program([3], [])?.graph)?;
    let x = session.input::<Secrets, _>(Party(0), [3], || Ok(vec![3.0, 1.0, 2.0]))?;
    // y_k = x_p(k) with p = (1, 2, 0).
    near(&opened(&session, &sorted_twice::run(&session, &x, 1)?)?, &[1.0, 2.0, 3.0], 1e-4);
    near(&opened(&session, &sorted_twice::run(&session, &x, 2)?)?, &[2.0, 3.0, 1.0], 1e-4);
    Ok(())
}

#[spu_fn]
fn slope_of_dropout(x: Tensor<Secret, Fxp>, n: Tensor<Public, Int>) -> Tensor<Secret, Fxp> {
    value_and_grad(x, |x| cond(n.gt(0), || x * random::uniform::<Public>([], 0.0..1.0), || x * x)).1
}

/// Derivatives of x⁴, of the sum of products of the first rows, and of x² or −x.
#[spu_fn]
fn derivatives(
    x: Tensor<Secret, Fxp>,
    rows: Tensor<Secret, Fxp>,
    choice: Tensor<Public, Int>,
) -> (Tensor<Public, Fxp>, Tensor<Public, Fxp>, Tensor<Public, Fxp>) {
    let (_, fourth) = value_and_grad(x, |x| fori(3, x, |_, power| power * x));
    let (_, product) = value_and_grad(rows, |rows| {
        let one = Tensor::constant(1.0).to_secret();
        scan(one, rows, |product, row: Secrets| (product * row, product * row)).1.sum(0)
    });
    let (_, either) = value_and_grad(x, |x| cond(choice.gt(0), || x * x * x, || (-x).exp()));
    (fourth.reveal(), product.reveal(), either.reveal())
}

#[test]
fn counted_loops_and_branches_have_derivatives() -> Result<(), Error> {
    let session = spu::Evaluator::new();
    let (x, rows) = (1.5f64, [2.0, -1.0, 0.5]);
    let secret = session.input::<Secrets, _>(Party(0), [], || Ok(x))?;
    let shared = session.input::<Secrets, _>(Party(0), [3], || Ok(rows.to_vec()))?;
    // a + ab + abc
    let [a, b, c] = rows;
    let sums = [1.0 + b + b * c, a + a * c, a * b];
    for (choice, slope) in [(1, 3.0 * x * x), (0, -(-x).exp())] {
        let (fourth, product, either) = derivatives::run(&session, &secret, &shared, choice)?.split();
        near(&values(&fourth), &[4.0 * x.powi(3)], 1e-9);
        near(&values(&product), &sums, 1e-9);
        near(&values(&either), &[slope], 1e-9);
    }
    Ok(())
}

type Pair = [Secrets; 2];

#[spu_fn]
fn growing(model: [Tensor<Secret, Fxp>; 2]) -> [Tensor<Secret, Fxp>; 2] {
    fori(2000, model, |_, [w, b]: Pair| [w * b, b.reshape([1, 2])])
}

#[spu_fn]
fn growing_while(x: Tensor<Secret, Fxp>, n: Tensor<Public, Int>) -> Tensor<Secret, Fxp> {
    while_loop((x, n), |(_, n): (Secrets, Number)| n.gt(0), |(x, n)| (x.reshape([1, 2]), n - 1)).0
}

#[spu_fn]
fn unlike(x: Tensor<Secret, Fxp>, n: Tensor<Public, Int>) -> Tensor<Secret, Fxp> {
    cond(n.gt(0), || x.sum(0), || x)
}

#[spu_fn]
fn askew(x: Tensor<Secret, Fxp>, y: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    scan((), (x, y), |(), (x, y): Pair2| ((), x + y)).1
}

type Pair2 = (Secrets, Secrets);

#[spu_fn]
fn public_state(x: Tensor<Secret, Fxp>, n: Tensor<Public, Int>) -> Tensor<Secret, Fxp> {
    for_bounded(3, (x, n), |_, (x, n): (Secrets, Number)| (x.gt(0.0), (x - 1.0, n + 1))).0
}

#[spu_fn]
fn slope_of_newton(a: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    value_and_grad(a, |a| while_loop(a, |x| x.reveal().gt(1.0), |x| x * 0.5)).1
}

#[spu_fn]
fn many_conditions(x: Tensor<Public, Fxp>) -> Tensor<Public, Fxp> {
    while_loop(x, |x| x.gt(1.0), |x| x * 0.5)
}

#[spu_fn]
fn leaking_body(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
    let leaked = std::cell::Cell::new(x);
    fori(3, x, |_, x| {
        leaked.set(x * x);
        x
    });
    leaked.get() + x
}

#[test]
fn faults_name_the_leaf_and_the_places() {
    let place = |text: &str| {
        let source = include_str!("control.rs");
        source.lines().position(|line| line.contains(text)).map(|i| format!("tests/control.rs:{}:", i + 1)).unwrap()
    };
    let faults = [
        (
            growing::program(ShapeOf::<Pair>::of(|| [Tensor::with_shape([2]), Tensor::with_shape([2])])),
            "a loop cannot change `1` from fxp[secret][2] to fxp[secret][1, 2]",
            "fori(2000, model",
        ),
        (
            growing_while::program([2], []),
            "a loop cannot change `0` from fxp[secret][2] to fxp[secret][1, 2]",
            "(x.reshape([1, 2]), n - 1)",
        ),
        (unlike::program([2], []), "cannot choose between [] and [2]", "|| x.sum(0), || x"),
        (askew::program([3], [2]), "cannot scan shapes [3] and [2]: they need one first axis", "|(), (x, y): Pair2|"),
        (public_state::program([], []), "cannot keep `1` public in `for_bounded`", "for_bounded(3, (x, n)"),
        (slope_of_newton::program([]), "cannot differentiate through `while_loop`", "|a| while_loop(a"),
        (
            slope_of_dropout::program([], []),
            "cannot differentiate through a branch or loop that draws",
            "|x| cond(n.gt(0)",
        ),
        (
            many_conditions::program([3]),
            "cannot loop while bool[public][3]: it takes one truth value",
            "|x| x.gt(1.0), |x|",
        ),
        (leaking_body::program([]), "cannot use a tensor of another traced function here", "leaked.get() + x"),
    ];
    for (program, message, at) in faults {
        let error = program.unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}\nis not\n{message}");
        assert!(error.contains(&place(at)), "{error}\nhas nothing of {}", place(at));
    }
}

fn one_step_rounds() -> Result<u64, Error> {
    Ok(one_step::cost([3], &Network::LOCAL)?.rounds)
}

fn seeded() -> Config {
    Config { insecure_seed: Some(5), read_deadline: Duration::from_secs(30), ..Config::default() }
}

fn local() -> Session {
    Session::local(&seeded()).unwrap()
}

fn values(tensor: &Shared<Tensor<Public, Fxp>>) -> Vec<f64> {
    tensor.to_host().elements.to_f64()
}

fn opened(session: &Session, tensor: &Shared<Secrets>) -> Result<Vec<f64>, Error> {
    Ok(session.reveal(tensor)?.values().to_vec())
}

fn near(found: &[f64], expected: &[f64], bound: f64) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < bound, "{found}, expected {expected}");
    }
}

/// Checks what went over the links since `before`.
fn spent(session: &Session, before: Traffic, cost: &Cost) -> Result<(), Error> {
    let after = session.gather_traffic()?;
    assert_eq!(after.rounds - before.rounds, cost.rounds);
    assert_eq!(std::array::from_fn(|p| after.bytes[p] - before.bytes[p]), cost.bytes);
    Ok(())
}

/// Connects three sessions over sockets and runs `work` in each.
fn connected<T: Send>(work: impl Fn(&Session) -> Result<T, Error> + Sync) -> [Result<T, Error>; 3] {
    let listeners = [0; 3].map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    let addresses: [SocketAddr; 3] = listeners.map(|listener| listener.local_addr().unwrap());
    thread::scope(|scope| {
        let work = &work;
        let party = |party: usize| {
            scope.spawn(move || {
                let session = Session::connect(&seeded(), &Peers { party: Party(party), addresses })?;
                let result = work(&session)?;
                session.close()?;
                Ok(result)
            })
        };
        [party(0), party(1), party(2)].map(|thread| thread.join().unwrap())
    })
}
