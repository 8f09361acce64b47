//! What becomes of a task after each kind of end.

use deckhands_model::{ErrorReport, TaskId};

use super::*;
use crate::runner;

const OWN: &str = "openai/first";
const OTHER: &str = "openai/second";

fn facts() -> Facts {
    Facts {
        now: Timestamp::UNIX_EPOCH,
        number: 2,
        started: Timestamp::UNIX_EPOCH,
        random: 0.5,
        model: Some(OWN.to_owned()),
        other_model: None,
        cancel_asked: false,
    }
}

fn ended(state: TaskState, cause: Option<Cause>) -> AttemptResult {
    let task = TaskId::from_random([7; 16]);
    let mut report = runner::died(task.to_string(), None);
    report.state = state;
    report.error = cause.map(|cause| ErrorReport {
        code: 1,
        error_type: Some(cause.error_type()),
        cause: Some(cause),
        message: "it failed".to_owned(),
        causes: Vec::new(),
        hint: None,
    });
    AttemptResult {
        report,
        reset_at: None,
        retry_after: None,
    }
}

fn after(cause: Cause, facts: &Facts) -> Decided {
    let result = ended(TaskState::Failed, Some(cause));
    step(&TaskMemory::default(), &result, &Policies::default(), facts)
}

/// An attempt that vanished after so much work.
fn lost_after(work: Duration, memory: &TaskMemory, facts: &Facts) -> Decided {
    lost(memory, "gone", work, &Policies::default(), facts)
}

#[test]
fn an_end_that_is_no_failure_is_the_tasks_end() {
    for state in [TaskState::Completed, TaskState::Degraded] {
        let result = ended(state, None);
        let decided = step(
            &TaskMemory::default(),
            &result,
            &Policies::default(),
            &facts(),
        );
        assert_eq!(decided.step, Step::End(state));
        assert_eq!(decided.memory, TaskMemory::default());
    }
}

#[test]
fn a_failure_without_a_cause_is_final() {
    // A conflict: the work is there and kept, and the same again would conflict again.
    let result = ended(TaskState::Failed, None);
    let decided = step(
        &TaskMemory::default(),
        &result,
        &Policies::default(),
        &facts(),
    );
    assert_eq!(decided.step, Step::End(TaskState::Failed));
}

#[test]
fn a_document_of_an_unended_attempt_is_never_a_success() {
    let result = ended(TaskState::Running, None);
    let decided = step(
        &TaskMemory::default(),
        &result,
        &Policies::default(),
        &facts(),
    );
    assert_eq!(decided.step, Step::End(TaskState::Failed));
}

#[test]
fn a_bad_key_ends_the_task_at_once_and_says_each_rung() {
    let decided = after(Cause::BadKey, &facts());
    assert_eq!(decided.step, Step::End(TaskState::Failed));
    let kinds: Vec<&str> = decided
        .events
        .iter()
        .map(|(kind, _)| kind.as_str())
        .collect();
    assert!(kinds.contains(&"recovery_step"), "{kinds:?}");
    assert_eq!(kinds.last(), Some(&"gave_up"));
}

#[test]
fn a_lost_provider_is_tried_again_until_the_budget_ends() {
    let mut memory = TaskMemory::default();
    let result = ended(TaskState::Failed, Some(Cause::ProviderUnreachable));
    let mut attempts = 0;
    loop {
        let decided = step(&memory, &result, &Policies::default(), &facts());
        attempts += 1;
        memory = decided.memory;
        match decided.step {
            Step::Again { .. } => assert!(attempts < 10, "it never ends"),
            Step::End(state) => {
                assert_eq!(state, TaskState::Failed);
                break;
            }
        }
    }
    assert_eq!(
        attempts, 4,
        "the default budget: the first attempt and three more"
    );
    assert_eq!(memory.ladder.spent.attempts, 4);
}

