//! Checks that need no daemon.

use deckhands_model::ByteSize;

use super::super::Status;
use super::*;

#[test]
fn a_rootless_daemon_is_warned_of() {
    let mut info = RuntimeInfo {
        endpoint: "unix:///run/user/1000/docker.sock".to_owned(),
        version: "27.0.0".to_owned(),
        api_version: "1.46".to_owned(),
        cpus: 2,
        memory: ByteSize::gibibytes(4),
        rootless: false,
    };
    assert!(rootless(&info).is_none());
    info.rootless = true;
    let check = rootless(&info).unwrap();
    assert_eq!(check.status, Status::Warn);
    assert!(check.message.contains("given back"), "{}", check.message);
}
