//! Profile `socket`: the app starts its own sandbox through the Docker socket.
//!
//! Where the model is called through us, a launcher of ours starts OpenHands; the directory with our
//! socket is mounted as in profile `managed`, so that no firewall and no address comes between.

use std::iter;

use deckhands_runtime::{HostEntry, Labels, MountAccess, NetworkMode, SecretEnv, UserSpec};

use super::{Part, absolute, arguments, launcher, with_role};
use crate::launch::{LaunchError, LaunchRequest, SocketAccess};
use crate::openhands_headless::python_literal::Dict;

/// Where the app finds the Docker socket.
const SOCKET: &str = "/var/run/docker.sock";

/// Where the sandbox finds the workspace.
const WORKSPACE: &str = "/workspace";

/// Characters at which OpenHands splits `SANDBOX_VOLUMES`.
const SEPARATORS: [char; 2] = [',', ':'];

/// What is the same for every session of this profile.
const FIXED: &[(&str, &str)] = &[
    ("RUNTIME", "docker"),
    // 0 is the only id for which the app needs no right to change users.
    ("SANDBOX_USER_ID", "0"),
    // The image's own value, repeated because nothing works without it.
    ("SANDBOX_LOCAL_RUNTIME_URL", "http://host.docker.internal"),
];

/// The app of this profile.
///
/// # Errors
/// [`LaunchError`] for a workspace path that OpenHands would split or misread.
pub(super) fn part(
    request: &LaunchRequest,
    access: &SocketAccess,
    session: &str,
) -> Result<Part, LaunchError> {
    let docker = (
        access.socket.clone(),
        SOCKET.to_owned(),
        MountAccess::ReadWrite,
    );
    let of_launcher = access.launcher.iter().flat_map(launcher::mounts);
    Ok(Part {
        entrypoint: None,
        command: command(request, access),
        env: environment(request, access)?,
        user: UserSpec::Image,
        mounts: iter::once(docker).chain(of_launcher).collect(),
        hosts: vec![HostEntry {
            name: "host.docker.internal".to_owned(),
            address: "host-gateway".to_owned(),
        }],
        network: NetworkMode::Bridge,
        sandbox: format!("openhands-runtime-{session}"),
    })
}

fn command(request: &LaunchRequest, access: &SocketAccess) -> Vec<String> {
    let (program, arguments) = match &access.launcher {
        Some(ours) => (&["python"][..], launcher::command(request, ours)),
        None => (
            &["python", "-m", "openhands.core.main"][..],
            arguments(request),
        ),
    };
    let program = program.iter().map(|&word| word.to_owned());
    program.chain(arguments).collect()
}

fn environment(
    request: &LaunchRequest,
    access: &SocketAccess,
) -> Result<Vec<(String, SecretEnv)>, LaunchError> {
    let labels = with_role(&request.labels, "sandbox");
    let fixed = FIXED.iter().map(|(key, value)| (*key, (*value).to_owned()));
    let own = [
        ("SANDBOX_VOLUMES", volumes(request)?),
        ("SANDBOX_RUNTIME_BINDING_ADDRESS", access.bridge.to_string()),
        (
            "SANDBOX_DOCKER_RUNTIME_KWARGS",
            sandbox_arguments(request, &labels),
        ),
    ];
    let of_launcher = access.launcher.iter().flat_map(launcher::environment);
    let of_launcher = of_launcher.map(|(key, value)| (key, value.to_owned()));
    let plain = |(key, value): (&str, String)| (key.to_owned(), SecretEnv::plain(value));
    Ok(fixed.chain(of_launcher).chain(own).map(plain).collect())
}

fn volumes(request: &LaunchRequest) -> Result<String, LaunchError> {
    let path = absolute(&request.dirs.workspace)?;
    match path.chars().find(|c| SEPARATORS.contains(c)) {
        Some(character) => Err(LaunchError::UnusablePath {
            path: path.to_owned(),
            character,
        }),
        None => Ok(format!("{path}:{WORKSPACE}:rw")),
    }
}

/// Further arguments with which OpenHands starts the sandbox, as a Python dictionary. There is no
/// `auto_remove` in it: whoever owns the attempt looks at the ended sandbox, then removes it.
fn sandbox_arguments(request: &LaunchRequest, labels: &Labels) -> String {
    const NANO_PER_MILLI: u64 = 1_000_000;
    let limits = &request.limits;
    let memory = limits.memory.as_u64();
    Dict::default()
        .texts("labels", labels)
        .number("mem_limit", memory)
        .number("memswap_limit", memory)
        .number("nano_cpus", u64::from(limits.milli_cpus) * NANO_PER_MILLI)
        .number("pids_limit", u64::from(limits.processes))
        .finish()
}