#[test]
fn an_agent_that_is_stuck_goes_on_with_another_model_once() {
    let facts = Facts {
        other_model: Some(OTHER.to_owned()),
        ..facts()
    };
    let decided = after(Cause::Stuck, &facts);
    assert!(matches!(decided.step, Step::Again { .. }), "{decided:?}");
    assert_eq!(decided.memory.model.as_deref(), Some(OTHER));
    assert_eq!(decided.memory.avoid, [OWN.to_owned()]);
    let result = ended(TaskState::Failed, Some(Cause::Stuck));
    let again = step(&decided.memory, &result, &Policies::default(), &facts);
    assert_eq!(again.step, Step::End(TaskState::Failed));
}

#[test]
fn memory_stays_raised_in_every_later_attempt() {
    let bigger = after(Cause::OutOfMemory, &facts());
    assert_eq!(bigger.memory.memory_factor(), 2);
    let lost = ended(TaskState::Failed, Some(Cause::ProviderUnreachable));
    let later = step(&bigger.memory, &lost, &Policies::default(), &facts());
    assert!(matches!(later.step, Step::Again { .. }));
    assert_eq!(later.memory.memory_factor(), 2);
}

#[test]
fn a_named_reset_is_waited_for() {
    let reset = Timestamp::UNIX_EPOCH + Duration::from_secs(7200);
    let result = AttemptResult {
        reset_at: Some(reset),
        ..ended(TaskState::Failed, Some(Cause::QuotaUntilReset))
    };
    let decided = step(
        &TaskMemory::default(),
        &result,
        &Policies::default(),
        &facts(),
    );
    let Step::Again { at, .. } = decided.step else {
        panic!("not waiting: {decided:?}");
    };
    assert!(at >= reset, "{at} is before {reset}");
}

#[test]
fn a_task_whose_cancel_was_asked_for_is_not_tried_again() {
    let facts = Facts {
        cancel_asked: true,
        ..facts()
    };
    let decided = after(Cause::ProviderUnreachable, &facts);
    assert_eq!(decided.step, Step::End(TaskState::Cancelled));
    let decided = lost_after(Duration::ZERO, &TaskMemory::default(), &facts);
    assert_eq!(decided.step, Step::End(TaskState::Cancelled));
}

#[test]
fn a_success_stays_one_when_its_cancel_came_too_late() {
    let facts = Facts {
        cancel_asked: true,
        ..facts()
    };
    let result = ended(TaskState::Completed, None);
    let decided = step(
        &TaskMemory::default(),
        &result,
        &Policies::default(),
        &facts,
    );
    assert_eq!(decided.step, Step::End(TaskState::Completed));
}

#[test]
fn attempts_lost_with_our_own_process_are_free_but_bounded() {
    let mut memory = TaskMemory::default();
    for _ in 0..FREE_RERUNS {
        let decided = lost_after(Duration::ZERO, &memory, &facts());
        assert!(
            matches!(decided.step, Step::Again { counted: false, .. }),
            "{decided:?}"
        );
        assert_eq!(decided.memory.ladder.spent.attempts, 0);
        memory = decided.memory;
    }
    let decided = lost_after(Duration::ZERO, &memory, &facts());
    assert_eq!(decided.memory.ladder.spent.attempts, 1);
}

#[test]
fn what_is_remembered_survives_the_store() {
    let decided = after(Cause::OutOfMemory, &facts());
    assert_eq!(TaskMemory::of(&decided.memory.document()), decided.memory);
    assert_eq!(TaskMemory::of(&Value::Null), TaskMemory::default());
}

#[test]
fn money_is_rounded_up() {
    assert_eq!(micro_dollars(0.000_000_1), 1);
    assert_eq!(micro_dollars(1.5), 1_500_000);
    assert_eq!(micro_dollars(f64::NAN), 0);
    assert_eq!(micro_dollars(-1.0), 0);
}

#[test]
fn only_one_that_somebody_asked_to_cancel_is_cancelled() {
    let result = ended(TaskState::Cancelled, None);
    for (cancel_asked, expected) in [(true, Some(TaskState::Cancelled)), (false, None)] {
        let facts = Facts {
            cancel_asked,
            ..facts()
        };
        let decided = step(
            &TaskMemory::default(),
            &result,
            &Policies::default(),
            &facts,
        );
        let end = match decided.step {
            Step::End(state) => Some(state),
            Step::Again { counted, .. } => {
                assert!(!counted);
                None
            }
        };
        assert_eq!(end, expected);
    }
}

