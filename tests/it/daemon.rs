//! A daemon that is not there, not ours, not whole, or not alone.

use std::fs;

use deckhands_model::{Cause, TaskState};
use deckhands_orchestration::{Ports, Silent, SweepOptions, sweep};
use deckhands_runtime::test_util::fake::Elsewhere;
use deckhands_runtime::{ContainerId, Containers, Operation, RuntimeErrorKind};
use tokio_util::sync::CancellationToken;

use crate::support::{Agent, World, secs};

fn usual() -> World {
    World::new().agent(Agent::new().starts().writes("a", "x\n").finishes("done"))
}

#[tokio::test(start_paused = true)]
async fn one_that_does_not_answer_is_told_before_anything_begins() {
    let rows = [
        (RuntimeErrorKind::Unreachable, Cause::DaemonUnreachable),
        (RuntimeErrorKind::Denied, Cause::PermissionDenied),
    ];
    for (kind, cause) in rows {
        let world = usual().daemon(|daemon| daemon.fail_next(Operation::Probe, kind));
        let ran = world.run().await;
        assert_eq!(ran.end(), (TaskState::Failed, Some(cause)));
        assert_eq!(ran.report.error.as_ref().map(|e| e.code), Some(3));
        assert!(
            world.attempt_dir(&ran.report).is_none(),
            "nothing was begun"
        );
        assert!(ran.report.attempts.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn what_it_refuses_is_told_and_cleared() {
    let rows = [
        (
            Operation::Create,
            RuntimeErrorKind::Exhausted,
            Cause::HostDiskFull,
        ),
        (
            Operation::Create,
            RuntimeErrorKind::Unreachable,
            Cause::DaemonUnreachable,
        ),
        (
            Operation::Create,
            RuntimeErrorKind::InvalidSpec,
            Cause::Unknown,
        ),
        (
            Operation::GetArchive,
            RuntimeErrorKind::Unreachable,
            Cause::DaemonUnreachable,
        ),
        (
            Operation::Attach,
            RuntimeErrorKind::Protocol,
            Cause::Unknown,
        ),
        (
            Operation::Start,
            RuntimeErrorKind::Exhausted,
            Cause::HostDiskFull,
        ),
    ];
    for (operation, kind, cause) in rows {
        let world = usual().daemon(|daemon| daemon.fail_next(operation, kind));
        let ran = world.run().await;
        assert_eq!(
            ran.end(),
            (TaskState::Failed, Some(cause)),
            "{operation:?} {kind:?}"
        );
        assert!(world.runtime.live().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn missing_images_are_pulled_or_told() {
    let ask = |world: World| world.asking(|r| r.images.sandbox = "other:2".parse().unwrap());
    let world = ask(usual());
    let ran = world.run().await;
    assert_eq!(ran.end(), (TaskState::Failed, Some(Cause::ImageMissing)));
    let error = ran.report.error.unwrap();
    assert_eq!(error.code, 3);
    assert!(error.message.contains("other:2"), "{error:?}");
    assert!(error.hint.is_some_and(|hint| hint.contains("docker pull")));

    let world = ask(usual());
    let image = world.request.images.sandbox.clone();
    let ran = world.daemon(|daemon| daemon.pullable(&image)).run().await;
    assert_eq!(ran.end(), (TaskState::Completed, None));
    let named: Vec<_> = ran
        .report
        .images
        .iter()
        .map(|image| image.reference.as_str())
        .collect();
    assert_eq!(named, ["app:1", "other:2"]);
}

#[tokio::test(start_paused = true)]
async fn an_image_that_changed_its_meaning_is_refused() {
    let world = usual();
    let known = format!("{{\"app:1\": \"sha256:{}\"}}", "0".repeat(64));
    fs::write(world.home.path().join("images.json"), known).unwrap();
    let ran = world.run().await;
    assert_eq!(ran.end(), (TaskState::Failed, Some(Cause::ImageMissing)));
    assert!(
        ran.report
            .error
            .unwrap()
            .hint
            .unwrap()
            .contains("images.json")
    );
    assert!(world.runtime.created_specs().is_empty());
}

#[tokio::test(start_paused = true)]
async fn containers_are_made_from_what_was_checked() {
    let world = usual();
    let ran = world.run().await;
    let app = &world.runtime.created_specs()[0];
    assert_eq!(app.image.as_str(), ran.report.images[0].digest.as_str());
    let sandbox = app
        .env
        .iter()
        .find(|(key, _)| key == "SANDBOX_RUNTIME_CONTAINER_IMAGE")
        .unwrap();
    assert_eq!(sandbox.1.expose(), ran.report.images[1].digest.as_str());
}

#[tokio::test(start_paused = true)]
async fn one_that_sees_other_files_is_refused_with_a_hint() {
    for files in [
        Elsewhere::NoDirectory,
        Elsewhere::NoFile,
        Elsewhere::OtherFile,
    ] {
        let world = usual().daemon(|daemon| daemon.elsewhere(files));
        let ran = world.run().await;
        assert_eq!(
            ran.end(),
            (TaskState::Failed, Some(Cause::DaemonUnreachable)),
            "{files:?}"
        );
        let error = ran.report.error.unwrap();
        assert_eq!(error.code, 3, "{files:?}");
        assert!(
            error
                .message
                .starts_with("the Docker daemon does not see this machine's files"),
            "{error:?}"
        );
        assert!(
            error.hint.is_some_and(|hint| hint.contains("--home DIR")),
            "{files:?}"
        );
        assert_eq!(ran.report.attempts, [], "the agent never ran");
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_breaks_off_in_mid_run_and_is_back_soon_is_no_end() {
    let world = usual().daemon(|daemon| {
        daemon
            .slow_next(Operation::Wait, secs(13))
            .fail_next(Operation::Wait, RuntimeErrorKind::Unreachable)
    });
    let ran = world.run().await;
    assert_eq!(ran.end(), (TaskState::Completed, None));
    assert!(world.runtime.live().is_empty());
}

#[tokio::test(start_paused = true)]
async fn one_that_stays_away_in_mid_run_is_told_and_cleared_once_it_is_back() {
    let endless = Agent::new().starts().writes("a", "x\n").hangs();
    let mut world = World::new()
        .agent(endless)
        .daemon(|daemon| daemon.slow_next(Operation::Wait, secs(13)));
    for operation in [Operation::Wait, Operation::Inspect] {
        for _ in 0..1000 {
            let kind = RuntimeErrorKind::Unreachable;
            world = world.daemon(|daemon| daemon.fail_next(operation, kind));
        }
    }
    let ran = world.run().await;
    assert_eq!(
        ran.end(),
        (TaskState::Failed, Some(Cause::DaemonUnreachable))
    );
    assert_eq!(ran.report.error.map(|error| error.code), Some(3));
    assert!(ran.took < secs(60), "{:?}", ran.took);
    assert!(world.runtime.live().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_fails_is_tried_again_until_all_is_gone() {
    let mut world = usual();
    for _ in 0..5 {
        world =
            world.daemon(|daemon| daemon.fail_next(Operation::List, RuntimeErrorKind::Unreachable));
    }
    let ran = world.run().await;
    assert_eq!(ran.end(), (TaskState::Completed, None));
    assert!(world.runtime.live().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_removed_in_time_is_told_and_goes_later() {
    let mut world = usual();
    for _ in 0..1000 {
        let kind = RuntimeErrorKind::Unreachable;
        world = world.daemon(|daemon| daemon.fail_next(Operation::Remove, kind));
    }
    let (runner, cancel) = (world.runner(), CancellationToken::new());
    let report = runner.run(&world.request, &Silent, &cancel).await;
    // While its containers live, an agent may still write: its work is not believed.
    assert_eq!(report.state, TaskState::Failed);
    let cause = report.error.as_ref().and_then(|error| error.cause);
    assert_eq!(cause, Some(Cause::DaemonUnreachable));
    assert!(!report.applied && report.changes.is_empty());
    assert!(
        (report.timings.cleanup_s - 30.0).abs() < 0.01,
        "{:?}",
        report.timings
    );
    let left: Vec<_> = world.runtime.live().into_iter().map(|c| c.name.0).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    for name in &left {
        let told = |note: &String| note.contains(name) && note.contains("deckhands reap");
        assert!(report.notes.iter().any(told), "{name}: {:?}", report.notes);
    }
    let none = ContainerId("none".to_owned());
    while world.runtime.remove(&none).await.is_err() {}
    let options = SweepOptions {
        all_homes: false,
        dry_run: false,
        deadline: secs(30),
        adoptable: deckhands_orchestration::Adoptable::Leave,
        now: jiff::Timestamp::UNIX_EPOCH,
    };
    let ports = Ports::of(world.runtime.clone());
    let swept = sweep(&ports, &world.home, options).await.unwrap();
    assert_eq!(
        (swept.removed.len(), swept.cancelled.len()),
        (2, 0),
        "{swept:?}"
    );
    assert!(world.runtime.live().is_empty());
    world.assert_sound(&report);
}

#[tokio::test(start_paused = true)]
async fn an_app_that_is_removed_by_somebody_else_is_lost() {
    let gone = usual().daemon(|daemon| {
        daemon
            .slow_next(Operation::Wait, secs(13))
            .fail_next(Operation::Wait, RuntimeErrorKind::NotFound)
    });
    assert_eq!(
        gone.run().await.end(),
        (TaskState::Failed, Some(Cause::AppLost))
    );

    let world = usual();
    let daemon = world.runtime.clone();
    let intruder = async {
        tokio::time::sleep(secs(13)).await;
        let app = daemon
            .live()
            .into_iter()
            .find(|c| c.name.0.ends_with("-app"))
            .unwrap();
        daemon.remove(&app.id).await.unwrap();
    };
    let (ran, ()) = tokio::join!(world.run(), intruder);
    assert_eq!(ran.end(), (TaskState::Failed, Some(Cause::AppLost)));
}
