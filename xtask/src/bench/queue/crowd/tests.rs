//! Which summaries of a batch count as a round.

use serde_json::json;

use super::{CONTAINERS, completed};

fn summary(last: &serde_json::Value) -> String {
    let good = json!({ "state": "completed", "begun": 1 });
    let mut tasks = vec![good; CONTAINERS as usize - 1];
    tasks.push(last.clone());
    json!({ "tasks": tasks }).to_string()
}

#[test]
fn every_task_has_to_be_completed_by_its_first_attempt() {
    let rows = [
        (json!({ "state": "completed", "begun": 1 }), true),
        (json!({ "state": "completed", "begun": 2 }), false),
        (json!({ "state": "failed", "begun": 1 }), false),
        (json!({}), false),
    ];
    for (last, good) in rows {
        assert_eq!(completed(&summary(&last)).is_ok(), good, "{last}");
    }
    assert!(completed("{}").is_err());
}
