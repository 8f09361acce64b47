//! Removing containers, in whatever state and by however many.

use std::time::Duration;

use crate::containers::Control;
use crate::containers::Removal::{AlreadyGone, Removed};
use crate::error::RuntimeErrorKind::NotFound;
use crate::spec::ContainerId;
use crate::test_util::contract::bench::Act;
use crate::test_util::contract::case::{Case, kind};

const LONG: Act = Act::Sleep(Duration::from_secs(300));

pub(super) async fn removing_an_absent_one_is_fine(case: &Case<'_>) {
    let id = ContainerId("0".repeat(64));
    assert_eq!(case.containers().remove(&id).await.ok(), Some(AlreadyGone));
}

pub(super) async fn removing_a_running_one_ends_its_wait(case: &Case<'_>) {
    let id = case.launch(&case.spec("a", &[LONG])).await;
    let containers = case.containers();
    let (status, removed) = tokio::join!(containers.wait(&id), containers.remove(&id));
    assert_eq!(removed.ok(), Some(Removed));
    match status {
        Ok(status) => assert_eq!(status.code, 137),
        // The wait may come to the daemon after the removal.
        Err(error) => assert_eq!(error.kind, NotFound, "{error}"),
    }
    assert_eq!(kind(containers.inspect(&id.0).await), NotFound);
}

pub(super) async fn removing_a_paused_one_ends_its_wait(case: &Case<'_>) {
    let id = case.launch(&case.spec("a", &[LONG])).await;
    let containers = case.containers();
    let paused = containers.control(&id, Control::Pause).await;
    paused.expect("pause");
    let (status, removed) = tokio::join!(containers.wait(&id), containers.remove(&id));
    assert_eq!(removed.ok(), Some(Removed));
    match status {
        Ok(status) => assert_eq!(status.code, 137),
        // The wait may come to the daemon after the removal.
        Err(error) => assert_eq!(error.kind, NotFound, "{error}"),
    }
    assert_eq!(kind(containers.inspect(&id.0).await), NotFound);
}

pub(super) async fn removing_twice_is_fine(case: &Case<'_>) {
    let id = case.create(&case.spec("a", &[])).await;
    assert_eq!(case.containers().remove(&id).await.ok(), Some(Removed));
    assert_eq!(case.containers().remove(&id).await.ok(), Some(AlreadyGone));
}

pub(super) async fn removing_at_the_same_time_is_fine(case: &Case<'_>) {
    let id = case.launch(&case.spec("a", &[LONG])).await;
    let containers = case.containers();
    let (one, two, three) = tokio::join!(
        containers.remove(&id),
        containers.remove(&id),
        containers.remove(&id)
    );
    for removal in [one, two, three] {
        removal.expect("each removal succeeds");
    }
    assert_eq!(
        kind(containers.inspect(&id.0).await),
        NotFound,
        "all return after the end"
    );
}
