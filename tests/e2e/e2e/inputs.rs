//! What a user may hand over: long texts, odd names, wrong words. Wrong ones are refused before
//! anything is created.

use std::fs;

use deckhands_e2e::{Bench, bash, create_file, one_step};
use deckhands_testkit::{Script, Step};

/// Asserts a refusal: exit code 2, one JSON error, no container and no call of the model.
fn check_refused(args: &[&str], message: &str, hint: &str) {
    let bench = Bench::new(one_step());
    let report = bench.run(args).with_code(2).json();
    assert_eq!(report["code"], 2, "{report:#}");
    let shown = report["message"].as_str().expect("a message");
    assert!(shown.contains(message), "`{message}` is not in `{shown}`");
    let shown = report["hint"].as_str().expect("a hint");
    assert!(shown.contains(hint), "`{hint}` is not in `{shown}`");
    assert!(bench.requests().is_empty());
    assert!(
        !bench.home.join("attempts").exists(),
        "an attempt was begun"
    );
    bench.assert_nothing_left();
}

#[test]
fn a_model_without_provider_is_refused_with_the_id_that_is_meant() {
    check_refused(
        &["do it", "--model", "deepseek-chat-v3.1:free"],
        "deepseek-chat-v3.1:free",
        "openrouter/deepseek/deepseek-chat-v3.1:free",
    );
}

#[test]
fn wrong_words_are_refused_before_anything_starts() {
    let rows: &[(&[&str], &str, &str)] = &[
        (&[""], "the task text is empty", "--help"),
        (&["do it", "--timeout", "5"], "deadlines.work", ""),
        (&["do it", "--memory", "much"], "limits.memory", ""),
        (&["do it", "--max-cost", "much"], "money.max_cost", ""),
        (
            &["do it", "--max-cost", "1", "--model", "openrouter/no/price"],
            "openrouter/no/price",
            "money.unknown_price",
        ),
        (
            &["do it", "--replay", "absent.jsonl"],
            "`absent.jsonl` cannot be played",
            "model.jsonl",
        ),
        (&["do it", "--profile", "single"], "single", "managed"),
        (&["do it", "--no-such-flag"], "--no-such-flag", "--help"),
        (&["-f", "absent.md"], "absent.md", "-f FILE"),
    ];
    for (args, message, hint) in rows {
        check_refused(args, message, hint);
    }
}

#[test]
fn a_missing_key_is_refused_with_the_variable_to_set() {
    let bench = Bench::new(one_step());
    let mut command = bench.run_command(&["do it"]);
    command.env_remove("OPENROUTER_API_KEY");
    let report = deckhands_e2e::Running::start(command)
        .end()
        .with_code(2)
        .json();
    let shown = format!("{} {}", report["message"], report["hint"]);
    assert!(shown.contains("OPENROUTER_API_KEY"), "{report:#}");
}

#[test]
fn a_task_of_one_megabyte_reaches_the_model_whole() {
    let bench = Bench::new(one_step());
    let lines =
        (0..18_000).map(|n| format!("line {n:>8} of a long task with words, words and words\n"));
    let text: String = lines.collect();
    assert!(text.len() >= 1_000_000, "{}", text.len());
    let task = bench.dir.path().join("long task.md");
    fs::write(&task, &text).expect("the task's file");
    let report = bench
        .run(&["-f", &task.to_string_lossy()])
        .with_code(0)
        .json();
    assert_eq!(report["state"], "completed");
    let first = &bench.requests()[0];
    let asked = first.json().expect("a JSON request").to_string();
    assert!(
        asked.contains("line        0 of a long task"),
        "the beginning is missing"
    );
    assert!(
        asked.contains("line    17999 of a long task"),
        "the end is missing"
    );
    bench.assert_nothing_left();
}

#[test]
fn spaces_and_unicode_in_every_name_work() {
    let script = Script::new([
        bash(
            "cat 'ein Ordner/grüße.txt' && mkdir 'neu neu' && mv 'ein Ordner/grüße.txt' 'neu neu/☃ x.txt'",
        ),
        create_file("/workspace/ein Ordner/日本語.txt", "konnichiwa\n"),
        Step::finish("fertig ✓"),
    ]);
    let bench = Bench::named(script, "my wörk space", "state of déck hands");
    fs::create_dir(bench.workspace.join("ein Ordner")).expect("a directory");
    fs::write(bench.workspace.join("ein Ordner/grüße.txt"), "servus\n").expect("a file");
    let report = bench
        .run(&["räum auf", "--check", "test -e 'neu neu/☃ x.txt'"])
        .with_code(0)
        .json();
    assert_eq!(report["output"], "fertig ✓");
    assert_eq!(bench.file("neu neu/☃ x.txt").as_deref(), Some("servus\n"));
    assert_eq!(
        bench.file("ein Ordner/日本語.txt").as_deref(),
        Some("konnichiwa\n")
    );
    assert_eq!(bench.file("ein Ordner/grüße.txt"), None);
    bench.assert_nothing_left();
}

#[test]
fn a_dry_run_and_a_simulation_create_nothing() {
    let bench = Bench::new(one_step());
    let plan = bench.run(&["do it", "--dry-run"]).with_code(0);
    assert!(!plan.stdout.contains(deckhands_e2e::CANARY));
    let plan = plan.json();
    assert_eq!(plan["app"]["environment"]["LLM_API_KEY"], "***");
    assert_eq!(
        plan["route"]["model"],
        "openrouter/deepseek/deepseek-chat-v3.1:free"
    );
    let report = bench.run(&["do it", "--simulate"]).with_code(1).json();
    assert_eq!(report["state"], "degraded");
    assert_eq!(report["applied"], false);
    assert!(bench.requests().is_empty());
    assert_eq!(bench.file("hello.txt"), None);
    bench.assert_nothing_left();
}
