//! A panic of ours is told as one error, with a report on disk.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::CliError;
use crate::exit_code;

/// Makes panics write a report instead of a trace on the terminal. Returns where it will be.
pub(crate) fn install() -> PathBuf {
    let path = std::env::temp_dir().join(format!("deckhands-crash-{}.txt", std::process::id()));
    let target = path.clone();
    std::panic::set_hook(Box::new(move |panic| {
        let trace = std::backtrace::Backtrace::force_capture();
        let version = env!("CARGO_PKG_VERSION");
        let _ = fs::write(&target, format!("deckhands {version}\n{panic}\n{trace}\n"));
    }));
    path
}

/// The error that a panic is told as.
pub(crate) fn error(report: &Path) -> CliError {
    let hint = format!(
        "please report it with `{}`; `deckhands reap` cleans up",
        report.display()
    );
    CliError::new(
        exit_code::INTERNAL,
        "internal error: this is a bug in deckhands",
        Some(hint),
    )
}

#[cfg(test)]
mod tests;
