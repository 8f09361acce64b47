//! Short and long losses of the daemon, on the fake and a paused clock.

use deckhands_runtime::RuntimeErrorKind::{NotFound, Protocol, Unreachable};
use deckhands_runtime::test_util::{FakeRuntime, Script, bare_spec};
use deckhands_runtime::{OutputChunk, OutputSource};

use super::*;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn secs(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// An app that says something after 5 s and 20 s, and ends after 40 s with code 3.
fn daemon() -> FakeRuntime {
    let script = Script::new()
        .stdout(secs(5), "first")
        .stdout(secs(15), "second")
        .exit(secs(20), 3);
    FakeRuntime::new()
        .image(&"app:1".parse().unwrap())
        .next(script)
}

/// The same call fails so often.
fn failing(
    daemon: FakeRuntime,
    operation: Operation,
    kind: RuntimeErrorKind,
    times: u32,
) -> FakeRuntime {
    (0..times).fold(daemon, |daemon, _| daemon.fail_next(operation, kind))
}

async fn app(daemon: &FakeRuntime) -> ContainerId {
    let spec = bare_spec("x-app", "app:1".parse().unwrap());
    daemon.create(&spec).await.unwrap()
}

/// How waiting for the app ends, and after how long.
async fn check_wait(
    daemon: FakeRuntime,
    expected: Result<i64, RuntimeErrorKind>,
    at_least: Duration,
    at_most: Duration,
) {
    let app = app(&daemon).await;
    daemon.start(&app).await.unwrap();
    let started = Instant::now();
    let ended = wait(&daemon, &app).await;
    let ended = ended.map(|status| status.code).map_err(|error| error.kind);
    assert_eq!(ended, expected);
    let took = started.elapsed();
    assert!((at_least..=at_most).contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_breaks_off_is_taken_up_again() {
    let undisturbed = daemon();
    check_wait(undisturbed, Ok(3), secs(40), secs(40)).await;
    for kind in [Unreachable, Protocol] {
        let broken = failing(daemon(), Operation::Wait, kind, 3);
        check_wait(broken, Ok(3), secs(40), secs(40)).await;
    }
    // Also the looks in between fail for a while.
    let away = failing(daemon(), Operation::Wait, Unreachable, 2);
    let away = failing(away, Operation::Inspect, Unreachable, 20);
    check_wait(away, Ok(3), secs(40), secs(40)).await;
    // A daemon that hangs for a while and goes on with what it had.
    let slow = daemon().slow_next(Operation::Inspect, secs(25));
    check_wait(slow, Ok(3), secs(40), secs(40)).await;
}

#[tokio::test(start_paused = true)]
async fn a_daemon_that_stays_away_is_lost_after_the_grace() {
    let cut = failing(daemon(), Operation::Wait, Unreachable, 1000);
    let cut = failing(cut, Operation::Inspect, Unreachable, 1000);
    check_wait(cut, Err(Unreachable), GRACE, GRACE + secs(1)).await;

    let hung = daemon()
        .slow_next(Operation::Wait, DAY)
        .slow_next(Operation::Inspect, DAY);
    check_wait(
        hung,
        Err(Unreachable),
        PULSE + GRACE,
        PULSE + GRACE + secs(1),
    )
    .await;

    // It answers looks, but no wait.
    let odd = failing(daemon(), Operation::Wait, Unreachable, 1000);
    check_wait(odd, Err(Unreachable), GRACE, GRACE + secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn an_app_that_is_gone_is_told_at_once() {
    let gone = failing(daemon(), Operation::Wait, NotFound, 1);
    check_wait(gone, Err(NotFound), secs(0), secs(0)).await;
    // It went while the daemon was away.
    let gone = failing(daemon(), Operation::Wait, Unreachable, 1);
    let gone = gone.fail_next(Operation::Wait, NotFound);
    check_wait(gone, Err(NotFound), AGAIN, AGAIN).await;
}

/// What comes of a first output that says `seen` and then breaks off or ends; `!` is a gap.
async fn said(daemon: FakeRuntime, broken: bool) -> (String, Duration) {
    let app = app(&daemon).await;
    daemon.start(&app).await.unwrap();
    let chunk = OutputChunk {
        source: OutputSource::Stdout,
        bytes: "seen\n".into(),
    };
    let mut first = vec![Ok(chunk)];
    if broken {
        first.push(Err(out_of_reach(Operation::Attach, &app)));
    }
    let started = Instant::now();
    let mut held = output(Arc::new(daemon), app, stream::iter(first).boxed());
    let mut text = String::new();
    while let Some(item) = held.next().await {
        match item {
            Ok(chunk) => text.push_str(&String::from_utf8_lossy(&chunk.bytes)),
            Err(_) => text.push('!'),
        }
    }
    assert!(held.next().await.is_none(), "an end stays one");
    (text, started.elapsed())
}

#[tokio::test(start_paused = true)]
async fn output_that_breaks_off_is_taken_up_again_with_a_mark() {
    for broken in [true, false] {
        let (text, took) = said(daemon(), broken).await;
        assert_eq!(text, "seen\n!first\nsecond\n");
        assert_eq!(took, secs(40), "ends with the app");
    }
    let away = failing(daemon(), Operation::Inspect, Unreachable, 20);
    let away = failing(away, Operation::Attach, Unreachable, 2);
    // 20 looks in vain, and three rounds until attached: the first line is missed.
    assert_eq!(said(away, true).await.0, "seen\n!second\n");
}

#[tokio::test(start_paused = true)]
async fn output_ends_with_the_app_or_when_the_daemon_stays_away() {
    let ended = FakeRuntime::new()
        .image(&"app:1".parse().unwrap())
        .next(Script::new().exit(Duration::ZERO, 0));
    let (text, took) = said(ended, false).await;
    assert_eq!(text, "seen\n");
    assert!(took <= AGAIN, "{took:?}");

    let away = failing(daemon(), Operation::Inspect, Unreachable, 1000);
    let (text, took) = said(away, true).await;
    assert_eq!((text.as_str(), took), ("seen\n", GRACE));
}
