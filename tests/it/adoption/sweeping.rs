//! A sweep leaves what somebody may still go on with.

use deckhands_model::TaskState;
use deckhands_orchestration::{
    Adoptable, AttemptEnd, AttemptOrder, Ports, SweepOptions, SweepReport, sweep_beside,
};
use deckhands_store::{
    Claim, Intake as _, LeaseTerm, MemoryStore, NewTask, Progress, Queries, QueueBounds, Waiting,
    Work as _, WorkerId,
};

use super::{adoptable, adopted, dies_after, ids, kept, machine, slow, working};
use crate::support::{World, secs};

async fn swept(world: &World, adoptable: Adoptable) -> SweepReport {
    swept_beside(world, None, adoptable).await
}

async fn swept_beside(
    world: &World,
    record: Option<&dyn Queries>,
    adoptable: Adoptable,
) -> SweepReport {
    let options = SweepOptions {
        all_homes: false,
        dry_run: false,
        deadline: secs(30),
        adoptable,
        now: world.now(),
    };
    let ports = Ports::of(world.runtime.clone());
    let swept = sweep_beside(&ports, &world.home, record, options);
    swept.await.unwrap()
}

/// Only what is adoptable was found.
fn left(containers: usize, report: &SweepReport) -> bool {
    let expected = SweepReport {
        adoptable: report.adoptable.clone(),
        ..SweepReport::default()
    };
    *report == expected && report.adoptable.len() == containers
}

