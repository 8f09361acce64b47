//! From flags to settings and policy, and what is refused before anything is done.

use clap::Parser;
use deckhands_config::{Sources, load};
use tempfile::TempDir;

use super::*;
use crate::args::{Args, Command};

fn args(words: &str) -> TaskArgs {
    let line = ["deckhands", "run", "text"]
        .into_iter()
        .chain(words.split_whitespace());
    match Args::try_parse_from(line).unwrap().command {
        Command::Run(run) => run.task,
        other => panic!("{other:?}"),
    }
}

/// The settings that a command line makes where nothing else sets any.
fn settings(args: &TaskArgs, dir: &TempDir) -> Settings {
    let sources = Sources {
        cwd: dir.path().to_owned(),
        state_dir: Some(dir.path().join("state")),
        flags: flags(args),
        ..Sources::default()
    };
    load(&sources).unwrap()
}

#[test]
fn every_flag_sets_its_key_and_is_told_as_its_origin() {
    let rows = [
        (
            "--model gemini-flash",
            "--model",
            "openrouter/google/gemini-2.0-flash-exp:free",
        ),
        ("--timeout 90s", "--timeout", "90s"),
        ("--timeout 1m30s", "--timeout", "90s"),
        ("--max-iterations 7", "--max-iterations", "7"),
        ("--memory 512m", "--memory", "512m"),
        ("--cpus 0.5", "--cpus", "0.5"),
        ("--profile socket", "--profile", "socket"),
        ("--network open", "--network", "open"),
        ("--include-ignored", "--include-ignored", "true"),
    ];
    let dir = TempDir::new().unwrap();
    for (line, flag, value) in rows {
        let told = settings(&args(line), &dir).explain();
        let set: Vec<_> = told
            .iter()
            .filter(|row| row.origin.contains(flag))
            .collect();
        let [row] = set[..] else {
            panic!("{line}: {told:?}")
        };
        assert_eq!(row.value, value, "{line}");
    }
    assert!(
        settings(&args(""), &dir)
            .explain()
            .iter()
            .all(|row| !row.origin.contains("--"))
    );
}

#[test]
fn checks_and_workspace_are_taken_as_given() {
    let dir = TempDir::new().unwrap();
    std::fs::create_dir(dir.path().join("project")).unwrap();
    let settings = settings(&args("--check make --check true --workspace project"), &dir);
    assert_eq!(settings.checks.value, ["make", "true"]);
    assert_eq!(
        settings.workspace.value,
        dir.path().join("project").canonicalize().unwrap()
    );
}

#[test]
fn the_policy_follows_the_flags() {
    let dir = TempDir::new().unwrap();
    let policy = |line: &str| {
        let args = args(line);
        policy(&args, &settings(&args, &dir))
    };
    assert_eq!(policy(""), Policy::default());
    let rows = [
        (
            "--allow-no-change",
            Policy {
                allow_no_change: true,
                ..Policy::default()
            },
        ),
        (
            "--include-ignored",
            Policy {
                include_ignored: true,
                ..Policy::default()
            },
        ),
        (
            "--no-apply",
            Policy {
                apply: false,
                ..Policy::default()
            },
        ),
        (
            "--keep",
            Policy {
                keep: true,
                ..Policy::default()
            },
        ),
        (
            "--yes",
            Policy {
                any_size: true,
                ..Policy::default()
            },
        ),
    ];
    for (line, expected) in rows {
        assert_eq!(policy(line), expected, "{line}");
    }
}

#[test]
fn bounds_that_cannot_be_held_are_refused() {
    let error = refuse_unenforceable(&args("--max-disk 5g"), Profile::Socket);
    let error = error.unwrap_err().0;
    assert_eq!(error.code, 2);
    assert!(error.message.contains("--max-disk"), "{}", error.message);
    let held = [
        ("--timeout 5s --memory 1g", Profile::Socket),
        ("--max-disk 5g", Profile::Managed),
        ("--max-cost 5", Profile::Managed),
        ("--max-cost 5", Profile::Socket),
    ];
    for (line, profile) in held {
        assert!(refuse_unenforceable(&args(line), profile).is_ok(), "{line}");
    }
}

#[test]
fn delicate_workspaces_need_the_user_s_word() {
    let dir = TempDir::new().unwrap();
    let guard = |line: &str| {
        let args = args(line);
        guard_workspace(&args, &settings(&args, &dir))
    };
    let error = guard("--workspace /").unwrap_err().0;
    assert!(error.hint.is_some_and(|hint| hint.contains("--yes")));
    assert!(guard("--workspace / --yes").is_ok());
    let error = guard("--workspace nonexistent").unwrap_err().0;
    assert!(
        error.message.ends_with("is not a directory"),
        "{}",
        error.message
    );
    assert!(guard("").is_ok());
}
