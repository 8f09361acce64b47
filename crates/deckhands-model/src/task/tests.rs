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

/// Each value has one word in JSON, in displays and on the way in.
fn check<T>(all: &[T])
where
    T: std::str::FromStr<Err = UnknownWord> + fmt::Display + fmt::Debug + PartialEq + Serialize,
{
    for value in all {
        let word = value.to_string();
        assert_eq!(word.parse::<T>().as_ref(), Ok(value));
        assert_eq!(serde_json::to_string(value).unwrap(), format!("\"{word}\""));
    }
}

#[test]
fn words_are_the_same_everywhere() {
    check(&TaskState::ALL);
    check(&Priority::ALL);
    check(&Category::ALL);
    check(&Complexity::ALL);
    assert!(Complexity::ALL.is_sorted() && Priority::ALL.is_sorted());
}

#[test]
fn short_words_of_the_prototype_mean_the_same_categories() {
    for (word, category) in [
        ("unit_test", Category::UnitTest),
        ("refactor", Category::Refactoring),
        ("document", Category::Documentation),
        ("generate", Category::CodeGeneration),
        ("analyze", Category::Analysis),
    ] {
        assert_eq!(word.parse(), Ok(category));
    }
}

#[test]
fn other_words_are_refused_with_the_ones_that_work() {
    let error = "cook".parse::<Category>().unwrap_err().to_string();
    assert_eq!(
        error,
        "`cook` is no category: expected one of unit_test, refactoring (or refactor), documentation \
         (or document), code_generation (or generate), analysis (or analyze), build_script"
    );
    let error = "High".parse::<Priority>().unwrap_err().to_string();
    assert_eq!(
        error,
        "`High` is no priority: expected one of critical, high, normal, low"
    );
    let error = "".parse::<Complexity>().unwrap_err().to_string();
    assert_eq!(
        error,
        "`` is no complexity: expected one of simple, moderate, complex"
    );
}
