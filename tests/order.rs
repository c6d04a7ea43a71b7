//! Sorting, permuting and shuffling under ABY3, against the plain evaluator.

use spu::prelude::*;
use spu::{Evaluator, Executor, Permutation, lexsort};

/// Numbers with ties, negative ones among them (SplitMix64).
fn numbers(n: usize, seed: u64, range: u64) -> Vec<i64> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    };
    (0..n).map(|_| (next() % range) as i64 - (range / 2) as i64).collect()
}

/// Runs the same under every session and ring, and gives what all agree on.
fn agreed<T: PartialEq + std::fmt::Debug>(run: impl Fn(&dyn Executor) -> Result<T, Error>) -> Result<T, Error> {
    let expected = run(&Evaluator::new())?;
    let fine = Config { fraction_bits: 40, ..Config::z128() };
    for config in [Config::default(), Config::z32(), Config::z128(), fine] {
        assert_eq!(run(&Session::local(&config)?)?, expected);
        assert_eq!(run(&Session::plain(&config)?)?, expected);
    }
    Ok(expected)
}

fn opened<T: Tree>(session: &dyn Executor, x: &Shared<T>) -> Result<Vec<HostTensor>, Error> {
    Ok(session.reveal(x)?.into_leaves())
}

/// Fixed-point numbers that every format holds.
fn reals(n: usize, seed: u64) -> Vec<f64> {
    numbers(n, seed, 400).into_iter().map(|x| x as f64 / 64.0).collect()
}

type Ints = Tensor<Secret, Int>;
type Reals = Tensor<Secret, Fxp>;

#[spu_fn]
fn sorts(x: Ints, y: Reals) -> (Ints, Ints, Ints, Reals, Reals, Ints) {
    (x.sort(0), x.sort_descending(0), x.argsort(0), y.sort(0), y.sort_descending(0), y.argsort(0))
}

#[test]
fn ties_negative_numbers_and_every_length() -> Result<(), Error> {
    for n in [0, 1, 2, 3, 16, 17, 100] {
        let found = agreed(|session| {
            let x = session.input(Party(0), [n], || Ok(numbers(n, 1, 20)))?;
            let y = session.input(Party(1), [n], || Ok(reals(n, 2)))?;
            opened(session, &sorts::run(session, &x, &y)?)
        })?;
        let mut sorted = numbers(n, 1, 20);
        sorted.sort_unstable();
        assert_eq!(found[0], HostTensor::int([n], sorted));
    }
    Ok(())
}

#[spu_fn]
fn in_rows_and_columns(x: Tensor<Secret, Int>) -> (Ints, Ints, Ints, Reals, (Ints, Ints)) {
    let x = x.assume(-50..=50);
    (x.sort(0), x.sort(1), x.argsort(0), x.median(1), x.top_k(3))
}

#[test]
fn all_lists_of_a_tensor_at_once() -> Result<(), Error> {
    for shape in [[4, 9], [1, 3], [6, 4]] {
        agreed(|session| {
            let x = session.input(Party(0), shape, || Ok(numbers(shape[0] * shape[1], 3, 100)))?;
            opened(session, &in_rows_and_columns::run(session, &x)?)
        })?;
    }
    // As many rounds for many lists as for one.
    let rounds = |rows: usize| in_rows_and_columns::cost([rows, 8], &Network::LAN).map(|cost| cost.rounds);
    assert_eq!(rounds(8)?, rounds(2)?);
    Ok(())
}

#[spu_fn]
fn by_keys(x: Tensor<Secret, Bool>, y: Tensor<Public, Int>, z: Reals) -> (Ints, Tensor<Secret, Bool>, Ints, Reals) {
    let order = lexsort((z, y, x));
    let rows = z.expand_dims(1) * Tensor::<Public, _>::constant(vec![1, 2, 4]);
    (order.indices(), x.permute(order), y.permute(order), rows.permute(order))
}

#[test]
fn several_keys_and_rows_of_payload() -> Result<(), Error> {
    agreed(|session| {
        let n = 40;
        let x = session.input(Party(0), [n], || Ok(numbers(n, 4, 2).iter().map(|&x| x < 0).collect::<Vec<bool>>()))?;
        let z = session.input(Party(1), [n], || Ok(reals(n, 6)))?;
        opened(session, &by_keys::run(session, &x, &Shared::public(numbers(n, 5, 6)), &z)?)
    })?;
    Ok(())
}

