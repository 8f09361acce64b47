//! What is found, and how long a fault lasts.

use super::*;
use crate::registry::StubLayer;

fn image(data: &[u8]) -> StubImage {
    StubImage::new([StubLayer::file("a", data).unwrap()], &[], &[])
}

fn desk(image: &StubImage) -> Desk {
    let desk = Desk::new();
    desk.add("a/b".into(), "1".into(), image.clone());
    desk
}

#[test]
fn content_is_found_in_its_own_repository_only() {
    use RegistryPlace::{Config, Layer, Manifest, Ping};
    let image = image(b"1");
    let desk = desk(&image);
    let (manifest, config) = (image.manifest_digest(), image.id());
    let layer = image.layers[0].digest.as_str();
    let rows = [
        ("/v2/".to_owned(), Some(Ping), None),
        ("/v2/a/b/manifests/1".into(), Some(Manifest), Some(manifest)),
        (
            format!("/v2/a/b/manifests/{manifest}"),
            Some(Manifest),
            Some(manifest),
        ),
        ("/v2/a/b/manifests/2".into(), Some(Manifest), None),
        ("/v2/a/c/manifests/1".into(), Some(Manifest), None),
        (
            format!("/v2/a/b/blobs/{config}"),
            Some(Config),
            Some(config),
        ),
        (format!("/v2/a/b/blobs/{layer}"), Some(Layer), Some(layer)),
        (format!("/v2/a/c/blobs/{layer}"), None, None),
        ("/v2/a/b/blobs/sha256:00".into(), None, None),
        ("/".into(), None, None),
    ];
    for (path, place, digest) in rows {
        let turn = desk.take("GET", &path, 0);
        assert_eq!(turn.place, place, "{path}");
        assert_eq!(
            turn.blob.map(|blob| blob.digest).as_deref(),
            digest,
            "{path}"
        );
    }
}

#[test]
fn a_tag_is_given_away() {
    let (old, new) = (image(b"1"), image(b"2"));
    let desk = desk(&old);
    desk.add("a/b".into(), "1".into(), new.clone());
    let turn = desk.take("GET", "/v2/a/b/manifests/1", 0);
    assert_eq!(turn.blob.unwrap().digest, new.manifest_digest());
}

#[test]
fn a_fault_lasts_as_long_as_said() {
    let desk = desk(&image(b"1"));
    let fault = || desk.take("GET", "/v2/", 0).fault;
    assert_eq!(fault(), None);
    desk.fail(RegistryPlace::Ping, RegistryFault::Cut, Times::Count(2));
    assert_eq!(
        [fault(), fault(), fault(), fault()],
        [
            Some(RegistryFault::Cut),
            Some(RegistryFault::Cut),
            None,
            None
        ]
    );
    desk.fail(RegistryPlace::Ping, RegistryFault::Hold, Times::Forever);
    assert_eq!([fault(), fault()], [Some(RegistryFault::Hold); 2]);
    assert_eq!(desk.take("GET", "/v2/a/b/manifests/1", 0).fault, None);
}

#[test]
fn only_the_latest_requests_are_remembered() {
    let desk = desk(&image(b"1"));
    for number in 0..=MAX_REQUESTS {
        desk.take("GET", "/v2/", number);
    }
    let requests = desk.requests();
    assert_eq!(requests.len(), MAX_REQUESTS);
    assert_eq!((requests[0].from, requests[999].from), (1, MAX_REQUESTS));
}
