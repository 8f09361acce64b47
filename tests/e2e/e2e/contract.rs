//! The runtime's contract suite on the real daemon: the same cases as on the fake.

use deckhands_runtime::docker::{ConnectOptions, DockerRuntime};
use deckhands_runtime::test_util::contract;

#[tokio::test]
async fn the_daemon_keeps_the_contract() {
    let image = std::env::var_os("DECKHANDS_TINY_IMAGE").expect("the tiny image: cargo xtask e2e");
    let image = image.to_string_lossy().parse().expect("an image reference");
    let runtime = DockerRuntime::connect(&ConnectOptions::default())
        .await
        .expect("a daemon");
    let scratch = tempfile::tempdir().expect("a directory");
    let bench = contract::DockerBench::new(runtime, image, scratch.path().to_owned());
    let mut failed = Vec::new();
    for name in contract::names() {
        if let Err(why) = contract::run(&bench, name).await {
            failed.push(format!("{name}: {why}"));
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}
