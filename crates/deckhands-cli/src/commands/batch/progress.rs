//! Shows a batch while it goes on: on a terminal one bar and a line for each attempt at work,
//! elsewhere a line for each task that ended.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deckhands_model::{AttemptId, TaskId, TaskState};
use deckhands_orchestration::engine::EngineEvent;
use deckhands_orchestration::{BatchEvent, BatchObserver, BatchRow, Clock, SystemClock};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use owo_colors::OwoColorize;

use super::super::engine;
use super::super::stored::short;
use crate::console::Console;
use crate::shown;

/// How often moving lines move.
const FRAME: Duration = Duration::from_millis(200);

/// Characters of a title.
const TITLE: usize = 60;

/// Tells a batch to a person.
#[derive(Debug)]
pub(super) struct Progress {
    console: Console,
    bars: MultiProgress,
    all: ProgressBar,
    /// Most lines of attempts.
    most: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    lines: BTreeMap<AttemptId, Option<ProgressBar>>,
    without_success: usize,
}

impl Progress {
    /// Draws on stderr as the console allows: a line for each of so many workers at most.
    pub(super) fn new(console: Console, workers: usize, tasks: usize) -> Self {
        let target = if console.live {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bars = MultiProgress::with_draw_target(target);
        let all = bars.add(ProgressBar::new(tasks as u64));
        if let Ok(style) = ProgressStyle::with_template("{bar:30.cyan} {pos}/{len} {wide_msg}") {
            all.set_style(style);
        }
        Self {
            console,
            bars,
            all,
            most: workers,
            state: Mutex::default(),
        }
    }

    /// Says something that stays.
    pub(super) fn say(&self, text: &str) {
        if self.console.live {
            self.bars.suspend(|| self.console.note(text));
        } else {
            self.console.note(text);
        }
    }

    /// Takes all moving lines away.
    pub(super) fn finish(&self) {
        for (_, line) in std::mem::take(&mut self.state().lines) {
            line.iter().for_each(ProgressBar::finish_and_clear);
        }
        self.all.finish_and_clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begun(&self, attempt: AttemptId, title: &str) {
        let mut state = self.state();
        let drawn = state.lines.values().flatten().count();
        let line = (self.console.live && drawn < self.most).then(|| self.line(attempt, title));
        state.lines.insert(attempt, line);
        self.message(&state);
    }

    fn line(&self, attempt: AttemptId, title: &str) -> ProgressBar {
        let line = self.bars.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template("  {spinner:.cyan} {elapsed:>4} {wide_msg}")
        {
            line.set_style(style);
        }
        line.set_message(format!("{} {}", short(attempt.task), cut(title)));
        line.enable_steady_tick(FRAME);
        line
    }

    fn no_more(&self, gone: impl Fn(AttemptId) -> bool) {
        let mut state = self.state();
        let ids: Vec<_> = state.lines.keys().copied().filter(|id| gone(*id)).collect();
        for id in ids {
            if let Some(Some(line)) = state.lines.remove(&id) {
                line.finish_and_clear();
                self.bars.remove(&line);
            }
        }
        self.message(&state);
    }

    fn over(&self, task: TaskId) {
        self.no_more(|attempt| attempt.task == task);
    }

    fn message(&self, state: &State) {
        let failed = match state.without_success {
            0 => String::new(),
            n => format!("{} without success, ", n.red()),
        };
        self.all
            .set_message(format!("{failed}{} at work", state.lines.len()));
    }

    fn ended(&self, row: &BatchRow, done: usize, total: usize) {
        {
            let mut state = self.state();
            state.without_success += usize::from(!row.success);
            self.message(&state);
        }
        self.all.set_position(done as u64);
        // On a terminal the bar counts what went well.
        if !(self.console.live && row.success) {
            self.say(&ended_line(row, done, total));
        }
    }

    fn engine(&self, event: &EngineEvent) {
        match event {
            EngineEvent::Started { attempt, title, .. } => self.begun(*attempt, title),
            EngineEvent::Ended { task, .. } => self.over(*task),
            EngineEvent::Again { task, .. } => {
                self.over(*task);
                self.tell_event(event);
            }
            EngineEvent::Paused(attempt)
            | EngineEvent::Left(attempt)
            | EngineEvent::NoKey { attempt, .. } => {
                self.no_more(|id| id == *attempt);
                self.tell_event(event);
            }
            EngineEvent::Mode(_)
            | EngineEvent::StoreTrouble(_)
            | EngineEvent::DaemonTrouble(_)
            | EngineEvent::DaemonBack => self.tell_event(event),
        }
    }

    fn tell_event(&self, event: &EngineEvent) {
        if let Some(line) = engine::line(event, SystemClock.now()) {
            self.say(&line);
        }
    }
}

impl BatchObserver for Progress {
    fn tell(&self, event: BatchEvent<'_>) {
        match event {
            BatchEvent::Engine(event) => self.engine(&event),
            BatchEvent::HandedIn { .. } => {}
            BatchEvent::QueueFull { rest } => self.say(&format!(
                "the queue is full: {rest} tasks are handed in as there is room"
            )),
            BatchEvent::Ended { row, done, total } => self.ended(row, done, total),
            BatchEvent::Cancelling { rest } => {
                self.say(&format!("cancelling the rest: {rest} tasks"));
            }
            BatchEvent::StoreTrouble(text) => self.say(&format!(
                "the store cannot be used now: {}",
                shown::line(&text)
            )),
        }
    }
}

/// A task that ended, with the count of all.
fn ended_line(row: &BatchRow, done: usize, total: usize) -> String {
    let id = row.task_id.map(short).unwrap_or_default();
    let cause = row
        .cause
        .map_or_else(String::new, |cause| format!(" ({cause})"));
    let word = match row.state {
        _ if row.success => row.word().green().to_string(),
        Some(TaskState::Failed) => row.word().red().to_string(),
        _ => row.word().yellow().to_string(),
    };
    format!("[{done}/{total}] {word} {id} {}{cause}", cut(&row.name))
}

fn cut(title: &str) -> String {
    shown::line(title).chars().take(TITLE).collect()
}

#[cfg(test)]
mod tests;
