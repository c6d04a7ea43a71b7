//! Data sets: read from files, cut into batches, handed to a session by the party that owns them.

mod batches;
mod idx;
mod images;
mod labels;
mod mnist;

pub use batches::batches;
pub use images::Images;
pub use labels::Labels;
pub use mnist::{DigitSet, Mnist};

#[cfg(test)]
mod broken_files;
