//! Packages in the words of `cargo metadata`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Dependency, Member};

fn package() -> Value {
    json!({
        "name": "deckhands-runtime",
        "manifest_path": "/src/crates/deckhands-runtime/Cargo.toml",
        "publish": [],
        "features": { "default": ["docker"] },
        "dependencies": [
            { "name": "bollard", "kind": null, "features": ["pipe"] },
            { "name": "tokio", "kind": "dev", "features": [] },
        ],
    })
}

#[test]
fn a_package_is_read_whole() {
    let dependency = |name: &str, dev, features: &[&str]| Dependency {
        name: name.into(),
        dev,
        features: features.iter().map(ToString::to_string).collect(),
    };
    let expected = Member {
        name: "deckhands-runtime".into(),
        manifest: "/src/crates/deckhands-runtime/Cargo.toml".into(),
        publishable: false,
        dependencies: vec![
            dependency("bollard", false, &["pipe"]),
            dependency("tokio", true, &[]),
        ],
        features: BTreeMap::from([("default".into(), vec!["docker".into()])]),
    };
    assert_eq!(Member::read(&package()), Some(expected));
}

#[test]
fn no_list_or_a_filled_one_means_publishable() {
    for publish in [json!(null), json!(["crates-io"])] {
        let mut package = package();
        package["publish"] = publish;
        assert!(Member::read(&package).unwrap().publishable, "{package}");
    }
}

#[test]
fn what_is_missing_is_not_taken_for_empty() {
    for key in [
        "name",
        "manifest_path",
        "publish",
        "features",
        "dependencies",
    ] {
        let mut package = package();
        package.as_object_mut().unwrap().remove(key);
        assert_eq!(Member::read(&package), None, "{key}");
    }
    for key in ["name", "kind", "features"] {
        let mut package = package();
        package["dependencies"][0]
            .as_object_mut()
            .unwrap()
            .remove(key);
        assert_eq!(Member::read(&package), None, "dependency without {key}");
    }
}
