//! From rows of a data set to shared tensors.

use spu::executor::Executor;
use spu::{DType, Error, ExecutorExt, Fxp, HostTensor, Int, Location, Secret, Shared, Tensor};

use super::{Arrangement, Dataset, Part};
use crate::data::Table;
use crate::data::rows::{arranged, checked};

impl Dataset {
    /// The columns `names` of `rows` as shared real numbers `[rows, names]`: each owner shares what it has, and the tensor is put together of
    /// that without a message.
    ///
    /// Rows may come in any order and more than once: `0..data.rows()`, or a batch of [`shuffled_batches`](crate::data::shuffled_batches). What
    /// goes through many epochs is shared once as a whole, and its batches taken by [`take_rows`](crate::data::take_rows), which costs
    /// nothing.
    ///
    /// Errors, at every party: a column that nobody has; a cell that is no finite number (named by its file, line and column) or that the ring
    /// cannot hold. A row past the end, no rows and no names are errors of the program.
    #[track_caller]
    pub fn features(
        &self,
        session: &(impl Executor + ?Sized),
        names: impl IntoIterator<Item = impl AsRef<str>>,
        rows: impl IntoIterator<Item = usize>,
    ) -> Result<Shared<Tensor<Secret, Fxp>>, Error> {
        let rows = checked(rows, self.rows, Location::caller())?;
        let names: Vec<String> = names.into_iter().map(|name| name.as_ref().to_owned()).collect();
        if names.is_empty() {
            return Err(Error::program("cannot share features of no columns: name one at least", Location::caller()));
        }
        match self.arrangement {
            Arrangement::Below => {
                names.iter().try_for_each(|name| self.holder(name).map(drop))?;
                self.below(session, &rows, &[names.len()], |table, rows| table.matrix(&names, rows))
            }
            Arrangement::Beside => {
                let mut parts = Vec::new();
                // Where each name's column stands once the parts are side by side.
                let mut places = vec![0; names.len()];
                let mut width = 0;
                let holders = names.iter().map(|name| self.holder(name)).collect::<Result<Vec<_>, _>>()?;
                for (p, part) in self.parts.iter().enumerate() {
                    let held: Vec<usize> = (0..names.len()).filter(|&i| holders[i] == p).collect();
                    if held.is_empty() {
                        continue;
                    }
                    held.iter().zip(width..).for_each(|(&i, place)| places[i] = place);
                    width += held.len();
                    let own: Vec<&str> = held.iter().map(|&i| names[i].as_str()).collect();
                    let shape = [rows.len(), own.len()];
                    parts.push(session.input(part.owner, shape, || {
                        let (table, rows) = part.here(&rows);
                        table.matrix(&own, rows)
                    })?);
                }
                arranged(session, &parts, 1, places)
            }
        }
    }

    /// The column `name` of `rows` as shared integers `[rows]`; classes are their indices. Errors as those of [`features`](Self::features).
    #[track_caller]
    pub fn integers(
        &self,
        session: &(impl Executor + ?Sized),
        name: &str,
        rows: impl IntoIterator<Item = usize>,
    ) -> Result<Shared<Tensor<Secret, Int>>, Error> {
        let rows = checked(rows, self.rows, Location::caller())?;
        self.column(session, name, &rows, &[], |table, rows| table.integers_of(name, rows))
    }

    /// The column `name` of `rows`, which [`Table::classify`] has given classes, as shared one-hot rows `[rows, classes]`. A column without
    /// classes is an error at every party; else errors are those of [`features`](Self::features).
    #[track_caller]
    pub fn one_hot(
        &self,
        session: &(impl Executor + ?Sized),
        name: &str,
        rows: impl IntoIterator<Item = usize>,
    ) -> Result<Shared<Tensor<Secret, Int>>, Error> {
        let rows = checked(rows, self.rows, Location::caller())?;
        let holder = &self.parts[self.holder(name)?];
        let Some(classes) = self.classes(name) else {
            let source = format!("{}, column `{name}`", holder.outline.source);
            return Err(Error::data(source, None, "it has no classes: name them by `Table::classify`"));
        };
        self.column(session, name, &rows, &[classes.len()], |table, rows| table.one_hot(name, rows))
    }

    /// One column: of its one holder, or of all parts.
    fn column<D: DType>(
        &self,
        session: &(impl Executor + ?Sized),
        name: &str,
        rows: &[usize],
        inner: &[usize],
        read: impl Fn(&Table, Vec<usize>) -> Result<HostTensor, Error>,
    ) -> Result<Shared<Tensor<Secret, D>>, Error> {
        let holder = &self.parts[self.holder(name)?];
        match self.arrangement {
            Arrangement::Below => self.below(session, rows, inner, read),
            Arrangement::Beside => session.input(holder.owner, [&[rows.len()], inner].concat(), || {
                let (table, rows) = holder.here(rows);
                read(table, rows)
            }),
        }
    }

    /// Rows of all parts, one below the other: each owner shares those of its own, which are then put in order.
    fn below<D: DType>(
        &self,
        session: &(impl Executor + ?Sized),
        rows: &[usize],
        inner: &[usize],
        read: impl Fn(&Table, Vec<usize>) -> Result<HostTensor, Error>,
    ) -> Result<Shared<Tensor<Secret, D>>, Error> {
        let mut shared = Vec::new();
        let mut places = vec![0; rows.len()];
        let (mut begin, mut above) = (0, 0);
        for part in &self.parts {
            let range = begin..begin + part.outline.rows;
            let held: Vec<usize> = (0..rows.len()).filter(|&i| range.contains(&rows[i])).collect();
            begin = range.end;
            if held.is_empty() {
                continue;
            }
            held.iter().zip(above..).for_each(|(&i, place)| places[i] = place);
            above += held.len();
            let own: Vec<usize> = held.iter().map(|&i| rows[i] - range.start).collect();
            shared.push(session.input(part.owner, [&[own.len()], inner].concat(), || {
                let (table, own) = part.here(&own);
                read(table, own)
            })?);
        }
        arranged(session, &shared, 0, places)
    }

    /// Which part has the column; of stacked parts the first, for all have it.
    fn holder(&self, name: &str) -> Result<usize, Error> {
        let has = |part: &Part| part.outline.names().any(|column| column == name);
        self.parts.iter().position(has).ok_or_else(|| {
            let sources: Vec<&str> = self.parts.iter().map(|part| part.outline.source.as_str()).collect();
            let columns = crate::data::listed(self.columns());
            let problem = format!("there is no column `{name}`; the columns are {columns}");
            Error::data(sources.join(", "), None, problem)
        })
    }
}

impl Part {
    /// The table, and where `rows` of the data set stand in it. Only the owner asks.
    fn here(&self, rows: &[usize]) -> (&Table, Vec<usize>) {
        let table = self.table.as_ref().expect("the owner has read its table");
        (table, rows.iter().map(|&row| self.order[row]).collect())
    }
}
