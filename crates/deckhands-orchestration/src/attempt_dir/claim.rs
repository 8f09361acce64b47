//! Claiming an attempt's directory as one step for everybody who does.

use std::io;

use super::{AttemptDir, Claim};
use crate::home::Home;
use crate::runner::blocking;

/// Claims the directory if nobody lives in it, under the lock of a home.
///
/// # Errors
/// The system's error where a lock file cannot be opened (another user's, for example).
pub(crate) async fn claim(home: &Home, dir: &AttemptDir) -> io::Result<Claim> {
    let (home, dir) = (home.clone(), dir.clone());
    let claimed = blocking(move || {
        let _guard = home.guard().map_err(|error| error.source)?;
        dir.claim()
    });
    claimed
        .await
        .map_err(|failure| io::Error::other(failure.message))?
}
