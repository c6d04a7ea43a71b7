//! What a session is told.

use std::net::SocketAddr;
use std::time::Duration;

use spu::{Error, Party};

use super::network::Network;
use crate::hal::RingConfig;
use crate::link::Shaping;

/// Settings of a session, equal at all parties where they concern the computation.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Bits of the ring: 32, 64 or 128.
    pub ring_bits: u32,
    /// Fraction bits of fixed-point values, as many as the ring serves: 6 to 10 of 32, 8 to 20 of 64, 16 to 44 of 128. What a
    /// format holds is told at [`RingConfig`].
    pub fraction_bits: u32,
    /// Pair keys from this seed: for tests only, whoever knows it can open every share.
    pub insecure_seed: Option<u64>,
    /// One-way delay in milliseconds that every link is given.
    pub latency_ms: f64,
    /// Egress rate of each party over both its links, in megabits a second.
    pub bandwidth_mbps: Option<f64>,
    /// Whether a program's range warnings ([`spu::Program::warnings`]) are printed on standard error, once, when it is compiled.
    pub range_warnings: bool,
    /// How long to wait for peers to come up.
    pub connect_timeout: Duration,
    /// How long a peer may be silent in a run.
    pub read_deadline: Duration,
}

/// Who this party is and where all are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peers {
    /// This party.
    pub party: Party,
    /// Addresses of parties 0, 1, 2; this party listens on its own.
    pub addresses: [SocketAddr; 3],
}

impl Default for Config {
    fn default() -> Self {
        Self::of_ring(RingConfig::DEFAULT)
    }
}

impl Config {
    /// The default settings on the ring 2^32, with 8 fraction bits.
    pub fn z32() -> Self {
        Self::of_ring(RingConfig::Z32)
    }

    /// The default settings on the ring 2^64, with 18 fraction bits: those of `Config::default()`.
    pub fn z64() -> Self {
        Self::of_ring(RingConfig::Z64)
    }

    /// The default settings on the ring 2^128, with 26 fraction bits.
    ///
    /// ```
    /// use spu_protocols::session::{Config, Session};
    ///
    /// let config = Config { fraction_bits: 40, ..Config::z128() };
    /// assert_eq!(Session::local(&config).unwrap().network().ring.bits, 128);
    /// ```
    pub fn z128() -> Self {
        Self::of_ring(RingConfig::Z128)
    }

    fn of_ring(ring: RingConfig) -> Self {
        Self {
            ring_bits: ring.bits,
            fraction_bits: ring.fraction_bits,
            insecure_seed: None,
            latency_ms: 0.0,
            bandwidth_mbps: None,
            range_warnings: true,
            connect_timeout: Duration::from_secs(10),
            read_deadline: Duration::from_secs(60),
        }
    }

    /// The number format; an error that names the setting if there is none such.
    pub fn ring(&self) -> Result<RingConfig, Error> {
        RingConfig::new(self.ring_bits, self.fraction_bits)
    }

    /// The network to imitate; an error that names the setting if there is none such.
    pub fn shaping(&self) -> Result<Shaping, Error> {
        Shaping::new(self.latency_ms, self.bandwidth_mbps)
    }

    /// What programs are priced for.
    pub fn network(&self) -> Result<Network, Error> {
        self.shaping()?;
        let bandwidth = self.bandwidth_mbps.map_or(f64::INFINITY, |rate| rate * 1e6);
        Ok(Network { ring: self.ring()?, latency: self.latency_ms / 1e3, bandwidth })
    }
}
