//! What an image's documents say, by the rules of schema 2.

use serde_json::Value;

use super::*;

fn json(blob: &Blob) -> Value {
    serde_json::from_slice(&blob.data).unwrap()
}

#[test]
fn content_is_named_by_its_digest() {
    // The digest of nothing is known to everybody.
    assert_eq!(
        digest(b""),
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
}

#[test]
fn the_manifest_names_configuration_and_layers_in_order() {
    let layers = [
        StubLayer::file("a", b"1").unwrap(),
        StubLayer::file("dir/b", &[7; 5000]).unwrap(),
    ];
    let image = StubImage::new(layers, &[("deckhands.test", "1")], &["/a", "x"]);
    let manifest = json(&image.manifest);
    assert_eq!(manifest["schemaVersion"], 2);
    assert_eq!(manifest["mediaType"], MANIFEST);
    assert_eq!(manifest["config"]["digest"], image.id());
    assert_eq!(manifest["config"]["size"], image.config.data.len());
    let config = json(&image.config);
    for (index, layer) in image.layers.iter().enumerate() {
        assert_eq!(manifest["layers"][index]["digest"], layer.digest.as_str());
        assert_eq!(manifest["layers"][index]["size"], layer.data.len());
        assert_eq!(config["rootfs"]["diff_ids"][index], layer.digest.as_str());
    }
    assert_eq!(manifest["layers"].as_array().unwrap().len(), 2);
    assert_eq!(config["config"]["Labels"]["deckhands.test"], "1");
    assert_eq!(config["config"]["Cmd"], serde_json::json!(["/a", "x"]));
    assert_eq!(config["os"], "linux");
    assert_eq!(image.manifest_digest(), digest(&image.manifest.data));
}

#[test]
fn a_layer_holds_its_file() {
    let layer = StubLayer::file("bin/tool", b"#!/bin/sh\n").unwrap();
    let mut archive = tar::Archive::new(&layer.0[..]);
    let mut entries = archive.entries().unwrap();
    let mut entry = entries.next().unwrap().unwrap();
    assert_eq!(entry.path().unwrap().to_str(), Some("bin/tool"));
    assert_eq!(entry.header().mode().unwrap(), 0o755);
    let mut text = String::new();
    io::Read::read_to_string(&mut entry, &mut text).unwrap();
    assert_eq!(text, "#!/bin/sh\n");
    assert!(entries.next().is_none());
}

#[test]
fn other_content_is_another_image() {
    let image = |data: &[u8], label: &str| {
        let layer = StubLayer::file("a", data).unwrap();
        StubImage::new([layer], &[("l", label)], &[])
    };
    let one = image(b"1", "x");
    assert_eq!(one.id(), image(b"1", "x").id());
    assert_ne!(one.id(), image(b"2", "x").id());
    assert_ne!(one.id(), image(b"1", "y").id());
    assert_ne!(one.manifest_digest(), image(b"1", "y").manifest_digest());
}
