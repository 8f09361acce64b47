//! The sandbox ends, or cannot be made; and an app that ends before there is one.

use std::fs;
use std::time::Duration;

use deckhands_model::{Cause, TaskState};
use deckhands_runtime::test_util::Script;
use deckhands_runtime::{Containers, Operation, RuntimeErrorKind as Kind};
use serde_json::{Value, json};

use super::{good, machine, open_machine, working};
use crate::support::{Agent, World, millis, secs};

#[tokio::test(start_paused = true)]
async fn one_that_ends_under_the_agent_ends_the_attempt() {
    let end = |after| Script::new().exit(after, 0);
    let rows = [
        // Before the agent is ready, at once, and at work.
        (end(secs(2)), secs(2), Cause::SandboxLost),
        (end(Duration::ZERO), secs(0), Cause::SandboxLost),
        (end(secs(15)), secs(15), Cause::SandboxLost),
        (
            Script::new().exit(secs(15), 137),
            secs(15),
            Cause::SandboxLost,
        ),
        (Script::new().oom(secs(15)), secs(15), Cause::OutOfMemory),
        (Script::new().oom(secs(2)), secs(2), Cause::OutOfMemory),
    ];
    for (sandbox, after, cause) in rows {
        let world = World::managed().agent(working().hangs()).sandbox(sandbox);
        let ran = world.run().await;
        world.assert_no_problems();
        assert_eq!(ran.end(), (TaskState::Failed, Some(cause)), "{after:?}");
        assert!(ran.took < after + secs(1), "{cause}: {:?}", ran.took);
        assert!(world.runtime.live().is_empty());
    }
}

