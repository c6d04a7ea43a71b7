//! The options of every example: who the parties are, what carries their messages, which numbers they compute on.

use std::ffi::OsString;
use std::fmt::Display;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{Args, Parser, ValueEnum};
use serde::Serialize;
use spu::{Config, Error, Party, Peers, RingConfig, Session};

use super::launch::{self, Output};

/// Parties, links and numbers.
#[derive(Args, Clone, Debug)]
pub(crate) struct PartyOptions {
    /// Three threads of this process (default), or three processes on loopback sockets
    #[arg(long, value_enum)]
    pub(crate) transport: Option<Transport>,
    /// Delay every message by X milliseconds, one way
    #[arg(long, value_name = "X", default_value = "0", allow_negative_numbers = true, value_parser = latency)]
    pub(crate) latency_ms: f64,
    /// Let each party send at most Y megabits a second
    #[arg(long, value_name = "Y", allow_negative_numbers = true, value_parser = bandwidth)]
    pub(crate) bandwidth_mbps: Option<f64>,
    /// Compute modulo 2^K: 32, 64 or 128
    #[arg(long, value_name = "K", default_value = "64", allow_negative_numbers = true, value_parser = ring)]
    pub(crate) ring: u32,
    /// Bits after the binary point (default: 8 of 32, 18 of 64, 26 of 128)
    #[arg(long, value_name = "F", allow_negative_numbers = true)]
    pub(crate) fraction_bits: Option<u32>,
    /// Run the same program in the clear, on one party
    #[arg(long, conflicts_with_all = ["transport", "party", "latency_ms", "bandwidth_mbps"])]
    pub(crate) plain: bool,
    /// Which vector instructions to use (default: the best that this processor has)
    #[arg(long, value_enum)]
    pub(crate) cpu: Option<Cpu>,
    /// Fix what is drawn at the start, and the keys between the parties, which makes them INSECURE
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) seed: Option<u64>,
    /// Write what was measured to this file (party 0 does)
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Be one of three processes that were started by hand: this is party I
    #[arg(long, value_name = "I", requires = "peers", allow_negative_numbers = true, value_parser = party)]
    pub(crate) party: Option<usize>,
    /// Addresses of parties 0, 1 and 2, on loopback: a,b,c
    #[arg(long, value_name = "A,B,C", requires = "party", value_parser = peers)]
    pub(crate) peers: Option<Addresses>,
    /// End when standard input closes: how children notice that their parent is gone
    #[arg(long, hide = true)]
    pub(crate) end_with_stdin: bool,
}

/// What carries messages.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Transport {
    /// Channels between threads of one process.
    Threads,
    /// Sockets between three processes of this machine.
    Tcp,
}

/// A level of vector instructions.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cpu {
    /// None.
    Scalar,
    /// 256 bits.
    Avx2,
    /// 512 bits.
    Avx512,
}

impl From<Cpu> for spu::protocols::ring::Cpu {
    fn from(cpu: Cpu) -> Self {
        match cpu {
            Cpu::Scalar => Self::Scalar,
            Cpu::Avx2 => Self::Avx2,
            Cpu::Avx512 => Self::Avx512,
        }
    }
}

/// Where the three parties listen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Addresses(pub(crate) [SocketAddr; 3]);

/// Runs an example: as three processes if that is asked for, else `run` here. The exit code is 0 if all went well, 2 if what was
/// asked for cannot be, 1 if anything else failed.
pub(crate) fn main(options: &PartyOptions, run: impl FnOnce() -> Result<(), Failure>) -> ExitCode {
    if options.end_with_stdin {
        launch::end_with_stdin();
    }
    if let Err(problem) = options.check() {
        return fail(&problem, 2);
    }
    if options.transport == Some(Transport::Tcp) && options.party.is_none() {
        return launch::run(Output::OfParty0, |party, peers| options.for_child(party, peers));
    }
    finish(run())
}

