//! `stats`: counts the stored tasks.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use deckhands_model::{Priority, TaskState};
use deckhands_orchestration::{Clock, SystemClock};
use deckhands_store::{MoneySum, Stats, Store, money_day};
use jiff::Timestamp;
use serde::Serialize;

use super::stored::{self, MoneyView};
use crate::args::Global;
use crate::calls::{self, CallsOfModel};
use crate::console::Console;
use crate::error::CliError;
use crate::{exit_code, wiring};

/// The counters as a document; every state and priority is there.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(super) struct Figures {
    total: u64,
    states: BTreeMap<&'static str, u64>,
    /// Tasks that wait.
    queue_size: u64,
    /// Most that may.
    max_size: u64,
    waiting: BTreeMap<&'static str, u64>,
    held: u64,
    live_attempts: u64,
    oldest_queued: Option<Timestamp>,
    /// Of everything with bounded money on this day, in UTC.
    money_today: MoneyView,
    /// Calls of attempts that ended, by model.
    calls: Vec<CallsOfModel>,
}

/// Carries the command out.
pub(crate) fn run(global: &Global, console: &Console) -> Result<u8, CliError> {
    let opened = stored::open(global)?;
    let now = SystemClock.now();
    let max = opened.settings.queue_size.value.into();
    let figures = wiring::block_on(ask(&*opened.store, max, now))??;
    if console.json {
        console.document(&figures);
    } else {
        console.data(&text(&figures, now));
    }
    Ok(exit_code::OK)
}

/// Asks a store that may hold so many waiting tasks.
pub(super) async fn ask(
    store: &dyn Store,
    max_size: u64,
    now: Timestamp,
) -> Result<Figures, CliError> {
    let today = money_day(now);
    let days = store.money_of_days(today).await?;
    let sum = days.iter().find(|day| day.day == today).map(|day| day.sum);
    let stats = store.stats(now).await?;
    let calls = calls::by_model(&store.calls().await?);
    Ok(Figures {
        calls,
        ..figures(&stats, max_size, sum.unwrap_or_default())
    })
}

/// The counters with what is not there as 0, without calls.
fn figures(stats: &Stats, max_size: u64, today: MoneySum) -> Figures {
    let count = |of: &BTreeMap<String, u64>, word: &str| of.get(word).copied().unwrap_or(0);
    let states = TaskState::ALL.map(TaskState::word);
    let states = states.map(|word| (word, count(&stats.states, word)));
    let waiting = Priority::ALL.map(Priority::word);
    let waiting = waiting.map(|word| (word, count(&stats.waiting, word)));
    Figures {
        total: states.iter().map(|(_, n)| n).sum(),
        queue_size: waiting.iter().map(|(_, n)| n).sum(),
        states: states.into(),
        waiting: waiting.into(),
        max_size,
        held: stats.held,
        live_attempts: stats.live_attempts,
        oldest_queued: stats.oldest_queued,
        money_today: today.into(),
        calls: Vec::new(),
    }
}

/// The counters for people.
pub(super) fn text(figures: &Figures, now: Timestamp) -> String {
    let mut text = String::new();
    // Writing to a `String` cannot fail.
    let _ = writeln!(text, "{:<14} {:>8}", "tasks", figures.total);
    for state in TaskState::ALL {
        let (word, count) = (state.word(), figures.states[state.word()]);
        let _ = writeln!(text, "  {word:<12} {count:>8}");
    }
    let (size, max) = (figures.queue_size, figures.max_size);
    let _ = writeln!(text, "{:<14} {size:>8} of {max}", "waiting");
    for priority in Priority::ALL {
        let (word, count) = (priority.word(), figures.waiting[priority.word()]);
        let _ = writeln!(text, "  {word:<12} {count:>8}");
    }
    let _ = writeln!(text, "  {:<12} {:>8}", "held", figures.held);
    if let Some(oldest) = figures.oldest_queued {
        let age = stored::ago(oldest, now);
        let _ = writeln!(text, "  {:<12} {age:>8}", "oldest");
    }
    let live = figures.live_attempts;
    let _ = writeln!(text, "{:<14} {live:>8}", "live attempts");
    if let Some(money) = figures.money_today.line() {
        let _ = writeln!(text, "{:<14} {money}", "money today");
    }
    if !figures.calls.is_empty() {
        let _ = writeln!(text, "model calls");
    }
    for line in calls::lines(&figures.calls).lines() {
        let _ = writeln!(text, "  {line}");
    }
    text
}

#[cfg(test)]
mod tests;
