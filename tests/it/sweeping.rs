//! What a dead process left is removed; what lives, and what is not ours, stays.

use std::fs;

use deckhands_model::TaskState;
use deckhands_orchestration::{
    Adoptable, Home, Ports, Silent, SweepOptions, SweepReport, SystemIds, sweep,
};
use deckhands_runtime::test_util::Script;
use deckhands_runtime::{ContainerName, ContainerSpec, Containers, Control, Labels, NetworkSpec};
use tokio_util::sync::CancellationToken;

use crate::support::{Agent, World, secs};

const OPTIONS: SweepOptions = SweepOptions {
    all_homes: false,
    dry_run: false,
    deadline: std::time::Duration::from_secs(30),
    adoptable: Adoptable::Leave,
    now: jiff::Timestamp::UNIX_EPOCH,
};

fn endless() -> Script {
    Agent::new().starts().writes("half", "x").hangs()
}

/// Runs the task and lets the process die in the middle of it.
async fn dies(world: &World) {
    let (runner, cancel) = (world.runner(), CancellationToken::new());
    let run = runner.run(&world.request, &Silent, &cancel);
    assert!(tokio::time::timeout(secs(20), run).await.is_err());
}

async fn swept(world: &World, home: &Home, options: SweepOptions) -> SweepReport {
    sweep(&Ports::of(world.runtime.clone()), home, options)
        .await
        .unwrap()
}

