//! The words that states and priorities are stored and counted under.

use deckhands_model::{Priority, TaskState};

/// The word of a state, as in JSON.
#[must_use]
pub(crate) const fn state_word(state: TaskState) -> &'static str {
    match state {
        TaskState::Pending => "pending",
        TaskState::Queued => "queued",
        TaskState::Running => "running",
        TaskState::Completed => "completed",
        TaskState::Failed => "failed",
        TaskState::Cancelled => "cancelled",
        TaskState::Degraded => "degraded",
    }
}

/// The word of a priority, as in JSON.
#[must_use]
pub(crate) const fn priority_word(priority: Priority) -> &'static str {
    match priority {
        Priority::Critical => "critical",
        Priority::High => "high",
        Priority::Normal => "normal",
        Priority::Low => "low",
    }
}
