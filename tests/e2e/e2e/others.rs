//! Neighbours: two runs side by side, and containers that are not ours.

use std::fs;
use std::time::Duration;

use deckhands_e2e::{Bench, Running, bash, create_file, docker, wait_for};
use deckhands_testkit::{AfterEnd, Script, Step};

const LIMIT: Duration = Duration::from_secs(150);

/// A container of nobody's that is named as OpenHands names its sandboxes.
struct Foreign(String);

impl Foreign {
    fn start(suffix: &str) -> Self {
        let name = format!("openhands-runtime-{suffix}");
        let image =
            std::env::var_os("DECKHANDS_TINY_IMAGE").expect("the tiny image: cargo xtask e2e");
        let image = image.to_string_lossy().into_owned();
        let _ = docker(&[
            "run",
            "-d",
            "--label",
            "deckhands.test=1",
            "--name",
            &name,
            &image,
            "hang",
        ]);
        Self(name)
    }

    fn runs(&self) -> bool {
        docker(&["inspect", "--format", "{{.State.Running}}", &self.0]).trim() == "true"
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = docker(&["rm", "-f", &self.0]);
    }
}

#[test]
fn cancelling_one_of_two_runs_lets_the_other_finish_and_touches_no_stranger() {
    let foreign = Foreign::start("x");
    let bench = Bench::new(Script::new([
        create_file("/workspace/hello.txt", "hello\n"),
        bash("sleep 8"),
        Step::finish("done"),
    ]));
    let endless = Script::new([bash("sleep 200")]).after_end(AfterEnd::RepeatLast);
    let url = bench.add_script("endless", endless);
    let second = bench.dir.path().join("second");
    fs::create_dir(&second).expect("a second workspace");
    let finishing = bench.start(&["write hello.txt"]);
    let mut command = bench.command(&["run", "--json", "work for ever"]);
    command
        .arg("--workspace")
        .arg(&second)
        .env("OPENHANDS_BASE_URL", &url);
    let cancelled = Running::start(command);
    wait_for("both at work", LIMIT, || {
        let paths: Vec<_> = bench.requests().into_iter().map(|r| r.path).collect();
        let endless = paths.iter().any(|p| p.starts_with("/s/endless/"));
        (endless && paths.iter().any(|p| p.starts_with("/v1/"))).then_some(())
    });
    cancelled.signal("INT");
    assert_eq!(cancelled.end().with_code(130).json()["state"], "cancelled");
    let report = finishing.end().with_code(0).json();
    assert_eq!(report["state"], "completed", "{report:#}");
    assert_eq!(bench.file("hello.txt").as_deref(), Some("hello\n"));
    assert!(foreign.runs(), "the foreign container was touched");
    bench.assert_nothing_left();
}

#[test]
fn reap_leaves_a_living_run_and_strangers_alone() {
    let foreign = Foreign::start("y");
    let bench = Bench::new(Script::new([
        create_file("/workspace/hello.txt", "hello\n"),
        bash("sleep 8"),
        Step::finish("done"),
    ]));
    let running = bench.start(&["write hello.txt"]);
    wait_for("the agent at work", LIMIT, || {
        (bench.requests().len() >= 2).then_some(())
    });
    for args in [&["reap", "--json"][..], &["reap", "--json", "--all-homes"]] {
        let report = bench.call(args).with_code(0).json();
        assert_eq!(
            report["failed"].as_array().map(Vec::len),
            Some(0),
            "{report:#}"
        );
        let live = report["live"].as_array().expect("a list").len();
        assert!(live >= 2, "app and sandbox are alive: {report:#}");
        let ours = bench.containers();
        assert_eq!(
            ours.iter().filter(|c| c.state == "running").count(),
            2,
            "{ours:?}"
        );
    }
    let report = running.end().with_code(0).json();
    assert_eq!(report["state"], "completed");
    assert!(foreign.runs(), "the foreign container was touched");
    bench.assert_nothing_left();
}
