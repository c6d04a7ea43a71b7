//! Pricing a program before it runs.

use spu::{Cost, Error, Manifest, Program, Target};

use crate::hal::{RingConfig, lower, schedule};
use crate::share::{Plan, Schedule};

/// The format and the network that a program is compiled for: prices programs, and tells what the format does to their numbers.
///
/// ```
/// # extern crate spu_tensor as spu;
/// # use spu::{Fxp, Secret, Tensor, spu_fn};
/// # use spu_protocols::session::Network;
/// #[spu_fn]
/// fn cube(x: Tensor<Secret, Fxp>) -> Tensor<Secret, Fxp> {
///     x * x * x
/// }
///
/// # fn main() {
/// assert_eq!(cube::cost([5], &Network::WAN).unwrap().rounds, 4);
/// // Real numbers beside fixed-point ones: 2^-18 is a unit.
/// let deviation = cube::check(vec![0.3, -1.5], &Network::WAN).unwrap();
/// assert!(deviation.largest < 1e-4);
/// // 2000^2 fits, 2000^3 does not until it is truncated.
/// let error = cube::check(vec![2000.0], &Network::WAN).unwrap_err();
/// assert!(error.to_string().starts_with("`multiply` overflows: 8000000000.0 at [0]"));
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Network {
    /// The number format.
    pub ring: RingConfig,
    /// One-way delay in seconds.
    pub latency: f64,
    /// Egress of each party in bits a second; infinite means unlimited.
    pub bandwidth: f64,
}

impl Network {
    /// Threads or loopback.
    pub const LOCAL: Self = Self { ring: RingConfig::DEFAULT, latency: 0.0, bandwidth: f64::INFINITY };
    /// 10 Gbit/s, 0.05 ms one way.
    pub const LAN: Self = Self { ring: RingConfig::DEFAULT, latency: 5e-5, bandwidth: 1e10 };
    /// 300 Mbit/s, 20 ms one way: the wide-area setting of the SPU paper (USENIX ATC 2023).
    pub const WAN: Self = Self { ring: RingConfig::DEFAULT, latency: 2e-2, bandwidth: 3e8 };

    /// The same network with another number format.
    pub fn with_ring(self, ring: RingConfig) -> Self {
        Self { ring, ..self }
    }

    /// What the parties would execute.
    pub fn schedule(&self, program: &Program) -> Result<Schedule, Error> {
        schedule(program, self.ring.checked()?)
    }

    /// What the parties would execute of a program without branches and loops.
    pub fn plan(&self, program: &Program) -> Result<Plan, Error> {
        let ring = self.ring.checked()?;
        Ok(Plan::new(lower(program, ring)?, ring))
    }

    /// The least time that rounds and bytes alone take on this network, in seconds.
    pub fn seconds(&self, cost: &Cost) -> f64 {
        let busiest = cost.bytes.iter().copied().max().unwrap_or(0);
        cost.rounds as f64 * self.latency + 8.0 * busiest as f64 / self.bandwidth
    }
}

impl Target for Network {
    fn cost(&self, program: &Program) -> Result<Cost, Error> {
        Ok(self.schedule(program)?.cost)
    }

    fn manifest(&self, program: &Program) -> Result<Manifest, Error> {
        Ok(self.schedule(program)?.manifest)
    }
}
