//! Which key counts, and to whom it may go.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::Key;
use crate::tests::{CANARY, Fixture, Make};

/// The key, or message and hint of why there is none.
fn check(fixture: &Fixture) -> Result<String, String> {
    let settings = fixture.settings();
    let key = settings.require_key().map(|key| key.expose().to_owned());
    key.map_err(|missing| {
        let text = format!("{missing} | {}", missing.hint().unwrap());
        text.replace(&fixture.path("").to_string_lossy().to_string(), "~/")
    })
}

#[test]
fn a_key_goes_only_to_an_endpoint_of_the_same_or_more_trust() {
    for (key, endpoint, expected) in [
        (Trust::Trusted, Trust::Trusted, true),
        (Trust::Trusted, Trust::Project, false),
        (Trust::Project, Trust::Trusted, true),
        (Trust::Project, Trust::Project, true),
    ] {
        assert_eq!(may_go(key, endpoint), expected, "{key:?} to {endpoint:?}");
    }
}

/// What is set, and the key that counts then.
const KEYS: [(&str, Make, &str); 12] = [
    (
        "provider's variable",
        |f| f.env("OPENROUTER_API_KEY", "a"),
        "a",
    ),
    (
        "white space around it",
        |f| f.env("OPENROUTER_API_KEY", " a\n"),
        "a",
    ),
    (
        "of another provider",
        |f| {
            f.env("OPENROUTER_API_KEY", "a")
                .env("ANTHROPIC_API_KEY", "b")
                .env("DECKHANDS_MODEL", "anthropic/claude")
        },
        "b",
    ),
    (
        "ours over the provider's",
        |f| {
            f.env("OPENROUTER_API_KEY", "a")
                .env("DECKHANDS_API_KEY", "b")
        },
        "b",
    ),
    (
        "environment over .env",
        |f| {
            f.env("OPENROUTER_API_KEY", "a")
                .dotenv("OPENROUTER_API_KEY=b")
        },
        "a",
    ),
    (".env alone", |f| f.dotenv("OPENROUTER_API_KEY=b"), "b"),
    (
        "environment over a .env that names a key",
        |f| {
            f.env("OPENROUTER_API_KEY", "a")
                .dotenv("DECKHANDS_API_KEY=b")
        },
        "a",
    ),
    (
        ".env that names a key over another provider's",
        |f| {
            f.env("ANTHROPIC_API_KEY", "a")
                .dotenv("DECKHANDS_API_KEY=b")
        },
        "b",
    ),
    (
        "file named by the user over the provider's",
        |f| {
            f.env("OPENROUTER_API_KEY", "a")
                .file("key", "b\n")
                .user("model.api_key_file = '../key'")
        },
        "b",
    ),
    (
        "environment over user file",
        |f| {
            f.env("DECKHANDS_API_KEY", "a")
                .user("model.api_key_file = '/missing'")
        },
        "a",
    ),
    (
        "variable named by the user",
        |f| {
            f.env("OPENROUTER_API_KEY", "a")
                .env("WORK_KEY", "b")
                .user("model.api_key_env = 'WORK_KEY'")
        },
        "b",
    ),
    (
        "named variable in .env",
        |f| {
            f.dotenv("WORK_KEY=b")
                .user("model.api_key_env = 'WORK_KEY'")
        },
        "b",
    ),
];

#[test]
fn the_last_layer_that_names_a_key_decides() {
    for (name, make, expected) in KEYS {
        assert_eq!(
            check(&make(Fixture::new())).as_deref(),
            Ok(expected),
            "{name}"
        );
    }
}

#[test]
fn what_is_missing_is_named() {
    let file = "or write the key to a file and set DECKHANDS_API_KEY_FILE";
    let cases: [(Make, String); 6] = [
        (
            |f| f,
            format!("no API key: none of `OPENROUTER_API_KEY`, `DECKHANDS_API_KEY`, `DECKHANDS_API_KEY_FILE` is set | export OPENROUTER_API_KEY=…, {file}"),
        ),
        (
            |f| f.env("OPENROUTER_API_KEY", " ").env("DECKHANDS_MODEL", "openai/gpt"),
            format!("no API key: none of `OPENAI_API_KEY`, `DECKHANDS_API_KEY`, `DECKHANDS_API_KEY_FILE` is set | export OPENAI_API_KEY=…, {file}"),
        ),
        (
            |f| f.env("OPENROUTER_API_KEY", "a").user("model.api_key_env = 'WORK_KEY'"),
            format!("no API key: `WORK_KEY` is not set (named by file ~/config/config.toml:1) | export WORK_KEY=…, {file}"),
        ),
        (
            |f| f.env("DECKHANDS_API_KEY_FILE", "/missing/key"),
            "no API key: read `/missing/key` (environment variable `DECKHANDS_API_KEY_FILE`): No such file or directory (os error 2) | ls -l /missing/key".to_owned(),
        ),
        (
            |f| f.env("OPENROUTER_API_KEY", "a b"),
            "no API key: what is given there is none (environment variable `OPENROUTER_API_KEY`) | give the key alone, without quotes or spaces".to_owned(),
        ),
        (
            |f| f.file("key", "\n").user("model.api_key_file = '../key'"),
            "no API key: what is given there is none (file ~/config/config.toml:1) | give the key alone, without quotes or spaces".to_owned(),
        ),
    ];
    for (make, expected) in cases {
        assert_eq!(check(&make(Fixture::new())), Err(expected));
    }
}

