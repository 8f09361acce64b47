//! What a managed run makes, in which order, and what each of its containers is given.

use std::fs;

use deckhands_model::TaskState;
use deckhands_orchestration::Phase;
use deckhands_runtime::{ContainerSpec, MountAccess, NetworkMode, UserSpec};

use super::{good, machine, open_machine, working};
use crate::support::{KEY, Ran, World, contains, secs, tree};

/// Runs it to a good end; gives also the ids and names of the containers that ran together.
async fn completes(world: &World) -> (Ran, Vec<(String, String)>) {
    let daemon = world.runtime.clone();
    let look = async {
        tokio::time::sleep(secs(5)).await;
        let live = daemon.live().into_iter();
        live.map(|container| (container.id.0, container.name.0))
            .collect()
    };
    let (ran, live) = tokio::join!(world.run(), look);
    world.assert_no_problems();
    assert_eq!(ran.end(), (TaskState::Completed, None));
    assert!(ran.report.applied);
    assert!(world.runtime.live().is_empty() && world.runtime.live_networks().is_empty());
    (ran, live)
}

fn variable<'a>(spec: &'a ContainerSpec, name: &str) -> Option<&'a str> {
    let found = spec.env.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value.expose())
}

/// Where a container sees which part of the attempt.
fn mounts(world: &World, ran: &Ran, spec: &ContainerSpec) -> Vec<(String, String, MountAccess)> {
    let dir = world.attempt_dir(&ran.report).unwrap();
    let shown = |mount: &deckhands_runtime::Mount| {
        let source = mount.source.strip_prefix(&dir).unwrap();
        let source = source.display().to_string();
        (source, mount.target.clone(), mount.access)
    };
    spec.mounts.iter().map(shown).collect()
}

#[tokio::test(start_paused = true)]
async fn the_app_comes_first_and_the_sandbox_into_its_namespace() {
    let world = machine(good());
    let (ran, live) = completes(&world).await;
    let specs = world.runtime.created_specs();
    let [app, sandbox] = &specs[..] else {
        panic!("{specs:?}")
    };
    let stem = app.name.0.strip_suffix("-app").unwrap();
    assert_eq!(sandbox.name.0, format!("{stem}-sandbox"));
    let (app_id, _) = live.iter().find(|(_, name)| *name == app.name.0).unwrap();
    match &sandbox.network {
        NetworkMode::Container(other) => assert_eq!(&other.0, app_id),
        other => panic!("{other:?}"),
    }
    assert_eq!(app.network, NetworkMode::None);
    for (spec, role) in [(app, "app"), (sandbox, "sandbox")] {
        let label = |key: &str| spec.labels.get(key).map(String::as_str);
        assert_eq!(label("managed-by"), Some("deckhands"));
        assert_eq!(label("deckhands.task"), Some(ran.report.task_id.as_str()));
        assert_eq!(label("deckhands.attempt"), Some("1"));
        assert_eq!(label("deckhands.home"), Some(world.home.id()));
        assert_eq!(label("deckhands.role"), Some(role));
        let own = UserSpec::Ids {
            uid: rustix::process::getuid().as_raw(),
            gid: rustix::process::getgid().as_raw(),
        };
        assert_eq!(spec.user, own, "{role}");
        assert!(spec.hardening.drop_capabilities && spec.hardening.read_only_root);
    }
    let images = ran.report.images.iter().map(|image| image.digest.as_str());
    let made_from = [app.image.as_str(), sandbox.image.as_str()];
    assert_eq!(images.collect::<Vec<_>>(), made_from);
    assert_eq!(ran.report.profile, "managed");
    assert_eq!(ran.report.egress, "llm");
}

#[tokio::test(start_paused = true)]
async fn the_phases_are_those_of_every_run_and_only_evidence_stays() {
    let world = machine(good());
    let (ran, _) = completes(&world).await;
    let order = [
        Phase::Copy,
        Phase::Images,
        Phase::Start,
        Phase::Work,
        Phase::Cleanup,
        Phase::Collect,
        Phase::Checks,
        Phase::Promote,
    ];
    assert_eq!(ran.phases, order);
    let kept = tree(&world.attempt_dir(&ran.report).unwrap());
    let names: Vec<_> = kept.keys().map(String::as_str).collect();
    let evidence = [
        "attempt.json",
        "calls.jsonl",
        "change.json",
        "change.patch",
        "events.jsonl",
        "lock",
        "model.jsonl",
        "result.json",
        "transcript.log",
        "verdict.json",
    ];
    assert_eq!(names, evidence);
    let result = fs::read_to_string(world.workspace().join("half.txt")).unwrap();
    assert_eq!(result, "half\n");
}

