//! Answers in the form that Docker 20.10 gives them, cut to the parts that matter.

use bollard::models::{
    ContainerInspectResponse, ContainerStatsResponse, ContainerSummary, NetworkInspect, SystemInfo,
    SystemVersion,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{container_state, network, network_summary, runtime_info, stats, summary};
use crate::containers::Phase;

fn parse<T: DeserializeOwned>(answer: Value) -> T {
    serde_json::from_value(answer).unwrap()
}

#[test]
fn phases_and_ends() {
    let rows = [
        // status, exit code told, phase, exit code kept
        ("created", 0, Phase::Created, None),
        ("running", 0, Phase::Running, None),
        ("restarting", 1, Phase::Running, None),
        ("paused", 0, Phase::Paused, None),
        ("removing", 137, Phase::Removing, None),
        ("exited", 0, Phase::Exited, Some(0)),
        ("exited", 137, Phase::Exited, Some(137)),
        ("dead", 2, Phase::Exited, Some(2)),
    ];
    for (status, code, phase, kept) in rows {
        let answer = json!({"State": {"Status": status, "ExitCode": code}});
        let state = container_state(parse::<ContainerInspectResponse>(answer));
        assert_eq!((state.phase, state.exit_code), (phase, kept), "{status}");
        let line = summary(parse::<ContainerSummary>(json!({"State": status})));
        assert_eq!(line.phase, phase, "{status} in a list");
    }
}

#[test]
fn state_of_a_container() {
    let digest = format!("sha256:{}", "a1".repeat(32));
    let state = container_state(parse(json!({
        "Id": "abc", "Name": "/app", "Image": digest,
        "State": {"Status": "exited", "ExitCode": 137, "OOMKilled": true, "Error": ""},
        "Config": {"Labels": {"k": "v"}},
        "NetworkSettings": {"Ports": {
            "80/tcp": [{"HostIp": "172.17.0.1", "HostPort": "1"}, {"HostIp": "0.0.0.0", "HostPort": "1"}],
            "81/tcp": [{"HostIp": "172.17.0.1", "HostPort": "2"}],
            "82/tcp": null
        }}
    })));
    assert_eq!((state.id.0.as_str(), state.name.0.as_str()), ("abc", "app"));
    assert_eq!(state.image.map(String::from), Some(digest));
    assert!(state.oom_killed, "the mark of the kernel");
    assert_eq!(state.error, None, "an empty text is no error");
    assert_eq!(state.labels.get("k").map(String::as_str), Some("v"));
    assert_eq!(state.published_addresses, ["0.0.0.0", "172.17.0.1"]);
}

#[test]
fn own_name_in_a_list() {
    let line = summary(parse(
        json!({"Id": "abc", "Names": ["/other/link", "/app"], "Labels": null}),
    ));
    assert_eq!((line.id.0.as_str(), line.name.0.as_str()), ("abc", "app"));
}

#[test]
fn readings() {
    let running = |details: Value| {
        json!({
            "memory_stats": {"usage": 1000, "stats": details},
            "cpu_stats": {"cpu_usage": {"total_usage": 42}},
            "pids_stats": {"current": 3}
        })
    };
    let rows = [
        (
            running(json!({"inactive_file": 400})),
            Some((600, 42, Some(3))),
        ),
        (
            running(json!({"total_inactive_file": 300, "x": 1})),
            Some((700, 42, Some(3))),
        ),
        (
            running(json!({"inactive_file": 5000})),
            Some((0, 42, Some(3))),
        ),
        (running(json!({})), Some((1000, 42, Some(3)))),
        (json!({"memory_stats": {"usage": 7}}), Some((7, 0, None))),
        (
            json!({"memory_stats": {}, "cpu_stats": {"cpu_usage": {"total_usage": 0}}}),
            None,
        ),
        (json!({}), None),
    ];
    for (answer, expected) in rows {
        let reading = stats(parse::<ContainerStatsResponse>(answer.clone()));
        let reading = reading.map(|r| (r.memory.as_u64(), r.cpu_nanos, r.processes));
        assert_eq!(reading, expected, "{answer}");
    }
}

#[test]
fn gateways() {
    let rows = [
        (
            json!([{"Subnet": "172.18.0.0/16", "Gateway": "172.18.0.1"}]),
            Some("172.18.0.1"),
        ),
        (
            json!([{"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.1/16"}]),
            Some("172.17.0.1"),
        ),
        (json!([{"Subnet": "172.17.0.0/16"}]), Some("172.17.0.1")),
        (json!([{"Subnet": "10.1.2.128/25"}]), Some("10.1.2.129")),
        (json!([{"Subnet": "10.1.2.130/25"}]), Some("10.1.2.129")),
        (json!([{"Subnet": "10.1.2.3/32"}]), None),
        (
            json!([{"Gateway": "fd00::1"}, {"Gateway": "172.19.0.1"}]),
            Some("172.19.0.1"),
        ),
        (
            json!([{"Subnet": "fd00::/64", "Gateway": "fd00::1"}]),
            Some("fd00::1"),
        ),
        (json!([{"Subnet": "fd00::/64"}]), None),
        (json!([{"Subnet": "nonsense"}]), None),
        (json!([]), None),
        (json!(null), None),
    ];
    for (config, expected) in rows {
        let answer = json!({"Name": "n", "Id": "i", "IPAM": {"Config": config}});
        let info = network(parse::<NetworkInspect>(answer));
        let gateway = info.gateway.map(|address| address.to_string());
        assert_eq!(gateway.as_deref(), expected, "{config}");
    }
}

#[test]
fn what_a_network_lets_through() {
    let icc = |value: &str| json!({"com.docker.network.bridge.enable_icc": value});
    let rows = [
        // internal, options, and the same as they are read
        (json!(false), icc("true"), (false, true)),
        (json!(true), icc("false"), (true, false)),
        // Networks that somebody else made, and what an old daemon leaves out.
        (json!(false), json!({}), (false, true)),
        (json!(null), json!(null), (false, true)),
    ];
    for (internal, options, expected) in rows {
        let answer = json!({"Name": "n", "Internal": internal, "Options": options});
        let one = network(parse(answer.clone()));
        let listed = network_summary(parse(answer));
        for info in [one, listed] {
            let told = (info.internal, info.inter_container);
            assert_eq!(told, expected, "{internal} {options}");
        }
    }
}

#[test]
fn daemons() {
    let rows = [
        (json!(["name=seccomp,profile=default"]), false),
        (
            json!(["name=seccomp,profile=default", "name=rootless"]),
            true,
        ),
        (json!(["name=userns"]), true),
        (json!(null), false),
    ];
    for (options, rootless) in rows {
        let info: SystemInfo =
            parse(json!({"NCPU": 2, "MemTotal": 4096, "SecurityOptions": options}));
        let version: SystemVersion = parse(json!({"Version": "20.10.24"}));
        let known = runtime_info("unix:///x".to_owned(), "1.41".to_owned(), version, info);
        assert_eq!(
            (known.cpus, known.memory.as_u64(), known.rootless),
            (2, 4096, rootless)
        );
        assert_eq!(
            (known.version.as_str(), known.api_version.as_str()),
            ("20.10.24", "1.41")
        );
    }
}
