//! What may be left of a test's world, and the proof that nothing is.

use std::fs;
use std::process::Command;

use crate::bench::Bench;
use crate::daemon::{Container, container_names, containers, networks};

/// What an attempt's directory holds only while somebody works in it.
const WORKING: [&str; 6] = [
    "workspace",
    "agent-home",
    "input",
    "launcher",
    "way-out",
    "check",
];

impl Bench {
    /// The label that everything of this home carries, once the home exists.
    #[must_use]
    pub fn label(&self) -> Option<String> {
        let id = fs::read_to_string(self.home.join("id")).ok()?;
        Some(format!("deckhands.home={}", id.trim()))
    }

    /// Containers of this home.
    #[must_use]
    pub fn containers(&self) -> Vec<Container> {
        let label = self.label();
        label.map(|label| containers(&label)).unwrap_or_default()
    }

    /// This home's container whose name has a part, while it runs.
    #[must_use]
    pub fn running(&self, part: &str) -> Option<Container> {
        let is = |c: &Container| c.name.contains(part) && c.state == "running";
        self.containers().into_iter().find(is)
    }

    /// Names of the networks of this home.
    #[must_use]
    pub fn networks(&self) -> Vec<String> {
        let label = self.label();
        label.map(|label| networks(&label)).unwrap_or_default()
    }

    /// The tasks of this home, by their ids.
    #[must_use]
    pub fn tasks(&self) -> Vec<String> {
        let tasks = fs::read_dir(self.home.join("attempts"));
        let name = |item: fs::DirEntry| item.file_name().to_string_lossy().into_owned();
        tasks.into_iter().flatten().flatten().map(name).collect()
    }

    /// Asserts that nothing of this home is left on the daemon, neither by label nor by name, and
    /// no way out of an attempt.
    ///
    /// # Panics
    /// When something is.
    pub fn assert_nothing_left(&self) {
        let left: Vec<_> = self
            .containers()
            .into_iter()
            .map(|c| (c.name, c.state))
            .collect();
        assert!(left.is_empty(), "containers are left: {left:?}");
        let left = self.networks();
        assert!(left.is_empty(), "networks are left: {left:?}");
        let names = container_names();
        for task in self.tasks() {
            let of_task = names.iter().find(|name| name.contains(&task));
            assert_eq!(of_task, None, "a container of {task} is left");
        }
        if let Some(sandbox) = self.told_sandbox() {
            assert!(!names.contains(&sandbox), "{sandbox} is left");
        }
        let way_out = self.attempt_file("way-out/host.sock");
        assert_eq!(way_out, None, "a way out is left");
    }

    /// Asserts that no attempt has anything left but its evidence.
    ///
    /// # Panics
    /// When one has.
    pub fn assert_no_working_files(&self) {
        for file in WORKING {
            let left = self.attempt_file(file);
            assert_eq!(left, None, "a working directory is left");
        }
    }

    /// Removes by force what a failed test left on the daemon.
    pub(crate) fn force_away(&self) {
        let remove = |verb: &[&str], name: &str| {
            let _ = Command::new("docker").args(verb).arg(name).output();
        };
        for container in self.containers() {
            remove(&["rm", "--force", "--volumes"], &container.name);
        }
        for network in self.networks() {
            remove(&["network", "rm"], &network);
        }
    }
}
