//! A daemon that hangs, is cut off, or answers with errors: a bounded, typed end, and nothing left.
//!
//! A proxy stands before the daemon's socket, for us and for OpenHands, whose container gets the
//! same socket.

use std::path::Path;
use std::time::Duration;

use deckhands_e2e::{Bench, Ended, Running, create_file, one_step, wait_for};
use deckhands_testkit::{DaemonProxy, ProxiedRequest, ProxyAct, ProxyRule, Script, Step};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

/// Longest time until a moment in a run is there.
const LIMIT: Duration = Duration::from_secs(150);

/// Until then a command must have ended whose daemon does not answer from the beginning.
const NO_ANSWER: Duration = Duration::from_secs(40);

/// Until then a run must have ended that lost its daemon: noticing, cleaning up, giving back.
const LOST: Duration = Duration::from_secs(170);

/// How OpenHands' client of the daemon names itself.
const DOCKER_PY: &str = "docker-sdk-python/";

/// A world whose daemon is reached through a proxy.
struct World {
    bench: Bench,
    proxy: DaemonProxy,
    _runtime: Runtime,
}

impl World {
    fn new(script: Script) -> Self {
        let bench = Bench::new(script);
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime for the proxy");
        let entered = runtime.enter();
        let socket = bench.dir.path().join("docker.sock");
        let proxy = DaemonProxy::start(&socket, Path::new("/var/run/docker.sock"))
            .expect("a proxy before the daemon");
        drop(entered);
        Self {
            bench,
            proxy,
            _runtime: runtime,
        }
    }

    /// Starts a command that reaches the daemon through the proxy.
    fn start(&self, args: &[&str]) -> Running {
        let mut command = self.bench.command(args);
        command.env("DOCKER_HOST", self.proxy.docker_host());
        Running::start(command)
    }

    fn start_run(&self, args: &[&str]) -> Running {
        let mut command = self.bench.run_command(args);
        command.env("DOCKER_HOST", self.proxy.docker_host());
        Running::start(command)
    }

    /// Waits until the model was asked so often.
    fn wait_for_calls(&self, calls: usize) {
        wait_for("calls of the model", LIMIT, || {
            (self.bench.requests().len() >= calls).then_some(())
        });
    }

    /// How many requests of ours, not of OpenHands, have this method and a path that ends so.
    fn seen(&self, method: &str, ending: &str) -> usize {
        let ours = |request: &ProxiedRequest| {
            let agent = request.header("user-agent").unwrap_or_default();
            !agent.starts_with(DOCKER_PY)
        };
        let requests = self.proxy.requests();
        let matching = requests
            .iter()
            .filter(|r| ours(r) && r.method == method && r.path.ends_with(ending));
        matching.count()
    }

    fn assert_workspace_unchanged(&self) {
        let mut names: Vec<_> = std::fs::read_dir(&self.bench.workspace)
            .expect("the workspace")
            .map(|item| item.expect("an item").file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["README.md"]);
        assert_eq!(
            self.bench.file("README.md").as_deref(),
            Some("# a project\n")
        );
    }
}

/// Asserts how a run failed, and returns its document.
fn check_failed(ended: Ended, code: i32, error_type: &str, cause: &str) -> Value {
    let ended = ended.with_code(code);
    let report = ended.json();
    assert_eq!(report["state"], "failed", "{}", ended.shown());
    let error = &report["error"];
    assert_eq!(error["cause"], cause, "{}", ended.shown());
    assert_eq!(error["type"], error_type, "{}", ended.shown());
    assert_eq!(error["code"], code, "{}", ended.shown());
    assert!(error["hint"].is_string(), "{}", ended.shown());
    assert_eq!(report["applied"], false);
    report
}

/// Every command ends in time with the same one error.
fn check_unreachable(world: &World, limit: Duration) {
    // At once, because each of them waits.
    let run = world.start_run(&["do it"]);
    let (doctor, reap) = (world.start(&["doctor", "--json"]), world.start(&["reap"]));
    let (run, doctor, reap) = (run.end(), doctor.end(), reap.end());
    for ended in [&run, &doctor, &reap] {
        assert!(ended.took < limit, "{:?}: {}", ended.took, ended.shown());
    }
    let report = check_failed(run, 3, "connection", "DaemonUnreachable");
    let hint = report["error"]["hint"].as_str().expect("a hint");
    assert!(hint.contains("start Docker"), "{report:#}");

    let doctor = doctor.with_code(3).json();
    let checks = doctor["checks"].as_array().expect("checks");
    let failed: Vec<_> = checks.iter().filter(|c| c["status"] == "fail").collect();
    assert_eq!(failed.len(), 1, "{doctor:#}");
    assert_eq!(failed[0]["name"], "docker", "{doctor:#}");

    let reap = reap.with_code(3);
    let errors = reap.stderr.lines().filter(|l| l.starts_with("error: "));
    assert_eq!(errors.count(), 1, "{}", reap.shown());
    assert!(reap.stderr.contains("start Docker"), "{}", reap.shown());
}

