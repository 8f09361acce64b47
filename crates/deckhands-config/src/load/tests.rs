//! Which files are layers, in which order, and how far they are trusted.

use std::fs;

use crate::tests::{CANARY, Fixture, Make, row};
use crate::{ConfigErrorKind, Key, Trust};

/// Layers in order, each setting the working time to a value of its own.
const LAYERS: [(&str, Make); 5] = [
    ("~/config/config.toml:1", |f| f.user("deadlines.work = 11")),
    ("~/project/deckhands.toml:2", |f| {
        f.project("\ndeadlines.work = 12")
    }),
    ("`OPENHANDS_TIMEOUT` in project file ~/project/.env", |f| {
        f.dotenv("OPENHANDS_TIMEOUT=13")
    }),
    ("environment variable `OPENHANDS_TIMEOUT`", |f| {
        f.env("OPENHANDS_TIMEOUT", "14")
    }),
    ("flag `--timeout`", |f| f.flag(Key::Work, "--timeout", "15")),
];

#[test]
fn every_subset_of_layers_is_won_by_its_last() {
    for subset in 0_u32..1 << LAYERS.len() {
        let mut fixture = Fixture::new();
        let mut expected = ("300s".to_owned(), "default");
        for (index, (origin, add)) in LAYERS.iter().enumerate() {
            if subset & (1 << index) != 0 {
                fixture = add(fixture);
                expected = (format!("{}s", 11 + index), origin);
            }
        }
        let (value, origin) = row(&fixture.settings(), Key::Work);
        let origin = origin.replace(&fixture.path("").to_string_lossy().to_string(), "~/");
        assert_eq!(value, expected.0, "{subset:b}");
        assert!(origin.ends_with(expected.1), "{subset:b}: {origin}");
    }
}

#[test]
fn the_nearest_project_files_count() {
    let fixture = Fixture::new()
        .project("deadlines.work = 12")
        .file("project/inner/deckhands.toml", "deadlines.idle = 21")
        .dotenv("DECKHANDS_TIMEOUT=13")
        .file("project/inner/.env", "DECKHANDS_MAX_ITERATIONS=3");
    let settings = fixture.settings();
    assert_eq!(settings.deadlines.idle.as_secs(), 21);
    assert_eq!(settings.limits.iterations, 3);
    // The files above are not read: nearest means one.
    assert_eq!(settings.deadlines.work.as_secs(), 300);
}

#[test]
fn a_named_file_replaces_the_users_and_has_to_be_there() {
    let base = || {
        Fixture::new()
            .user("deadlines.idle = 21")
            .file("other.toml", "run.home = '/o'")
    };
    let by_variable = base().env("DECKHANDS_CONFIG", "../../other.toml");
    let mut by_flag = base().env("DECKHANDS_CONFIG", "/missing");
    by_flag.sources.explicit_config = Some(by_flag.path("other.toml"));
    for fixture in [by_variable, by_flag] {
        let settings = fixture.settings();
        assert_eq!(settings.home.value.to_str(), Some("/o"));
        assert_eq!(settings.deadlines.idle.as_secs(), 180);
    }
    let error = base()
        .env("DECKHANDS_CONFIG", "/missing")
        .load()
        .unwrap_err();
    assert_eq!(
        *error.kind,
        ConfigErrorKind::Read {
            path: "/missing".into()
        }
    );
}

#[test]
fn a_project_file_that_the_user_names_is_the_users() {
    let mut fixture = Fixture::new().project("run.home = '/o'");
    assert!(fixture.load().is_err());
    fixture.sources.explicit_config = Some("../deckhands.toml".into());
    let settings = fixture.settings();
    assert_eq!(settings.home.trust, Trust::Trusted);
    assert!(row(&settings, Key::Home).1.starts_with("file "));
}

