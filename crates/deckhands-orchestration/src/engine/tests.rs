//! The engine over the store in memory and scripted attempts, on the paused clock.

mod fixture;

use std::time::Duration;

use deckhands_model::{Cause, TaskState, Usage};
use deckhands_store::{AttemptState, Cancelled, Intake, Progress};
use tokio::time::sleep;

use fixture::{Act, World, drained, settings};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_submitted_task_is_carried_out_to_its_result() {
    let world = World::default();
    let task = world.submit(&[Act::Succeed(SECOND)]).await;
    let report = world.run(drained()).await;
    assert_eq!(
        report,
        EngineReport {
            attempts: 1,
            left: 0
        }
    );
    assert_eq!(world.state(task).await, TaskState::Completed);
    let result = world.result(task).await;
    assert_eq!(result.attempts.len(), 1);
    assert_eq!(result.state, TaskState::Completed);
    assert!(world.alive().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_is_followed_by_another_and_all_are_told() {
    let world = World::default();
    let acts = [
        Act::Fail(SECOND, Cause::ProviderUnreachable),
        Act::Fail(SECOND, Cause::AgentCrashed),
        Act::Succeed(SECOND),
    ];
    let task = world.submit(&acts).await;
    world.run(drained()).await;
    let result = world.result(task).await;
    assert_eq!(result.state, TaskState::Completed);
    let causes: Vec<_> = result
        .attempts
        .iter()
        .map(|a| (a.number, a.cause))
        .collect();
    let expected = [
        (1, Some(Cause::ProviderUnreachable)),
        (2, Some(Cause::AgentCrashed)),
        (3, None),
    ];
    assert_eq!(causes, expected);
    let kinds = world.event_kinds(task).await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "requeued").count(), 2);
    assert!(kinds.contains(&"recovery_step".to_owned()), "{kinds:?}");
}

#[tokio::test(start_paused = true)]
async fn a_permanent_failure_ends_the_task_at_once() {
    let world = World::default();
    let task = world.submit(&[Act::Fail(SECOND, Cause::BadKey)]).await;
    world.run(drained()).await;
    let result = world.result(task).await;
    assert_eq!(result.state, TaskState::Failed);
    assert_eq!(result.attempts.len(), 1);
    assert_eq!(result.error.and_then(|e| e.cause), Some(Cause::BadKey));
}

#[tokio::test(start_paused = true)]
async fn no_more_attempts_at_once_than_workers_and_a_stuck_one_delays_no_other() {
    let world = World::default();
    let stuck = world.submit(&[Act::Hang]).await;
    let mut others = Vec::new();
    for _ in 0..10 {
        others.push(world.submit(&[Act::Succeed(SECOND)]).await);
    }
    let engine = world.spawn(EngineSettings {
        workers: 3,
        ..settings()
    });
    sleep(60 * SECOND).await;
    for task in others {
        assert_eq!(world.state(task).await, TaskState::Completed);
    }
    assert_eq!(world.state(stuck).await, TaskState::Running);
    assert_eq!(world.most_at_once(), 3);
    engine.crash().await;
}

#[tokio::test(start_paused = true)]
async fn a_live_attempt_of_a_dead_engine_is_taken_over_under_its_number() {
    let world = World::default();
    let task = world.submit(&[Act::Succeed(60 * SECOND)]).await;
    let engine = world.spawn(settings());
    sleep(5 * SECOND).await;
    engine.crash().await;
    let born = world.alive();
    assert_eq!(born.len(), 1, "the container outlives its engine");
    world.run(drained()).await;
    let result = world.result(task).await;
    assert_eq!(result.state, TaskState::Completed);
    assert_eq!(result.attempts.len(), 1);
    assert_eq!(world.births(), 1, "no second container was made");
    assert_eq!(world.attempts(task).await[0].adoptions, 1);
}

