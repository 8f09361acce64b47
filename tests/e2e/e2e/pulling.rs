//! Images that have to be pulled first, from a registry on this machine that does what it is told.

mod registry;

use std::time::Duration;

use deckhands_e2e::{Bench, Ended, Running, docker, one_step};
use deckhands_testkit::{Pace, RegistryFault, RegistryPlace, Times};
use tokio::time::Instant;

use RegistryFault::{Cut, Hold, Slow, Status, Wrong};
use RegistryPlace::{Config, Layer, Manifest};
use registry::{Registry, SIZE};

/// How long a cancelled run may take to end.
const SOON: Duration = Duration::from_secs(3);

/// Slower than the deadline allows, but with something to tell all the time.
const TRICKLE: RegistryFault = Slow(Pace {
    bytes: SIZE / 100,
    every: Duration::from_millis(300),
});

/// Asserts that a run told what it pulled, and that once.
fn assert_told(ended: &Ended, reference: &str) {
    let line = format!("pulling {reference}");
    let told = ended.stderr.lines().filter(|l| *l == line).count();
    assert_eq!(told, 1, "{}", ended.shown());
}

/// Asserts that a run failed for want of its image, and that nothing is left of it.
fn assert_failed(bench: &Bench, ended: Ended, cause: &str, reference: &str) -> serde_json::Value {
    let ended = ended.with_code(3);
    assert_told(&ended, reference);
    let report = ended.json();
    assert_eq!(report["state"], "failed", "{report:#}");
    assert_eq!(report["error"]["cause"], cause, "{report:#}");
    let message = report["error"]["message"].as_str().expect("a message");
    assert!(message.contains(reference), "{message}");
    assert!(bench.requests().is_empty(), "the model was called");
    bench.assert_nothing_left();
    report["error"].clone()
}

#[test]
fn the_daemon_itself_pulls_from_the_stub() {
    let registry = Registry::new("by hand");
    let _ = docker(&["pull", &registry.reference]);
    assert_eq!(registry.id_at_the_daemon(), registry.image.id());
    let _ = docker(&["rmi", &registry.reference]);
    registry.assert_absent();
    let _ = docker(&["pull", &registry.by_digest()]);
    let id = docker(&[
        "image",
        "inspect",
        "--format",
        "{{.Id}}",
        &registry.by_digest(),
    ]);
    assert_eq!(id.trim(), registry.image.id());
}

#[test]
fn what_was_pulled_is_what_is_run() {
    let bench = Bench::new(one_step());
    let registry = Registry::of(&bench);
    // The image has no program in it: that it is started at all is what is proved here.
    let ended = registry.start(&bench).end().with_code(1);
    assert_told(&ended, &registry.reference);
    let report = ended.json();
    assert_eq!(
        report["images"][0]["reference"],
        registry.reference.as_str()
    );
    assert_eq!(report["images"][0]["digest"], registry.image.id());
    assert_eq!(report["error"]["cause"], "AgentCrashed", "{report:#}");
    // The exit code that everybody gives to a program that is not there.
    assert_eq!(report["attempts"][0]["container_exit"], 127, "{report:#}");
    assert_eq!(registry.id_at_the_daemon(), registry.image.id());
    bench.assert_nothing_left();
    // It is there now, so nobody asks the registry again.
    let asked = registry.stub().requests().len();
    let again = registry.start(&bench).end().with_code(1);
    assert!(!again.stderr.contains("pulling"), "{}", again.shown());
    assert_eq!(registry.stub().requests().len(), asked);
}

#[test]
fn a_cut_in_a_layer_is_made_good_by_the_daemon() {
    let bench = Bench::new(one_step());
    let registry = Registry::of(&bench);
    registry.stub().fail(Layer, Cut, Times::Count(1));
    let mut command = bench.run_command(&["do it"]);
    command.env("OPENHANDS_DOCKER_IMAGE", &registry.reference);
    let report = Running::start(command).end().with_code(1).json();
    assert_eq!(
        report["images"][0]["digest"],
        registry.image.id(),
        "{report:#}"
    );
    let requests = registry.stub().requests();
    let of_layer = requests.iter().filter(|r| r.place == Some(Layer));
    assert!(of_layer.count() > 1, "the layer came whole at once");
    bench.assert_nothing_left();
}

