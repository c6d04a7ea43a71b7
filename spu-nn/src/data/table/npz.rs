//! Tables of NumPy's arrays.

use std::path::Path;

use spu::{Elements, Error, HostTensor};

use super::super::npy::{read_npy, read_npz};
use super::{Table, Values};

/// The columns of an npy or npz file.
pub(super) fn read(path: &Path) -> Result<Table, Error> {
    let source = path.display().to_string();
    let arrays = match path.extension().is_some_and(|end| end.eq_ignore_ascii_case("npz")) {
        true => read_npz(path)?,
        false => vec![(String::new(), read_npy(path)?)],
    };
    let columns = arrays.into_iter().map(|(name, array)| columns(&source, name, array));
    let columns = columns.collect::<Result<Vec<_>, _>>()?.concat();
    Table::new(source, columns)
}

/// The columns of one array.
fn columns(source: &str, name: String, array: HostTensor) -> Result<Vec<(String, Values)>, Error> {
    let of_column = |column: usize| match name.as_str() {
        "" => column.to_string(),
        name => format!("{name}.{column}"),
    };
    match *array.shape.extents() {
        [_] if name.is_empty() => Ok(vec![(of_column(0), array.elements.into())]),
        [_] => Ok(vec![(name, array.elements.into())]),
        [_, width] => Ok((0..width).map(|j| (of_column(j), every(&array.elements, j, width).into())).collect()),
        _ => {
            let array = if name.is_empty() { String::new() } else { format!(", array `{name}`") };
            let problem = "expected a vector or a matrix, whose first axis counts rows";
            Err(Error::data(format!("{source}{array}"), None, problem))
        }
    }
}

/// Every `step`-th element, from `start`.
fn every(elements: &Elements, start: usize, step: usize) -> Elements {
    fn of<T: Copy>(elements: &[T], start: usize, step: usize) -> Vec<T> {
        elements.iter().skip(start).step_by(step).copied().collect()
    }
    match elements {
        Elements::Fxp(x) => Elements::Fxp(of(x, start, step)),
        Elements::Int(x) => Elements::Int(of(x, start, step)),
        Elements::Bool(x) => Elements::Bool(of(x, start, step)),
    }
}
