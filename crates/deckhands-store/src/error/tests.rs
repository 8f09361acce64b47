//! Refusals name what they are about.

use super::*;

#[test]
fn a_task_in_the_wrong_state_is_told_by_that_state_and_its_own_identity() {
    let task = TaskId::from_random([7; 16]);
    let states = [
        (TaskState::Cancelled, "cancelled"),
        (TaskState::Running, "running"),
    ];
    for (state, word) in states {
        let refused = StoreError::WrongState {
            task,
            state,
            wanted: "held",
        };
        let told = format!("task {task} is {word}, so it cannot be held");
        assert_eq!(refused.to_string(), told);
        let hint = format!("`deckhands status {task}` shows where it stands");
        assert_eq!(refused.hint(), hint);
    }
}
