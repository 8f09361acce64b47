//! An attempt outlives its process: another one goes on with it, with the same containers.

mod keys;
mod out_of_reach;
mod pausing;
mod refused;
mod settled;
mod socket;
mod sweeping;

use std::fs;
use std::path::PathBuf;

use deckhands_model::{Cause, RunReport, TaskState};
use deckhands_orchestration::{
    AttemptEnd, AttemptOrder, AttemptResult, DaemonInfo, NoKey, NotAdoptable, PromoteGate, Silent,
};
use deckhands_runtime::test_util::Script;
use deckhands_runtime::{Containers, Disowned};
use tokio_util::sync::CancellationToken;

use crate::support::{Agent, World, millis, secs};

/// At work after 9.2 s, and writes a file a second later.
fn working() -> Agent {
    Agent::new().wakes().writes("half.txt", "half\n")
}

/// Done after 61.2 s.
fn slow() -> Script {
    working()
        .after(secs(50))
        .writes("new.txt", "x\n")
        .finishes("done")
}

/// A machine in whose time this app plays beside a sandbox that stays.
fn machine(app: Script) -> World {
    World::managed()
        .in_time()
        .agent(app)
        .sandbox(Script::new().hang())
}

fn adoptable(world: &World) -> AttemptOrder {
    let mut order = world.order(2);
    order.adoptable = true;
    order
}

/// What a process says that has no key for the attempt's model.
fn without_key(order: &AttemptOrder) -> AttemptOrder {
    let model = order.request.model.clone();
    let provider = model.provider().to_owned();
    AttemptOrder {
        no_key: Some(NoKey { provider, model }),
        ..order.clone()
    }
}

/// Begins the attempt in a process that dies after so long.
async fn dies_after(world: &World, order: &AttemptOrder, millis: u64) {
    let life = std::time::Duration::from_millis(millis);
    let end = tokio::time::timeout(life, world.attempt(order)).await;
    assert!(end.is_err(), "it ended before: {end:?}");
}

async fn adopt(world: &World, order: &AttemptOrder) -> Result<AttemptEnd, NotAdoptable> {
    let (runner, cancel) = (world.runner(), CancellationToken::new());
    // Another process knows nothing of the daemon.
    let order = AttemptOrder {
        daemon: DaemonInfo::default(),
        ..order.clone()
    };
    runner.adopt(&order, &Silent, &cancel).await
}

/// Goes on with the attempt to its end, after which nothing is left.
async fn adopted(world: &World, order: &AttemptOrder) -> AttemptResult {
    let end = adopt(world, order).await.unwrap();
    let AttemptEnd::Ended(result) = end else {
        panic!("{end:?}");
    };
    world.assert_no_problems();
    assert!(world.runtime.live().is_empty(), "{:?}", world.runtime);
    assert_eq!(kept(world, order), result.report);
    for name in ["workspace", "agent-home", "way-out", "adoption"] {
        assert!(!place(world, order).join(name).exists(), "{name}");
    }
    *result
}

fn place(world: &World, order: &AttemptOrder) -> PathBuf {
    let dir = world.home.task_dir(order.id.task);
    dir.join(order.id.number.to_string())
}

fn kept(world: &World, order: &AttemptOrder) -> RunReport {
    serde_json::from_slice(&fs::read(place(world, order).join("result.json")).unwrap()).unwrap()
}

fn ids(world: &World) -> Vec<String> {
    world.runtime.live().into_iter().map(|c| c.id.0).collect()
}

