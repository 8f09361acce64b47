//! Watches a running agent until its stored state, its process, a deadline or the user ends it.

mod beside;
mod end;
pub(super) mod hold;

use std::pin::Pin;
use std::time::Duration;

use deckhands_agent::{AgentReader, ContainerFacts, EndedBy, EventStore};
use deckhands_model::{AgentEvent, Cause, EventKind, GatewayFact, ModelWay};
use deckhands_runtime::{ExitStatus, OutputChunk, OutputStream, RuntimeError};
use futures::StreamExt;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::AttemptCtx;
use super::cleanup::clear;
use super::launch::Prepared;
use super::lines::Lines;
use super::start::Started;
use super::tail::Tail;
use super::transcript::Transcript;
use super::watchdog::{Watchdog, longest_model_call};
use crate::failure::RunFailure;
use crate::observer::{Phase, RunEvent};
use beside::{Beside, Told};
use end::End;
pub(crate) use end::Watched;

/// How often stored events and deadlines are looked at.
const TICK: Duration = Duration::from_millis(100);

/// Longest wait for the rest of the output after the app was ended.
const DRAIN: Duration = Duration::from_secs(5);

/// How long an agent may go on to whose calls the gateway gives no answer any more.
const GIVE_UP: Duration = Duration::from_secs(3);

/// The loop's own state.
struct Watching<'a> {
    ctx: &'a AttemptCtx<'a>,
    reader: Box<dyn AgentReader>,
    tail: Tail,
    lines: Lines,
    transcript: Transcript,
    watchdog: Watchdog,
    /// Since when the gateway makes no further call.
    gave_up: Option<Instant>,
    final_state: bool,
    /// Whether the last thing that the agent got back was a failure.
    went_wrong: bool,
    working: bool,
    attached_again: bool,
    gaps: bool,
}

type Wait<'a> = Pin<Box<dyn Future<Output = Result<ExitStatus, RuntimeError>> + Send + 'a>>;

/// Watches the started app to its end and clears everything the attempt made.
///
/// # Errors
/// [`RunFailure`] where the transcript could not be opened.
pub(crate) async fn watch(
    ctx: &AttemptCtx<'_>,
    prepared: &mut Prepared,
    started: Started,
) -> Result<Watched, RunFailure> {
    let containers = &ctx.ports.containers;
    let Started {
        mut output,
        sandbox,
    } = started;
    let served = prepared.served.as_mut();
    let mut beside = Beside::of(served, containers.as_ref(), sandbox.as_ref());
    let mut watching = Watching::new(ctx, &prepared.launch.store)?;
    let mut wait: Wait<'_> = Box::pin(hold::wait(containers.as_ref(), &prepared.app));
    let mut end = watching
        .until_end(&mut output, &mut wait, &mut beside)
        .await;
    let ended_at = Instant::now();
    if watching.may_have_lost_its_sandbox() && beside.last_breath().await {
        end = End::Ours(EndedBy::SandboxEnded);
    }
    ctx.observer.observe(RunEvent::Phase(Phase::Cleanup));
    let in_flight =
        sandbox.is_none() && end.leaves_calls_in_flight(watching.reader.progress().sandbox_seen);
    let clear = clear(ctx.ports, ctx.id, in_flight, ctx.request.deadlines.cleanup);
    let clear = async { (clear.await, ended_at.elapsed()) };
    // The app dies by the clearing, and its output ends with it.
    let ((), cleared) = tokio::join!(watching.drain(&mut output), clear);
    while let Some(fact) = beside.rest() {
        watching.reader.gateway_fact(&fact);
    }
    Ok(watching.finish(end, ended_at, cleared))
}

impl<'a> Watching<'a> {
    fn new(ctx: &'a AttemptCtx<'a>, store: &EventStore) -> Result<Self, RunFailure> {
        let transcript = Transcript::open(&ctx.dir, ctx.request.limits.log_bytes, ctx.secrets())
            .map_err(|error| RunFailure::of_error(Cause::HostDiskFull, &error))?;
        let request = ctx.request;
        // Where there is a relay it bounds each call, and an open one is a sign of life.
        let longest = match request.way {
            ModelWay::Direct => longest_model_call(request.retry, &request.model),
            _ => Duration::ZERO,
        };
        Ok(Self {
            ctx,
            reader: ctx.adapter.reader(),
            tail: Tail::new(ctx.dir.agent_dirs().agent_home.join(&store.dir)),
            lines: Lines::default(),
            transcript,
            watchdog: Watchdog::start(request.deadlines, longest, Instant::now()),
            gave_up: None,
            final_state: false,
            went_wrong: false,
            working: false,
            attached_again: false,
            gaps: false,
        })
    }

