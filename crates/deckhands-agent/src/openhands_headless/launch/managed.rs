//! Profile `managed`: we start the sandbox, and a launcher of ours starts OpenHands in the app.
//!
//! The app has no way out but one directory with a socket. Behind the launcher's port OpenHands finds
//! the remote-runtime API and its model.

use deckhands_runtime::SecretEnv;

use super::{Part, launcher};
use crate::launch::{LaunchRequest, ManagedAccess};

/// What is the same for every session of this profile.
const FIXED: &[(&str, &str)] = &[
    ("RUNTIME", "remote"),
    // The root file system is read-only, and the user has no home of its own.
    ("HOME", "/tmp"),
];

/// The app of this profile.
pub(super) fn part(request: &LaunchRequest, access: &ManagedAccess) -> Part {
    Part {
        // The image's own entry point would set up users, which this app has no right to.
        entrypoint: Some(vec!["python".to_owned()]),
        command: launcher::command(request, &access.launcher),
        env: environment(access),
        user: access.user,
        mounts: launcher::mounts(&access.launcher).into(),
        hosts: Vec::new(),
        network: access.network.clone(),
        sandbox: request.attempt.object_name("sandbox"),
    }
}

fn environment(access: &ManagedAccess) -> Vec<(String, SecretEnv)> {
    let url = [(
        "SANDBOX_REMOTE_RUNTIME_API_URL",
        access.runtime_url.as_str(),
    )];
    let all = FIXED
        .iter()
        .copied()
        .chain(launcher::environment(&access.launcher))
        .chain(url);
    let plain = |(key, value): (&str, &str)| (key.to_owned(), SecretEnv::plain(value));
    let mut env: Vec<_> = all.map(plain).collect();
    let key = SecretEnv::secret(access.runtime_key.expose());
    env.push(("SANDBOX_API_KEY".to_owned(), key));
    env
}