#[test]
fn a_project_is_refused_what_only_the_user_may_set() {
    let hint = |dir| {
        format!(
            "set it in your own configuration or, if you trust that directory: deckhands config trust {dir}"
        )
    };
    for (toml, name) in [
        ("model.base_url = 'http://evil.example'", "model.base_url"),
        ("model.api_key_env = 'AWS_SECRET'", "model.api_key_env"),
        (
            "model.api_key_file = '/home/u/.ssh/id'",
            "model.api_key_file",
        ),
        ("images.app = 'evil'", "images.app"),
        ("images.sandbox = 'evil'", "images.sandbox"),
        ("docker.host = 'tcp://evil:1'", "docker.host"),
        ("docker.context = 'evil'", "docker.context"),
        ("docker.config = 'evil'", "docker.config"),
        ("money.max_cost = '1000'", "money.max_cost"),
        ("money.per_day = 1000", "money.per_day"),
        ("money.per_batch = 1000.5", "money.per_batch"),
        ("money.unknown_price = 0", "money.unknown_price"),
        ("run.profile = 'socket'", "run.profile"),
        ("run.network = 'open'", "run.network"),
        ("run.workspace = '/'", "run.workspace"),
        ("run.workspace_root = '/'", "run.workspace_root"),
        ("run.home = '/'", "run.home"),
        ("limits.workspace_bytes = '1t'", "limits.workspace_bytes"),
    ] {
        let fixture = Fixture::new().project(toml);
        let hint = hint("~/project");
        let expected = format!(
            "`{name}` may not be set by a project (project file ~/project/deckhands.toml:1) | {hint}"
        );
        assert_eq!(fixture.refusal(), expected);
        // Also where the user's own value would win.
        let key = Key::in_file(name).unwrap();
        assert!(fixture.flag(key, "--flag", "x").load().is_err(), "{name}");
    }
    for (line, name) in [
        ("OPENHANDS_BASE_URL=http://evil.example", "model.base_url"),
        ("DECKHANDS_API_KEY_FILE=/etc/shadow", "model.api_key_file"),
        ("OPENHANDS_DOCKER_IMAGE=evil", "images.app"),
        ("OPENHANDS_WORKSPACE=/", "run.workspace"),
        ("DOCKER_HOST=tcp://evil:1", "docker.host"),
        ("DECKHANDS_HOME=/", "run.home"),
    ] {
        let variable = line.split_once('=').unwrap().0;
        let expected = format!(
            "`{name}` may not be set by a project (variable `{variable}` in project file ~/project/.env) | {}",
            hint("~/project")
        );
        assert_eq!(Fixture::new().dotenv(line).refusal(), expected);
    }
}

#[test]
fn a_trusted_project_may_but_its_neighbours_may_not() {
    let text = "run.home = '/o'";
    let settings = Fixture::new().project(text).trusting("project").settings();
    assert_eq!(settings.home.value.to_str(), Some("/o"));
    assert_eq!(settings.home.trust, Trust::Trusted);
    assert!(
        Fixture::new()
            .project(text)
            .trusting("project/inner")
            .load()
            .is_err()
    );
    // Trust does not reach into directories below.
    let inner = Fixture::new()
        .file("project/inner/deckhands.toml", text)
        .trusting("project");
    assert!(inner.load().is_err());
}

#[test]
fn trust_follows_the_real_directory() {
    let mut fixture = Fixture::new().project("run.home = '/o'");
    std::os::unix::fs::symlink(fixture.path("project"), fixture.path("link")).unwrap();
    fixture.sources.cwd = fixture.path("link/inner");
    let fixture = fixture.trusting("project");
    assert_eq!(fixture.settings().home.value.to_str(), Some("/o"));
}

#[test]
fn a_dotenv_is_never_exported() {
    let fixture = Fixture::new().dotenv(&format!("OPENROUTER_API_KEY={CANARY}"));
    assert!(fixture.settings().require_key().is_ok());
    let exported = std::env::vars_os().any(|(_, value)| value.to_string_lossy().contains(CANARY));
    assert!(!exported);
}

