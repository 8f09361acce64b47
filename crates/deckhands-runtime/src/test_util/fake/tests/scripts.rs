//! What scripts do.

use std::fs;

use futures::StreamExt as _;
use tokio::time::Instant;

use super::{SECOND, Script, code_of, fake, launch, spec, spec_with_data};
use crate::containers::{Containers as _, Control, Phase};
use crate::error::RuntimeErrorKind::Protocol;
use crate::labels::Labels;
use crate::spec::SecretEnv;
use crate::test_util::fake::Sibling;

#[tokio::test(start_paused = true)]
async fn steps_take_their_time() {
    let begun = Instant::now();
    let script = Script::new()
        .stdout(2 * SECOND, "a")
        .stderr(3 * SECOND, "b")
        .exit(SECOND, 4);
    assert_eq!(code_of(script).await, 4);
    assert_eq!(begun.elapsed().as_secs(), 6);
}

#[tokio::test(start_paused = true)]
async fn ends_by_memory() {
    let runtime = fake().next(Script::new().oom(SECOND));
    let id = launch(&runtime, &spec("a")).await;
    assert_eq!(runtime.wait(&id).await.unwrap().code, 137);
    assert!(
        runtime.inspect("a").await.unwrap().oom_killed,
        "the kernel's mark"
    );
}

#[tokio::test(start_paused = true)]
async fn processes_are_told_as_scripted() {
    let runtime = fake().next(Script::new().processes(2 * SECOND, 8).hang());
    let id = launch(&runtime, &spec("a")).await;
    for count in [1, 1, 8] {
        let told = runtime.stats(&id).await.unwrap().processes;
        assert_eq!(told, Some(count));
        tokio::time::sleep(SECOND * 11 / 10).await;
    }
}

#[tokio::test(start_paused = true)]
async fn script_without_an_end_is_loud() {
    let runtime = fake().next(Script::new().stdout(SECOND, "last words"));
    let id = runtime.create(&spec("forgotten")).await.unwrap();
    let mut output = runtime.attach(&id).await.unwrap();
    runtime.start(&id).await.unwrap();
    let error = runtime.wait(&id).await.unwrap_err();
    let words = "the script of container `forgotten` ran out without an end";
    assert_eq!(
        (error.kind, error.message.as_deref()),
        (Protocol, Some(words))
    );
    assert!(
        output.next().await.unwrap().is_ok(),
        "what was put out is there"
    );
    assert_eq!(output.next().await.unwrap().unwrap_err().kind, Protocol);
    assert!(output.next().await.is_none(), "and then the stream ends");
    assert_eq!(runtime.problems(), [words]);
}

#[tokio::test(start_paused = true)]
async fn writes_and_removes_real_files() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("old")).unwrap();
    let script = Script::new()
        .write_file(SECOND, "/data/events/1.json", "{}")
        .remove_file(SECOND, "/data/old")
        .exit(SECOND, 0);
    let runtime = fake().next(script);
    let id = launch(&runtime, &spec_with_data("a", dir.path())).await;
    assert_eq!(runtime.wait(&id).await.unwrap().code, 0);
    assert_eq!(
        fs::read_to_string(dir.path().join("events/1.json")).unwrap(),
        "{}"
    );
    assert!(!dir.path().join("old").exists(), "removed");
}

