//! The two containers as the daemon has them while an agent works.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use deckhands_e2e::{Bench, CANARY, Container, create_file};
use deckhands_testkit::{Script, Step};
use serde_json::{Value, json};

use super::{LIMIT, attempt_dir, both};

/// A run that is looked at between its two calls of the model.
fn looked_at(args: &[&str], look: impl FnOnce(&Bench)) {
    let bench = Bench::new(Script::new([
        create_file("/workspace/hello.txt", "hello\n"),
        Step::finish("done").after(Duration::from_secs(6)),
    ]));
    let running = bench
        .start(args)
        .until("the second call", LIMIT, || bench.requests().len() >= 2);
    look(&bench);
    let _ = running.end().with_code(0);
    bench.assert_no_working_files();
    bench.assert_nothing_left();
}

#[test]
fn nothing_leads_out_of_either_container_but_files_of_the_attempt() {
    looked_at(&["write hello.txt"], |bench| {
        let (app, sandbox) = both(bench);
        assert_eq!(app.inspect["HostConfig"]["NetworkMode"], "none");
        let shared = format!("container:{}", app.inspect["Id"].as_str().expect("an id"));
        assert_eq!(sandbox.inspect["HostConfig"]["NetworkMode"], shared);
        for container in [&app, &sandbox] {
            check_ways_out(container, &attempt_dir(bench));
        }
        assert_eq!(bench.containers().len(), 2);
        assert!(bench.networks().is_empty());
    });
}

/// No port, no mount of anything that is not the attempt's, nothing of the host's, and no key.
fn check_ways_out(container: &Container, attempt: &Path) {
    let (inspect, name) = (&container.inspect, &container.name);
    let host = &inspect["HostConfig"];
    let ports = inspect["NetworkSettings"]["Ports"].as_object();
    for (port, binding) in ports.into_iter().flatten() {
        assert!(binding.is_null(), "{name} publishes {port}: {binding}");
    }
    assert!(is_empty(&host["PortBindings"]), "{name}: {host:#}");
    assert_eq!(host["PublishAllPorts"], false, "{name}");
    let mounts = inspect["Mounts"].as_array().expect("mounts");
    assert!(!mounts.is_empty(), "{name}");
    for mount in mounts.iter().filter(|mount| mount["Type"] != "tmpfs") {
        let source = mount["Source"].as_str().expect("a source");
        assert_eq!(mount["Type"], "bind", "{name}: {mount}");
        assert!(Path::new(source).starts_with(attempt), "{name}: {mount}");
    }
    for none in ["Devices", "DeviceRequests", "VolumesFrom", "Links"] {
        assert!(is_empty(&host[none]), "{name}: {none}");
    }
    for mode in ["PidMode", "UTSMode", "UsernsMode"] {
        assert_eq!(host[mode], "", "{name}: {mode}");
    }
    assert_ne!(host["IpcMode"], "host", "{name}");
    let text = inspect.to_string();
    for foreign in ["docker.sock", CANARY] {
        assert!(!text.contains(foreign), "{foreign} in {name}: {inspect:#}");
    }
}

fn is_empty(value: &Value) -> bool {
    *value == Value::Null || *value == json!([]) || *value == json!({})
}

#[test]
fn both_containers_have_no_rights_and_run_as_the_caller() {
    looked_at(&["write hello.txt"], |bench| {
        let caller = std::fs::metadata("/proc/self").expect("this process");
        let caller = format!("{}:{}", caller.uid(), caller.gid());
        let (app, sandbox) = both(bench);
        for container in [app, sandbox] {
            let (host, name) = (&container.inspect["HostConfig"], &container.name);
            assert_eq!(container.inspect["Config"]["User"], caller, "{name}");
            assert_eq!(host["Privileged"], false, "{name}");
            assert_eq!(host["CapDrop"], json!(["ALL"]), "{name}");
            assert!(is_empty(&host["CapAdd"]), "{name}");
            let options = host["SecurityOpt"].to_string();
            assert!(options.contains("no-new-privileges"), "{name}: {options}");
            assert!(!options.contains("unconfined"), "{name}: {options}");
            assert_eq!(host["ReadonlyRootfs"], true, "{name}");
            assert_eq!(host["Init"], true, "{name}");
        }
    });
}

#[test]
fn both_containers_have_their_limits_and_all_labels() {
    let args = ["write hello.txt", "--memory", "3g", "--cpus", "1.5"];
    looked_at(&args, |bench| {
        let (app, sandbox) = both(bench);
        check_limits(&app, 1 << 30, 1_000_000_000, 256);
        check_limits(&sandbox, 3 << 30, 1_500_000_000, 1024);
        let (key, id) = bench
            .label()
            .and_then(|label| Some(label.split_once('=')?.1.to_owned()))
            .map(|id| ("deckhands.home", id))
            .expect("the home's id");
        let dir = attempt_dir(bench);
        for (container, role) in [(app, "app"), (sandbox, "sandbox")] {
            let labels = &container.inspect["Config"]["Labels"];
            let task = bench.tasks().concat();
            assert_eq!(labels["managed-by"], "deckhands", "{labels:#}");
            assert_eq!(labels[key], id, "{labels:#}");
            assert_eq!(labels["deckhands.task"], task, "{labels:#}");
            assert_eq!(labels["deckhands.attempt"], "1", "{labels:#}");
            let place = dir.to_string_lossy();
            assert_eq!(labels["deckhands.attempt-dir"], *place, "{labels:#}");
            assert_eq!(labels["deckhands.role"], role, "{labels:#}");
            assert_eq!(container.name, format!("deckhands-{task}-1-{role}"));
        }
    });
}

fn check_limits(container: &Container, memory: u64, nano_cpus: u64, processes: u64) {
    let (host, name) = (&container.inspect["HostConfig"], &container.name);
    assert_eq!(host["Memory"], memory, "{name}");
    assert_eq!(host["MemorySwap"], memory, "{name}");
    assert_eq!(host["NanoCpus"], nano_cpus, "{name}");
    assert_eq!(host["PidsLimit"], processes, "{name}");
    let log = &host["LogConfig"]["Config"]["max-size"];
    assert!(log.is_string(), "{name}: its log is not bounded");
}
