//! An app that starts its own sandbox outlives its process, too.

use deckhands_model::{Cause, ModelId, ModelWay, TaskState};
use deckhands_orchestration::{AttemptEnd, NotAdoptable};
use deckhands_runtime::test_util::Script;
use deckhands_runtime::{Operation, Phase};

use super::{adopt, adoptable, adopted, dies_after, ids, place};
use crate::support::{Agent, Answers, GOOD, Provider, World, secs};

/// Has its sandbox after 4.2 s, is at work after 12.2 s, and done after 63.2 s.
fn slow() -> Script {
    working()
        .after(secs(50))
        .writes("new.txt", "x\n")
        .finishes("done")
}

fn working() -> Agent {
    Agent::new().starts().writes("half.txt", "half\n")
}

fn machine(app: Script) -> World {
    World::new().in_time().agent(app)
}

/// Before it has its sandbox, before it is at work, and at work.
#[tokio::test(start_paused = true)]
async fn it_is_gone_on_with_in_the_same_containers_whenever_its_process_died() {
    for after in [2_000, 6_000, 20_000] {
        let world = machine(slow());
        let order = adoptable(&world);
        dies_after(&world, &order, after).await;
        let made = ids(&world);
        let second = tokio::time::timeout(secs(3), adopt(&world, &order)).await;
        assert!(second.is_err(), "{after}: {second:?}");
        let kept = ids(&world);
        assert!(made.iter().all(|id| kept.contains(id)), "{after}");
        let result = adopted(&world, &order).await;
        assert!(result.report.applied, "{after}: {:?}", result.report);
        assert_eq!(result.report.profile, "socket");
        let apps = world.runtime.created_specs();
        let apps = apps.iter().filter(|spec| spec.name.0.ends_with("-app"));
        assert_eq!(apps.count(), 1, "{after}: nothing was made anew");
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_ended_while_nobody_looked_is_done() {
    let world = machine(slow());
    let order = adoptable(&world);
    dies_after(&world, &order, 30_000).await;
    tokio::time::sleep(secs(3_600)).await;
    let result = adopted(&world, &order).await;
    assert!(result.report.applied, "{:?}", result.report);
}

#[tokio::test(start_paused = true)]
async fn one_whose_app_never_ran_is_made_again() {
    let world = machine(slow()).daemon(|daemon| daemon.slow_next(Operation::Start, secs(60)));
    let order = adoptable(&world);
    let mut life = 1_000;
    while ids(&world).is_empty() {
        dies_after(&world, &order, life).await;
        life += 1_000;
        assert!(life < 5_000);
    }
    let refused = adopt(&world, &order).await.unwrap_err();
    assert!(matches!(refused, NotAdoptable::NotBegun), "{refused:?}");
    world.runner().discard(order.id, secs(30)).await.unwrap();
    assert!(world.runtime.live().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_pause_freezes_what_it_started_and_the_next_process_lets_it_go_on() {
    // Before it has its sandbox, and with it.
    for (after, frozen) in [(3_000, 1), (20_000, 2)] {
        let world = machine(slow());
        let mut order = adoptable(&world);
        let pause = order.pause.clone();
        let (end, ()) = tokio::join!(world.attempt(&order), async {
            tokio::time::sleep(std::time::Duration::from_millis(after)).await;
            pause.cancel();
        });
        assert_eq!(end, AttemptEnd::Paused);
        let phases = |world: &World| -> Vec<Phase> {
            world.runtime.live().into_iter().map(|c| c.phase).collect()
        };
        assert_eq!(phases(&world), vec![Phase::Paused; frozen], "{after}");
        let made = ids(&world);
        tokio::time::sleep(secs(3_600)).await;
        assert_eq!(ids(&world), made);
        order.pause = tokio_util::sync::CancellationToken::new();
        let result = adopted(&world, &order).await;
        assert!(result.report.applied, "{after}: {:?}", result.report);
    }
}

#[tokio::test(start_paused = true)]
async fn how_it_failed_while_nobody_looked_is_told() {
    let world = machine(working().after(secs(20)).exits(1));
    let order = adoptable(&world);
    dies_after(&world, &order, 20_000).await;
    tokio::time::sleep(secs(60)).await;
    let result = adopted(&world, &order).await;
    assert_eq!(result.cause, Some(Cause::AgentCrashed));
    assert_eq!(result.report.state, TaskState::Failed);
}

/// With our relay the way out is opened again for the token that the app has.
#[tokio::test(start_paused = true)]
async fn its_token_opens_the_relay_again() {
    let (answers, provider) = (Answers::default(), Provider::answers(2, 200, GOOD));
    let call = |answers: &Answers| {
        let answers = answers.clone();
        move |spec: &deckhands_runtime::ContainerSpec| answers.call(spec, 1, None)
    };
    let app = working()
        .does(call(&answers))
        .after(secs(30))
        .does(call(&answers))
        .after(secs(20))
        .finishes("done");
    let world = machine(app).asking(|request| {
        request.way = ModelWay::Relay;
        request.model = ModelId::resolve("openai/m").unwrap();
        request.base_url = Some(provider.url());
    });
    let order = adoptable(&world);
    dies_after(&world, &order, 20_000).await;
    assert_eq!(answers.statuses(), [200]);
    let made = std::fs::read_to_string(place(&world, &order).join("adoption/made.json")).unwrap();
    let app = &world.runtime.created_specs()[0];
    let token = app
        .env
        .iter()
        .find(|(name, _)| name == "LLM_API_KEY")
        .unwrap();
    assert!(!made.contains(token.1.expose()), "{made}");
    let result = adopted(&world, &order).await;
    assert!(result.report.applied, "{:?}", result.report);
    assert_eq!(answers.statuses(), [200, 200]);
    assert_eq!(provider.calls().len(), 2);
}
