//! A home, a workspace, and the binary.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use deckhands_store::{SqliteOptions, SqliteStore, Upkeep};
use serde_json::Value;
use tokio::runtime::Builder;

/// The exit code of an environment that is not ready.
pub(crate) const NOT_READY: i32 = 3;

pub(crate) struct Bench {
    dir: tempfile::TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("workspace")).unwrap();
        Self { dir }
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.home().join("deckhands.db")
    }

    /// Brings everything into the database's one file, nothing of it in a log.
    pub(crate) fn settle(&self) {
        let store = SqliteStore::open(&self.database(), SqliteOptions::default()).unwrap();
        let settled = self.beside("settled");
        let runtime = Builder::new_current_thread().build().unwrap();
        runtime.block_on(store.backup(&settled)).unwrap();
        for part in ["", "-wal", "-shm"] {
            let _missing = fs::remove_file(self.home().join(format!("deckhands.db{part}")));
        }
        fs::rename(settled, self.database()).unwrap();
    }

    /// A place beside the home.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A program with nothing of the caller's surroundings.
    pub(crate) fn program(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", self.dir.path())
            .env("OPENROUTER_API_KEY", "sk-unused")
            .current_dir(self.dir.path().join("workspace"));
        command
    }

    /// Calls the binary with a home.
    pub(crate) fn call_in(&self, home: &Path, args: &[&str]) -> Ended {
        let mut command = self.program(env!("CARGO_BIN_EXE_deckhands"));
        command.args(args).arg("--home").arg(home);
        Ended::of(&command.output().unwrap())
    }

    pub(crate) fn call(&self, args: &[&str]) -> Ended {
        self.call_in(&self.home(), args)
    }

    /// Hands a task in; its identity.
    pub(crate) fn submit(&self, text: &str) -> String {
        let ended = self.call(&["submit", text, "--quiet"]);
        assert_eq!(ended.code, 0, "{ended:?}");
        ended.stdout.trim().to_owned()
    }

    /// The identities of all tasks, in the order of their hand-in.
    pub(crate) fn listed(&self) -> Vec<String> {
        let ended = self.call(&["list", "--json", "--limit", "100000"]);
        assert_eq!(ended.code, 0, "{ended:?}");
        ids(&ended.stdout)
    }
}

/// The identities that `list --json` printed.
pub(crate) fn ids(stdout: &str) -> Vec<String> {
    let listing: Value = serde_json::from_str(stdout).unwrap();
    let tasks = listing["tasks"].as_array().unwrap().iter();
    let ids = tasks.map(|task| task["task_id"].as_str().unwrap().to_owned());
    ids.collect()
}

impl Ended {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout.clone()).unwrap(),
            stderr: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    /// One line what failed, one with a hint, nothing else.
    pub(crate) fn assert_told(&self, message: &str, hint: &str) {
        assert_eq!(self.code, NOT_READY, "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        let lines: Vec<&str> = self.stderr.lines().collect();
        assert_eq!(lines.len(), 2, "{self:?}");
        let (told, hinted) = (lines[0], lines[1]);
        assert!(
            told.starts_with("error: ") && told.contains(message),
            "{self:?}"
        );
        assert!(
            hinted.starts_with("hint: ") && hinted.contains(hint),
            "{self:?}"
        );
    }

    /// The same as one JSON document.
    pub(crate) fn assert_told_as_json(&self, message: &str, hint: &str) {
        assert_eq!(self.code, NOT_READY, "{self:?}");
        assert_eq!(self.stderr, "", "{self:?}");
        let report: Value = serde_json::from_str(&self.stdout).unwrap();
        assert_eq!(report["code"], NOT_READY, "{report:#}");
        let has = |field: &str, text: &str| report[field].as_str().unwrap().contains(text);
        assert!(has("message", message) && has("hint", hint), "{report:#}");
    }
}
