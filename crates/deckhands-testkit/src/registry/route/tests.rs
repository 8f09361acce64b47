//! Paths and what they name.

use super::Route::{Blob, Manifest, Ping, Unknown};
use super::route;

#[test]
fn paths_name_things() {
    let rows = [
        ("/v2/", Ping),
        ("/v2", Ping),
        ("/v1/", Unknown),
        ("/v2x", Unknown),
        ("/v2/a/manifests/1.0", Manifest("a", "1.0")),
        ("/v2/a/b/manifests/sha256:00", Manifest("a/b", "sha256:00")),
        ("/v2/a/manifests/manifests/1", Manifest("a/manifests", "1")),
        ("/v2/a/manifests/", Unknown),
        ("/v2/manifests/1", Unknown),
        ("/v2/a/manifests/1/2", Unknown),
        ("/v2/a/b/blobs/sha256:11", Blob("a/b", "sha256:11")),
        ("/v2/a/blobs/uploads/", Unknown),
        ("/v2/a/tags/list", Unknown),
    ];
    for (path, wanted) in rows {
        assert_eq!(route(path), wanted, "{path}");
    }
}
