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
    /// Fraction bits of fixed-point values, 8 to 20.
    pub fraction_bits: u32,
    /// Pair keys from this seed: for tests only, whoever knows it can open every share.
    pub insecure_seed: Option<u64>,
    /// One-way delay in milliseconds that every link is given.
    pub latency_ms: f64,
    /// Egress rate of each party over both its links, in megabits a second.
    pub bandwidth_mbps: Option<f64>,
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
        Self {
            fraction_bits: 18,
            insecure_seed: None,
            latency_ms: 0.0,
            bandwidth_mbps: None,
            connect_timeout: Duration::from_secs(10),
            read_deadline: Duration::from_secs(60),
        }
    }
}

impl Config {
    /// The number format; an error that names the setting if there is none such.
    pub fn ring(&self) -> Result<RingConfig, Error> {
        if !FRACTION_BITS.contains(&self.fraction_bits) {
            let (lo, hi) = FRACTION_BITS.into_inner();
            let problem = format!("{} is not between {lo} and {hi}", self.fraction_bits);
            return Err(Error::configuration("fraction bits", problem));
        }
        Ok(RingConfig { bits: 64, fraction_bits: self.fraction_bits })
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

const FRACTION_BITS: std::ops::RangeInclusive<u32> = 8..=20;
