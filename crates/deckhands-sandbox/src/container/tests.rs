//! The sandbox, field by field.

use deckhands_model::{ByteSize, Limits};
use deckhands_runtime::{
    ContainerId, ContainerName, ContainerSpec, Hardening, Labels, MountAccess, NetworkMode,
    UserSpec,
};

use super::{SandboxRequest, sandbox_spec};
use crate::keys::SessionKey;

fn key() -> SessionKey {
    SessionKey::from_random([0xcd; 32])
}

fn spec() -> ContainerSpec {
    sandbox_spec(&SandboxRequest {
        name: ContainerName("deckhands-x-1-sandbox".to_owned()),
        image: "runtime:0.59".parse().unwrap(),
        labels: Labels::from([("deckhands.role".to_owned(), "sandbox".to_owned())]),
        app: ContainerId("abc".to_owned()),
        workspace: "/attempt/workspace".into(),
        launcher: "/attempt/launcher/sandbox.py".into(),
        user: (1500, 1600),
        session_key: &key(),
        limits: Limits {
            memory: ByteSize::gibibytes(3),
            milli_cpus: 1500,
            processes: 300,
            log_bytes: ByteSize::mebibytes(7),
            ..Limits::default()
        },
    })
}

#[test]
fn it_is_the_one_that_was_asked_for() {
    let spec = spec();
    assert_eq!(spec.name.0, "deckhands-x-1-sandbox");
    assert_eq!(spec.image.as_str(), "runtime:0.59");
    assert_eq!(spec.labels["deckhands.role"], "sandbox");
    assert_eq!(spec.labels.len(), 1);
}

#[test]
fn the_server_is_started_by_our_launcher() {
    let spec = spec();
    let words = [spec.entrypoint.unwrap(), spec.command].concat().join(" ");
    assert_eq!(
        words,
        "/openhands/micromamba/bin/micromamba run -n openhands poetry run python -u \
         /deckhands/launcher/sandbox.py 60000 --working-dir /workspace --plugins agent_skills \
         jupyter --username agent --user-id 1500 --no-enable-browser"
    );
    assert_eq!(spec.working_dir.as_deref(), Some("/openhands/code/"));
}

#[test]
fn the_environment_keeps_the_server_from_other_users_and_the_net() {
    let spec = spec();
    let shown: Vec<_> = spec
        .env
        .iter()
        .map(|(name, value)| format!("{name}={}", value.redacted()))
        .collect();
    let expected = [
        "HOME=/tmp",
        "USER=agent",
        "SU_TO_USER=false",
        "LITELLM_LOCAL_MODEL_COST_MAP=True",
        "port=60000",
        "PYTHONUNBUFFERED=1",
        "PIP_BREAK_SYSTEM_PACKAGES=1",
        "SESSION_API_KEY=***",
    ];
    assert_eq!(shown, expected);
    assert_eq!(spec.env.last().unwrap().1.expose(), key().expose());
    assert!(!format!("{spec:?}").contains(key().expose()));
}

#[test]
fn it_sees_the_workspace_and_the_launcher_and_nothing_else() {
    let spec = spec();
    let mounts: Vec<_> = spec
        .mounts
        .iter()
        .map(|mount| (mount.source.to_str().unwrap(), &*mount.target, mount.access))
        .collect();
    let expected = [
        ("/attempt/workspace", "/workspace", MountAccess::ReadWrite),
        (
            "/attempt/launcher/sandbox.py",
            "/deckhands/launcher/sandbox.py",
            MountAccess::ReadOnly,
        ),
    ];
    assert_eq!(mounts, expected);
    assert_eq!(
        spec.network,
        NetworkMode::Container(ContainerId("abc".to_owned()))
    );
    assert!(spec.hosts.is_empty());
}

#[test]
fn it_may_do_nothing_and_use_what_the_attempt_allows() {
    let spec = spec();
    assert_eq!(
        spec.user,
        UserSpec::Ids {
            uid: 1500,
            gid: 1600
        }
    );
    assert_eq!(
        spec.hardening,
        Hardening {
            drop_capabilities: true,
            no_new_privileges: true,
            read_only_root: true,
            init: true,
        }
    );
    assert_eq!(spec.limits.memory, Some(ByteSize::gibibytes(3)));
    assert_eq!(spec.limits.milli_cpus, Some(1500));
    assert_eq!(spec.limits.processes, Some(300));
    assert_eq!(spec.limits.kept_log, ByteSize::mebibytes(7));
    assert_eq!(spec.limits.scratch, Some(ByteSize::mebibytes(1536)));
}