/// Says why an example failed, if it did, and gives its exit code.
pub(crate) fn finish(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Error(error @ Error::Configuration(_))) => fail(&error, 2),
        Err(Failure::Error(error)) => fail(&error, 1),
        Err(Failure::File(problem)) => fail(&problem, 1),
        Err(Failure::Parties(problem, code)) => {
            eprintln!("error: {problem}");
            code
        }
    }
}

/// Why an example ends early.
pub(crate) enum Failure {
    /// The computation failed.
    Error(Error),
    /// A result could not be written, or read.
    File(String),
    /// Processes of parties failed, and said why.
    Parties(String, ExitCode),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

fn fail(problem: &impl Display, code: u8) -> ExitCode {
    eprintln!("error: {problem}");
    ExitCode::from(code)
}

/// The options of this process; prints help and ends if asked to, and ends with one line and code 2 if they make no sense.
pub(crate) fn options<O: Parser>(parties: impl Fn(&O) -> &PartyOptions) -> O {
    let error = match O::try_parse() {
        Ok(options) => match parties(&options).conflict() {
            None => return options,
            Some((kind, problem)) => O::command().error(kind, problem),
        },
        Err(error) => error,
    };
    if error.exit_code() == 0 {
        error.exit();
    }
    eprintln!("{}", one_line(&error.to_string()));
    std::process::exit(2);
}

impl PartyOptions {
    /// The number format.
    pub(crate) fn format(&self) -> Result<RingConfig, Error> {
        let default = [RingConfig::Z32, RingConfig::Z64, RingConfig::Z128].into_iter().find(|z| z.bits == self.ring);
        let default = default.map_or(RingConfig::DEFAULT.fraction_bits, |z| z.fraction_bits);
        RingConfig::new(self.ring, self.fraction_bits.unwrap_or(default))
    }

    /// What a session is told.
    pub(crate) fn config(&self) -> Config {
        // No frame is longer than this; on a slow line it is nobody's fault that it takes its time.
        let transfer = self.bandwidth_mbps.map_or(0.0, |rate| LONGEST_FRAME * 8.0 / (rate * 1e6));
        let slack = Duration::from_secs_f64(transfer + 2e-3 * self.latency_ms);
        let defaults = Config::default();
        let format = self.format().unwrap_or(RingConfig::DEFAULT);
        Config {
            ring_bits: format.bits,
            fraction_bits: format.fraction_bits,
            insecure_seed: self.seed,
            latency_ms: self.latency_ms,
            bandwidth_mbps: self.bandwidth_mbps,
            read_deadline: defaults.read_deadline + slack,
            ..defaults
        }
    }

    /// The session that was asked for.
    pub(crate) fn open(&self) -> Result<Session, Error> {
        let config = self.config();
        match (self.party, self.peers) {
            _ if self.plain => Session::plain(&config),
            (Some(party), Some(peers)) => Session::connect(&config, &Peers { party: Party(party), addresses: peers.0 }),
            _ => Session::local(&config),
        }
    }

    /// Whether this process speaks for all: party 0 does, and who runs all three.
    pub(crate) fn speaks(&self) -> bool {
        self.party.is_none_or(|party| party == 0)
    }

    /// The file of `--json`, if there is one and this process speaks.
    pub(crate) fn json_file(&self) -> Option<&Path> {
        self.json.as_deref().filter(|_| self.speaks())
    }

    /// Writes `value` to the [`json_file`](Self::json_file).
    pub(crate) fn write_json(&self, value: &impl Serialize) -> Result<(), Failure> {
        let Some(path) = self.json_file() else { return Ok(()) };
        let text = serde_json::to_string_pretty(value).map_err(|e| Failure::File(format!("cannot write JSON: {e}")))?;
        let written = fs::write(path, text + "\n");
        written.map_err(|e| Failure::File(format!("cannot write {}: {e}", path.display())))
    }

