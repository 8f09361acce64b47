//! Twelve tasks of all kinds in one batch: each ends for what it is, and every figure is the sum of
//! what the attempts told and of what the provider gave.

use std::fs;
use std::time::Duration;

use deckhands_e2e::{Bench, Running, bash, bash_for, create_file};
use deckhands_testkit::{AfterEnd, Dialect, ProviderError, Reply, Script, Step, Times, Usage};
use serde_json::{Value, json};

use super::super::{result, status, workspace};

/// Tokens and price of every completion; the price is a sum of powers of two.
const USAGE: Usage = Usage {
    prompt_tokens: 700,
    completion_tokens: 50,
    cached_tokens: None,
    cost: Some(0.25),
};

/// Longest time until the first task is at work.
const LIMIT: Duration = Duration::from_secs(480);

/// A task of the batch, and what has to become of it.
struct Row {
    /// Its name, and those of its workspace and its model.
    name: &'static str,
    script: Script,
    /// Fields of the batch file.
    fields: Value,
    state: &'static str,
    cause: Option<&'static str>,
    applied: bool,
    /// The attempts' causes.
    attempts: &'static [Option<&'static str>],
    /// Completions that the provider gave.
    answers: u32,
}

fn makes(file: &str) -> Step {
    create_file(&format!("/workspace/{file}"), "made\n")
}

fn done() -> Step {
    Step::finish("done")
}

fn refused(error: ProviderError, times: u32) -> Step {
    Step::provider_error(Dialect::OpenRouter, error).times(Times::Count(times))
}

impl Row {
    /// A task that completes in one attempt.
    fn completed(name: &'static str, steps: Vec<Step>) -> Self {
        let answers = steps.iter().filter(|step| is_answer(step)).count();
        Self {
            name,
            answers: u32::try_from(answers).expect("a few"),
            script: Script::new(steps),
            fields: json!({}),
            state: "completed",
            cause: None,
            applied: true,
            attempts: &[None],
        }
    }

    /// A task that fails.
    fn failed(
        name: &'static str,
        script: Script,
        attempts: &'static [Option<&'static str>],
        answers: u32,
    ) -> Self {
        Self {
            state: "failed",
            cause: attempts.last().copied().flatten(),
            applied: false,
            attempts,
            answers,
            script,
            ..Self::completed(name, Vec::new())
        }
    }

    fn with(self, fields: Value) -> Self {
        Self { fields, ..self }
    }

    /// The word in its text by which the provider knows it.
    fn word(&self) -> String {
        format!("task-{}", self.name)
    }

    /// The entry of the file. Each has a model of its own, so that what the provider does to one task
    /// is no reason to leave another one's route alone.
    fn entry(&self) -> Value {
        let mut entry = json!({
            "name": self.name,
            "text": format!("do {}", self.word()),
            "workspace": self.name,
            "model": format!("openrouter/scripted/{}", self.name),
        });
        let fields = self.fields.as_object().expect("fields").clone();
        entry.as_object_mut().expect("an entry").extend(fields);
        entry
    }

    fn check(&self, bench: &Bench, told: &Value) {
        assert_eq!(told["name"], self.name, "{told:#}");
        assert_eq!(told["state"], self.state, "{told:#}");
        assert_eq!(told["cause"].as_str(), self.cause, "{told:#}");
        assert_eq!(told["applied"], self.applied, "{told:#}");
        assert_eq!(told["begun"], self.attempts.len(), "{told:#}");
        let task = told["task_id"].as_str().expect("an identity");
        let status = status(bench, task);
        let attempts = status["attempts"].as_array().expect("attempts");
        let causes: Vec<_> = attempts.iter().map(|one| one["cause"].as_str()).collect();
        assert_eq!(causes, self.attempts, "{status:#}");
        let result = result(bench, task);
        assert_eq!(result["state"], self.state, "{result:#}");
        assert_eq!(result["error"]["cause"].as_str(), self.cause, "{result:#}");
        let kept = result["attempts"].as_array().expect("attempts");
        assert_eq!(kept.len(), attempts.len(), "{result:#}");
        for (kept, one) in kept.iter().zip(attempts) {
            for figure in ["number", "cause", "work_time_s", "wait_time_s", "usage"] {
                assert_eq!(kept[figure], one[figure], "{figure}: {status:#}");
            }
        }
        let answers = attempts.iter().map(|one| {
            let tokens = one["usage"]["output_tokens"].as_u64().unwrap_or_default();
            tokens / USAGE.completion_tokens
        });
        assert_eq!(answers.sum::<u64>(), u64::from(self.answers), "{status:#}");
    }
}

fn is_answer(step: &Step) -> bool {
    !matches!(step.reply, Reply::Status { .. })
}

/// Takes 32 MiB for each of so many processes, all smaller than the sandbox's own server: where they are
/// more than there is, the kernel takes the server.
fn takes_memory(processes: u32) -> Step {
    let take = format!(
        "python3 - <<'END'\nimport os, time\nfor _ in range({processes}):\n    \
         if os.fork() == 0:\n        x = bytearray(32 << 20)\n        time.sleep(9)\n        \
         os._exit(0)\ntime.sleep(9)\nEND\necho taken > taken.txt"
    );
    bash_for(&take, 60)
}

