//! Whether a workspace can be worked on, what of it an agent is given, and what it means where that
//! fails.

use std::io;
use std::path::PathBuf;

use deckhands_model::{Cause, ModelWay, Profile};
use rustix::fs::{Access, access};

use crate::failure::RunFailure;
use crate::home::Home;
use crate::money;
use crate::request::TaskRequest;
use crate::worker::upstream;
use crate::workspace::CopyError;

#[cfg(test)]
mod tests;

/// A workspace that the result could not be applied to is told before an agent works for nothing.
///
/// # Errors
/// [`RunFailure`] with [`Cause::PermissionDenied`].
pub(super) fn check_writable(request: &TaskRequest) -> Result<(), RunFailure> {
    let dir = &request.workspace;
    if !request.policy.apply || !dir.is_dir() {
        return Ok(());
    }
    access(dir, Access::WRITE_OK | Access::EXEC_OK).map_err(|errno| RunFailure {
        causes: vec![io::Error::from(errno).to_string()],
        ..RunFailure::new(
            Cause::PermissionDenied,
            format!("the workspace `{}` cannot be written", dir.display()),
        )
        .with_hint("make it writable, or keep the change beside it with --no-apply")
    })
}

/// What the agent is not given of a workspace that it lies in.
pub(super) fn left_out(request: &TaskRequest, home: &Home) -> Vec<PathBuf> {
    let keys = request.key_files.iter().map(|file| {
        // Compared with paths below the canonical workspace.
        file.canonicalize().unwrap_or_else(|_gone| file.clone())
    });
    keys.chain([home.path().to_owned()]).collect()
}

/// How a task ends whose workspace could not be copied.
pub(super) fn copy_failure(error: &CopyError) -> RunFailure {
    match error {
        CopyError::NotADirectory { .. } | CopyError::Stopped => {
            RunFailure::of_error(Cause::BadInput, error)
        }
        CopyError::NoRules { .. } => RunFailure::of_error(Cause::BadInput, error)
            .with_hint("remove it, or hand everything over with --include-ignored"),
        CopyError::TooLarge { .. } => RunFailure::of_error(Cause::BadInput, error)
            .with_hint("name a smaller directory with --workspace, or say --yes"),
        CopyError::TooManyPaths { .. } => RunFailure::of_error(Cause::BadInput, error)
            .with_hint("name a smaller directory with --workspace"),
        CopyError::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
            RunFailure::of_error(Cause::HostDiskFull, error)
        }
        CopyError::Io { .. } => RunFailure::of_error(Cause::PermissionDenied, error),
    }
}

/// Whether the provider of the model can be called the way the request says, and its caps on money be
/// held; asks nobody.
///
/// # Errors
/// [`RunFailure`] that says what to use instead.
pub fn check_provider(request: &TaskRequest) -> Result<(), RunFailure> {
    money::check(request)?;
    match (request.way, request.profile) {
        (ModelWay::Direct, Profile::Socket) => Ok(()),
        (ModelWay::Direct, profile) => {
            let text = format!("profile `{profile}` lets no agent call its model itself");
            let failure = RunFailure::new(Cause::BadInput, text);
            Err(failure.with_hint("leave `model.way` out, or use profile `socket`"))
        }
        _ => upstream(request).map(|_upstream| ()),
    }
}
