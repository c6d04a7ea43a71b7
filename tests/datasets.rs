//! Data sets of several parties in every kind of session: what each party gets to know, what it costs, and whom a fault reaches.

use std::cell::Cell;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use spu::nn::data::{Csv, Dataset, Source, Table, Unmatched, announce, shuffle_rows, shuffled_batches, take_rows};
use spu::prelude::*;
use spu::{Evaluator, Executor, Traffic};

fn bank() -> Result<Table, Error> {
    Csv::default().parse("bank.csv", "id,income\nd,4.5\na,1.5\nc,-3\nx,9\nb,2\n".as_bytes())
}

fn shop() -> Result<Table, Error> {
    let table = Csv::default().parse("shop.csv", "visits,id,buys\n2,b,no\n1,a,yes\n4,d,no\n3,c,yes\n".as_bytes())?;
    table.classify("buys", ["no", "yes"])
}

fn aligned(session: &(impl Executor + ?Sized)) -> Result<Dataset, Error> {
    let sources = [Source::new(Party(0), bank), Source::new(Party(1), shop)];
    Dataset::aligned(session, "id", Unmatched::Drop, sources)
}

fn stacked(session: &(impl Executor + ?Sized)) -> Result<Dataset, Error> {
    let north = || Table::new("north", [("dose", vec![1.0, 2.0, 3.0].into())]);
    let south = || Table::new("south", [("dose", vec![4.0, 5.0].into())]);
    Dataset::stacked(session, [Source::new(Party(2), north), Source::new(Party(0), south)])
}

type Opened = (Vec<Vec<f64>>, Vec<usize>);

/// All that a training loop does with data.
fn through(session: &(impl Executor + ?Sized)) -> Result<Opened, Error> {
    let mut opened = Vec::new();
    let data = aligned(session)?;
    let x = data.features(session, ["visits", "income"], 0..data.rows())?;
    let y = data.one_hot(session, "buys", 0..data.rows())?;
    for rows in shuffled_batches(data.rows(), 3, 5, 0) {
        opened.push(session.reveal(&take_rows(session, &x, rows.clone())?)?.values());
        opened.push(session.reveal(&take_rows(session, &y, rows.clone())?)?.values());
        opened.push(session.reveal(&data.features(session, ["income"], rows.clone())?)?.values());
        opened.push(session.reveal(&data.integers(session, "buys", rows)?)?.values());
    }
    let below = stacked(session)?;
    opened.push(session.reveal(&below.features(session, ["dose"], [4, 0, 3])?)?.values());
    Ok((opened, data.dropped().to_vec()))
}

#[test]
fn every_session_gives_the_same() -> Result<(), Error> {
    let expected = through(&Evaluator::new())?;
    assert_eq!(expected.1, [1, 0]);
    for config in [Config::default(), Config::z32(), Config::z128()] {
        assert_eq!(through(&Session::local(&config)?)?, expected);
        assert_eq!(through(&Session::plain(&config)?)?, expected);
    }
    for of_party in connected(through) {
        assert_eq!(of_party?, expected);
    }
    Ok(())
}

/// A connected party reads its own files only, and learns the outline of the others'.
#[test]
fn only_owners_read_and_all_know_the_outline() {
    let parties = connected(|session| {
        let reads = [Cell::new(0), Cell::new(0)];
        let counted = |i: usize, table: Result<Table, Error>| {
            reads[i].set(reads[i].get() + 1);
            table
        };
        let sources = [Source::new(Party(0), || counted(0, bank())), Source::new(Party(1), || counted(1, shop()))];
        let data = Dataset::aligned(session, "id", Unmatched::Drop, sources)?;
        let classes = data.classes("buys").map(<[_]>::to_vec);
        Ok((reads.map(Cell::into_inner), data.rows(), data.columns().join(" "), classes))
    });
    for (party, reads) in [[1, 0], [0, 1], [0, 0]].into_iter().enumerate() {
        let expected = (reads, 4, "income visits buys".to_owned(), Some(vec!["no".to_owned(), "yes".to_owned()]));
        assert_eq!(parties[party].as_ref().unwrap(), &expected, "party {party}");
    }
}

