//! The engine's command over a store in memory.

use deckhands_store::MemoryStore;

use super::super::stored::test_store;
use super::super::test_attempts::{AtOnce, all_well};
use super::*;

fn console() -> Console {
    Console {
        json: false,
        quiet: true,
        live: false,
    }
}

async fn drained(store: MemoryStore) -> u8 {
    let settings = EngineSettings {
        drain: true,
        poll: Duration::from_millis(5),
        ..EngineSettings::default()
    };
    let attempts: (Arc<dyn Attempts>, _) = (Arc::new(AtOnce), all_well());
    serve(Arc::new(store), attempts, settings, &console())
        .await
        .unwrap()
}

#[tokio::test]
async fn an_engine_ends_well_whatever_became_of_the_tasks() {
    let store = test_store::queued(&[1]).await;
    let failing = deckhands_store::NewTask {
        spec: serde_json::json!({ "text": "fail" }),
        ..test_store::new(2)
    };
    test_store::hand_in(&store, &failing).await;
    assert_eq!(drained(store.clone()).await, exit_code::OK);
    use deckhands_model::TaskState::{Completed, Failed};
    assert_eq!(test_store::state_of(&store, 1).await, Completed);
    assert_eq!(test_store::state_of(&store, 2).await, Failed);
}

#[test]
fn only_a_cancel_is_told_as_the_signal() {
    let stopped = StopSignals::default();
    stopped.stop.cancel();
    let cancelled = stopped.clone();
    assert_eq!(code(&StopSignals::default(), None), 0);
    assert_eq!(code(&stopped, Some(130)), 0);
    cancelled.cancel.cancel();
    assert_eq!(code(&cancelled, Some(143)), 143);
    assert_eq!(left_at_once(130).0.code, 130);
}

#[test]
fn a_duration_is_a_time() {
    let args = |text: &str| EngineArgs {
        workers: None,
        routes: None,
        duration: Some(text.to_owned()),
        drain: false,
        grace: None,
    };
    for (text, seconds) in [("60s", 60), ("2m", 120), ("60", 60)] {
        let expected = Some(Duration::from_secs(seconds));
        assert_eq!(duration(&args(text)).unwrap(), expected, "{text}");
    }
    assert_eq!(
        duration(&args("soon")).unwrap_err().0.code,
        exit_code::USAGE
    );
}