#[tokio::test(start_paused = true)]
async fn each_container_sees_its_own_part_of_the_attempt() {
    let world = machine(good());
    let (ran, _) = completes(&world).await;
    let specs = world.runtime.created_specs();
    let row = |source: &str, target: &str, access| (source.to_owned(), target.to_owned(), access);
    let (read, write) = (MountAccess::ReadOnly, MountAccess::ReadWrite);
    let app = [
        row("launcher/app.py", "/deckhands/launcher/app.py", read),
        row("way-out", "/deckhands/way-out", read),
        row("agent-home", "/.openhands", write),
        row("input", "/deckhands/input", read),
    ];
    assert_eq!(mounts(&world, &ran, &specs[0]), app);
    let sandbox = [
        row("workspace", "/workspace", write),
        row(
            "launcher/sandbox.py",
            "/deckhands/launcher/sandbox.py",
            read,
        ),
    ];
    assert_eq!(mounts(&world, &ran, &specs[1]), sandbox);
    assert_eq!(
        specs[0].entrypoint.as_deref(),
        Some(&["python".to_owned()][..])
    );
    assert_eq!(specs[0].command[0], "/deckhands/launcher/app.py");
}

#[tokio::test(start_paused = true)]
async fn the_launchers_and_the_socket_are_there_while_the_app_runs() {
    let app = working()
        .does(|spec| {
            for mount in &spec.mounts {
                assert!(mount.source.exists(), "{mount:?}");
            }
            let way_out = spec.mounts.iter().find(|m| m.target.ends_with("way-out"));
            assert!(way_out.unwrap().source.join("host.sock").exists());
        })
        .finishes("done");
    completes(&machine(app)).await;
}

#[tokio::test(start_paused = true)]
async fn the_provider_s_key_is_nowhere_and_the_attempt_s_own_are_not_shown() {
    let said = format!("the key is {KEY}");
    let apps = [good(), working().thinks(&said).log(&said).finishes(&said)];
    for app in apps {
        let world = machine(app);
        let (ran, _) = completes(&world).await;
        let specs = world.runtime.created_specs();
        for spec in &specs {
            let exposed = spec
                .env
                .iter()
                .any(|(_, value)| value.expose().contains(KEY));
            assert!(!exposed && !spec.command.concat().contains(KEY), "{spec:?}");
        }
        let own = [
            (0, "LLM_API_KEY"),
            (0, "SANDBOX_API_KEY"),
            (1, "SESSION_API_KEY"),
        ];
        let keys = own.map(|(spec, name)| variable(&specs[spec], name).unwrap());
        let shown = format!("{specs:?} {:?}", ran.report);
        for key in keys {
            assert!(key.len() >= 32, "{key}");
            assert!(!shown.contains(key), "{key}");
            assert!(
                contains(&world.root().join("home"), key).is_empty(),
                "{key}"
            );
        }
        assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
        assert!(!shown.contains(KEY));
        assert!(contains(world.root(), KEY).is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn an_open_one_has_a_network_of_its_own_while_it_runs() {
    let world = open_machine(good());
    let daemon = world.runtime.clone();
    let look = async {
        tokio::time::sleep(secs(5)).await;
        daemon.live_networks()
    };
    let ((ran, _), networks) = tokio::join!(completes(&world), look);
    let [network] = &networks[..] else {
        panic!("{networks:?}")
    };
    assert!(!network.internal && !network.inter_container);
    let task = network.labels.get("deckhands.task");
    assert_eq!(task, Some(&ran.report.task_id));
    let app = &world.runtime.created_specs()[0];
    assert_eq!(app.network, NetworkMode::Named(network.name.clone()));
    let stem = app.name.0.strip_suffix("-app").unwrap();
    assert_eq!(network.name, format!("{stem}-net"));
    assert_eq!(ran.report.egress, "open");
}

#[tokio::test(start_paused = true)]
async fn two_side_by_side_do_not_meet() {
    let world = open_machine(good());
    let second = open_machine(working().after(secs(20)).finishes("done"));
    let (one, other) = tokio::join!(world.run(), second.run());
    for ran in [one, other] {
        assert_eq!(ran.end(), (TaskState::Completed, None));
    }
}
