//! From a file to what is handed in.

use std::fs;

use deckhands_config::{Sources, load};
use deckhands_model::Priority;
use deckhands_orchestration::SystemIds;
use tempfile::TempDir;

use super::super::file;
use super::*;

/// A directory with a file of tasks, as JSON lines, and two workspaces.
struct Place {
    dir: TempDir,
    config: String,
    /// What the command line says of all tasks.
    flags: Flags,
}

impl Place {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        for name in ["one", "two"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        Self {
            dir,
            config: String::new(),
            flags: Flags::new(),
        }
    }

    fn config(self, config: &str) -> Self {
        Self {
            config: config.to_owned(),
            ..self
        }
    }

    fn load(&self, flags: Flags) -> Result<Settings, CliError> {
        let config = self.dir.path().join("config.toml");
        fs::write(&config, &self.config).unwrap();
        Ok(load(&Sources {
            cwd: "/".into(),
            state_dir: Some(self.dir.path().join("state")),
            explicit_config: Some(config),
            flags,
            ..Sources::default()
        })?)
    }

    fn prepare(&self, lines: &str) -> Result<Prepared, CliError> {
        let path = self.dir.path().join("tasks.jsonl");
        fs::write(&path, lines).unwrap();
        let own = self.load(Flags::new())?;
        let file = file::read(&path)?;
        let common = Common {
            any_size: false,
            prices: Arc::default(),
        };
        let load = |flags: Flags| self.load(flags.over(self.flags.clone()));
        prepare(&load, &own, &file, &common)
    }

    /// The error of a second task, `{"text": "b", …}`, after one without fault.
    fn refused(&self, second: &str) -> String {
        let lines = format!("{{\"text\":\"a\",\"workspace\":\"one\"}}\n{second}\n");
        self.prepare(&lines).unwrap_err().0.message
    }
}

#[test]
fn fields_become_the_request_and_paths_start_at_the_file() {
    let place = Place {
        flags: Flags::new().with(Key::MaxCost, "--max-cost", "3"),
        ..Place::new()
    };
    fs::write(place.dir.path().join("task.md"), "\n\nfrom a file\nmore").unwrap();
    let lines = "{\"file\":\"task.md\",\"workspace\":\"one\",\"timeout\":90,\"max_iterations\":7,\"max_cost\":0.5,\"memory\":\"2g\",\"checks\":[\"make\"],\"no_apply\":true,\"priority\":\"low\"}\n{\"text\":\"-\",\"name\":\"second\",\"workspace\":\"two\",\"allow_no_change\":true}\n";
    let prepared = place.prepare(lines).unwrap();
    let [first, second] = &prepared.tasks[..] else {
        panic!("{prepared:?}");
    };
    let request = &first.request;
    assert_eq!(request.text.as_str(), "\n\nfrom a file\nmore");
    assert_eq!(
        request.workspace,
        place.dir.path().canonicalize().unwrap().join("one")
    );
    assert_eq!(request.deadlines.work.as_secs(), 90);
    assert_eq!(request.limits.iterations, 7);
    assert_eq!(request.limits.memory.to_string(), "2g");
    assert_eq!(request.checks, ["make"]);
    let caps = [request, &second.request].map(|request| request.max_cost.unwrap().to_string());
    assert_eq!(
        caps,
        ["$0.50", "$3.00"],
        "its own goes before that of the batch"
    );
    assert!(!request.policy.apply && !first.item.apply);
    assert_eq!(
        (first.item.name.as_str(), first.title.as_str()),
        ("from a file", "from a file")
    );
    assert_eq!(second.request.text.as_str(), "-", "not read from stdin");
    assert_eq!(
        (second.item.index, second.item.name.as_str()),
        (2, "second")
    );
    assert!(second.request.policy.allow_no_change && second.request.policy.apply);
}

