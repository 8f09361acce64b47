//! What the agent prints and stores, read and written down.

use deckhands_model::{ActionKind, AgentEvent, EventKind};
use deckhands_runtime::{OutputChunk, OutputStream, RuntimeError};
use futures::StreamExt;
use tokio::time::{Instant, timeout};

use super::{DRAIN, Watching};
use crate::observer::{Phase, RunEvent};

/// Most portions of events that are read without looking at anything else.
const MAX_PORTIONS: usize = 1000;

impl Watching<'_> {
    /// Takes a piece of output; `false` at its end.
    pub(super) fn output(&mut self, chunk: Option<Result<OutputChunk, RuntimeError>>) -> bool {
        let chunk = match chunk {
            Some(Ok(chunk)) => chunk,
            Some(Err(_gap)) => {
                self.attached_again = true;
                // What comes next does not go on with a line that was cut.
                self.last_lines();
                return true;
            }
            None => return false,
        };
        let (reader, transcript) = (&mut self.reader, &mut self.transcript);
        // An app that says nothing any more was only slow to end.
        self.gaps |= self.attached_again;
        self.lines.push(chunk.source, &chunk.bytes, |source, line| {
            reader.log_line(source, line);
            transcript.line(source, line);
        });
        true
    }

    /// Takes what there is of lines without an end.
    fn last_lines(&mut self) {
        let (reader, transcript) = (&mut self.reader, &mut self.transcript);
        self.lines.finish(|source, line| {
            reader.log_line(source, line);
            transcript.line(source, line);
        });
    }

    /// Reads the events that are there; `true` where the agent's end is among them.
    pub(super) fn catch_up(&mut self) -> bool {
        for _ in 0..MAX_PORTIONS {
            if !self.read_events(false) {
                break;
            }
        }
        self.final_state
    }

    /// Takes a portion of the events that are new; `false` where there were none.
    pub(super) fn read_events(&mut self, last: bool) -> bool {
        let events = self.tail.read_new(self.reader.as_mut(), last);
        let any = !events.is_empty();
        for event in events {
            self.watchdog.event(Instant::now());
            if !self.working {
                self.working = true;
                self.ctx.observer.observe(RunEvent::Phase(Phase::Work));
            }
            self.final_state |= is_final(&event);
            match &event.kind {
                EventKind::Observation { failed, .. } => {
                    self.went_wrong = *failed == Some(true);
                    self.acting = false;
                }
                EventKind::Action { action, .. } => self.acting = is_carried_out(*action),
                EventKind::StateChanged { .. } | EventKind::Other { .. } => {}
            }
            self.transcript.event(&event);
            self.ctx.observer.observe(RunEvent::Agent(&event));
        }
        any
    }

    /// Takes the rest of the output and of the events while the app is being ended.
    pub(super) async fn drain(&mut self, output: &mut OutputStream) {
        let rest = async { while self.output(output.next().await) {} };
        if timeout(DRAIN, rest).await.is_err() {
            tracing::warn!("the agent's output did not end in time");
        }
        self.last_lines();
        while self.read_events(true) {}
    }
}

/// Only what the agent stored itself can end an attempt as the agent's own end.
fn is_final(event: &AgentEvent) -> bool {
    matches!(&event.kind, EventKind::StateChanged { state, .. } if state.is_final())
}

/// Whether an action is carried out in the sandbox, so that its end is waited for.
fn is_carried_out(action: ActionKind) -> bool {
    match action {
        ActionKind::Command
        | ActionKind::Python
        | ActionKind::Read
        | ActionKind::Edit
        | ActionKind::Browse => true,
        ActionKind::Message
        | ActionKind::Think
        | ActionKind::Plan
        | ActionKind::Finish
        | ActionKind::Condense
        | ActionKind::Other => false,
    }
}
