//! The words and JSON forms of an attempt's end.

use serde_json::json;

use super::*;

#[test]
fn words_and_json() {
    let rows = [
        (
            Outcome::Finished {
                answer: "done".to_owned(),
            },
            "finished",
            json!({"outcome": "finished", "answer": "done"}),
        ),
        (
            Outcome::Failed(Failure::new(Cause::BadKey, "401")),
            "failed",
            json!({"outcome": "failed", "cause": "BadKey", "message": "401"}),
        ),
        (
            Outcome::Cancelled,
            "cancelled",
            json!({"outcome": "cancelled"}),
        ),
    ];
    for (outcome, word, document) in rows {
        assert_eq!(outcome.word(), word);
        assert_eq!(outcome.failure().is_some(), word == "failed");
        assert_eq!(serde_json::to_value(&outcome).unwrap(), document);
        assert_eq!(
            serde_json::from_value::<Outcome>(document).unwrap(),
            outcome
        );
    }
}