#[test]
fn a_daemon_that_never_answers_ends_every_command() {
    let world = World::new(one_step());
    world.proxy.hang();
    check_unreachable(&world, NO_ANSWER);
}

#[test]
fn a_daemon_that_closes_every_connection_ends_every_command() {
    let world = World::new(one_step());
    world.proxy.cut();
    check_unreachable(&world, NO_ANSWER);
}

#[test]
fn a_daemon_that_refuses_the_app_is_told_in_its_own_words() {
    let taken = "Conflict. The container name \"/x\" is already in use by container \"y\".";
    let rows = [
        ("/containers/create", 500, "out of order", 1, "unknown"),
        ("/containers/create", 503, "shutting down", 3, "connection"),
        ("/containers/create", 409, taken, 1, "unknown"),
        (
            "/containers/*/start",
            409,
            "is marked for removal",
            1,
            "unknown",
        ),
        ("/containers/*/start", 500, "driver failed", 1, "unknown"),
        ("/containers/*/start", 503, "shutting down", 3, "connection"),
    ];
    let world = World::new(one_step());
    for (path, status, words, code, error_type) in rows {
        let answer = ProxyAct::Answer(status, words.to_owned());
        world
            .proxy
            .add(ProxyRule::on("POST", path, answer).times(1));
        let ended = world.start_run(&["do it"]).end();
        let cause = match error_type {
            "connection" => "DaemonUnreachable",
            _ => "Unknown",
        };
        let report = check_failed(ended, code, error_type, cause);
        let message = report["error"]["message"].as_str().expect("a message");
        assert!(message.contains(words), "{report:#}");
        let hint = report["error"]["hint"].as_str().expect("a hint");
        assert!(!hint.contains("transcript"), "there is none: {report:#}");
        assert_eq!(
            report["notes"].as_array().map(Vec::len),
            Some(0),
            "{report:#}"
        );
        world.bench.assert_nothing_left();
    }
    world.assert_workspace_unchanged();
    assert!(world.bench.requests().is_empty(), "no agent ran");
}

/// A run whose daemon does not come back is ended, and `reap` removes the rest afterwards.
fn check_lost(lose: impl Fn(&DaemonProxy)) {
    let unanswered = Step::finish("too late").after(LOST);
    let world = World::new(Script::new([
        create_file("/workspace/new.txt", "from the agent\n"),
        unanswered,
    ]));
    let running = world.start_run(&["work"]);
    world.wait_for_calls(2);
    let lost = tokio::time::Instant::now();
    lose(&world.proxy);
    let ended = running.end();
    let took = lost.elapsed();
    let report = check_failed(ended, 3, "connection", "DaemonUnreachable");
    assert!(took < LOST, "{took:?}: {report:#}");
    let notes = report["notes"].as_array().expect("notes");
    let left = |note: &Value| {
        let note = note.as_str().unwrap_or_default();
        note.contains("could not be removed") && note.contains("deckhands reap")
    };
    assert!(notes.iter().any(left), "{report:#}");
    world.assert_workspace_unchanged();

    world.proxy.restore();
    let reap = world.start(&["reap", "--json"]).end().with_code(0).json();
    assert_eq!(reap["failed"].as_array().map(Vec::len), Some(0), "{reap:#}");
    let removed = reap["removed"].as_array().expect("names");
    let app = |name: &Value| name.as_str().is_some_and(|name| name.ends_with("-app"));
    assert!(removed.iter().any(app), "{reap:#}");
    world.bench.assert_nothing_left();
    let again = world.start(&["reap", "--json"]).end().with_code(0).json();
    for done in ["removed", "cancelled", "cleared", "failed"] {
        let left = again[done].as_array().map(Vec::len);
        assert_eq!(left, Some(0), "{done}: {again:#}");
    }
    world.assert_workspace_unchanged();
}

