//! What takes minutes.

mod mixed_batch;

use super::taken_over::{At, Leaving, check};

/// Two in a call of the model, two in a command.
const FOUR: [At; 4] = [At::Call, At::Command, At::Call, At::Command];

#[test]
fn four_attempts_of_a_killed_engine_are_gone_on_with_and_do_nothing_twice() {
    check(Leaving::Killed, &FOUR);
}

#[test]
fn four_attempts_of_a_stopped_engine_are_paused_and_gone_on_with() {
    check(Leaving::Stopped, &FOUR);
}
