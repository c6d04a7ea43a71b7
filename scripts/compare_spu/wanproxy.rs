//! Makes sockets of one machine behave like a wide-area network: every byte arrives later, and parties have uplinks.
//!
//! `wanproxy ONE_WAY_MS MBIT_PER_S LISTEN=TARGET@FROM>TO …`, for example
//! `wanproxy 20 300 127.0.0.1:7001=127.0.0.1:6001@0>1 127.0.0.1:7002=127.0.0.1:6002@0>2`.
//!
//! What FROM sends to LISTEN reaches TARGET, and what TO answers on that connection comes back. A chunk leaves when the sender's
//! uplink is free, takes its length over MBIT_PER_S (0: nothing), and arrives ONE_WAY_MS after that. All connections share a
//! party's uplink, as they would its network card. Reading never waits for writing and queues are unbounded, so there is neither
//! loss nor congestion nor a window that grows: an optimistic network. Prints `ready` when it listens; ends with its standard input.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Err(problem) = start(&arguments) {
        eprintln!("error: {problem}");
        return ExitCode::from(2);
    }
    println!("ready");
    // Whatever comes is no matter; the end is.
    let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
    ExitCode::SUCCESS
}

/// Listens at every route.
fn start(arguments: &[String]) -> Result<(), String> {
    let [delay, rate, routes @ ..] = arguments else { return Err(USAGE.into()) };
    let number = |text: &str| text.parse().ok().filter(|x: &f64| x.is_finite() && *x >= 0.0).ok_or(USAGE);
    let delay = Duration::from_secs_f64(number(delay)? / 1e3);
    let bytes_per_second = number(rate)? * 1e6 / 8.0;
    let mut uplinks: HashMap<&str, Arc<Uplink>> = HashMap::new();
    for route in routes {
        let (ends, parties) = route.split_once('@').ok_or(USAGE)?;
        let (listen, target) = ends.split_once('=').ok_or(USAGE)?;
        let (from, to) = parties.split_once('>').ok_or(USAGE)?;
        let mut uplink =
            |party| Arc::clone(uplinks.entry(party).or_insert_with(|| Uplink::new(delay, bytes_per_second)));
        let (there, back, target) = (uplink(from), uplink(to), target.to_owned());
        let listener = TcpListener::bind(listen).map_err(|e| format!("cannot listen at {listen}: {e}"))?;
        thread::spawn(move || {
            for caller in listener.incoming().flatten() {
                // Who calls before the target listens is hung up on, and calls again.
                let Ok(called) = TcpStream::connect(&target) else { continue };
                if let Err(problem) = join(caller, called, &there, &back) {
                    eprintln!("error: a connection to {target}: {problem}");
                }
            }
        });
    }
    Ok(())
}

const USAGE: &str = "expected ONE_WAY_MS MBIT_PER_S LISTEN=TARGET@FROM>TO …";

/// What a party can send at once, over all its connections.
struct Uplink {
    delay: Duration,
    bytes_per_second: f64,
    free: Mutex<Instant>,
}

impl Uplink {
    fn new(delay: Duration, bytes_per_second: f64) -> Arc<Self> {
        Arc::new(Self { delay, bytes_per_second, free: Mutex::new(Instant::now()) })
    }

    /// When `bytes` that are ready now will have arrived.
    fn arrival(&self, bytes: usize) -> Instant {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        *free = Instant::now().max(*free);
        if self.bytes_per_second > 0.0 {
            *free += Duration::from_secs_f64(bytes as f64 / self.bytes_per_second);
        }
        *free + self.delay
    }
}

/// Carries bytes both ways.
fn join(caller: TcpStream, called: TcpStream, there: &Arc<Uplink>, back: &Arc<Uplink>) -> std::io::Result<()> {
    caller.set_nodelay(true)?;
    called.set_nodelay(true)?;
    carry(caller.try_clone()?, called.try_clone()?, Arc::clone(there));
    carry(called, caller, Arc::clone(back));
    Ok(())
}

/// Carries bytes one way until an end closes.
fn carry(mut from: TcpStream, mut to: TcpStream, uplink: Arc<Uplink>) {
    let (sender, chunks) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        for (arrival, chunk) in chunks {
            thread::sleep(arrival.saturating_duration_since(Instant::now()));
            if to.write_all(&chunk).is_err() {
                break;
            }
        }
        // It may be closed already, which is as good.
        let _ = to.shutdown(Shutdown::Write);
    });
    thread::spawn(move || {
        let mut chunk = [0; CHUNK];
        while let Ok(length @ 1..) = from.read(&mut chunk) {
            if sender.send((uplink.arrival(length), chunk[..length].to_vec())).is_err() {
                break;
            }
        }
    });
}

/// Small enough that connections take turns on an uplink: 0.4 ms at 300 Mbit/s.
const CHUNK: usize = 16 << 10;
