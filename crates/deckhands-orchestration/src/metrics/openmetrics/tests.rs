//! The text against the grammar of OpenMetrics 1.0.0, and against the figures it is made from.

use std::collections::{BTreeMap, BTreeSet};

use deckhands_model::{Cause, TaskState};
use deckhands_store::TaskRecord;

use super::*;
use crate::metrics::Tally;
use crate::metrics::tests::{attempt, failed, task};

/// What a strict reader makes of a text: each sample by name and labels.
pub(super) type Read = BTreeMap<(String, Vec<(String, String)>), f64>;

/// The figures of three tasks, with a model's name that needs every escape.
fn sample() -> Metrics {
    let mut tally = Tally::default();
    tally.add(
        &task(1, TaskState::Completed),
        &[failed(Cause::RateLimited), attempt()],
    );
    let odd = TaskRecord {
        model: Some("a\\b\"c\nd".to_owned()),
        category: None,
        ..task(2, TaskState::Failed)
    };
    tally.add(&odd, &[]);
    tally.add(&task(3, TaskState::Queued), &[]);
    tally.metrics()
}

fn is_name(text: &str) -> bool {
    let head = |c: char| c.is_ascii_alphabetic() || c == '_';
    text.starts_with(head) && text.chars().all(|c| head(c) || c.is_ascii_digit())
}

/// Reads `{a="b",c="d"}` and returns the labels and what follows.
fn labels(text: &str) -> (Vec<(String, String)>, &str) {
    let Some(mut rest) = text.strip_prefix('{') else {
        return (Vec::new(), text);
    };
    let mut read = Vec::new();
    loop {
        let (name, after) = rest.split_once("=\"").unwrap();
        assert!(is_name(name), "{name:?}");
        let mut value = String::new();
        let mut chars = after.char_indices();
        let end = loop {
            match chars.next().unwrap() {
                (at, '"') => break at,
                (_, '\\') => value.push(match chars.next().unwrap().1 {
                    'n' => '\n',
                    same @ ('\\' | '"') => same,
                    other => panic!("\\{other} is no escape"),
                }),
                (_, '\n') => panic!("a line end within a value"),
                (_, other) => value.push(other),
            }
        };
        read.push((name.to_owned(), value));
        match &after[end + 1..] {
            more if more.starts_with(',') => rest = &more[1..],
            more => return (read, more.strip_prefix('}').unwrap()),
        }
    }
}

/// Reads the text and panics at whatever the grammar forbids.
pub(super) fn read(text: &str) -> Read {
    let body = text.strip_suffix("# EOF\n").unwrap();
    assert!(body.ends_with('\n') && !body.contains("# EOF"));
    let (mut samples, mut families) = (Read::new(), BTreeSet::new());
    let (mut family, mut seen) = (String::new(), BTreeSet::new());
    let mut endings: &[&str] = &[];
    for line in body.lines() {
        if let Some(meta) = line.strip_prefix("# ") {
            let words: Vec<_> = meta.splitn(3, ' ').collect();
            let [kind, name, value] = words[..] else {
                panic!("{line}")
            };
            if kind == "TYPE" {
                endings = match value {
                    "gauge" => &[""],
                    "counter" => &["_total"],
                    "histogram" => &["_bucket", "_count", "_sum"],
                    other => panic!("{other}"),
                };
                assert!(is_name(name) && families.insert(name.to_owned()), "{name}");
                assert!(
                    !name.ends_with("_total") && !name.ends_with("_info"),
                    "{name}"
                );
                (family, seen) = (name.to_owned(), BTreeSet::new());
            }
            assert_eq!(name, family, "descriptions stand with their family");
            assert!(
                seen.insert(kind.to_owned()) && !seen.contains("sample"),
                "{line}"
            );
            assert!(matches!(kind, "TYPE" | "UNIT" | "HELP"), "{line}");
            assert!(
                kind != "UNIT" || name.ends_with(&format!("_{value}")),
                "{line}"
            );
            continue;
        }
        seen.insert("sample".to_owned());
        let rest = line.strip_prefix(&family).unwrap();
        let (ending, _) = rest.split_at(rest.find(['{', ' ']).unwrap());
        assert!(endings.contains(&ending), "{line}");
        let (labels, rest) = labels(&rest[ending.len()..]);
        let names: BTreeSet<_> = labels.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), labels.len(), "a label stands once: {line}");
        let value: f64 = rest.strip_prefix(' ').unwrap().parse().unwrap();
        let name = format!("{family}{ending}");
        let fresh = samples.insert((name, labels), value).is_none();
        assert!(value.is_finite() && fresh, "{line}");
    }
    samples
}

