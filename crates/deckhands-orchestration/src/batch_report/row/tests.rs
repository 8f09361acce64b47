//! Texts are bounded, and a row tells why.

use super::super::tests::{completed, failed, item, task};
use super::*;

#[test]
fn texts_are_cut_between_characters() {
    for (text, max, expected) in [
        ("abc", 3, "abc"),
        ("abcd", 3, "abc…"),
        ("aäb", 2, "a…"),
        ("ä", 1, "…"),
        ("", 0, ""),
    ] {
        assert_eq!(bounded(text, max), expected, "{text}");
    }
}

#[test]
fn a_huge_result_makes_a_small_row() {
    let huge = "x".repeat(1 << 20);
    let mut result = failed(Cause::CheckFailed, &huge);
    result.conflict = vec![huge.clone(); 100];
    let row = BatchRow::of(
        &item(1, &huge),
        Some(&task(1, TaskState::Failed)),
        Some(&result),
        &[],
    );
    let bytes = serde_json::to_vec(&row).unwrap().len();
    assert!(bytes < 30 << 10, "{bytes}");
    assert!(row.output.ends_with('…') && row.output.len() < MOST_OUTPUT + 4);
}

#[test]
fn a_row_tells_cause_and_words() {
    let of = |state, result: Option<&RunReport>| {
        BatchRow::of(&item(1, "t"), Some(&task(1, state)), result, &[])
    };
    let stuck = of(TaskState::Failed, None);
    assert_eq!(
        stuck.cause,
        Some(Cause::Stuck),
        "the record's, without a document"
    );
    let told = of(TaskState::Failed, Some(&failed(Cause::BadKey, "no")));
    assert_eq!(
        (told.cause, told.message.as_deref()),
        (Some(Cause::BadKey), Some("no"))
    );
    assert_eq!(told.findings.len(), 1);
    let good = of(TaskState::Completed, Some(&completed()));
    assert_eq!(
        (good.success, good.word(), good.time_s()),
        (true, "completed", Some(8.0))
    );
    let waiting = TaskRecord {
        note: Some("rate limited".to_owned()),
        ..task(1, TaskState::Pending)
    };
    let waiting = BatchRow::of(&item(1, "t"), Some(&waiting), None, &[]);
    assert_eq!(waiting.message.as_deref(), Some("rate limited"));
    assert!(!waiting.is_over());
    assert_eq!(
        BatchRow::of(&item(1, "t"), None, None, &[]).word(),
        "not handed in"
    );
}
