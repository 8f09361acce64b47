//! Figures of a store are those of its attempts.

use deckhands_model::TaskState;
use deckhands_store::MemoryStore;
use serde_json::json;

use super::*;
use crate::commands::stored::test_store::{claim, finish, finish_after, now, queued, requeue};
use crate::sample::{call, calls_of};

fn console(json: bool) -> Console {
    Console {
        json,
        quiet: true,
        live: false,
    }
}

#[tokio::test]
async fn every_ended_attempt_counts_whatever_becomes_of_its_task() {
    let store = queued(&[1, 2, 3]).await;
    requeue(&store, &claim(&store).await).await;
    finish(&store, &claim(&store).await, TaskState::Completed).await;
    finish(&store, &claim(&store).await, TaskState::Failed).await;
    let _running = claim(&store).await;
    let metrics = sum(&store, now()).await.unwrap();
    let document = json!(metrics.system);
    assert_eq!(document["tasks"]["total"], 3);
    assert_eq!(document["tasks"]["attempts"], 4);
    assert_eq!(document["attempts"]["total"], 3);
    assert_eq!(document["attempts"]["work_time_s"], 22.5);
    assert_eq!(document["attempts"]["wait_time_s"], 3.0);
    assert_eq!(document["attempts"]["causes"], json!({"Stuck": 2}));
    assert_eq!(document["tasks"]["causes"], json!({"Stuck": 1}));
    assert_eq!(document["attempts"]["usage"].get("cost_usd"), None);
    assert_eq!(metrics.tasks.len(), 3);
}

#[tokio::test]
async fn calls_and_money_come_from_the_counters() {
    let store = queued(&[1]).await;
    let calls = calls_of(&[call("openai/m", "m-1"), call("openai/m", "m-1")]);
    finish_after(&store, &claim(&store).await, calls).await;
    let metrics = ask(&store, Some(Usd::dollars(1)), now()).await.unwrap();
    assert_eq!(json!(metrics)["calls"][0]["calls"], 2);
    let text = metrics.openmetrics();
    for line in [
        "deckhands_calls_total{route=\"openai/m\",model=\"m-1\"} 2\n",
        "deckhands_money_cap_dollars{level=\"day\"} 1\n",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[tokio::test]
async fn an_empty_store_has_figures_too() {
    let metrics = sum(&MemoryStore::default(), now()).await.unwrap();
    assert_eq!(metrics.system.tasks.total, 0);
    assert!(metrics.openmetrics().ends_with("# EOF\n"));
}

#[test]
fn one_format_at_a_time() {
    use MetricsFormat::{Json, Openmetrics, Table};
    let rows = [
        (None, false, Some(Table)),
        (None, true, Some(Json)),
        (Some(Json), true, Some(Json)),
        (Some(Openmetrics), false, Some(Openmetrics)),
        (Some(Openmetrics), true, None),
        (Some(Table), true, None),
    ];
    for (given, json, expected) in rows {
        let args = MetricsArgs { format: given };
        let got = format(&args, &console(json)).ok();
        assert_eq!(got, expected, "{given:?} {json}");
    }
}
