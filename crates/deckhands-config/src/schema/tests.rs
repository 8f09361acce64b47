//! The template is a real file, and the reference is complete.

use super::*;
use crate::tests::Fixture;

/// The template with every key in force.
fn filled() -> String {
    let uncommented = |line: &str| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') => rest.to_owned(),
        _ => line.to_owned(),
    };
    init_template()
        .lines()
        .map(uncommented)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_template_changes_nothing_as_it_stands() {
    let (with, without) = (Fixture::new().user(&init_template()), Fixture::new());
    let rows = |fixture: &Fixture| -> Vec<_> {
        let rows = fixture.settings().explain().into_iter();
        rows.filter(|row| row.origin != "default")
            .map(|row| row.key)
            .collect()
    };
    assert_eq!(rows(&with), rows(&without));
}

#[test]
fn every_key_of_the_template_is_one_with_a_good_value() {
    let settings = Fixture::new().user(&filled()).settings();
    let from_file = settings
        .explain()
        .into_iter()
        .filter(|row| row.origin.starts_with("file "));
    let keys: Vec<_> = from_file.map(|row| row.key).collect();
    let expected: Vec<_> = schema()
        .into_iter()
        .filter(|doc| doc.in_file)
        .map(|d| d.key)
        .collect();
    assert_eq!(keys, expected);
}

#[test]
fn every_documented_key_is_real_and_explained() {
    for doc in schema() {
        let key = Key::all().find(|entry| entry.name == doc.key).unwrap().key;
        assert_eq!(
            Key::in_file(doc.key),
            doc.in_file.then_some(key),
            "{}",
            doc.key
        );
        assert!(
            doc.in_file || !doc.variables.is_empty(),
            "{} can be set",
            doc.key
        );
        assert!(
            doc.effect.ends_with('.') && !doc.effect.starts_with(' '),
            "{}",
            doc.key
        );
        assert!(
            !doc.accepts.is_empty() && !doc.default.is_empty(),
            "{}",
            doc.key
        );
        for variable in doc.variables {
            assert_eq!(
                Key::of_variable(variable).map(|(key, _)| key),
                Some(key),
                "{variable}"
            );
        }
    }
}

#[test]
fn the_reference_has_a_row_for_each_setting() {
    let text = schema_markdown();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), schema().len() + 2);
    for line in lines.iter().filter(|line| !line.starts_with("|---")) {
        assert_eq!(line.matches('|').count(), 7, "{line}");
    }
    let expected = "| `deadlines.work` | a time from 10s to 3600s: `90s`, `5m` or a number of seconds | 300s | Time the agent may work, waits left out. | `DECKHANDS_TIMEOUT` `OPENHANDS_TIMEOUT` | yes |";
    assert!(lines.contains(&expected), "{text}");
}
