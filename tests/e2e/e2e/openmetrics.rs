//! Figures as scrapers read them, through the reference parser of OpenMetrics: the `prometheus_client`
//! that OpenHands brings along in its image.

use std::io::Write;
use std::process::{Command, Stdio};

use deckhands_e2e::{Bench, Running, one_step};
use serde_json::{Value, json};

/// Prints each sample as name, type, unit, labels and value; fails where the text is no OpenMetrics.
const READ: &str = "
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as families
rows = [
    [s.name, f.type, f.unit, s.labels, s.value]
    for f in families(sys.stdin.read()) for s in f.samples
]
json.dump(rows, sys.stdout)
";

/// What the parser makes of a text.
fn parsed(image: &str, text: &str) -> Vec<Value> {
    let mut parser = Command::new("docker")
        .args(["run", "--rm", "--interactive", "--network", "none"])
        .args(["--entrypoint", "python", image, "-c", READ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the docker command");
    let mut stdin = parser.stdin.take().expect("a pipe");
    stdin.write_all(text.as_bytes()).expect("the whole text");
    drop(stdin);
    let output = parser.wait_with_output().expect("its end");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "refused: {said}\n{text}");
    serde_json::from_slice(&output.stdout).expect("a document")
}

/// The value of the one sample with this name and these labels.
fn value(rows: &[Value], name: &str, labels: &Value) -> Option<f64> {
    let mut rows = rows
        .iter()
        .filter(|row| row[0] == name && row[3] == *labels);
    let found = rows.next().and_then(|row| row[4].as_f64());
    assert!(rows.next().is_none(), "{name} {labels} stands twice");
    found
}

/// Compares the calls with those of the document, by the names of the semantic conventions.
fn assert_calls(rows: &[Value], calls: &Value) {
    let calls = calls.as_array().expect("calls");
    assert_eq!(calls.len(), 1, "of one model: {calls:?}");
    let of = |sample: &str| {
        let mut found = rows.iter().filter(|row| row[0] == sample);
        let labels = found.next().map(|row| (row[3].clone(), row[4].as_f64()));
        labels.expect(sample)
    };
    let (labels, count) = of("gen_ai_client_operation_duration_seconds_count");
    assert_eq!(count, calls[0]["calls"].as_f64());
    assert!(count > Some(0.0), "the agent called");
    assert_eq!(labels["gen_ai_operation_name"], "chat");
    assert_eq!(labels["gen_ai_provider_name"], "openrouter");
    assert_eq!(labels["gen_ai_response_model"], calls[0]["model"]);
    let sum = |direction: &str| {
        let name = "gen_ai_client_token_usage_sum";
        let own = |row: &&Value| row[0] == name && row[3]["gen_ai_token_type"] == direction;
        rows.iter().find(own).and_then(|row| row[4].as_f64())
    };
    assert_eq!(sum("input"), calls[0]["input_tokens"].as_f64());
    assert_eq!(sum("output"), calls[0]["output_tokens"].as_f64());
    let buckets = rows.iter();
    let buckets = buckets.filter(|row| row[0] == "gen_ai_client_operation_duration_seconds_bucket");
    assert_eq!(buckets.count(), 15, "14 bounds, and the infinite one");
    assert_eq!(of("deckhands_calls_total").1, count);
}

#[test]
fn the_reference_parser_reads_the_figures_of_the_document() {
    let bench = Bench::new(one_step());
    let mut submit = bench.command(&["submit", "write hello.txt"]);
    submit.arg("--workspace").arg(&bench.workspace);
    let _stored = Running::start(submit).end().with_code(0);
    let _engine = bench.call(&["engine", "--drain"]).with_code(0);
    let document = bench.call(&["metrics", "--json"]).with_code(0).json();
    let text = bench.call(&["metrics", "--format", "openmetrics"]);
    let run = bench.run(&["x", "--dry-run"]).with_code(0).json();
    let image = run["images"]["app"].as_str().expect("the app's image");
    let rows = parsed(image, &text.with_code(0).stdout);
    let kinds = ["gauge", "counter", "histogram"];
    assert!(
        rows.iter()
            .all(|row| kinds.iter().any(|kind| row[1] == *kind)),
        "{rows:?}"
    );
    let system = &document["system"];
    for (name, labels, figure) in [
        (
            "deckhands_tasks",
            json!({ "state": "completed" }),
            &system["tasks"]["states"]["completed"],
        ),
        (
            "deckhands_tasks",
            json!({ "state": "failed" }),
            &system["tasks"]["states"]["failed"],
        ),
        (
            "deckhands_attempts",
            json!({ "outcome": "finished" }),
            &system["attempts"]["outcomes"]["finished"],
        ),
        (
            "deckhands_attempts_work_seconds",
            json!({}),
            &system["attempts"]["work_time_s"],
        ),
    ] {
        let figure = figure.as_f64().expect("a figure");
        assert_eq!(value(&rows, name, &labels), Some(figure), "{name} {labels}");
    }
    assert_calls(&rows, &document["calls"]);
    let completed = value(&rows, "deckhands_tasks", &json!({ "state": "completed" }));
    assert_eq!(completed, Some(1.0));
    let worked = value(&rows, "deckhands_attempts_work_seconds", &json!({}));
    assert!(worked > Some(0.0), "the agent worked: {worked:?}");
}