#[test]
fn a_model_with_an_address_is_for_the_user_to_choose() {
    let name = "huggingface/https://mine.example";
    let text = format!("model.id = '{name}'");
    for fixture in [
        Fixture::new().user(&text),
        Fixture::new().env("DECKHANDS_MODEL", name),
        Fixture::new().project(&text).trusting("project"),
    ] {
        assert_eq!(fixture.settings().model.value.as_str(), name);
    }
    let refused = "`model.id` with an address or a route in it may not be set by a project";
    for name in [
        name,
        "bedrock/arn:aws:bedrock:evil.example/:1:x",
        "openrouter/a/b:free~work",
    ] {
        let text = format!("model.id = '{name}'");
        assert!(Fixture::new().project(&text).refusal().starts_with(refused));
        let text = format!("OPENHANDS_MODEL={name}");
        assert!(Fixture::new().dotenv(&text).refusal().starts_with(refused));
    }
    // Versions and variants of models are no addresses.
    for name in [
        "bedrock/anthropic.claude-3-5-sonnet-20240620-v1:0",
        "openrouter/deepseek/deepseek-chat-v3.1:free",
        "vertex_ai/claude-sonnet-4@20250514",
    ] {
        let settings = Fixture::new()
            .project(&format!("model.id = '{name}'"))
            .settings();
        assert_eq!(settings.model.value.as_str(), name);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    let fixture = Fixture::new();
    fs::create_dir(fixture.path("config/config.toml")).unwrap();
    assert_eq!(fixture.refusal(), "read `~/config/config.toml`");
    let fixture = Fixture::new();
    fs::write(fixture.path("project/deckhands.toml"), [0xff, 0xfe]).unwrap();
    assert_eq!(fixture.refusal(), "read `~/project/deckhands.toml`");
    // A directory of that name is none of our files.
    let fixture = Fixture::new();
    fs::create_dir(fixture.path("project/.env")).unwrap();
    assert!(fixture.load().is_ok());
}

#[test]
fn what_is_no_plain_file_is_told_and_not_waited_for() {
    let pipe = |path: std::path::PathBuf| {
        let status = std::process::Command::new("mkfifo").arg(path).status();
        assert!(status.unwrap().success());
    };
    let error = |fixture: &Fixture| {
        let error = fixture.load().unwrap_err();
        format!("{error}: {}", std::error::Error::source(&error).unwrap())
    };
    let fixture = Fixture::new();
    pipe(fixture.path("project/deckhands.toml"));
    assert!(error(&fixture).ends_with("deckhands.toml`: not a plain file"));
    let fixture = Fixture::new();
    std::os::unix::fs::symlink("/dev/zero", fixture.path("project/deckhands.toml")).unwrap();
    assert!(error(&fixture).ends_with("deckhands.toml`: not a plain file"));
    let fixture = Fixture::new();
    std::os::unix::fs::symlink("nowhere", fixture.path("project/deckhands.toml")).unwrap();
    assert!(error(&fixture).contains("No such file"));
    // Under this name other programs keep other things, and they are left to them.
    let fixture = Fixture::new();
    pipe(fixture.path("project/.env"));
    let notes = fixture.settings().notes;
    assert!(
        notes
            .iter()
            .any(|n| n.ends_with(".env` is not a plain file and is left out"))
    );
}

#[test]
fn what_is_said_of_a_dotenv_is_bounded_and_soon_there() {
    let bad: String = (0..60_000).map(|n| format!("no line {n}\n")).collect();
    let names: String = (0..2_000)
        .map(|n| format!("OPENHANDS_MODEL{n}=x\n"))
        .collect();
    let long = format!("OPENHANDS_{}=x\n", "A".repeat(1_000_000));
    for text in [bad.clone(), names, long] {
        let notes = Fixture::new().dotenv(&text).settings().notes;
        assert!(notes.len() < 20, "{}", notes.len());
    }
    // A line of ours is found behind however many others.
    let fixture = Fixture::new().dotenv(&(bad + "DECKHANDS_TIMEOUT=5 minutes\n"));
    assert!(
        fixture
            .refusal()
            .starts_with("~/project/.env:60001: `DECKHANDS_TIMEOUT`")
    );
    let long = format!("DECKHANDS_{}=x\n", "A".repeat(1_000_000));
    assert!(Fixture::new().dotenv(&long).refusal().len() < 1000);
    let long = format!("{} = 1\n", "a".repeat(1_000_000));
    assert!(Fixture::new().project(&long).refusal().len() < 1000);
}
