//! `logs`: what the agent of a task printed.

mod tail;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

use deckhands_model::{TaskId, TaskState};
use deckhands_orchestration::{Clock, Evidence, Home, SystemClock};
use deckhands_store::{Store, StoreError};
use serde::Serialize;
use tokio::time::sleep;

use self::tail::Tail;
use super::stored::{self, Redaction, short, until_signal};
use crate::args::{Global, LogsArgs};
use crate::console::Console;
use crate::error::CliError;
use crate::{exit_code, shown, wiring};

/// How often a followed file is looked at.
const POLL: Duration = Duration::from_millis(300);

/// A line in documents.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct Line {
    attempt: u32,
    stream: &'static str,
    text: String,
}

/// Carries the command out.
pub(crate) fn run(global: &Global, args: &LogsArgs, console: &Console) -> Result<u8, CliError> {
    let opened = stored::open(global)?;
    let redaction = Redaction::of(&opened.settings);
    if args.raw {
        console.note("raw: what follows may move the terminal, and holds what the agent printed");
    }
    let show = |attempt: u32, bytes: &[u8]| show(attempt, bytes, args.raw, &redaction, console);
    let (store, clock) = (&*opened.store, &SystemClock);
    let left = || console.is_closed();
    if !args.follow {
        wiring::block_on(async {
            let mut log = Log::open(store, clock, &opened.home, args).await?;
            log.whole(show).await
        })??;
        return Ok(exit_code::OK);
    }
    let ended = wiring::block_on(until_signal(async {
        let mut log = Log::open(store, clock, &opened.home, args).await?;
        log.follow(show, left).await
    }))??;
    Ok(ended.err().unwrap_or(exit_code::OK))
}

/// Prints a line of a transcript: as it is, as JSON, or for people.
fn show(attempt: u32, bytes: &[u8], raw: bool, redaction: &Redaction, console: &Console) {
    if raw {
        console.bytes(bytes);
        return;
    }
    let line = line(attempt, bytes, redaction);
    if console.json {
        console.line(&line);
    } else {
        console.data(&format!("{}\n", shown::line(&line.text)));
    }
}

/// What a line of a transcript says.
fn line(attempt: u32, bytes: &[u8], redaction: &Redaction) -> Line {
    let (stream, text) = match bytes {
        [b'e', b' ', text @ ..] => ("stderr", text),
        [b'o', b' ', text @ ..] => ("stdout", text),
        text => ("stdout", text),
    };
    let text = String::from_utf8_lossy(text.strip_suffix(b"\n").unwrap_or(text));
    Line {
        attempt,
        stream,
        text: redaction.text(&text),
    }
}

/// The transcripts of a task.
struct Log<'a> {
    store: &'a dyn Store,
    clock: &'a dyn Clock,
    evidence: Evidence,
    only: Option<NonZeroU32>,
    tails: BTreeMap<u32, Tail>,
    /// Whether there was anything to show.
    any: bool,
}

impl<'a> Log<'a> {
    /// Finds the task.
    async fn open(
        store: &'a dyn Store,
        clock: &'a dyn Clock,
        home: &Home,
        args: &LogsArgs,
    ) -> Result<Self, CliError> {
        let task = stored::locate(store, home, &args.id, clock.now()).await?;
        Ok(Self {
            store,
            clock,
            evidence: Evidence::of(home, task),
            only: args.attempt,
            tails: BTreeMap::new(),
            any: false,
        })
    }

    /// Hands over everything there is.
    async fn whole(&mut self, mut show: impl FnMut(u32, &[u8])) -> Result<(), CliError> {
        self.read(&mut show)?;
        self.over(show).await
    }

    /// Hands over what is left, or says why there is nothing at all.
    async fn over(&mut self, mut show: impl FnMut(u32, &[u8])) -> Result<(), CliError> {
        self.rest(&mut show);
        if self.any {
            return Ok(());
        }
        let there = self.evidence.attempts();
        match (self.only, &there[..]) {
            (Some(number), [.., last]) if !there.contains(&number.get()) => {
                Err(no_attempt(self.evidence.task(), number, *last))
            }
            _ => Err(self.nothing().await?),
        }
    }

