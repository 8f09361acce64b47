//! Money of stores in several states.

use deckhands_store::{Draw, Fence, MemoryStore, MoneyCaps, NewTask, Work as _};
use serde_json::json;

use super::*;
use crate::commands::stored::test_store::{claim, finish, hand_in, new, now};
use deckhands_model::TaskState;

const DOLLAR: u64 = 1_000_000_000;

async fn spends(store: &MemoryStore, fence: Fence, spent: u64) {
    let draw = Draw {
        least: 1,
        wanted: DOLLAR,
        caps: MoneyCaps::default(),
    };
    store.draw(fence, draw, now()).await.unwrap();
    store.settle(fence, spent, 0, now()).await.unwrap();
}

fn told(figures: &MoneyFigures) -> serde_json::Value {
    json!([
        figures.spent_usd,
        figures.open_usd,
        figures.uncertain_usd,
        figures.cap_usd
    ])
}

#[tokio::test]
async fn each_level_has_what_is_under_way_and_capped() {
    let store = MemoryStore::default();
    let none = by_level(&store, None, now()).await.unwrap();
    assert!(none.is_empty());
    let caps = [
        json!({ "max_cost": 2 * DOLLAR, "max_batch_cost": 9 * DOLLAR }),
        json!({ "max_cost": 3 * DOLLAR, "max_batch_cost": 9 * DOLLAR }),
        json!({}),
        json!({ "max_cost": 5 * DOLLAR }),
    ];
    for (byte, spec) in (1..).zip(caps) {
        let task = NewTask {
            spec,
            batch: (byte < 3).then(|| "b".to_owned()),
            ..new(byte)
        };
        hand_in(&store, &task).await;
    }
    for _ in 0..3 {
        spends(&store, claim(&store).await.fence, DOLLAR / 4).await;
    }
    let over = claim(&store).await;
    spends(&store, over.fence, DOLLAR / 2).await;
    finish(&store, &over, TaskState::Completed).await;
    let levels = by_level(&store, Some(Usd::dollars(50)), now())
        .await
        .unwrap();
    let names: Vec<_> = levels.keys().copied().collect();
    assert_eq!(names, ["batch", "day", "task"]);
    assert_eq!(told(&levels["task"]), json!([0.5, 1.5, 0.0, 5.0]));
    assert_eq!(told(&levels["batch"]), json!([0.5, 1.5, 0.0, 9.0]));
    assert_eq!(told(&levels["day"]), json!([1.25, 2.75, 0.5, 50.0]));
}

#[tokio::test]
async fn a_cap_is_told_before_anything_is_spent() {
    let levels = by_level(&MemoryStore::default(), Some(Usd::dollars(1)), now()).await;
    let levels = levels.unwrap();
    assert_eq!(told(&levels["day"]), json!([0.0, 0.0, 0.0, 1.0]));
}
