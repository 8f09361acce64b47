//! Whether the daemon sees our files is looked at until it was seen once, for as long as that is known.

use deckhands_model::Cause;
use deckhands_orchestration::{AttemptEnd, AttemptOrder, SharedFiles};
use deckhands_runtime::test_util::Script;
use deckhands_runtime::{Operation, RuntimeErrorKind};

use crate::support::{Agent, World, secs};

/// A machine for three attempts, of which some may not get so far as to need their agent.
pub(super) fn machine() -> World {
    let agent = || Agent::new().wakes().writes("new.txt", "x").finishes("done");
    let world = World::managed()
        .agent(agent())
        .agent(agent())
        .agent(agent());
    let sandbox = || Script::new().hang();
    let world = world
        .sandbox(sandbox())
        .sandbox(sandbox())
        .sandbox(sandbox());
    world.asking(|request| request.policy.allow_no_change = true)
}

/// From here on no file can be read out of a container.
fn blinded(world: World) -> World {
    world.daemon(|daemon| {
        daemon.refuse(Operation::GetArchive, "-app", RuntimeErrorKind::Unreachable)
    })
}

async fn cause(world: &World, number: u32, known: &SharedFiles) -> Option<Cause> {
    let order = AttemptOrder {
        shared_files: known.clone(),
        ..world.order(number)
    };
    let AttemptEnd::Ended(result) = world.attempt(&order).await else {
        panic!("attempt {number} was not carried to its end");
    };
    result.cause
}

#[tokio::test(start_paused = true)]
async fn what_was_seen_once_is_not_looked_at_again() {
    let (world, known) = (machine(), SharedFiles::default());
    assert_eq!(cause(&world, 1, &known).await, None);
    let world = blinded(world);
    assert_eq!(cause(&world, 2, &known).await, None);
    let unknown = SharedFiles::default();
    let refused = cause(&world, 3, &unknown).await;
    assert_eq!(refused, Some(Cause::DaemonUnreachable));
}

#[tokio::test(start_paused = true)]
async fn a_look_that_failed_is_taken_again() {
    let (world, known) = (blinded(machine()), SharedFiles::default());
    let unreachable = Some(Cause::DaemonUnreachable);
    assert_eq!(cause(&world, 1, &known).await, unreachable);
    assert_eq!(cause(&world, 2, &known).await, unreachable);
    world.runtime.allow_all();
    assert_eq!(cause(&world, 3, &known).await, None);
}

/// The daemon was away: another one may have come in its place.
#[tokio::test(start_paused = true)]
async fn what_was_forgotten_is_looked_at_again() {
    let (world, known) = (machine(), SharedFiles::default());
    assert_eq!(cause(&world, 1, &known).await, None);
    let world = blinded(world);
    known.clone().forget();
    let unreachable = Some(Cause::DaemonUnreachable);
    assert_eq!(cause(&world, 2, &known).await, unreachable);
    world.runtime.allow_all();
    assert_eq!(cause(&world, 3, &known).await, None);
}

/// What one daemon showed while it went away says nothing about the next one.
#[tokio::test(start_paused = true)]
async fn a_look_that_began_before_it_was_forgotten_does_not_count() {
    let (world, known) = (machine(), SharedFiles::default());
    let world = world.daemon(|daemon| daemon.slow_next(Operation::GetArchive, secs(10)));
    let (first, ()) = tokio::join!(cause(&world, 1, &known), async {
        tokio::time::sleep(secs(5)).await;
        known.forget();
    });
    assert_eq!(first, None);
    let world = blinded(world);
    let unreachable = Some(Cause::DaemonUnreachable);
    assert_eq!(cause(&world, 2, &known).await, unreachable);
}
