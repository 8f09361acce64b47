//! A panic of ours is told as one error, with a report on disk.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use deckhands_model::TaskId;
use deckhands_orchestration::{IdSource, SystemIds};

use crate::error::CliError;
use crate::exit_code;

/// The report of the first panic, once there is one.
#[derive(Clone, Debug, Default)]
pub(crate) struct CrashReport(Arc<OnceLock<PathBuf>>);

/// Makes panics write a report instead of a trace on the terminal.
pub(crate) fn install() -> CrashReport {
    let report = CrashReport::default();
    let target = report.clone();
    std::panic::set_hook(Box::new(move |panic| {
        let trace = std::backtrace::Backtrace::force_capture();
        let version = env!("CARGO_PKG_VERSION");
        let text = format!("deckhands {version}\n{panic}\n{trace}\n");
        target.write(&std::env::temp_dir(), &text);
    }));
    report
}

impl CrashReport {
    /// Writes a report into a directory that others may write, too. Only the first panic counts:
    /// later ones follow from it.
    fn write(&self, dir: &Path, text: &str) {
        let random = TaskId::from_random(SystemIds.random());
        let path = dir.join(format!(
            "deckhands-crash-{}-{random}.txt",
            std::process::id()
        ));
        if self.0.get().is_none() && create(&path, text).is_ok() {
            let _ = self.0.set(path);
        }
    }

    /// The error that a panic is told as.
    pub(crate) fn error(&self) -> CliError {
        let hint = match self.0.get() {
            Some(path) => format!(
                "please report it with `{}`; `deckhands reap` cleans up",
                path.display()
            ),
            None => "please report it; `deckhands reap` cleans up".to_owned(),
        };
        CliError::new(
            exit_code::INTERNAL,
            "internal error: this is a bug in deckhands",
            Some(hint),
        )
    }
}

/// Writes a file that did not exist, following no link, for its owner only.
fn create(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests;