#[test]
fn every_task_carries_the_cap_of_the_batch() {
    let place = Place::new().config("money.per_batch = 5\n");
    let line = "{\"text\":\"a\",\"workspace\":\"one\"}\n";
    let prepared = place.prepare(line).unwrap();
    let cap = prepared.tasks[0].request.max_batch_cost;
    assert_eq!(cap, Some(deckhands_model::Usd::dollars(5)));
    let unpriced = "{\"text\":\"b\",\"workspace\":\"one\",\"model\":\"openrouter/no/price\"}";
    let refused = place.refused(unpriced);
    assert!(
        refused.contains("the price of `openrouter/no/price` is not known"),
        "{refused}"
    );
}

#[test]
fn what_is_handed_in_carries_batch_and_key() {
    let place = Place::new();
    let lines = "{\"text\":\"a\",\"workspace\":\"one\",\"priority\":\"high\"}\n{\"text\":\"b\",\"workspace\":\"one\"}\n";
    let tasks = place.prepare(lines).unwrap().tasks;
    let tasks = of_batch(tasks, "b1", &SystemIds).unwrap();
    let keys: Vec<_> = tasks
        .iter()
        .map(|t| t.task.idempotency_key.as_deref())
        .collect();
    assert_eq!(keys, [Some("batch:b1:1"), Some("batch:b1:2")]);
    assert_eq!(tasks[0].task.priority, Priority::High);
    assert!(tasks.iter().all(|t| t.task.batch.as_deref() == Some("b1")));
    assert_ne!(tasks[0].task.id, tasks[1].task.id);
    let again = of_batch(place.prepare(lines).unwrap().tasks, "b1", &SystemIds).unwrap();
    assert_eq!(
        again[0].task.spec, tasks[0].task.spec,
        "or it could not be resumed"
    );
}

#[test]
fn no_checks_and_those_of_the_settings_are_two_things() {
    let place = Place::new().config("[run]\nchecks = [\"make test\"]\n");
    let lines = "{\"text\":\"a\",\"workspace\":\"one\"}\n{\"text\":\"b\",\"workspace\":\"one\",\"checks\":[]}\n";
    let tasks = place.prepare(lines).unwrap().tasks;
    assert_eq!(tasks[0].request.checks, ["make test"]);
    assert_eq!(tasks[1].request.checks, Vec::<String>::new());
}

#[test]
fn a_bad_task_is_told_with_file_line_and_place() {
    let place = Place::new();
    for (second, says) in [
        (
            "{\"text\":\"b\",\"workspace\":\"gone\"}",
            "is not a directory",
        ),
        ("{\"text\":\"b\",\"workspace\":\"/\"}", "is the root"),
        (
            "{\"text\":\"b\",\"workspace\":\"one\",\"model\":\"nonsense\"}",
            "`nonsense` is no value",
        ),
        (
            "{\"text\":\"b\",\"workspace\":\"one\",\"timeout\":1}",
            "`1` is no value",
        ),
        ("{\"text\":\"  \",\"workspace\":\"one\"}", "is empty"),
        (
            "{\"file\":\"gone.md\",\"workspace\":\"one\"}",
            "cannot be read",
        ),
    ] {
        let message = place.refused(second);
        assert!(message.contains("tasks.jsonl:2: task 2: "), "{message}");
        assert!(message.contains(says), "{message}");
    }
    let unknown = place.refused("{\"text\":\"b\",\"workspace\":\"one\",\"check\":\"make\"}");
    assert!(
        unknown.contains("tasks.jsonl:2: `check` is no field"),
        "{unknown}"
    );
}

#[test]
fn a_model_that_would_be_sent_another_providers_key_is_refused() {
    let second = "{\"text\":\"b\",\"workspace\":\"one\",\"model\":\"openai/gpt-4o\"}";
    let message = Place::new().refused(second);
    assert!(
        message.contains("no API key for provider `openai`"),
        "{message}"
    );
    let one_address = Place::new().config("[model]\nbase_url = \"https://llm.example/v1\"\n");
    assert!(
        one_address.prepare(second).is_ok(),
        "one address has one key"
    );
}

#[test]
fn a_workspace_beside_the_root_is_refused() {
    let place = Place::new();
    let root = place.dir.path().join("one");
    let place = place.config(&format!("[run]\nworkspace_root = {root:?}\n"));
    let message = place.refused("{\"text\":\"b\",\"workspace\":\"two\"}");
    assert!(message.contains("is not inside"), "{message}");
}
