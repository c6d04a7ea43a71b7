//! `--transport tcp`: three processes of this program on loopback sockets, and a parent that only launches.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::parties::Addresses;

/// Runs the three parties as processes with these arguments; succeeds if all of them do.
///
/// Party 0 speaks for all on standard output. When one fails, the others get a moment to say what they saw of it, and
/// are ended then. They end as well when this process is interrupted or killed.
pub(crate) fn run(output: Output, arguments: impl Fn(usize, &Addresses) -> Vec<OsString>) -> ExitCode {
    match free_addresses() {
        Ok(peers) => run_each(output, (0..3).map(|party| arguments(party, &peers)).collect()),
        Err(e) => {
            eprintln!("error: cannot find three free ports on loopback: {e}");
            ExitCode::FAILURE
        }
    }
}

/// Runs this program once with each of these arguments, all at a time, as [`run`] does: parties 0, 1, …
pub(crate) fn run_each(output: Output, arguments: Vec<Vec<OsString>>) -> ExitCode {
    let parties = watch_for_interrupts().and_then(|()| Parties::start(output, arguments));
    let mut parties = match parties {
        Ok(parties) => parties,
        Err(problem) => {
            eprintln!("error: {problem}");
            return ExitCode::FAILURE;
        }
    };

    let mut deadline: Option<Instant> = None;
    loop {
        if INTERRUPTED.load(Ordering::Relaxed) {
            return ExitCode::from(CODE_OF_INTERRUPTED);
        }
        let ends = parties.ends();
        let failed = ends.iter().flatten().any(|end| !end.success());
        if ends.iter().all(Option::is_some) {
            parties.flush();
            return if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
        if failed && Instant::now() > *deadline.get_or_insert_with(|| Instant::now() + GRACE) {
            return ExitCode::FAILURE;
        }
        thread::sleep(POLL);
    }
}

/// Who of the parties is heard on standard output.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// Party 0, for all.
    OfParty0,
    /// Nobody.
    Quiet,
}

/// From now on an interrupt sets [`INTERRUPTED`]; more than one call is as good as one.
fn watch_for_interrupts() -> Result<(), String> {
    static WATCH: OnceLock<Result<(), String>> = OnceLock::new();
    let watch = || {
        let set = ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed));
        set.map_err(|e| format!("cannot watch for interrupts: {e}"))
    };
    WATCH.get_or_init(watch).clone()
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Ends this process when its standard input closes, which the parent holds open as long as it lives.
pub(crate) fn end_with_stdin() {
    thread::spawn(|| {
        let mut stdin = std::io::stdin().lock();
        let mut byte = [0];
        while matches!(stdin.read(&mut byte), Ok(1)) {}
        std::process::exit(1);
    });
}

/// The children; dropping them ends them.
struct Parties {
    children: Vec<Child>,
    forwards: Vec<JoinHandle<()>>,
}

impl Parties {
    fn start(output: Output, arguments: Vec<Vec<OsString>>) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|e| format!("cannot find this program's own file: {e}"))?;
        let mut parties = Self { children: Vec::new(), forwards: Vec::new() };
        for (party, arguments) in arguments.into_iter().enumerate() {
            let mut command = Command::new(&program);
            command.args(arguments).stdin(Stdio::piped());
            if party > 0 || output == Output::Quiet {
                command.stdout(Stdio::null());
            }
            if party > 0 {
                command.stderr(Stdio::piped());
            }
            let mut child = command.spawn().map_err(|e| format!("cannot start party {party}: {e}"))?;
            let errors = child.stderr.take();
            parties.children.push(child);
            parties.forwards.extend(errors.map(|errors| {
                thread::spawn(move || {
                    let lines = BufReader::new(errors).lines().map_while(Result::ok);
                    lines.for_each(|line| eprintln!("party {party}: {line}"));
                })
            }));
        }
        Ok(parties)
    }

    /// How each child ended, if it did.
    fn ends(&mut self) -> Vec<Option<ExitStatus>> {
        self.children.iter_mut().map(|child| child.try_wait().unwrap_or(None)).collect()
    }

    /// Waits until everything that the children said is forwarded.
    fn flush(&mut self) {
        self.forwards.drain(..).for_each(|forward| {
            let _ = forward.join();
        });
    }
}

impl Drop for Parties {
    fn drop(&mut self) {
        for child in &mut self.children {
            // A child that has ended already cannot be killed, which is as good.
            let _ = child.kill();
            let _ = child.wait();
        }
        self.flush();
    }
}

/// Three ports that are free now. Nobody is likely to take them before the children do; if somebody does, they say so.
fn free_addresses() -> std::io::Result<Addresses> {
    let listen = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let listeners = [listen()?, listen()?, listen()?];
    let mut addresses = [(Ipv4Addr::LOCALHOST, 0).into(); 3];
    for (address, listener) in addresses.iter_mut().zip(&listeners) {
        *address = listener.local_addr()?;
    }
    Ok(Addresses(addresses))
}

/// The exit code of a program that was interrupted, as shells know it: 128 + SIGINT.
const CODE_OF_INTERRUPTED: u8 = 130;

/// How long the others may take to report once one has failed.
const GRACE: Duration = Duration::from_secs(3);

const POLL: Duration = Duration::from_millis(20);
