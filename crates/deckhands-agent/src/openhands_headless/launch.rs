//! The containers of an OpenHands 0.59 session in profile `socket`.
//!
//! The app container is specified here; the sandbox is started by the app itself, from settings
//! that `environment` writes. Nothing here creates anything.

use std::path::{Path, PathBuf};

use deckhands_model::ByteSize;
use deckhands_runtime::{
    ContainerName, ContainerSpec, Hardening, HostEntry, Labels, Mount, MountAccess, NetworkMode,
    ResourceLimits, UserSpec,
};

use crate::adapter::{AgentDirs, EventStore, Launch, LaunchError, LaunchRequest};

use super::environment::environment;
use super::session::{sandbox_name, session_id};

/// Where the app finds the Docker socket.
const SOCKET: &str = "/var/run/docker.sock";

/// Where the app keeps its state; the mount of [`AgentDirs::agent_home`].
pub(super) const HOME: &str = "/.openhands";

/// Where the app finds its input.
const INPUT: &str = "/deckhands/input";

/// Label that tells a container's part in an attempt.
const ROLE: &str = "deckhands.role";

/// Memory of the app, swap included: three times the 340 MB that a run on the real image peaked at.
const APP_MEMORY: ByteSize = ByteSize::gibibytes(1);

/// Processes and threads of the app; a run on the real image had 11.
const APP_PROCESSES: u32 = 256;

/// Processors of the app, in thousandths: it mostly waits, and every daemon has one.
const APP_MILLI_CPUS: u32 = 1000;

/// What OpenHands needs for this request.
///
/// # Errors
/// [`LaunchError`] for a path that it would misread.
pub(super) fn launch(request: &LaunchRequest) -> Result<Launch, LaunchError> {
    let name = request.attempt.session_name();
    let session = session_id(&name);
    let sandbox_labels = with_role(&request.labels, "sandbox");
    Ok(Launch {
        app: ContainerSpec {
            name: ContainerName(request.attempt.object_name("app")),
            image: request.app_image.clone(),
            entrypoint: None,
            command: command(&name),
            env: environment(request, &sandbox_labels)?,
            working_dir: None,
            user: UserSpec::Image,
            labels: with_role(&request.labels, "app"),
            mounts: mounts(request)?,
            hosts: vec![HostEntry {
                name: "host.docker.internal".to_owned(),
                address: "host-gateway".to_owned(),
            }],
            network: NetworkMode::Bridge,
            limits: app_limits(request.limits.log_bytes),
            hardening: APP_HARDENING,
        },
        store: EventStore {
            dir: Path::new("sessions").join(&session).join("events"),
        },
        sandbox: ContainerName(sandbox_name(&session)),
    })
}

/// Proved together on the real image: a session with all of these finishes.
const APP_HARDENING: Hardening = Hardening {
    drop_capabilities: true,
    no_new_privileges: true,
    read_only_root: true,
    init: true,
};

fn app_limits(kept_log: ByteSize) -> ResourceLimits {
    ResourceLimits {
        memory: Some(APP_MEMORY),
        milli_cpus: Some(APP_MILLI_CPUS),
        processes: Some(APP_PROCESSES),
        kept_log,
    }
}

/// The task goes by file: an argument would be visible to everybody and bounded by the kernel.
fn command(session_name: &str) -> Vec<String> {
    let task = format!("{INPUT}/{}", AgentDirs::TASK_FILE);
    let words = [
        "python",
        "-m",
        "openhands.core.main",
        "-f",
        &task,
        "-n",
        session_name,
    ];
    words.map(str::to_owned).to_vec()
}

fn mounts(request: &LaunchRequest) -> Result<Vec<Mount>, LaunchError> {
    use MountAccess::{ReadOnly, ReadWrite};
    let dirs = &request.dirs;
    let rows = [
        (&request.socket.socket, SOCKET, ReadWrite),
        (&dirs.agent_home, HOME, ReadWrite),
        (&dirs.input, INPUT, ReadOnly),
    ];
    let mount = |(source, target, access): (&PathBuf, &str, MountAccess)| {
        absolute(source)?;
        Ok(Mount {
            source: source.clone(),
            target: target.to_owned(),
            access,
        })
    };
    rows.into_iter().map(mount).collect()
}

fn with_role(labels: &Labels, role: &str) -> Labels {
    let mut labels = labels.clone();
    labels.insert(ROLE.to_owned(), role.to_owned());
    labels
}

/// The path as text, if it is absolute, UTF-8 and without NUL.
pub(super) fn absolute(path: &Path) -> Result<&str, LaunchError> {
    let usable = |text: &&str| path.is_absolute() && !text.contains('\0');
    path.to_str()
        .filter(usable)
        .ok_or_else(|| LaunchError::BadPath {
            path: path.to_string_lossy().escape_debug().to_string(),
        })
}

#[cfg(test)]
mod tests;
