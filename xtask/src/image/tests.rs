//! Which arguments reach the recipe, and that the recipe is where it is looked for.

use std::os::unix::fs::PermissionsExt;

use clap::Parser;

use super::*;

#[derive(Parser, Debug)]
struct Line {
    #[command(flatten)]
    args: ImageArgs,
}

fn parsed(words: &[&str]) -> Option<Vec<String>> {
    let line = std::iter::once("image").chain(words.iter().copied());
    let line = Line::try_parse_from(line).ok()?;
    Some(arguments(&line.args))
}

#[test]
fn arguments_reach_the_recipe() {
    let rows: [(&[&str], &[&str]); 6] = [
        (&[], &[]),
        (&["--force"], &["--force"]),
        (&["--status"], &["--status"]),
        (&["--clean"], &["--clean"]),
        (
            &["--force", "--extra-debs", "gcc,make"],
            &["--force", "--extra-debs=gcc,make"],
        ),
        (&["--extra-debs", ""], &["--extra-debs="]),
    ];
    for (given, expected) in rows {
        let expected = expected.iter().map(ToString::to_string).collect();
        assert_eq!(parsed(given), Some(expected), "given {given:?}");
    }
}

#[test]
fn contradicting_arguments_are_refused() {
    for given in [
        ["--status", "--force"],
        ["--status", "--clean"],
        ["--clean", "--force"],
        ["--clean", "--extra-debs=gcc"],
    ] {
        assert_eq!(parsed(&given), None, "given {given:?}");
    }
}

#[test]
fn the_recipe_can_be_run() {
    let file = std::fs::metadata(workspace::root().join(RECIPE)).unwrap();
    assert_eq!(file.permissions().mode() & 0o111, 0o111);
}

#[test]
fn the_recipe_refuses_what_it_does_not_know() {
    let rows = [
        ("--frobnicate", "unknown argument"),
        ("--extra-debs=a b", "is not a list of Debian packages"),
    ];
    for (argument, message) in rows {
        let done = recipe().arg(argument).output().unwrap();
        let stderr = String::from_utf8_lossy(&done.stderr);
        let lines: Vec<_> = stderr.lines().collect();
        assert_eq!(done.status.code(), Some(1), "given {argument}");
        assert_eq!(lines.len(), 2, "given {argument}: {stderr}");
        assert!(
            lines[0].starts_with("error: ") && lines[0].contains(message),
            "{stderr}"
        );
        assert!(lines[1].starts_with("hint: "), "{stderr}");
    }
}
