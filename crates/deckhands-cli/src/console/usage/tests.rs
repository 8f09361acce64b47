//! Wrong calls, what is said of them, and what to type next.

use clap::Parser;

use super::super::error_text;
use super::*;
use crate::sample::plain;

fn report(args: &[&str]) -> deckhands_model::ErrorReport {
    let args: Vec<&str> = [&["deckhands"], args].concat();
    let error = Args::try_parse_from(&args).unwrap_err();
    told(&error, args.iter().map(OsString::from)).0
}

#[test]
fn a_wrong_call_is_one_line_and_one_hint_with_the_command_s_help() {
    let rows: [(&[&str], &str, &str); 8] = [
        (
            &["submit"],
            "the following required arguments were not provided: <TEXT>",
            "deckhands submit --help",
        ),
        (
            &["--json", "hold"],
            "the following required arguments were not provided: <ID>...",
            "deckhands hold --help",
        ),
        (
            &["submit", "--nope", "x"],
            "unexpected argument '--nope' found; a similar argument exists: '--no-apply'",
            "deckhands submit --help",
        ),
        (
            &["status", "--color", "x"],
            "invalid value 'x' for '--color <WHEN>' [possible values: auto, always, never]",
            "deckhands status --help",
        ),
        (
            &["submi"],
            "unrecognized subcommand 'submi'; some similar subcommands exist: 'submit-task', 'submit'",
            "deckhands --help",
        ),
        (
            &["config", "trust", "a", "b"],
            "unexpected argument 'b' found",
            "deckhands config trust --help",
        ),
        // By the name that the help has, not by the one that was typed.
        (
            &["run-engine", "--workers"],
            "a value is required for '--workers <N>' but none was supplied",
            "deckhands engine --help",
        ),
        (
            &["config"],
            "no command is named",
            "deckhands config --help",
        ),
    ];
    for (args, message, hint) in rows {
        let report = report(args);
        assert_eq!(report.message, message, "{args:?}");
        assert_eq!(report.hint.as_deref(), Some(hint), "{args:?}");
        assert_eq!((report.code, &*report.causes), (2, &[][..]), "{args:?}");
        let text = format!("error: {message}\nhint: {hint}\n");
        assert_eq!(plain(&error_text(&report)), text);
    }
}
