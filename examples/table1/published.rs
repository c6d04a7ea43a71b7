//! The figures that the SPU paper (USENIX ATC 2023) published for four systems on three servers of 4 vCPU; LAN: 10.1 Gbit/s, 0.1 ms round trip,
//! WAN: 300 Mbit/s, 20 ms one way. MP-SPDZ / TF Encrypted / CrypTen / SPU; "?" could not be read with certainty, "–" was not published.

use crate::training::options::{NetworkName, OptimizerName};

/// Test accuracy in percent after five epochs, and seconds per batch of 128 in a local and in a wide-area network.
#[derive(Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) accuracy: &'static str,
    pub(crate) lan: &'static str,
    pub(crate) wan: &'static str,
}

/// What was published for a network and an optimizer.
pub(crate) fn published(network: NetworkName, optimizer: OptimizerName) -> Figures {
    let row = 3 * network as usize + optimizer as usize;
    let [accuracy, lan, wan] = FIGURES[row];
    Figures { accuracy, lan, wan }
}

/// Networks A to D, each with SGD, Adam and AMSGrad.
const FIGURES: [[&str; 3]; 12] = [
    ["96.8 / 96.4 / 92.7 / 96.9", "0.16 / 0.19 / 1.43 / 0.12", "8.94 / ? / 58.68 / 4.60"],
    ["97.5? / 97.4? / – / 97.2?", "0.42 / 0.56 / – / 0.39", "17.72 / 12.60 / – / 7.67"],
    ["97.6 / 97.4 / – / 97.5", "0.42 / 0.71 / – / 0.41", "18.28 / 13.26 / – / 7.68"],
    ["98.1 / 98.3 / 96.5 / 98.4", "1.00 / 4.82 / 25.62 / 1.04", "34.70 / 15.66 / 230.15 / 9.87"],
    ["97.9 / 98.7 / – / 98.7", "1.13 / 4.90 / – / 1.12", "44.92 / 18.18 / – / 11.15"],
    ["98.7 / 98.8 / – / 98.6", "1.13 / 4.78 / – / 1.12", "45.73 / 18.08 / – / 11.23"],
    ["98.5 / 98.9 / 97.3 / 98.8", "2.10 / 7.23 / 34.06 / 1.81", "50.05 / 22.41 / 272.11 / 12.98"],
    ["98.8 / 99.0 / – / 98.9", "2.92 / 8.33 / – / 2.37", "67.03 / 49.51 / – / 22.87"],
    ["99.2 / 98.9 / – / 99.1", "2.94 / 8.93 / – / 2.37", "67.49 / 51.06 / – / 22.53"],
    ["97.6 / 97.0 / 95.7 / 97.2", "0.23 / 0.39 / 1.77 / 0.22", "11.20 / 5.35? / 59.44 / 4.89?"],
    ["97.8 / 98.0 / – / 97.7", "0.45 / 0.69 / – / 0.43", "19.87 / 12.12 / – / 7.66"],
    ["98.3? / 97.9? / – / 97.5", "0.45 / 0.81 / – / 0.43", "20.42 / 12.76 / – / 7.66"],
];
