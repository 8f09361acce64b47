//! What comes out of a container, and what goes into its environment.

use std::time::Duration;

use crate::spec::SecretEnv;
use crate::test_util::contract::bench::Act;
use crate::test_util::contract::case::{Case, Output, read};

/// Lines printed on each stream; enough to come in many pieces.
const LINES: usize = 40;

fn chatter() -> Vec<Act> {
    let line = |number: usize| {
        [
            Act::Print(format!("out {number}")),
            Act::PrintErr(format!("err {number}")),
        ]
    };
    (0..LINES).flat_map(line).chain([Act::Exit(0)]).collect()
}

fn chattered() -> Output {
    let lines = |name: &str| {
        (0..LINES)
            .map(|number| format!("{name} {number}\n"))
            .collect()
    };
    Output {
        stdout: lines("out"),
        stderr: lines("err"),
    }
}

pub(super) async fn attached_before_start_gets_every_byte(case: &Case<'_>) {
    let (_, output, status) = case.run(&case.spec("a", &chatter())).await;
    assert_eq!(output, chattered());
    assert_eq!(status.code, 0);
}

pub(super) async fn attached_to_an_ended_one_ends(case: &Case<'_>) {
    let id = case
        .launch(&case.spec("a", &[Act::Print("gone".to_owned()), Act::Exit(0)]))
        .await;
    case.wait(&id).await;
    let stream = case.containers().attach(&id).await.expect("attach");
    let output = tokio::time::timeout(Duration::from_secs(20), read(stream)).await;
    assert_eq!(
        output.ok(),
        Some(Output::default()),
        "ends, with nothing of the past"
    );
}

pub(super) async fn kept_output_is_there_after_the_end(case: &Case<'_>) {
    let id = case.launch(&case.spec("a", &chatter())).await;
    case.wait(&id).await;
    let stream = case.containers().logs_since(&id, 0).await.expect("logs");
    assert_eq!(read(stream).await, chattered());
    // The year 2100: nothing is that new, and the stream ends all the same.
    let stream = case
        .containers()
        .logs_since(&id, 4_102_444_800)
        .await
        .expect("logs");
    assert_eq!(read(stream).await, Output::default());
}

/// Whoever comes late attaches first and then reads what was kept: nothing is missing.
pub(super) async fn one_that_runs_tells_what_was_and_what_comes(case: &Case<'_>) {
    let acts = [
        Act::Print("before".to_owned()),
        Act::Sleep(Duration::from_secs(3)),
        Act::Print("after".to_owned()),
        Act::Exit(0),
    ];
    let id = case.launch(&case.spec("a", &acts)).await;
    let containers = case.containers();
    let kept = async || {
        let stream = containers.logs_since(&id, 0).await.expect("logs");
        read(stream).await.stdout
    };
    while kept().await.is_empty() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let stream = containers.attach(&id).await.expect("attach");
    assert_eq!(kept().await, "before\n");
    assert_eq!(read(stream).await.stdout, "after\n");
    assert_eq!(kept().await, "before\nafter\n");
}

pub(super) async fn environment_reaches_the_command(case: &Case<'_>) {
    let acts = ["OPEN", "HIDDEN"].map(|key| Act::PrintEnv(key.to_owned()));
    let mut spec = case.spec("a", &acts);
    spec.env = vec![
        ("OPEN".to_owned(), SecretEnv::plain("a b=c")),
        ("HIDDEN".to_owned(), SecretEnv::secret("sesame-4711")),
    ];
    let (_, output, status) = case.run(&spec).await;
    assert_eq!(
        (output.stdout.as_str(), status.code),
        ("a b=c\nsesame-4711\n", 0)
    );
    let shown = format!("{spec:?}");
    assert!(
        shown.contains("a b=c") && !shown.contains("sesame-4711"),
        "{shown}"
    );
}
