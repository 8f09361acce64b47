//! Manifests that pass and fail each rule.

use super::check;

const LINTS: &str = "[lints]\nworkspace = true\n";

#[test]
fn dependencies_are_inherited() {
    let own_version = |name: &str| {
        format!("dependency `{name}` is not inherited: its version belongs to the root")
    };
    let rows = [
        ("[dependencies]\nserde.workspace = true\n", None),
        (
            "[dependencies]\ntokio = { workspace = true, features = [\"rt\"] }\n",
            None,
        ),
        (
            "[dev-dependencies]\n# why\n\ndeckhands-runtime = { path = \".\" }\n",
            None,
        ),
        ("[features]\ndefault = [\"docker\"]\n", None),
        (
            "[dependencies]\nserde = \"1\"\n",
            Some(own_version("serde")),
        ),
        (
            "[dependencies]\nserde = { version = \"1\" }\n",
            Some(own_version("serde")),
        ),
        (
            "[build-dependencies]\ncc = { path = \"../cc\" }\n",
            Some(own_version("cc")),
        ),
        (
            "[target.'cfg(unix)'.dependencies]\nlibc = \"0.2\"\n",
            Some(own_version("libc")),
        ),
        (
            "[dependencies]\nserde.workspace = false\n",
            Some(own_version("serde.workspace")),
        ),
        (
            "[dependencies.serde]\nversion = \"1\"\n",
            Some("dependency `serde` has a table of its own; write it on one line".to_owned()),
        ),
    ];
    for (table, expected) in rows {
        let findings = check(&format!("{table}{LINTS}"));
        assert_eq!(findings, Vec::from_iter(expected), "{table}");
    }
}

#[test]
fn lints_are_inherited() {
    assert_eq!(check(LINTS), Vec::<String>::new());
    for text in [
        "",
        "[lints]\n",
        "[lints.rust]\nworkspace = true\n",
        "workspace = true\n",
    ] {
        assert_eq!(check(text), ["lacks `[lints] workspace = true`"], "{text}");
    }
}
