//! One member that passes each rule and one that fails it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Dependency, Member, check};

fn member(name: &str, dependencies: Vec<Dependency>) -> Member {
    Member {
        name: name.into(),
        manifest: PathBuf::new(),
        publishable: false,
        dependencies,
        features: BTreeMap::new(),
    }
}

fn normal(name: &str) -> Dependency {
    Dependency {
        name: name.into(),
        dev: false,
        features: Vec::new(),
    }
}

fn dev(name: &str) -> Dependency {
    Dependency {
        dev: true,
        ..normal(name)
    }
}

fn with_test_util(dependency: Dependency) -> Dependency {
    Dependency {
        features: vec!["rt".into(), "test-util".into()],
        ..dependency
    }
}

fn check_rows(rows: &[(&str, Dependency, &str)]) {
    for (name, dependency, expected) in rows {
        let findings = check(&member(name, vec![dependency.clone()])).join("; ");
        assert_eq!(findings, *expected, "{name} -> {}", dependency.name);
    }
}

#[test]
fn own_crates_follow_the_table() {
    check_rows(&[
        ("deckhands-agent", normal("deckhands-model"), ""),
        (
            "deckhands-agent",
            normal("deckhands-config"),
            "may not use `deckhands-config`",
        ),
        ("deckhands-cli", normal("deckhands-orchestration"), ""),
        (
            "deckhands-cli",
            normal("deckhands-testkit"),
            "may not use `deckhands-testkit`",
        ),
        (
            "deckhands-cli",
            normal("deckhands-unheard-of"),
            "may not use `deckhands-unheard-of`",
        ),
        ("deckhands-e2e", normal("deckhands-testkit"), ""),
        (
            "xtask",
            normal("deckhands-model"),
            "may not use `deckhands-model`",
        ),
    ]);
}

#[test]
fn tests_may_also_use_the_testkit_and_the_crate_itself() {
    check_rows(&[
        ("deckhands-model", dev("deckhands-testkit"), ""),
        (
            "deckhands-model",
            normal("deckhands-testkit"),
            "may not use `deckhands-testkit`",
        ),
        ("deckhands-runtime", dev("deckhands-runtime"), ""),
        (
            "deckhands-runtime",
            dev("deckhands-cli"),
            "may not use `deckhands-cli`",
        ),
        ("deckhands-model", dev("xtask"), "may not use `xtask`"),
    ]);
}

#[test]
fn dangerous_dependencies_have_one_door() {
    let clap = "`clap` may be used only by deckhands-cli, xtask, deckhands-testkit";
    let bollard = "`bollard` may be used only by deckhands-runtime";
    let backoff = "`backoff` may be used only by deckhands-resilience";
    check_rows(&[
        ("deckhands-runtime", normal("bollard"), ""),
        ("deckhands-cli", dev("bollard"), bollard),
        ("xtask", normal("clap"), ""),
        ("deckhands-model", normal("clap"), clap),
        ("deckhands-model", normal("backoff"), backoff),
    ]);
}

#[test]
fn test_features_stay_in_dev_dependencies() {
    let finding = "`tokio` has `test-util` outside dev-dependencies";
    check_rows(&[
        ("deckhands-model", with_test_util(dev("tokio")), ""),
        ("deckhands-model", with_test_util(normal("tokio")), finding),
    ]);
}

#[test]
fn members_are_known_and_not_publishable() {
    assert_eq!(
        check(&member("deckhands-model", Vec::new())),
        Vec::<String>::new()
    );
    let publishable = Member {
        publishable: true,
        ..member("deckhands-model", Vec::new())
    };
    assert_eq!(check(&publishable), ["lacks `publish = false`"]);
    let unknown = check(&member("deckhands-new", Vec::new()));
    assert_eq!(
        unknown,
        ["is not in the table of crates (xtask/src/tidy/crates.rs)"]
    );
}

#[test]
fn only_the_test_feature_turns_test_features_on() {
    let rows = [
        ("test-util", "tokio/test-util", ""),
        ("docker", "dep:bollard", ""),
        (
            "default",
            "test-util",
            "feature `default` turns on `test-util`",
        ),
        (
            "docker",
            "tokio/test-util",
            "feature `docker` turns on `test-util`",
        ),
    ];
    for (name, turns_on, expected) in rows {
        let features = BTreeMap::from([(name.to_owned(), vec![turns_on.to_owned()])]);
        let member = Member {
            features,
            ..member("deckhands-runtime", Vec::new())
        };
        assert_eq!(check(&member).join("; "), expected, "{name} = [{turns_on}]");
    }
}
