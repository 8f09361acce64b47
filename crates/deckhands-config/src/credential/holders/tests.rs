//! Which files are known to hold keys, and that the user is told.

use crate::tests::{CANARY, Fixture, Make};

/// The files of the settings, relative to the fixture.
fn check(fixture: &Fixture) -> Vec<String> {
    let top = fixture.path("");
    let files = fixture.settings().key_files;
    let relative = |file: &std::path::PathBuf| {
        let file = crate::files::canonical(file);
        file.strip_prefix(&top).unwrap().display().to_string()
    };
    files.iter().map(relative).collect()
}

/// What is set, and the files with keys.
const ROWS: [(&str, Make, &[&str]); 13] = [
    (
        ".env that counts",
        |f| f.dotenv("OPENROUTER_API_KEY=a"),
        &["project/.env"],
    ),
    (
        ".env that loses to the same variable",
        |f| {
            f.dotenv("OPENROUTER_API_KEY=a")
                .env("OPENROUTER_API_KEY", "a")
        },
        &["project/.env"],
    ),
    (
        ".env with our variable that loses",
        |f| {
            f.dotenv("DECKHANDS_API_KEY=a")
                .env("DECKHANDS_API_KEY", "b")
        },
        &["project/.env"],
    ),
    (
        ".env with another provider's key",
        |f| {
            f.dotenv("X=1\nANTHROPIC_API_KEY=a")
                .env("OPENROUTER_API_KEY", "b")
        },
        &["project/.env"],
    ),
    (
        ".env with a key that cannot be read",
        |f| {
            f.dotenv("OPENROUTER_API_KEY=a b")
                .env("OPENROUTER_API_KEY", "b")
        },
        &["project/.env"],
    ),
    (
        ".env with a variable that the user's file names and the environment sets",
        |f| {
            f.dotenv("WORK_KEY=a")
                .user("model.api_key_env = 'WORK_KEY'")
                .env("WORK_KEY", "b")
        },
        &["project/.env"],
    ),
    (
        ".env without keys",
        |f| f.dotenv("WORK_KEY=a\nOPENROUTER_API_KEY=\nDECKHANDS_MEMORY=2g"),
        &[],
    ),
    (
        "file that counts",
        |f| {
            f.file("key", "a")
                .env("DECKHANDS_API_KEY_FILE", "../../key")
        },
        &["key"],
    ),
    (
        "file of the environment that loses to the key itself",
        |f| {
            f.file("key", "a")
                .env("DECKHANDS_API_KEY_FILE", "../../key")
                .env("DECKHANDS_API_KEY", "b")
        },
        &["key"],
    ),
    (
        "file of the user that loses to another file",
        |f| {
            f.file("one", "a")
                .file("two", "b")
                .user("model.api_key_file = '../one'")
                .env("DECKHANDS_API_KEY_FILE", "../../two")
        },
        &["one", "two"],
    ),
    (
        "file and .env, both lose",
        |f| {
            f.file("key", "a")
                .user("model.api_key_file = '../key'")
                .dotenv("DECKHANDS_API_KEY=b")
                .env("DECKHANDS_API_KEY", "c")
        },
        &["key", "project/.env"],
    ),
    (
        "directory named by mistake",
        |f| {
            f.env("DECKHANDS_API_KEY_FILE", "..")
                .env("DECKHANDS_API_KEY", "a")
        },
        &[],
    ),
    ("variable", |f| f.env("OPENROUTER_API_KEY", "a"), &[]),
];

#[test]
fn a_file_with_a_key_is_known_whichever_key_counts() {
    for (name, make, expected) in ROWS {
        assert_eq!(check(&make(Fixture::new())), expected, "{name}");
    }
}

/// What is set, and the file that the user is told of.
const NOTED: [(&str, Make, Option<&str>); 7] = [
    (
        ".env",
        |f| f.dotenv("OPENROUTER_API_KEY=a"),
        Some("project/.env"),
    ),
    (
        ".env that loses",
        |f| {
            f.dotenv("OPENROUTER_API_KEY=a")
                .env("OPENROUTER_API_KEY", CANARY)
        },
        Some("project/.env"),
    ),
    (
        "file",
        |f| {
            f.file("project/key", "a")
                .env("DECKHANDS_API_KEY_FILE", "../key")
        },
        Some("project/inner/../key"),
    ),
    (
        "file that is not there and loses",
        |f| {
            f.env("DECKHANDS_API_KEY_FILE", "../key")
                .env("DECKHANDS_API_KEY", "a")
        },
        None,
    ),
    (
        "file elsewhere",
        |f| {
            f.file("key", "a")
                .env("DECKHANDS_API_KEY_FILE", "../../key")
        },
        None,
    ),
    (
        ".env above the workspace",
        |f| {
            f.dotenv("OPENROUTER_API_KEY=a")
                .env("DECKHANDS_WORKSPACE", "deeper")
        },
        None,
    ),
    ("variable", |f| f.env("OPENROUTER_API_KEY", "a"), None),
];

#[test]
fn a_file_with_a_key_where_the_agent_works_is_noted() {
    for (name, make, file) in NOTED {
        let fixture = make(Fixture::new().env("DECKHANDS_WORKSPACE", ".."));
        let settings = fixture.settings();
        assert!(settings.require_key().is_ok(), "{name}");
        let mut notes = settings.notes;
        notes.retain(|note| note.contains("in the workspace"));
        let expected = file.map(|file| {
            let file = fixture.path(file);
            format!(
                "`{}` in the workspace holds an API key: it is not handed to the agent",
                file.display()
            )
        });
        assert_eq!(notes, Vec::from_iter(expected), "{name}");
    }
}