#[test]
fn a_daemon_out_of_reach_is_not_charged_to_the_task_some_times() {
    let result = ended(TaskState::Failed, Some(Cause::DaemonUnreachable));
    let mut memory = TaskMemory::default();
    for nth in 1..=FREE_RERUNS {
        let decided = step(&memory, &result, &Policies::default(), &facts());
        let Step::Again { counted, at, .. } = decided.step else {
            panic!("{decided:?}");
        };
        assert!(!counted);
        let wait = at.duration_since(facts().now);
        assert_eq!(wait.as_secs(), i64::from(5 * nth), "longer each time");
        assert_eq!(decided.memory.reruns, nth);
        assert_eq!(decided.memory.ladder.spent.attempts, 0);
        assert_eq!(decided.events[0].0, "attempt_lost");
        memory = decided.memory;
    }
    let decided = step(&memory, &result, &Policies::default(), &facts());
    assert_eq!(decided.memory.ladder.spent.attempts, 1);
    assert_eq!(decided.memory.reruns, FREE_RERUNS);
}

/// The document of an attempt whose agent worked for so long.
fn worked(state: TaskState, cause: Option<Cause>, number: u32, seconds: f64) -> AttemptResult {
    let mut result = ended(state, cause);
    result.report.attempts = vec![AttemptReport {
        work_time_s: seconds,
        events: 3,
        ..AttemptReport::blank(number)
    }];
    result
}

#[test]
fn what_an_agent_used_is_booked_even_where_the_daemon_is_to_blame() {
    let cause = Some(Cause::DaemonUnreachable);
    let result = worked(TaskState::Failed, cause, facts().number, 90.0);
    let memory = TaskMemory::default();
    let decided = step(&memory, &result, &Policies::default(), &facts());
    let spent = &decided.memory.ladder.spent;
    assert_eq!((spent.attempts, spent.work), (1, Duration::from_secs(90)));
    assert_eq!(decided.memory.reruns, 0);
    let again = |step: &Step| matches!(step, Step::Again { counted: true, .. });
    assert!(again(&decided.step), "{decided:?}");
}

#[test]
fn the_work_of_an_earlier_attempt_is_not_booked_twice() {
    let earlier = facts().number - 1;
    let cause = Some(Cause::ProviderUnreachable);
    let result = worked(TaskState::Failed, cause, earlier, 90.0);
    let memory = TaskMemory::default();
    let decided = step(&memory, &result, &Policies::default(), &facts());
    assert_eq!(decided.memory.ladder.spent.work, Duration::ZERO);
}

/// The process that cancelled it on a second signal may die before the store knows.
#[test]
fn an_attempt_that_was_cancelled_at_work_is_not_made_again() {
    let result = worked(TaskState::Cancelled, None, facts().number, 5.0);
    let memory = TaskMemory::default();
    let decided = step(&memory, &result, &Policies::default(), &facts());
    assert_eq!(decided.step, Step::End(TaskState::Cancelled));
}

#[test]
fn the_work_of_an_attempt_that_was_lost_counts_until_it_is_enough() {
    let hour = Duration::from_secs(3600);
    let once = lost_after(3 * hour, &TaskMemory::default(), &facts());
    let spent = &once.memory.ladder.spent;
    assert_eq!((spent.attempts, spent.work), (0, 3 * hour));
    assert!(matches!(once.step, Step::Again { counted: false, .. }));
    // Four hours are the default.
    let twice = lost_after(hour, &once.memory, &facts());
    assert_eq!(twice.step, Step::End(TaskState::Failed));
    let (kind, data) = twice.events.last().expect("a reason");
    assert_eq!(
        (kind.as_str(), &data["reason"]),
        ("gave_up", &json!("work_time"))
    );
}
