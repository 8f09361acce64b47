//! What cannot be created, and how it is told.

use std::path::PathBuf;

use crate::error::RuntimeErrorKind::{Conflict, ImageUnavailable, InvalidSpec};
use crate::spec::{Mount, MountAccess, NetworkMode};
use crate::test_util::contract::case::{Case, kind};

pub(super) async fn taken_name_is_a_conflict(case: &Case<'_>) {
    let spec = case.spec("a", &[]);
    case.create(&spec).await;
    assert_eq!(kind(case.containers().create(&spec).await), Conflict);
}

pub(super) async fn name_is_free_after_removal(case: &Case<'_>) {
    let id = case.create(&case.spec("a", &[])).await;
    case.containers().remove(&id).await.expect("remove");
    let again = case.create(&case.spec("a", &[])).await;
    assert_ne!(again, id);
}

pub(super) async fn missing_image(case: &Case<'_>) {
    let mut spec = case.spec("a", &[]);
    spec.image = "deckhands-test/there-is-no-such:1"
        .parse()
        .expect("a reference");
    assert_eq!(
        kind(case.containers().create(&spec).await),
        ImageUnavailable
    );
}

pub(super) async fn missing_mount_source(case: &Case<'_>) {
    let source = case.directory("data").join("missing");
    for source in [source.clone(), PathBuf::from("relative")] {
        let mut spec = case.spec("a", &[]);
        let target = "/data".to_owned();
        spec.mounts = vec![Mount {
            source,
            target,
            access: MountAccess::ReadWrite,
        }];
        assert_eq!(kind(case.containers().create(&spec).await), InvalidSpec);
    }
    assert!(!source.exists(), "a missing source is never made");
}

pub(super) async fn missing_network(case: &Case<'_>) {
    let mut spec = case.spec("a", &[]);
    spec.network = NetworkMode::Named(case.name("missing"));
    let result = match case.containers().create(&spec).await {
        Ok(id) => case.containers().start(&id).await,
        Err(error) => Err(error),
    };
    assert_eq!(kind(result), InvalidSpec, "at the latest when it starts");
}
