//! What a fake container does, step by step. Playing it is left to `play`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::containers::OutputSource;
use crate::labels::Labels;
use crate::spec::ContainerSpec;

/// The steps of a container, each so long after the one before. Ends with `exit`, `oom` or `hang`;
/// running off the end without one of them is an error that names the container.
#[derive(Clone, Default)]
pub struct Script {
    pub(super) steps: Vec<Step>,
}

/// A container that another one starts beside itself, as OpenHands does with its sandbox. It sees
/// the same mounts and image.
#[derive(Clone, Debug)]
pub struct Sibling {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: Labels,
    /// Host addresses of its published ports.
    pub published_addresses: Vec<String>,
    /// What it does.
    pub script: Script,
}

/// One step.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) after: Duration,
    pub(super) action: Action,
}

/// What a step does.
#[derive(Clone)]
pub(super) enum Action {
    Output(OutputSource, Bytes),
    PrintEnv(String),
    WriteFile { path: String, bytes: Bytes },
    RemoveFile { path: String },
    Sibling(Hook<Sibling>),
    Call(Hook<()>),
    Processes(u64),
    Exit(i64),
    OutOfMemory,
    Hang,
}

/// A test's own code, given the spec of the container that plays.
pub(super) type Hook<T> = Arc<dyn Fn(&ContainerSpec) -> T + Send + Sync>;

impl Script {
    /// No step yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Prints a line on stdout.
    #[must_use]
    pub fn stdout(self, after: Duration, line: &str) -> Self {
        self.step(
            after,
            Action::Output(OutputSource::Stdout, Bytes::from(format!("{line}\n"))),
        )
    }

    /// Prints a line on stderr.
    #[must_use]
    pub fn stderr(self, after: Duration, line: &str) -> Self {
        self.step(
            after,
            Action::Output(OutputSource::Stderr, Bytes::from(format!("{line}\n"))),
        )
    }

    /// Prints these bytes as one piece.
    #[must_use]
    pub fn output(self, after: Duration, source: OutputSource, bytes: impl Into<Bytes>) -> Self {
        self.step(after, Action::Output(source, bytes.into()))
    }

    /// Prints the value of a variable of its environment as a line; ends with code 1 without one.
    #[must_use]
    pub fn stdout_env(self, after: Duration, key: &str) -> Self {
        self.step(after, Action::PrintEnv(key.to_owned()))
    }

    /// Writes a file by its path in the container, which must lie in a mount; makes the directories
    /// above. In a read-only mount the container complains on stderr and ends with code 1.
    #[must_use]
    pub fn write_file(self, after: Duration, path: &str, bytes: impl Into<Bytes>) -> Self {
        self.step(
            after,
            Action::WriteFile {
                path: path.to_owned(),
                bytes: bytes.into(),
            },
        )
    }

    /// Removes a file or a directory with all in it; otherwise as `write_file`.
    #[must_use]
    pub fn remove_file(self, after: Duration, path: &str) -> Self {
        self.step(
            after,
            Action::RemoveFile {
                path: path.to_owned(),
            },
        )
    }

    /// Starts a container beside itself that hangs, with these labels.
    #[must_use]
    pub fn create_sibling(self, after: Duration, name: &str, labels: Labels) -> Self {
        let sibling = Sibling::new(name, labels);
        self.create_sibling_with(after, move |_| sibling.clone())
    }

    /// Starts a container beside itself that depends on its own spec.
    #[must_use]
    pub fn create_sibling_with(
        self,
        after: Duration,
        make: impl Fn(&ContainerSpec) -> Sibling + Send + Sync + 'static,
    ) -> Self {
        self.step(after, Action::Sibling(Arc::new(make)))
    }

    /// Runs a test's own code, which must not block.
    #[must_use]
    pub fn call(
        self,
        after: Duration,
        code: impl Fn(&ContainerSpec) + Send + Sync + 'static,
    ) -> Self {
        self.step(after, Action::Call(Arc::new(code)))
    }

    /// Has so many processes and threads from now on, as a reading of its use tells. Before it is 1.
    #[must_use]
    pub fn processes(self, after: Duration, count: u64) -> Self {
        self.step(after, Action::Processes(count))
    }

    /// Ends with this code.
    #[must_use]
    pub fn exit(self, after: Duration, code: i64) -> Self {
        self.step(after, Action::Exit(code))
    }

    /// Is killed by the kernel for memory: code 137 and the mark for it.
    #[must_use]
    pub fn oom(self, after: Duration) -> Self {
        self.step(after, Action::OutOfMemory)
    }

    /// Does nothing more until it is killed.
    #[must_use]
    pub fn hang(self) -> Self {
        self.step(Duration::ZERO, Action::Hang)
    }

    fn step(mut self, after: Duration, action: Action) -> Self {
        self.steps.push(Step { after, action });
        self
    }
}

impl Sibling {
    /// One that hangs and publishes nothing.
    #[must_use]
    pub fn new(name: &str, labels: Labels) -> Self {
        Self {
            name: name.to_owned(),
            labels,
            published_addresses: Vec::new(),
            script: Script::new().hang(),
        }
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script")
            .field("steps", &self.steps.len())
            .finish()
    }
}
