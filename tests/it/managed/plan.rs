//! What is told and refused before anything is done.

use deckhands_agent::openhands_headless::OpenHandsHeadless;
use deckhands_model::{Cause, ModelId, ModelWay, Network, Profile, TaskState};
use deckhands_orchestration::{Plan, check_provider, plan};
use deckhands_runtime::NetworkMode;

use super::{good, machine};
use crate::support::{KEY, World, tree};

fn planned(world: &World) -> Plan {
    plan(&OpenHandsHeadless, &world.request, world.home.path()).unwrap()
}

#[test]
fn the_plan_has_both_containers_and_no_secret() {
    let rows = [
        (Network::Llm, NetworkMode::None),
        (
            Network::Open,
            NetworkMode::Named("a network of its own".to_owned()),
        ),
    ];
    for (network, mode) in rows {
        let world = World::managed().asking(|request| request.network = network);
        let before = tree(world.root());
        let Plan { launch, sandbox } = planned(&world);
        let (app, sandbox) = (launch.app, sandbox.unwrap());
        assert_eq!(app.network, mode);
        assert!(matches!(sandbox.network, NetworkMode::Container(_)));
        assert_eq!(sandbox.name, launch.sandbox);
        let asked = &world.request.images;
        assert_eq!((&app.image, &sandbox.image), (&asked.app, &asked.sandbox));
        let secret = [
            (&app, "LLM_API_KEY"),
            (&app, "SANDBOX_API_KEY"),
            (&sandbox, "SESSION_API_KEY"),
        ];
        for (spec, name) in secret {
            let (_, value) = spec.env.iter().find(|(key, _)| key == name).unwrap();
            assert_eq!(value.redacted(), "***", "{name}");
            assert!(!value.expose().contains(KEY), "{name}");
        }
        assert!(!format!("{app:?} {sandbox:?}").contains(KEY));
        assert_eq!(tree(world.root()), before, "nothing is made");
        assert!(world.runtime.created_specs().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_makes_what_the_plan_says() {
    let world = machine(good());
    let Plan { launch, sandbox } = planned(&world);
    let ran = world.run().await;
    assert_eq!(ran.end(), (TaskState::Completed, None));
    let made = world.runtime.created_specs();
    let names = |env: &[(String, _)]| env.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
    for (planned, made) in [(launch.app, &made[0]), (sandbox.unwrap(), &made[1])] {
        assert_eq!(planned.entrypoint, made.entrypoint);
        assert_eq!(planned.command.len(), made.command.len());
        assert_eq!(names(&planned.env), names(&made.env));
        let targets = |mounts: &[deckhands_runtime::Mount]| {
            let rows = mounts.iter().map(|m| (m.target.clone(), m.access));
            rows.collect::<Vec<_>>()
        };
        assert_eq!(targets(&planned.mounts), targets(&made.mounts));
        assert_eq!(planned.limits, made.limits);
        assert_eq!(planned.hardening, made.hardening);
    }
}

#[test]
fn profile_socket_has_a_sandbox_that_we_do_not_make() {
    assert_eq!(planned(&World::new()).sandbox, None);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_cannot_be_relayed_is_refused_before_anything_is_done() {
    for model in ["bedrock/claude", "vertex_ai/gemini"] {
        let world = machine(good()).asking(|r| r.model = ModelId::resolve(model).unwrap());
        let error = check_provider(&world.request).unwrap_err().report();
        assert_eq!(
            (error.code, error.cause),
            (2, Some(Cause::BadInput)),
            "{model}"
        );
        assert!(
            error.hint.is_some_and(|h| h.contains("`openrouter/`")),
            "{model}"
        );
        let ran = world.run().await;
        assert_eq!(
            ran.end(),
            (TaskState::Failed, Some(Cause::BadInput)),
            "{model}"
        );
        assert_eq!(ran.report.error.as_ref().map(|e| e.code), Some(2));
        assert!(
            world.attempt_dir(&ran.report).is_none(),
            "nothing was begun"
        );
        assert!(world.runtime.created_specs().is_empty());
        let world = world.asking(|request| {
            request.profile = Profile::Socket;
            request.way = ModelWay::Direct;
        });
        assert_eq!(
            check_provider(&world.request),
            Ok(()),
            "the app calls it itself"
        );
    }
}
