//! Attempts at stored tasks: who keeps the task is told, asked and given what decides over the next
//! attempt.

mod daemon_info;
mod results;
mod shared_files;

use std::fs;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use deckhands_model::Network;
use deckhands_orchestration::{AttemptEnd, AttemptResult, PromoteGate};
use deckhands_runtime::test_util::Script;
use deckhands_runtime::{ContainerOwner, Disowned, Intent, IntentKind};

use crate::support::{Agent, World, secs};

/// Notes what it is told and asked, and says no from the call with this number on.
#[derive(Clone)]
struct Keeper {
    calls: Arc<Mutex<Vec<String>>>,
    until: usize,
}

impl Keeper {
    fn until(calls: usize) -> Self {
        Self {
            calls: Arc::default(),
            until: calls,
        }
    }

    fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }

    fn answer(&self, call: String) -> Result<(), Disowned> {
        let mut calls = self.calls.lock().unwrap();
        calls.push(call);
        if calls.len() > self.until {
            return Err(Disowned::new("the lease ran out"));
        }
        Ok(())
    }
}

#[async_trait]
impl ContainerOwner for Keeper {
    async fn announce(&self, intent: &Intent) -> Result<(), Disowned> {
        assert_eq!(intent.labels["deckhands.attempt"], "2");
        let role = intent.name.rsplit('-').next().unwrap();
        self.answer(match intent.kind {
            IntentKind::Container => role.to_owned(),
            IntentKind::Network => format!("network {role}"),
        })
    }
}

#[async_trait]
impl PromoteGate for Keeper {
    async fn may_promote(&self) -> Result<(), Disowned> {
        self.answer("promote".to_owned())
    }
}

/// Writes a file and is done after 11.2 s; a check then runs over it.
fn machine() -> World {
    let good = Agent::new().wakes().writes("new.txt", "x").finishes("done");
    World::managed()
        .agent(good)
        .sandbox(Script::new().hang())
        .on("-check0", Script::new().exit(secs(1), 0))
        .asking(|request| {
            request.network = Network::Open;
            request.checks = vec!["true".to_owned()];
        })
}

/// Carries out attempt 2 as long as the keeper agrees.
async fn kept_by(world: &World, keeper: &Keeper) -> AttemptEnd {
    let keeper = Arc::new(keeper.clone());
    let mut order = world.order(2);
    order.owner = Some(keeper.clone());
    order.promote_gate = Some(keeper);
    let end = world.attempt(&order).await;
    assert!(world.runtime.live().is_empty(), "{:?}", world.runtime);
    assert!(world.runtime.live_networks().is_empty());
    end
}

fn ended(end: AttemptEnd) -> AttemptResult {
    match end {
        AttemptEnd::Ended(result) => *result,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn the_keeper_is_told_of_everything_before_and_asked_at_the_end() {
    let (world, keeper) = (machine(), Keeper::until(usize::MAX));
    let result = ended(kept_by(&world, &keeper).await);
    world.assert_no_problems();
    assert!(result.report.applied, "{:?}", result.report);
    assert!(world.workspace().join("new.txt").exists());
    assert_eq!(
        keeper.calls(),
        ["network net", "app", "sandbox", "check0", "promote"]
    );
}

#[tokio::test(start_paused = true)]
async fn whoever_lost_the_attempt_makes_nothing_more_and_promotes_nothing() {
    // Each row: how many calls are answered with yes, and what came into being.
    let rows = [(0, 0), (1, 0), (2, 1), (3, 2), (4, 3)];
    for (until, made) in rows {
        let (world, keeper) = (machine(), Keeper::until(until));
        let AttemptEnd::Disowned(result) = kept_by(&world, &keeper).await else {
            panic!("after {until} calls it is not disowned");
        };
        assert!(!result.report.applied, "{until}");
        assert!(result.report.error.is_some(), "{until}");
        assert!(!world.workspace().join("new.txt").exists(), "{until}");
        assert_eq!(world.runtime.created_specs().len(), made, "{until}");
    }
}

/// In profile `socket` the app makes its sandbox itself: it is announced before the app.
#[tokio::test(start_paused = true)]
async fn a_sandbox_that_the_app_makes_is_announced_too() {
    let agent = Agent::new().starts().writes("a", "x").finishes("done");
    let (world, keeper) = (World::new().agent(agent), Keeper::until(usize::MAX));
    assert!(ended(kept_by(&world, &keeper).await).report.applied);
    let calls = keeper.calls();
    assert_eq!(calls.len(), 3, "{calls:?}");
    assert_eq!(calls[1..], ["app", "promote"], "{calls:?}");
    let specs = world.runtime.created_specs();
    let name = specs[0].command.iter().find(|word| word.ends_with("-2"));
    assert!(name.is_some(), "the session is named after the attempt");
}

/// A pause before the agent runs puts the attempt back as if nothing had been.
#[tokio::test(start_paused = true)]
async fn a_pause_before_the_agent_runs_leaves_nothing() {
    for adoptable in [true, false] {
        let world = machine();
        let mut order = world.order(1);
        order.adoptable = adoptable;
        order.pause.cancel();
        assert_eq!(world.attempt(&order).await, AttemptEnd::NotBegun);
        assert!(world.runtime.created_specs().is_empty());
        let tasks = world.home.attempts_dir().join(order.id.task.to_string());
        assert_eq!(fs::read_dir(tasks).map_or(0, Iterator::count), 0);
        order.pause = tokio_util::sync::CancellationToken::new();
        assert!(ended(world.attempt(&order).await).report.applied);
    }
}
