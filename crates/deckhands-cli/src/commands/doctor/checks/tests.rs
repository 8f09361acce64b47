//! Checks that need no daemon.

use deckhands_config::{Sources, load};
use deckhands_model::ByteSize;
use tempfile::TempDir;

use super::super::Status;
use super::*;

#[test]
fn a_rootless_daemon_is_warned_of() {
    let mut info = RuntimeInfo {
        endpoint: "unix:///run/user/1000/docker.sock".to_owned(),
        version: "27.0.0".to_owned(),
        api_version: "1.46".to_owned(),
        cpus: 2,
        memory: ByteSize::gibibytes(4),
        rootless: false,
    };
    assert!(rootless(&info).is_none());
    info.rootless = true;
    let check = rootless(&info).unwrap();
    assert_eq!(check.status, Status::Warn);
    assert!(check.message.contains("given back"), "{}", check.message);
}

/// Settings of a user with this file and this key of Groq.
fn settings(file: &str, key: &str) -> Settings {
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("config.toml"), file).unwrap();
    let settings = load(&Sources {
        cwd: dir.path().to_owned(),
        user_config_dir: Some(dir.path().to_owned()),
        state_dir: Some(dir.path().join("state")),
        env: [("GROQ_API_KEY".into(), key.into())].into(),
        ..Sources::default()
    });
    settings.unwrap()
}

#[test]
fn a_pool_is_told_by_how_many_of_its_routes_can_be_called() {
    let pool = |models: [&str; 2]| {
        let [one, two] = models;
        format!(
            "model.routes = 'night'\n[[routes.night]]\nmodel = '{one}'\n[[routes.night]]\nmodel = '{two}'\n"
        )
    };
    let rows = [
        (["groq/a", "groq/b"], "sk", Status::Ok, "2 of the 2"),
        (["groq/a", "openai/b"], "sk", Status::Warn, "1 of the 2"),
        (["groq/a", "openai/b"], "", Status::Fail, "0 of the 2"),
    ];
    for (models, key, status, text) in rows {
        let check = check_routes(&settings(&pool(models), key)).unwrap();
        assert_eq!(check.status, status, "{models:?}");
        assert!(check.message.starts_with(text), "{}", check.message);
    }
    assert!(check_routes(&settings("", "sk")).is_none());
}

#[test]
fn a_server_of_one_s_own_needs_no_key() {
    let check = check_key(&settings("model.id = 'ollama/qwen3'", ""));
    assert_eq!(check.status, Status::Ok, "{}", check.message);
    assert!(
        check.message.contains("none is needed"),
        "{}",
        check.message
    );
}
