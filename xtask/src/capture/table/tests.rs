//! The table of the corpus and its folders fit each other, and its words mean something.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::{Row, Situation, parse, read};
use crate::workspace;

/// What the product's table of causes names.
const CAUSES: &str = "crates/deckhands-model/src/cause.rs";

fn corpus() -> PathBuf {
    workspace::root().join("tests/fixtures/captures")
}

fn situations() -> Vec<Situation> {
    read(&corpus()).unwrap()
}

#[test]
fn each_row_has_a_folder_with_a_script_and_each_folder_a_row() {
    let rows: BTreeSet<String> = situations().into_iter().map(|it| it.name).collect();
    let entries = fs::read_dir(corpus()).unwrap().map(Result::unwrap);
    let folders: BTreeSet<String> = entries
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    assert_eq!(rows, folders);
    for name in &rows {
        let script = fs::read_to_string(corpus().join(name).join("script.json")).unwrap();
        let script: serde_json::Value = serde_json::from_str(&script).unwrap();
        assert!(!script["steps"].as_array().unwrap().is_empty(), "{name}");
    }
    assert!(rows.len() >= 25, "{}", rows.len());
}

/// The row of the product's table for a cause: `Self::BadKey => Row(Authentication, …`.
fn type_of_cause(causes: &str, cause: &str) -> Option<String> {
    let row = causes
        .lines()
        .find_map(|line| line.trim().strip_prefix(&format!("Self::{cause} => Row(")))?;
    Some(row.split(',').next()?.to_owned())
}

#[test]
fn causes_are_the_products_and_have_its_types() {
    let causes = fs::read_to_string(workspace::root().join(CAUSES)).unwrap();
    for Situation { name, row } in situations() {
        let Row { expect, .. } = row;
        let failed = expect.outcome == super::Outcome::Failed;
        assert_eq!(failed, expect.cause.is_some(), "{name}");
        assert_eq!(failed, expect.error_type.is_some(), "{name}");
        if let (Some(cause), Some(error_type)) = (expect.cause, expect.error_type) {
            let known = type_of_cause(&causes, &cause);
            assert_eq!(known, Some(format!("{error_type:?}")), "{name}: {cause}");
        }
    }
}

/// Tokens in and out of the answers that a script gives when all of it is played.
fn told(script: &serde_json::Value, native: bool) -> (u64, u64) {
    let steps = script["steps"].as_array().unwrap();
    let answers = steps.iter().filter(|step| step["status"].is_null());
    let tokens = answers.map(|step| {
        let raw: Option<serde_json::Value> = step["raw"]
            .as_str()
            .map(|raw| serde_json::from_str(raw).unwrap());
        let usage = raw.as_ref().map_or(&step["usage"], |raw| &raw["usage"]);
        // Without native calls, one answer has one call.
        let calls = step["tools"].as_array().map_or(1, Vec::len) as u64;
        let times = if native { 1 } else { calls };
        let figure = |key: &str, default: u64| times * usage[key].as_u64().unwrap_or(default);
        (
            figure("prompt_tokens", 700),
            figure("completion_tokens", 50),
        )
    });
    tokens.fold((0, 0), |sum, more| (sum.0 + more.0, sum.1 + more.1))
}

#[test]
fn usage_of_a_good_end_is_what_the_script_tells_and_none_where_nothing_arrives() {
    const NATIVE: [&str; 2] = ["openai/gpt-4o", "openrouter/deepseek/deepseek-chat"];
    for Situation { name, row } in situations() {
        let script = fs::read_to_string(corpus().join(&name).join("script.json")).unwrap();
        let script = serde_json::from_str(&script).unwrap();
        let native = row
            .launch
            .model
            .is_some_and(|model| NATIVE.contains(&model.as_str()));
        let usage = row.expect.usage;
        if row.expect.outcome == super::Outcome::Finished {
            let usage = usage.unwrap();
            let (input, output) = told(&script, native);
            // The agent books nothing for an answer whose call it refuses.
            let refused = u64::from(name == "bad_text_tool_call");
            let booked = (input - refused * 700, output - refused * 50);
            assert_eq!((usage.input, usage.output), booked, "{name}");
            assert_ne!(usage.cost, Some(0.0), "{name}");
        } else if row.expect.requests == 0 {
            assert_eq!(usage, None, "{name}");
        }
    }
}

#[test]
fn an_owner_alone_has_a_reason_and_only_known_words_are_read() {
    for Situation { name, row } in situations() {
        if let Some(act) = &row.act
            && act.ended_by.is_some()
        {
            assert_eq!(act.by, super::Actor::Owner, "{name}");
        }
    }
    let row = |extra: &str| {
        format!(
            "[x]\nabout = 'a'\n{extra}\n[x.expect]\nexit = 0\nstate = 'finished'\n\
             outcome = 'finished'\nrequests = 0\nchanged = []\n"
        )
    };
    assert_eq!(parse(&row("")).unwrap().len(), 1);
    for wrong in [
        "launch = { sockets = 'absent' }",
        "launch = { home = 'gone' }",
        "b = 1",
    ] {
        assert!(parse(&row(wrong)).is_err(), "{wrong}");
    }
}

#[test]
fn rows_keep_the_tables_order() {
    let row = |name: &str| {
        format!(
            "[{name}]\nabout = 'a'\n[{name}.expect]\nexit = 0\nstate = 'none'\n\
             outcome = 'finished'\nrequests = 0\nchanged = []\n"
        )
    };
    let read = parse(&[row("second"), row("first")].concat()).unwrap();
    let names: Vec<String> = read.into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["second", "first"]);
}
