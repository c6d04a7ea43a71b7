//! Sessions: predicted traffic is measured traffic, and whatever does not fit ends in an error at every party.

use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use spu_protocols::exec::PartyValue;
use spu_protocols::hal::{RingConfig, lower};
use spu_protocols::link::fault::{Fault, inject};
use spu_protocols::link::{Links, local, record};
use spu_protocols::random::Keys;
use spu_protocols::session::{Config, Network, Node, Peers, Session};
use spu_protocols::share::{Plan, ShareOp, Superstep};
use spu_tensor::executor::{Executor, Leaf, ProgramKey};
use spu_tensor::pphlo::{DType, Type, parse};
use spu_tensor::{Elements, Error, HostTensor, Party, Program, Target};

/// Every kernel of a training step, small.
const STEP: &str = "program step(x: fxp[secret][70, 5], w: fxp[secret][5, 4], y: int[secret][70, 4])
    %x = parameter {index = 0} : fxp[secret][70, 5]
    %w = parameter {index = 1} : fxp[secret][5, 4]
    %y = parameter {index = 2} : int[secret][70, 4]
    %zero = constant {literal = fxp[70, 4] (0.0)}
    %z = dot %x, %w
    %p = greater_equal %z, %zero
    %h = select %p, %z, %zero
    %m = reduce_max %h {axis = 1}
    %mb = broadcast %m {shape = [70, 4], dimensions = [0]}
    %d = subtract %h, %mb
    %a = assume %d {lo = -inf, hi = 0.0}
    %e = exponential %a
    %s = reduce_sum %e {axes = [1]}
    %r = assume %s {lo = 1.0, hi = 4.0}
    %i = reciprocal %r
    %l = log %r
    %ib = broadcast %i {shape = [70, 4], dimensions = [0]}
    %q = multiply %e, %ib
    %yq = multiply %y, %q
    %total = reduce_sum %yq {axes = [0, 1]}
    %logs = reduce_sum %l {axes = [0]}
    %shown = reveal %total
    %less = less %q, %h
    %chosen = select %less, %q, %h
    %mine = reveal_to %logs {party = 2}
    return shown = %shown, chosen = %chosen, mine = %mine, mask = %p";

/// Every ring, the widest also with many fraction bits.
const RINGS: [RingConfig; 4] =
    [RingConfig::Z32, RingConfig::Z64, RingConfig::Z128, RingConfig { bits: 128, fraction_bits: 40 }];

fn program() -> Program {
    let mut program = parse(STEP).unwrap();
    spu_tensor::passes::optimize(&mut program);
    program
}

fn types() -> [Type; 3] {
    [Type::secret([70, 5], DType::Fxp), Type::secret([5, 4], DType::Fxp), Type::secret([70, 4], DType::Int)]
}

fn data(index: usize) -> HostTensor {
    let value = |i: usize| ((i * 7919 + index * 31) % 41) as f64 / 20.0 - 1.0;
    match index {
        0 => HostTensor::fxp([70, 5], (0..350).map(value).collect()),
        1 => HostTensor::fxp([5, 4], (0..20).map(value).collect()),
        _ => HostTensor::int([70, 4], (0..280).map(|i| i64::from((i / 4) % 4 == i % 4)).collect()),
    }
}

fn inputs(session: &Session) -> Result<Vec<Leaf>, Error> {
    let types = types();
    let share = |(i, owner): (usize, usize)| {
        let (name, ty) = ([format!("tensor {i}")], &types[i..i + 1]);
        Ok(session.input_leaves(Party(owner), &name, ty, &mut || Ok(vec![data(i)]))?.remove(0))
    };
    [(0, 0), (1, 2), (2, 1)].into_iter().map(share).collect()
}

fn run(session: &Session, arguments: &[Leaf]) -> Result<Vec<Leaf>, Error> {
    let key = ProgramKey { function: "step", arguments: types().to_vec(), fixed: String::new() };
    session.run(&key, &mut || Ok(program()), arguments)
}

fn shown(leaves: &[Leaf]) -> Vec<Option<Elements>> {
    leaves.iter().map(|leaf| leaf.value.to_host().map(|host| host.elements)).collect()
}

fn seeded() -> Config {
    seeded_on(RingConfig::DEFAULT)
}

