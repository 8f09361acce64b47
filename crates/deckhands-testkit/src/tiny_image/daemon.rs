//! The image in the daemon, through the `docker` command.

use std::process::Command;

use super::{TinyImageErrorKind, run};

/// Marks everything that tests leave in a daemon.
const MANAGED: &str = "managed-by=deckhands-test";

/// Label that holds the hash of the image's content.
const CONTENT: &str = "deckhands-test.content";

/// An image that is there.
#[derive(Debug)]
pub(super) struct Present {
    id: String,
    /// Its content label; empty if it has none.
    pub(super) content: String,
}

/// The image of this tag; none also if the daemon says that it has no such image.
pub(super) fn find(tag: &str) -> Result<Option<Present>, TinyImageErrorKind> {
    let format = format!("{{{{.Id}}}} {{{{index .Config.Labels \"{CONTENT}\"}}}}");
    match run(
        Command::new("docker").args(["image", "inspect", "--format", &format, tag]),
        &[],
    ) {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout);
            let (id, content) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
            Ok(Some(Present {
                id: id.to_owned(),
                content: content.to_owned(),
            }))
        }
        Err(TinyImageErrorKind::Failed { stderr, .. }) if stderr.contains("No such image") => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

pub(super) fn import(tag: &str, hash: &str, tar: &[u8]) -> Result<(), TinyImageErrorKind> {
    let mut docker = Command::new("docker");
    docker.arg("import");
    for change in [
        format!("LABEL {MANAGED} {CONTENT}={hash}"),
        "ENTRYPOINT [\"/bin/tiny-agent\"]".to_owned(),
        "ENV PATH=/bin".to_owned(),
    ] {
        docker.args(["--change", &change]);
    }
    run(docker.args(["-", tag]), tar).map(drop)
}

/// Removes an image whose tag has gone to a newer one; one that is in use or has other tags stays.
pub(super) fn discard(old: &Present) {
    if !old.content.is_empty() {
        let _ = run(Command::new("docker").args(["image", "rm", &old.id]), &[]);
    }
}
