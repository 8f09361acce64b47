//! The form of errors on the terminal.

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
