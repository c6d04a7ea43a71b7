//! Comma-separated values (RFC 4180).

use std::fs::File;
use std::io::Read;
use std::path::Path;

use csv::{ErrorKind, ReaderBuilder, StringRecord, Trim};
use spu::Error;

use super::Table;
use super::column::{Column, Texts, Values};

/// How to read comma-separated values: UTF-8, the first line names the columns, every line has as many cells. Spaces around a cell are no
/// part of it, empty lines are none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Csv {
    /// What stands between cells.
    pub delimiter: u8,
}

impl Default for Csv {
    /// Commas.
    fn default() -> Self {
        Self { delimiter: b',' }
    }
}

impl Csv {
    /// Reads a file.
    pub fn read(self, path: impl AsRef<Path>) -> Result<Table, Error> {
        let source = path.as_ref().display().to_string();
        match File::open(path) {
            Ok(file) => self.parse(&source, file),
            Err(e) => Err(Error::data(source, None, format!("expected a CSV file, but it cannot be opened: {e}"))),
        }
    }

    /// Reads a table from anything; `source` names it in errors.
    pub fn parse(self, source: &str, input: impl Read) -> Result<Table, Error> {
        let mut reader = ReaderBuilder::new().delimiter(self.delimiter).trim(Trim::All).from_reader(input);
        let mut names = reader.headers().map_err(|e| describe(source, &e))?.clone();
        if names.is_empty() {
            return Err(Error::data(source, None, "expected a line of column names, found an empty file"));
        }
        names.trim();
        let mut columns = vec![Texts::default(); names.len()];
        let mut lines = Vec::new();
        let mut record = StringRecord::new();
        while reader.read_record(&mut record).map_err(|e| describe(source, &e))? {
            lines.push(record.position().map_or(0, csv::Position::line));
            columns.iter_mut().zip(&record).for_each(|(column, cell)| column.push(cell));
        }
        let column =
            |(name, texts): (&str, Texts)| Column { name: name.into(), values: Values::Text(texts), absent: None };
        let columns = names.iter().zip(columns).map(column).collect();
        Table::of_columns(source.to_owned(), columns, Some(lines))
    }
}

/// What is wrong, by line; the text of a cell is no part of it.
fn describe(source: &str, error: &csv::Error) -> Error {
    let line = error.position().map_or(String::new(), |at| format!(", line {}", at.line()));
    let problem = match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("expected {expected_len} cells, as many as there are column names, found {len}")
        }
        ErrorKind::Utf8 { err, .. } => format!("expected UTF-8, found other bytes in cell {}", err.field() + 1),
        ErrorKind::Io(e) => format!("it cannot be read: {e}"),
        _ => "expected comma-separated values".into(),
    };
    Error::data(format!("{source}{line}"), None, problem)
}
