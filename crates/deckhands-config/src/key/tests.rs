//! The rows hang together.

use std::collections::BTreeSet;

use super::*;

#[test]
fn rows_stand_in_the_order_of_the_keys() {
    for entry in Key::all() {
        assert_eq!(entry.key.entry().name, entry.name);
    }
}

#[test]
fn names_and_variables_are_unique() {
    let names: Vec<_> = Key::all().map(|entry| entry.name).collect();
    let variables: Vec<_> = Key::all().flat_map(|entry| entry.variables).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    assert_eq!(
        variables.iter().collect::<BTreeSet<_>>().len(),
        variables.len()
    );
}

#[test]
fn our_variables_come_before_the_prototypes() {
    for entry in Key::all() {
        let ours = |name: &&&str| name.starts_with("DECKHANDS_");
        let first = entry.variables.iter().take_while(ours).count();
        assert_eq!(
            first,
            entry.variables.iter().filter(ours).count(),
            "{}",
            entry.name
        );
    }
}

#[test]
fn every_variable_of_the_prototype_is_a_setting() {
    let names = [
        "OPENHANDS_MODEL",
        "OPENHANDS_CUSTOM_MODEL_ID",
        "OPENHANDS_BASE_URL",
        "OPENHANDS_WORKSPACE",
        "OPENHANDS_WORKSPACE_ROOT",
        "OPENHANDS_TIMEOUT",
        "OPENHANDS_DOCKER_TIMEOUT",
        "OPENHANDS_DOCKER_IMAGE",
        "OPENHANDS_DOCKER_RUNTIME_IMAGE",
        "OPENHANDS_ENABLE_CIRCUIT_BREAKER",
        "OPENHANDS_ENABLE_REAL_AGENT",
        "OPENHANDS_USE_DOCKER_RUNTIME",
    ];
    for name in names {
        assert!(Key::of_variable(name).is_some(), "{name}");
    }
}

#[test]
fn secrets_and_switches_are_not_for_files() {
    for (name, expected) in [
        ("model.id", Some(Key::Model)),
        ("model.api_key", None),
        ("run.real_agent", None),
        ("model", None),
        ("", None),
    ] {
        assert_eq!(Key::in_file(name), expected, "{name}");
    }
}

#[test]
fn a_project_may_not_choose_where_keys_go_or_what_runs() {
    let refused: Vec<_> = Key::all()
        .filter(|e| e.setter == Setter::User)
        .map(|entry| entry.name)
        .collect();
    assert_eq!(
        refused,
        [
            "model.routes",
            "model.base_url",
            "model.api_key_env",
            "model.api_key_file",
            "model.way",
            "images.app",
            "images.sandbox",
            "limits.workspace_bytes",
            "money.max_cost",
            "money.per_day",
            "money.per_batch",
            "money.unknown_price",
            "run.profile",
            "run.network",
            "run.workspace",
            "run.workspace_root",
            "run.home",
            "queue.max_size",
            "queue.keep",
            "engine.workers",
            "engine.grace",
            "engine.attempts",
            "engine.task_time",
            "engine.task_work",
            "engine.fallback_models",
            "docker.host",
            "docker.context",
            "docker.config",
        ]
    );
}
