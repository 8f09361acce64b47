//! Tasks that the tiny agent plays, for tests that need many of them: each has a workspace of its own, in
//! which a sandbox that its app starts by the Docker socket adds one line to a file.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use deckhands_testkit::Script;
use serde_json::Value;

use crate::bench::Bench;
use crate::ended::Running;

/// What the file of each workspace holds in the beginning, and what the agent adds.
const BEFORE: &str = "begin\n";
const ADDED: &str = "done\n";

/// A world whose tasks are played.
#[derive(Debug)]
pub struct TinyWorld {
    /// Home and daemon.
    pub bench: Bench,
    image: String,
    docker_host: Option<String>,
}

/// A task that was handed in.
#[derive(Clone, Debug)]
pub struct TinyTask {
    /// Its identity.
    pub id: String,
    workspace: PathBuf,
}

impl TinyWorld {
    /// A world of its own.
    ///
    /// # Panics
    /// Without the tiny image.
    #[must_use]
    pub fn new() -> Self {
        let image =
            std::env::var_os("DECKHANDS_TINY_IMAGE").expect("the tiny image: cargo xtask e2e");
        Self {
            bench: Bench::new(Script::new([])),
            image: image.to_string_lossy().into_owned(),
            docker_host: None,
        }
    }

    /// The same behind another way to the daemon.
    #[must_use]
    pub fn with_docker_host(mut self, host: String) -> Self {
        self.docker_host = Some(host);
        self
    }

    /// A command of the binary over this world.
    #[must_use]
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.bench.command(args);
        command
            .env("OPENHANDS_DOCKER_IMAGE", &self.image)
            .env("OPENHANDS_DOCKER_RUNTIME_IMAGE", &self.image)
            .env("DECKHANDS_PROFILE", "socket")
            .env("DECKHANDS_MODEL_WAY", "direct");
        if let Some(host) = &self.docker_host {
            command.env("DOCKER_HOST", host);
        }
        command
    }

    /// Starts a command and comes back at once.
    #[must_use]
    pub fn start(&self, args: &[&str]) -> Running {
        Running::start(self.command(args))
    }

    /// Hands in a task whose agent is at work for so long before and after its one change.
    ///
    /// # Panics
    /// When it is not taken.
    #[must_use]
    pub fn submit(&self, number: usize, (before, after): (f64, f64)) -> TinyTask {
        let workspace = self.bench.dir.path().join(format!("work/{number}"));
        fs::create_dir_all(&workspace).expect("a workspace");
        fs::write(workspace.join("log"), BEFORE).expect("a file");
        let play = format!(
            "task number {number}\nstate running\nsleep {before}\nsandbox append /workspace/log done\n\
             sleep {after}\nfinish done\nstate finished\n"
        );
        let mut command = self.command(&["submit", "--json", &play]);
        command.arg("--workspace").arg(&workspace);
        let stored = Running::start(command).end().with_code(0).json();
        let id = stored["task_id"].as_str().expect("an identity").to_owned();
        TinyTask { id, workspace }
    }

    /// What `status` says of a task.
    #[must_use]
    pub fn status(&self, task: &TinyTask) -> Value {
        let status = self.start(&["status", &task.id, "--json"]);
        status.end().with_code(0).json()
    }

    /// Asserts that nothing is left that anybody would have to clear up, by the product's own word, too.
    ///
    /// # Panics
    /// When something is.
    pub fn assert_clear(&self) {
        self.bench.assert_nothing_left();
        let reap = self.start(&["reap", "--json"]).end().with_code(0).json();
        for list in [
            "removed",
            "cancelled",
            "cleared",
            "live",
            "adoptable",
            "failed",
        ] {
            assert_eq!(reap[list], serde_json::json!([]), "{list}: {reap:#}");
        }
    }
}

impl Default for TinyWorld {
    fn default() -> Self {
        Self::new()
    }
}

impl TinyTask {
    /// Whether its workspace shows the agent's change, once.
    ///
    /// # Panics
    /// Where it shows anything else than nothing of it or all of it once.
    #[must_use]
    pub fn is_done_once(&self) -> bool {
        let log = fs::read_to_string(self.workspace.join("log")).expect("the file");
        let done = log == format!("{BEFORE}{ADDED}");
        assert!(done || log == BEFORE, "task {}: {log:?}", self.id);
        done
    }
}
