//! What became of the containers of a home, as the daemon told it while it happened.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deckhands_e2e::wait_for;
use jiff::Timestamp;
use serde_json::Value;

/// Longest time from something that happened until it is told.
const TOLD: Duration = Duration::from_secs(20);

/// Listens to the daemon.
pub(super) struct Listener {
    docker: Child,
    told: Arc<Mutex<Vec<Value>>>,
}

/// The containers that there were.
#[derive(Debug, Default)]
pub(super) struct Lives {
    by_id: BTreeMap<String, Life>,
}

/// One container.
#[derive(Clone, Debug)]
pub(super) struct Life {
    task: String,
    attempt: String,
    role: String,
    made: Timestamp,
    gone: Option<Timestamp>,
}

impl Lives {
    /// Listens from now on to what happens to containers of a label.
    pub(super) fn listen(label: &str) -> Listener {
        let mut docker = Command::new("docker");
        docker.args(["events", "--format", "{{json .}}"]);
        docker.args(["--filter", "type=container", "--filter"]);
        docker.arg(format!("label={label}"));
        for action in ["create", "destroy"] {
            docker.args(["--filter", &format!("event={action}")]);
        }
        let docker = docker.stdout(Stdio::piped()).stdin(Stdio::null()).spawn();
        let mut docker = docker.expect("the docker command");
        let output = docker.stdout.take().expect("its output");
        let told = Arc::default();
        let heard = Arc::clone(&told);
        std::thread::spawn(move || read(output, &heard));
        Listener { docker, told }
    }

    fn take(&mut self, event: &Value) {
        let of = &event["Actor"]["Attributes"];
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let at = event["timeNano"].as_i64().expect("a time");
        let at = Timestamp::from_nanosecond(at.into()).expect("a time");
        let id = text(&event["Actor"]["ID"]);
        if event["Action"] == "create" {
            let life = Life {
                task: text(&of["deckhands.task"]),
                attempt: text(&of["deckhands.attempt"]),
                role: text(&of["deckhands.role"]),
                made: at,
                gone: None,
            };
            assert!(self.by_id.insert(id, life).is_none(), "made twice");
        } else {
            self.by_id.get_mut(&id).expect("a container").gone = Some(at);
        }
    }

    /// The one app of an attempt.
    pub(super) fn of_app(&self, task: &str, attempt: u32) -> &Life {
        let mut apps = self.by_id.values().filter(|life| {
            life.role == "app" && life.task == task && life.attempt == attempt.to_string()
        });
        apps.next().expect("an attempt that was made has an app")
    }

    /// How many apps there were.
    pub(super) fn apps(&self) -> usize {
        self.by_id
            .values()
            .filter(|life| life.role == "app")
            .count()
    }

    /// Nobody made a container anew for an attempt that had one.
    pub(super) fn assert_each_made_once(&self) {
        let mut seen: BTreeMap<_, usize> = BTreeMap::new();
        for life in self.by_id.values() {
            let key = (&life.task, &life.attempt, &life.role);
            *seen.entry(key).or_default() += 1;
        }
        let twice: Vec<_> = seen.iter().filter(|(_, count)| **count > 1).collect();
        assert!(twice.is_empty(), "made anew: {twice:?}");
    }
}

impl Life {
    /// Whether it was there at a time, the same before and after.
    pub(super) fn spans(&self, at: Timestamp) -> bool {
        self.made < at && self.gone.is_none_or(|gone| at < gone)
    }
}

impl Listener {
    /// Everything, once all containers that were made are gone.
    pub(super) fn end(self) -> Lives {
        wait_for("the end of every container", TOLD, || {
            let mut lives = Lives::default();
            let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            told.iter().for_each(|event| lives.take(event));
            let all_gone = lives.by_id.values().all(|life| life.gone.is_some());
            all_gone.then_some(lives)
        })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.docker.kill();
        let _ = self.docker.wait();
    }
}

fn read(output: ChildStdout, heard: &Mutex<Vec<Value>>) {
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        let event = serde_json::from_str(&line).expect("JSON of docker events");
        heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(event);
    }
}
