//! A sweep leaves what somebody may still go on with.

use deckhands_model::TaskState;
use deckhands_orchestration::{Adoptable, AttemptEnd, Ports, SweepOptions, SweepReport, sweep};

use super::{adoptable, adopted, dies_after, ids, kept, machine, slow, working};
use crate::support::{World, secs};

async fn swept(world: &World, adoptable: Adoptable) -> SweepReport {
    let options = SweepOptions {
        all_homes: false,
        dry_run: false,
        deadline: secs(30),
        adoptable,
        now: world.now(),
    };
    let ports = Ports::of(world.runtime.clone());
    sweep(&ports, &world.home, options).await.unwrap()
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