#[tokio::test(start_paused = true)]
async fn one_goes_on_to_the_same_end_in_the_same_containers() {
    let whole = machine(slow());
    let AttemptEnd::Ended(expected) = whole.attempt(&adoptable(&whole)).await else {
        panic!();
    };
    let world = machine(slow());
    let order = adoptable(&world);
    // Three processes; nobody looks for 10 s between them.
    dies_after(&world, &order, 20_000).await;
    let made = ids(&world);
    assert_eq!(made.len(), 2);
    tokio::time::sleep(secs(10)).await;
    let second = tokio::time::timeout(secs(10), adopt(&world, &order)).await;
    assert!(second.is_err(), "{second:?}");
    assert_eq!(ids(&world), made);
    tokio::time::sleep(secs(10)).await;
    let result = adopted(&world, &order).await;
    assert_eq!(
        world.runtime.created_specs().len(),
        2,
        "nothing was made anew"
    );

    assert_eq!(result.report.state, TaskState::Completed);
    assert!(result.report.applied, "{:?}", result.report);
    for name in ["half.txt", "new.txt"] {
        assert!(world.workspace().join(name).exists(), "{name}");
    }
    assert_eq!(result.attempt.number, 2);
    assert_eq!(result.attempt.events, expected.attempt.events);
    assert_eq!(result.usage, expected.usage);
    assert_eq!(result.attempt.started_at, expected.attempt.started_at);
    assert_eq!(result.report.images, expected.report.images);
    assert_eq!(result.report.versions, expected.report.versions);
    // Nobody looked for 20 s, and up to 5 s more went by since the last note of each process.
    let total = expected.work.as_secs_f64() + expected.wait.as_secs_f64();
    let measured = result.work.as_secs_f64() + result.wait.as_secs_f64();
    assert!((total - measured).abs() < 1.0, "{total} {measured}");
    let wait = result.wait.as_secs_f64();
    assert!((20.0..=30.5).contains(&wait), "{wait}");
    let start = |report: &RunReport| report.timings.start_s;
    assert!((start(&result.report) - start(&expected.report)).abs() < 0.2);
    let total = |report: &RunReport| report.timings.total_s;
    assert!((total(&result.report) - total(&expected.report)).abs() < 1.0);
}

#[tokio::test(start_paused = true)]
async fn the_evidence_holds_everything_once() {
    let world = machine(slow());
    let order = adoptable(&world);
    dies_after(&world, &order, 30_000).await;
    let result = adopted(&world, &order).await;
    let text = |name: &str| fs::read_to_string(place(&world, &order).join(name)).unwrap();
    let events = text("events.jsonl");
    assert_eq!(events.lines().count() as u64, result.attempt.events);
    let output = text("transcript.log");
    for line in [
        "Starting OpenHands...",
        "Runtime is ready",
        "AgentState.FINISHED",
    ] {
        assert_eq!(output.matches(line).count(), 1, "{line}: {output}");
    }
}

