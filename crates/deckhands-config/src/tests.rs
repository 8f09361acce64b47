//! A user with a project on a real file system, and settings that leak nothing.

use std::fs;
use std::path::PathBuf;

use deckhands_model::{Deadlines, Limits};

use crate::{ConfigError, Flags, Key, Settings, Sources, Trust, load};

/// A secret that must never be shown.
pub(crate) const CANARY: &str = "sk-canary-7f3a91";

/// Adds something to a fixture.
pub(crate) type Make = fn(Fixture) -> Fixture;

/// A user's configuration directory, and a project with a directory inside that is worked in.
pub(crate) struct Fixture {
    root: tempfile::TempDir,
    pub(crate) sources: Sources,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let top = root.path().canonicalize().unwrap();
        for dir in ["config", "project/inner"] {
            fs::create_dir_all(top.join(dir)).unwrap();
        }
        let sources = Sources {
            cwd: top.join("project/inner"),
            user_config_dir: Some(top.join("config")),
            state_dir: Some(top.join("state")),
            ..Sources::default()
        };
        Self { root, sources }
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.path().canonicalize().unwrap().join(path)
    }

    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        fs::write(self.path(path), text).unwrap();
        self
    }

    pub(crate) fn user(self, text: &str) -> Self {
        self.file("config/config.toml", text)
    }

    pub(crate) fn project(self, text: &str) -> Self {
        self.file("project/deckhands.toml", text)
    }

    pub(crate) fn dotenv(self, text: &str) -> Self {
        self.file("project/.env", text)
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.sources.env.insert(name.into(), value.into());
        self
    }

    pub(crate) fn flag(mut self, key: Key, flag: &str, value: &str) -> Self {
        self.sources.flags = self.sources.flags.with(key, flag, value);
        self
    }

    pub(crate) fn trusting(mut self, dir: &str) -> Self {
        self.sources.trusted_dirs.push(self.path(dir));
        self
    }

    pub(crate) fn load(&self) -> Result<Settings, ConfigError> {
        load(&self.sources)
    }

    pub(crate) fn settings(&self) -> Settings {
        self.load().unwrap()
    }

    /// Message and hint of the error, with the fixture's own directory as `~`.
    pub(crate) fn refusal(&self) -> String {
        let error = self.load().expect_err("the settings are refused");
        let hint = error
            .hint()
            .map_or_else(String::new, |hint| format!(" | {hint}"));
        format!("{error}{hint}").replace(&self.path("").to_string_lossy().to_string(), "~/")
    }
}

/// The row of a key: value and origin.
pub(crate) fn row(settings: &Settings, key: Key) -> (String, String) {
    let row = settings
        .explain()
        .into_iter()
        .find(|row| row.key == key.name())
        .unwrap();
    (row.value, row.origin)
}

#[test]
fn without_any_layer_the_defaults_hold() {
    let fixture = Fixture::new();
    let settings = fixture.settings();
    assert_eq!(
        settings.model.value.as_str(),
        "openrouter/deepseek/deepseek-chat-v3.1:free"
    );
    assert_eq!(
        settings.base_url.unwrap().value.as_str(),
        "https://openrouter.ai/api/v1"
    );
    assert_eq!(
        settings.app_image.value.as_str(),
        "docker.all-hands.dev/all-hands-ai/openhands:0.59"
    );
    assert_eq!(
        settings.sandbox_image.value.as_str(),
        "docker.all-hands.dev/all-hands-ai/runtime:0.59-nikolaik"
    );
    assert_eq!(settings.limits, Limits::default());
    assert_eq!(settings.deadlines, Deadlines::default());
    assert_eq!(settings.home.value, fixture.path("state"));
    assert_eq!(settings.workspace.value, fixture.path("project/inner"));
    assert!(settings.circuit_breaker.value);
    assert_eq!(settings.queue_size.value, 1000);
    assert_eq!(settings.engine.keep.value.as_secs(), 90 * 24 * 3600);
    assert!(!settings.include_ignored.value);
    assert!(settings.docker.host.is_none());
    assert!(
        settings
            .rows
            .iter()
            .all(|row| row.origin == "default" && row.trust == Trust::Trusted)
    );
}

