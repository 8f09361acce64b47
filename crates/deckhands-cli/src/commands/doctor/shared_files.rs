//! Does the daemon see the same files as we do? Asked by a random file through a bind mount.

use deckhands_config::Settings;
use deckhands_orchestration::{Home, Ports, SystemIds, probe_shared_files};

use super::Check;

const NAME: &str = "files";

/// Creates a container that is never started, and reads a fresh file through its mount.
pub(super) async fn check_shared_files(ports: &Ports, home: &Home, settings: &Settings) -> Check {
    let image = &settings.sandbox_image.value;
    match ports.images.inspect(image).await {
        Ok(Some(_)) => {}
        _ => {
            return Check::warn(
                NAME,
                "not checked: it takes the sandbox image",
                "deckhands doctor",
            );
        }
    }
    match probe_shared_files(ports, home, &SystemIds, image).await {
        Ok(()) => Check::ok(NAME, "the daemon sees the files of this machine"),
        Err(failure) => {
            let report = failure.report();
            Check::fail(NAME, report.message, report.hint.unwrap_or_default())
        }
    }
}
