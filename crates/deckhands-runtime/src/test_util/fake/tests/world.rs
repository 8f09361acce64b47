//! Which script is played, what goes wrong by order, images and kept output.

use futures::TryStreamExt as _;
use tokio::time::Instant;

use super::{SECOND, Script, fake, image, launch, spec};
use crate::containers::Containers as _;
use crate::error::Operation;
use crate::error::RuntimeErrorKind::{Denied, Exhausted, ImageUnavailable, Protocol, Unreachable};
use crate::images::Images;
use crate::labels::{LabelSelector, Labels};
use crate::networks::{self, NetworkSpec};
use crate::test_util::fake::Match;

fn exit(code: i64) -> Script {
    Script::new().exit(SECOND, code)
}

#[tokio::test(start_paused = true)]
async fn first_rule_that_fits_is_played() {
    let label = Match::Label {
        key: "role".to_owned(),
        value: "helper".to_owned(),
    };
    let runtime = fake()
        .image(&"other:1".parse().unwrap())
        .always(Match::NameContains("-chown".to_owned()), exit(10))
        .once(Match::Name("exact".to_owned()), exit(20))
        .always(Match::Image("other:1".parse().unwrap()), exit(30))
        .always(label, exit(40))
        .next(exit(1))
        .next(exit(2));
    // Name, image, label, and the code that tells the rule.
    let rows = [
        ("a-chown", "app:1", "", 10),
        ("b", "app:1", "", 1),
        ("b-chown", "app:1", "helper", 10),
        ("c", "other:1", "", 30),
        ("exact", "app:1", "", 20),
        ("d", "app:1", "helper", 40),
        ("e", "app:1", "other", 2),
    ];
    for (name, image, role, code) in rows {
        let mut spec = spec(name);
        spec.image = image.parse().unwrap();
        spec.labels.insert("role".to_owned(), role.to_owned());
        let id = launch(&runtime, &spec).await;
        assert_eq!(runtime.wait(&id).await.unwrap().code, code, "{name}");
    }
    assert_eq!(runtime.problems(), Vec::<String>::new());
    let names: Vec<_> = runtime
        .created_specs()
        .into_iter()
        .map(|spec| spec.name.0)
        .collect();
    assert_eq!(names, rows.map(|(name, ..)| name));
}

#[tokio::test(start_paused = true)]
async fn container_without_a_script_is_loud() {
    let runtime = fake();
    let error = runtime.create(&spec("orphan")).await.unwrap_err();
    assert_eq!(error.kind, Protocol);
    assert_eq!(runtime.problems(), ["no script for container `orphan`"]);
    assert_eq!(runtime.live(), []);
}

