//! The launchers: two Python files for the containers, written into a directory of the attempt.
//!
//! The app's command is `python -u` [`APP_LAUNCHER`] and then the arguments of `openhands.core.main`.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Where the app's launcher is to be mounted, read-only, in the app container.
pub const APP_LAUNCHER: &str = "/deckhands/launcher/app.py";

/// Where the sandbox's launcher is mounted, read-only, in the sandbox container.
pub const SANDBOX_LAUNCHER: &str = "/deckhands/launcher/sandbox.py";

/// Where the app's launcher looks for the unix socket of the host; its directory is what is mounted,
/// so that the host can make the socket anew.
pub const WAY_OUT: &str = "/deckhands/way-out/host.sock";

const APP: &str = include_str!("../launcher/app.py");
const SANDBOX: &str = include_str!("../launcher/sandbox.py");

/// Readable for whatever user a container runs as; there is no secret in them.
const MODE: u32 = 0o644;

/// The launchers' paths on the host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Launchers {
    /// To be mounted at [`APP_LAUNCHER`].
    pub app: PathBuf,
    /// To be mounted at [`SANDBOX_LAUNCHER`].
    pub sandbox: PathBuf,
}

impl Launchers {
    /// Where [`write()`] puts them in a directory.
    #[must_use]
    pub fn in_dir(dir: &Path) -> Self {
        Self {
            app: dir.join("app.py"),
            sandbox: dir.join("sandbox.py"),
        }
    }
}

/// Writes both launchers into an existing directory; what was there under their names is replaced.
///
/// # Errors
/// If the directory is missing or cannot be written.
pub fn write(dir: &Path) -> io::Result<Launchers> {
    let launchers = Launchers::in_dir(dir);
    write_file(&launchers.app, APP)?;
    write_file(&launchers.sandbox, SANDBOX)?;
    Ok(launchers)
}

fn write_file(path: &Path, text: &str) -> io::Result<()> {
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(MODE))
}

#[cfg(test)]
mod tests;