fn live(world: &World) -> Vec<String> {
    world
        .runtime
        .live()
        .into_iter()
        .map(|container| container.name.0)
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_dead_attempt_goes_with_everything_but_its_evidence() {
    let world = World::new().agent(endless());
    dies(&world).await;
    assert_eq!(live(&world).len(), 2, "app and sandbox");
    let report = swept(&world, &world.home, OPTIONS).await;
    assert_eq!(
        (report.removed.len(), report.cancelled.len()),
        (2, 1),
        "{report:?}"
    );
    assert!(
        report.live.is_empty() && report.failed.is_empty(),
        "{report:?}"
    );
    assert!(live(&world).is_empty());
    let dir = std::path::Path::new(&report.cancelled[0]);
    let result: serde_json::Value =
        serde_json::from_slice(&fs::read(dir.join("result.json")).unwrap()).unwrap();
    assert_eq!(result["state"], "cancelled");
    for name in ["workspace", "agent-home", "input"] {
        assert!(!dir.join(name).exists(), "{name}");
    }
    assert!(dir.join("attempt.json").exists());
    assert_eq!(
        swept(&world, &world.home, OPTIONS).await,
        SweepReport::default(),
        "nothing is left to do"
    );
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_tells_the_same_and_does_nothing() {
    let world = World::new().agent(endless());
    dies(&world).await;
    let mut dry = swept(
        &world,
        &world.home,
        SweepOptions {
            dry_run: true,
            ..OPTIONS
        },
    )
    .await;
    assert_eq!(live(&world).len(), 2);
    assert!(
        !std::path::Path::new(&dry.cancelled[0])
            .join("result.json")
            .exists()
    );
    let mut wet = swept(&world, &world.home, OPTIONS).await;
    wet.removed.sort();
    dry.removed.sort();
    assert_eq!(wet, dry);
}

#[tokio::test(start_paused = true)]
async fn the_next_run_sweeps_first() {
    let world = World::new().agent(endless());
    dies(&world).await;
    let dead = live(&world);
    let world = world.agent(Agent::new().starts().writes("a", "x").finishes("done"));
    let ran = world.run().await;
    assert_eq!(ran.end(), (TaskState::Completed, None));
    assert_eq!(live(&world), Vec::<String>::new(), "{dead:?}");
}

#[tokio::test(start_paused = true)]
async fn a_living_attempt_is_left_alone() {
    let agent = Agent::new()
        .starts()
        .writes("a", "x")
        .after(secs(60))
        .finishes("done");
    let world = World::new().agent(agent);
    let sweeper = async {
        tokio::time::sleep(secs(20)).await;
        swept(&world, &world.home, OPTIONS).await
    };
    let (ran, report) = tokio::join!(world.run(), sweeper);
    assert_eq!(
        (
            report.live.len(),
            report.removed.len(),
            report.cancelled.len()
        ),
        (2, 0, 0),
        "{report:?}"
    );
    assert_eq!(ran.end(), (TaskState::Completed, None));
}

#[tokio::test(start_paused = true)]
async fn two_runs_side_by_side_do_not_meet() {
    let agent = |name, answer| {
        Agent::new()
            .starts()
            .writes(name, "x")
            .after(secs(30))
            .finishes(answer)
    };
    let world = World::new()
        .agent(agent("one", "first"))
        .agent(agent("two", "second"));
    let second = async {
        tokio::time::sleep(secs(5)).await;
        let runner = world.runner();
        runner
            .run(&world.request, &Silent, &CancellationToken::new())
            .await
    };
    let runner = world.runner();
    let cancel = CancellationToken::new();
    let (first, second) = tokio::join!(runner.run(&world.request, &Silent, &cancel), second);
    for (report, answer) in [(&first, "first"), (&second, "second")] {
        assert_eq!(
            (report.state, report.output.as_str()),
            (TaskState::Completed, answer)
        );
        assert!(report.applied);
        world.assert_sound(report);
    }
    assert_ne!(first.task_id, second.task_id);
    assert!(world.workspace().join("one").exists() && world.workspace().join("two").exists());
    assert!(live(&world).is_empty());
    world.assert_no_problems();
}

/// A container that carries these labels, made by somebody else.
async fn foreign(world: &World, name: &str, labels: Labels) {
    let spec = ContainerSpec {
        name: ContainerName(name.to_owned()),
        labels,
        mounts: Vec::new(),
        ..template(world).await
    };
    let runtime = world.runtime.clone().once(
        deckhands_runtime::test_util::Match::Name(name.to_owned()),
        Script::new().hang(),
    );
    let id = runtime.create(&spec).await.unwrap();
    runtime.start(&id).await.unwrap();
}

/// The spec of some container of ours, to make others from.
async fn template(world: &World) -> ContainerSpec {
    if world.runtime.created_specs().is_empty() {
        world.run().await;
    }
    world.runtime.created_specs().remove(0)
}

#[tokio::test(start_paused = true)]
async fn what_is_not_ours_is_never_touched() {
    let world = World::new()
        .agent(Agent::new().starts().writes("a", "x").finishes("done"))
        .agent(Agent::new().starts().writes("b", "x").finishes("done"));
    let ours = template(&world).await.labels;
    let other_home = |mut labels: Labels| {
        labels.insert("deckhands.home".to_owned(), "another".to_owned());
        labels
    };
    foreign(&world, "bystander", Labels::new()).await;
    foreign(
        &world,
        "openhands-runtime-somebody",
        Labels::from([("app".to_owned(), "x".to_owned())]),
    )
    .await;
    foreign(&world, "of-another-home", other_home(ours)).await;
    let ran = world.run().await;
    assert_eq!(ran.end(), (TaskState::Completed, None));
    assert_eq!(
        swept(&world, &world.home, OPTIONS).await,
        SweepReport::default()
    );
    let mut names = live(&world);
    names.sort();
    assert_eq!(
        names,
        ["bystander", "of-another-home", "openhands-runtime-somebody"]
    );
}

#[tokio::test(start_paused = true)]
async fn dead_attempts_of_other_homes_go_only_where_asked_for() {
    let world = World::new().agent(endless());
    dies(&world).await;
    let other = Home::open(&world.root().join("other"), &SystemIds).unwrap();
    assert_eq!(swept(&world, &other, OPTIONS).await, SweepReport::default());
    assert_eq!(live(&world).len(), 2);
    let report = swept(
        &world,
        &other,
        SweepOptions {
            all_homes: true,
            ..OPTIONS
        },
    )
    .await;
    assert_eq!(report.removed.len(), 2, "{report:?}");
    assert!(live(&world).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_home_is_not_to_be_seen_is_left_alone_while_it_runs() {
    let world = World::new().agent(endless());
    dies(&world).await;
    let other = Home::open(&world.root().join("other"), &SystemIds).unwrap();
    fs::remove_dir_all(world.home.path()).unwrap();
    let everywhere = SweepOptions {
        all_homes: true,
        ..OPTIONS
    };
    let network = NetworkSpec {
        name: "of-the-run".to_owned(),
        labels: world.runtime.live()[0].labels.clone(),
        internal: false,
        inter_container: false,
    };
    let made = deckhands_runtime::Networks::create(&world.runtime, &network).await;
    made.unwrap();
    let report = swept(&world, &other, everywhere).await;
    assert_eq!(
        (report.removed.len(), report.failed.len()),
        (0, 3),
        "its network stands for the whole attempt: {report:?}"
    );
    assert_eq!(live(&world).len(), 2);
    for container in world.runtime.live() {
        world
            .runtime
            .control(&container.id, Control::Kill)
            .await
            .unwrap();
    }
    let report = swept(&world, &other, everywhere).await;
    assert_eq!(
        (report.removed.len(), report.failed.len()),
        (3, 0),
        "{report:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn files_that_an_ended_attempt_could_not_clear_are_cleared_later() {
    let agent = || Agent::new().starts().writes("a", "x").finishes("done");
    let world = World::new().agent(agent());
    let ran = world.run().await;
    let dir = world.attempt_dir(&ran.report).unwrap();
    let result = fs::read(dir.join("result.json")).unwrap();
    fs::create_dir_all(dir.join("agent-home/sessions")).unwrap();
    let report = swept(&world, &world.home, OPTIONS).await;
    assert_eq!(
        (report.cleared.len(), report.cancelled.len()),
        (1, 0),
        "{report:?}"
    );
    assert!(!dir.join("agent-home").exists());
    assert_eq!(
        fs::read(dir.join("result.json")).unwrap(),
        result,
        "the result stays"
    );

    let world = World::new()
        .asking(|request| request.policy.keep = true)
        .agent(agent());
    let ran = world.run().await;
    let dir = world.attempt_dir(&ran.report).unwrap();
    assert_eq!(
        swept(&world, &world.home, OPTIONS).await,
        SweepReport::default()
    );
    assert!(
        dir.join("workspace/a").exists(),
        "kept because the user said so"
    );
}
