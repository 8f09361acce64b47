//! Words of tasks, and which states are final.

use super::*;

#[test]
fn four_states_are_final() {
    let rows = [
        (TaskState::Pending, "pending", false),
        (TaskState::Queued, "queued", false),
        (TaskState::Running, "running", false),
        (TaskState::Completed, "completed", true),
        (TaskState::Failed, "failed", true),
        (TaskState::Cancelled, "cancelled", true),
        (TaskState::Degraded, "degraded", true),
    ];
    for (state, word, terminal) in rows {
        assert_eq!(state.is_terminal(), terminal, "{word}");
        assert_eq!(
            serde_json::to_string(&state).unwrap(),
            format!("\"{word}\"")
        );
    }
}

#[test]
fn priorities_are_numbered_and_ordered() {
    use Priority::{Critical, High, Low, Normal};
    assert_eq!([Critical, High, Normal, Low].map(|p| p as u8), [0, 1, 2, 3]);
    assert!(Critical < High && High < Normal && Normal < Low);
    assert_eq!(Priority::default(), Normal);
    assert_eq!(Complexity::default(), Complexity::Moderate);
}

#[test]
fn words_in_json() {
    let rows = [
        (
            serde_json::to_string(&Category::UnitTest).unwrap(),
            "\"unit_test\"",
        ),
        (
            serde_json::to_string(&Category::CodeGeneration).unwrap(),
            "\"code_generation\"",
        ),
        (
            serde_json::to_string(&Category::BuildScript).unwrap(),
            "\"build_script\"",
        ),
        (
            serde_json::to_string(&Priority::Critical).unwrap(),
            "\"critical\"",
        ),
        (
            serde_json::to_string(&Complexity::Complex).unwrap(),
            "\"complex\"",
        ),
    ];
    for (json, word) in rows {
        assert_eq!(json, word);
    }
}