#[test]
fn a_fault_in_one_partys_file_reaches_all() {
    let results = connected(|session| {
        let bad = || Csv::default().parse("bank.csv", "id,income\na,1.5\nb,secret\n".as_bytes());
        let fine = || Csv::default().parse("shop.csv", "id,visits\na,1\nb,2\n".as_bytes());
        let sources = [Source::new(Party(0), bad), Source::new(Party(1), fine)];
        let data = Dataset::aligned(session, "id", Unmatched::Refuse, sources)?;
        data.features(session, ["visits", "income"], 0..2).map(drop)
    });
    for error in results.map(Result::unwrap_err) {
        let text = error.to_string();
        assert!(text.contains("bank.csv, line 3, column `income`: expected a finite number"), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
    let results = connected(|session| {
        let bad = || Csv::default().parse("digits.csv", "digit\n0\n7\n1\n".as_bytes());
        let data = Dataset::stacked(session, [Source::new(Party(2), bad)])?;
        data.labels(session, "digit", 3, [2, 1, 0]).map(drop)
    });
    for error in results.map(Result::unwrap_err) {
        let text = error.to_string();
        assert!(text.contains("digits.csv, line 3, column `digit`: expected a class from 0 to 2"), "{text}");
        assert!(!text.contains('7'), "{text}");
    }
    // The ring holds numbers below 2^44, and integers below 2^62.
    let results = connected(|session| {
        let bad = || Csv::default().parse("bank.csv", "id,income,year\nb,1.5,1\na,2e13,2\n".as_bytes());
        let fine = || Csv::default().parse("shop.csv", "id,visits\na,1\nb,2\n".as_bytes());
        let sources = [Source::new(Party(0), bad), Source::new(Party(1), fine)];
        let data = Dataset::aligned(session, "id", Unmatched::Refuse, sources)?;
        data.features(session, ["visits", "year", "income"], [1, 0]).map(drop)
    });
    for error in results.map(Result::unwrap_err) {
        let text = error.to_string();
        assert!(text.contains("bank.csv, line 3, column `income`: outside the safe range ["), "{text}");
        assert!(!text.contains("2e13") && !text.contains("20000000000000"), "{text}");
    }
    // What all can see, each says by itself: the third party names the first one's columns.
    let results = connected(|session| {
        let narrow = || Table::new("narrow", [("dose", vec![1.0].into())]);
        let wide = || Table::new("wide", [("dose", vec![1.0].into()), ("age", vec![1.0].into())]);
        Dataset::stacked(session, [Source::new(Party(0), narrow), Source::new(Party(1), wide)]).map(drop)
    });
    for error in results.map(Result::unwrap_err) {
        let expected = "narrow of party 0 and wide of party 1: the column `age` is in wide, which has 2 columns, and not in \
                        narrow, which has 1: `dose`";
        assert_eq!(error.to_string(), expected);
    }
}

/// Below 2^22 numbers and 2^30 integers of the ring 2^32; what a session cannot hold is told by its cell, wherever the row stands in the batch.
#[test]
fn a_cell_beyond_the_ring_is_named() -> Result<(), Error> {
    let text = "id,dose,year\nc,1,1\na,5e6,2000000000\nb,2,4\n";
    let table = || Csv::default().parse("lab.csv", text.as_bytes());
    for session in [Session::plain(&Config::z32())?, Session::local(&Config::z32())?] {
        let aligned = Dataset::aligned(&session, "id", Unmatched::Refuse, [Source::new(Party(1), table)])?;
        let stacked =
            Dataset::stacked(&session, [Source::new(Party(0), || csv_rows(2)), Source::new(Party(1), table)])?;
        for (data, bad) in [(aligned, 0), (stacked, 3)] {
            let rows = [data.rows() - 1, bad, bad];
            let error = data.features(&session, ["year", "dose"], rows).map(drop).unwrap_err();
            assert_eq!(error.to_string(), "lab.csv, line 3, column `year`: outside the safe range [-4194304, 4194304)");
            let error = data.features(&session, ["dose"], rows).map(drop).unwrap_err();
            assert_eq!(error.to_string(), "lab.csv, line 3, column `dose`: outside the safe range [-4194304, 4194304)");
            let error = data.integers(&session, "year", rows).map(drop).unwrap_err();
            assert_eq!(
                error.to_string(),
                "lab.csv, line 3, column `year`: outside the safe range [-1073741824, 1073741824)"
            );
        }
    }
    Ok(())
}

/// Rows of `lab.csv`'s columns that every ring holds.
fn csv_rows(count: usize) -> Result<Table, Error> {
    Table::new(
        "other",
        [("id", vec!["x"; count].into()), ("dose", vec![1.0; count].into()), ("year", vec![1_i64; count].into())],
    )
}

fn since(session: &Session, before: Traffic) -> Result<(u64, [u64; 3]), Error> {
    let now = session.gather_traffic()?;
    Ok((now.rounds - before.rounds, std::array::from_fn(|party| now.bytes[party] - before.bytes[party])))
}

/// Sharing costs its inputs, taking rows nothing, and an announcement two inputs and two reveals. A reveal takes two rounds, for nothing is opened in the
/// first one, in which the parties agree; every party sends eight bytes for each integer.
#[test]
fn costs() -> Result<(), Error> {
    let session = Session::local(&Config::default())?;
    let of_inputs = |inputs: &[(usize, Vec<usize>)]| {
        inputs.iter().try_fold((0, [0; 3]), |(rounds, bytes), (owner, shape)| {
            let cost = session.input_cost::<Tensor<Secret, Fxp>>(Party(*owner), shape.clone())?;
            Ok::<_, Error>((rounds + cost.rounds, std::array::from_fn(|party| bytes[party] + cost.bytes[party])))
        })
    };

    let before = session.gather_traffic()?;
    // JSON `12345`: five bytes, two integers.
    assert_eq!(announce(&session, Party(2), || Ok(12345))?, 12345);
    let (rounds, bytes) = of_inputs(&[(2, vec![]), (2, vec![2])])?;
    assert_eq!(since(&session, before)?, (rounds + 4, bytes.map(|bytes| bytes + 8 + 16)));

    let (data, below) = (aligned(&session)?, stacked(&session)?);
    let before = session.gather_traffic()?;
    let x = data.features(&session, ["income", "visits"], 0..4)?;
    assert_eq!(since(&session, before)?, of_inputs(&[(0, vec![4, 1]), (1, vec![4, 1])])?);
    let before = session.gather_traffic()?;
    below.features(&session, ["dose"], [4, 0, 3])?;
    assert_eq!(since(&session, before)?, of_inputs(&[(2, vec![1, 1]), (0, vec![2, 1])])?);
    let before = session.gather_traffic()?;
    take_rows(&session, &x, [3, 1, 1])?;
    assert_eq!(since(&session, before)?, (0, [0; 3]));
    Ok(())
}

/// Under ABY3 as well: features and labels move together, nothing is lost, and the order is another one in each run.
#[test]
fn a_secret_shuffle_of_shared_rows() -> Result<(), Error> {
    let session = Session::local(&Config { insecure_seed: Some(4), ..Config::default() })?;
    let x = session.input(Party(0), [30, 2], || Ok((0..60).map(|i| f64::from(i / 2)).collect::<Vec<f64>>()))?;
    let y = session.input(Party(1), [30], || Ok((0..30).collect::<Vec<i64>>()))?;
    let shuffled = || {
        let (x, y) = shuffle_rows::run(&session, &x, &y)?.split();
        Ok::<_, Error>((session.reveal(&x)?.values(), session.reveal(&y)?.values()))
    };
    let ((x, y), (_, again)) = (shuffled()?, shuffled()?);
    assert!(x.chunks_exact(2).zip(&y).all(|(row, label)| row == [*label, *label]));
    let mut sorted = y.clone();
    sorted.sort_by(f64::total_cmp);
    assert_eq!(sorted, (0..30).map(f64::from).collect::<Vec<f64>>());
    assert_ne!(y, again, "one in 30! pairs of orders is equal");
    Ok(())
}

/// Three connected parties, in threads of their own.
fn connected<T: Send>(work: impl Fn(&Session) -> Result<T, Error> + Sync) -> [Result<T, Error>; 3] {
    let listeners = [(); 3].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    let addresses: [SocketAddr; 3] = listeners.each_ref().map(|listener| listener.local_addr().unwrap());
    drop(listeners);
    let config = Config { read_deadline: Duration::from_secs(30), ..Config::default() };
    thread::scope(|scope| {
        let party = |party| {
            let (work, config) = (&work, &config);
            scope.spawn(move || {
                let session = Session::connect(config, &Peers { party: Party(party), addresses })?;
                let result = work(&session)?;
                session.close()?;
                Ok(result)
            })
        };
        [0, 1, 2].map(party).map(|handle| handle.join().unwrap())
    })
}
