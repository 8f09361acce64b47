//! Networks, and containers without one.

use std::time::Duration;

use crate::containers::Removal::{AlreadyGone, Removed};
use crate::containers::{Control, Phase};
use crate::error::RuntimeErrorKind::{Conflict, NotFound};
use crate::networks::NetworkSpec;
use crate::spec::{ContainerId, ContainerSpec, NetworkMode};
use crate::test_util::contract::bench::Act;
use crate::test_util::contract::case::{Case, kind};

const LONG: Act = Act::Sleep(Duration::from_secs(300));

/// A container in the network of another one, that does these things.
fn beside(case: &Case<'_>, other: &ContainerId, suffix: &str, acts: &[Act]) -> ContainerSpec {
    let mut spec = case.idle_spec(suffix);
    spec.network = NetworkMode::Container(other.clone());
    case.program(&mut spec, acts);
    spec
}

pub(super) async fn none_means_none(case: &Case<'_>) {
    for (network, code) in [(NetworkMode::None, 1), (NetworkMode::Bridge, 0)] {
        let mut spec = case.idle_spec(&format!("code-{code}"));
        spec.network = network;
        case.program(&mut spec, &[Act::ExitByNetwork]);
        let (_, _, status) = case.run(&spec).await;
        assert_eq!(status.code, code, "{:?}", spec.network);
    }
}

pub(super) async fn created_listed_and_removed(case: &Case<'_>) {
    let spec = case.network_spec("net");
    let made = case.networks().create(&spec).await.expect("create");
    assert_eq!((&made.name, &made.labels), (&spec.name, &spec.labels));
    assert!(made.gateway.is_some(), "{made:?}");
    let found = case.networks().inspect(&spec.name).await.expect("inspect");
    assert_eq!(found, made);
    let listed = case.networks().list(&case.selector()).await.expect("list");
    assert_eq!(
        listed.iter().map(|network| &network.id).collect::<Vec<_>>(),
        [&made.id]
    );
    assert_eq!(case.networks().remove(&spec.name).await.ok(), Some(Removed));
    assert_eq!(kind(case.networks().inspect(&spec.name).await), NotFound);
}

pub(super) async fn taken_name_of_a_network(case: &Case<'_>) {
    let spec = case.network_spec("net");
    case.networks().create(&spec).await.expect("create");
    assert_eq!(kind(case.networks().create(&spec).await), Conflict);
    let listed = case.networks().list(&case.selector()).await.expect("list");
    assert_eq!(listed.len(), 1, "no second one came into being");
}

pub(super) async fn listed_by_labels(case: &Case<'_>) {
    let mark = "deckhands.test.mark";
    let plain = case.network_spec("plain");
    let mut marked = case.network_spec("marked");
    marked.labels.insert(mark.to_owned(), "x".to_owned());
    for spec in [&plain, &marked] {
        case.networks().create(spec).await.expect("create");
    }
    let rows = [
        (case.selector(), vec![&marked.name, &plain.name]),
        (case.selector().and(mark, "x"), vec![&marked.name]),
        (case.selector().and(mark, "y"), vec![]),
    ];
    for (selector, expected) in rows {
        let listed = case.networks().list(&selector).await.expect("list");
        let mut names: Vec<_> = listed.iter().map(|network| &network.name).collect();
        names.sort();
        assert_eq!(names, expected, "{selector:?}");
    }
}

pub(super) async fn what_they_let_through_is_told(case: &Case<'_>) {
    for (internal, inter_container) in [(true, false), (false, true), (false, false)] {
        let spec = NetworkSpec {
            internal,
            inter_container,
            ..case.network_spec(&format!("net-{internal}-{inter_container}"))
        };
        let made = case.networks().create(&spec).await.expect("create");
        let listed = case.networks().list(&case.selector()).await.expect("list");
        let listed = listed.iter().find(|network| network.id == made.id);
        for told in [Some(&made), listed] {
            let told = told.map(|network| (network.internal, network.inter_container));
            assert_eq!(told, Some((internal, inter_container)));
        }
        // Daemons have few addresses to give.
        case.networks().remove(&spec.name).await.expect("remove");
    }
}

pub(super) async fn one_in_use_is_not_removed(case: &Case<'_>) {
    let network = case.network_spec("net");
    let made = case.networks().create(&network).await.expect("create");
    let mut spec = case.idle_spec("a");
    spec.network = NetworkMode::Named(network.name.clone());
    case.program(&mut spec, &[LONG]);
    let id = case.launch(&spec).await;
    for name in [&network.name, &made.id] {
        assert_eq!(kind(case.networks().remove(name).await), Conflict);
    }
    assert_eq!(case.phase(&id).await, Phase::Running, "nothing happened");
    case.containers().remove(&id).await.expect("remove");
    assert_eq!(case.networks().remove(&made.id).await.ok(), Some(Removed));
}

pub(super) async fn shared_with_another_container(case: &Case<'_>) {
    for (network, code) in [(NetworkMode::None, 1), (NetworkMode::Bridge, 0)] {
        let mut spec = case.idle_spec(&format!("a-{code}"));
        spec.network = network;
        case.program(&mut spec, &[LONG]);
        let other = case.launch(&spec).await;
        let sharing = beside(case, &other, &format!("b-{code}"), &[Act::ExitByNetwork]);
        let (_, _, status) = case.run(&sharing).await;
        assert_eq!(status.code, code, "{:?}", spec.network);
    }
}

pub(super) async fn only_a_running_one_shares_its_network(case: &Case<'_>) {
    let other = case.create(&case.spec("a", &[Act::Exit(0)])).await;
    let id = case.create(&beside(case, &other, "b", &[LONG])).await;
    let refused = case.containers().start(&id).await;
    assert_eq!(kind(refused), Conflict, "it is not started");
    case.containers().start(&other).await.expect("start");
    case.wait(&other).await;
    let refused = case.containers().start(&id).await;
    assert_eq!(kind(refused), Conflict, "it has ended");
    assert_eq!(case.phase(&id).await, Phase::Created);
}

pub(super) async fn who_shares_one_outlives_the_other(case: &Case<'_>) {
    let other = case.launch(&case.spec("a", &[LONG])).await;
    let id = case.launch(&beside(case, &other, "b", &[LONG])).await;
    case.containers()
        .control(&other, Control::Kill)
        .await
        .expect("kill");
    case.wait(&other).await;
    assert_eq!(case.phase(&id).await, Phase::Running);
    case.containers().remove(&other).await.expect("remove");
    assert_eq!(case.phase(&id).await, Phase::Running);
}

pub(super) async fn bridge_has_a_gateway(case: &Case<'_>) {
    let bridge = case.networks().inspect("bridge").await.expect("inspect");
    assert_eq!(bridge.name, "bridge");
    assert!(
        bridge.gateway.is_some_and(|address| address.is_ipv4()),
        "{bridge:?}"
    );
}

pub(super) async fn absent_network(case: &Case<'_>) {
    let name = case.name("nowhere");
    assert_eq!(kind(case.networks().inspect(&name).await), NotFound);
    assert_eq!(case.networks().remove(&name).await.ok(), Some(AlreadyGone));
}
