//! Specs as request bodies, field by field.

use deckhands_model::ByteSize;
use serde_json::{Value, json};

use super::{container, filters, network};
use crate::error::RuntimeErrorKind;
use crate::labels::{LabelSelector, Labels};
use crate::networks::NetworkSpec;
use crate::spec::{
    ContainerId, ContainerSpec, Hardening, HostEntry, Mount, MountAccess, NetworkMode, SecretEnv,
    UserSpec,
};
use crate::test_util::bare_spec;

/// As little as a spec can say, and a command.
fn bare() -> ContainerSpec {
    let mut spec = bare_spec("x", "app:1".parse().unwrap());
    spec.command = vec!["run".to_owned()];
    spec.limits.kept_log = ByteSize::mebibytes(20);
    spec
}

fn body(change: impl FnOnce(&mut ContainerSpec)) -> Value {
    let mut spec = bare();
    change(&mut spec);
    serde_json::to_value(container(&spec).unwrap()).unwrap()
}

/// Each row: what the spec says, where in the body, what must be there (`null`: nothing).
fn check(change: impl FnOnce(&mut ContainerSpec), expected: &[(&str, Value)]) {
    let body = body(change);
    for (pointer, value) in expected {
        assert_eq!(
            body.pointer(pointer).unwrap_or(&Value::Null),
            value,
            "{pointer}"
        );
    }
}

#[test]
fn what_is_not_said_is_not_asked_for() {
    let nothing = [
        "/Entrypoint",
        "/WorkingDir",
        "/User",
        "/HostConfig/Memory",
        "/HostConfig/MemorySwap",
        "/HostConfig/NanoCpus",
        "/HostConfig/PidsLimit",
        "/HostConfig/CapDrop",
        "/HostConfig/SecurityOpt",
        "/HostConfig/Tmpfs",
        "/HostConfig/Binds",
        "/HostConfig/Privileged",
        "/HostConfig/AutoRemove",
        "/HostConfig/RestartPolicy",
    ];
    check(|_| {}, &nothing.map(|pointer| (pointer, Value::Null)));
}

#[test]
fn always_the_same() {
    check(
        |_| {},
        &[
            ("/Image", json!("app:1")),
            ("/Cmd", json!(["run"])),
            ("/Tty", json!(false)),
            ("/OpenStdin", json!(false)),
            ("/AttachStdin", json!(false)),
            ("/AttachStdout", json!(true)),
            ("/AttachStderr", json!(true)),
            ("/HostConfig/Init", json!(false)),
            ("/HostConfig/ReadonlyRootfs", json!(false)),
            ("/HostConfig/LogConfig/Type", json!("local")),
            (
                "/HostConfig/LogConfig/Config",
                json!({"max-size": "20971520", "max-file": "1", "compress": "false"}),
            ),
        ],
    );
}

#[test]
fn command_and_environment() {
    check(
        |spec| {
            spec.entrypoint = Some(vec!["/bin/app".to_owned()]);
            spec.working_dir = Some("/work".to_owned());
            spec.user = UserSpec::Ids {
                uid: 1000,
                gid: 100,
            };
            spec.labels
                .insert("managed-by".to_owned(), "deckhands".to_owned());
            spec.env = vec![
                ("A".to_owned(), SecretEnv::plain("1=2")),
                ("KEY".to_owned(), SecretEnv::secret("sesame")),
            ];
        },
        &[
            ("/Entrypoint", json!(["/bin/app"])),
            ("/WorkingDir", json!("/work")),
            ("/User", json!("1000:100")),
            ("/Labels", json!({"managed-by": "deckhands"})),
            ("/Env", json!(["A=1=2", "KEY=sesame"])),
        ],
    );
}

#[test]
fn limits() {
    check(
        |spec| {
            spec.limits.memory = Some(ByteSize::gibibytes(4));
            spec.limits.milli_cpus = Some(1500);
            spec.limits.processes = Some(512);
        },
        &[
            ("/HostConfig/Memory", json!(4_294_967_296_u64)),
            ("/HostConfig/MemorySwap", json!(4_294_967_296_u64)),
            ("/HostConfig/NanoCpus", json!(1_500_000_000)),
            ("/HostConfig/PidsLimit", json!(512)),
        ],
    );
    check(
        |spec| spec.limits.kept_log = ByteSize::bytes(0),
        &[
            ("/HostConfig/LogConfig/Type", json!("none")),
            ("/HostConfig/LogConfig/Config", Value::Null),
        ],
    );
}

