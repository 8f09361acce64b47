//! The contract suite on the fake: what holds there must hold on Docker, and the other way round.

use deckhands_runtime::test_util::contract::{self, FakeBench};

#[tokio::test(start_paused = true)]
async fn fake_keeps_the_contract() {
    let scratch = tempfile::tempdir().unwrap();
    let bench = FakeBench::new(scratch.path().to_owned());
    let count = contract::run_all(&bench).await;
    assert_eq!(count, contract::names().len());
    assert!(count >= 41, "only {count} cases ran");
    assert_eq!(bench.runtime().problems(), Vec::<String>::new());
    assert_eq!(bench.runtime().live(), []);
}

#[tokio::test(start_paused = true)]
async fn unknown_case_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let bench = FakeBench::new(scratch.path().to_owned());
    let refused = contract::run(&bench, "no_such_case").await;
    assert_eq!(refused, Err("there is no case `no_such_case`".to_owned()));
}