#[test]
fn the_documented_defaults_are_the_real_ones() {
    let settings = Fixture::new().settings();
    for doc in crate::schema()
        .iter()
        .filter(|doc| !doc.default.starts_with('(') && doc.in_file)
    {
        let row = settings.rows.iter().find(|row| row.key == doc.key).unwrap();
        assert_eq!(row.value, doc.default, "{}", doc.key);
    }
}

#[test]
fn every_key_of_the_reference_has_a_row() {
    let rows: Vec<_> = Fixture::new()
        .settings()
        .explain()
        .iter()
        .map(|row| row.key)
        .collect();
    let keys: Vec<_> = Key::all()
        .filter(|e| e.kind != crate::key::Kind::Switch)
        .collect();
    assert_eq!(
        rows,
        keys.iter().map(|entry| entry.name).collect::<Vec<_>>()
    );
}

#[test]
fn no_secret_is_shown_anywhere() {
    let key_file = |f: Fixture| {
        f.file("key", CANARY)
            .env("DECKHANDS_API_KEY_FILE", "../../key")
    };
    let cases: [(&str, Make); 3] = [
        ("provider's variable", |f| {
            f.env("OPENROUTER_API_KEY", CANARY)
        }),
        ("our variable", |f| f.env("DECKHANDS_API_KEY", CANARY)),
        (".env", |f| {
            f.dotenv(&format!("OPENROUTER_API_KEY={CANARY}"))
        }),
    ];
    let fixtures = cases
        .into_iter()
        .map(|(name, make)| (name, make(Fixture::new())));
    for (name, fixture) in fixtures.chain([("file", key_file(Fixture::new()))]) {
        let settings = fixture.settings();
        assert_eq!(settings.require_key().unwrap().expose(), CANARY, "{name}");
        let shown = [
            format!("{settings:?}"),
            format!("{:?}", settings.explain()),
            format!("{:?}", fixture.sources),
            format!("{:?}", settings.require_key()),
            settings.notes.join(" "),
        ];
        for text in shown {
            assert!(!text.contains(CANARY), "{name}: {text}");
        }
    }
}

#[test]
fn an_error_never_shows_what_may_be_a_secret() {
    let cases: [(&str, Fixture); 7] = [
        (
            "key in file",
            Fixture::new().user(&format!("[model]\napi_key = \"{CANARY}\"")),
        ),
        (
            "key at top",
            Fixture::new().user(&format!("openrouter_api_key = \"{CANARY}\"")),
        ),
        (
            "broken line",
            Fixture::new().user(&format!("[model]\nx = {CANARY}")),
        ),
        (
            "key for name",
            Fixture::new().user(&format!("[model]\napi_key_env = \"{CANARY}\"")),
        ),
        (
            "password",
            Fixture::new().env("OPENHANDS_BASE_URL", &format!("http://u:{CANARY}@h/")),
        ),
        ("unknown", Fixture::new().env("DECKHANDS_API_KYE", CANARY)),
        (
            "bad .env",
            Fixture::new().dotenv(&format!("DECKHANDS_API_KEY={CANARY} x")),
        ),
    ];
    for (name, fixture) in cases {
        let error = fixture.load().unwrap_err();
        let shown = format!("{error} {error:?} {:?}", error.hint());
        assert!(!shown.contains(CANARY), "{name}: {shown}");
    }
}

#[test]
fn flags_given_twice_count_once() {
    let mut fixture = Fixture::new();
    fixture.sources.flags = Flags::new()
        .with(Key::Iterations, "--max-iterations", "3")
        .with(Key::Iterations, "--max-iterations", "4")
        .with_list(
            Key::Checks,
            "--check",
            vec!["true".to_owned(), "make test".to_owned()],
        );
    let settings = fixture.settings();
    assert_eq!(settings.limits.iterations, 4);
    assert_eq!(settings.checks.value, ["true", "make test"]);
    assert_eq!(row(&settings, Key::Checks).0, "true; make test");
}
