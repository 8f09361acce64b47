//! SIGINT and SIGTERM: the first cancels cleanly, the second ends the process at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::exit_code::INTERRUPTED;

/// Exit code for SIGTERM.
const TERMINATED: u8 = 143;

/// Watches for signals while a task runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signals {
    /// Triggered by the first signal.
    pub(crate) cancel: CancellationToken,
    code: Arc<AtomicU8>,
}

impl Signals {
    /// The exit code of the signal that came, if one came.
    pub(crate) fn code(&self) -> Option<u8> {
        Some(self.code.load(Ordering::Relaxed)).filter(|code| *code != 0)
    }

    /// Cancels at the first signal and returns at the second one.
    ///
    /// `first` is called once, at the first signal.
    pub(crate) async fn second(&self, first: impl FnOnce()) -> std::io::Result<u8> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut first = Some(first);
        loop {
            let code = tokio::select! {
                _ = interrupt.recv() => INTERRUPTED,
                _ = terminate.recv() => TERMINATED,
            };
            let Some(first) = first.take() else {
                return Ok(code);
            };
            self.code.store(code, Ordering::Relaxed);
            first();
            self.cancel.cancel();
        }
    }
}
