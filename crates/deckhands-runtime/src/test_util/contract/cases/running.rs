//! What can be done to a container that runs.

use std::time::Duration;

use crate::containers::{Control, Phase};
use crate::error::RuntimeErrorKind::Conflict;
use crate::spec::Hardening;
use crate::test_util::contract::bench::Act;
use crate::test_util::contract::case::{Case, Output, kind};

const LONG: Act = Act::Sleep(Duration::from_secs(300));

pub(super) async fn killing_a_running_one_ends_its_wait(case: &Case<'_>) {
    let id = case.launch(&case.spec("a", &[LONG])).await;
    let containers = case.containers();
    let (status, killed) =
        tokio::join!(containers.wait(&id), containers.control(&id, Control::Kill));
    killed.expect("kill");
    assert_eq!(status.expect("wait").code, 137);
    assert_eq!(case.phase(&id).await, Phase::Exited);
}

pub(super) async fn killing_one_that_does_not_run_is_fine(case: &Case<'_>) {
    let id = case.create(&case.spec("a", &[Act::Exit(4)])).await;
    case.containers()
        .control(&id, Control::Kill)
        .await
        .expect("kill a created one");
    assert_eq!(case.phase(&id).await, Phase::Created);
    case.containers().start(&id).await.expect("start");
    case.wait(&id).await;
    case.containers()
        .control(&id, Control::Kill)
        .await
        .expect("kill an ended one");
    assert_eq!(case.wait(&id).await.code, 4, "its own code stays");
}

pub(super) async fn pauses_and_goes_on(case: &Case<'_>) {
    let id = case.launch(&case.spec("a", &[LONG])).await;
    case.containers()
        .control(&id, Control::Pause)
        .await
        .expect("pause");
    assert_eq!(case.phase(&id).await, Phase::Paused);
    case.containers()
        .control(&id, Control::Unpause)
        .await
        .expect("unpause");
    assert_eq!(case.phase(&id).await, Phase::Running);
}

pub(super) async fn pausing_one_that_does_not_run_is_a_conflict(case: &Case<'_>) {
    let id = case.create(&case.spec("a", &[LONG])).await;
    assert_eq!(
        kind(case.containers().control(&id, Control::Pause).await),
        Conflict
    );
    case.containers().start(&id).await.expect("start");
    assert_eq!(
        kind(case.containers().control(&id, Control::Unpause).await),
        Conflict
    );
}

pub(super) async fn use_of_resources(case: &Case<'_>) {
    let id = case.launch(&case.spec("a", &[LONG])).await;
    let stats = case.containers().stats(&id).await.expect("stats");
    assert!(stats.processes.is_none_or(|count| count >= 1), "{stats:?}");
    case.containers()
        .control(&id, Control::Kill)
        .await
        .expect("kill");
    case.wait(&id).await;
    assert_eq!(
        kind(case.containers().stats(&id).await),
        Conflict,
        "it does not run any more"
    );
}

pub(super) async fn runs_without_rights(case: &Case<'_>) {
    let acts = [Act::Print("still here".to_owned()), Act::Exit(0)];
    let mut spec = case.spec("a", &acts);
    spec.hardening = Hardening {
        drop_capabilities: true,
        no_new_privileges: true,
        read_only_root: true,
        init: true,
    };
    let (_, output, status) = case.run(&spec).await;
    assert_eq!(status.code, 0);
    assert_eq!(
        output,
        Output {
            stdout: "still here\n".to_owned(),
            stderr: String::new()
        }
    );
}