    /// Hands over everything, and what is written later, until the task or the attempt that is
    /// asked for has ended, or nobody reads any more.
    async fn follow(
        &mut self,
        mut show: impl FnMut(u32, &[u8]),
        left: impl Fn() -> bool,
    ) -> Result<(), CliError> {
        loop {
            // Asked before the files are read, so that none of the end is missing.
            let ended = self.ended().await?;
            self.read(&mut show)?;
            if left() {
                return Ok(());
            }
            if ended {
                return self.over(show).await;
            }
            sleep(POLL).await;
        }
    }

    /// Hands over the lines that are there, attempt by attempt: of the last one those that are whole.
    fn read(&mut self, show: &mut impl FnMut(u32, &[u8])) -> Result<(), CliError> {
        let only = self.only.map(NonZeroU32::get);
        let mut numbers = self.evidence.attempts();
        let last = numbers.last().copied();
        numbers.retain(|number| only.is_none_or(|only| only == *number));
        for number in numbers {
            let path = self.evidence.transcript(number);
            let tail = self.tails.entry(number);
            let tail = tail.or_insert_with(|| Tail::new(path.clone()));
            while let Some(line) = tail.line().map_err(|error| unreadable(&path, &error))? {
                self.any = true;
                show(number, &line);
            }
            // Attempts before the last one have ended.
            if Some(number) != last
                && let Some(line) = tail.rest()
            {
                self.any = true;
                show(number, &line);
            }
        }
        Ok(())
    }

    /// Hands over the lines that nobody will end.
    fn rest(&mut self, show: &mut impl FnMut(u32, &[u8])) {
        for (number, tail) in &mut self.tails {
            if let Some(line) = tail.rest() {
                self.any = true;
                show(*number, &line);
            }
        }
    }

    /// Whether nothing more will be written.
    async fn ended(&self) -> Result<bool, CliError> {
        let task = self.evidence.task();
        let later = |only: NonZeroU32| self.evidence.attempts().last() > Some(&only.get());
        if self.only.is_some_and(later) {
            return Ok(true);
        }
        match self.store.task(task, self.clock.now()).await {
            Ok(task) => Ok(task.state.is_terminal()),
            Err(StoreError::UnknownTask(_)) => Ok(self.evidence.result().is_some()),
            Err(error) => Err(error.into()),
        }
    }

    /// What is told of a task that printed nothing.
    async fn nothing(&self) -> Result<CliError, CliError> {
        let task = self.evidence.task();
        let id = short(task);
        let (state, hint) = match self.store.task(task, self.clock.now()).await {
            Ok(task) if task.state.is_terminal() => {
                let hint = format!("`deckhands status {id}` shows how it ended");
                (Some(task.state), hint)
            }
            Ok(task) => (
                Some(task.state),
                format!("`deckhands logs {id} -f` waits for it"),
            ),
            Err(StoreError::UnknownTask(_)) => self.not_stored(&id),
            Err(error) => return Err(error.into()),
        };
        let state = state.map(|state| format!(": it is {state}"));
        let of = self.only.map(|number| format!("attempt {number} of "));
        let message = format!(
            "{}task {id} has printed nothing{}",
            of.unwrap_or_default(),
            state.unwrap_or_default()
        );
        Ok(CliError::new(exit_code::WORK_FAILED, message, Some(hint)))
    }

    /// How a task of `run` stands, and what to type next.
    fn not_stored(&self, id: &str) -> (Option<TaskState>, String) {
        match self.evidence.result() {
            Some(report) => {
                let hint = format!("`deckhands result {id}` shows what it came to");
                (Some(report.state), hint)
            }
            None => {
                let hint = format!(
                    "`deckhands logs {id} -f` waits for it; if its process died, `deckhands reap` ends it"
                );
                (None, hint)
            }
        }
    }
}

fn no_attempt(task: TaskId, number: NonZeroU32, last: u32) -> CliError {
    CliError::usage(
        format!("task {} has no attempt {number}", short(task)),
        format!("its last attempt is {last}"),
    )
}

fn unreadable(path: &Path, error: &std::io::Error) -> CliError {
    let mut failed = CliError::environment(error, "give yourself the right to read it");
    failed.0.causes.insert(0, failed.0.message.clone());
    failed.0.message = format!("cannot read `{}`", path.display());
    failed
}

#[cfg(test)]
mod tests;
