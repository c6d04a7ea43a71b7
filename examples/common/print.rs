//! Lines for people.

use std::fs;

/// Prints a line. Nobody need listen: a closed pipe ends no training.
macro_rules! say {
    ($($text:tt)*) => {
        drop(std::io::Write::write_fmt(&mut std::io::stdout(), format_args!("{}\n", format_args!($($text)*))))
    };
}

pub(crate) use say;

/// Bytes that the parties sent.
pub(crate) fn by_party(bytes: [u64; 3]) -> String {
    format!("{} (parties 0, 1, 2)", bytes.map(megabytes).join(", "))
}

/// Bytes in megabytes (10^6).
pub(crate) fn megabytes(bytes: u64) -> String {
    let megabytes = bytes as f64 / 1e6;
    if megabytes < 0.1 { format!("{megabytes:.6} MB") } else { format!("{megabytes:.2} MB") }
}

/// The most memory that this process has had, in bytes, where the system tells (Linux).
pub(crate) fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix("kB")).and_then(|number| number.trim().parse().ok());
    kilobytes.map_or(0, |kilobytes: u64| 1024 * kilobytes)
}
