//! OpenHands as the runner meets it: a container that prints JSON log lines, stores its events as
//! numbered files in its home, starts a sandbox beside itself, and changes the workspace.
//!
//! The forms are those of real sessions (`tests/fixtures/transcripts`); the steps are a test's.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use deckhands_runtime::test_util::{Script, Sibling};
use deckhands_runtime::{ContainerSpec, Labels, OutputSource};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Longest file name that an edit is given; a slash in it makes directories.
type Name = &'static str;

/// A scripted session. Each step comes a second after the one before unless `after` says more.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    script: Script,
    delay: Duration,
    next_event: u64,
}

/// From the state that ends a session to the end of its program, as measured.
const WIND_UP: Duration = Duration::from_millis(3400);

impl Agent {
    /// A program that has only said that it is there.
    pub(crate) fn new() -> Self {
        let script = Script::new()
            .stdout(Duration::from_millis(200), "Starting OpenHands...")
            .stdout(Duration::ZERO, "Running OpenHands as root")
            .stderr(Duration::from_secs(1), "main.py:1: DeprecationWarning: old");
        Self {
            script,
            delay: Duration::from_secs(1),
            next_event: 0,
        }
    }

    /// Starts its sandbox and begins to work: the first event is stored after 12 s.
    pub(crate) fn starts(self) -> Self {
        self.starts_with(Script::new().hang())
    }

    /// The same with a sandbox that does this.
    pub(crate) fn starts_with(self, sandbox: Script) -> Self {
        self.creates_sandbox(sandbox).wakes()
    }

    /// Finds a sandbox that is there and begins to work: the first event is stored 8 s later. In
    /// profile `managed`, where it makes none itself, that is all of its start.
    pub(crate) fn wakes(self) -> Self {
        self.after(Duration::from_secs(8))
            .log("[runtime sid] Runtime is ready.")
            .at_once(|agent| {
                agent
                    .event(json!({"source": "agent", "action": "system", "args": {"content": "You are", "openhands_version": "0.59.0"}}))
                    .event(json!({"source": "user", "action": "message", "args": {"content": "the task"}}))
                    .log("[Agent Controller sid] Setting agent(CodeActAgent) state from AgentState.LOADING to AgentState.RUNNING")
                    .event(state("running", ""))
            })
    }

    /// Creates the sandbox container, which does this, and waits for it no further.
    pub(crate) fn creates_sandbox(mut self, sandbox: Script) -> Self {
        self = self
            .after(Duration::from_millis(1800))
            .log("[runtime sid] Starting runtime with image: sandbox");
        let make = move |spec: &ContainerSpec| Sibling {
            script: sandbox.clone(),
            ..Sibling::new(
                &format!("openhands-runtime-{}", session(spec)),
                sandbox_labels(spec),
            )
        };
        self.script = self
            .script
            .create_sibling_with(Duration::from_secs(1), make);
        self.at_once(|agent| {
            agent.log("[runtime sid] Container started: openhands-runtime-sid. VSCode URL: None")
        })
    }

