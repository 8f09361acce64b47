//! An agent that takes all it can get: its attempt ends for what it is and soon, and nobody else
//! notices.

use std::time::Duration;

use deckhands_e2e::{Bench, Ending, Running, bash, create_file, docker, stamp};
use deckhands_testkit::{Script, Step};
use serde_json::Value;

use super::LIMIT;

const PROCESS_LIMIT: Ending = Ending::failed("sdk", "ProcessLimit", "too many processes");
const OUT_OF_MEMORY: Ending = Ending::failed("sdk", "OutOfMemory", "`--memory`");
const DISK_LIMIT: Ending = Ending::failed("sdk", "DiskLimit", "write less");

/// Longest time from the command on to the end of the agent.
const SOON_S: f64 = 30.0;

/// Longest life of a run, start and clean-up included.
const LIFE: Duration = Duration::from_secs(150);

/// A run of somebody else, at work for as long as the other one is disturbed.
struct Neighbour {
    bench: Bench,
    running: Running,
}

impl Neighbour {
    fn start() -> Self {
        let bench = Bench::new(Script::new([
            create_file("/workspace/hello.txt", "hello\n"),
            bash("sleep 5; cat hello.txt"),
            Step::finish("done").after(Duration::from_secs(25)),
        ]));
        let running = bench.start(&["write hello.txt"]);
        Self { bench, running }
    }

    /// Asserts that it came to a good end, and that the daemon is well.
    fn assert_unharmed(self) {
        let report = self.running.end().with_code(0).json();
        assert_eq!(report["state"], "completed", "{report:#}");
        assert_eq!(self.bench.file("hello.txt").as_deref(), Some("hello\n"));
        self.bench.assert_nothing_left();
        let version = docker(&["version", "--format", "{{.Server.Version}}"]);
        assert!(!version.trim().is_empty());
    }
}

/// The agent runs a command that reaches a bound.
fn check(command: &str, args: &[&str], env: &[(&str, &str)], ending: Ending) -> Value {
    // Where the command comes back at once, what it began goes on.
    let script = Script::new([bash(command), Step::finish("done").after(LIMIT)]);
    let bench = Bench::new(script);
    let neighbour = Neighbour::start();
    let report = ending.check(&bench, |bench| {
        let mut run = bench.run_command(&["take all"]);
        run.args(args).envs(env.iter().copied());
        let ended = Running::start(run).end();
        assert!(ended.took < LIFE, "{:?}: {}", ended.took, ended.shown());
        ended
    });
    let events = bench.agent_events();
    let is_command = |event: &&Value| event["kind"]["action"] == "command";
    let began = events.iter().rev().find(is_command).map(stamp);
    let began = began.expect("the command's event");
    let took = bench.app_killed().duration_since(began).as_secs_f64();
    assert!((0.0..SOON_S).contains(&took), "{took} s: {report:#}");
    neighbour.assert_unharmed();
    report
}

/// With this few it is over sooner; the server itself needs less than a hundred.
const FEW: [(&str, &str); 1] = [("DECKHANDS_PROCESSES", "256")];

#[test]
fn a_fork_bomb_is_a_process_limit() {
    check(":(){ :|:& };:", &[], &FEW, PROCESS_LIMIT);
}

#[test]
fn processes_that_stay_are_a_process_limit() {
    let many = "python3 - <<'END'\nimport os, time\nwhile True:\n    try:\n        \
                if os.fork() == 0:\n            time.sleep(99)\n            os._exit(0)\n    \
                except OSError:\n        time.sleep(0.1)\nEND";
    check(many, &[], &FEW, PROCESS_LIMIT);
}

#[test]
fn all_memory_taken_is_out_of_memory() {
    let many = "python3 - <<'END'\nimport os, time\nfor _ in range(100):\n    \
                if os.fork() == 0:\n        x = bytearray(32 << 20)\n        time.sleep(99)\n        \
                os._exit(0)\ntime.sleep(99)\nEND";
    check(many, &["--memory", "1g"], &[], OUT_OF_MEMORY);
}

const SMALL_DISK: [&str; 2] = ["--max-disk", "64m"];

#[test]
fn a_disk_that_is_filled_is_a_disk_limit() {
    let fill = "for n in $(seq 100000); do dd if=/dev/zero of=/workspace/fill$n bs=1M count=16 \
                2>/dev/null; done";
    let report = check(fill, &SMALL_DISK, &[], DISK_LIMIT);
    let notes = report["notes"].to_string();
    assert!(notes.contains("64m allowed"), "{report:#}");
}

/// They are empty: what they take is not bytes.
#[test]
fn a_flood_of_files_is_a_disk_limit() {
    let flood = "python3 - <<'END'\nimport itertools, os\nfor n in itertools.count():\n    \
                 os.makedirs('/workspace/d%d' % n)\n    for m in range(100):\n        \
                 open('/workspace/d%d/f%d' % (n, m), 'w').close()\nEND";
    let report = check(flood, &SMALL_DISK, &[], DISK_LIMIT);
    let notes = report["notes"].to_string();
    assert!(notes.contains("files made"), "{report:#}");
}

/// `/tmp` of the sandbox is memory of the sandbox, and half of it at most.
#[test]
fn a_full_scratch_directory_is_the_agents_own_trouble() {
    let fill = "dd if=/dev/zero of=/tmp/fill bs=1M; df --output=avail /tmp > avail.txt; \
                rm /tmp/fill; echo still here > here.txt";
    let bench = Bench::new(Script::new([bash(fill), Step::finish("done")]));
    let report = bench.run(&["fill /tmp", "--memory", "3g"]);
    let report = report.with_code(0).json();
    assert_eq!(report["state"], "completed", "{report:#}");
    assert_eq!(bench.file("here.txt").as_deref(), Some("still here\n"));
    let avail = bench.file("avail.txt").unwrap_or_default();
    assert_eq!(avail.split_whitespace().last(), Some("0"), "{avail}");
    bench.assert_nothing_left();
}
