//! What tests of data share.

use spu_tensor::Error;

/// What a fault in the data is told as.
#[track_caller]
pub(crate) fn problem<T>(result: Result<T, Error>) -> String {
    match result {
        Err(error @ Error::Data(_)) => error.to_string(),
        Err(error) => panic!("expected a data error, found {error}"),
        Ok(_) => panic!("expected a data error"),
    }
}
