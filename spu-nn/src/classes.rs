//! Labels of the host: checked before they are shared. Those of a [`Table`](crate::data::Table) are checked by
//! [`Dataset::labels`](crate::data::Dataset::labels), or get their classes by [`Table::classify`](crate::data::Table::classify); errors then name file, line and column.

use spu::{Error, HostTensor};

/// The numbers of classes, `[rows]`, as they are, if each lies in 0..`classes`. An error names `source` and the first row at fault, but not its
/// value: errors travel to the other parties, and labels may be secret.
///
/// ```
/// use spu_nn::classes;
///
/// assert_eq!(classes::checked("labels", vec![2, 0], 3)?.shape.extents(), [2]);
/// let error = classes::checked("labels", vec![2, 3], 3).unwrap_err();
/// assert_eq!(error.to_string(), "labels at [1]: expected a class from 0 to 2");
/// # Ok::<(), spu_tensor::Error>(())
/// ```
pub fn checked(source: &str, labels: Vec<i64>, classes: usize) -> Result<HostTensor, Error> {
    match labels.iter().position(|&label| !is_class(label, classes)) {
        None => Ok(HostTensor::int([labels.len()], labels)),
        Some(row) => Err(Error::data(source, Some(vec![row]), expectation(classes))),
    }
}

/// The same as one-hot rows `[rows, classes]`.
///
/// ```
/// use spu_nn::classes;
///
/// assert_eq!(classes::one_hot("labels", vec![2, 0], 3)?.elements.to_f64(), [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
/// assert!(classes::one_hot("labels", vec![-1], 3).is_err());
/// # Ok::<(), spu_tensor::Error>(())
/// ```
pub fn one_hot(source: &str, labels: Vec<i64>, classes: usize) -> Result<HostTensor, Error> {
    let labels = checked(source, labels, classes)?.elements.to_f64();
    let rows = labels.iter().flat_map(|&label| (0..classes).map(move |class| i64::from(class as f64 == label)));
    Ok(HostTensor::int([labels.len(), classes], rows.collect()))
}

/// Whether the label is one of so many classes.
pub(crate) fn is_class(label: i64, classes: usize) -> bool {
    usize::try_from(label).is_ok_and(|label| label < classes)
}

/// What a label should have been.
pub(crate) fn expectation(classes: usize) -> String {
    match classes.checked_sub(1) {
        Some(last) => format!("expected a class from 0 to {last}"),
        None => "there are no classes".to_owned(),
    }
}
