//! Tasks that come to a good end.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::time::Duration;

use deckhands_e2e::{
    Bench, CANARY, Container, Running, bash, create_file, edit_file, ipython, one_step, wait_for,
};
use deckhands_testkit::{Script, Step};

use crate::managed_only::keys::assert_without_key;

#[test]
fn hello_is_written_applied_and_leaves_nothing() {
    let bench = Bench::new(one_step());
    let ended = bench.run(&["write hello.txt"]).with_code(0);
    let report = ended.json();
    assert_eq!(report["state"], "completed");
    assert_eq!(report["applied"], true);
    assert_eq!(report["output"], "hello is there");
    assert_eq!(report["changes"][0]["path"], "hello.txt");
    assert_eq!(report["changes"][0]["kind"], "created");
    assert_eq!(report["changes"][0]["bytes"], 6);
    assert_eq!(report["verdict"]["state"], "accepted");
    assert_eq!(report["attempts"][0]["outcome"], "finished");
    assert_eq!(report["versions"]["agent"], "0.59.0");
    // Two answers of the scripted model, each 700 tokens in and 50 out.
    assert_eq!(report["attempts"][0]["usage"]["input_tokens"], 1400);
    assert_eq!(report["attempts"][0]["usage"]["output_tokens"], 100);
    assert_eq!(bench.file("hello.txt").as_deref(), Some("hello\n"));
    assert_eq!(bench.file("README.md").as_deref(), Some("# a project\n"));
    let meta = fs::metadata(bench.workspace.join("hello.txt")).expect("the file");
    let own = fs::metadata(bench.workspace.join("README.md")).expect("a file of ours");
    assert_eq!((meta.uid(), meta.gid()), (own.uid(), own.gid()));
    bench.assert_nothing_left();
}

#[test]
fn the_key_reaches_the_provider_and_no_file_or_output() {
    let script = Script::new([
        bash("env; cat /proc/1/environ | tr '\\0' '\\n'"),
        create_file("/workspace/hello.txt", "hello\n"),
        Step::finish("done"),
    ]);
    let bench = Bench::new(script);
    let ended = bench.run(&["-v", "print your environment"]).with_code(0);
    assert!(
        bench
            .requests()
            .iter()
            .all(|request| request.bearer_is(CANARY))
    );
    assert_eq!(bench.requests().len(), 3);
    assert!(!ended.stdout.contains(CANARY) && !ended.stderr.contains(CANARY));
    Bench::assert_nowhere_below(bench.dir.path(), CANARY);
    bench.assert_nothing_left();
}

