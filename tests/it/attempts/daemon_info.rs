//! The daemon is asked once who it is, for all attempts that share what it said.

use deckhands_model::Cause;
use deckhands_orchestration::{AttemptEnd, AttemptOrder, DaemonInfo};
use deckhands_runtime::{Operation, RuntimeErrorKind};

use super::shared_files::machine;
use crate::support::World;

async fn cause(world: &World, number: u32, known: &DaemonInfo) -> Option<Cause> {
    let order = AttemptOrder {
        daemon: known.clone(),
        ..world.order(number)
    };
    let AttemptEnd::Ended(result) = world.attempt(&order).await else {
        panic!("attempt {number} was not carried to its end");
    };
    result.cause
}

#[tokio::test(start_paused = true)]
async fn what_it_said_once_is_not_asked_again() {
    let (world, known) = (machine(), DaemonInfo::default());
    assert_eq!(cause(&world, 1, &known).await, None);
    let unreachable = RuntimeErrorKind::Unreachable;
    let world = world.daemon(|daemon| daemon.refuse(Operation::Probe, "", unreachable));
    assert_eq!(cause(&world, 2, &known).await, None);
    let refused = cause(&world, 3, &DaemonInfo::default()).await;
    assert_eq!(refused, Some(Cause::DaemonUnreachable));
}
