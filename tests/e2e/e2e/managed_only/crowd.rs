//! Many attempts beside each other, on a daemon where others come and go: all of them complete.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use deckhands_e2e::{Bench, Running, create_file, docker, one_step};
use deckhands_testkit::{Script, Step};

/// Pause between two strangers.
const EVERY: Duration = Duration::from_millis(100);

/// Most strangers in one test.
const MOST: usize = 2000;

/// What strangers are known by, for their removal.
const LABEL: &str = "deckhands.e2e-foreign=1";

/// Starts one container of nobody's after the other, each gone at once, until told to stop.
fn strangers(stop: &AtomicBool) -> usize {
    let image = std::env::var_os("DECKHANDS_TINY_IMAGE").expect("the tiny image: cargo xtask e2e");
    let pause = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime to wait in");
    let mut count = 0;
    while count < MOST && !stop.load(Ordering::Relaxed) {
        let mut command = Command::new("docker");
        command.args(["run", "--detach", "--rm", "--network", "none"]);
        command.args(["--label", LABEL, "--label", "deckhands.test=1"]);
        let output = command.arg(&image).arg("true").output();
        let output = output.expect("the docker command");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "a stranger: {said}");
        count += 1;
        pause.block_on(async { tokio::time::sleep(EVERY).await });
    }
    count
}

/// One attempt among the others, in a workspace of its own.
fn attempt(bench: &Bench, number: usize) {
    let name = format!("out-{number}.txt");
    let workspace = bench.dir.path().join(format!("workspace-{number}"));
    fs::create_dir(&workspace).expect("a workspace");
    let script = Script::new([
        create_file(&format!("/workspace/{name}"), &format!("{number}\n")),
        Step::finish("done"),
    ]);
    let mut command = bench.command(&["run", "--json", "write your number"]);
    command.arg("--workspace").arg(&workspace);
    let url = bench.add_script(&format!("n{number}"), script);
    command.env("OPENHANDS_BASE_URL", url);
    let report = Running::start(command).end().with_code(0).json();
    assert_eq!(report["state"], "completed", "{report:#}");
    assert_eq!(report["applied"], true, "{report:#}");
    let written = fs::read_to_string(workspace.join(name)).expect("its number");
    assert_eq!(written, format!("{number}\n"));
}

/// So many attempts, so many at once, all of one state directory.
fn check(attempts: usize, at_once: usize) {
    let bench = Bench::new(one_step());
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let came = std::thread::scope(|scope| {
        let strangers = scope.spawn(|| strangers(&stop));
        let work = || {
            while let Some(number) =
                Some(next.fetch_add(1, Ordering::Relaxed)).filter(|number| *number < attempts)
            {
                attempt(&bench, number);
            }
        };
        let workers: Vec<_> = (0..at_once).map(|_| scope.spawn(work)).collect();
        let ended: Vec<_> = workers.into_iter().map(|worker| worker.join()).collect();
        stop.store(true, Ordering::Relaxed);
        let failed = ended.iter().filter(|end| end.is_err()).count();
        assert_eq!(failed, 0, "{failed} of {at_once} workers failed");
        strangers.join().expect("the strangers' end")
    });
    assert!(came >= attempts, "only {came} strangers came");
    assert_eq!(bench.tasks().len(), attempts);
    bench.assert_no_working_files();
    bench.assert_nothing_left();
    let left = docker(&["ps", "-aq", "--filter", &format!("label={LABEL}")]);
    for id in left.lines() {
        let _ = docker(&["rm", "--force", id]);
    }
}

#[test]
fn four_attempts_two_at_a_time_complete_among_strangers() {
    check(4, 2);
}

/// What takes minutes.
mod full {
    #[test]
    fn thirty_attempts_six_at_a_time_complete_among_strangers() {
        super::check(30, 6);
    }
}
