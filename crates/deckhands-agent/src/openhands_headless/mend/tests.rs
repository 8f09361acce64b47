//! What Python writes and JSON does not have.

use serde_json::{Value, json};

use super::{from_python, mended};

#[test]
fn halves_and_no_numbers_are_replaced_and_all_else_is_kept() {
    let rows = [
        (r#"{"a": "x\ud83dy"}"#, json!({"a": "x\u{fffd}y"})),
        (r#"{"a": "\ude00"}"#, json!({"a": "\u{fffd}"})),
        (
            r#"{"a": "\ud83d\ud83d\ude00"}"#,
            json!({"a": "\u{fffd}\u{1f600}"}),
        ),
        (
            r#"{"a": "\\ud83d \ud83d"}"#,
            json!({"a": "\\ud83d \u{fffd}"}),
        ),
        (
            r#"{"a": NaN, "b": [-Infinity, Infinity]}"#,
            json!({"a": null, "b": [null, null]}),
        ),
        (
            r#"{"NaN": "Infinity", "x": NaN}"#,
            json!({"NaN": "Infinity", "x": null}),
        ),
    ];
    for (text, expected) in rows {
        assert_eq!(
            from_python::<Value>(text.as_bytes()).ok(),
            Some(expected),
            "{text}"
        );
    }
}

#[test]
fn sound_json_is_not_touched_and_broken_json_stays_broken() {
    for sound in [r#"{"a": "\ud83d\ude00 NaN \" \\"}"#, "[1, -2e3, null]", ""] {
        assert_eq!(mended(sound.as_bytes()), None, "{sound}");
    }
    for broken in [
        r#"{"a": "\ud83d"#,
        r#"{"a": "\u12"#,
        r#"{"a": NaN"#,
        "\\",
        r#""\"#,
        "{NaN: 1}",
    ] {
        assert!(from_python::<Value>(broken.as_bytes()).is_err(), "{broken}");
    }
}
