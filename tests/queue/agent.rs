//! OpenHands as far as an attempt needs it: events that a container stores in its home.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use deckhands_runtime::ContainerSpec;
use deckhands_runtime::test_util::Script;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Works for this time and finishes.
pub(crate) fn finishing(work: Duration) -> Script {
    let finish = json!({"source": "agent", "action": "finish", "args": {"final_thought": "done"}});
    working()
        .call(work, move |spec| {
            store(spec, 3, &[finish.clone(), state("finished")]);
        })
        .exit(Duration::from_secs(1), 0)
}

/// Works and never ends.
pub(crate) fn hanging() -> Script {
    working().hang()
}

fn working() -> Script {
    let began = [
        json!({"source": "agent", "action": "system", "args": {"content": "You are", "openhands_version": "0.59.0"}}),
        json!({"source": "user", "action": "message", "args": {"content": "the task"}}),
        state("running"),
    ];
    Script::new()
        .stdout(Duration::ZERO, "Starting OpenHands...")
        .call(Duration::ZERO, move |spec| store(spec, 0, &began))
}

fn state(word: &str) -> Value {
    json!({
        "source": "environment", "observation": "agent_state_changed", "content": "",
        "extras": {"agent_state": word, "reason": ""},
    })
}

/// Stores events, numbered from `first`. One that cannot be stored is missed by whoever waits for it.
fn store(spec: &ContainerSpec, first: usize, events: &[Value]) {
    let Some(dir) = place(spec).filter(|dir| fs::create_dir_all(dir).is_ok()) else {
        return;
    };
    for (number, event) in (first..).zip(events) {
        let mut event = event.clone();
        event["id"] = json!(number);
        event["timestamp"] = json!("2026-01-01T00:00:00.000000");
        let stored = fs::write(dir.join(format!("{number}.json")), event.to_string());
        if stored.is_err() {
            return;
        }
    }
}

/// Where the container stores its events, on this host.
fn place(spec: &ContainerSpec) -> Option<PathBuf> {
    let mut mounts = spec.mounts.iter();
    let home = mounts.find(|mount| mount.target == "/.openhands")?;
    let sessions = home.source.join("sessions");
    Some(sessions.join(session(spec)?).join("events"))
}

/// The session id that OpenHands makes of the name it is given with `-n`.
fn session(spec: &ContainerSpec) -> Option<String> {
    let flag = spec.command.iter().position(|word| word == "-n")?;
    let name = spec.command.get(flag + 1)?;
    let hash = Sha256::digest(format!("{name}**********"));
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let id = format!("{}-{hex}", name.get(..16)?);
    id.get(..32).map(str::to_owned)
}