fn seeded_on(RingConfig { bits, fraction_bits }: RingConfig) -> Config {
    let defaults = Config::default();
    Config {
        ring_bits: bits,
        fraction_bits,
        insecure_seed: Some(5),
        read_deadline: Duration::from_secs(20),
        ..defaults
    }
}

#[test]
fn measured_traffic_is_the_predicted() {
    for ring in RINGS {
        let session = Session::local(&seeded_on(ring)).unwrap();
        let arguments = inputs(&session).unwrap();
        let before = session.gather_traffic().unwrap();
        let results = run(&session, &arguments).unwrap();
        let after = session.gather_traffic().unwrap();
        let cost = session.network().cost(&program()).unwrap();
        assert_eq!(after.rounds - before.rounds, cost.rounds);
        assert_eq!(std::array::from_fn(|p| after.bytes[p] - before.bytes[p]), cost.bytes);
        let by_line: [u64; 3] = std::array::from_fn(|p| cost.lines.iter().map(|line| line.bytes[p]).sum());
        assert_eq!(by_line, cost.bytes);
        let [total, chosen, mine, mask] = &shown(&results)[..] else { panic!("four results") };
        assert!(total.is_some() && mine.is_some() && chosen.is_none() && mask.is_none());
    }
}

#[test]
fn the_oracle_differs_by_a_few_ulp() {
    for ring in RINGS {
        let (local, plain) = (Session::local(&seeded_on(ring)).unwrap(), Session::plain(&seeded_on(ring)).unwrap());
        let of = |session: &Session| {
            let results = run(session, &inputs(session).unwrap()).unwrap();
            shown(&results).into_iter().flatten().map(|e| e.to_f64()[0]).collect::<Vec<_>>()
        };
        let (shared, plain) = (of(&local), of(&plain));
        // 280 terms of at most a few ulp each.
        let bound = 280.0 * 4.0 * (-f64::from(ring.fraction_bits)).exp2();
        for (a, b) in shared.iter().zip(&plain) {
            assert!((a - b).abs() < bound, "{ring:?}: {a} and {b}");
        }
    }
}

#[test]
fn connected_parties_get_what_threads_get() {
    for ring in RINGS {
        let local = Session::local(&seeded_on(ring)).unwrap();
        let expected = shown(&run(&local, &inputs(&local).unwrap()).unwrap());
        let results = connected(|_| seeded_on(ring), |session| Ok(shown(&run(session, &inputs(session)?)?)));
        for (party, result) in results.into_iter().enumerate() {
            let result = result.unwrap();
            assert_eq!(result[0], expected[0]);
            assert_eq!(result[2], if party == 2 { expected[2].clone() } else { None });
        }
    }
}

#[test]
fn another_program_seed_or_format_is_refused_by_every_party() {
    let other = |session: &Session| {
        let arguments = inputs(session)?;
        let before = session.gather_traffic()?.bytes;
        let key = ProgramKey { function: "step", arguments: types().to_vec(), fixed: String::new() };
        let text =
            if session.party() == Some(Party(1)) { STEP.replace("less %q, %h", "less %h, %q") } else { STEP.into() };
        let error = session.run(&key, &mut || parse(&text), &arguments).map(drop);
        assert_eq!(
            before.iter().sum::<u64>(),
            8 * (350 + 20 + 280 + 3),
            "inputs and their three seeds alone have moved"
        );
        error
    };
    for error in connected(|_| seeded(), other).map(Result::unwrap_err) {
        assert!(error.to_string().contains("disagrees on the program"), "{error}");
    }
    let seeds = |party: usize| Config { insecure_seed: Some(5 + party as u64 / 2), ..seeded() };
    let formats = |party: usize| Config { fraction_bits: 18 - u32::from(party == 0), ..seeded() };
    for error in connected(seeds, |_| Ok(())).map(Result::unwrap_err) {
        assert!(error.to_string().contains("disagrees on"), "{error}");
    }
    for error in connected(formats, |_| Ok(())).map(Result::unwrap_err) {
        assert!(error.to_string().contains("disagrees on"), "{error}");
    }
    let rings = |party: usize| Config { fraction_bits: 18, ..if party == 2 { Config::z128() } else { Config::z64() } };
    for error in connected(rings, |_| Ok(())).map(Result::unwrap_err) {
        assert!(error.to_string().contains("disagrees on the bits of the ring: here "), "{error}");
    }
}

