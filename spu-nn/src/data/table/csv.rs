//! Comma-separated values (RFC 4180).

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;
use std::str;

use csv::{ByteRecord, Reader, ReaderBuilder};
use spu::Error;

use super::Table;
use super::column::{Column, Texts, Values};

/// How to read comma-separated values: UTF-8, the first line names the columns, every record has as many cells. Spaces around a cell are no part of it.
/// Empty lines are skipped, but in a table of one column, where they could be missing cells, they are errors.
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
    pub fn parse(self, source: &str, mut input: impl Read) -> Result<Table, Error> {
        let mut text = Vec::new();
        let read = input.read_to_end(&mut text);
        read.map_err(|e| Error::data(source, None, format!("it cannot be read: {e}")))?;
        let mut records = Records::new(self.delimiter, text);
        let blame = |(line, problem): Problem| Error::data(format!("{source}, line {line}"), None, problem);

        let mut names: Vec<String> = Vec::new();
        if !records.read(|_, cell| names.push(cell.to_owned())).map_err(blame)? {
            return Err(Error::data(source, None, "expected a line of column names, found an empty file"));
        }
        records.expected = Some(names.len());
        let mut columns = vec![Texts::default(); names.len()];
        let mut lines = Vec::new();
        while records.read(|column, cell| columns[column].push(cell)).map_err(blame)? {
            lines.push(records.line);
        }
        let column = |(name, texts)| Column { name, values: Values::Text(texts), absent: None };
        let columns = names.into_iter().zip(columns).map(column).collect();
        Table::of_columns(source.to_owned(), columns, Some(lines))
    }
}

/// A line and what is wrong there; the text of a cell is no part of it.
type Problem = (u64, String);

/// The records of a text, one after another.
///
/// The reader's own line numbers are of no use: it counts `\n`, and places a record where the one before it ended, before empty lines and, after
/// `\r\n`, still on the line before.
struct Records {
    reader: Reader<Cursor<Vec<u8>>>,
    record: ByteRecord,
    /// How many cells a record must have.
    expected: Option<usize>,
    /// Where the last record begins, counted from 1.
    line: u64,
    /// The byte where it begins.
    start: usize,
    /// Where the text ends. One more record stands there: a quote that is never closed swallows it.
    end: usize,
}

impl Records {
    fn new(delimiter: u8, mut text: Vec<u8>) -> Self {
        if text.starts_with(BYTE_ORDER_MARK) {
            text.drain(..BYTE_ORDER_MARK.len());
        }
        if !text.ends_with(b"\n") && !text.ends_with(b"\r") {
            text.push(b'\n');
        }
        let end = text.len();
        text.push(b'.');
        let reader =
            ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(Cursor::new(text));
        Self { reader, record: ByteRecord::new(), expected: None, line: 1, start: 0, end }
    }

    /// Hands out the next record's cells, trimmed, with their places in it; false if there is none.
    fn read(&mut self, mut take: impl FnMut(usize, &str)) -> Result<bool, Problem> {
        let from = self.reader.position().byte() as usize;
        let read = self.reader.read_byte_record(&mut self.record);
        read.map_err(|e| (self.line, format!("expected comma-separated values: {e}")))?;
        let text = self.reader.get_ref().get_ref();
        let start = from + text[from..].iter().take_while(|byte| b"\r\n".contains(byte)).count();
        let ended = self.line + breaks(&text[self.start..from]);
        self.line += breaks(&text[self.start..start]);
        self.start = start;

        if self.expected == Some(1) && self.line > ended {
            return Err((ended, "expected a cell, found an empty line; an empty cell is written \"\"".into()));
        }
        if start == self.end {
            return Ok(false);
        }
        let found = self.record.len();
        if self.reader.position().byte() as usize > self.end {
            return Err((self.line, format!("expected the quote that closes cell {found}, found the end")));
        }
        match self.expected {
            Some(expected) if expected != found => {
                let problem = format!("expected {expected} cells, as many as there are column names, found {found}");
                return Err((self.line, problem));
            }
            _ => (),
        }
        for (i, cell) in self.record.iter().enumerate() {
            let cell = str::from_utf8(cell);
            let cell = cell.map_err(|_| (self.line, format!("expected UTF-8, found other bytes in cell {}", i + 1)))?;
            take(i, cell.trim());
        }
        Ok(true)
    }
}

/// How many lines end in a text: by `\n`, `\r\n` or `\r`.
fn breaks(text: &[u8]) -> u64 {
    let starts_break = |i: usize| text[i] == b'\r' || text[i] == b'\n' && (i == 0 || text[i - 1] != b'\r');
    (0..text.len()).filter(|&i| starts_break(i)).count() as u64
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
