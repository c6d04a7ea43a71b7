//! Links through their public interface, on threads and on sockets: what arrives, what is counted, what a bad peer gets.

extern crate spu_tensor as spu;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use spu::error::PeerFault;
use spu::{Error, Party};
use spu_protocols::link::fault::{Fault, inject};
use spu_protocols::link::{Allowance, Frame, Links, local, record, tcp};
use spu_protocols::session::{Config, Peers, connect};

const DEADLINE: Duration = Duration::from_millis(500);
/// What a party may take to notice anything: the deadline, the wait for last words, and a busy machine.
const IN_TIME: Duration = Duration::from_secs(10);
const ALLOWANCE: Allowance = Allowance { words: 1 << 20, messages: 64 };

fn config() -> Config {
    Config { connect_timeout: Duration::from_secs(5), read_deadline: DEADLINE, ..Config::default() }
}

fn join(party: usize, addresses: [SocketAddr; 3]) -> Result<Links, Error> {
    connect(&config(), &Peers { party: Party(party), addresses })
}

fn connected() -> [Links; 3] {
    let addresses = tcp::free_addresses().expect("loopback");
    let parties = [0, 1, 2].map(|i| thread::spawn(move || join(i, addresses)));
    parties.map(|party| party.join().expect("no panic").expect("all are there"))
}

