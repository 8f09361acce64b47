//! A pull's lines, as Docker gives them, and the figures after each.

use bollard::models::CreateImageInfo;
use serde_json::json;

use super::Layers;

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
