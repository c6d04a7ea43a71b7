//! From rows of a data set to shared tensors.

use spu::executor::Executor;
use spu::{DType, Error, ExecutorExt, Fxp, HostTensor, Int, Location, Secret, Shared, Tensor};

use super::{Arrangement, Dataset, Part};
use crate::data::rows::{arranged, checked};
use crate::data::{Table, listed};

impl Dataset {
    /// The columns `names` of `rows` as shared real numbers `[rows, names]`: each owner shares what it has, and the tensor is put together of
    /// that without a message.
    ///
    /// Rows may come in any order and more than once: `0..data.rows()`, or a batch of [`shuffled_batches`](crate::data::shuffled_batches). What
    /// goes through many epochs is shared once as a whole, and its batches taken by [`take_rows`](crate::data::take_rows), which costs
    /// nothing.
    ///
    /// Errors, at every party: a column that nobody has; a cell that is no finite number or that the session's ring cannot hold, named by its file, line and
    /// column. A row past the end, no rows and no names are errors of the program.
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
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                self.below(session, &names, &rows, &[names.len()], |table, rows| table.matrix(&names, rows))
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
                    parts.push(part.share(session, &own, &rows, &[own.len()], |table, rows| table.matrix(&own, rows))?);
                }
                arranged(session, &parts, 1, places)
            }
        }
    }

    /// The column `name` of `rows` as shared integers `[rows]`; classes are their indices. Any integer that the ring holds passes: what are to be numbers of classes, as
    /// a loss takes them, are [`labels`](Self::labels). Errors as those of [`features`](Self::features).
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

    /// The column `name` of `rows` as shared numbers of classes `[rows]`, each from 0 to `classes` − 1, as
    /// [`cross_entropy_of_classes`](crate::loss::cross_entropy_of_classes) takes them, and with two classes
    /// [`binary_cross_entropy`](crate::loss::binary_cross_entropy) and [`auc`](crate::metrics::auc).
    ///
    /// The column holds those numbers, or names that [`Table::classify`] has given classes. Errors, at every party: a cell that is none of the classes (named by its file,
    /// line and column, but not what stands there); a column with another number of classes; else those of [`features`](Self::features).
    ///
    /// ```
    /// use spu_nn::data::{Csv, Dataset, Source};
    /// use spu_tensor::{Evaluator, ExecutorExt, Party};
    ///
    /// let session = Evaluator::new();
    /// let flowers = || Csv::default().parse("flowers.csv", "petal,species\n1.4,0\n6.0,2\n4.7,3\n".as_bytes());
    /// let data = Dataset::stacked(&session, [Source::new(Party(0), flowers)])?;
    /// let y = data.labels(&session, "species", 3, 0..2)?;
    /// assert_eq!(session.reveal(&y)?.values(), [0.0, 2.0]);
    /// let error = data.labels(&session, "species", 3, 0..3).err().unwrap();
    /// assert_eq!(error.to_string(), "flowers.csv, line 4, column `species`: expected a class from 0 to 2");
    /// # Ok::<(), spu_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn labels(
        &self,
        session: &(impl Executor + ?Sized),
        name: &str,
        classes: usize,
        rows: impl IntoIterator<Item = usize>,
    ) -> Result<Shared<Tensor<Secret, Int>>, Error> {
        let rows = checked(rows, self.rows, Location::caller())?;
        let holder = &self.parts[self.holder(name)?];
        if let Some(names) = self.classes(name).filter(|names| names.len() != classes) {
            let problem = format!("expected {classes} classes, found {}: {}", names.len(), listed(names));
            return Err(holder.of_column(name, problem));
        }
        self.column(session, name, &rows, &[], |table, rows| table.labels_of(name, classes, rows))
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
            return Err(holder.of_column(name, "it has no classes: name them by `Table::classify`".into()));
        };
        self.column(session, name, &rows, &[classes.len()], |table, rows| table.one_hot(name, rows))
    }

    /// One column: of its one holder, or of all parts.
    #[track_caller]
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
            Arrangement::Below => self.below(session, &[name], rows, inner, read),
            Arrangement::Beside => holder.share(session, &[name], rows, inner, read),
        }
    }

    /// Rows of all parts, one below the other: each owner shares those of its own, which are then put in order.
    #[track_caller]
    fn below<D: DType>(
        &self,
        session: &(impl Executor + ?Sized),
        names: &[&str],
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
            shared.push(part.share(session, names, &own, inner, &read)?);
        }
        arranged(session, &shared, 0, places)
    }

    /// Which part has the column; of stacked parts the first, for all have it.
    fn holder(&self, name: &str) -> Result<usize, Error> {
        let has = |part: &Part| part.outline.names().any(|column| column == name);
        self.parts.iter().position(has).ok_or_else(|| {
            let sources: Vec<&str> = self.parts.iter().map(|part| part.outline.source.as_str()).collect();
            let columns = listed(self.columns());
            let problem = format!("there is no column `{name}`; the columns are {columns}");
            Error::data(sources.join(", "), None, problem)
        })
    }
}

impl Part {
    /// Shares what `read` makes of the columns `names` in `rows` of the data set's part, one row along the first axis for each. Only the owner reads. An element that the
    /// session cannot hold is an error that names its cell.
    fn share<D: DType>(
        &self,
        session: &(impl Executor + ?Sized),
        names: &[&str],
        rows: &[usize],
        inner: &[usize],
        read: impl Fn(&Table, Vec<usize>) -> Result<HostTensor, Error>,
    ) -> Result<Shared<Tensor<Secret, D>>, Error> {
        session.input(self.owner, [&[rows.len()], inner].concat(), || {
            let table = self.table.as_ref().expect("the owner has read its table");
            let rows: Vec<usize> = rows.iter().map(|&row| self.order[row]).collect();
            let cells = read(table, rows.clone())?;
            session.holds(table.source(), &cells).map_err(|error| table.told_of_cell(error, &rows, names))?;
            Ok(cells)
        })
    }

    /// An error of a column, as all parties see it.
    fn of_column(&self, name: &str, problem: String) -> Error {
        Error::data(format!("{}, column `{name}`", self.outline.source), None, problem)
    }
}
