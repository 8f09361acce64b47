//! One task, one attempt: how the parts play together. The place to begin reading tests.

use deckhands_model::{ChangeKind, TaskState};
use deckhands_orchestration::Phase;

use crate::support::{Agent, World, secs, tree};

/// A machine: a workspace with two files, a state directory, and a daemon in memory.
///
/// The agent is a script for the next app container. `starts` is what every session begins with:
/// the app creates its sandbox beside itself, waits for it, and stores its first events.
fn machine() -> World {
    World::new().agent(
        Agent::new()
            .starts()
            .writes("hello.txt", "Hello\n")
            .thinks("that should do")
            .finishes("I wrote a greeting."),
    )
}

#[tokio::test(start_paused = true)]
async fn one_task_from_its_text_to_a_changed_workspace() {
    let world = machine();

    // The runner copies the workspace, starts the app on the copy, watches its stored events, ends
    // everything, reads the change, judges it, and takes it over.
    let report = world.run().await.report;

    // Completed means: the agent itself stored its finished state, and the verdict accepts.
    assert_eq!(report.state, TaskState::Completed);
    assert_eq!(report.output, "I wrote a greeting.");
    assert!(report.verdict.is_some_and(|verdict| verdict.is_accepted()));

    // Only now the user's workspace holds the change.
    assert!(report.applied);
    let files = tree(world.workspace());
    let names: Vec<_> = files.keys().collect();
    assert_eq!(names, ["README.md", "hello.txt", "main.py"]);
    assert_eq!(files["hello.txt"], "Hello\n");

    // The report says what changed, what it took, and with which model.
    let [change] = &report.changes[..] else {
        panic!("{:?}", report.changes)
    };
    assert_eq!((change.path.as_str(), change.bytes), ("hello.txt", 6));
    assert_eq!(change.kind, ChangeKind::Created);
    let [attempt] = &report.attempts[..] else {
        panic!("{:?}", report.attempts)
    };
    assert_eq!((attempt.number, attempt.outcome.as_str()), (1, "finished"));
    let tokens = (attempt.usage.input_tokens, attempt.usage.output_tokens);
    assert_eq!(tokens, (Some(2100), Some(100)));
    assert_eq!(report.model_served, ["demo/model-a"]);
    assert_eq!(report.versions.agent.as_deref(), Some("0.59.0"));
}

#[tokio::test(start_paused = true)]
async fn what_it_went_through_and_what_is_left() {
    let world = machine();
    let ran = world.run().await;

    // The phases came in this order ...
    let order = [
        Phase::Copy,
        Phase::Images,
        Phase::Start,
        Phase::Work,
        Phase::Cleanup,
        Phase::Collect,
        Phase::Checks,
        Phase::Promote,
    ];
    assert_eq!(ran.phases, order);

    // ... and none of it took real time. The agent's program would have gone on for 3.4 s after
    // its last word; nobody waits for that.
    assert!(ran.took > secs(12) && ran.took < secs(20), "{:?}", ran.took);
    let timings = &ran.report.timings;
    assert!(timings.after_agent_s < 1.0, "{timings:?}");

    // Nothing is left: no container, and of the attempt's files only the evidence.
    assert!(world.runtime.live().is_empty());
    let kept = tree(&world.attempt_dir(&ran.report).unwrap());
    let names: Vec<_> = kept.keys().map(String::as_str).collect();
    let evidence = [
        "attempt.json",
        "change.json",
        "change.patch",
        "events.jsonl",
        "lock",
        "result.json",
        "transcript.log",
        "verdict.json",
    ];
    assert_eq!(names, evidence);
    assert!(kept["change.patch"].contains("+++ b/hello.txt\n@@ -0,0 +1,1 @@\n+Hello\n"));
    assert!(kept["transcript.log"].contains("o Starting OpenHands..."));
    world.assert_no_problems();
}
