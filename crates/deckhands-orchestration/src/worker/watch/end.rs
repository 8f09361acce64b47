//! How watching ended, and what it came to.

use std::time::Duration;

use deckhands_agent::{AgentReader, EndedBy};
use deckhands_model::CallsReport;
use deckhands_runtime::{ExitStatus, RuntimeError, RuntimeErrorKind};
use tokio::time::Instant;

use super::Watching;
use crate::runner::RetryAfter;
use crate::worker::call_log::CallLog;
use crate::worker::cleanup::Leftovers;

/// Exit codes above this one tell a signal.
const SIGNALLED: i64 = 128;

/// Told where output may be missing.
const GAPS: &str =
    "the Docker daemon was out of reach for a moment: the agent's output may have gaps";

/// What watching came to.
pub(crate) struct Watched {
    /// Everything that was read.
    pub(crate) reader: Box<dyn AgentReader>,
    /// What of ours ended the watching, if it was not the agent.
    pub(crate) ended_by: Option<EndedBy>,
    /// Exit code of the app, if it ended by itself.
    pub(crate) app_exit: Option<i64>,
    /// Whether the app disappeared.
    pub(crate) app_vanished: bool,
    /// When the agent's end was known.
    pub(crate) ended_at: Instant,
    /// Time at work.
    pub(crate) work: Duration,
    /// Time waited.
    pub(crate) wait: Duration,
    /// From the start to the first event.
    pub(crate) start: Duration,
    /// What clearing the attempt's containers came to.
    pub(crate) cleared: Leftovers,
    /// How long clearing took.
    pub(crate) clearing: Duration,
    /// Its calls to models, where the gateway saw them.
    pub(crate) calls: Option<CallsReport>,
    /// What the provider asked for with the last call, where that failed.
    pub(crate) retry_after: Option<RetryAfter>,
    /// Things worth knowing.
    pub(crate) notes: Vec<String>,
}

/// Why the loop ended.
pub(super) enum End {
    /// The agent's stored state is final.
    State,
    /// The app's process ended.
    Process(Result<ExitStatus, RuntimeError>),
    /// We ended it.
    Ours(EndedBy),
    /// We ended it for what was seen.
    Seen(EndedBy, String),
}

impl End {
    /// Whether nobody knows that anything ended: the daemon does not answer.
    pub(super) fn is_out_of_reach(&self) -> bool {
        matches!(self, Self::Process(Err(error)) if error.kind == RuntimeErrorKind::Unreachable)
    }

    /// Whether the app may have sent a create call whose effect is not to be seen yet.
    pub(super) fn leaves_calls_in_flight(&self, sandbox_seen: bool) -> bool {
        match self {
            Self::Process(Ok(status)) if status.code <= SIGNALLED => false,
            // A state is stored by an agent, and an agent has its sandbox.
            Self::State => false,
            Self::Process(_) | Self::Ours(_) | Self::Seen(..) => !sandbox_seen,
        }
    }
}

impl Watching<'_> {
    pub(super) fn finish(
        mut self,
        end: End,
        ended_at: Instant,
        cleared: (Leftovers, Duration),
    ) -> Watched {
        self.watchdog.look(self.reader.progress(), ended_at);
        let mut notes = Vec::new();
        if self.tail.unreadable() > 0 {
            notes.push(format!(
                "{} stored events were not readable",
                self.tail.unreadable()
            ));
        }
        let (ended_by, app_exit, app_vanished) = match end {
            End::State => (None, None, false),
            End::Ours(by) => (Some(by), None, false),
            End::Seen(by, seen) => {
                notes.push(format!("ended by a bound: {seen}"));
                (Some(by), None, false)
            }
            End::Process(Ok(status)) => (None, Some(status.code), false),
            End::Process(Err(error)) if error.is_not_found() => (None, None, true),
            End::Process(Err(error)) => {
                notes.push(error.to_string());
                (Some(EndedBy::DaemonLost), None, false)
            }
        };
        if self.gaps {
            notes.push(GAPS.to_owned());
        }
        if let Some(error) = self.transcript.close() {
            notes.push(format!("the transcript is not complete: {error}"));
        }
        let calls = self.calls.map(CallLog::close);
        let unwritten = calls.as_ref().and_then(|(_, error)| error.as_ref());
        if let Some(error) = unwritten {
            notes.push(format!("the list of model calls is not complete: {error}"));
        }
        Watched {
            ended_by,
            app_exit,
            app_vanished,
            ended_at,
            work: self.watchdog.work(),
            wait: self.watchdog.wait(),
            start: self.watchdog.start_time(ended_at),
            reader: self.reader,
            cleared: cleared.0,
            clearing: cleared.1,
            calls: calls.map(|(report, _)| report),
            retry_after: self.retry_after,
            notes,
        }
    }
}