pub(super) fn value(read: &Read, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let labels = labels.iter().map(owned).collect();
    read.get(&(name.to_owned(), labels)).copied()
}

#[test]
fn a_strict_reader_gets_the_figures_back() {
    let read = read(&sample().openmetrics());
    let rows: [(&str, &[Label<'_>], f64); 12] = [
        ("deckhands_tasks", &[("state", "completed")], 1.0),
        ("deckhands_tasks", &[("state", "cancelled")], 0.0),
        ("deckhands_tasks_failed", &[("cause", "Stuck")], 1.0),
        ("deckhands_tasks_success_ratio", &[], 0.5),
        ("deckhands_attempts", &[("outcome", "finished")], 1.0),
        (
            "deckhands_attempts_failed",
            &[("cause", "RateLimited")],
            1.0,
        ),
        ("deckhands_attempts_work_seconds", &[], 0.2),
        ("deckhands_attempts_wait_seconds", &[], 0.4),
        (
            "deckhands_attempts_tokens",
            &[("direction", "input")],
            1000.0,
        ),
        ("deckhands_attempts_cost_unknown", &[], 1.0),
        (
            "deckhands_model_tasks",
            &[("model", "a\\b\"c\nd"), ("state", "failed")],
            1.0,
        ),
        (
            "deckhands_category_tasks",
            &[("category", "unit_test"), ("state", "queued")],
            1.0,
        ),
    ];
    for (name, labels, expected) in rows {
        assert_eq!(
            value(&read, name, labels),
            Some(expected),
            "{name} {labels:?}"
        );
    }
}

#[test]
fn money_is_told_by_level_and_a_cap_where_there_is_one() {
    let capped = MoneyFigures {
        spent_usd: 0.5,
        open_usd: 0.25,
        uncertain_usd: 0.0,
        cap_usd: Some(2.0),
    };
    let open = MoneyFigures {
        cap_usd: None,
        ..capped
    };
    let metrics = Metrics {
        money: [("day", capped), ("task", open)].into(),
        ..sample()
    };
    let read = read(&metrics.openmetrics());
    let of = |what: &str, level| {
        let name = format!("deckhands_money_{what}_dollars");
        value(&read, &name, &[("level", level)])
    };
    assert_eq!(of("spent", "day"), Some(0.5));
    assert_eq!(of("open", "task"), Some(0.25));
    assert_eq!(of("uncertain", "task"), Some(0.0));
    assert_eq!((of("cap", "day"), of("cap", "task")), (Some(2.0), None));
}

#[test]
fn what_is_unknown_has_no_sample() {
    let mut tally = Tally::default();
    tally.add(&task(1, TaskState::Failed), &[failed(Cause::BadKey)]);
    let read = read(&tally.metrics().openmetrics());
    let names: BTreeSet<_> = read.keys().map(|(name, _)| name.as_str()).collect();
    assert!(
        !names.contains("deckhands_attempts_cost_dollars"),
        "{names:?}"
    );
    assert!(!names.contains("deckhands_attempts_tokens"), "{names:?}");
    assert_eq!(
        value(&read, "deckhands_attempts_cost_unknown", &[]),
        Some(1.0)
    );
}

#[test]
fn no_tasks_are_a_text_too() {
    let read = read(&Tally::default().metrics().openmetrics());
    assert_eq!(
        value(&read, "deckhands_tasks", &[("state", "queued")]),
        Some(0.0)
    );
}
