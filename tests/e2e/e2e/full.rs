//! What takes too long for every change: `kill -9` all over the life of a run.

use std::time::Duration;

use tokio::time::Instant;

use crate::reap;

/// Ten of these lead from before the first container to well into the agent's work.
const STEP: Duration = Duration::from_millis(1700);

#[test]
fn killed_at_ten_times_between_start_and_work() {
    for number in 1..=10 {
        let until = Instant::now() + STEP * number;
        reap::check(|_| Instant::now() >= until);
    }
}
