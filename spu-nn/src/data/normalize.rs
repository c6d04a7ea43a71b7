//! Normalization of columns, by numbers that are given or that the owner of the columns computes.

use serde::{Deserialize, Serialize};
use spu::Error;

use super::{Table, Values};

/// How columns are shifted and scaled: x becomes (x − center)/width.
///
/// It is applied by the owner to its own table, before anything is shared: the session sees normalized columns only. Fixed-point numbers
/// want values around 1: an income of 51 000 squared is beyond the range of a ring of 32 bits, and gradients of such columns are larger still.
///
/// **What is public**: a normalization that is [given](Self::given) is in the program, and all parties know it. What the owner computes by
/// [`standard`](Self::standard) or [`min_max`](Self::min_max) is known to the owner alone, unless it tells the numbers by
/// [`announce`](super::announce()), as where the rows of a table lie at several parties that must all use the same ones. Means, deviations,
/// minima and maxima are facts about the data: a minimum is somebody's value.
///
/// ```
/// use spu_nn::data::{Normalization, Table};
///
/// let train = Table::new("train", [("age", vec![20.0, 40.0, 60.0].into())])?;
/// let test = Table::new("test", [("age", vec![70.0].into())])?;
/// let normalization = Normalization::min_max(&train, ["age"])?;
/// assert_eq!(train.normalize(&normalization)?.numbers("age")?, [0.0, 0.5, 1.0]);
/// assert_eq!(test.normalize(&normalization)?.numbers("age")?, [1.25]);
/// # Ok::<(), spu_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Normalization {
    columns: Vec<Affine>,
}

/// x becomes (x − center)/width.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Affine {
    name: String,
    center: f64,
    width: f64,
}

impl Normalization {
    /// Of each column its name, center and width.
    pub fn given<N: Into<String>>(columns: impl IntoIterator<Item = (N, f64, f64)>) -> Self {
        let columns = columns.into_iter().map(|(name, center, width)| Affine { name: name.into(), center, width });
        Self { columns: columns.collect() }
    }

    /// To mean 0 and standard deviation 1 (that of the population: the root of Σ(x − mean)²/n) over the rows of `table`.
    pub fn standard(table: &Table, names: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, Error> {
        Self::computed(table, names, |values| {
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            (mean, (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt())
        })
    }

    /// To the range from 0 to 1 over the rows of `table`.
    pub fn min_max(table: &Table, names: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, Error> {
        Self::computed(table, names, |values| {
            let min = values.iter().copied().fold(f64::INFINITY, f64::min);
            (min, values.iter().copied().fold(f64::NEG_INFINITY, f64::max) - min)
        })
    }

    fn computed(
        table: &Table,
        names: impl IntoIterator<Item = impl AsRef<str>>,
        affine: impl Fn(&[f64]) -> (f64, f64),
    ) -> Result<Self, Error> {
        let column = |name: &str| {
            let (center, width) = affine(&table.numbers(name)?);
            match width > 0.0 && width.is_finite() && center.is_finite() {
                true => Ok(Affine { name: name.to_owned(), center, width }),
                false => {
                    let problem = "cannot be normalized: all its values are equal, or too large to tell their spread";
                    Err(Error::data(table.of_column(name), None, problem))
                }
            }
        };
        Ok(Self { columns: names.into_iter().map(|name| column(name.as_ref())).collect::<Result<_, _>>()? })
    }
}

impl Table {
    /// The same table with the columns of `normalization` shifted and scaled. A column that the table does not have, and a width that is
    /// not a positive number, are errors.
    pub fn normalize(mut self, normalization: &Normalization) -> Result<Self, Error> {
        for Affine { name, center, width } in &normalization.columns {
            if !(*width > 0.0 && width.is_finite() && center.is_finite()) {
                let problem = "expected a finite center and a positive width to normalize it by";
                return Err(Error::data(self.of_column(name), None, problem));
            }
            let normal = self.numbers(name)?.into_iter().map(|x| (x - center) / width).collect();
            self.replace(name, Values::Numbers(normal));
        }
        Ok(self)
    }
}
