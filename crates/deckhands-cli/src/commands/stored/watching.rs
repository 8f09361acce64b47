//! Work that goes on until it is done or somebody ends it.

use std::pin::pin;

use crate::error::CliError;
use crate::signals::Signals;

/// Carries something out that leaves nothing to clean up; the inner error is the exit code of a
/// signal that came first.
pub(in crate::commands) async fn until_signal<T>(
    work: impl Future<Output = Result<T, CliError>>,
) -> Result<Result<T, u8>, CliError> {
    let signals = Signals::default();
    let watch = signals.watch()?;
    let work = pin!(work);
    tokio::select! {
        biased;
        code = watch.first() => Ok(Err(code)),
        done = work => done.map(Ok),
    }
}
