//! Networks, and containers without one.

use crate::containers::Removal::{AlreadyGone, Removed};
use crate::error::RuntimeErrorKind::{Conflict, NotFound};
use crate::spec::NetworkMode;
use crate::test_util::contract::bench::Act;
use crate::test_util::contract::case::{Case, kind};

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
