//! What the command line may say.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, ValueEnum};
use spu::RingConfig;

/// Trains a 784-128-128-10 network on MNIST among three parties, none of whom sees another's data or a trained weight.
#[derive(Parser, Clone, Debug)]
#[command(name = "mnist_mlp")]
pub(crate) struct Options {
    /// How often to go through the 60 000 training images (default 1)
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = at_least_one)]
    pub(crate) epochs: Option<u64>,
    /// Stop after N steps, without a test; without --epochs, go through the images as often as that takes
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = at_least_one)]
    pub(crate) steps: Option<u64>,
    /// Images per step
    #[arg(long, value_name = "N", default_value = "128", allow_negative_numbers = true, value_parser = batch)]
    pub(crate) batch: usize,
    /// Reveal the loss every N steps, beginning with the first
    #[arg(long, value_name = "N", default_value = "1", allow_negative_numbers = true, value_parser = at_least_one)]
    pub(crate) loss_every: u64,
    /// Fix the initial weights, and the keys between the parties, which makes them INSECURE
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) seed: Option<u64>,
    /// How weights follow gradients
    #[arg(long, value_enum, default_value = "sgd")]
    pub(crate) optimizer: Optimizer,
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
    /// Write what was measured to this file (party 0 does)
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Folder of the four MNIST files
    #[arg(long, value_name = "FOLDER", default_value = DATA)]
    pub(crate) data: PathBuf,
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

/// How weights follow gradients.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Optimizer {
    /// Momentum SGD: v ← 0.9 v + g, w ← w − 0.01 v.
    Sgd,
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

impl Options {
    /// The options of this process; prints help and ends if asked to, and ends with one line and code 2 if they make no
    /// sense.
    pub(crate) fn from_command_line() -> Self {
        let error = match Self::try_parse() {
            Ok(Self { transport: Some(Transport::Threads), party: Some(_), .. }) => Self::command()
                .error(ErrorKind::ArgumentConflict, "a party by itself is no thread: use --transport tcp with --party"),
            Ok(options) => match options.format() {
                Ok(_) => return options,
                Err(problem) => {
                    Self::command().error(ErrorKind::ValueValidation, format!("--fraction-bits: {problem}"))
                }
            },
            Err(error) => error,
        };
        if error.exit_code() == 0 {
            error.exit();
        }
        eprintln!("{}", one_line(&error.to_string()));
        std::process::exit(2);
    }

    /// The number format.
    pub(crate) fn format(&self) -> Result<RingConfig, spu::Error> {
        let default = [RingConfig::Z32, RingConfig::Z64, RingConfig::Z128].into_iter().find(|z| z.bits == self.ring);
        let default = default.map_or(RingConfig::DEFAULT.fraction_bits, |z| z.fraction_bits);
        RingConfig::new(self.ring, self.fraction_bits.unwrap_or(default))
    }

    /// How many steps an epoch of `images` images has.
    pub(crate) fn steps_per_epoch(&self, images: usize) -> u64 {
        images.div_ceil(self.batch) as u64
    }

    /// How many steps to do on `images` images.
    pub(crate) fn total_steps(&self, images: usize) -> u64 {
        let epochs = |n: u64| n.saturating_mul(self.steps_per_epoch(images));
        match (self.epochs, self.steps) {
            (n, None) => epochs(n.unwrap_or(1)),
            (None, Some(n)) => n,
            (Some(n), Some(steps)) => epochs(n).min(steps),
        }
    }

    /// The command line of party `party` among `peers` for the same work.
    pub(crate) fn for_child(&self, party: usize, peers: &Addresses) -> Vec<String> {
        let mut line = Vec::new();
        let mut flag = |name: &str, value: String| line.extend([format!("--{name}"), value]);
        flag("party", party.to_string());
        flag("peers", peers.0.map(|address| address.to_string()).join(","));
        flag("batch", self.batch.to_string());
        flag("loss-every", self.loss_every.to_string());
        flag("optimizer", name_of(self.optimizer));
        flag("latency-ms", self.latency_ms.to_string());
        flag("ring", self.ring.to_string());
        flag("data", self.data.to_string_lossy().into_owned());
        self.epochs.iter().for_each(|n| flag("epochs", n.to_string()));
        self.steps.iter().for_each(|n| flag("steps", n.to_string()));
        self.fraction_bits.iter().for_each(|f| flag("fraction-bits", f.to_string()));
        self.seed.iter().for_each(|n| flag("seed", n.to_string()));
        self.bandwidth_mbps.iter().for_each(|y| flag("bandwidth-mbps", y.to_string()));
        self.cpu.iter().for_each(|cpu| flag("cpu", name_of(*cpu)));
        let json = self.json.iter().filter(|_| party == 0);
        json.for_each(|path: &PathBuf| flag("json", path.to_string_lossy().into_owned()));
        line.push("--end-with-stdin".into());
        line
    }
}

/// The name of a value on the command line.
pub(crate) fn name_of(value: impl ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |v| v.get_name().to_owned())
}

/// A parser's message without its usage, tips and line breaks.
fn one_line(message: &str) -> String {
    let lines = message.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("tip:"));
    lines.take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more")).collect::<Vec<_>>().join(" ")
}

fn at_least_one(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(n) if (1..=u64::from(u32::MAX)).contains(&n) => Ok(n),
        _ => Err(format!("expected a whole number from 1 to {}", u32::MAX)),
    }
}

fn batch(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if (1..=60_000).contains(&n) => Ok(n),
        _ => Err("expected a whole number from 1 to 60000, the number of training images".into()),
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

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/mnist");
