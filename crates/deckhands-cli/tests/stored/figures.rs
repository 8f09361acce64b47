//! `metrics` as a document.

use serde_json::Value;

use crate::bench::Bench;

#[test]
fn the_figures_are_one_document_with_every_task() {
    let bench = Bench::new();
    // More than is written at once.
    let tasks: Vec<String> = (0..150)
        .map(|n| bench.submit(&format!("task {n} \u{9b}2J")))
        .collect();
    for args in [&["metrics", "--json"][..], &["metrics", "--format", "json"]] {
        let ended = bench.call(args);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{ended:?}");
        assert!(ended.stdout.ends_with("}\n"), "{args:?}");
        let figures: Value = serde_json::from_str(&ended.stdout).unwrap();
        let told = figures["tasks"].as_array().unwrap().iter();
        let told: Vec<&str> = told.map(|task| task["task_id"].as_str().unwrap()).collect();
        assert_eq!(told, tasks);
        assert_eq!(figures["system"]["tasks"]["total"], 150);
    }
}
