//! `watch`: follows a task, or all that have not ended, to the end.

use std::collections::BTreeSet;
use std::time::Duration;

use deckhands_model::{TaskId, TaskState};
use deckhands_orchestration::{Clock, SystemClock};
use deckhands_store::{EventRecord, Stats, Store};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::events::print;
use super::stored::{self, Follow, Redaction, until_signal};
use crate::args::{Global, WatchArgs};
use crate::console::Console;
use crate::error::CliError;
use crate::{exit_code, wiring};

/// How often the store is asked. Other processes write it, and nothing tells us when.
const POLL: Duration = Duration::from_millis(500);

/// States in which something is still to come.
const LIVE: [TaskState; 3] = [TaskState::Pending, TaskState::Queued, TaskState::Running];

/// Carries the command out.
pub(crate) fn run(global: &Global, args: &WatchArgs, console: &Console) -> Result<u8, CliError> {
    let opened = stored::open(global)?;
    let redaction = Redaction::of(&opened.settings);
    let mut watcher = Watcher {
        store: &*opened.store,
        clock: &SystemClock,
        show: |event: &EventRecord| print(event, &redaction, console),
        left: || console.is_closed(),
    };
    let work = async {
        match &args.id {
            Some(word) => watcher.one(word).await,
            None => {
                let stats = watcher.store.stats(SystemClock.now()).await?;
                console.note(&match live(&stats) {
                    1 => "1 task has not ended".to_owned(),
                    n => format!("{n} tasks have not ended"),
                });
                watcher.all().await
            }
        }
    };
    let ended = wiring::block_on(until_signal(work))??;
    if ended.is_err() {
        console.note("the tasks go on without being watched");
    }
    Ok(ended.unwrap_or_else(|signal| signal))
}

/// Asks the store again and again.
struct Watcher<'a, S, L> {
    store: &'a dyn Store,
    clock: &'a dyn Clock,
    /// Shows an event.
    show: S,
    /// Whether nobody looks any more.
    left: L,
}

impl<S: FnMut(&EventRecord), L: Fn() -> bool> Watcher<'_, S, L> {
    /// Shows everything that happened and happens to a task until it has ended; returns the exit
    /// code of that end.
    async fn one(&mut self, word: &str) -> Result<u8, CliError> {
        let id = stored::resolve(self.store, word).await?;
        let (mut follow, mut ticks) = (Follow::task(self.store, id), ticks());
        loop {
            ticks.tick().await;
            // Asked before the events are read, so that none of the end is missing.
            let state = self.store.task(id, self.clock.now()).await?.state;
            follow.drain(&mut self.show).await?;
            if (self.left)() {
                return Ok(exit_code::OK);
            }
            if state.is_terminal() {
                let report = self.store.result(id).await?;
                return Ok(exit_code::of_task(state, report.as_ref()));
            }
        }
    }

    /// Shows what happens from now on until no task waits or runs; the exit code says whether all
    /// that ended meanwhile did well. Their ends are among what happens, so that nobody has to look at
    /// all tasks that wait.
    async fn all(&mut self) -> Result<u8, CliError> {
        let (mut follow, mut ticks) = (Follow::all(self.store).await?, ticks());
        let mut seen = BTreeSet::new();
        loop {
            ticks.tick().await;
            let rest = self.store.stats(self.clock.now()).await?;
            let show = &mut self.show;
            let each = |event: &EventRecord| {
                seen.insert(event.task);
                show(event);
            };
            follow.drain(each).await?;
            if (self.left)() {
                return Ok(exit_code::OK);
            }
            if live(&rest) == 0 {
                return self.judge(&seen).await;
            }
        }
    }

    /// Whether all of them completed, and were applied where that was asked for.
    async fn judge(&self, seen: &BTreeSet<TaskId>) -> Result<u8, CliError> {
        let now = self.clock.now();
        for id in seen {
            let state = self.store.task(*id, now).await?.state;
            let report = self.store.result(*id).await?;
            if exit_code::of_task(state, report.as_ref()) != exit_code::OK {
                return Ok(exit_code::WORK_FAILED);
            }
        }
        Ok(exit_code::OK)
    }
}

/// How many tasks have not ended.
fn live(stats: &Stats) -> u64 {
    let count = |state: &TaskState| stats.states.get(state.word());
    LIVE.iter().filter_map(count).sum()
}

fn ticks() -> Interval {
    let mut ticks = interval(POLL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

#[cfg(test)]
mod tests;