#[tokio::test(start_paused = true)]
async fn default_exit_stands_in() {
    let runtime = fake().default_exit(6);
    let id = launch(&runtime, &spec("a")).await;
    assert_eq!(runtime.wait(&id).await.unwrap().code, 6);
    assert_eq!(runtime.problems(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn wait_before_start_is_loud() {
    let runtime = fake().next(exit(0));
    let id = runtime.create(&spec("early")).await.unwrap();
    assert_eq!(runtime.wait(&id).await.unwrap_err().kind, Protocol);
    assert_eq!(
        runtime.problems(),
        ["wait for container `early` before its start"]
    );
}

#[tokio::test(start_paused = true)]
async fn failures_come_in_order_and_once() {
    let runtime = fake()
        .default_exit(0)
        .fail_next(Operation::Create, Unreachable)
        .fail_next(Operation::Create, Exhausted)
        .fail_next(Operation::Inspect, Unreachable);
    assert_eq!(
        runtime.create(&spec("a")).await.unwrap_err().kind,
        Unreachable
    );
    assert_eq!(
        runtime.create(&spec("a")).await.unwrap_err().kind,
        Exhausted
    );
    runtime.create(&spec("a")).await.unwrap();
    assert_eq!(
        networks::Networks::inspect(&runtime, "bridge")
            .await
            .unwrap_err()
            .kind,
        Unreachable
    );
    let bridge = networks::Networks::inspect(&runtime, "bridge")
        .await
        .unwrap();
    assert_eq!(
        bridge.gateway.map(|address| address.to_string()).as_deref(),
        Some("172.17.0.1")
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_goes_by_name_and_lasts() {
    let runtime = fake()
        .default_exit(0)
        .refuse(Operation::Create, "-late", Exhausted)
        .refuse(Operation::Start, "-app", Exhausted)
        .refuse(Operation::List, "networks", Denied)
        .refuse(Operation::Remove, "-net", Denied);
    let app = runtime.create(&spec("a-app")).await.unwrap();
    for _ in 0..2 {
        let created = runtime.create(&spec("a-late")).await;
        assert_eq!(created.unwrap_err().kind, Exhausted);
        assert_eq!(runtime.start(&app).await.unwrap_err().kind, Exhausted);
    }
    launch(&runtime, &spec("b")).await;
    let all = LabelSelector::default();
    assert_eq!(runtime.list(&all).await.unwrap().len(), 2);
    let network = NetworkSpec {
        name: "a-net".to_owned(),
        labels: Labels::new(),
        internal: false,
        inter_container: false,
    };
    let made = networks::Networks::create(&runtime, &network)
        .await
        .unwrap();
    assert_eq!(runtime.live_networks(), std::slice::from_ref(&made));
    let listed = networks::Networks::list(&runtime, &all).await;
    assert_eq!(listed.unwrap_err().kind, Denied);
    for name in [&made.id, &made.name] {
        let removed = networks::Networks::remove(&runtime, name).await;
        assert_eq!(removed.unwrap_err().kind, Denied, "{name}");
    }
    runtime.allow_all();
    runtime.start(&app).await.unwrap();
    networks::Networks::remove(&runtime, &made.id)
        .await
        .unwrap();
    assert!(runtime.live_networks().is_empty());
}

#[tokio::test(start_paused = true)]
async fn slow_call_takes_its_time_once() {
    let runtime = fake()
        .default_exit(0)
        .slow_next(Operation::Create, 90 * SECOND);
    for (name, seconds) in [("slow", 90), ("quick", 0)] {
        let begun = Instant::now();
        runtime.create(&spec(name)).await.unwrap();
        assert_eq!(begun.elapsed().as_secs(), seconds, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn pulled_image_is_there() {
    let image = "late:1".parse().unwrap();
    let runtime = fake().pullable(&image).default_exit(0);
    let mut late = spec("a");
    late.image = image.clone();
    assert_eq!(Images::inspect(&runtime, &image).await.unwrap(), None);
    assert_eq!(
        runtime.create(&late).await.unwrap_err().kind,
        ImageUnavailable
    );
    let progress: Vec<_> = runtime
        .pull(&image)
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    let last = progress.last().unwrap();
    assert_eq!(last.done, last.total);
    assert!(
        Images::inspect(&runtime, &image).await.unwrap().is_some(),
        "it is there now"
    );
    runtime.create(&late).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn images_differ_by_reference() {
    let runtime = fake().image(&"other:1".parse().unwrap());
    let one = Images::inspect(&runtime, &image()).await.unwrap().unwrap();
    let other = Images::inspect(&runtime, &"other:1".parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_ne!(one.digest, other.digest);
}

#[tokio::test(start_paused = true)]
async fn kept_output_by_time() {
    let script = Script::new()
        .stdout(10 * SECOND, "old")
        .stdout(10 * SECOND, "new")
        .exit(SECOND, 0);
    let runtime = fake().made_at(1_000).next(script);
    let id = launch(&runtime, &spec("a")).await;
    runtime.wait(&id).await.unwrap();
    for (since, expected) in [(0, "old\nnew\n"), (1_011, "new\n"), (1_021, "")] {
        let chunks: Vec<_> = runtime
            .logs_since(&id, since)
            .await
            .unwrap()
            .try_collect()
            .await
            .unwrap();
        let bytes: Vec<_> = chunks.into_iter().map(|chunk| chunk.bytes).collect();
        assert_eq!(
            String::from_utf8(bytes.concat()).unwrap(),
            expected,
            "since {since}"
        );
    }
}
