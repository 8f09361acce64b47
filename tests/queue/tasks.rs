//! Tasks to be handed in.

use std::time::Duration;

use deckhands_model::{Priority, TaskId};
use deckhands_store::{NewTask, QueueBounds};
use jiff::Timestamp;
use serde_json::{Value, json};

/// As many as there are.
pub(crate) const UNBOUNDED: QueueBounds = QueueBounds { max_size: u64::MAX };

/// The `n`-th task, of the size of a usual one: all priorities, half of them of a batch, an eighth not
/// to be started at once.
pub(crate) fn mixed(n: u64) -> NewTask {
    let priorities = [
        Priority::Critical,
        Priority::High,
        Priority::Normal,
        Priority::Low,
    ];
    let urgency = usize::try_from(n % 4).unwrap_or(0);
    NewTask {
        priority: priorities[urgency],
        batch: n.is_multiple_of(2).then(|| "measure".to_owned()),
        not_before: n.is_multiple_of(8).then(|| at(n) + Duration::from_secs(1)),
        ..plain(n, text())
    }
}

/// The `n`-th task of normal priority that may start at once.
pub(crate) fn plain(n: u64, spec: Value) -> NewTask {
    NewTask {
        model: Some("openai/first".to_owned()),
        ..NewTask::new(
            TaskId::from_random(spread(n).to_be_bytes()),
            "write unit tests",
            spec,
        )
    }
}

/// What a task of which nobody reads more holds.
pub(crate) fn text() -> Value {
    json!({ "task": "write unit tests for the parser ".repeat(16) })
}

/// One task a second.
pub(crate) fn at(n: u64) -> Timestamp {
    let since = Duration::from_secs(1_700_000_000 + n);
    Timestamp::try_from(std::time::UNIX_EPOCH + since).unwrap_or_default()
}

/// Bits that are spread like random ones (splitmix64).
fn spread(n: u64) -> u128 {
    let mix = |n: u64| {
        let n = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        n ^ (n >> 31)
    };
    (u128::from(mix(n + 1)) << 64) | u128::from(mix(!n))
}
