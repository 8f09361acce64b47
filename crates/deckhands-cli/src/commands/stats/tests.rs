//! Counters of stores in several states.

use deckhands_store::{Draw, Drawn, MemoryStore, MoneyCaps, NewTask, Work as _};
use serde_json::json;

use super::*;
use crate::commands::stored::test_store::{claim, finish, finish_after, hand_in, new, now, queued};
use crate::sample::{call, calls_of, failed_call};
use deckhands_model::Cause;

async fn figures_of(store: &MemoryStore) -> Figures {
    ask(store, 10, now()).await.unwrap()
}

#[tokio::test]
async fn an_empty_store_has_zeros_not_gaps() {
    let none = figures_of(&MemoryStore::default()).await;
    let document = json!(none);
    for state in TaskState::ALL {
        assert_eq!(document["states"][state.word()], 0, "{state}");
    }
    for priority in Priority::ALL {
        assert_eq!(document["waiting"][priority.word()], 0, "{priority}");
    }
    assert_eq!(document["oldest_queued"], json!(null));
    assert_eq!(text(&none, now()).lines().count(), 15);
}

#[tokio::test]
async fn each_task_is_counted_once() {
    let store = queued(&[1, 2, 3, 4]).await;
    let held = NewTask {
        held: true,
        priority: Priority::Low,
        ..new(5)
    };
    hand_in(&store, &held).await;
    finish(&store, &claim(&store).await, TaskState::Failed).await;
    finish(&store, &claim(&store).await, TaskState::Completed).await;
    let _running = claim(&store).await;
    let figures = figures_of(&store).await;
    assert_eq!((figures.total, figures.queue_size, figures.held), (5, 2, 1));
    let document = json!(figures);
    let counted = ["failed", "completed", "running", "queued", "pending"];
    for state in counted {
        assert_eq!(document["states"][state], 1, "{state}");
    }
    assert_eq!(document["waiting"]["low"], 1);
    assert_eq!((figures.live_attempts, figures.max_size), (1, 10));
    let text = text(&figures, now());
    assert!(text.contains("waiting               2 of 10\n"), "{text}");
}

#[tokio::test]
async fn calls_are_told_by_model() {
    let store = queued(&[1, 2]).await;
    let none = figures_of(&store).await;
    assert!(!text(&none, now()).contains("calls"));
    let calls = [call("openai/m", "m-1"), call("openai/m", "m-1")];
    finish_after(&store, &claim(&store).await, calls_of(&calls)).await;
    let refused = [failed_call("openai/m", Cause::RateLimited)];
    finish_after(&store, &claim(&store).await, calls_of(&refused)).await;
    let figures = figures_of(&store).await;
    let text = text(&figures, now());
    let end = "model calls\n  \
               openai/m: 1 call, 1 failed · ? tokens in, ? out · no cost\n  \
               openai/m (m-1): 2 calls · 1400 tokens in, 100 out · $0.005\n";
    assert!(text.ends_with(end), "{text}");
    assert_eq!(json!(figures)["calls"][1]["calls"], 2);
}

#[tokio::test]
async fn money_of_the_day_is_told_once_there_is_any() {
    let store = queued(&[1]).await;
    assert!(!text(&figures_of(&store).await, now()).contains("money"));
    let claim = claim(&store).await;
    let draw = Draw {
        least: 1,
        wanted: 500_000_000,
        caps: MoneyCaps::default(),
    };
    let drawn = store.draw(claim.fence, draw, now()).await.unwrap();
    assert_eq!(drawn, Drawn::Granted(500_000_000));
    store
        .settle(claim.fence, 200_000_000, 0, now())
        .await
        .unwrap();
    let figures = figures_of(&store).await;
    let text = text(&figures, now());
    assert!(
        text.ends_with("money today    $0.20 spent, $0.30 drawn\n"),
        "{text}"
    );
    let document = json!(figures);
    assert_eq!(document["money_today"]["spent_usd"], 0.2);
}
