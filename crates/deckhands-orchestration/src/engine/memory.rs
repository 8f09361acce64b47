//! What the engine remembers of a task between its attempts. The store keeps it as a document.

use deckhands_resilience::recovery::RecoveryState;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Attempts that may be lost with our own processes or the daemon before that counts as the task's
/// failure.
pub const FREE_RERUNS: u32 = 5;

/// What is remembered. The default is a task that was never attempted.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskMemory {
    /// Where it stands on its ladders.
    pub ladder: RecoveryState,
    /// Attempts that were lost with a process of ours or the daemon, not through their own doing.
    pub reruns: u32,
    /// The model of the next attempt, where it is not the task's own.
    pub model: Option<String>,
    /// Models that were given up for this task.
    pub avoid: Vec<String>,
}

impl TaskMemory {
    /// Reads the store's document. One that cannot be read starts anew, its budget included.
    #[must_use]
    pub fn of(document: &Value) -> Self {
        serde_json::from_value(document.clone()).unwrap_or_default()
    }

    /// The store's document.
    #[must_use]
    pub fn document(&self) -> Value {
        serde_json::to_value(self).unwrap_or(Value::Null)
    }

    /// Times the memory that the task asks for.
    #[must_use]
    pub fn memory_factor(&self) -> u32 {
        self.ladder.memory_factor()
    }
}