#[test]
fn hardening() {
    check(
        |spec| {
            spec.hardening = Hardening {
                drop_capabilities: true,
                no_new_privileges: true,
                read_only_root: true,
                init: true,
            };
        },
        &[
            ("/HostConfig/CapDrop", json!(["ALL"])),
            ("/HostConfig/SecurityOpt", json!(["no-new-privileges"])),
            ("/HostConfig/ReadonlyRootfs", json!(true)),
            ("/HostConfig/Tmpfs", json!({"/tmp": "exec"})),
            ("/HostConfig/Init", json!(true)),
        ],
    );
}

#[test]
fn scratch_is_the_size_of_the_fresh_tmp() {
    let sized = |read_only_root| {
        move |spec: &mut ContainerSpec| {
            spec.limits.scratch = Some(ByteSize::mebibytes(1));
            spec.hardening.read_only_root = read_only_root;
        }
    };
    let options = json!({"/tmp": "exec,mode=1777,size=1048576"});
    check(sized(true), &[("/HostConfig/Tmpfs", options)]);
    check(sized(false), &[("/HostConfig/Tmpfs", Value::Null)]);
}

#[test]
fn mounts_are_binds_that_make_nothing() {
    let mount = |source: &str, access| Mount {
        source: source.into(),
        target: "/in".to_owned(),
        access,
    };
    let body = body(|spec| {
        let accesses = [MountAccess::ReadOnly, MountAccess::ReadWrite];
        spec.mounts = accesses.map(|access| mount("/out", access)).into();
    });
    let expected = |read_only: bool| json!({"Type": "bind", "Source": "/out", "Target": "/in", "ReadOnly": read_only});
    assert_eq!(
        body["HostConfig"]["Mounts"],
        json!([expected(true), expected(false)])
    );
}

#[test]
fn networks() {
    let rows = [
        (NetworkMode::None, "none"),
        (NetworkMode::Bridge, "bridge"),
        (NetworkMode::Named("ours".to_owned()), "ours"),
        (
            NetworkMode::Container(ContainerId("abc".to_owned())),
            "container:abc",
        ),
    ];
    for (mode, expected) in rows {
        check(
            |spec| spec.network = mode,
            &[("/HostConfig/NetworkMode", json!(expected))],
        );
    }
    let entry = HostEntry {
        name: "host.docker.internal".to_owned(),
        address: "host-gateway".to_owned(),
    };
    check(
        |spec| spec.hosts = vec![entry],
        &[(
            "/HostConfig/ExtraHosts",
            json!(["host.docker.internal:host-gateway"]),
        )],
    );
}

#[test]
fn refused_before_the_daemon_is_asked() {
    use std::os::unix::ffi::OsStrExt as _;
    let not_utf8 = std::ffi::OsStr::from_bytes(b"/\xff");
    for source in ["relative".as_ref(), "".as_ref(), not_utf8] {
        let mut spec = bare();
        let target = "/in".to_owned();
        spec.mounts = vec![Mount {
            source: source.into(),
            target,
            access: MountAccess::ReadOnly,
        }];
        assert_eq!(
            container(&spec).unwrap_err().kind,
            RuntimeErrorKind::InvalidSpec
        );
    }
    let mut spec = bare();
    spec.limits.memory = Some(ByteSize::bytes(u64::MAX));
    assert_eq!(
        container(&spec).unwrap_err().kind,
        RuntimeErrorKind::InvalidSpec
    );
}

#[test]
fn network_bodies() {
    for inter_container in [true, false] {
        let spec = NetworkSpec {
            name: "ours".to_owned(),
            labels: Labels::from([("a".to_owned(), "b".to_owned())]),
            internal: true,
            inter_container,
        };
        let body = serde_json::to_value(network(&spec)).unwrap();
        let icc = &body["Options"]["com.docker.network.bridge.enable_icc"];
        assert_eq!(icc, &json!(inter_container.to_string()));
        assert_eq!(
            (&body["Name"], &body["Driver"]),
            (&json!("ours"), &json!("bridge"))
        );
        assert_eq!(
            (&body["Internal"], &body["Labels"]),
            (&json!(true), &json!({"a": "b"}))
        );
    }
}

#[test]
fn selectors() {
    let filters = filters(&LabelSelector::with("a", "1").and("b", "2"));
    assert_eq!(
        serde_json::to_value(filters).unwrap(),
        json!({"label": ["a=1", "b=2"]})
    );
}