/// Programs that were agreed on before cost no agreement; the first frames still tell what runs, and on what.
#[test]
fn another_run_of_known_programs_is_refused_before_it_opens() {
    const OPEN: &str = "program open(x: fxp[secret][3], f: fxp[public][3])
        %x = parameter {index = 0} : fxp[secret][3]
        %f = parameter {index = 1} : fxp[public][3]
        %y = multiply %x, %f
        %o = reveal %y
        return o = %o";
    let types = [Type::secret([3], DType::Fxp), Type::public([3], DType::Fxp)];
    let run = |session: &Session, name: &'static str, x: &Leaf, factor: f64| {
        let host = HostTensor::fxp([3], vec![factor; 3]);
        let factor = Leaf { ty: types[1].clone(), session: None, value: std::sync::Arc::new(host) };
        let key = ProgramKey { function: name, arguments: types.to_vec(), fixed: String::new() };
        let text = if name == "open" {
            OPEN.to_owned()
        } else {
            OPEN.replace("multiply %x, %f", "multiply %x, %f\n%n = negate %y").replace("reveal %y", "reveal %n")
        };
        session.run(&key, &mut || parse(&text), &[x.clone(), factor])
    };
    let at_party_1 = |what: usize| {
        connected(
            |_| seeded(),
            |session| {
                let share = |value: f64| {
                    let tensor = HostTensor::fxp([3], vec![value; 3]);
                    session.input_leaves(Party(0), &["x".into()], &types[..1], &mut || Ok(vec![tensor.clone()]))
                };
                let (one, other) = (share(1.0)?.remove(0), share(2.0)?.remove(0));
                run(session, "open", &one, 1.0)?;
                run(session, "same", &one, 1.0)?;
                let differs = session.party() == Some(Party(1));
                let name = if differs && what == 0 { "same" } else { "open" };
                let x = if differs && what == 1 { &other } else { &one };
                run(session, name, x, if differs && what == 2 { 2.0 } else { 1.0 }).map(drop)
            },
        )
    };
    for what in 0..3 {
        for error in at_party_1(what).map(Result::unwrap_err) {
            assert!(error.to_string().contains("disagrees on what to run, or on what"), "{what}: {error}");
        }
    }
}

#[test]
fn bad_input_is_named_at_every_party() {
    let bad = |session: &Session| {
        let ty = [Type::secret([2, 2], DType::Fxp)];
        let tensor = HostTensor::fxp([2, 2], vec![0.0, f64::NAN, 0.0, 0.0]);
        session.input_leaves(Party(1), &["images".into()], &ty, &mut || Ok(vec![tensor.clone()])).map(drop)
    };
    for error in connected(|_| seeded(), bad).map(Result::unwrap_err) {
        assert!(matches!(error, Error::Data(_)), "{error}");
        assert!(error.to_string().contains("images at [0, 1]: not a number (NaN)"), "{error}");
    }
}

#[test]
fn formats_that_are_not_served_are_refused() {
    for (ring_bits, fraction_bits, text) in
        [(48, 18, "ring bits: 48 is"), (32, 18, "fraction bits: 18 is not between 6")]
    {
        let config = Config { ring_bits, fraction_bits, ..Config::default() };
        for error in [Session::local(&config), Session::plain(&config)].map(|session| session.map(drop).unwrap_err()) {
            assert!(error.to_string().starts_with(text), "{error}");
        }
        let network = Network::LOCAL.with_ring(RingConfig { bits: ring_bits, fraction_bits });
        assert!(network.cost(&program()).unwrap_err().to_string().starts_with(text));
    }
}

