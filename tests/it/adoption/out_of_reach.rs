//! A daemon that stays out of reach ends no attempt that somebody can go on with.

use deckhands_model::Cause;
use deckhands_orchestration::AttemptEnd;
use deckhands_runtime::{Operation, RuntimeErrorKind};

use super::{adoptable, adopted, ids, machine, slow};
use crate::support::{World, secs};

/// The wait for the app's end breaks off, and no look at it succeeds; the daemon carries it on.
fn away(world: World) -> World {
    world.daemon(|daemon| {
        let unreachable = RuntimeErrorKind::Unreachable;
        daemon.refuse(Operation::Wait, "-app", unreachable).refuse(
            Operation::Inspect,
            "-app",
            unreachable,
        )
    })
}

#[tokio::test(start_paused = true)]
async fn it_is_left_as_it_is_and_gone_on_with_later() {
    let world = away(machine(slow()));
    let order = adoptable(&world);
    let end = world.attempt(&order).await;
    assert_eq!(end, AttemptEnd::Left);
    let made = ids(&world);
    assert_eq!(made.len(), 2, "nothing was removed");
    world.runtime.allow_all();
    tokio::time::sleep(secs(5)).await;
    assert_eq!(ids(&world), made);
    assert!(adopted(&world, &order).await.report.applied);
}

#[tokio::test(start_paused = true)]
async fn one_that_nobody_can_go_on_with_ends_by_it() {
    let world = away(machine(slow()));
    let order = world.order(2);
    let AttemptEnd::Ended(result) = world.attempt(&order).await else {
        panic!();
    };
    assert_eq!(result.cause, Some(Cause::DaemonUnreachable));
}
