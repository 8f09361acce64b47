//! The sandbox container: OpenHands' action execution server beside the app, as the caller's user.
//!
//! One user for all tools of the agent, and none that may do anything: files it leaves belong to the
//! caller, and neither capabilities nor a writable root are needed. Proved on the real image.

use std::path::PathBuf;

use deckhands_model::{ByteSize, ImageRef, Limits};
use deckhands_runtime::{
    ContainerId, ContainerName, ContainerSpec, Hardening, Labels, Mount, MountAccess, NetworkMode,
    ResourceLimits, SecretEnv, UserSpec,
};

use crate::ACTION_PORT;
use crate::keys::SessionKey;
use crate::launchers::SANDBOX_LAUNCHER;

/// Where the agent works.
const WORKSPACE: &str = "/workspace";

/// Where the server's Python project is in the image; Python looks for modules here.
const CODE: &str = "/openhands/code/";

/// How the image's Python environment is entered.
const ENTER: [&str; 6] = [
    "/openhands/micromamba/bin/micromamba",
    "run",
    "-n",
    "openhands",
    "poetry",
    "run",
];

/// The user's name. It must equal `USER` and be neither `root` nor `openhands`, or the server makes
/// users and changes owners.
const USER: &str = "agent";

/// The one place beside the workspace that can be written.
const HOME: &str = "/tmp";

/// What the sandbox of an attempt is made from.
#[derive(Clone, Debug)]
pub struct SandboxRequest<'a> {
    /// Its name.
    pub name: ContainerName,
    /// OpenHands' runtime image.
    pub image: ImageRef,
    /// All of its labels.
    pub labels: Labels,
    /// The app container, created already; the sandbox shares its network namespace.
    pub app: ContainerId,
    /// The agent's copy of the workspace on the host, absolute.
    pub workspace: PathBuf,
    /// The sandbox's launcher on the host, absolute ([`Launchers::sandbox`](crate::Launchers)).
    pub launcher: PathBuf,
    /// User and group that everything runs as; the workspace belongs to them.
    pub user: (u32, u32),
    /// Key of the action server.
    pub session_key: &'a SessionKey,
    /// Bounds of the attempt.
    pub limits: Limits,
}

/// The sandbox container of a request.
#[must_use]
pub fn sandbox_spec(request: &SandboxRequest<'_>) -> ContainerSpec {
    let (uid, gid) = request.user;
    ContainerSpec {
        name: request.name.clone(),
        image: request.image.clone(),
        entrypoint: Some(ENTER.map(str::to_owned).to_vec()),
        command: command(uid),
        env: environment(request.session_key),
        working_dir: Some(CODE.to_owned()),
        user: UserSpec::Ids { uid, gid },
        labels: request.labels.clone(),
        mounts: mounts(request),
        hosts: Vec::new(),
        network: NetworkMode::Container(request.app.clone()),
        limits: resources(&request.limits),
        hardening: Hardening {
            drop_capabilities: true,
            no_new_privileges: true,
            read_only_root: true,
            // The server leaves children behind.
            init: true,
        },
    }
}

fn command(uid: u32) -> Vec<String> {
    let (port, uid) = (ACTION_PORT.to_string(), uid.to_string());
    let words = [
        "python",
        "-u",
        SANDBOX_LAUNCHER,
        &port,
        "--working-dir",
        WORKSPACE,
        "--plugins",
        "agent_skills",
        "jupyter",
        "--username",
        USER,
        "--user-id",
        &uid,
        "--no-enable-browser",
    ];
    words.map(str::to_owned).to_vec()
}

fn environment(session_key: &SessionKey) -> Vec<(String, SecretEnv)> {
    let port = ACTION_PORT.to_string();
    let plain = [
        ("HOME", HOME),
        ("USER", USER),
        // Starting the shell through `su` would need rights and lose this environment.
        ("SU_TO_USER", "false"),
        // The price list would be looked for online.
        ("LITELLM_LOCAL_MODEL_COST_MAP", "True"),
        // As OpenHands itself sets them for a sandbox.
        ("port", &port),
        ("PYTHONUNBUFFERED", "1"),
        ("PIP_BREAK_SYSTEM_PACKAGES", "1"),
    ];
    let plain = plain.map(|(name, value)| (name.to_owned(), SecretEnv::plain(value)));
    let key = SecretEnv::secret(session_key.expose());
    plain
        .into_iter()
        .chain([("SESSION_API_KEY".to_owned(), key)])
        .collect()
}

fn mounts(request: &SandboxRequest<'_>) -> Vec<Mount> {
    let mount = |source: &PathBuf, target: &str, access| Mount {
        source: source.clone(),
        target: target.to_owned(),
        access,
    };
    vec![
        mount(&request.workspace, WORKSPACE, MountAccess::ReadWrite),
        mount(&request.launcher, SANDBOX_LAUNCHER, MountAccess::ReadOnly),
    ]
}

/// Half of the memory may be files in `/tmp`: they count as memory, and the server itself needs room.
fn resources(limits: &Limits) -> ResourceLimits {
    ResourceLimits {
        memory: Some(limits.memory),
        milli_cpus: Some(limits.milli_cpus),
        processes: Some(limits.processes),
        kept_log: limits.log_bytes,
        scratch: Some(ByteSize::bytes(limits.memory.as_u64() / 2)),
    }
}

#[cfg(test)]
mod tests;