/// A sandbox that is being stopped answers for a moment that commands come to nothing, and an agent may
/// repeat itself over that until it is stopped for it.
#[tokio::test(start_paused = true)]
async fn an_agent_that_is_stuck_over_a_sandbox_that_ends_has_lost_it() {
    let stuck = |observation: Value| {
        let agent = working().event(observation);
        agent.fails("AgentStuckInLoopError: Agent got stuck in a loop", None)
    };
    let interrupted = || {
        stuck(json!({"source": "agent", "observation": "error",
            "content": "Bash session was likely interrupted...", "extras": {"error_id": ""}}))
    };
    let ran_well = || {
        stuck(
            json!({"source": "agent", "observation": "run", "content": "",
            "extras": {"metadata": {"exit_code": 0}}}),
        )
    };
    // Stuck after 12.2 s, and looked at every 100 ms.
    let rows = [
        (
            interrupted(),
            millis(12_600),
            Cause::SandboxLost,
            millis(12_800),
        ),
        (
            interrupted(),
            millis(12_000),
            Cause::SandboxLost,
            millis(12_300),
        ),
        (interrupted(), secs(60), Cause::Stuck, millis(14_400)),
        (ran_well(), millis(12_600), Cause::Stuck, millis(12_400)),
    ];
    for (agent, ends, cause, longest) in rows {
        let sandbox = Script::new().exit(ends, 143);
        let world = World::managed().agent(agent).sandbox(sandbox);
        let ran = world.run().await;
        world.assert_no_problems();
        assert_eq!(ran.end(), (TaskState::Failed, Some(cause)), "{ends:?}");
        assert!(ran.took < longest, "{ends:?}: {:?}", ran.took);
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_somebody_removes_is_lost() {
    let world = machine(working().hangs());
    let daemon = world.runtime.clone();
    let intruder = async {
        tokio::time::sleep(secs(13)).await;
        let live = daemon.live().into_iter();
        let mut sandboxes = live.filter(|c| c.name.0.ends_with("-sandbox"));
        let sandbox = sandboxes.next().unwrap();
        daemon.remove(&sandbox.id).await.unwrap();
    };
    let (ran, ()) = tokio::join!(world.run(), intruder);
    assert_eq!(ran.end(), (TaskState::Failed, Some(Cause::SandboxLost)));
    assert!(ran.took < secs(14), "{:?}", ran.took);
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_was_done_before_is_done() {
    // Done after 11.2 s, and looked at every 100 ms.
    for after in [11_200, 11_250, 11_299] {
        let sandbox = Script::new().exit(millis(after), 0);
        let world = World::managed().agent(good()).sandbox(sandbox);
        let ran = world.run().await;
        assert_eq!(ran.end(), (TaskState::Completed, None), "{after}");
        assert!(ran.report.applied);
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_cannot_be_made_is_told_and_the_app_goes() {
    let rows = [
        (Operation::Create, Kind::Exhausted, Cause::HostDiskFull),
        (
            Operation::Create,
            Kind::ImageUnavailable,
            Cause::ImageMissing,
        ),
        (Operation::Create, Kind::InvalidSpec, Cause::Unknown),
        (
            Operation::Create,
            Kind::Unreachable,
            Cause::DaemonUnreachable,
        ),
        (Operation::Create, Kind::Denied, Cause::PermissionDenied),
        (Operation::Start, Kind::Exhausted, Cause::HostDiskFull),
        (Operation::Start, Kind::InvalidSpec, Cause::Unknown),
        (
            Operation::Start,
            Kind::Unreachable,
            Cause::DaemonUnreachable,
        ),
    ];
    for (operation, kind, cause) in rows {
        let world = open_machine(working().hangs());
        let world = world.daemon(|daemon| daemon.refuse(operation, "-sandbox", kind));
        let ran = world.run().await;
        assert_eq!(
            ran.end(),
            (TaskState::Failed, Some(cause)),
            "{operation:?} {kind:?}"
        );
        let error = ran.report.error.unwrap();
        assert!(error.message.contains("container"), "{error:?}");
        assert!(error.hint.is_some());
        assert!(world.runtime.live().is_empty() && world.runtime.live_networks().is_empty());
        assert!(ran.took < secs(5), "{:?}", ran.took);
    }
}

/// The daemon takes 2 s over the sandbox; an app that ends does so after 1.4 s.
fn early_end(app: Script) -> World {
    machine(app).daemon(|daemon| {
        daemon
            .slow_next(Operation::Create, Duration::ZERO)
            .slow_next(Operation::Create, secs(2))
    })
}

#[tokio::test(start_paused = true)]
async fn an_app_that_ended_before_says_why_itself() {
    let app = || Agent::new().after(millis(100));
    let complains = |line: &str| app().complains(line).after(millis(100));
    let refused = "PermissionError: [Errno 13] Permission denied: '/.openhands/.jwt_secret'";
    let setting = "main.py: error: unrecognized arguments: --x";
    let rows = [
        (
            complains(refused).exits(1),
            Cause::PermissionDenied,
            refused,
        ),
        (complains(setting).exits(2), Cause::AgentCrashed, setting),
        (app().exits(1), Cause::AgentCrashed, "exit code 1"),
        (app().exits(137), Cause::AppLost, "signal 9"),
        (app().runs_out_of_memory(), Cause::OutOfMemory, "for memory"),
    ];
    for (script, cause, says) in rows {
        let world = early_end(script);
        let ran = world.run().await;
        assert_eq!(ran.end(), (TaskState::Failed, Some(cause)), "{says}");
        let error = ran.report.error.as_ref().unwrap();
        assert!(error.message.contains(says), "{error:?}");
        let dir = world.attempt_dir(&ran.report).unwrap();
        let transcript = fs::read_to_string(dir.join("transcript.log")).unwrap();
        assert!(transcript.contains("Starting OpenHands"), "{transcript}");
        assert!(world.runtime.live().is_empty());
        assert!(ran.took < secs(8), "{:?}", ran.took);
    }
}

#[tokio::test(start_paused = true)]
async fn an_app_that_somebody_removed_before_is_lost() {
    let world = early_end(working().hangs());
    let daemon = world.runtime.clone();
    let intruder = async {
        tokio::time::sleep(secs(1)).await;
        let app = daemon.live().remove(0);
        daemon.remove(&app.id).await.unwrap();
    };
    let (ran, ()) = tokio::join!(world.run(), intruder);
    assert_eq!(ran.end(), (TaskState::Failed, Some(Cause::AppLost)));
    assert!(world.runtime.live().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_refusal_while_the_app_lives_is_not_taken_for_its_end() {
    let world = early_end(working().hangs());
    let world = world.daemon(|daemon| daemon.refuse(Operation::Create, "-sandbox", Kind::Conflict));
    let ran = world.run().await;
    assert_eq!(ran.end(), (TaskState::Failed, Some(Cause::Unknown)));
    let error = ran.report.error.unwrap();
    assert!(error.message.contains("-sandbox"), "{error:?}");
}
