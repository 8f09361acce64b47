//! What a run that failed has to tell, and to leave as it was.

use serde_json::Value;

use crate::bench::{Bench, CANARY};
use crate::ended::Ended;
use crate::tree::Tree;

/// How a run has to end.
#[derive(Clone, Copy, Debug)]
pub struct Ending {
    /// Exit code of the command, also told as `error.code`.
    pub code: i32,
    /// `error.type`.
    pub kind: &'static str,
    /// `error.cause`, and the attempt's.
    pub cause: &'static str,
    /// What the hint must name: the way out.
    pub hint: &'static str,
    /// `outcome` of the one attempt; `None` where the run ended before the agent was started.
    pub outcome: Option<&'static str>,
}

impl Ending {
    /// The agent failed: exit code 1, one attempt.
    #[must_use]
    pub const fn failed(kind: &'static str, cause: &'static str, hint: &'static str) -> Self {
        Self {
            code: 1,
            kind,
            cause,
            hint,
            outcome: Some("failed"),
        }
    }

    /// The environment was not ready: exit code 3, and no agent was started.
    #[must_use]
    pub const fn not_ready(kind: &'static str, cause: &'static str, hint: &'static str) -> Self {
        Self {
            code: 3,
            outcome: None,
            ..Self::failed(kind, cause, hint)
        }
    }

    /// Carries out a run that ends so, and proves that it does: what it tells, that the workspace
    /// is as it was, and that nothing is left. Returns the result document.
    ///
    /// # Panics
    /// When the run ends otherwise.
    pub fn check(&self, bench: &Bench, run: impl FnOnce(&Bench) -> Ended) -> Value {
        let before = Tree::of(&bench.workspace);
        let ended = run(bench).with_code(self.code);
        let report = ended.json();
        self.check_error(&report);
        self.check_attempts(&report);
        assert_eq!(report["applied"], false, "{report:#}");
        assert_eq!(
            Tree::of(&bench.workspace),
            before,
            "the workspace is changed"
        );
        assert!(!ended.stdout.contains(CANARY) && !ended.stderr.contains(CANARY));
        Bench::assert_nowhere_below(&bench.home, CANARY);
        bench.assert_no_working_files();
        bench.assert_nothing_left();
        report
    }

    fn check_error(&self, report: &Value) {
        let error = &report["error"];
        assert_eq!(report["state"], "failed", "{report:#}");
        assert_eq!(error["code"], self.code, "{report:#}");
        assert_eq!(error["type"], self.kind, "{report:#}");
        assert_eq!(error["cause"], self.cause, "{report:#}");
        for part in ["message", "hint"] {
            let text = error[part].as_str().unwrap_or_default();
            assert!(!text.trim().is_empty(), "no {part}: {report:#}");
            assert!(!text.contains(['\n', '\r']), "not one line: {report:#}");
        }
        let hint = error["hint"].as_str().unwrap_or_default();
        assert!(hint.contains(self.hint), "no `{}` in `{hint}`", self.hint);
    }

    fn check_attempts(&self, report: &Value) {
        let attempts = report["attempts"].as_array().expect("a list of attempts");
        let Some(outcome) = self.outcome else {
            assert!(attempts.is_empty(), "an agent was started: {report:#}");
            return;
        };
        assert_eq!(attempts.len(), 1, "{report:#}");
        assert_eq!(attempts[0]["outcome"], outcome, "{report:#}");
        assert_eq!(attempts[0]["cause"], self.cause, "{report:#}");
    }
}