#[test]
fn a_registry_that_refuses_is_told_with_its_words() {
    let rows = [
        (Manifest, Status(404), "manifest unknown", "docker pull"),
        (
            Manifest,
            Status(500),
            "500 Internal Server Error",
            "docker pull",
        ),
        (Manifest, Status(429), "toomanyrequests", "docker pull"),
        (Manifest, Status(403), "denied", "docker login"),
        (Layer, Status(404), "unknown blob", "docker pull"),
        (
            Config,
            Status(500),
            "500 Internal Server Error",
            "docker pull",
        ),
        (Layer, Wrong, "verification failed", "docker pull"),
        (Config, Wrong, "verification failed", "docker pull"),
    ];
    let bench = Bench::new(one_step());
    for (place, fault, words, hint) in rows {
        let registry = Registry::of(&bench);
        registry.stub().fail(place, fault, Times::Forever);
        let ended = registry.start(&bench).end();
        let error = assert_failed(&bench, ended, "ImageMissing", &registry.reference);
        let message = error["message"].as_str().expect("a message");
        assert!(message.contains(words), "{place:?} {fault:?}: {message}");
        let shown = error["hint"].as_str().expect("a hint");
        assert!(shown.contains(hint), "{place:?} {fault:?}: {shown}");
        registry.assert_given_up();
    }
}

#[test]
fn a_registry_that_wants_a_login_is_told_with_the_way_to_log_in() {
    let bench = Bench::new(one_step());
    let registry = Registry::of(&bench);
    registry.stub().require_login();
    let ended = registry.start(&bench).end();
    let error = assert_failed(&bench, ended, "ImageMissing", &registry.reference);
    assert_eq!(error["type"], "validation");
    let hint = error["hint"].as_str().expect("a hint");
    let login = format!("`docker login {}`", registry.stub().addr());
    let pull = format!("`docker pull {}`", registry.reference);
    assert!(hint.contains(&login) && hint.contains(&pull), "{hint}");
    registry.assert_absent();
}

#[test]
fn a_name_that_no_image_can_have_is_told() {
    let bench = Bench::new(one_step());
    let mut command = bench.run_command(&["do it"]);
    command.env("OPENHANDS_DOCKER_IMAGE", "127.0.0.1:9/Deckhands/UPPER:1");
    let report = Running::start(command).end().with_code(2).json();
    assert_eq!(report["error"]["cause"], "BadInput", "{report:#}");
    let message = report["error"]["message"].as_str().expect("a message");
    assert!(
        message.contains("127.0.0.1:9/Deckhands/UPPER:1"),
        "{message}"
    );
    let hint = report["error"]["hint"].as_str().expect("a hint");
    assert!(hint.contains("lower case"), "{hint}");
    bench.assert_nothing_left();
}

/// A pull that does not come to its end is given up at its deadline.
fn check_deadline(fault: RegistryFault, after: impl FnOnce(&Registry)) {
    let bench = Bench::new(one_step());
    let registry = Registry::of(&bench);
    registry.stub().fail(Layer, fault, Times::Forever);
    let ended = registry.start(&bench).end();
    assert!(ended.took >= Duration::from_secs(10), "{}", ended.shown());
    assert!(ended.took < Duration::from_secs(20), "{}", ended.shown());
    let error = assert_failed(&bench, ended, "PullTimeout", &registry.reference);
    assert_eq!(error["type"], "timeout");
    let message = error["message"].as_str().expect("a message");
    assert!(message.contains("longer than 10 s"), "{message}");
    let hint = error["hint"].as_str().expect("a hint");
    assert!(
        hint.contains("docker pull") && hint.contains("DECKHANDS_PULL_TIMEOUT"),
        "{hint}"
    );
    after(&registry);
}

#[test]
fn a_pull_that_is_too_slow_ends_at_its_deadline_at_the_daemon_too() {
    check_deadline(TRICKLE, Registry::assert_given_up);
}

#[test]
fn a_pull_that_stands_still_ends_at_its_deadline() {
    check_deadline(Hold, Registry::assert_harmless);
}

#[test]
fn a_layer_that_breaks_off_again_and_again_ends_at_the_deadline() {
    check_deadline(Cut, Registry::assert_given_up);
}

/// A signal in the middle of a pull ends it soon.
fn check_signal(fault: RegistryFault, signal: &str, code: i32, after: impl FnOnce(&Registry)) {
    let bench = Bench::new(one_step());
    let registry = Registry::of(&bench);
    registry.stub().fail(Layer, fault, Times::Count(1));
    let running = registry.start(&bench);
    registry.wait_for_layer();
    let signalled = Instant::now();
    running.signal(signal);
    let ended = running.end().with_code(code);
    let took = signalled.elapsed();
    assert!(took < SOON, "{} ms", took.as_millis());
    assert_told(&ended, &registry.reference);
    let report = ended.json();
    assert_eq!(report["state"], "cancelled", "{report:#}");
    assert_eq!(report["applied"], false);
    assert!(bench.requests().is_empty(), "the model was called");
    bench.assert_nothing_left();
    after(&registry);
}

#[test]
fn interrupt_while_pulling_ends_the_daemons_pull_too() {
    check_signal(TRICKLE, "INT", 130, Registry::assert_given_up);
}

#[test]
fn terminate_while_a_pull_stands_still() {
    check_signal(Hold, "TERM", 143, Registry::assert_harmless);
}
