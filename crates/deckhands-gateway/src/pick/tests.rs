//! Parts of small texts, and of texts made to be expensive.

use serde_json::json;

use super::*;

fn part(text: &str) -> Part<'_> {
    whole(text.as_bytes()).unwrap()
}

#[test]
fn named_fields_and_first_items_are_found() {
    let text = part(r#" {"a": 1, "b": [ {"c": "x"}, 2 ], "a": null, "\u0064": true} "#);
    let [a, b, d, e] = text.fields(["a", "b", "d", "e"]);
    assert_eq!(a.unwrap().value(), Value::Null, "the last one counts");
    let first = b.unwrap().first().unwrap();
    assert!(first.is_object());
    assert_eq!(first.value(), json!({ "c": "x" }));
    assert_eq!(d.unwrap().value(), json!(true));
    assert!(e.is_none());
    for other in ["1", "null", "\"a\"", "[]", "true", "-1.5"] {
        assert!(part(other).fields(["a"])[0].is_none(), "{other}");
        assert!(part(other).first().is_none(), "{other}");
        assert!(!part(other).is_object(), "{other}");
    }
}

#[test]
fn it_takes_what_a_whole_value_would_take() {
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    let texts = [
        "",
        "{",
        "{}x",
        r#""\ud800""#,
        "1e999",
        r#"{"a":}"#,
        "[1,]",
        r#"{"a":"\u00e4"}"#,
        "12345678901234567890123",
        &deep(100),
        &deep(200),
        &deep(200_000),
    ];
    for text in texts {
        let known = serde_json::from_str::<Value>(text).is_ok();
        let shown = text.get(..20).unwrap_or(text);
        assert_eq!(whole(text.as_bytes()).is_some(), known, "{shown}");
    }
    assert!(whole(b"\"\xff\"").is_none());
}

#[test]
fn a_long_part_is_never_built() {
    let many = format!("[{}0]", r#"{"":0},"#.repeat(100_000));
    let text = format!(r#"{{"error":{many},"choices":{many}}}"#);
    let [error, choices] = part(&text).fields(["error", "choices"]);
    let told = error.unwrap().value();
    assert_eq!(told.as_str().map(str::len), Some(LONGEST_VALUE));
    assert_eq!(choices.unwrap().first().unwrap().value(), json!({ "": 0 }));
}
