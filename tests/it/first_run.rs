//! One task, one attempt: how the parts play together. The place to begin reading tests.

use deckhands_model::{ChangeKind, TaskState};
use deckhands_orchestration::Phase;

use crate::support::{Agent, World, secs, tree};

#[tokio::test(start_paused = true)]
async fn one_task_from_its_text_to_a_changed_workspace() {
    // A machine: a workspace with two files, a state directory, and a daemon in memory. The agent
    // is a script for the next app container. `starts` is what every session begins with: the app
    // creates its sandbox beside itself, waits for it, and stores its first events.
    let world = World::new().agent(
        Agent::new()
            .starts()
            .writes("hello.txt", "Hello\n")
            .thinks("that should do")
            .finishes("I wrote a greeting."),
    );

    // The runner copies the workspace, starts the app on the copy, watches its stored events, ends
    // everything, reads the change, judges it, and takes it over.
    let ran = world.run().await;

    // Completed means: the agent itself stored its finished state, and the verdict accepts.
    assert_eq!(ran.report.state, TaskState::Completed);
    assert_eq!(ran.report.output, "I wrote a greeting.");
    assert!(
        ran.report
            .verdict
            .as_ref()
            .is_some_and(|verdict| verdict.is_accepted())
    );

    // Only now the user's workspace holds the change.
    assert!(ran.report.applied);
    let files = tree(world.workspace());
    assert_eq!(
        files.keys().collect::<Vec<_>>(),
        ["README.md", "hello.txt", "main.py"]
    );
    assert_eq!(files["hello.txt"], "Hello\n");

    // The report says what changed, what it took, and with which model.
    let [change] = &ran.report.changes[..] else {
        panic!("{:?}", ran.report.changes)
    };
    assert_eq!(
        (change.path.as_str(), change.kind, change.bytes),
        ("hello.txt", ChangeKind::Created, 6)
    );
    let [attempt] = &ran.report.attempts[..] else {
        panic!("{:?}", ran.report.attempts)
    };
    assert_eq!(
        (attempt.number, attempt.outcome.as_str(), attempt.cause),
        (1, "finished", None)
    );
    assert_eq!(
        (attempt.usage.input_tokens, attempt.usage.output_tokens),
        (Some(2100), Some(100))
    );
    assert_eq!(ran.report.model_served, ["demo/model-a"]);
    assert_eq!(ran.report.versions.agent.as_deref(), Some("0.59.0"));

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
    assert!(
        ran.report.timings.after_agent_s < 1.0,
        "{:?}",
        ran.report.timings
    );

    // Nothing is left: no container, and of the attempt's files only the evidence.
    assert!(world.runtime.live().is_empty());
    let kept = tree(&world.attempt_dir(&ran.report).unwrap());
    let names: Vec<_> = kept.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "attempt.json",
            "change.patch",
            "events.jsonl",
            "lock",
            "result.json",
            "transcript.log"
        ]
    );
    assert!(kept["change.patch"].contains("+++ b/hello.txt\n@@ -0,0 +1,1 @@\n+Hello\n"));
    assert!(kept["transcript.log"].contains("o Starting OpenHands..."));
    world.assert_no_problems();
}
