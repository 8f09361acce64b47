//! SIGINT and SIGTERM: the first cancels cleanly, the second ends the process at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::error::CliError;
use crate::exit_code::INTERRUPTED;

mod stages;

pub(crate) use stages::Asked;

/// Exit code for SIGTERM.
const TERMINATED: u8 = 143;

/// What signals mean to a task.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signals {
    /// Triggered by the first signal.
    pub(crate) cancel: CancellationToken,
    code: Arc<AtomicU8>,
}

/// The signals that come from now on.
#[derive(Debug)]
pub(crate) struct Watch {
    signals: Signals,
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// The exit code of the signal that came, if one came.
    pub(crate) fn code(&self) -> Option<u8> {
        Some(self.code.load(Ordering::Relaxed)).filter(|code| *code != 0)
    }

    /// Takes signals over from the system, which would end the process. To be called inside of the
    /// async runtime, before there is anything to clean up.
    pub(crate) fn watch(&self) -> Result<Watch, CliError> {
        Ok(Watch {
            signals: self.clone(),
            interrupt: taken_over(SignalKind::interrupt())?,
            terminate: taken_over(SignalKind::terminate())?,
        })
    }
}

fn taken_over(kind: SignalKind) -> Result<Signal, CliError> {
    signal(kind).map_err(|error| {
        let hint = "the system refuses to tell about signals: run it again";
        CliError::environment(&error, hint)
    })
}

impl Watch {
    /// Waits for the first signal and returns its exit code, for work that is simply left.
    pub(crate) async fn first(mut self) -> u8 {
        self.next().await
    }

    /// Cancels at the first signal and returns the exit code of the second one.
    ///
    /// `first` is called once, at the first signal.
    pub(crate) async fn second(mut self, first: impl FnOnce()) -> u8 {
        let code = self.next().await;
        self.signals.code.store(code, Ordering::Relaxed);
        first();
        self.signals.cancel.cancel();
        self.next().await
    }

    async fn next(&mut self) -> u8 {
        tokio::select! {
            biased;
            _ = self.interrupt.recv() => INTERRUPTED,
            _ = self.terminate.recv() => TERMINATED,
        }
    }
}
