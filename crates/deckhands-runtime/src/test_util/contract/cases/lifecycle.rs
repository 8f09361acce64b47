//! From created to exited, and finding containers again.

use std::time::Duration;

use crate::containers::{ExitStatus, Phase};
use crate::error::RuntimeErrorKind::NotFound;
use crate::labels::LabelSelector;
use crate::spec::ContainerId;
use crate::test_util::contract::bench::Act;
use crate::test_util::contract::case::{Case, kind};

/// Far more than an answer at once takes, far less than anything that waits.
const AT_ONCE: Duration = Duration::from_secs(5);

pub(super) async fn exit_codes_are_values(case: &Case<'_>) {
    for code in [0, 3, 255] {
        let id = case
            .launch(&case.spec(&format!("code-{code}"), &[Act::Exit(code)]))
            .await;
        assert_eq!(
            case.wait(&id).await,
            ExitStatus {
                code: i64::from(code)
            }
        );
    }
}

pub(super) async fn waiting_for_an_ended_one_is_answered_at_once(case: &Case<'_>) {
    let id = case.launch(&case.spec("a", &[Act::Exit(7)])).await;
    let first = case.wait(&id).await;
    let second = tokio::time::timeout(AT_ONCE, case.wait(&id)).await;
    assert_eq!(second.ok(), Some(first), "the second wait");
}

pub(super) async fn phases_are_told_by_id_and_name(case: &Case<'_>) {
    let spec = case.spec("a", &[Act::Sleep(Duration::from_secs(1)), Act::Exit(5)]);
    let id = case.create(&spec).await;
    let created = case
        .containers()
        .inspect(&spec.name.0)
        .await
        .expect("inspect by name");
    assert_eq!((created.phase, created.exit_code), (Phase::Created, None));
    assert_eq!((&created.id, &created.name), (&id, &spec.name));
    assert!(created.image.is_some(), "the image is told");
    assert_eq!(created.published_addresses, Vec::<String>::new());
    assert!(
        LabelSelector { equal: spec.labels }.matches(&created.labels),
        "the labels are told"
    );

    case.containers().start(&id).await.expect("start");
    let running = case
        .containers()
        .inspect(&id.0)
        .await
        .expect("inspect by id");
    assert_eq!((running.phase, running.exit_code), (Phase::Running, None));

    case.wait(&id).await;
    let exited = case
        .containers()
        .inspect(&id.0)
        .await
        .expect("inspect by id");
    assert_eq!((exited.phase, exited.exit_code), (Phase::Exited, Some(5)));
    assert!(!exited.oom_killed, "not for memory");
}

pub(super) async fn starting_twice_is_fine(case: &Case<'_>) {
    let id = case
        .launch(&case.spec("a", &[Act::Sleep(Duration::from_secs(30))]))
        .await;
    case.containers()
        .start(&id)
        .await
        .expect("the second start");
    assert_eq!(case.phase(&id).await, Phase::Running);
}

pub(super) async fn unknown_containers_are_not_found(case: &Case<'_>) {
    let name = case.name("nobody");
    let id = ContainerId("0".repeat(64));
    let containers = case.containers();
    assert_eq!(kind(containers.inspect(&name).await), NotFound);
    assert_eq!(
        kind(containers.inspect("").await),
        NotFound,
        "no name at all"
    );
    assert_eq!(kind(containers.start(&id).await), NotFound);
    assert_eq!(kind(containers.wait(&id).await), NotFound);
    assert_eq!(kind(containers.attach(&id).await), NotFound);
    assert_eq!(kind(containers.logs_since(&id, 0).await), NotFound);
    assert_eq!(kind(containers.stats(&id).await), NotFound);
    assert_eq!(
        kind(containers.control(&id, crate::Control::Kill).await),
        NotFound
    );
    assert_eq!(kind(containers.get_archive(&id, "/").await), NotFound);
}

pub(super) async fn lists_by_labels(case: &Case<'_>) {
    let first = case.create(&case.spec("a", &[])).await;
    let mut other = case.spec("b", &[]);
    other
        .labels
        .insert("deckhands.test.mark".to_owned(), "x".to_owned());
    let second = case.create(&other).await;
    let ids = async |selector: LabelSelector| {
        let listed = case.containers().list(&selector).await.expect("list");
        let mut ids: Vec<_> = listed.into_iter().map(|summary| summary.id).collect();
        ids.sort();
        ids
    };
    let mut both = vec![first, second.clone()];
    both.sort();
    assert_eq!(ids(case.selector()).await, both);
    assert_eq!(
        ids(case.selector().and("deckhands.test.mark", "x")).await,
        [second]
    );
    assert_eq!(
        ids(case.selector().and("deckhands.test.mark", "y")).await,
        []
    );
    let listed = case
        .containers()
        .list(&case.selector())
        .await
        .expect("list");
    assert!(
        listed.iter().all(|summary| summary.phase == Phase::Created),
        "{listed:?}"
    );
    assert!(
        listed.iter().any(|summary| summary.name == other.name),
        "{listed:?}"
    );
}

pub(super) async fn daemon_tells_who_it_is(case: &Case<'_>) {
    let info = case.containers().probe().await.expect("probe");
    assert!(
        !info.version.is_empty() && !info.endpoint.is_empty(),
        "{info:?}"
    );
    assert!(info.api_version.starts_with("1."), "{info:?}");
    assert!(info.cpus > 0 && info.memory.as_u64() > 0, "{info:?}");
}