fn both_transports() -> [(&'static str, [Links; 3]); 2] {
    [("threads", local::triangle(DEADLINE)), ("tcp", connected())]
}

/// What `body` gives at each party; its links close when it ends.
fn at_all<T: Send>(links: [Links; 3], body: impl Fn(Party, Links) -> T + Sync) -> [T; 3] {
    thread::scope(|scope| {
        let body = &body;
        let parties = links.map(|links| scope.spawn(move || body(links.party(), links)));
        parties.map(|party| party.join().expect("no party panics"))
    })
}

/// The lengths of the messages from one party to another in a superstep: some none, some empty, some larger than any buffer, none so
/// large that the deadline grows.
fn lengths(from: Party, to: Party, superstep: u32) -> Vec<usize> {
    let count = (from.0 + 2 * to.0 + superstep as usize) % 4;
    (0..count).map(|i| [0, 3, 9000, 1000][(i + from.0 + superstep as usize) % 4]).collect()
}

fn messages(from: Party, to: Party, superstep: u32) -> Vec<Vec<u64>> {
    let word = |i: usize, j: usize| (from.0 + 10 * to.0 + 100 * superstep as usize + 1000 * i + 10_000 * j) as u64;
    let lengths = lengths(from, to, superstep).into_iter().enumerate();
    lengths.map(|(i, length)| (0..length).map(|j| word(i, j)).collect()).collect()
}

/// An exchange, so that all allow what follows, and the supersteps.
fn run(links: &mut Links, supersteps: u32) -> Result<(), Error> {
    links.allow([ALLOWANCE; 2]);
    links.exchange([vec![], vec![]])?;
    let party = links.party();
    let peers = [party.next(), party.previous()];
    for superstep in 1..=supersteps {
        let expected = peers.map(|peer| lengths(peer, party, superstep));
        let ours = peers.map(|peer| messages(party, peer, superstep));
        let theirs = links.superstep(1, superstep, ours, [&expected[0], &expected[1]])?;
        assert_eq!(theirs, peers.map(|peer| messages(peer, party, superstep)));
    }
    Ok(())
}

fn is_fault(error: &Error, party: usize, fault: impl Fn(&PeerFault) -> bool) -> bool {
    matches!(error, Error::Peer(error) if error.party == Party(party) && fault(&error.fault))
}

#[test]
fn messages_arrive_and_are_counted_alike_on_both_transports() {
    const SUPERSTEPS: u32 = 12;
    let counts = both_transports().map(|(_, links)| {
        at_all(links, |_, mut links| {
            links.exchange([vec![1; 5], vec![2; 6]]).expect("all exchange");
            run(&mut links, SUPERSTEPS).expect("all run");
            links.goodbye().expect("all leave")
        })
    });
    assert_eq!(counts[0], counts[1]);
    for party in Party::ALL {
        for (i, peer) in [party.next(), party.previous()].into_iter().enumerate() {
            let sent: Vec<Vec<usize>> = (1..=SUPERSTEPS).map(|s| lengths(party, peer, s)).collect();
            let last = sent.iter().rposition(|m| m.iter().sum::<usize>() > 0).expect("some superstep has words");
            let count = counts[1][party.0][i];
            assert_eq!(count.payload_bytes, 8 * sent.iter().flatten().sum::<usize>() as u64);
            assert_eq!(count.messages, sent.iter().flatten().count() as u64);
            assert_eq!(count.frames, u64::from(SUPERSTEPS));
            assert_eq!(count.agreement_bytes, 5 + i as u64);
            // A header of 32 bytes for each frame, two exchanges and the goodbye; 8 bytes for each message's length.
            assert_eq!(count.overhead_bytes, 32 * u64::from(SUPERSTEPS + 3) + 8 * count.messages);
            assert_eq!(count.last_payload, Some((1, last as u32 + 1)));
        }
    }
}

/// What happens on the link from 0 to 1 in superstep 3, and what party 1 says of it.
#[test]
fn a_faulty_link_gives_a_typed_error_at_every_party_in_time() {
    type Check = fn(&PeerFault) -> bool;
    let malformed: Check = |fault| matches!(fault, PeerFault::Malformed { .. });
    let faults: [(Fault, Check); 5] = [
        // Party 0 has what it needs and goes on, so its next frame shows the gap.
        (Fault::Drop, malformed),
        (Fault::Delay(2 * DEADLINE), |fault| matches!(fault, PeerFault::Silent { .. })),
        (Fault::Truncate, malformed),
        (Fault::Duplicate, malformed),
        (Fault::HangUp, |fault| matches!(fault, PeerFault::Closed)),
    ];
    for (fault, check) in faults {
        for (transport, [zero, one, two]) in both_transports() {
            let zero = zero.map(|link| if link.peer() == Party(1) { inject(link, 3, fault) } else { link });
            let start = Instant::now();
            let errors = at_all([zero, one, two], |_, mut links| run(&mut links, 12).err());
            assert!(start.elapsed() < IN_TIME, "{fault:?} on {transport} took {:?}", start.elapsed());
            let errors = errors.map(|error| error.unwrap_or_else(|| panic!("{fault:?} on {transport} went unseen")));
            assert!(is_fault(&errors[1], 0, check), "{fault:?} on {transport}: {}", errors[1]);
            errors
                .iter()
                .for_each(|error| assert!(matches!(error, Error::Peer(_)), "{fault:?} on {transport}: {error}"));
        }
    }
}

#[test]
fn frames_in_another_order_are_malformed() {
    for (transport, links) in both_transports() {
        let errors = at_all(links, |party, links| {
            let mut links = match party.0 {
                0 => links.map(|mut link| {
                    if link.peer() == Party(1) {
                        link = inject(link, 0, Fault::Reorder);
                        (1..=2).for_each(|s| link.send(Frame::data(1, s, vec![])).expect("open"));
                    }
                    link
                }),
                _ => links,
            };
            let empty: [&[usize]; 2] = [&[], &[]];
            links.superstep(1, 1, [vec![], vec![]], empty).err()
        });
        let error = errors[1].as_ref().expect("superstep 2 came first");
        assert!(is_fault(error, 0, |fault| matches!(fault, PeerFault::Malformed { .. })), "{transport}: {error}");
    }
}

#[test]
fn a_panic_at_one_party_ends_the_others_at_once() {
    for (transport, links) in both_transports() {
        let start = Instant::now();
        let parties = links.map(|mut links| {
            links.set_deadline(IN_TIME);
            thread::spawn(move || {
                run(&mut links, 2).expect("so far all is well");
                assert_ne!(links.party(), Party(1), "this party panics on purpose");
                run(&mut links, 1).expect_err("party 1 is gone")
            })
        });
        let [zero, one, two] = parties.map(|party| party.join());
        assert!(one.is_err());
        for error in [zero, two].map(|result| result.expect("only party 1 panics")) {
            assert!(
                matches!(error, Error::Peer(_)) && error.to_string().contains("party 1 closed"),
                "{transport}: {error}"
            );
        }
        assert!(start.elapsed() < IN_TIME, "no deadline was waited for on {transport}");
    }
}

#[test]
fn bad_data_at_one_party_is_named_at_all() {
    for (transport, links) in both_transports() {
        let errors = at_all(links, |party, mut links| {
            if party == Party(2) {
                links.abort(&Error::data("images", Some(vec![17, 3]), "NaN"));
            }
            run(&mut links, 5).expect_err("party 2 has stopped")
        });
        for error in errors {
            assert_eq!(error.to_string(), "images at [17, 3]: NaN", "{transport}");
        }
    }
}

/// Party 2 is whatever `talk` does with its two connections, once its hellos are said.
fn against_a_stranger(talk: fn([TcpStream; 2])) -> [Error; 2] {
    let addresses = tcp::free_addresses().expect("loopback");
    let honest = [0, 1].map(|i| thread::spawn(move || join(i, addresses).and_then(|mut l| run(&mut l, 3))));
    let streams = [0, 1].map(|i| {
        let mut stream = dial(addresses[i]);
        stream.write_all(&[b'S', b'P', b'U', b'H', 1, 0, 2, i as u8]).expect("the party listens");
        stream.read_exact(&mut [0; 8]).expect("the party answers");
        stream
    });
    let start = Instant::now();
    talk(streams);
    let errors = honest.map(|party| party.join().expect("no panic").expect_err("party 2 talks nonsense"));
    assert!(start.elapsed() < IN_TIME);
    errors
}

fn dial(address: SocketAddr) -> TcpStream {
    let start = Instant::now();
    loop {
        match TcpStream::connect(address) {
            Ok(stream) => return stream,
            Err(error) => assert!(start.elapsed() < IN_TIME, "{error}"),
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// The header of a data frame of run 1 and superstep 1.
fn header(messages: u32, words: u64) -> Vec<u8> {
    [&b"SPUF\x01\0\0\0\x01\0\0\0"[..], &messages.to_le_bytes(), &1u64.to_le_bytes(), &words.to_le_bytes()].concat()
}

#[test]
fn nonsense_bytes_are_malformed() {
    let talks: [fn([TcpStream; 2]); 3] = [
        |streams| streams.iter().for_each(|mut stream| stream.write_all(&[b'x'; 500]).expect("open")),
        // 2^60 words: refused before memory is asked for, or this process would end.
        |streams| streams.iter().for_each(|mut stream| stream.write_all(&header(1, 1 << 60)).expect("open")),
        |streams| streams.iter().for_each(|mut stream| stream.write_all(&header(u32::MAX, 1)).expect("open")),
    ];
    for talk in talks {
        for error in against_a_stranger(talk) {
            let stopped =
                |fault: &PeerFault| matches!(fault, PeerFault::Stopped { reason } if reason.contains("malformed"));
            let malformed = is_fault(&error, 2, |fault| matches!(fault, PeerFault::Malformed { .. }));
            assert!(malformed || is_fault(&error, 0, stopped) || is_fault(&error, 1, stopped), "{error}");
        }
    }
}

/// The system may report the end within a message as an end or as a reset.
#[test]
fn a_connection_that_ends_within_a_frame_is_an_error() {
    let errors = against_a_stranger(|streams| {
        let bytes = [&header(1, 9)[..], &9u64.to_le_bytes(), &[0; 20]].concat();
        streams.iter().for_each(|mut stream| stream.write_all(&bytes).expect("open"));
    });
    let cut = |fault: &PeerFault| matches!(fault, PeerFault::Malformed { .. } | PeerFault::Closed);
    assert!(errors.iter().any(|error| is_fault(error, 2, cut)), "{errors:?}");
}

#[test]
fn a_silent_peer_is_named_after_the_deadline() {
    for (transport, links) in both_transports() {
        let start = Instant::now();
        let errors = at_all(links, |party, mut links| match party.0 {
            0 => {
                thread::sleep(3 * DEADLINE);
                None
            }
            _ => run(&mut links, 2).err(),
        });
        assert!(start.elapsed() >= DEADLINE && start.elapsed() < IN_TIME);
        for error in errors.into_iter().flatten() {
            assert!(error.to_string().contains("party 0 sent nothing for 0.5 s"), "{transport}: {error}");
        }
    }
}

#[test]
fn a_peer_that_stops_within_a_frame_is_silent() {
    let errors = against_a_stranger(|streams| {
        streams.iter().for_each(|mut stream| stream.write_all(&header(1, 9)[..20]).expect("open"));
        thread::sleep(3 * DEADLINE);
    });
    let silent = |error: &Error| is_fault(error, 2, |fault| matches!(fault, PeerFault::Silent { .. }));
    assert!(errors.iter().any(silent) && errors.iter().all(|error| error.to_string().contains("party 2 sent nothing")));
}

#[test]
fn a_party_that_is_not_there_is_named() {
    let addresses = tcp::free_addresses().expect("loopback");
    for missing in 0..3 {
        let others: Vec<usize> = (0..3).filter(|&i| i != missing).collect();
        let parties: Vec<_> = others
            .iter()
            .map(|&i| {
                let config = Config { connect_timeout: Duration::from_millis(300), ..config() };
                thread::spawn(move || connect(&config, &Peers { party: Party(i), addresses }).err())
            })
            .collect();
        for party in parties {
            let error = party.join().expect("no panic").expect("a party is missing");
            assert!(is_fault(&error, missing, |f| matches!(f, PeerFault::Unreachable { .. })), "{missing}: {error}");
            assert!(error.to_string().contains(&addresses[missing].to_string()), "{error}");
        }
    }
}

#[test]
fn strangers_do_not_disturb_the_meeting() {
    let addresses = tcp::free_addresses().expect("loopback");
    let zero = thread::spawn(move || join(0, addresses));
    let mut nonsense = dial(addresses[0]);
    nonsense.write_all(b"GET / HTTP/1.1\r\n\r\n").expect("the party listens");
    let silent = dial(addresses[0]);
    let others = [1, 2].map(|i| thread::spawn(move || join(i, addresses)));
    let [one, two] = others.map(|party| party.join().expect("no panic").expect("all are there"));
    let zero = zero.join().expect("no panic").expect("all are there");
    at_all([zero, one, two], |_, mut links| run(&mut links, 3).expect("all run"));
    drop(silent);
}

#[test]
fn another_version_of_frames_is_told_at_both_ends() {
    let addresses = tcp::free_addresses().expect("loopback");
    let zero = thread::spawn(move || join(0, addresses).err());
    let mut other = dial(addresses[0]);
    other.write_all(b"SPUH\x07\x00\x01\x00").expect("the party listens");
    let mut answer = [0; 8];
    other.read_exact(&mut answer).expect("an answer");
    assert_eq!(&answer, b"SPUH\x01\x00\x00\x01");
    let error = zero.join().expect("no panic").expect("the version differs");
    assert!(is_fault(&error, 1, |fault| matches!(fault, PeerFault::Disagrees { .. })), "{error}");
}

#[test]
fn addresses_of_other_machines_and_repeated_ones_are_refused() {
    let parse = |text: &str| text.parse::<SocketAddr>().expect("an address");
    let here = [parse("127.0.0.1:4001"), parse("[::1]:4002"), parse("127.0.0.1:4003")];
    assert!(tcp::check_addresses(&here).is_ok());
    for bad in ["192.0.2.1:4002", "0.0.0.0:4002", "[::ffff:192.0.2.1]:4002", "127.0.0.1:4001"] {
        let error = join(0, [here[0], parse(bad), here[2]]).err().expect("refused");
        assert!(matches!(&error, Error::Configuration(e) if e.setting == "address of party 1"), "{error}");
    }
}

#[test]
fn one_party_alone_replays_what_it_received() {
    let recordings = at_all(connected(), |party, links| {
        let (mut links, recording) = record::record(links);
        run(&mut links, 6).expect("all run");
        (party, recording, links.stats())
    });
    for (party, recording, stats) in recordings {
        for _ in 0..2 {
            let mut alone = recording.replay(party);
            run(&mut alone, 6).expect("recorded");
            assert_eq!(alone.stats(), stats);
            let error = alone.superstep(1, 7, [vec![], vec![]], [&[], &[]]).expect_err("the recording ends");
            assert!(is_fault(&error, party.next().0, |fault| *fault == PeerFault::Closed), "{error}");
        }
    }
}

/// Four frames in a row, each 40 ms on its way: an exchange, two supersteps, a goodbye.
#[test]
fn sockets_can_be_shaped_too() {
    let addresses = tcp::free_addresses().expect("loopback");
    let slow = || Config { latency_ms: 40.0, bandwidth_mbps: Some(1000.0), ..config() };
    let party = |i| thread::spawn(move || connect(&slow(), &Peers { party: Party(i), addresses }));
    let parties = [0, 1, 2].map(party);
    let links = parties.map(|party| party.join().expect("no panic").expect("all are there"));
    let start = Instant::now();
    let counts = at_all(links, |_, mut links| {
        run(&mut links, 2).expect("all run");
        assert!(start.elapsed() >= Duration::from_millis(120));
        links.goodbye().expect("all leave")
    });
    assert!(start.elapsed() >= Duration::from_millis(160));
    for party in Party::ALL {
        let words = |peer| (1..=2).flat_map(|s| lengths(party, peer, s)).sum::<usize>() as u64;
        let payload = counts[party.0].map(|count| count.payload_bytes);
        assert_eq!(payload, [8 * words(party.next()), 8 * words(party.previous())], "flushed before it is told");
    }
}

/// A measurement: `cargo test --release -p spu-protocols --test links -- --ignored --nocapture`. One way from party 0 to
/// party 1, 8 MB a frame; then supersteps of empty frames.
#[test]
#[ignore = "a measurement"]
fn throughput() {
    const WORDS: usize = 1_000_000;
    const FRAMES: u32 = 200;
    const EMPTY: u32 = 5000;
    for (transport, links) in both_transports() {
        let [rates, ..] = at_all(links, |party, mut links| {
            run(&mut links, 0).expect("all begin");
            let start = Instant::now();
            for superstep in 1..=FRAMES {
                let ours = if party == Party(0) { vec![vec![1; WORDS]] } else { vec![] };
                let lengths: &[usize] = if party == Party(1) { &[WORDS] } else { &[] };
                links.superstep(1, superstep, [ours, vec![]], [&[], lengths]).expect("all run");
            }
            let rate = f64::from(FRAMES) * 8.0 * WORDS as f64 / start.elapsed().as_secs_f64() / 1e9;
            let start = Instant::now();
            for superstep in 1..=EMPTY {
                links.superstep(2, superstep, [vec![], vec![]], [&[], &[]]).expect("all run");
            }
            let time = start.elapsed() / EMPTY;
            links.goodbye().expect("all leave");
            (rate, time)
        });
        println!("{transport}: {:.2} GB/s, {:?} a superstep", rates.0, rates.1);
    }
}
