//! The files of `--report`.

use std::fs;
use std::path::Path;

use deckhands_orchestration::BatchSummary;

use crate::error::CliError;
use crate::exit_code;

/// A file that is written and removed again, to see whether that is possible.
const TRIAL: &str = ".deckhands-report";

/// Makes the directory and tries it, so that what is wrong with it is told before the work.
pub(super) fn make(dir: &Path) -> Result<(), CliError> {
    let trial = dir.join(TRIAL);
    let made = fs::create_dir_all(dir)
        .and_then(|()| fs::write(&trial, TRIAL))
        .and_then(|()| fs::remove_file(&trial));
    made.map_err(|error| refused(dir, &error))
}

/// Writes all three.
pub(super) fn write(dir: &Path, summary: &BatchSummary) -> Result<(), CliError> {
    let document = serde_json::to_string_pretty(summary);
    let document = document.map_err(|error| refused(dir, &error))?;
    let files = [
        ("summary.json", document + "\n"),
        ("junit.xml", summary.junit_xml()),
        ("summary.md", summary.markdown()),
    ];
    for (name, text) in files {
        let path = dir.join(name);
        fs::write(&path, text).map_err(|error| refused(&path, &error))?;
    }
    Ok(())
}

fn refused(path: &Path, error: &dyn std::error::Error) -> CliError {
    let message = format!("cannot write the report `{}`", path.display());
    let hint = "name a directory you may write with --report DIR".to_owned();
    let mut told = CliError::new(exit_code::ENVIRONMENT, message, Some(hint));
    told.0.causes.push(error.to_string());
    told
}
