//! Images that are there, and images that cannot be had.

use deckhands_model::ImageRef;
use futures::TryStreamExt as _;

use crate::error::RuntimeErrorKind::ImageUnavailable;
use crate::images::PullProgress;
use crate::test_util::contract::case::{Case, kind};

pub(super) async fn present_and_absent(case: &Case<'_>) {
    let there = case.spec("a", &[]).image;
    let info = case
        .images()
        .inspect(&there)
        .await
        .expect("inspect")
        .expect("the bench's image");
    let by_id: ImageRef = info.digest.as_str().parse().expect("an id is a reference");
    let again = case.images().inspect(&by_id).await.expect("inspect by id");
    assert_eq!(again.map(|again| again.digest), Some(info.digest.clone()));

    let mut spec = case.spec("b", &[]);
    spec.image = by_id;
    let id = case.create(&spec).await;
    let state = case.containers().inspect(&id.0).await.expect("inspect");
    assert_eq!(
        state.image,
        Some(info.digest),
        "a container tells the id it was made from"
    );

    let absent = "deckhands-test/there-is-no-such:1"
        .parse()
        .expect("a reference");
    assert_eq!(case.images().inspect(&absent).await.expect("inspect"), None);
}

pub(super) async fn unreachable_registry(case: &Case<'_>) {
    // The top-level name `invalid` never resolves (RFC 2606).
    let image = "registry.invalid/deckhands-test/nowhere:1"
        .parse()
        .expect("a reference");
    let result = match case.images().pull(&image).await {
        Ok(progress) => progress.try_collect::<Vec<PullProgress>>().await,
        Err(error) => Err(error),
    };
    assert_eq!(kind(result), ImageUnavailable);
}
