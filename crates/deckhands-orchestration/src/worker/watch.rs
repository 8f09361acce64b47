//! Watches a running agent until its stored state, its process, a deadline or the user ends it.

mod beside;
mod end;
pub(super) mod hold;
mod pause;
mod read;

use std::pin::Pin;
use std::time::Duration;

use deckhands_agent::{AgentReader, ContainerFacts, EndedBy, EventStore};
use deckhands_model::{Cause, GatewayFact, ModelWay};
use deckhands_runtime::{ExitStatus, OutputStream, RuntimeError};
use futures::StreamExt;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::AttemptCtx;
use super::call_log::{self, CallLog};
use super::cleanup::clear;
use super::lines::Lines;
use super::start::Live;
use super::tail::Tail;
use super::transcript::Transcript;
use super::watchdog::{Watchdog, longest_model_call};
use crate::adoption::Measured;
use crate::failure::RunFailure;
use crate::observer::{Phase, RunEvent};
use crate::runner::RetryAfter;
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
    /// Where the gateway sees its calls.
    calls: Option<CallLog>,
    watchdog: Watchdog,
    /// Since when the gateway makes no further call.
    gave_up: Option<Instant>,
    /// What the provider asked for with the last call, where that failed.
    retry_after: Option<RetryAfter>,
    final_state: bool,
    /// Whether the last thing that the agent got back was a failure.
    went_wrong: bool,
    /// Whether the agent waits for the end of something that its sandbox does.
    acting: bool,
    /// Whether a pause that is asked for is still to be tried.
    may_pause: bool,
    next_pulse: Instant,
    working: bool,
    attached_again: bool,
    gaps: bool,
}

type Wait<'a> = Pin<Box<dyn Future<Output = Result<ExitStatus, RuntimeError>> + Send + 'a>>;

/// How watching came to its end.
pub(crate) enum Watch {
    /// The attempt ended, and everything it made is gone.
    Ended(Box<Watched>),
    /// It was paused, and everything is in place.
    Paused,
    /// The daemon does not answer; everything is in place, and may work on.
    Left,
}

/// Why the loop was left.
enum Stop {
    End(End),
    Pause,
}

/// Watches the running app to its end and clears everything the attempt made, unless it is paused.
///
/// # Errors
/// [`RunFailure`] where the transcript could not be opened.
pub(crate) async fn watch(ctx: &AttemptCtx<'_>, live: &mut Live) -> Result<Watch, RunFailure> {
    let containers = ctx.ports.containers.as_ref();
    let mut watching = Watching::new(ctx, &live.store, live.measured)?;
    let (output, sandbox) = (&mut live.output, live.sandbox.as_ref());
    let mut beside = Beside::of(live.served.as_mut(), containers, sandbox);
    let mut wait: Wait<'_> = Box::pin(hold::wait(containers, &live.app));
    let mut end = loop {
        match watching.until_end(output, &mut wait, &mut beside).await {
            Stop::End(end) if ctx.adoptable && end.is_out_of_reach() => {
                watching.rest(&mut beside);
                return Ok(watching.leave(false));
            }
            Stop::End(end) => break end,
            Stop::Pause => {
                let sandbox = sandbox.map(|(id, _guard)| id);
                if let Some(left) = watching.pause(&live.app, sandbox).await {
                    watching.rest(&mut beside);
                    return Ok(left);
                }
            }
        }
    };
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
    let ((), cleared) = tokio::join!(watching.drain(output), clear);
    watching.rest(&mut beside);
    let watched = watching.finish(end, ended_at, cleared);
    Ok(Watch::Ended(Box::new(watched)))
}

impl<'a> Watching<'a> {
    fn new(
        ctx: &'a AttemptCtx<'a>,
        store: &EventStore,
        measured: Measured,
    ) -> Result<Self, RunFailure> {
        let transcript = Transcript::open(&ctx.dir, ctx.request.limits.log_bytes, ctx.secrets())
            .map_err(|error| RunFailure::of_error(Cause::HostDiskFull, &error))?;
        let request = ctx.request;
        let calls = (request.way != ModelWay::Direct).then(|| {
            let log = CallLog::open(&ctx.dir.calls(), call_log::BYTES, ctx.secrets());
            log.map_err(|error| RunFailure::of_error(Cause::HostDiskFull, &error))
        });
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
            calls: calls.transpose()?,
            watchdog: Watchdog::start(request.deadlines, longest, measured, Instant::now()),
            gave_up: None,
            retry_after: None,
            final_state: false,
            went_wrong: false,
            acting: false,
            may_pause: ctx.adoptable,
            next_pulse: Instant::now(),
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
    ) -> Stop {
        if self.catch_up() {
            return Stop::End(End::State);
        }
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut open = true;
        loop {
            tokio::select! {
                () = self.ctx.halt.cancel.cancelled() => return Stop::End(End::Ours(EndedBy::Cancel)),
                () = self.ctx.halt.pause.cancelled(), if self.may_pause => return Stop::Pause,
                chunk = output.next(), if open => open = self.output(chunk),
                status = &mut *wait => return Stop::End(End::Process(status)),
                told = beside.next() => if let Some(end) = self.told(told) { return Stop::End(end); },
                _ = ticks.tick() => {
                    if beside.is_calling() {
                        self.watchdog.sign_of_life(Instant::now());
                    }
                    self.watchdog.held(beside.is_held());
                    if let Some(end) = self.tick() {
                        return Stop::End(end);
                    }
                }
            }
        }
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

    /// Takes the calls that have ended and were not told yet.
    fn rest(&mut self, beside: &mut Beside<'_>) {
        while let Some(fact) = beside.rest() {
            self.call(&fact);
        }
    }

    fn call(&mut self, fact: &GatewayFact) {
        self.reader.gateway_fact(fact);
        if let Some(calls) = &mut self.calls {
            calls.add(fact, self.ctx.clock.now());
        }
        let told = fact.retry_after.filter(|_| !fact.is_good());
        self.ctx.observer.observe(RunEvent::Call {
            failure: fact.cause,
            retry_after: told,
        });
        self.retry_after = told.map(|wait| RetryAfter {
            wait,
            since: Instant::now(),
        });
        if fact.gave_up {
            self.gave_up.get_or_insert_with(Instant::now);
        } else if fact.is_good() {
            // A call that was under way then was served.
            self.gave_up = None;
        }
    }

    /// Reads what is new and looks at the deadlines.
    fn tick(&mut self) -> Option<End> {
        self.read_events(false);
        // Others follow both files while the agent works.
        self.transcript.flush();
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
        self.pulse();
        self.tell_progress();
        late.map(End::Ours)
    }

    fn tell_progress(&self) {
        self.ctx.observer.observe(RunEvent::Progress {
            progress: self.reader.progress(),
            work: self.watchdog.work(),
            wait: self.watchdog.wait(),
            cost: self.calls.as_ref().and_then(CallLog::cost_so_far),
        });
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
}