    /// What can be known to be impossible before anything starts.
    fn check(&self) -> Result<(), String> {
        if let Some(path) = self.json_file() {
            // What an earlier run wrote must not pass for this one's, should it fail.
            File::create(path).map_err(|e| format!("--json: {} cannot be written: {e}", path.display()))?;
        }
        if let Some(cpu) = self.cpu {
            spu::protocols::ring::set_cpu(cpu.into()).map_err(|e| format!("--cpu: {e}"))?;
        }
        Session::plain(&self.config()).map(drop).map_err(|e| e.to_string())
    }

    /// What the parser cannot see.
    fn conflict(&self) -> Option<(ErrorKind, String)> {
        if self.transport == Some(Transport::Threads) && self.party.is_some() {
            let problem = "a party by itself is no thread: use --transport tcp with --party";
            return Some((ErrorKind::ArgumentConflict, problem.into()));
        }
        self.format().err().map(|problem| (ErrorKind::ValueValidation, format!("--fraction-bits: {problem}")))
    }

    /// The command line of party `party` among `peers`: this process's own, with its place.
    fn for_child(&self, party: usize, peers: &Addresses) -> Vec<OsString> {
        let own = std::env::args_os().skip(1);
        own.chain(place(party, peers).into_iter().map(OsString::from)).collect()
    }
}

/// The flags that make a process party `party` of three.
pub(crate) fn place(party: usize, peers: &Addresses) -> [String; 5] {
    let addresses = peers.0.map(|address| address.to_string()).join(",");
    ["--party".into(), party.to_string(), "--peers".into(), addresses, END_WITH_STDIN.into()]
}

/// The flag of a process that ends when its parent does.
pub(crate) const END_WITH_STDIN: &str = "--end-with-stdin";

/// The name of a value on the command line.
pub(crate) fn name_of(value: impl ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |v| v.get_name().to_owned())
}

/// A parser's message without its usage, tips and line breaks.
pub(crate) fn one_line(message: &str) -> String {
    let lines = message.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("tip:"));
    lines.take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more")).collect::<Vec<_>>().join(" ")
}

/// For `value_parser`: a count.
pub(crate) fn at_least_one(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(n) if (1..=u64::from(u32::MAX)).contains(&n) => Ok(n),
        _ => Err(format!("expected a whole number from 1 to {}", u32::MAX)),
    }
}

fn latency(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(x) if (0.0..=60_000.0).contains(&x) => Ok(x),
        _ => Err("expected milliseconds from 0 to 60000".into()),
    }
}

fn bandwidth(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(y) if (0.001..=1e9).contains(&y) => Ok(y),
        _ => Err("expected megabits a second from 0.001 to 1000000000".into()),
    }
}

fn ring(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(bits) if RingConfig::fraction_bits_of(bits).is_some() => Ok(bits),
        _ => Err("expected 32, 64 or 128".into()),
    }
}

fn party(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(party) if party < 3 => Ok(party),
        _ => Err("expected a party: 0, 1 or 2".into()),
    }
}

fn peers(text: &str) -> Result<Addresses, String> {
    let expected = "expected three different addresses like 127.0.0.1:9000,127.0.0.1:9001,127.0.0.1:9002";
    let addresses: Vec<SocketAddr> =
        text.split(',').map(|a| a.trim().parse()).collect::<Result<_, _>>().map_err(|_| expected.to_owned())?;
    let addresses: [SocketAddr; 3] = addresses.try_into().map_err(|_| expected.to_owned())?;
    let [a, b, c] = addresses;
    if a == b || b == c || c == a {
        return Err(expected.into());
    }
    match addresses.iter().find(|address| !address.ip().is_loopback() || address.port() == 0) {
        None => Ok(Addresses(addresses)),
        Some(address) => Err(format!("{address} is not a port on loopback, and links are not encrypted yet")),
    }
}

/// More than the longest frame of the examples, in bytes.
const LONGEST_FRAME: f64 = 256e6;
