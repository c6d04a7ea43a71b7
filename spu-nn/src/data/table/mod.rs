//! Tables: named columns of one party, read from CSV, Parquet, npy or npz files.
//!
//! A table lives at its owner. What the other parties learn of it is told where it is given to a session, at
//! [`Dataset`](super::Dataset).

mod column;
mod csv;
mod npz;
#[cfg(feature = "parquet")]
mod parquet;
mod using;

use std::path::Path;

use spu::Error;

pub use column::{Texts, Values};
pub use csv::Csv;

use column::Column;

/// Named columns of equal length, at least one of each: what one party holds.
///
/// What a cell is depends on its use: text is parsed when it is used as a number, and an error then names file, line and column.
/// **No error names a cell's value**, for errors travel to the other parties.
///
/// ```
/// use spu_nn::data::Csv;
///
/// let file = "id,age,income,risk\nb,38,51000.5,low\na,22,17000,high\n";
/// let table = Csv::default().parse("bank.csv", file.as_bytes())?;
/// assert_eq!(table.names().collect::<Vec<_>>(), ["id", "age", "income", "risk"]);
/// assert_eq!(table.numbers("income")?, [51000.5, 17000.0]);
/// assert_eq!(table.keys("id")?, ["b", "a"]);
///
/// let table = table.classify("risk", ["low", "high"])?;
/// assert_eq!(table.integers("risk")?, [0, 1]);
///
/// let error = table.numbers("id").unwrap_err();
/// assert_eq!(error.to_string(), "bank.csv, line 2, column `id`: expected a finite number");
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Table {
    source: String,
    rows: usize,
    columns: Vec<Column>,
    /// Where each row begins in a text file, counted from 1.
    lines: Option<Vec<u64>>,
}

impl Table {
    /// A table of these columns. `source` names it in errors. None, columns of different lengths, no rows, or one name twice are
    /// errors.
    ///
    /// ```
    /// use spu_nn::data::Table;
    ///
    /// let table = Table::new("made here", [("age", vec![38.0, 22.0].into()), ("risk", vec!["low", "high"].into())])?;
    /// assert_eq!(table.rows(), 2);
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    pub fn new<N: Into<String>>(
        source: impl Into<String>,
        columns: impl IntoIterator<Item = (N, Values)>,
    ) -> Result<Self, Error> {
        let columns = columns.into_iter().map(|(name, values)| Column { name: name.into(), values, absent: None });
        Self::of_columns(source.into(), columns.collect(), None)
    }

    /// The table of a file, by the end of its name: `.csv`, `.tsv`, `.parquet`, `.npy` or `.npz`.
    ///
    /// A CSV file begins with a line of names ([`Csv`] says more). Of Parquet all flat columns of numbers, truth values and texts can
    /// be used; its pages may be uncompressed or compressed by snappy, gzip or lz4, and by zstd with the feature `parquet-zstd`, which needs a C compiler. A matrix `[rows, columns]` in npy has columns `0`, `1`, …, and a vector is one column `0`. In npz each vector is a
    /// column of its name, and column j of a matrix is `name.j`.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default().to_ascii_lowercase();
        match end.as_str() {
            "csv" => Csv::default().read(path),
            "tsv" => Csv { delimiter: b'\t' }.read(path),
            "npy" | "npz" => npz::read(path),
            #[cfg(feature = "parquet")]
            "parquet" => parquet::read(path),
            _ => {
                let parquet = if cfg!(feature = "parquet") { " .parquet," } else { "" };
                let problem = format!("expected a name that ends in .csv, .tsv,{parquet} .npy or .npz");
                Err(Error::data(path.display().to_string(), None, problem))
            }
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Names of the columns, in the file's order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// The file, or what it was called when it was made: how errors name it.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The cells of a column, as they were read.
    pub fn values(&self, name: &str) -> Result<&Values, Error> {
        Ok(&self.column(name)?.values)
    }

    /// These columns alone, in this order. A name that the table does not have, or one twice, is an error.
    ///
    /// ```
    /// # use spu_nn::data::Table;
    /// let table = Table::new("bank", [("age", vec![38.0].into()), ("risk", vec!["low"].into())])?;
    /// let error = table.select(["risk", "wage"]).unwrap_err();
    /// assert_eq!(error.to_string(), "bank: there is no column `wage`; the columns are `age`, `risk`");
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    pub fn select(mut self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, Error> {
        let named = |name: &str| self.column(name).cloned();
        let columns = names.into_iter().map(|name| named(name.as_ref())).collect::<Result<_, _>>()?;
        Self::of_columns(std::mem::take(&mut self.source), columns, self.lines)
    }

    /// All columns but these. A name that the table does not have is an error.
    pub fn without(self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, Error> {
        let gone = names.into_iter().map(|name| Ok(self.column(name.as_ref())?.name.clone()));
        let gone = gone.collect::<Result<Vec<String>, Error>>()?;
        let kept: Vec<String> =
            self.names().filter(|name| !gone.iter().any(|g| g == name)).map(str::to_owned).collect();
        self.select(kept)
    }

    fn of_columns(source: String, columns: Vec<Column>, lines: Option<Vec<u64>>) -> Result<Self, Error> {
        let blame = |problem: String| Err(Error::data(&source, None, problem));
        let Some(first) = columns.first() else { return blame("expected columns, found none".into()) };
        let rows = first.values.rows();
        if rows == 0 {
            return blame("expected rows, found none".into());
        }
        for (i, column) in columns.iter().enumerate() {
            if columns[..i].iter().any(|other| other.name == column.name) {
                return blame(format!("expected columns of different names, found `{}` twice", column.name));
            }
            if column.values.rows() != rows {
                let (one, other) = (&first.name, &column.name);
                let found = column.values.rows();
                return blame(format!("expected {rows} rows of `{other}`, as many as of `{one}`, found {found}"));
            }
        }
        Ok(Self { source, rows, columns, lines })
    }

    fn column(&self, name: &str) -> Result<&Column, Error> {
        self.columns.iter().find(|column| column.name == name).ok_or_else(|| {
            let problem = format!("there is no column `{name}`; the columns are {}", super::listed(self.names()));
            Error::data(&self.source, None, problem)
        })
    }
}