/// What becomes of an attempt whose process dies after so many milliseconds, and how many containers
/// there are then. Making each takes a second.
#[tokio::test(start_paused = true)]
async fn at_any_time_it_is_gone_on_with_or_cleared_away() {
    let rows = [
        (500, 0),
        (1500, 1),
        (2500, 2),
        (9000, 2),
        (11_000, 2),
        (60_000, 2),
    ];
    for (after, containers) in rows {
        let world = machine(slow()).daemon(|daemon| {
            let slow = deckhands_runtime::Operation::Create;
            daemon.slow_next(slow, secs(1)).slow_next(slow, secs(1))
        });
        let order = adoptable(&world);
        dies_after(&world, &order, after).await;
        assert_eq!(ids(&world).len(), containers, "{after}");
        if containers == 2 {
            assert!(adopted(&world, &order).await.report.applied, "{after}");
            continue;
        }
        let refused = adopt(&world, &order).await.unwrap_err();
        assert!(
            matches!(refused, NotAdoptable::NotBegun),
            "{after}: {refused:?}"
        );
        let runner = world.runner();
        runner.discard(order.id, secs(30)).await.unwrap();
        assert!(world.runtime.live().is_empty(), "{after}");
        assert_eq!(kept(&world, &order).state, TaskState::Cancelled);
        let again = adopt(&world, &order).await.unwrap_err();
        assert!(
            matches!(again, NotAdoptable::Ended { result: None }),
            "{again:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_app_that_ended_while_nobody_looked_is_done() {
    let world = machine(slow());
    let order = adoptable(&world);
    dies_after(&world, &order, 20_000).await;
    tokio::time::sleep(secs(3600)).await;
    let started = tokio::time::Instant::now();
    let result = adopted(&world, &order).await;
    assert!(result.report.applied && started.elapsed() < secs(10));
}

#[tokio::test(start_paused = true)]
async fn what_went_wrong_while_nobody_looked_is_told() {
    let rows = [
        (Script::new().exit(secs(25), 0), slow(), Cause::SandboxLost),
        (
            Script::new().hang(),
            working().after(secs(20)).exits(1),
            Cause::AgentCrashed,
        ),
        (
            Script::new().hang(),
            working().after(secs(20)).runs_out_of_memory(),
            Cause::OutOfMemory,
        ),
        // Both are gone, as after a restart of the daemon: how the app ended says more.
        (
            Script::new().exit(secs(25), 137),
            working().after(secs(20)).exits(137),
            Cause::AppLost,
        ),
    ];
    for (sandbox, app, cause) in rows {
        let world = World::managed().in_time().agent(app).sandbox(sandbox);
        let order = adoptable(&world);
        dies_after(&world, &order, 20_000).await;
        tokio::time::sleep(secs(20)).await;
        let result = adopted(&world, &order).await;
        assert_eq!(result.cause, Some(cause), "{:?}", result.report.error);
        assert!(!world.workspace().join("half.txt").exists());
    }
}

#[tokio::test(start_paused = true)]
async fn deadlines_go_on() {
    let world = machine(working().hangs()).asking(|request| {
        request.deadlines.work = secs(40);
    });
    let order = adoptable(&world);
    // At work for 20 s, of which up to 5 s are not noted.
    dies_after(&world, &order, 29_200).await;
    tokio::time::sleep(secs(300)).await;
    let started = tokio::time::Instant::now();
    let result = adopted(&world, &order).await;
    assert_eq!(result.cause, Some(Cause::WorkTimeout));
    let took = started.elapsed();
    assert!(took > secs(19) && took < secs(27), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn it_can_be_cancelled() {
    for after in [0, 5] {
        let world = machine(slow());
        let order = adoptable(&world);
        dies_after(&world, &order, 20_000).await;
        let (runner, cancel) = (world.runner(), CancellationToken::new());
        let (end, ()) = tokio::join!(runner.adopt(&order, &Silent, &cancel), async {
            tokio::time::sleep(secs(after)).await;
            cancel.cancel();
        });
        let AttemptEnd::Ended(result) = end.unwrap() else {
            panic!();
        };
        assert_eq!(result.report.state, TaskState::Cancelled);
        assert!(world.runtime.live().is_empty());
        assert!(!world.workspace().join("half.txt").exists());
    }
}

struct Refuses;

#[async_trait::async_trait]
impl PromoteGate for Refuses {
    async fn may_promote(&self) -> Result<(), Disowned> {
        Err(Disowned::new("adopted by another worker"))
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_goes_on_with_it_is_asked_before_it_is_believed() {
    let world = machine(slow());
    let mut order = adoptable(&world);
    dies_after(&world, &order, 20_000).await;
    order.promote_gate = Some(std::sync::Arc::new(Refuses));
    let end = adopt(&world, &order).await.unwrap();
    assert!(matches!(end, AttemptEnd::Disowned(_)), "{end:?}");
    assert!(!world.workspace().join("new.txt").exists());
    assert!(world.runtime.live().is_empty());
}

/// The change is what differs from the workspace at the begin, not at the adoption.
#[tokio::test(start_paused = true)]
async fn the_user_s_own_changes_meanwhile_are_a_conflict() {
    let app = working()
        .runs("rm", |root| fs::remove_file(root.join("main.py")).unwrap())
        .after(secs(50))
        .finishes("done");
    let world = machine(app);
    let order = adoptable(&world);
    dies_after(&world, &order, 20_000).await;
    fs::write(world.workspace().join("main.py"), "mine\n").unwrap();
    let result = adopted(&world, &order).await;
    assert_eq!(result.report.conflict, ["main.py"]);
    assert!(!result.report.applied);
    let text = fs::read_to_string(world.workspace().join("main.py")).unwrap();
    assert_eq!(text, "mine\n");
}

/// One process more looks at the sandbox's end than at the app's.
#[tokio::test(start_paused = true)]
async fn a_sandbox_that_somebody_removes_later_is_lost() {
    let world = machine(working().hangs());
    let order = adoptable(&world);
    dies_after(&world, &order, 20_000).await;
    let daemon = world.runtime.clone();
    let intruder = async {
        tokio::time::sleep(millis(3300)).await;
        let live = daemon.live().into_iter();
        let mut sandboxes = live.filter(|c| c.name.0.ends_with("-sandbox"));
        daemon.remove(&sandboxes.next().unwrap().id).await.unwrap();
    };
    let (result, ()) = tokio::join!(adopted(&world, &order), intruder);
    assert_eq!(result.cause, Some(Cause::SandboxLost));
}