#[test]
fn a_project_that_changes_the_provider_does_not_get_the_users_key() {
    let withheld = "the API key (environment variable `DECKHANDS_API_KEY`) is not sent to provider `xai`, which the project chose | choose the model yourself with --model, or export XAI_API_KEY=…";
    let ours: Make = |f| {
        f.env("DECKHANDS_API_KEY", CANARY)
            .project("model.id = 'xai/grok'")
    };
    assert_eq!(check(&ours(Fixture::new())), Err(withheld.to_owned()));
    let allowed: [(&str, Make); 7] = [
        ("same provider", |f| {
            f.project("model.id = 'openrouter/x/y'")
        }),
        ("the user's provider", |f| {
            f.user("model.id = 'xai/a'")
                .project("model.id = 'xai/grok'")
        }),
        ("endpoint of the user", |f| {
            f.project("model.id = 'xai/grok'")
                .env("DECKHANDS_BASE_URL", "https://a.example")
        }),
        ("model of the user", |f| {
            f.project("model.id = 'xai/grok'")
                .flag(Key::Model, "--model", "openai/b")
        }),
        ("trusted project", |f| {
            f.project("model.id = 'xai/grok'").trusting("project")
        }),
        ("no project", |f| f.user("model.id = 'xai/grok'")),
        ("project file without model", |f| {
            f.project("deadlines.work = 20")
        }),
    ];
    for (name, make) in allowed {
        let fixture = make(Fixture::new().env("DECKHANDS_API_KEY", CANARY));
        assert_eq!(check(&fixture).as_deref(), Ok(CANARY), "{name}");
    }
    // A key that belongs to the provider by its name, or that the project itself brings, goes.
    let own: [Make; 2] = [
        |f| f.env("XAI_API_KEY", "a"),
        |f| f.dotenv("DECKHANDS_API_KEY=a"),
    ];
    for make in own {
        let fixture = make(Fixture::new().project("model.id = 'xai/grok'"));
        assert_eq!(check(&fixture).as_deref(), Ok("a"));
    }
}

#[test]
fn a_key_file_that_others_can_read_is_noted() {
    for (mode, noted) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true)] {
        let fixture = Fixture::new()
            .file("key", CANARY)
            .user("model.api_key_file = '../key'");
        let path = fixture.path("key");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let settings = fixture.settings();
        assert!(settings.require_key().is_ok());
        let found = settings.notes.iter().any(|note| note.contains("chmod 600"));
        assert_eq!(found, noted, "{mode:o}");
    }
}

#[test]
fn a_key_that_the_environment_displaces_is_noted() {
    let fixture = Fixture::new().dotenv("DECKHANDS_API_KEY=b");
    let noted = |fixture: &Fixture| {
        let notes = fixture.settings().notes;
        notes.iter().any(|note| {
            note.contains("`DECKHANDS_API_KEY`") && note.contains("`OPENROUTER_API_KEY` is set")
        })
    };
    assert!(!noted(&fixture));
    assert!(noted(&fixture.env("OPENROUTER_API_KEY", "a")));
}

/// Which of them counts, for the model's own provider and for another one of an engine's tasks.
#[test]
fn keys_by_provider_follow_the_rule_of_the_models_own_key() {
    let rows: [(Make, Option<&str>); 4] = [
        (|f| f, None),
        (
            |f| f.dotenv("OPENROUTER_API_KEY=b\nXAI_API_KEY=b"),
            Some("b"),
        ),
        (
            |f| f.env("OPENROUTER_API_KEY", "a").env("XAI_API_KEY", "a"),
            Some("a"),
        ),
        (
            |f| {
                f.env("OPENROUTER_API_KEY", "a")
                    .env("XAI_API_KEY", "a")
                    .dotenv("OPENROUTER_API_KEY=b\nXAI_API_KEY=b")
            },
            Some("a"),
        ),
    ];
    for (make, expected) in rows {
        let keys = make(Fixture::new()).settings().keys_by_provider();
        for provider in ["openrouter", "xai"] {
            let key = keys.get(provider).map(ApiKey::expose);
            assert_eq!(key, expected, "{provider}");
        }
    }
}