#[spu_fn]
fn permutations(x: Ints, y: Ints, p: Tensor<Public, Int>) -> [Ints; 8] {
    let (order, other) = (Permutation::sorting(x), Permutation::sorting_descending(y));
    let (shuffle, public) = (Permutation::random(x.shape().elements()), Permutation::public(p));
    [
        y.permute(order).permute_back(order),
        y.permute_back(order),
        y.permute(order.inverse()),
        order.then(other).indices(),
        y.permute(shuffle).permute_back(shuffle),
        shuffle.then(shuffle.inverse()).indices(),
        y.permute(public).permute_back(order.then(public)),
        y.permute(public.then(order)).permute_back(order),
    ]
}

#[test]
fn permutations_undo_and_compose() -> Result<(), Error> {
    let n = 23;
    let found = agreed(|session| {
        let x = session.input(Party(0), [n], || Ok(numbers(n, 7, 30)))?;
        let y = session.input(Party(1), [n], || Ok(numbers(n, 8, 1000)))?;
        let p = Shared::public((0..n as i64).map(|i| (5 * i + 3) % n as i64).collect::<Vec<i64>>());
        opened(session, &permutations::run(session, &x, &y, &p)?)
    })?;
    let (y, iota) = (numbers(n, 8, 1000), (0..n as i64).collect::<Vec<i64>>());
    let turned = (0..n).map(|i| y[(5 * i + 3) % n]).collect();
    let known = [&found[0], &found[4], &found[5], &found[7]];
    assert_eq!(known, [&y, &y, &iota, &turned].map(|v| HostTensor::int([n], v.clone())).each_ref());
    Ok(())
}

#[test]
fn what_is_no_permutation_is_an_error() -> Result<(), Error> {
    let session = Session::local(&Config::default())?;
    let x = session.input(Party(0), [3], || Ok(vec![1_i64, 2, 3]))?;
    let error = permutations::run(&session, &x, &x, &Shared::public(vec![0_i64, 3, 1])).unwrap_err().to_string();
    assert!(error.contains("no permutation") && error.contains("tests/order.rs"), "{error}");
    Ok(())
}

#[spu_fn]
fn shuffled(x: Ints, y: Tensor<Public, Int>) -> (Ints, Ints) {
    (x.shuffle(), y.shuffle())
}

/// Every row once, rows stay whole, and two runs differ: 100 rows agree by chance with probability 1/100!.
#[test]
fn shuffles_are_fresh_orders() -> Result<(), Error> {
    let n = 100;
    let run = |session: &dyn Executor| -> Result<(), Error> {
        let rows: Vec<i64> = (0..n as i64).flat_map(|i| [i, -i]).collect();
        let x = session.input(Party(2), [n, 2], || Ok(rows))?;
        let y = Shared::public((0..n as i64).collect::<Vec<i64>>());
        let mut seen = Vec::new();
        for _ in 0..2 {
            for (tensor, width) in opened(session, &shuffled::run(session, &x, &y)?)?.iter().zip([2, 1]) {
                let spu::Elements::Int(elements) = &tensor.elements else { panic!("integers") };
                let mut firsts: Vec<i64> = elements.chunks(width).map(|row| row[0]).collect();
                assert!(elements.chunks(width).all(|row| width == 1 || row[1] == -row[0]));
                seen.push(firsts.clone());
                firsts.sort_unstable();
                assert!(firsts.into_iter().eq(0..n as i64));
            }
        }
        assert!((0..4).all(|i| (0..i).all(|j| seen[i] != seen[j])));
        Ok(())
    };
    run(&Evaluator::new())?;
    run(&Session::plain(&Config::default())?)?;
    run(&Session::local(&Config::default())?)
}

#[spu_fn]
fn sort_of(x: Reals) -> Reals {
    x.sort(0)
}

#[test]
fn a_thousand_numbers() -> Result<(), Error> {
    agreed(|session| {
        let x = session.input(Party(0), [1000], || Ok(reals(1000, 9)))?;
        opened(session, &sort_of::run(session, &x)?)
    })?;
    Ok(())
}
