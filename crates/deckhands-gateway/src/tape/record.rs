//! Writes a tape while an attempt is at work.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::spawn_blocking;

use super::TapedCall;
use super::error::TapeError;
use crate::secret::Veil;

mod writer;

use writer::Writer;

/// Records the calls of one attempt. Clones write to the same tape.
///
/// Whatever becomes of the file, no call fails of it: the first failure is logged, ends the recording and
/// is told by [`close`](Self::close).
#[derive(Clone, Debug)]
pub struct Recorder {
    /// Held by the one job that writes, on a thread that may block. Who waits for it goes on in the order
    /// of coming.
    writer: Arc<Mutex<Writer>>,
}

/// What a recorder has written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recorded {
    /// Calls on the tape, with those from before it was opened.
    pub calls: u64,
    /// Length of the file in bytes.
    pub bytes: u64,
    /// Calls that are not on it, as it has reached its bound or could not be written.
    pub left_out: u64,
}

impl Recorder {
    /// How long a tape gets unless told otherwise: 64 MiB, as a run of 500 steps with answers of 100 kB
    /// each stays below it.
    pub const DEFAULT_BYTES: u64 = 64 << 20;

    /// Opens a tape of at most `most` bytes, with mode 0600. One that is there, from before a takeover, is
    /// gone on with; a last line that was cut off is taken away.
    ///
    /// Of a new tape the first line is written whatever `most` is. Dropping the future leaves at worst a
    /// tape without a call.
    ///
    /// # Errors
    /// [`TapeError::Write`] when it can't be made or written; as [`Tape::read`](super::Tape::read) when
    /// there is a file that is no tape, or one that is damaged or newer.
    pub async fn open(path: impl Into<PathBuf>, most: u64) -> Result<Self, TapeError> {
        let path = path.into();
        let opened = spawn_blocking(move || Writer::open(&path, most)).await;
        let writer = opened.map_err(lost)??;
        Ok(Self {
            writer: Arc::new(Mutex::new(writer)),
        })
    }

    /// Records a call with these secrets struck out of all its texts.
    ///
    /// It returns when the line is with the system, so that what an agent has been answered outlives this
    /// process; it never fails. Dropping the future loses the line only while an earlier one is being
    /// written. After [`close`](Self::close) it does nothing.
    pub async fn record(&self, call: TapedCall, secrets: &[&str]) {
        let veil = Veil::over(secrets.iter().copied());
        let mut writer = self.writer().await;
        // It fails only if the runtime is about to end, or by a panic, which is told where it happens.
        let _ = spawn_blocking(move || writer.write(call, &veil)).await;
    }

    /// Waits for all lines that were given before, and for the disk to have them. What is recorded after
    /// this is dropped.
    ///
    /// # Errors
    /// [`TapeError::Write`] with the first failure of all the writing; a second call does not tell it again.
    pub async fn close(&self) -> Result<Recorded, TapeError> {
        let mut writer = self.writer().await;
        spawn_blocking(move || writer.close()).await.map_err(lost)?
    }

    async fn writer(&self) -> OwnedMutexGuard<Writer> {
        Arc::clone(&self.writer).lock_owned().await
    }
}

/// The job did not come to its end.
fn lost(error: tokio::task::JoinError) -> TapeError {
    TapeError::Write {
        source: std::io::Error::other(error),
    }
}

#[cfg(test)]
mod tests;