#[test]
fn a_daemon_that_hangs_in_mid_run_ends_it() {
    check_lost(DaemonProxy::hang);
}

#[test]
fn a_daemon_that_is_cut_off_in_mid_run_ends_it() {
    check_lost(DaemonProxy::cut);
}

/// The daemon hangs for longer than we look at it once, then closes every connection, and is well.
#[test]
fn a_daemon_that_is_away_in_mid_run_for_a_short_time_does_not_end_it() {
    let script = Script::new([
        create_file("/workspace/hello.txt", "hello\n"),
        Step::finish("hello is there").after(Duration::from_secs(30)),
    ]);
    let world = World::new(script);
    let running = world.start_run(&["write hello.txt"]);
    world.wait_for_calls(2);
    let attached = world.seen("POST", "/attach");
    world.proxy.hang();
    let looks = world.seen("GET", "/json");
    wait_for("a look at the app in vain", LIMIT, || {
        (world.seen("GET", "/json") > looks).then_some(())
    });
    world.proxy.cut_once();
    world.proxy.restore();
    let ended = running.end().with_code(0);
    let report = ended.json();
    assert_eq!(report["state"], "completed", "{}", ended.shown());
    assert_eq!(report["applied"], true);
    assert_eq!(world.bench.file("hello.txt").as_deref(), Some("hello\n"));
    assert_eq!(report["attempts"].as_array().map(Vec::len), Some(1));
    assert!(world.seen("POST", "/attach") > attached, "attached again");
    let notes = report["notes"].as_array().expect("notes");
    let gaps = |note: &Value| note.as_str().is_some_and(|n| n.contains("may have gaps"));
    assert!(notes.iter().any(gaps), "{report:#}");
    world.bench.assert_nothing_left();
}

/// The daemon takes 3 s for every answer, and the first removal of a container fails.
fn slow_down(world: &World) {
    let stays = "driver \"overlay2\" failed to remove root filesystem";
    let stays = ProxyAct::Answer(500, stays.to_owned());
    let first = ProxyRule::on("DELETE", "/containers/*", stays).times(1);
    world.proxy.add(first);
    let slow = ProxyAct::Delay(Duration::from_secs(3));
    world.proxy.add(ProxyRule::on("*", "*", slow));
}

/// Nobody but us asks the daemon, so that it is only slow.
mod managed_only {
    use super::*;

    #[test]
    fn a_slow_daemon_whose_first_removal_fails_makes_a_run_slow_and_no_worse() {
        let world = World::new(one_step());
        slow_down(&world);
        let ended = world.start_run(&["write hello.txt"]).end().with_code(0);
        let report = ended.json();
        assert_eq!(report["state"], "completed", "{}", ended.shown());
        assert_eq!(report["notes"], serde_json::json!([]), "{report:#}");
        assert_eq!(world.bench.file("hello.txt").as_deref(), Some("hello\n"));
        assert!(world.seen("DELETE", "") >= 3, "the removal was tried again");
        world.bench.assert_nothing_left();
    }
}

/// OpenHands lists the daemon's containers when it starts.
mod socket_only {
    use super::*;

    /// OpenHands first asks for a sandbox of its session's name, then looks at every container of the daemon;
    /// one of these has gone. The daemon takes 3 s for every other answer, and the first removal fails.
    #[test]
    fn a_container_that_vanishes_during_the_start_is_a_race_also_on_a_slow_daemon() {
        let world = World::new(one_step());
        let vanished = ProxyAct::Answer(404, "No such container: {id}".to_owned());
        let look = ProxyRule::on("GET", "/containers/*/json", vanished);
        world
            .proxy
            .add(look.header("User-Agent", DOCKER_PY).after(1).times(1));
        slow_down(&world);
        let ended = world.start_run(&["write hello.txt"]).end();
        let report = check_failed(ended, 1, "sdk", "StartRace");
        let hint = report["error"]["hint"].as_str().expect("a hint");
        assert!(hint.contains("run the task again"), "{report:#}");
        assert_eq!(
            report["notes"].as_array().map(Vec::len),
            Some(0),
            "{report:#}"
        );
        assert!(world.seen("DELETE", "") >= 2, "the removal was tried again");
        world.bench.assert_nothing_left();
        world.assert_workspace_unchanged();
    }
}