    async fn until_end(
        &mut self,
        output: &mut OutputStream,
        wait: &mut Wait<'_>,
        beside: &mut Beside<'_>,
    ) -> End {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut open = true;
        loop {
            tokio::select! {
                () = self.ctx.cancel.cancelled() => return End::Ours(EndedBy::Cancel),
                chunk = output.next(), if open => open = self.output(chunk),
                status = &mut *wait => return End::Process(status),
                told = beside.next() => if let Some(end) = self.told(told) { return end; },
                _ = ticks.tick() => {
                    if beside.is_calling() {
                        self.watchdog.sign_of_life(Instant::now());
                    }
                    if let Some(end) = self.tick() {
                        return end;
                    }
                }
            }
        }
    }

    /// Takes a piece of output; `false` at its end.
    fn output(&mut self, chunk: Option<Result<OutputChunk, RuntimeError>>) -> bool {
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

    /// Takes what was told beside the app.
    fn told(&mut self, told: Told) -> Option<End> {
        match told {
            Told::Call(fact) => {
                self.call(&fact);
                None
            }
            Told::Breach((by, seen)) => Some(End::Seen(by, seen)),
            // The daemon's silence about the app says the same, and more.
            Told::SandboxEnded(Err(error)) if !error.is_not_found() => None,
            Told::SandboxEnded(_) => Some(End::Ours(EndedBy::SandboxEnded)),
        }
    }

    fn call(&mut self, fact: &GatewayFact) {
        self.reader.gateway_fact(fact);
        if fact.gave_up && self.gave_up.is_none() {
            self.gave_up = Some(Instant::now());
        }
    }

    /// Reads what is new and looks at the deadlines.
    fn tick(&mut self) -> Option<End> {
        self.read_events(false);
        if self.final_state {
            return Some(End::State);
        }
        if self.is_unproved() {
            return Some(End::Ours(EndedBy::UnprovedVersion));
        }
        // Most agents store an end of their own within that time.
        if self.gave_up.is_some_and(|since| since.elapsed() >= GIVE_UP) {
            return Some(End::Ours(EndedBy::GatewayGaveUp));
        }
        let late = self.watchdog.look(self.reader.progress(), Instant::now());
        self.ctx.observer.observe(RunEvent::Progress {
            progress: self.reader.progress(),
            work: self.watchdog.work(),
            wait: self.watchdog.wait(),
        });
        late.map(End::Ours)
    }

    /// Whether the agent's own end may come of its sandbox's: it says so, or it repeated itself over
    /// what went wrong. A sandbox that is being stopped still answers that commands come to nothing.
    fn may_have_lost_its_sandbox(&self) -> bool {
        let nothing = ContainerFacts::default();
        let outcome = self.reader.outcome(&nothing, None);
        let cause = outcome.failure().map(|failure| failure.cause);
        self.final_state
            && match cause {
                Some(Cause::SandboxLost) => true,
                Some(Cause::Stuck) => self.went_wrong,
                _ => false,
            }
    }

    /// Whether the agent is of a version that may not run.
    fn is_unproved(&self) -> bool {
        let version = self.reader.progress().version.as_deref();
        !self.ctx.request.policy.unproved_version
            && version.is_some_and(|version| !self.ctx.adapter.proves(version))
    }

    /// Takes a portion of the events that are new; `false` where there were none.
    fn read_events(&mut self, last: bool) -> bool {
        let events = self.tail.read_new(self.reader.as_mut(), last);
        let any = !events.is_empty();
        for event in events {
            self.watchdog.event(Instant::now());
            if !self.working {
                self.working = true;
                self.ctx.observer.observe(RunEvent::Phase(Phase::Work));
            }
            self.final_state |= is_final(&event);
            if let EventKind::Observation { failed, .. } = &event.kind {
                self.went_wrong = *failed == Some(true);
            }
            self.transcript.event(&event);
            self.ctx.observer.observe(RunEvent::Agent(&event));
        }
        any
    }

    /// Takes the rest of the output and of the events while the app is being ended.
    async fn drain(&mut self, output: &mut OutputStream) {
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
