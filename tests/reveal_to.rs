//! A whole tree for one party alone.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread;

use spu::prelude::*;
use spu::{Evaluator, Executor};

type Pair = (Tensor<Secret, Fxp>, [Tensor<Secret, Int>; 2]);

fn pair(session: &(impl Executor + ?Sized)) -> Result<Shared<Pair>, Error> {
    session.input(Party(0), ([2], [[1], [0]]), || Ok((vec![0.5, -3.0], [vec![7_i64], vec![]])))
}

fn leaves(pair: HostOf<Pair>) -> Vec<Vec<f64>> {
    pair.into_leaves().iter().map(|leaf| leaf.elements.to_f64()).collect()
}

fn expected() -> Vec<Vec<f64>> {
    vec![vec![0.5, -3.0], vec![7.0], vec![]]
}

/// Each of the three asks for it in turn, the same program but for the party; the owner of the data is no exception.
#[test]
fn nobody_but_the_party_has_the_tree() {
    let found = connected(|session| {
        let pair = pair(session)?;
        let found = [0, 1, 2].map(|party| session.reveal_to(&pair, Party(party)));
        found.into_iter().map(|found| Ok(found?.map(leaves))).collect::<Result<Vec<_>, Error>>()
    });
    for (party, found) in found.into_iter().enumerate() {
        let only_own: Vec<_> = (0..3).map(|asked| (asked == party).then(expected)).collect();
        assert_eq!(found.unwrap(), only_own, "at party {party}");
    }
}

#[test]
fn one_process_for_all_parties_has_the_tree() -> Result<(), Error> {
    let config = Config::default();
    let (local, plain) = (Session::local(&config)?, Session::plain(&config)?);
    for session in [&local as &dyn Executor, &plain, &Evaluator::new()] {
        let pair = pair(session)?;
        assert_eq!(session.reveal_to(&pair, Party(1))?.map(leaves), Some(expected()));
        let error = session.reveal_to(&pair, Party(3)).err().unwrap().to_string();
        assert!(error.starts_with("cannot reveal to party 3: the parties are 0, 1 and 2"), "{error}");
        assert!(error.contains(file!()), "{error}");
    }
    Ok(())
}

/// Three connected parties, in threads of their own.
fn connected<T: Send>(work: impl Fn(&Session) -> Result<T, Error> + Sync) -> [Result<T, Error>; 3] {
    let listeners = [(); 3].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    let addresses: [SocketAddr; 3] = listeners.each_ref().map(|listener| listener.local_addr().unwrap());
    drop(listeners);
    thread::scope(|scope| {
        let party = |party| {
            let work = &work;
            scope.spawn(move || {
                let session = Session::connect(&Config::default(), &Peers { party: Party(party), addresses })?;
                let result = work(&session)?;
                session.close()?;
                Ok(result)
            })
        };
        [0, 1, 2].map(party).map(|handle| handle.join().unwrap())
    })
}
