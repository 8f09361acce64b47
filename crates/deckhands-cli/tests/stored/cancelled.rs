//! A task that was cancelled while it waited ends like any other one.

use serde_json::{Value, json};

use crate::bench::Bench;

#[test]
fn it_has_a_result_and_no_logs() {
    let bench = Bench::new();
    let task = bench.submit("one");
    assert_eq!(bench.call(&["cancel", "last"]).code, 0);
    let result = bench.call(&["result", "last"]);
    assert_eq!((result.code, result.stderr.as_str()), (0, ""), "{result:?}");
    assert!(result.stdout.starts_with("cancelled (task "), "{result:?}");
    let document = bench.call(&["result", "last", "--json"]);
    let document: Value = serde_json::from_str(&document.stdout).unwrap();
    let told = json!([document["task_id"], document["state"], document["attempts"]]);
    assert_eq!(told, json!([task, "cancelled", []]));
    let logs = bench.call(&["logs", "last"]);
    assert_eq!(logs.code, 1);
    let id = &task[..8];
    let expected = format!(
        "error: task {id} has printed nothing: it is cancelled\n\
         hint: `deckhands status {id}` shows how it ended\n"
    );
    assert_eq!(logs.stderr, expected);
    assert_eq!(bench.call(&["watch", "last"]).code, 1);
    let figures = bench.call(&["metrics", "--json"]);
    let figures: Value = serde_json::from_str(&figures.stdout).unwrap();
    assert_eq!(figures["system"]["tasks"]["states"]["cancelled"], 1);
    assert_eq!(figures["system"]["attempts"]["total"], 0);
    assert_eq!(
        figures["system"]["attempts"]["usage"]["unknown"]["input_tokens"],
        0
    );
}
