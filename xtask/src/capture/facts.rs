//! What a capture itself saw of a session: written beside the record, compared with the table.

use super::table::Expect;

#[cfg(test)]
mod tests;

/// Why the app ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// By itself.
    Itself,
    /// After what the table says is done to the session.
    Act,
    /// Killed, for the capture's time was over.
    Limit,
}

/// The facts of one session. No duration is among them: captured anew they stay the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) exit: i64,
    pub(super) ended: Ended,
    pub(super) app_oom: bool,
    /// State of the sandbox when the app had ended: `exited`, `running`, … or `none`.
    pub(super) sandbox: String,
    pub(super) sandbox_oom: bool,
    /// Last state that the agent stored, or `none`.
    pub(super) state: String,
    /// Stored events.
    pub(super) events: usize,
    pub(super) requests: usize,
    pub(super) changed: Vec<String>,
}

impl Facts {
    /// The file that stands beside the record.
    pub(super) fn to_toml(&self) -> String {
        let ended = match self.ended {
            Ended::Itself => "itself",
            Ended::Act => "act",
            Ended::Limit => "limit",
        };
        let changed: Vec<String> = self.changed.iter().map(|path| quoted(path)).collect();
        format!(
            "exit = {}\nended = {}\napp_oom = {}\nsandbox = {}\nsandbox_oom = {}\nstate = {}\n\
             events = {}\nrequests = {}\nchanged = [{}]\n",
            self.exit,
            quoted(ended),
            self.app_oom,
            quoted(&self.sandbox),
            self.sandbox_oom,
            quoted(&self.state),
            self.events,
            self.requests,
            changed.join(", ")
        )
    }

    /// Where they differ from what the table expects, a line each.
    pub(super) fn differences(&self, expect: &Expect) -> Vec<String> {
        let mut lines = Vec::new();
        let mut compare = |what: &str, expected: String, found: String| {
            if expected != found {
                lines.push(format!("{what}: expected {expected}, found {found}"));
            }
        };
        compare("exit", expect.exit.to_string(), self.exit.to_string());
        compare("state", expect.state.word().to_owned(), self.state.clone());
        compare(
            "app_oom",
            expect.app_oom.to_string(),
            self.app_oom.to_string(),
        );
        compare(
            "sandbox_oom",
            expect.sandbox_oom.to_string(),
            self.sandbox_oom.to_string(),
        );
        compare(
            "requests",
            expect.requests.to_string(),
            self.requests.to_string(),
        );
        compare(
            "changed",
            format!("{:?}", expect.changed),
            format!("{:?}", self.changed),
        );
        if self.ended == Ended::Limit {
            lines.push("the app did not end in time and was killed".to_owned());
        }
        lines
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
