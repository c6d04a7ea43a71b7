//! Apache Parquet.

use std::fs::File;
use std::panic::catch_unwind;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use parquet::schema::types::Type;
use spu::Error;

use super::Table;
use super::column::{Column, Values};

/// Reads all flat columns of numbers, truth values and texts; others are there by name, and an error where they are used.
///
/// The `parquet` crate asserts some of what a damaged file can violate, as offsets that are not negative: its panic is an error of the file, too.
pub(super) fn read(path: &Path) -> Result<Table, Error> {
    catch_unwind(|| sound(path)).unwrap_or_else(|_| {
        let problem = "expected a sound Parquet file, found one whose parts contradict each other";
        Err(Error::data(path.display().to_string(), None, problem))
    })
}

fn sound(path: &Path) -> Result<Table, Error> {
    let source = path.display().to_string();
    let blame = |problem: String| Error::data(&source, None, problem);
    let file = File::open(path).map_err(|e| blame(format!("expected a Parquet file, but it cannot be opened: {e}")))?;
    let broken = |e: ParquetError| blame(format!("expected a sound Parquet file: {e}"));
    let reader = SerializedFileReader::new(file).map_err(broken)?;
    check_codecs(reader.metadata()).map_err(blame)?;
    let schema = reader.metadata().file_metadata().schema();
    let flat: Vec<Arc<Type>> = schema.get_fields().iter().filter(|field| is_flat(field)).cloned().collect();
    let mut flat_columns: Vec<Gathered> = flat.iter().map(|_| Gathered::default()).collect();
    let mut rows = 0;
    if !flat.is_empty() {
        let projection = Type::group_type_builder(schema.name()).with_fields(flat).build().map_err(broken)?;
        for record in reader.get_row_iter(Some(projection)).map_err(broken)? {
            let record = record.map_err(broken)?;
            for (column, (name, field)) in flat_columns.iter_mut().zip(record.get_column_iter()) {
                column.push(rows, field).map_err(|problem| {
                    Error::data(format!("{source}, row {}, column `{name}`", rows + 1), None, problem)
                })?;
            }
            rows += 1;
        }
    }
    let mut flat_columns = flat_columns.into_iter();
    let columns = schema.get_fields().iter().map(|field| match is_flat(field) {
        true => flat_columns.next().expect("a column for each flat field").named(field.name(), rows),
        false => Gathered::default().named(field.name(), rows),
    });
    let columns = columns.collect();
    Table::of_columns(source, columns, None)
}

/// Says how to read a file that is compressed by what this build does not know.
fn check_codecs(file: &ParquetMetaData) -> Result<(), String> {
    for column in file.row_groups().iter().flat_map(|group| group.columns()) {
        let (codec, remedy) = match column.compression() {
            Compression::ZSTD(_) if !cfg!(feature = "parquet-zstd") => {
                ("zstd", "; the feature `parquet-zstd` reads it")
            }
            Compression::BROTLI(_) => ("brotli", ""),
            Compression::LZO => ("lzo", ""),
            _ => continue,
        };
        let name = column.column_path().string();
        return Err(format!("expected no compression, snappy, gzip or lz4, found {codec} in column `{name}`{remedy}"));
    }
    Ok(())
}

fn is_flat(field: &Type) -> bool {
    let info = field.get_basic_info();
    field.is_primitive() && !(info.has_repetition() && info.repetition() == parquet::basic::Repetition::REPEATED)
}

/// A column under way.
#[derive(Default)]
struct Gathered {
    /// None before the first cell with a value.
    values: Option<Values>,
    absent: Option<usize>,
}

impl Gathered {
    /// One more cell, that of row `row`. A missing one leaves a placeholder: a column with such is never used.
    fn push(&mut self, row: usize, field: &Field) -> Result<(), &'static str> {
        if matches!(field, Field::Null) {
            self.absent.get_or_insert(row);
        }
        let placeholders = || std::iter::repeat_n("", row).collect();
        let cell = match field {
            Field::Null => Cell::Null,
            Field::Bool(x) => Cell::Integer((*x).into()),
            Field::Byte(x) => Cell::Integer((*x).into()),
            Field::Short(x) => Cell::Integer((*x).into()),
            Field::Int(x) => Cell::Integer((*x).into()),
            Field::Long(x) => Cell::Integer(*x),
            Field::UByte(x) => Cell::Integer((*x).into()),
            Field::UShort(x) => Cell::Integer((*x).into()),
            Field::UInt(x) => Cell::Integer((*x).into()),
            Field::ULong(x) => Cell::Integer((*x).try_into().map_err(|_| "expected an integer below 2^63")?),
            Field::Float16(x) => Cell::Number((*x).into()),
            Field::Float(x) => Cell::Number((*x).into()),
            Field::Double(x) => Cell::Number(*x),
            Field::Str(x) => Cell::Text(x),
            _ => Cell::Other,
        };
        let values = match (&mut self.values, &cell) {
            (None, Cell::Null) => return Ok(()),
            (Some(values), _) => values,
            (none, Cell::Integer(_)) => none.insert(Values::Integers(vec![0; row])),
            (none, Cell::Number(_)) => none.insert(Values::Numbers(vec![0.0; row])),
            (none, Cell::Text(_)) => none.insert(Values::Text(placeholders())),
            (_, Cell::Other) => return Ok(()),
        };
        match (values, cell) {
            (Values::Integers(values), Cell::Integer(x)) => values.push(x),
            (Values::Integers(values), _) => values.push(0),
            (Values::Numbers(values), Cell::Number(x)) => values.push(x),
            (Values::Numbers(values), _) => values.push(0.0),
            (Values::Text(values), Cell::Text(x)) => values.push(x),
            (Values::Text(values), _) => values.push(""),
            _ => unreachable!("only these three are gathered"),
        }
        Ok(())
    }

    fn named(self, name: &str, rows: usize) -> Column {
        let ty = "that is none of number, truth value and text".to_owned();
        let values = self.values.unwrap_or(Values::Unreadable { ty, rows });
        Column { name: name.to_owned(), values, absent: self.absent }
    }
}

/// What a table can hold of a Parquet cell.
enum Cell<'a> {
    Null,
    Integer(i64),
    Number(f64),
    Text(&'a str),
    Other,
}
