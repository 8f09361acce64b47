//! The form of errors on the terminal.

use clap::Parser;

use super::*;
use crate::sample::plain;

fn error(causes: &[&str], hint: Option<&str>) -> ErrorReport {
    ErrorReport {
        causes: causes.iter().map(|cause| (*cause).to_owned()).collect(),
        ..CliError::new(2, "what failed", hint.map(str::to_owned)).0
    }
}

#[test]
fn one_line_the_chain_and_one_hint() {
    let rows = [
        (error(&[], None), "error: what failed\n"),
        (
            error(&[], Some("type this")),
            "error: what failed\nhint: type this\n",
        ),
        (
            error(&["this", "that"], Some("type this")),
            "error: what failed\n  caused by: this\n  caused by: that\nhint: type this\n",
        ),
    ];
    for (error, text) in rows {
        assert_eq!(plain(&error_text(&error)), text);
    }
}

#[test]
fn an_error_returns_its_own_code() {
    let console = Console {
        json: false,
        quiet: true,
        live: false,
    };
    assert_eq!(console.error(&CliError::new(3, "x", None)), 3);
}

#[test]
fn nothing_in_an_error_reaches_the_terminal_as_an_escape() {
    let hostile = "x\u{1b}]52;c;ZXZpbA==\u{7}\nhint: y";
    let error = ErrorReport {
        causes: vec![hostile.to_owned()],
        ..CliError::new(2, hostile, Some(hostile.to_owned())).0
    };
    let safe = "x\n    hint: y";
    let text = format!("error: {safe}\n  caused by: {safe}\nhint: {safe}\n");
    assert_eq!(plain(&error_text(&error)), text);
    assert!(!error_text(&error).contains("\u{1b}]"));
}

#[test]
fn the_log_says_more_with_each_v() {
    let rows = [
        ("-q", "error"),
        ("--color=auto", "error,deckhands=warn"),
        ("-v", "warn,deckhands=info"),
        ("-vv", "info,deckhands=debug"),
        ("-vvv", "trace"),
    ];
    for (flag, filter) in rows {
        let args = crate::args::Args::try_parse_from(["deckhands", "doctor", flag]).unwrap();
        assert_eq!(log_filter(&args.global), filter, "{flag}");
    }
}
