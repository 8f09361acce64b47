//! The containers of an OpenHands 0.59 session: the app is specified here, for either profile.
//!
//! Nothing here creates anything. What differs between the profiles is in `socket` and `managed`.

mod launcher;
mod managed;
mod socket;

use std::path::{Path, PathBuf};

use deckhands_model::ByteSize;
use deckhands_runtime::{
    ContainerName, ContainerSpec, Hardening, HostEntry, Labels, Mount, MountAccess, NetworkMode,
    ResourceLimits, SecretEnv, UserSpec,
};

use crate::launch::{AgentDirs, EventStore, Launch, LaunchError, LaunchRequest, Walls};

use super::environment::environment;
use super::session::session_id;

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

/// Bytes of the app's `/tmp`, which are in its memory: it keeps locks and caches there.
const APP_SCRATCH: ByteSize = ByteSize::mebibytes(256);

/// Proved together on the real image in both profiles: a session with all of these finishes.
const APP_HARDENING: Hardening = Hardening {
    drop_capabilities: true,
    no_new_privileges: true,
    read_only_root: true,
    init: true,
};

/// What makes an app of one profile differ from that of another one.
struct Part {
    entrypoint: Option<Vec<String>>,
    command: Vec<String>,
    env: Vec<(String, SecretEnv)>,
    user: UserSpec,
    mounts: Vec<(PathBuf, String, MountAccess)>,
    hosts: Vec<HostEntry>,
    network: NetworkMode,
    sandbox: String,
}

/// What OpenHands needs for this request.
///
/// # Errors
/// [`LaunchError`] for a path that it would misread.
pub(super) fn launch(request: &LaunchRequest) -> Result<Launch, LaunchError> {
    let session = session_id(&request.attempt.session_name());
    let part = match &request.walls {
        Walls::Socket(access) => socket::part(request, access, &session)?,
        Walls::Managed(access) => managed::part(request, access),
    };
    let mut env = environment(request);
    env.extend(part.env);
    Ok(Launch {
        app: ContainerSpec {
            name: ContainerName(request.attempt.object_name("app")),
            image: request.app_image.clone(),
            entrypoint: part.entrypoint,
            command: part.command,
            env,
            working_dir: None,
            user: part.user,
            labels: with_role(&request.labels, "app"),
            mounts: mounts(&request.dirs, part.mounts)?,
            hosts: part.hosts,
            network: part.network,
            limits: app_limits(request.limits.log_bytes),
            hardening: APP_HARDENING,
        },
        sandbox: ContainerName(part.sandbox),
        store: EventStore {
            dir: Path::new("sessions").join(&session).join("events"),
        },
        session,
    })
}

fn app_limits(kept_log: ByteSize) -> ResourceLimits {
    ResourceLimits {
        memory: Some(APP_MEMORY),
        milli_cpus: Some(APP_MILLI_CPUS),
        processes: Some(APP_PROCESSES),
        kept_log,
        scratch: Some(APP_SCRATCH),
    }
}

/// Arguments of OpenHands' main program. The task goes by file: an argument would be visible to
/// everybody and bounded by the kernel.
fn arguments(request: &LaunchRequest) -> Vec<String> {
    let task = format!("{INPUT}/{}", AgentDirs::TASK_FILE);
    let name = request.attempt.session_name();
    vec!["-f".to_owned(), task, "-n".to_owned(), name]
}

/// The mounts that every app has, and more.
fn mounts(
    dirs: &AgentDirs,
    more: Vec<(PathBuf, String, MountAccess)>,
) -> Result<Vec<Mount>, LaunchError> {
    let home = (
        dirs.agent_home.clone(),
        HOME.to_owned(),
        MountAccess::ReadWrite,
    );
    let input = (dirs.input.clone(), INPUT.to_owned(), MountAccess::ReadOnly);
    let mount = |(source, target, access): (PathBuf, String, MountAccess)| {
        absolute(&source)?;
        Ok(Mount {
            source,
            target,
            access,
        })
    };
    more.into_iter().chain([home, input]).map(mount).collect()
}

fn with_role(labels: &Labels, role: &str) -> Labels {
    let mut labels = labels.clone();
    labels.insert(ROLE.to_owned(), role.to_owned());
    labels
}

/// The path as text, if it is absolute, UTF-8 and without NUL.
fn absolute(path: &Path) -> Result<&str, LaunchError> {
    let usable = |text: &&str| path.is_absolute() && !text.contains('\0');
    path.to_str()
        .filter(usable)
        .ok_or_else(|| LaunchError::BadPath {
            path: path.to_string_lossy().escape_debug().to_string(),
        })
}

#[cfg(test)]
mod tests;
