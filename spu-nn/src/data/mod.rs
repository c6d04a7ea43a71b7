//! Data sets: read from files, cut into batches, handed to a session by the party that owns them.
//!
//! | what | where |
//! |---|---|
//! | tables with named columns: CSV, Parquet, npy, npz | [`Table`], [`Csv`] |
//! | arrays | [`read_npy`], [`read_npz`] |
//! | MNIST and what has its format | [`Mnist`], [`Images`], [`Labels`] |
//! | columns or rows at several parties | [`Dataset`] |
//! | public facts of a party | [`announce()`] |
//! | normalization at the owner | [`Normalization`] |
//! | batches and shuffles | [`batches`], [`shuffled_batches`], [`take_rows`], [`shuffle_rows`](fn@shuffle_rows) |
//!
//! Nothing is padded, dropped or repaired in silence: what cannot be used is an [`Error`](spu::Error) that names file, line and column.

mod announce;
mod batches;
mod dataset;
mod idx;
mod images;
mod labels;
mod mnist;
mod normalize;
mod npy;
pub(crate) mod raw;
mod rows;
mod table;

pub use announce::announce;
pub use batches::{batches, shuffled, shuffled_batches};
pub use dataset::{Dataset, Source, Unmatched};
pub use images::Images;
pub use labels::Labels;
pub use mnist::{DigitSet, Mnist};
pub use normalize::Normalization;
pub use npy::{read_npy, read_npz};
pub use rows::{shuffle_rows, shuffle_together, take_rows};
pub use table::{Csv, Table, Texts, Values};

/// Names in a sentence; of many the first ones.
pub(crate) fn listed(names: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{}`", name.as_ref())).collect();
    match names.len() {
        0..=LISTED => names.join(", "),
        count => format!("{} and {} more", names[..LISTED].join(", "), count - LISTED),
    }
}

/// More names than a reader wants to see at once.
const LISTED: usize = 40;

#[cfg(test)]
mod broken_files;
