//! The token that opens the gateway: one of a file, or a new one.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use deckhands_gateway::SessionToken;
use deckhands_orchestration::{IdSource, SystemIds};

use crate::error::CliError;

/// Shortest token that is taken from a file: 16 characters, 64 random bits as hexadecimal digits.
const SHORTEST: usize = 16;

/// The token of the file; a new one, which is written there where there is no file yet.
pub(super) fn of(file: Option<&Path>) -> Result<SessionToken, CliError> {
    let Some(file) = file else {
        return Ok(fresh());
    };
    match fs::read_to_string(file) {
        Ok(text) => kept(file, text.trim()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let token = fresh();
            write(file, &token).map_err(|error| unusable(file, &error))?;
            Ok(token)
        }
        Err(error) => Err(unusable(file, &error)),
    }
}

fn kept(file: &Path, text: &str) -> Result<SessionToken, CliError> {
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    if text.len() >= SHORTEST && visible {
        return Ok(SessionToken::new(text));
    }
    Err(CliError::usage(
        format!(
            "`{}` holds no token of at least {SHORTEST} visible characters",
            file.display()
        ),
        "remove the file to have one made, or name another with --token-file",
    ))
}

/// Two random ids, 244 random bits.
fn fresh() -> SessionToken {
    let bytes = [SystemIds.random(), SystemIds.random()].concat();
    let digits = bytes.into_iter().map(|byte| format!("{byte:02x}"));
    SessionToken::new(digits.collect::<String>())
}

fn write(file: &Path, token: &SessionToken) -> io::Result<()> {
    let mut new = OpenOptions::new();
    let mut opened = new.write(true).create_new(true).mode(0o600).open(file)?;
    writeln!(opened, "{}", token.expose())
}

fn unusable(file: &Path, error: &io::Error) -> CliError {
    CliError::usage(
        format!(
            "the token file `{}` cannot be used: {error}",
            file.display()
        ),
        "name a file of yours with --token-file, or leave it out to have the token printed",
    )
}

#[cfg(test)]
mod tests;