/// Integers wrap modulo the ring, shared and public ones alike.
#[test]
fn integers_wrap_modulo_the_ring() {
    const TEXT: &str = "program wrap(x: int[secret][4], y: int[public][4])
        %x = parameter {index = 0} : int[secret][4]
        %y = parameter {index = 1} : int[public][4]
        %a = add %x, %x
        %s = multiply %x, %x
        %b = add %a, %a
        %p = multiply %y, %y
        %ra = reveal %b
        %rs = reveal %s
        return a = %ra, s = %rs, p = %p";
    let values = [1 << 29, -(1 << 29), 123_456_789, -1].map(i64::from);
    let tensor = |factor: i64| HostTensor::int([4], values.map(|x| x * factor).to_vec());
    let types = [Type::secret([4], DType::Int), Type::public([4], DType::Int)];
    for ring in RINGS {
        let session = Session::local(&seeded_on(ring)).unwrap();
        // In 2^64 and 2^128 sums of numbers near 2^61, else near 2^29.
        let factor = if ring.bits == 32 { 1 } else { 1 << 32 };
        let share = &mut || Ok(vec![tensor(factor)]);
        let x = session.input_leaves(Party(1), &["x".into()], &types[..1], share).unwrap().remove(0);
        let y = Leaf { ty: types[1].clone(), session: None, value: std::sync::Arc::new(tensor(factor)) };
        let key = ProgramKey { function: "wrap", arguments: types.to_vec(), fixed: String::new() };
        let results = shown(&session.run(&key, &mut || parse(TEXT), &[x, y]).unwrap());
        let wrapped = |x: i128| match ring.bits {
            32 => i64::from(x as i32),
            _ => x as i64,
        };
        let expected = |f: &dyn Fn(i128) -> i128| {
            let of = |x: &i64| wrapped(f(i128::from(*x) * i128::from(factor)));
            Some(Elements::Int(values.iter().map(of).collect()))
        };
        assert_eq!(results[0], expected(&|x| 4 * x), "{ring:?}");
        assert_eq!(results[1], expected(&|x| x * x), "{ring:?}");
        assert_eq!(results[2], expected(&|x| x * x), "{ring:?}");
    }
}

/// What 2^128 is for: numbers that 2^64 does not hold, as exactly as `f64` does.
#[test]
fn a_wide_ring_holds_large_numbers() {
    const TEXT: &str = "program wide(x: fxp[secret][3])
        %x = parameter {index = 0} : fxp[secret][3]
        %y = multiply %x, %x
        %r = reveal %y
        return r = %r";
    let session = Session::local(&seeded_on(RingConfig { bits: 128, fraction_bits: 40 })).unwrap();
    let ty = [Type::secret([3], DType::Fxp)];
    let values = vec![1_234_567.891, -2f64.powi(20) - 2f64.powi(-30), 3.0 * 2f64.powi(-20)];
    let share = &mut || Ok(vec![HostTensor::fxp([3], values.clone())]);
    let x = session.input_leaves(Party(0), &["x".into()], &ty, share).unwrap();
    let key = ProgramKey { function: "wide", arguments: ty.to_vec(), fixed: String::new() };
    let Some(Elements::Fxp(squares)) = shown(&session.run(&key, &mut || parse(TEXT), &x).unwrap()).remove(0) else {
        panic!("fixed-point numbers")
    };
    for (x, square) in values.iter().zip(squares) {
        // Half a unit of x on both sides, a unit of the truncation, and the f64 of the host.
        let bound = (x.abs() + 1.0) * 2f64.powi(-40) + x * x * 2f64.powi(-52);
        assert!((square - x * x).abs() <= bound, "{x}: {square}");
    }
}

#[test]
fn a_peer_that_is_not_there_is_named() {
    let addresses = free_addresses();
    let config = Config { connect_timeout: Duration::from_millis(300), ..seeded() };
    let error = Session::connect(&config, &Peers { party: Party(2), addresses }).map(drop).unwrap_err();
    assert!(error.to_string().contains("could not be reached at"), "{error}");
}

#[test]
fn a_table_that_is_not_the_kernels_ends_the_run() {
    let ring = RingConfig::DEFAULT;
    let plan = Plan::with_tables(lower(&program(), ring).unwrap(), &|op, operands, n| {
        let mut table = spu_protocols::aby3::table(op, operands, n, ring.bits);
        if matches!(op, ShareOp::TruncateRelu { .. }) {
            table[0].bits += 64;
        }
        table
    });
    for error in nodes_run(&plan, |links| links).map(Result::unwrap_err) {
        let text = error.to_string();
        assert!(text.contains("panicked") || text.contains("closed"), "{text}");
    }
}

