//! What did not hold, and where.

use std::fmt;
use std::panic::Location;

use crate::error::{StoreError, StoreResult};

/// Something that must hold of every store and did not.
#[derive(Clone, Debug)]
pub struct Fault(String);

/// The answer of a case.
pub type Verdict = Result<(), Fault>;

impl Fault {
    #[track_caller]
    pub(super) fn new(what: impl fmt::Display) -> Self {
        let place = Location::caller();
        Self(format!("{}:{}: {what}", place.file(), place.line()))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Fault {}

impl From<StoreError> for Fault {
    #[track_caller]
    fn from(error: StoreError) -> Self {
        Self::new(format_args!("refused: {error}"))
    }
}

#[track_caller]
pub(super) fn same<T: PartialEq + fmt::Debug>(what: &str, found: T, wanted: T) -> Verdict {
    if found == wanted {
        return Ok(());
    }
    Err(Fault::new(format_args!(
        "{what}\n   found: {found:?}\n  wanted: {wanted:?}"
    )))
}

#[track_caller]
pub(super) fn holds(what: &str, condition: bool) -> Verdict {
    if condition {
        return Ok(());
    }
    Err(Fault::new(what))
}

#[track_caller]
pub(super) fn refused<T: fmt::Debug>(
    what: &str,
    answer: StoreResult<T>,
    rightly: impl Fn(&StoreError) -> bool,
) -> Verdict {
    match answer {
        Err(error) if rightly(&error) => Ok(()),
        other => Err(Fault::new(format_args!("{what}: {other:?}"))),
    }
}

#[track_caller]
pub(super) fn stale<T: fmt::Debug>(what: &str, answer: StoreResult<T>) -> Verdict {
    refused(what, answer, |error| matches!(error, StoreError::Stale))
}

#[track_caller]
pub(super) fn unknown<T: fmt::Debug>(what: &str, answer: StoreResult<T>) -> Verdict {
    refused(what, answer, |error| {
        matches!(error, StoreError::UnknownTask(_))
    })
}
