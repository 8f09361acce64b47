//! The owner is told before the daemon is asked, and may say no.

use std::sync::Mutex;

use deckhands_model::FailureClass;

use super::*;
use crate::owner::Disowned;
use crate::test_util::{FakeRuntime, MockContainerOwner, Script, bare_spec};

fn labels(pairs: &[(&str, &str)]) -> Labels {
    let pairs = pairs.iter().copied();
    pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
}

fn container(name: &str) -> ContainerSpec {
    ContainerSpec {
        labels: labels(&[("role", "app"), ("task", "another")]),
        ..bare_spec(name, "app:1".parse().unwrap())
    }
}

fn network(name: &str) -> NetworkSpec {
    NetworkSpec {
        name: name.to_owned(),
        labels: labels(&[("task", "another")]),
        internal: false,
        inter_container: false,
    }
}

fn owned(fake: &FakeRuntime) -> Owned {
    let fake = Arc::new(fake.clone());
    Owned::new(fake.clone(), fake, labels(&[("task", "t1")]))
}

fn daemon() -> FakeRuntime {
    FakeRuntime::new()
        .image(&"app:1".parse().unwrap())
        .next(Script::new().hang())
}

/// What was announced, and the names of what the daemon had at that moment.
type Entry = (Intent, Vec<String>);

/// What was announced, in order.
#[derive(Clone, Default)]
struct Book(Arc<Mutex<Vec<Entry>>>);

fn bookkeeper(fake: &FakeRuntime, book: &Book) -> Arc<dyn ContainerOwner> {
    let (fake, book) = (fake.clone(), book.clone());
    let mut owner = MockContainerOwner::new();
    owner.expect_announce().returning(move |intent| {
        let containers = fake.live().into_iter().map(|c| c.name.0);
        let networks = fake.live_networks().into_iter().map(|n| n.name);
        let there = containers.chain(networks).collect();
        book.0.lock().unwrap().push((intent.clone(), there));
        Ok(())
    });
    Arc::new(owner)
}

#[tokio::test]
async fn each_creation_is_announced_before_with_name_and_all_labels() {
    let (fake, book) = (daemon(), Book::default());
    let owned = owned(&fake).with_owner(bookkeeper(&fake, &book));
    owned.create_network(network("n")).await.unwrap();
    owned.create(container("c")).await.unwrap();
    owned.announce(IntentKind::Container, "s").await.unwrap();
    let intent = |kind, name: &str, all: &[(&str, &str)]| Intent {
        name: name.to_owned(),
        kind,
        labels: labels(all),
    };
    let own = ("task", "t1");
    let expected = vec![
        (intent(IntentKind::Network, "n", &[own]), vec![]),
        (
            intent(IntentKind::Container, "c", &[own, ("role", "app")]),
            vec!["n".to_owned()],
        ),
        (
            intent(IntentKind::Container, "s", &[own]),
            vec!["c".to_owned(), "n".to_owned()],
        ),
    ];
    assert_eq!(*book.0.lock().unwrap(), expected);
    let made = &fake.created_specs()[0];
    assert_eq!(made.labels, expected[1].0.labels, "what was announced");
    assert_eq!(fake.live_networks()[0].labels, expected[0].0.labels);
}

#[tokio::test]
async fn what_the_owner_refuses_does_not_come_into_being() {
    let fake = daemon();
    let mut owner = MockContainerOwner::new();
    owner
        .expect_announce()
        .returning(|_| Err(Disowned::new("the lease is another's")));
    let owned = owned(&fake).with_owner(Arc::new(owner));
    let refusals = [
        owned.create(container("c")).await.unwrap_err(),
        owned.create_network(network("n")).await.unwrap_err(),
        owned
            .announce(IntentKind::Container, "s")
            .await
            .unwrap_err(),
    ];
    for (error, name) in refusals.iter().zip(["c", "n", "s"]) {
        assert_eq!(error.kind, RuntimeErrorKind::Disowned);
        assert_eq!(error.failure_class(), FailureClass::Permanent);
        assert!(error.to_string().contains(&format!("{name}: ")), "{error}");
        let source = error.source.as_ref().unwrap().to_string();
        assert_eq!(source, "the lease is another's");
    }
    assert!(fake.live().is_empty() && fake.live_networks().is_empty());
}

#[tokio::test]
async fn without_an_owner_things_are_labelled_and_made() {
    let fake = daemon();
    let owned = owned(&fake);
    owned.create(container("c")).await.unwrap();
    owned.create_network(network("n")).await.unwrap();
    owned.announce(IntentKind::Container, "s").await.unwrap();
    assert_eq!(fake.live()[0].labels["task"], "t1");
    assert_eq!(fake.live_networks()[0].labels["task"], "t1");
}
