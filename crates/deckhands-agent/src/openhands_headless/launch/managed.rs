//! Profile `managed`: we start the sandbox, and a launcher of ours starts OpenHands in the app.
//!
//! The app has no way out but one directory with a socket. The launcher forwards a loopback port to
//! it, so that OpenHands finds the remote-runtime API and its model there.

use deckhands_runtime::{MountAccess, SecretEnv};

use super::{Part, arguments};
use crate::launch::{LaunchRequest, ManagedAccess};

/// What is the same for every session of this profile.
const FIXED: &[(&str, &str)] = &[
    ("RUNTIME", "remote"),
    // The root file system is read-only, and the user has no home of its own.
    ("HOME", "/tmp"),
    ("PYTHONUNBUFFERED", "1"),
    ("PYTHONDONTWRITEBYTECODE", "1"),
];

/// The app of this profile.
pub(super) fn part(request: &LaunchRequest, access: &ManagedAccess) -> Part {
    let mut command = vec![access.launcher_target.clone()];
    command.extend(arguments(request));
    Part {
        // The image's own entry point would set up users, which this app has no right to.
        entrypoint: Some(vec!["python".to_owned()]),
        command,
        env: environment(access),
        user: access.user,
        mounts: vec![
            (
                access.launcher.clone(),
                access.launcher_target.clone(),
                MountAccess::ReadOnly,
            ),
            (
                access.way_out.clone(),
                access.way_out_target.clone(),
                MountAccess::ReadOnly,
            ),
        ],
        hosts: Vec::new(),
        network: access.network.clone(),
        sandbox: request.attempt.object_name("sandbox"),
    }
}

fn environment(access: &ManagedAccess) -> Vec<(String, SecretEnv)> {
    let fixed = FIXED.iter().map(|(key, value)| (*key, *value));
    let launcher = access.launcher_env.iter();
    let launcher = launcher.map(|(key, value)| (key.as_str(), value.as_str()));
    let url = [(
        "SANDBOX_REMOTE_RUNTIME_API_URL",
        access.runtime_url.as_str(),
    )];
    let plain = |(key, value): (&str, &str)| (key.to_owned(), SecretEnv::plain(value));
    let mut env: Vec<_> = fixed.chain(launcher).chain(url).map(plain).collect();
    let key = SecretEnv::secret(access.runtime_key.expose());
    env.push(("SANDBOX_API_KEY".to_owned(), key));
    env
}
