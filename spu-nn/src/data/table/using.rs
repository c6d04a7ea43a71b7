//! The cells of a table as what they are used for.

use std::collections::HashMap;

use spu::{Error, HostTensor};

use super::Table;
use super::column::{Column, Values};
use crate::classes;

impl Table {
    /// A column as finite numbers.
    pub fn numbers(&self, name: &str) -> Result<Vec<f64>, Error> {
        self.cells(self.column(name)?, 0..self.rows, Values::number)
    }

    /// A column as integers; a whole number of a column of floats is one, up to 2^53 in magnitude. A class is its index.
    pub fn integers(&self, name: &str) -> Result<Vec<i64>, Error> {
        self.cells(self.column(name)?, 0..self.rows, Values::integer)
    }

    /// A column as texts; an integer is its decimal digits.
    pub fn texts(&self, name: &str) -> Result<Vec<String>, Error> {
        self.cells(self.column(name)?, 0..self.rows, Values::text)
    }

    /// A column as keys: texts of which no two are equal. A key that stands twice is an error that names it and both rows.
    pub fn keys(&self, name: &str) -> Result<Vec<String>, Error> {
        let keys = self.texts(name)?;
        let mut seen = HashMap::new();
        for (row, key) in keys.iter().enumerate() {
            if let Some(first) = seen.insert(key.as_str(), row) {
                let problem = format!("the key `{key}` stands there a second time, first at {}", self.place(first));
                return Err(Error::data(self.cell(row, name), None, problem));
            }
        }
        Ok(keys)
    }

    /// The columns `names` of `rows` as a matrix of numbers `[rows, names]`. Panics if a row goes past the end.
    pub fn matrix(
        &self,
        names: impl IntoIterator<Item = impl AsRef<str>>,
        rows: impl IntoIterator<Item = usize>,
    ) -> Result<HostTensor, Error> {
        let rows: Vec<usize> = rows.into_iter().collect();
        let cells = |name: &str| self.cells(self.column(name)?, rows.iter().copied(), Values::number);
        let columns = names.into_iter().map(|name| cells(name.as_ref())).collect::<Result<Vec<_>, _>>()?;
        let elements = (0..rows.len()).flat_map(|row| columns.iter().map(move |column| column[row])).collect();
        Ok(HostTensor::fxp([rows.len(), columns.len()], elements))
    }

    /// The column `name` of `rows` as a vector of integers. Panics if a row goes past the end.
    pub fn integers_of(&self, name: &str, rows: impl IntoIterator<Item = usize>) -> Result<HostTensor, Error> {
        Ok(HostTensor::from(self.cells(self.column(name)?, rows, Values::integer)?))
    }

    /// The column `name` of `rows` as a vector of numbers of classes, each from 0 to `classes` − 1. A cell that is none is an error that names its place. Panics if a
    /// row goes past the end.
    pub fn labels_of(
        &self,
        name: &str,
        classes: usize,
        rows: impl IntoIterator<Item = usize>,
    ) -> Result<HostTensor, Error> {
        let class_of = |values: &Values, row| match (values, values.integer(row)) {
            (Values::Unreadable { .. }, Err(problem)) => Err(problem),
            (_, Ok(label)) if classes::is_class(label, classes) => Ok(label),
            _ => Err(classes::expectation(classes)),
        };
        Ok(HostTensor::from(self.cells(self.column(name)?, rows, class_of)?))
    }

    /// The column `name` of `rows` as one-hot rows of integers `[rows, classes]`; [`Table::classify`] has given it classes. Panics
    /// if a row goes past the end.
    pub fn one_hot(&self, name: &str, rows: impl IntoIterator<Item = usize>) -> Result<HostTensor, Error> {
        let Values::Classes { names, members } = self.values(name)? else {
            return Err(Error::data(self.of_column(name), None, "it has no classes: name them by `Table::classify`"));
        };
        let width = names.len();
        let members: Vec<usize> = rows.into_iter().map(|row| members[row]).collect();
        let mut elements = vec![0; members.len() * width];
        elements.chunks_exact_mut(width).zip(&members).for_each(|(row, &class)| row[class] = 1);
        Ok(HostTensor::int([members.len(), width], elements))
    }

    /// The same table with the column `name` as classes: class 0 is the first of `classes`, and so on. A cell that is none of
    /// them is an error that names its place.
    pub fn classify(mut self, name: &str, classes: impl IntoIterator<Item = impl Into<String>>) -> Result<Self, Error> {
        let names: Vec<String> = classes.into_iter().map(Into::into).collect();
        if let Some(twice) = names.iter().enumerate().find(|(i, class)| names[..*i].contains(class)) {
            let problem = format!("expected different classes, found `{}` twice", twice.1);
            return Err(Error::data(self.of_column(name), None, problem));
        }
        let indices: HashMap<&str, usize> = names.iter().map(String::as_str).zip(0..).collect();
        let expectation = || format!("expected one of the classes {}", super::super::listed(&names));
        let class_of = |values: &Values, row| match indices.get(values.text(row)?.as_str()) {
            Some(&class) => Ok(class),
            None => Err(expectation()),
        };
        let members = self.cells(self.column(name)?, 0..self.rows, class_of)?;
        self.replace(name, Values::Classes { names, members });
        Ok(self)
    }

    /// The classes of the column `name`, if it has some.
    pub fn classes(&self, name: &str) -> Result<Option<&[String]>, Error> {
        Ok(match self.values(name)? {
            Values::Classes { names, .. } => Some(names),
            _ => None,
        })
    }

    /// The same table with other cells in the column `name`, if there is one.
    pub(in crate::data) fn replace(&mut self, name: &str, values: Values) {
        self.columns.iter_mut().filter(|column| column.name == name).for_each(|column| column.values = values.clone());
    }

    /// What `read` makes of the cells of `rows`; an error names file, line and column, and never what stands there.
    fn cells<T>(
        &self,
        column: &Column,
        rows: impl IntoIterator<Item = usize>,
        read: impl Fn(&Values, usize) -> Result<T, String>,
    ) -> Result<Vec<T>, Error> {
        let blame = |row, problem: String| Error::data(self.cell(row, &column.name), None, problem);
        if let Some(row) = column.absent {
            return Err(blame(row, "expected a value, found none".into()));
        }
        rows.into_iter().map(|row| read(&column.values, row).map_err(|problem| blame(row, problem))).collect()
    }

    /// The error of an element of these rows and columns, told of its cell; another one as it is.
    pub(in crate::data) fn told_of_cell(&self, error: Error, rows: &[usize], names: &[&str]) -> Error {
        let Error::Data(data) = &error else { return error };
        let index = data.index.as_deref().unwrap_or_default();
        let (row, column) = (index.first().and_then(|&i| rows.get(i)), names.get(index.get(1).copied().unwrap_or(0)));
        match (row, column) {
            (Some(&row), Some(column)) => Error::data(self.cell(row, column), None, &data.problem),
            _ => error,
        }
    }

    /// The place of a cell, as errors name it.
    pub(in crate::data) fn cell(&self, row: usize, column: &str) -> String {
        format!("{}, {}, column `{column}`", self.source, self.place(row))
    }

    /// The place of a column, as errors name it.
    pub(in crate::data) fn of_column(&self, column: &str) -> String {
        format!("{}, column `{column}`", self.source)
    }

    /// A row as its file counts: lines of text, or rows, both from 1.
    fn place(&self, row: usize) -> String {
        match &self.lines {
            Some(lines) => format!("line {}", lines[row]),
            None => format!("row {}", row + 1),
        }
    }
}