    /// The next step comes so long after the last one.
    pub(crate) fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Writes a file with its edit tool.
    pub(crate) fn writes(self, name: Name, content: &'static str) -> Self {
        let text = format!("create /workspace/{name}");
        self.event(json!({"source": "agent", "action": "edit", "args": {"command": "create", "path": format!("/workspace/{name}")}}))
            .in_workspace(move |root| {
                let path = root.join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, content).unwrap();
            })
            .at_once(|agent| agent.event(json!({"source": "agent", "observation": "edit", "content": text, "extras": {}})))
    }

    /// Runs a command that does this to the workspace.
    pub(crate) fn runs(
        self,
        command: &'static str,
        work: impl Fn(&Path) + Send + Sync + 'static,
    ) -> Self {
        let extras = json!({"metadata": {"exit_code": 0}});
        self.event(json!({"source": "agent", "action": "run", "args": {"command": command}}))
            .in_workspace(work)
            .at_once(|agent| agent.event(json!({"source": "agent", "observation": "run", "content": "", "extras": extras})))
    }

    /// Thinks aloud.
    pub(crate) fn thinks(self, thought: &str) -> Self {
        self.event(json!({"source": "agent", "action": "think", "args": {"thought": thought}}))
    }

    /// Says that it is done, and ends with code 0.
    pub(crate) fn finishes(self, answer: &str) -> Script {
        self.claims_done(answer).after(WIND_UP).exits(0)
    }

    /// Says that it is done; its program goes on.
    pub(crate) fn claims_done(self, answer: &str) -> Self {
        let metrics = json!({"accumulated_cost": 0.0, "accumulated_token_usage": {"prompt_tokens": 2100, "completion_tokens": 100}});
        let response = json!({"id": "gen-1", "model": "demo/model-a", "usage": {"cost": 0.01}});
        self.event(json!({
            "source": "agent", "action": "finish", "args": {"final_thought": answer},
            "llm_metrics": metrics, "tool_call_metadata": {"model_response": response},
        }))
        .at_once(|agent| agent.turns("FINISHED", "finished", ""))
    }

    /// Ends with an error: the reason in the event, the real cause in the log.
    pub(crate) fn fails(self, reason: &str, cause: Option<&str>) -> Script {
        let failing = match cause {
            Some(cause) => {
                let line = format!(
                    "[Agent Controller sid] Error while running the agent (session ID: sid): {cause}"
                );
                self.log(&line)
                    .at_once(|agent| agent.turns("ERROR", "error", reason))
            }
            None => self.turns("ERROR", "error", reason),
        };
        failing.after(WIND_UP).exits(0)
    }

    /// Goes over to a state, in the log and in the stored events.
    pub(crate) fn turns(self, logged: &str, stored: &str, reason: &str) -> Self {
        let line = format!(
            "[Agent Controller sid] Setting agent(CodeActAgent) state from AgentState.RUNNING to AgentState.{logged}"
        );
        self.log(&line)
            .at_once(|agent| agent.event(state(stored, reason)))
    }

    /// Says that a model call failed and will be repeated.
    pub(crate) fn retries(self) -> Self {
        self.log("litellm.RateLimitError: slow down. Attempt #1 | You can customize retry values in the configuration.")
    }

    /// Prints a log record.
    pub(crate) fn log(self, message: &str) -> Self {
        let record =
            json!({"message": message, "level": "INFO", "timestamp": "2026-01-01T00:00:00+00:00"});
        self.prints(&record.to_string())
    }

    /// Prints a line on stdout.
    pub(crate) fn prints(mut self, line: &str) -> Self {
        let bytes = format!("{line}\n");
        self.script = self.script.output(self.delay, OutputSource::Stdout, bytes);
        self.stepped()
    }

    /// Prints the last line of a program that could not start.
    pub(crate) fn complains(mut self, line: &str) -> Self {
        self.script = self.script.stderr(self.delay, line);
        self.stepped()
    }

    /// Stores an event.
    pub(crate) fn event(mut self, mut event: Value) -> Self {
        let number = self.next_event;
        self.next_event += 1;
        event["id"] = json!(number);
        event["timestamp"] = json!("2026-01-01T00:00:00.000000");
        let store = move |spec: &ContainerSpec| {
            let dir = home(spec)
                .join("sessions")
                .join(session(spec))
                .join("events");
            fs::create_dir_all(&dir).unwrap();
            fs::write(dir.join(format!("{number}.json")), event.to_string()).unwrap();
        };
        self.script = self.script.call(self.delay, store);
        self.stepped()
    }

    /// Does something of the test's own, given the app container's spec.
    pub(crate) fn does(mut self, work: impl Fn(&ContainerSpec) + Send + Sync + 'static) -> Self {
        self.script = self.script.call(self.delay, work);
        self.stepped()
    }

    /// Does something to the workspace at once.
    fn in_workspace(mut self, work: impl Fn(&Path) + Send + Sync + 'static) -> Self {
        self.script = self
            .script
            .call(Duration::ZERO, move |spec| work(&workspace(spec)));
        self
    }

    /// Ends with this code.
    pub(crate) fn exits(self, code: i64) -> Script {
        self.script.exit(self.delay, code)
    }

    /// Goes on for ever.
    pub(crate) fn hangs(self) -> Script {
        self.script.hang()
    }

    /// Is killed by the kernel for memory.
    pub(crate) fn runs_out_of_memory(self) -> Script {
        self.script.oom(self.delay)
    }

    /// Takes these steps without time between them.
    fn at_once(self, steps: impl FnOnce(Self) -> Self) -> Self {
        steps(self.after(Duration::ZERO)).after(Duration::from_secs(1))
    }

    /// Steps within `at_once` have no time between them, others a second.
    fn stepped(mut self) -> Self {
        if !self.delay.is_zero() {
            self.delay = Duration::from_secs(1);
        }
        self
    }
}

fn state(word: &str, reason: &str) -> Value {
    json!({
        "source": "environment", "observation": "agent_state_changed", "content": "",
        "extras": {"agent_state": word, "reason": reason},
    })
}

fn variable<'a>(spec: &'a ContainerSpec, name: &str) -> &'a str {
    spec.env
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.expose())
        .unwrap()
}

/// The session id that OpenHands makes of the name it is given with `-n`.
fn session(spec: &ContainerSpec) -> String {
    let flag = spec.command.iter().position(|word| word == "-n").unwrap();
    let name = &spec.command[flag + 1];
    let hash = Sha256::digest(format!("{name}**********"));
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let id = format!("{}-{hex}", &name[..16]);
    id[..32].to_owned()
}

/// Where the app's `/.openhands` is on the host.
fn home(spec: &ContainerSpec) -> PathBuf {
    let mount = spec
        .mounts
        .iter()
        .find(|mount| mount.target == "/.openhands");
    mount.unwrap().source.clone()
}

/// Where the sandbox's `/workspace` is on the host; an app of profile `managed` is not told.
fn workspace(spec: &ContainerSpec) -> PathBuf {
    let volumes = spec.env.iter().find(|(key, _)| key == "SANDBOX_VOLUMES");
    match volumes {
        Some((_, value)) => PathBuf::from(value.expose().strip_suffix(":/workspace:rw").unwrap()),
        None => home(spec).with_file_name("workspace"),
    }
}

/// The labels that OpenHands hands on to its sandbox: `{'labels': {'a': 'b', …}, …}`.
fn sandbox_labels(spec: &ContainerSpec) -> Labels {
    let settings = variable(spec, "SANDBOX_DOCKER_RUNTIME_KWARGS");
    let (_, labels) = settings.split_once("'labels': {'").unwrap();
    let (labels, _) = labels.split_once("'}").unwrap();
    let pairs = labels
        .split("', '")
        .map(|pair| pair.split_once("': '").unwrap());
    pairs
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}
