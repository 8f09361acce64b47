//! A pull's lines, as Docker gives them, and the figures after each; and whose refusal an error is.

use bollard::models::CreateImageInfo;
use serde_json::json;

use super::{Layers, refused};
use crate::error::{Operation, RuntimeError, RuntimeErrorKind as Kind};

#[test]
fn figures_over_all_layers() {
    let detail = |current: u64, total: u64| json!({"current": current, "total": total});
    let rows = [
        // layer, status, detail, bytes here, bytes in all
        (Some("1"), "Pulling from library/x", json!(null), 0, 0),
        (Some("a"), "Pulling fs layer", json!({}), 0, 0),
        (Some("a"), "Downloading", detail(10, 100), 10, 100),
        (Some("b"), "Already exists", json!({}), 10, 100),
        (Some("c"), "Downloading", detail(20, 50), 30, 150),
        (Some("a"), "Verifying Checksum", json!({}), 30, 150),
        (Some("a"), "Download complete", json!({}), 120, 150),
        (Some("a"), "Extracting", detail(1, 900), 120, 150),
        (Some("c"), "Downloading", json!({"current": 70}), 170, 170),
        (Some("c"), "Pull complete", json!({}), 170, 170),
        (
            None,
            "Status: Downloaded newer image for x",
            json!(null),
            170,
            170,
        ),
    ];
    let mut layers = Layers::default();
    for (id, status, detail, done, total) in rows {
        let line = json!({"id": id, "status": status, "progressDetail": detail});
        let line: CreateImageInfo = serde_json::from_value(line).unwrap();
        let progress = layers.take_in(&line);
        assert_eq!(
            (progress.done.as_u64(), progress.total.as_u64()),
            (done, total),
            "{status}"
        );
    }
}

#[test]
fn a_registry_that_refuses_is_told_from_one_without_the_image() {
    let rows = [
        // The first ones are Docker 20.10's, the others those of newer ones and of containerd.
        (
            "Head \"http://r/v2/x/manifests/1\": no basic auth credentials",
            Kind::Denied,
        ),
        ("denied", Kind::Denied),
        ("unauthorized: authentication required", Kind::Denied),
        (
            "pull access denied for x, repository does not exist or may require 'docker login': denied: no",
            Kind::Denied,
        ),
        (
            "Head \"https://r/v2/x/manifests/1\": denied: denied",
            Kind::Denied,
        ),
        (
            "failed to resolve reference \"r/x:1\": failed to authorize: failed to fetch oauth token",
            Kind::Denied,
        ),
        ("unexpected status: 401 Unauthorized", Kind::Denied),
        (
            "pull access denied, insufficient_scope: authorization failed",
            Kind::Denied,
        ),
        ("manifest unknown", Kind::ImageUnavailable),
        (
            "toomanyrequests: You have reached your pull rate limit",
            Kind::ImageUnavailable,
        ),
        (
            "mkdir /var/lib/docker/tmp/x: permission denied",
            Kind::ImageUnavailable,
        ),
        (
            "dial tcp 127.0.0.1:9: connect: connection refused",
            Kind::ImageUnavailable,
        ),
    ];
    for (words, kind) in rows {
        let error = RuntimeError::new(Operation::Pull, "x:1", Kind::ImageUnavailable);
        let error = refused(error.with_message(words));
        assert_eq!((error.kind, error.message.as_deref()), (kind, Some(words)));
    }
    let full = RuntimeError::new(Operation::Pull, "x:1", Kind::Exhausted);
    let kind = refused(full.with_message("unauthorized: no space left on device")).kind;
    assert_eq!(kind, Kind::Exhausted, "what is told apart already stays");
}