#[test]
fn several_tools_change_create_and_delete_and_the_checks_accept() {
    let script = Script::new([
        bash(
            "mkdir -p src && printf 'one\\ntwo\\n' > src/list.txt && rm old.txt && chmod +x run.sh",
        ),
        edit_file("/workspace/README.md", "# a project", "# a better project"),
        ipython("open('/workspace/py.txt', 'w').write('from python\\n')"),
        bash("cat src/list.txt py.txt"),
        Step::finish("all done"),
    ]);
    let bench = Bench::new(script);
    fs::write(bench.workspace.join("old.txt"), "old\n").expect("a file");
    fs::write(bench.workspace.join("run.sh"), "#!/bin/sh\n").expect("a file");
    let checks = [
        "rework it",
        "--check",
        "test -x run.sh && ! test -e old.txt",
        "--check",
        "grep -q two src/list.txt && python3 -c 'print(open(\"py.txt\").read())'",
    ];
    let report = bench.run(&checks).with_code(0).json();
    let changes: Vec<_> = report["changes"]
        .as_array()
        .expect("changes")
        .iter()
        .collect();
    let shown: Vec<_> = changes
        .iter()
        .map(|c| {
            format!(
                "{} {}",
                c["kind"].as_str().unwrap_or(""),
                c["path"].as_str().unwrap_or("")
            )
        })
        .collect();
    let expected = [
        "modified README.md",
        "deleted old.txt",
        "created py.txt",
        "modified run.sh",
        "created src/list.txt",
    ];
    assert_eq!(shown, expected);
    assert_eq!(
        bench.file("README.md").as_deref(),
        Some("# a better project\n")
    );
    assert_eq!(bench.file("src/list.txt").as_deref(), Some("one\ntwo\n"));
    assert_eq!(bench.file("py.txt").as_deref(), Some("from python\n"));
    assert_eq!(bench.file("old.txt"), None);
    let mode = fs::metadata(bench.workspace.join("run.sh"))
        .expect("the file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o111, 0o111);
    bench.assert_nothing_left();
}

/// What the sandbox of the agent's own making is like; the one of ours is in `managed_only`.
mod socket_only {
    use super::*;

    #[test]
    fn while_working_the_sandbox_is_limited_labelled_and_bound_to_the_bridge_only() {
        let script = Script::new([
            create_file("/workspace/hello.txt", "hello\n"),
            Step::finish("done").after(Duration::from_secs(5)),
        ]);
        let bench = Bench::new(script);
        let running = bench.start(&["write hello.txt", "--memory", "3g", "--cpus", "1.5"]);
        let sandbox = wait_for("a running sandbox", Duration::from_secs(90), || {
            let running = |name: &str| name.starts_with("openhands-runtime-");
            let found = bench
                .containers()
                .into_iter()
                .find(|c| running(&c.name) && c.state == "running");
            found.filter(|_| !bench.requests().is_empty())
        });
        let host = &sandbox.inspect["HostConfig"];
        assert_eq!(host["Memory"], 3_u64 << 30);
        assert_eq!(host["NanoCpus"], 1_500_000_000_u64);
        assert!(host["PidsLimit"].as_u64().is_some_and(|limit| limit > 0));
        let bridge = deckhands_e2e::bridge_address();
        let mut published = 0;
        for container in bench.containers() {
            let ports = container.inspect["NetworkSettings"]["Ports"].clone();
            for binding in ports.as_object().into_iter().flat_map(|p| p.values()) {
                for address in binding.as_array().into_iter().flatten() {
                    assert_eq!(
                        address["HostIp"],
                        bridge.as_str(),
                        "{} {address}",
                        container.name
                    );
                    published += 1;
                }
            }
        }
        assert!(
            published > 0,
            "the sandbox publishes its ports on the bridge"
        );
        let _ = running.end().with_code(0);
        bench.assert_nothing_left();
    }

    /// What somebody gets who chooses this profile and nothing else.
    #[test]
    fn the_model_is_called_through_us_and_no_container_has_the_key() {
        let bench = Bench::new(Script::new([
            bash("env; cat /proc/1/environ | tr '\\0' '\\n'"),
            create_file("/workspace/hello.txt", "hello\n"),
            Step::finish("done").after(Duration::from_secs(5)),
        ]));
        let mut run = bench.run_command(&["write hello.txt"]);
        run.env_remove("DECKHANDS_MODEL_WAY");
        let running = Running::start(run);
        let running = running.until("the last call", Duration::from_secs(240), || {
            bench.requests().len() >= 3
        });
        let containers = bench.containers();
        let is_sandbox = |c: &Container| c.name.starts_with("openhands-runtime-");
        assert!(containers.iter().any(is_sandbox), "{containers:?}");
        containers.iter().for_each(assert_without_key);
        let ended = running.end().with_code(0);
        let report = ended.json();
        assert_eq!(report["state"], "completed", "{report:#}");
        let name = "deepseek/deepseek-chat-v3.1:free";
        assert_eq!(report["model_requested"], format!("openrouter/{name}"));
        for request in bench.requests() {
            assert!(request.bearer_is(CANARY), "{request:?}");
            assert_eq!(request.model.as_deref(), Some(name));
        }
        Bench::assert_nowhere_below(bench.dir.path(), CANARY);
        bench.assert_nothing_left();
    }
}