#[test]
fn a_message_of_another_size_ends_the_run() {
    let ring = RingConfig::DEFAULT;
    let plan = Plan::new(lower(&program(), ring).unwrap(), ring);
    let sends = |superstep: &Superstep| !superstep[0][1].is_empty() || !superstep[0][2].is_empty();
    let frame = plan.supersteps.iter().rposition(sends).expect("party 0 sends something");
    let shorten = |links: Links| match links.party() {
        Party(0) => links.map(|link| inject(link, frame, Fault::Truncate)),
        _ => links,
    };
    let errors = nodes_run(&plan, shorten).map(Result::unwrap_err);
    assert!(errors.iter().any(|error| error.to_string().contains("malformed frame")), "{errors:?}");
}

#[test]
fn a_party_replays_alone_what_it_received() {
    let ring = RingConfig::DEFAULT;
    let plan = Plan::new(lower(&program(), ring).unwrap(), ring);
    let [zero, one, two] = local::triangle(Duration::from_secs(20));
    let (one, recording) = record::record(one);
    let results = thread::scope(|scope| {
        let run = |links: Links| scope.spawn(|| run_node(links, &plan).unwrap());
        let threads = [run(zero), run(one), run(two)];
        threads.map(|thread| thread.join().unwrap())
    });
    let again = run_node(recording.replay(Party(1)), &plan).unwrap();
    assert_eq!(again, results[1]);
    assert_ne!(again, results[0]);
}

/// Connects three sessions over sockets and runs `work` in each.
fn connected<T: Send>(
    config: impl Fn(usize) -> Config + Sync,
    work: impl Fn(&Session) -> Result<T, Error> + Sync,
) -> [Result<T, Error>; 3] {
    let addresses = free_addresses();
    thread::scope(|scope| {
        let (config, work) = (&config, &work);
        let party = |party: usize| {
            scope.spawn(move || {
                let session = Session::connect(&config(party), &Peers { party: Party(party), addresses })?;
                let result = work(&session)?;
                session.close()?;
                Ok(result)
            })
        };
        [party(0), party(1), party(2)].map(|thread| thread.join().unwrap())
    })
}

fn free_addresses() -> [SocketAddr; 3] {
    let listeners = [0; 3].map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap())
}

/// Words of all shares of a party's results.
type Shares = Vec<Vec<u64>>;

fn nodes_run(plan: &Plan, change: impl Fn(Links) -> Links) -> [Result<Shares, Error>; 3] {
    let links = local::triangle(Duration::from_secs(20)).map(change);
    thread::scope(|scope| {
        let threads = links.map(|links| {
            scope.spawn(move || {
                let party = links.party();
                let run = std::panic::AssertUnwindSafe(|| run_node(links, plan));
                let panicked =
                    |_| Err(Error::peer(party, spu_tensor::error::PeerFault::Stopped { reason: "panicked".into() }));
                std::panic::catch_unwind(run).unwrap_or_else(panicked)
            })
        });
        threads.map(|thread| thread.join().unwrap())
    })
}

/// One party with seeded keys and fixed shares of the arguments.
fn run_node(links: Links, plan: &Plan) -> Result<Shares, Error> {
    let party = links.party();
    let mut node = Node::new(links, Keys::insecure(3, party), RingConfig::DEFAULT);
    let share = |index: usize| {
        let secret = spu_protocols::hal::encode::<u64>("x", &data(index), RingConfig::DEFAULT).unwrap();
        let mask = |i: usize, salt: u64| (i as u64 + salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let first: Vec<u64> = (0..secret.len()).map(|i| mask(i, 1)).collect();
        let second: Vec<u64> = (0..secret.len()).map(|i| mask(i, 77)).collect();
        let third = secret.iter().zip(&first).zip(&second).map(|((x, a), b)| x.wrapping_sub(*a).wrapping_sub(*b));
        let all = [first.clone(), second.clone(), third.collect()];
        PartyValue::arith(spu_protocols::aby3::Arith { own: all[party.0].clone(), next: all[party.next().0].clone() })
    };
    let results = node.run(plan, [0; 32], vec![share(0), share(1), share(2)])?;
    let words = |value: PartyValue<u64>| match value {
        PartyValue::Public(x) | PartyValue::Sum(x) => x.to_vec(),
        PartyValue::Arith(x) => [&x.own[..], &x.next[..]].concat(),
        PartyValue::Bits(_) | PartyValue::Permutation(_) | PartyValue::Absent => vec![],
    };
    Ok(results.into_iter().map(words).collect())
}
