//! A process of the built binary: running, and ended.

use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

/// What a command left.
#[derive(Debug)]
pub struct Ended {
    /// Exit code; 128 + signal for a signal.
    pub code: i32,
    /// What it printed as data.
    pub stdout: String,
    /// What it told.
    pub stderr: String,
    /// From start to end.
    pub took: Duration,
}

/// A command that runs. Dropped by a test that fails, it is killed.
#[derive(Debug)]
pub struct Running {
    /// There until its end is waited for.
    child: Option<Child>,
    started: Instant,
}

impl Running {
    /// Starts a command with its output caught.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(mut command: Command) -> Self {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let started = Instant::now();
        Self {
            child: Some(command.spawn().expect("start the binary")),
            started,
        }
    }

    /// Sends a signal by name, e.g. `INT`.
    ///
    /// # Panics
    /// When the process is gone.
    pub fn signal(&self, name: &str) {
        let child = self.child.as_ref().expect("a process that runs");
        let pid = child.id().to_string();
        let status = Command::new("kill")
            .args([&format!("-{name}"), &pid])
            .status();
        assert!(
            status.expect("the kill command").success(),
            "kill -{name} {pid}"
        );
    }

    /// Waits until `look` says yes, as long as the command runs.
    ///
    /// # Panics
    /// When it ends before, with everything it told; when the limit has passed.
    #[must_use]
    pub fn until(mut self, what: &str, limit: Duration, mut look: impl FnMut() -> bool) -> Self {
        let came = crate::daemon::wait_for(what, limit, || {
            if look() {
                return Some(true);
            }
            let child = self.child.as_mut().expect("it is there until its end");
            let status = child.try_wait().expect("the state of the command");
            status.map(|_ended| false)
        });
        if came {
            return self;
        }
        ended_before(what, &self.end())
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When its output cannot be read.
    #[must_use]
    pub fn end(mut self) -> Ended {
        let child = self.child.take().expect("a process that runs");
        let output = child.wait_with_output().expect("output of the binary");
        Ended::of(output, self.started)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Ended {
    fn of(output: Output, started: Instant) -> Self {
        use std::os::unix::process::ExitStatusExt;
        let signal = output.status.signal().map(|s| 128 + s);
        Self {
            code: output
                .status
                .code()
                .or(signal)
                .expect("an exit code or a signal"),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            took: started.elapsed(),
        }
    }

    /// The one JSON document on stdout.
    ///
    /// # Panics
    /// When stdout is anything else.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic_with(&format!("{error}"), self))
    }

    /// Asserts the exit code and shows everything when it differs.
    ///
    /// # Panics
    /// When it differs.
    #[must_use]
    pub fn with_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}", self.shown());
        self
    }

    /// Everything, for a failing assertion.
    #[must_use]
    pub fn shown(&self) -> String {
        format!(
            "exit {}\n--- stdout\n{}\n--- stderr\n{}",
            self.code, self.stdout, self.stderr
        )
    }
}

#[expect(clippy::panic, reason = "a test that cannot go on says why")]
fn ended_before(what: &str, ended: &Ended) -> ! {
    panic!("the command ended before {what}\n{}", ended.shown())
}

#[expect(clippy::panic, reason = "a test that cannot go on says why")]
fn panic_with(why: &str, ended: &Ended) -> Value {
    panic!("stdout is not one JSON document: {why}\n{}", ended.shown())
}