#[tokio::test(start_paused = true)]
async fn file_outside_of_mounts_is_loud() {
    let dir = tempfile::tempdir().unwrap();
    for path in ["/elsewhere", "/database", "/data/../etc/passwd"] {
        let runtime = fake().next(Script::new().write_file(SECOND, path, "x").exit(SECOND, 0));
        let id = launch(&runtime, &spec_with_data("a", dir.path())).await;
        assert_eq!(runtime.wait(&id).await.unwrap_err().kind, Protocol);
        assert_eq!(
            runtime.problems(),
            [format!("no mount of container `a` shows `{path}`")]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn killed_container_does_nothing_more() {
    let dir = tempfile::tempdir().unwrap();
    let script = Script::new()
        .write_file(5 * SECOND, "/data/late", "x")
        .exit(SECOND, 0);
    let runtime = fake().next(script);
    let id = launch(&runtime, &spec_with_data("a", dir.path())).await;
    tokio::time::sleep(SECOND).await;
    runtime.control(&id, Control::Kill).await.unwrap();
    assert_eq!(runtime.wait(&id).await.unwrap().code, 137);
    tokio::time::sleep(10 * SECOND).await;
    assert!(
        !dir.path().join("late").exists(),
        "nothing is written by the dead"
    );
}

#[tokio::test(start_paused = true)]
async fn paused_container_takes_no_step() {
    let runtime = fake().next(Script::new().exit(5 * SECOND, 0));
    let id = launch(&runtime, &spec("a")).await;
    runtime.control(&id, Control::Pause).await.unwrap();
    tokio::time::sleep(60 * SECOND).await;
    assert_eq!(runtime.inspect("a").await.unwrap().phase, Phase::Paused);
    runtime.control(&id, Control::Unpause).await.unwrap();
    assert_eq!(runtime.wait(&id).await.unwrap().code, 0);
}

#[tokio::test(start_paused = true)]
async fn sibling_appears_and_outlives() {
    let labels = Labels::from([("of".to_owned(), "a".to_owned())]);
    let script = Script::new()
        .create_sibling(SECOND, "plain", labels.clone())
        .create_sibling_with(SECOND, |parent| Sibling {
            published_addresses: vec!["172.17.0.1".to_owned()],
            ..Sibling::new(&format!("{}-sandbox", parent.name), Labels::new())
        })
        .exit(SECOND, 0);
    let runtime = fake().next(script);
    let id = launch(&runtime, &spec("a")).await;
    assert!(
        runtime.inspect("plain").await.is_err(),
        "not before its time"
    );
    runtime.wait(&id).await.unwrap();
    let plain = runtime.inspect("plain").await.unwrap();
    assert_eq!((plain.phase, &plain.labels), (Phase::Running, &labels));
    let sandbox = runtime.inspect("a-sandbox").await.unwrap();
    assert_eq!(sandbox.published_addresses, ["172.17.0.1"]);
    assert_eq!(runtime.live().len(), 3);
    runtime.remove(&plain.id).await.unwrap();
    assert_eq!(runtime.live().len(), 2);
    assert_eq!(
        runtime.created_specs().len(),
        1,
        "only what came through the port"
    );
}

#[tokio::test(start_paused = true)]
async fn sibling_with_a_taken_name_is_loud() {
    let runtime = fake().next(
        Script::new()
            .create_sibling(SECOND, "a", Labels::new())
            .hang(),
    );
    let id = launch(&runtime, &spec("a")).await;
    assert_eq!(runtime.wait(&id).await.unwrap_err().kind, Protocol);
    assert_eq!(runtime.problems(), ["the name of the sibling `a` is taken"]);
}

#[tokio::test(start_paused = true)]
async fn missing_variable_ends_the_command() {
    for (key, code) in [("HERE", 0), ("MISSING", 1)] {
        let runtime = fake().next(Script::new().stdout_env(SECOND, key).exit(SECOND, 0));
        let mut spec = spec("a");
        spec.env = vec![("HERE".to_owned(), SecretEnv::plain("x"))];
        let id = launch(&runtime, &spec).await;
        assert_eq!(runtime.wait(&id).await.unwrap().code, code, "{key}");
    }
}

#[tokio::test(start_paused = true)]
async fn panic_of_a_test_s_own_code_is_a_problem() {
    let runtime = fake().next(Script::new().call(SECOND, |_| panic!("on purpose")).hang());
    launch(&runtime, &spec("a")).await;
    tokio::time::sleep(2 * SECOND).await;
    let problems = runtime.problems();
    assert!(
        problems.len() == 1 && problems[0].contains("panicked"),
        "{problems:?}"
    );
}