/// Whoever clears up looks into each attempt for a moment, at the start of an engine above all.
#[tokio::test(start_paused = true)]
async fn an_attempt_that_is_in_use_for_a_moment_is_taken_over_right_after() {
    let world = World::default();
    let task = world.submit(&[Act::Succeed(20 * SECOND)]).await;
    let engine = world.spawn(EngineSettings {
        grace: Duration::ZERO,
        ..settings()
    });
    sleep(5 * SECOND).await;
    engine.stop().await;
    assert_eq!(world.attempts(task).await[0].state, AttemptState::Paused);
    world.busy(2);
    let started = world.now();
    world.run(drained()).await;
    assert_eq!(world.result(task).await.state, TaskState::Completed);
    assert_eq!(world.attempts(task).await[0].adoptions, 1);
    let took = world.now().duration_since(started).as_secs();
    assert!((15..25).contains(&took), "{took} s for 15 s of work");
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_cannot_be_taken_over_is_removed_and_made_again() {
    let world = World::default();
    let acts = [Act::Vanish(60 * SECOND), Act::Succeed(SECOND)];
    let task = world.submit(&acts).await;
    let engine = world.spawn(settings());
    sleep(5 * SECOND).await;
    engine.crash().await;
    world.run(drained()).await;
    let result = world.result(task).await;
    assert_eq!(result.state, TaskState::Completed);
    let outcomes: Vec<_> = result.attempts.iter().map(|a| a.outcome.as_str()).collect();
    assert_eq!(outcomes, ["lost", "finished"]);
    assert!(world.alive().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_stop_lets_short_work_end_and_pauses_the_rest() {
    let world = World::default();
    let short = world.submit(&[Act::Succeed(10 * SECOND)]).await;
    let long = world.submit(&[Act::Succeed(100 * SECOND)]).await;
    let engine = world.spawn(settings());
    sleep(5 * SECOND).await;
    let report = engine.stop().await;
    assert_eq!(report.left, 0);
    assert_eq!(world.state(short).await, TaskState::Completed);
    assert_eq!(world.state(long).await, TaskState::Running);
    assert_eq!(world.attempts(long).await[0].state, AttemptState::Paused);
    sleep(3600 * SECOND).await;
    world.run(drained()).await;
    let result = world.result(long).await;
    assert_eq!(
        (result.state, result.attempts.len()),
        (TaskState::Completed, 1)
    );
    assert_eq!(world.births(), 2, "the paused container went on");
}

#[tokio::test(start_paused = true)]
async fn a_cancel_ends_waiting_running_and_paused_tasks() {
    let world = World::default();
    let running = world.submit(&[Act::Hang]).await;
    let engine = world.spawn(EngineSettings {
        workers: 1,
        ..settings()
    });
    sleep(5 * SECOND).await;
    let waiting = world.submit(&[Act::Hang]).await;
    let now = world.now();
    assert_eq!(
        world.store.cancel(waiting, now).await.unwrap(),
        Cancelled::Done
    );
    assert_eq!(
        world.store.cancel(running, now).await.unwrap(),
        Cancelled::Requested
    );
    sleep(20 * SECOND).await;
    assert_eq!(world.state(running).await, TaskState::Cancelled);
    assert_eq!(world.state(waiting).await, TaskState::Cancelled);
    let again = world.store.cancel(running, now).await.unwrap();
    assert_eq!(again, Cancelled::Ended(TaskState::Cancelled));

    let paused = world.submit(&[Act::Hang]).await;
    sleep(5 * SECOND).await;
    let _report = engine.stop().await;
    assert_eq!(world.attempts(paused).await[0].state, AttemptState::Paused);
    let asked = world.store.cancel(paused, world.now()).await.unwrap();
    assert_eq!(asked, Cancelled::Requested);
    world.run(drained()).await;
    assert_eq!(world.state(paused).await, TaskState::Cancelled);
    assert!(world.alive().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_running_task_hears_of_its_cancel_long_before_its_next_heartbeat() {
    let world = World::default();
    let cancelled = world.submit(&[Act::Hang]).await;
    let other = world.submit(&[Act::Hang]).await;
    let engine = world.spawn(settings());
    let soon = 2 * settings().poll;
    assert!(soon * 2 < settings().lease.heartbeat);
    sleep(SECOND).await;
    world.store.cancel(cancelled, world.now()).await.unwrap();
    sleep(soon).await;
    assert_eq!(world.state(cancelled).await, TaskState::Cancelled);
    assert_eq!(world.state(other).await, TaskState::Running);
    // An engine that takes no new work hears of it, too.
    engine.signals.stop.cancel();
    sleep(SECOND).await;
    world.store.cancel(other, world.now()).await.unwrap();
    sleep(soon).await;
    assert_eq!(world.state(other).await, TaskState::Cancelled);
    engine.join().await;
}

#[tokio::test(start_paused = true)]
async fn the_second_signal_cancels_what_runs() {
    let world = World::default();
    let task = world.submit(&[Act::Hang]).await;
    let engine = world.spawn(settings());
    sleep(5 * SECOND).await;
    engine.signals.stop.cancel();
    sleep(SECOND).await;
    engine.signals.cancel.cancel();
    let report = engine.join().await;
    assert_eq!(report.left, 0);
    assert_eq!(world.state(task).await, TaskState::Cancelled);
    assert!(world.alive().is_empty());
}

#[tokio::test(start_paused = true)]
async fn two_engines_share_the_work() {
    let world = World::default();
    let mut tasks = Vec::new();
    for _ in 0..40 {
        tasks.push(world.submit(&[Act::Succeed(SECOND)]).await);
    }
    let (first, second) = (world.spawn(drained()), world.spawn(drained()));
    let reports = [first.join().await, second.join().await];
    assert_eq!(reports.iter().map(|r| r.attempts).sum::<u64>(), 40);
    for task in tasks {
        let kinds = world.event_kinds(task).await;
        assert_eq!(kinds.iter().filter(|kind| *kind == "finished").count(), 1);
    }
    assert_eq!(world.births(), 40);
}

#[tokio::test(start_paused = true)]
async fn an_engine_stops_after_its_duration() {
    let world = World::default();
    let started = tokio::time::Instant::now();
    let duration = Some(60 * SECOND);
    world
        .run(EngineSettings {
            duration,
            ..settings()
        })
        .await;
    assert_eq!(started.elapsed(), 60 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_route_that_keeps_failing_is_left_alone_and_holds_nothing_meanwhile() {
    let world = World::default();
    let mut tasks = Vec::new();
    for _ in 0..5 {
        tasks.push(
            world
                .submit(&[
                    Act::Fail(SECOND, Cause::ProviderError),
                    Act::Succeed(SECOND),
                ])
                .await,
        );
    }
    let engine = world.spawn(settings());
    sleep(2 * SECOND).await;
    // Five failures in a row have opened the breaker, so this one is not even begun.
    let late = world.submit(&[Act::Succeed(SECOND)]).await;
    sleep(20 * SECOND).await;
    assert_eq!(world.state(late).await, TaskState::Pending);
    assert_eq!(world.at_work(), 0, "waiting holds nothing");
    world.has_not_begun(late).await;
    let waited = world.now();
    sleep(200 * SECOND).await;
    let record = world.record(late).await;
    assert_eq!(record.state, TaskState::Completed);
    assert!(record.started_at > Some(waited), "{record:?}");
    let result = world.result(late).await;
    let outcomes: Vec<_> = result.attempts.iter().map(|a| a.outcome.as_str()).collect();
    assert_eq!(outcomes, ["finished"]);
    let kinds = world.event_kinds(late).await.join(" ");
    assert_eq!(kinds, "submitted given_back claimed started finished");
    engine.crash().await;
}

#[tokio::test(start_paused = true)]
async fn a_task_that_waits_for_a_route_all_night_has_not_begun() {
    let world = World::default();
    world.lose_the_route();
    let engine = world.spawn(settings());
    sleep(2 * SECOND).await;
    let mut late = Vec::new();
    for _ in 0..20 {
        late.push(world.submit(&[Act::Succeed(SECOND)]).await);
    }
    sleep(8 * 3600 * SECOND).await;
    for task in late {
        world.has_not_begun(task).await;
    }
    let told = world.told();
    assert!(told.len() < 80, "{} lines in a night", told.len());
    let report = engine.stop().await;
    assert!(report.attempts < 15, "{report:?}");
}

/// A look costs two durable writes, so that a long queue is gone through at some leisure; whatever may
/// be begun is reached nevertheless.
#[tokio::test(start_paused = true)]
async fn an_engine_does_not_go_round_and_round_in_a_queue_that_may_not_be_begun() {
    let world = World::default();
    world.lose_the_route();
    let engine = world.spawn(settings());
    sleep(2 * SECOND).await;
    let before = world.told().len();
    for _ in 0..900 {
        world.submit(&[Act::Succeed(SECOND)]).await;
    }
    let other = world
        .submit_for("openai/second", &[Act::Succeed(SECOND)])
        .await;
    sleep(4 * SECOND).await;
    let looked_at = world.told().len() - before;
    assert!((50..=120).contains(&looked_at), "{looked_at} in a moment");
    sleep(60 * SECOND).await;
    assert_eq!(world.state(other).await, TaskState::Completed);
    engine.crash().await;
}

/// Where its engine stopped before anything was made in its name, it is as if it had not been claimed;
/// otherwise its number is used up.
#[tokio::test(start_paused = true)]
async fn a_stop_before_the_agent_ran_gives_the_task_back() {
    for (announced, attempts) in [(false, 0), (true, 1)] {
        let world = World::default();
        let task = world.submit(&[Act::Prepare { announced }]).await;
        let engine = world.spawn(EngineSettings {
            grace: Duration::ZERO,
            ..settings()
        });
        sleep(5 * SECOND).await;
        assert_eq!(world.state(task).await, TaskState::Running);
        let _report = engine.stop().await;
        let record = world.record(task).await;
        assert_eq!(record.state, TaskState::Queued);
        let note = record.note.as_deref();
        assert_eq!(note, Some("its engine stopped before the agent ran"));
        assert_eq!(record.attempts, attempts);
        if !announced {
            world.has_not_begun(task).await;
        }
        sleep(100 * SECOND).await;
        let engine = world.spawn(settings());
        sleep(5 * SECOND).await;
        let last = world.attempts(task).await.pop().unwrap();
        assert_eq!((last.number, last.adoptions), (attempts + 1, 0));
        engine.crash().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_is_taken_over_soon_although_the_clock_was_set_back() {
    let world = World::default();
    world.set_clock(7200);
    let task = world.submit(&[Act::Succeed(300 * SECOND)]).await;
    let engine = world.spawn(settings());
    sleep(5 * SECOND).await;
    engine.crash().await;
    world.set_clock(-3600);
    let engine = world.spawn(settings());
    sleep(44 * SECOND).await;
    assert_eq!(world.attempts(task).await[0].adoptions, 0, "not so soon");
    sleep(16 * SECOND).await;
    assert_eq!(world.attempts(task).await[0].adoptions, 1);
    sleep(300 * SECOND).await;
    assert_eq!(world.state(task).await, TaskState::Completed);
    assert_eq!(world.births(), 1);
    engine.crash().await;
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_back_takes_no_attempt_from_a_worker_that_is_alive() {
    let world = World::default();
    world.set_clock(7200);
    let task = world.submit(&[Act::Succeed(1000 * SECOND)]).await;
    let first = world.spawn(settings());
    sleep(5 * SECOND).await;
    let second = world.spawn(settings());
    for _ in 0..9 {
        sleep(101 * SECOND).await;
        world.set_clock(-600);
        world.set_clock(1);
    }
    sleep(100 * SECOND).await;
    let attempts = world.attempts(task).await;
    assert_eq!((attempts.len(), attempts[0].adoptions), (1, 0));
    assert_eq!(world.state(task).await, TaskState::Completed);
    first.crash().await;
    second.crash().await;
}

/// A model to go on with.
const OTHER: &str = "openai/second";

fn with_another_model() -> EngineSettings {
    EngineSettings {
        fallback_models: vec![OTHER.to_owned()],
        ..settings()
    }
}

#[tokio::test(start_paused = true)]
async fn another_model_takes_over_while_a_route_is_left_alone() {
    let world = World::default();
    let failing = [
        Act::Fail(SECOND, Cause::ProviderError),
        Act::Succeed(SECOND),
    ];
    for _ in 0..5 {
        world.submit(&failing).await;
    }
    let engine = world.spawn(with_another_model());
    sleep(2 * SECOND).await;
    let late = world.submit(&[Act::Succeed(SECOND)]).await;
    sleep(20 * SECOND).await;
    assert_eq!(world.state(late).await, TaskState::Completed);
    assert_eq!(world.attempts(late).await[0].route.as_deref(), Some(OTHER));
    engine.crash().await;
}

/// A cap that cannot be held would end the task for good.
#[tokio::test(start_paused = true)]
async fn a_model_that_a_task_cannot_pay_for_never_takes_over() {
    let world = World::default();
    world.make_dear(OTHER);
    let failing = [
        Act::Fail(SECOND, Cause::ProviderError),
        Act::Succeed(SECOND),
    ];
    let mut tasks = Vec::new();
    for _ in 0..5 {
        tasks.push(world.submit(&failing).await);
    }
    world
        .run(EngineSettings {
            drain: true,
            ..with_another_model()
        })
        .await;
    for task in tasks {
        assert_eq!(world.state(task).await, TaskState::Completed);
        for attempt in world.attempts(task).await {
            assert_ne!(attempt.route.as_deref(), Some(OTHER));
        }
    }
}

/// It is not waited for the end of an attempt whose calls all fail.
#[tokio::test(start_paused = true)]
async fn a_route_whose_calls_fail_is_left_alone_while_its_attempt_is_still_at_work() {
    let world = World::default();
    let refused = Act::Calls(5, Cause::ProviderError, 60 * SECOND);
    let first = world.submit(&[refused]).await;
    let engine = world.spawn(with_another_model());
    sleep(2 * SECOND).await;
    let late = world.submit(&[Act::Succeed(SECOND)]).await;
    sleep(5 * SECOND).await;
    assert_eq!(world.state(first).await, TaskState::Running);
    assert_eq!(world.state(late).await, TaskState::Completed);
    assert_eq!(world.attempts(late).await[0].route.as_deref(), Some(OTHER));
    engine.crash().await;
}

/// A quota is known of from its first refusal on, also where the attempt gets by.
#[tokio::test(start_paused = true)]
async fn a_route_rests_as_long_as_a_refused_call_was_told() {
    let world = World::default();
    let refused = Act::Calls(1, Cause::RateLimited, SECOND);
    let _first = world.submit(&[refused]).await;
    let engine = world.spawn(settings());
    sleep(5 * SECOND).await;
    let late = world.submit(&[Act::Succeed(SECOND)]).await;
    sleep(100 * SECOND).await;
    assert_eq!(world.state(late).await, TaskState::Pending);
    sleep(200 * SECOND).await;
    assert_eq!(world.state(late).await, TaskState::Completed);
    engine.crash().await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_begun_while_the_daemon_is_away_and_nothing_is_charged() {
    let world = World::default();
    world.daemon_is_away(true);
    let mut tasks = Vec::new();
    for _ in 0..20 {
        tasks.push(world.submit(&[Act::Succeed(SECOND)]).await);
    }
    let engine = world.spawn(EngineSettings {
        workers: 4,
        ..drained()
    });
    sleep(600 * SECOND).await;
    let mut begun = 0;
    for task in &tasks {
        begun += world.attempts(*task).await.len();
    }
    assert!(begun <= 4, "{begun} attempts were wasted");
    world.daemon_is_away(false);
    let back = tokio::time::Instant::now();
    let _report = engine.join().await;
    assert!(back.elapsed() < 30 * SECOND, "{:?}", back.elapsed());
    for task in tasks {
        assert_eq!(world.state(task).await, TaskState::Completed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_live_attempt_waits_for_the_daemon_and_goes_on_as_the_same() {
    let world = World::default();
    let task = world.submit(&[Act::Succeed(300 * SECOND)]).await;
    let engine = world.spawn(settings());
    sleep(5 * SECOND).await;
    engine.crash().await;
    world.daemon_is_away(true);
    let engine = world.spawn(drained());
    sleep(200 * SECOND).await;
    world.daemon_is_away(false);
    let _report = engine.join().await;
    let result = world.result(task).await;
    assert_eq!(result.state, TaskState::Completed);
    assert_eq!((result.attempts.len(), world.births()), (1, 1));
}

/// Its slot stays its own: nothing new is begun while it cannot be seen.
#[tokio::test(start_paused = true)]
async fn an_attempt_at_work_outlasts_the_daemons_absence_and_goes_before_new_work() {
    let world = World::default();
    let first = world.submit(&[Act::Succeed(300 * SECOND)]).await;
    let engine = world.spawn(EngineSettings {
        workers: 1,
        ..drained()
    });
    sleep(5 * SECOND).await;
    let next = world.submit(&[Act::Succeed(SECOND)]).await;
    world.daemon_is_away(true);
    sleep(100 * SECOND).await;
    world.daemon_is_away(false);
    sleep(100 * SECOND).await;
    assert_eq!(world.at_work(), 1, "it is watched again");
    assert_eq!(world.state(next).await, TaskState::Queued);
    let _report = engine.join().await;
    let attempts = world.attempts(first).await;
    assert_eq!((attempts.len(), attempts[0].adoptions), (1, 0));
    assert_eq!(world.births(), 2);
    for task in [first, next] {
        assert_eq!(world.state(task).await, TaskState::Completed);
    }
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_stops_while_the_daemon_is_away_leaves_its_attempt_to_the_next() {
    let world = World::default();
    let task = world.submit(&[Act::Succeed(300 * SECOND)]).await;
    let engine = world.spawn(EngineSettings {
        grace: Duration::ZERO,
        ..settings()
    });
    sleep(5 * SECOND).await;
    world.daemon_is_away(true);
    sleep(20 * SECOND).await;
    assert_eq!(engine.stop().await.left, 1);
    world.daemon_is_away(false);
    world.run(drained()).await;
    assert_eq!(world.state(task).await, TaskState::Completed);
    assert_eq!((world.attempts(task).await.len(), world.births()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn an_engine_without_the_key_leaves_a_live_attempt_to_one_that_has_it() {
    let world = World::default();
    let task = world.submit(&[Act::Succeed(600 * SECOND)]).await;
    let engine = world.spawn(settings());
    sleep(5 * SECOND).await;
    engine.crash().await;
    world.key_is_missing(true);
    let keyless = world.run(drained()).await;
    assert_eq!(keyless.attempts, 1, "it is looked into once");
    let keyless = world.spawn(settings());
    sleep(100 * SECOND).await;
    world.key_is_missing(false);
    // It does not come between: one that has the key finds the lease ended.
    let _report = world.run(drained()).await;
    let attempts = world.attempts(task).await;
    assert_eq!((attempts.len(), attempts[0].adoptions), (1, 3));
    assert_eq!(world.state(task).await, TaskState::Completed);
    keyless.crash().await;
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_attempt_is_ended_without_its_key() {
    let world = World::default();
    let task = world.submit(&[Act::Hang]).await;
    let engine = world.spawn(settings());
    sleep(5 * SECOND).await;
    engine.crash().await;
    world.key_is_missing(true);
    let engine = world.spawn(settings());
    sleep(200 * SECOND).await;
    assert_eq!(world.state(task).await, TaskState::Running);
    world.store.cancel(task, world.now()).await.unwrap();
    sleep(60 * SECOND).await;
    assert_eq!(world.state(task).await, TaskState::Cancelled);
    assert_eq!(world.alive(), []);
    engine.crash().await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_attempt_is_told_with_the_work_that_is_known_of() {
    let world = World::default();
    let task = world
        .submit(&[Act::Vanish(60 * SECOND), Act::Succeed(SECOND)])
        .await;
    let engine = world.spawn(settings());
    sleep(5 * SECOND).await;
    let told = Progress {
        phase: "work".to_owned(),
        events: 7,
        work: 4 * SECOND,
        wait: SECOND,
        cost: Some(7),
    };
    world.tell(task, &told).await;
    engine.crash().await;
    world.run(drained()).await;
    let attempts = world.result(task).await.attempts;
    assert_eq!(attempts.len(), 2);
    let lost = &attempts[0];
    assert_eq!((lost.outcome.as_str(), lost.events), ("lost", 7));
    assert_eq!((lost.work_time_s, lost.wait_time_s), (4.0, 1.0));
    assert_eq!(lost.usage, Usage::default(), "nobody knows what it cost");
    assert_eq!(lost.calls.as_ref().map(|calls| calls.count), Some(3));
    assert_eq!(attempts[1].calls, None, "it told none itself");
}

#[tokio::test(start_paused = true)]
async fn what_ended_long_ago_is_removed_with_its_files() {
    let world = World::default();
    let old = world.submit(&[Act::Succeed(SECOND)]).await;
    let engine = world.spawn(EngineSettings {
        keep: 10 * 3600 * SECOND,
        ..settings()
    });
    sleep(6 * 3600 * SECOND).await;
    let newer = world.submit(&[Act::Succeed(SECOND)]).await;
    sleep(3 * 3600 * SECOND).await;
    assert_eq!(world.state(old).await, TaskState::Completed);
    sleep(3 * 3600 * SECOND).await;
    assert!(!world.knows(old).await);
    assert_eq!(world.forgotten(), [old]);
    assert_eq!(world.state(newer).await, TaskState::Completed);
    engine.crash().await;
}

#[tokio::test(start_paused = true)]
async fn a_pause_keeps_how_far_the_attempt_is() {
    let world = World::default();
    let task = world.submit(&[Act::Hang]).await;
    let engine = world.spawn(settings());
    sleep(5 * SECOND).await;
    let told = Progress {
        phase: "work".to_owned(),
        events: 7,
        work: 4 * SECOND,
        wait: SECOND,
        cost: Some(7),
    };
    world.tell(task, &told).await;
    let _report = engine.stop().await;
    let attempt = &world.attempts(task).await[0];
    assert_eq!(attempt.state, AttemptState::Paused);
    let expected = Progress {
        phase: "paused".to_owned(),
        ..told
    };
    assert_eq!(attempt.progress, expected);
}