#[tokio::test(start_paused = true)]
async fn a_dead_one_stays_for_ten_minutes() {
    let world = machine(working().hangs());
    let order = adoptable(&world);
    dies_after(&world, &order, 20_000).await;
    for after in [0, 300, 294] {
        tokio::time::sleep(secs(after)).await;
        let report = swept(&world, Adoptable::Leave).await;
        assert!(left(2, &report), "after {after} s more: {report:?}");
    }
    tokio::time::sleep(secs(7)).await;
    let report = swept(&world, Adoptable::Leave).await;
    assert_eq!((report.removed.len(), report.cancelled.len()), (2, 1));
    assert!(report.adoptable.is_empty(), "{report:?}");
    assert!(world.runtime.live().is_empty());
    assert_eq!(kept(&world, &order).state, TaskState::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn it_goes_at_once_where_that_is_asked_for() {
    let world = machine(slow());
    let order = adoptable(&world);
    dies_after(&world, &order, 20_000).await;
    let report = swept(&world, Adoptable::Take).await;
    assert_eq!((report.removed.len(), report.cancelled.len()), (2, 1));
    assert!(world.runtime.live().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_paused_one_stays_until_it_is_asked_for() {
    let world = machine(slow());
    let order = adoptable(&world);
    let (end, ()) = tokio::join!(world.attempt(&order), async {
        tokio::time::sleep(secs(20)).await;
        order.pause.cancel();
    });
    assert_eq!(end, AttemptEnd::Paused);
    tokio::time::sleep(secs(86_400)).await;
    assert!(left(2, &swept(&world, Adoptable::Leave).await));
    let report = swept(&world, Adoptable::Take).await;
    assert_eq!((report.removed.len(), report.cancelled.len()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_run_beside_it_leaves_it_alone() {
    let world = machine(slow());
    let order = adoptable(&world);
    dies_after(&world, &order, 20_000).await;
    let made = ids(&world);
    let world = world
        .agent(working().finishes("done"))
        .sandbox(deckhands_runtime::test_util::Script::new().hang());
    let ran = world.run().await;
    assert_eq!(ran.end(), (TaskState::Completed, None));
    assert_eq!(ids(&world), made);
    assert!(adopted(&world, &order).await.attempt.events > 0);
}

/// Its containers are announced one by one, but nothing of it has run yet.
#[tokio::test(start_paused = true)]
async fn one_whose_agent_never_ran_goes_like_any_other() {
    let world = machine(slow())
        .daemon(|daemon| daemon.slow_next(deckhands_runtime::Operation::Start, secs(60)));
    let order = adoptable(&world);
    let mut early = order.clone();
    early.adoptable = false;
    dies_after(&world, &early, 5_000).await;
    let report = swept(&world, Adoptable::Leave).await;
    assert_eq!((report.removed.len(), report.cancelled.len()), (1, 1));
}

/// A record in which the first attempt at the task of the world is leased since now.
async fn recorded(world: &World) -> (MemoryStore, Claim, AttemptOrder) {
    let mut order = world.order(1);
    order.adoptable = true;
    let (store, now) = (MemoryStore::default(), world.now());
    let task = NewTask::new(order.id.task, "a task", serde_json::Value::Null);
    let bounds = QueueBounds::default();
    store.submit(&task, bounds, now).await.unwrap();
    let worker = WorkerId::from_random([9; 16]);
    let claim = store.claim(worker, LeaseTerm::default(), now).await;
    let claim = claim.unwrap().unwrap();
    assert_eq!(claim.fence.attempt, order.id);
    (store, claim, order)
}

async fn end(store: &MemoryStore, claim: &Claim, world: &World) {
    let report = deckhands_model::AttemptReport {
        number: 1,
        route: String::new(),
        outcome: "failed".to_owned(),
        cause: None,
        started_at: String::new(),
        work_time_s: 0.0,
        wait_time_s: 0.0,
        usage: deckhands_model::Usage::default(),
        container_exit: None,
        events: 0,
        verdict: None,
        calls: None,
    };
    let over = deckhands_store::AttemptEnd {
        report,
        events: Vec::new(),
    };
    let waiting = Waiting {
        not_before: None,
        recovery: serde_json::Value::Null,
        note: String::new(),
    };
    let written = store.requeue(claim.fence, &over, &waiting, world.now());
    written.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_the_record_calls_live_stays_until_ten_minutes_after_its_lease() {
    // With its agent at work, and before it ever ran.
    for after in [20_000, 500] {
        let world = machine(working().hangs()).daemon(|daemon| match after {
            500 => daemon.slow_next(deckhands_runtime::Operation::Start, secs(60)),
            _ => daemon,
        });
        let (store, _claim, order) = recorded(&world).await;
        dies_after(&world, &order, after).await;
        let made = ids(&world).len();
        assert!(made > 0);
        // The lease ends after 45 s.
        for wait in [0, 300, 320] {
            tokio::time::sleep(secs(wait)).await;
            let report = swept_beside(&world, Some(&store), Adoptable::Leave).await;
            assert!(left(made, &report), "{after} {wait}: {report:?}");
        }
        tokio::time::sleep(secs(60)).await;
        let report = swept_beside(&world, Some(&store), Adoptable::Leave).await;
        assert_eq!((report.removed.len(), report.cancelled.len()), (made, 1));
        assert!(world.runtime.live().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_record_calls_paused_stays() {
    let world = machine(working().hangs());
    let (store, claim, order) = recorded(&world).await;
    dies_after(&world, &order, 20_000).await;
    let progress = Progress::default();
    let paused = store.pause(claim.fence, &progress, world.now());
    paused.await.unwrap();
    tokio::time::sleep(secs(86_400)).await;
    let report = swept_beside(&world, Some(&store), Adoptable::Leave).await;
    assert!(left(2, &report), "{report:?}");
    let report = swept_beside(&world, Some(&store), Adoptable::Take).await;
    assert_eq!((report.removed.len(), report.cancelled.len()), (2, 1));
}

/// However fresh what its directory says is: a paused one whose task is over would stay for ever.
#[tokio::test(start_paused = true)]
async fn what_the_record_calls_over_or_does_not_know_goes_at_once() {
    for known in [true, false] {
        let world = machine(slow());
        let (store, claim, order) = recorded(&world).await;
        let (ended, ()) = tokio::join!(world.attempt(&order), async {
            tokio::time::sleep(secs(20)).await;
            order.pause.cancel();
        });
        assert_eq!(ended, AttemptEnd::Paused);
        end(&store, &claim, &world).await;
        let store = if known { store } else { MemoryStore::default() };
        let report = swept_beside(&world, Some(&store), Adoptable::Leave).await;
        assert_eq!((report.removed.len(), report.cancelled.len()), (2, 1));
        assert!(world.runtime.live().is_empty());
    }
}

/// Somebody took it over to go on with it, and failed before anything of it was let go.
#[tokio::test(start_paused = true)]
async fn a_paused_one_stays_although_whoever_leased_it_then_failed() {
    let world = machine(slow());
    let (store, claim, order) = recorded(&world).await;
    let (ended, ()) = tokio::join!(world.attempt(&order), async {
        tokio::time::sleep(secs(20)).await;
        order.pause.cancel();
    });
    assert_eq!(ended, AttemptEnd::Paused);
    let progress = Progress::default();
    let paused = store.pause(claim.fence, &progress, world.now());
    paused.await.unwrap();
    let second = WorkerId::from_random([8; 16]);
    let adopted = store.adopt(order.id, second, LeaseTerm::default(), world.now());
    let adopted = adopted.await.unwrap();
    tokio::time::sleep(secs(86_400)).await;
    let report = swept_beside(&world, Some(&store), Adoptable::Leave).await;
    assert!(left(2, &report), "{report:?}");
    // Once its task has another attempt, nobody goes on with this one.
    end(&store, &adopted, &world).await;
    let report = swept_beside(&world, Some(&store), Adoptable::Leave).await;
    assert_eq!((report.removed.len(), report.cancelled.len()), (2, 1));
}
