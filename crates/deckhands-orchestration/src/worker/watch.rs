//! Watches a running agent until its stored state, its process, a deadline or the user ends it.

mod hold;

use std::pin::Pin;
use std::time::Duration;

use deckhands_agent::{AgentReader, EndedBy};
use deckhands_model::{AgentEvent, Cause, EventKind};
use deckhands_runtime::{ExitStatus, OutputChunk, OutputStream, RuntimeError};
use futures::StreamExt;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::AttemptCtx;
use super::cleanup::{Leftovers, clear};
use super::launch::Prepared;
use super::lines::Lines;
use super::tail::Tail;
use super::transcript::Transcript;
use super::watchdog::Watchdog;
use crate::failure::RunFailure;
use crate::observer::{Phase, RunEvent};

/// How often stored events and deadlines are looked at.
const TICK: Duration = Duration::from_millis(100);

/// Longest wait for the rest of the output after the app was ended.
const DRAIN: Duration = Duration::from_secs(5);

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
    /// Things worth knowing.
    pub(crate) notes: Vec<String>,
}

/// Why the loop ended.
enum End {
    /// The agent's stored state is final.
    State,
    /// The app's process ended.
    Process(Result<ExitStatus, RuntimeError>),
    /// We ended it.
    Ours(EndedBy),
}

/// The loop's own state.
struct Watching<'a> {
    ctx: &'a AttemptCtx<'a>,
    reader: Box<dyn AgentReader>,
    tail: Tail,
    lines: Lines,
    transcript: Transcript,
    watchdog: Watchdog,
    final_state: bool,
    working: bool,
    attached_again: bool,
    gaps: bool,
}

type Wait<'a> = Pin<Box<dyn Future<Output = Result<ExitStatus, RuntimeError>> + Send + 'a>>;

/// Attaches to the app's output and starts it.
///
/// # Errors
/// [`RunFailure`] where the daemon could not do it; dropping the future leaves labelled containers.
pub(crate) async fn start(
    ctx: &AttemptCtx<'_>,
    prepared: &Prepared,
) -> Result<OutputStream, RunFailure> {
    let containers = &ctx.ports.containers;
    let output = containers.attach(&prepared.app).await?;
    containers.start(&prepared.app).await?;
    Ok(hold::output(
        containers.clone(),
        prepared.app.clone(),
        output,
    ))
}

/// Watches the started app to its end and clears everything the attempt made.
///
/// # Errors
/// [`RunFailure`] where the transcript could not be opened.
pub(crate) async fn watch(
    ctx: &AttemptCtx<'_>,
    prepared: &Prepared,
    mut output: OutputStream,
) -> Result<Watched, RunFailure> {
    let containers = &ctx.ports.containers;
    let transcript = Transcript::open(&ctx.dir, ctx.request.limits.log_bytes, ctx.secrets())
        .map_err(|error| RunFailure::of_error(Cause::HostDiskFull, &error))?;
    let deadlines = ctx.request.deadlines;
    let mut watching = Watching {
        ctx,
        reader: ctx.adapter.reader(),
        tail: Tail::new(
            ctx.dir
                .agent_dirs()
                .agent_home
                .join(&prepared.launch.store.dir),
        ),
        lines: Lines::default(),
        transcript,
        watchdog: Watchdog::start(
            deadlines,
            ctx.request.retry,
            &ctx.request.model,
            Instant::now(),
        ),
        final_state: false,
        working: false,
        attached_again: false,
        gaps: false,
    };
    let mut wait: Wait<'_> = Box::pin(hold::wait(containers.as_ref(), &prepared.app));
    let end = watching.until_end(&mut output, &mut wait).await;
    let ended_at = Instant::now();
    ctx.observer.observe(RunEvent::Phase(Phase::Cleanup));
    let in_flight = end.leaves_calls_in_flight(watching.reader.progress().sandbox_seen);
    let clear = clear(containers.as_ref(), ctx.id, in_flight, deadlines.cleanup);
    let clear = async { (clear.await, ended_at.elapsed()) };
    // The app dies by the clearing, and its output ends with it.
    let ((), cleared) = tokio::join!(watching.drain(&mut output), clear);
    Ok(watching.finish(end, ended_at, cleared))
}

impl End {
    /// Whether the app may have sent a create call whose effect is not to be seen yet.
    fn leaves_calls_in_flight(&self, sandbox_seen: bool) -> bool {
        match self {
            Self::Process(Ok(status)) if status.code <= SIGNALLED => false,
            // A state is stored by an agent, and an agent has its sandbox.
            Self::State => false,
            Self::Process(_) | Self::Ours(_) => !sandbox_seen,
        }
    }
}

impl Watching<'_> {
    async fn until_end(&mut self, output: &mut OutputStream, wait: &mut Wait<'_>) -> End {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut open = true;
        loop {
            tokio::select! {
                () = self.ctx.cancel.cancelled() => return End::Ours(EndedBy::Cancel),
                chunk = output.next(), if open => open = self.output(chunk),
                status = &mut *wait => return End::Process(status),
                _ = ticks.tick() => if let Some(end) = self.tick() { return end; },
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

    /// Reads what is new and looks at the deadlines.
    fn tick(&mut self) -> Option<End> {
        self.read_events(false);
        if self.final_state {
            return Some(End::State);
        }
        let late = self.watchdog.look(self.reader.progress(), Instant::now());
        self.ctx.observer.observe(RunEvent::Progress {
            progress: self.reader.progress(),
            work: self.watchdog.work(),
            wait: self.watchdog.wait(),
        });
        late.map(End::Ours)
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

    fn finish(mut self, end: End, ended_at: Instant, cleared: (Leftovers, Duration)) -> Watched {
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
            notes,
        }
    }
}

/// Only what the agent stored itself can end an attempt as the agent's own end.
fn is_final(event: &AgentEvent) -> bool {
    matches!(&event.kind, EventKind::StateChanged { state, .. } if state.is_final())
}