/// The twelve. A task may have two attempts.
fn rows() -> Vec<Row> {
    let limited = |times| refused(ProviderError::RateLimited(None), times);
    let down = |times| refused(ProviderError::Unavailable, times);
    let asks_again = Script::new([bash("echo again")]).after_end(AfterEnd::RepeatLast);
    let too_long = Script::new([bash_for("sleep 100", 100), done()]);
    vec![
        Row {
            applied: false,
            ..Row::completed(
                "conflict",
                vec![makes("both"), done().after(Duration::from_secs(10))],
            )
        },
        Row::completed("plain", vec![makes("one"), done()]),
        Row::completed(
            "longer",
            vec![makes("one"), bash("ls"), makes("two"), done()],
        )
        .with(json!({"checks": ["test -f one -a -f two"]})),
        Row::failed(
            "bad-key",
            Script::new([refused(ProviderError::BadKey, 1)]),
            &[Some("BadKey")],
            0,
        ),
        // More often than a failure ends an attempt.
        Row::completed("limited", vec![limited(4), makes("one"), done()]),
        Row {
            attempts: &[Some("ProviderError"), None],
            ..Row::completed("down", vec![down(3), makes("one"), done()])
        },
        Row::failed("too-long", too_long, &[Some("WorkTimeout")], 1)
            .with(json!({"timeout": "10s"})),
        Row::failed("stuck", asks_again, &[Some("Stuck")], 4),
        Row {
            attempts: &[Some("OutOfMemory"), None],
            ..Row::completed("grows", vec![takes_memory(24), takes_memory(24), done()])
        }
        .with(json!({"memory": "1g"})),
        Row::failed(
            "hungry",
            Script::new([takes_memory(100).times(Times::Count(2))]),
            &[Some("OutOfMemory"), Some("OutOfMemory")],
            2,
        )
        .with(json!({"memory": "1g"})),
        Row::failed(
            "liar",
            Script::new([makes("other"), done()]),
            &[Some("CheckFailed")],
            2,
        )
        .with(json!({"checks": ["test -f wanted"]})),
        Row::failed("idler", Script::new([done()]), &[Some("EmptyChange")], 1),
    ]
}

fn with_usage(script: &Script) -> Script {
    let steps = script.steps().iter().cloned();
    let steps = steps.map(|step| Step {
        usage: USAGE,
        ..step
    });
    Script::new(steps).after_end(script.rule_after_end())
}

#[test]
fn twelve_tasks_end_for_what_they_are_and_all_figures_agree() {
    let bench = Bench::new(Script::new([]));
    let rows = rows();
    assert_eq!(rows.len(), 12);
    for row in &rows {
        bench.add_task(&row.word(), with_usage(&row.script));
        let _workspace = workspace(&bench, row.name);
    }
    let entries: Vec<_> = rows.iter().map(Row::entry).collect();
    let file = bench.dir.path().join("tasks.json");
    fs::write(&file, json!(entries).to_string()).expect("the file of tasks");
    let mut command = bench.command(&["batch", "tasks.json", "--json", "--workers", "2"]);
    command
        .env("DECKHANDS_ATTEMPTS", "2")
        .env("DECKHANDS_START_TIMEOUT", "480s");
    let mut changed = false;
    let batch = Running::start(command).until("the conflict", LIMIT, || {
        let asked = bench.requests_of("task-conflict").len();
        if asked >= 2 && !changed {
            let meanwhile = bench.dir.path().join("conflict/both");
            fs::write(meanwhile, "from the user\n").expect("a change meanwhile");
            changed = true;
        }
        changed
    });
    let summary = batch.end().with_code(1).json();
    let told = summary["tasks"].as_array().expect("tasks");
    assert_eq!(told.len(), rows.len());
    for (row, told) in rows.iter().zip(told) {
        row.check(&bench, told);
    }
    let conflict = fs::read_to_string(bench.dir.path().join("conflict/both"));
    assert_eq!(conflict.expect("the file"), "from the user\n");
    let counts = &summary["counts"];
    for (count, wanted) in [("completed", 6), ("not_applied", 1), ("failed", 6)] {
        assert_eq!(counts[count], wanted, "{counts:#}");
    }
    check_figures(&bench, &summary, &rows);
    bench.assert_nothing_left();
}

/// Compares the batch's and the system's figures with the sums over the attempts, and with what the
/// provider gave.
fn check_figures(bench: &Bench, summary: &Value, rows: &[Row]) {
    let ids = summary["tasks"].as_array().into_iter().flatten();
    let attempts: Vec<Value> = ids
        .map(|told| status(bench, told["task_id"].as_str().expect("an identity")))
        .flat_map(|status| status["attempts"].as_array().cloned().unwrap_or_default())
        .collect();
    let metrics = bench.call(&["metrics", "--json"]).with_code(0).json();
    let answers: u32 = rows.iter().map(|row| row.answers).sum();
    let given = |each: u64| Some(each * u64::from(answers));
    let sum = |name: &str| {
        attempts
            .iter()
            .filter_map(|one| one[name].as_f64())
            .sum::<f64>()
    };
    for figures in [&summary["figures"], &metrics["system"]] {
        let told = &figures["attempts"];
        assert_eq!(told["total"], attempts.len(), "{told:#}");
        let usage = &told["usage"];
        assert_eq!(usage["input_tokens"].as_u64(), given(USAGE.prompt_tokens));
        assert_eq!(
            usage["output_tokens"].as_u64(),
            given(USAGE.completion_tokens)
        );
        let cost = usage["cost_usd"].as_f64().expect("a cost");
        let spent = f64::from(answers) * USAGE.cost.expect("a price");
        assert!((cost - spent).abs() < 1e-6, "{cost}, not {spent}");
        for name in ["work_time_s", "wait_time_s"] {
            let total = told[name].as_f64().expect("a time");
            assert!((total - sum(name)).abs() < 1e-6, "{name}: {told:#}");
        }
    }
    assert_eq!(summary["figures"], metrics["system"]);
    let served = bench.requests();
    let gave = served.iter().filter(|request| request.step.is_some());
    let refusals = 1 + 1 + 3;
    assert_eq!(
        gave.count(),
        usize::try_from(answers).expect("a few") + refusals
    );
}
