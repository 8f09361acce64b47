//! `status`: where a task stands, or what is under way.

use std::fmt::Write as _;

use deckhands_model::TaskState;
use deckhands_orchestration::{Clock, SystemClock};
use deckhands_store::{AttemptState, Page, Store, TaskFilter};
use jiff::Timestamp;
use owo_colors::OwoColorize;
use serde::Serialize;

use super::stats::{self, Figures};
use super::stored::{self, AttemptView, MoneyView, TaskView, short};
use crate::args::{Global, StatusArgs};
use crate::console::Console;
use crate::error::CliError;
use crate::{exit_code, shown, wiring};

/// Most tasks under way that are listed.
const LISTED: u64 = 20;

/// One task.
#[derive(Clone, PartialEq, Debug, Serialize)]
struct One {
    task: TaskView,
    attempts: Vec<AttemptView>,
    money: MoneyView,
}

/// All that is under way.
#[derive(Clone, PartialEq, Debug, Serialize)]
struct Overview {
    stats: Figures,
    running: Vec<TaskView>,
}

/// Carries the command out.
pub(crate) fn run(global: &Global, args: &StatusArgs, console: &Console) -> Result<u8, CliError> {
    let opened = stored::open(global)?;
    let (store, now) = (&*opened.store, SystemClock.now());
    match args.id.as_ref().or(args.task_id.as_ref()) {
        Some(word) => {
            let one = wiring::block_on(one(store, word, now))??;
            show(&one, one_text(&one, now), console);
        }
        None => {
            let max = opened.settings.queue_size.value;
            let all = wiring::block_on(overview(store, max.into(), now))??;
            show(&all, overview_text(&all, now), console);
        }
    }
    Ok(exit_code::OK)
}

fn show(document: &impl Serialize, text: String, console: &Console) {
    if console.json {
        console.document(document);
    } else {
        console.data(&text);
    }
}

async fn one(store: &dyn Store, word: &str, now: Timestamp) -> Result<One, CliError> {
    let id = stored::resolve(store, word).await?;
    let task = store.task(id, now).await?;
    let attempts = store.attempts(id).await?;
    let mut task = TaskView::from(&task);
    stored::with_costs(std::slice::from_mut(&mut task), &attempts);
    Ok(One {
        task,
        attempts: attempts.iter().map(AttemptView::from).collect(),
        money: store.money(id).await?.sum().into(),
    })
}

async fn overview(store: &dyn Store, max: u64, now: Timestamp) -> Result<Overview, CliError> {
    let filter = TaskFilter {
        states: vec![TaskState::Running],
        batch: None,
    };
    let page = Page {
        offset: 0,
        limit: LISTED,
    };
    let running = store.list(&filter, page, now).await?;
    let mut running: Vec<_> = running.iter().map(TaskView::from).collect();
    stored::with_costs(&mut running, &store.live_attempts().await?);
    Ok(Overview {
        stats: stats::ask(store, max, now).await?,
        running,
    })
}

fn one_text(one: &One, now: Timestamp) -> String {
    let mut text = format!("{} {}\n", "task".bold(), one.task.task_id);
    for (name, value) in one.task.lines(now) {
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "  {name:<10} {value}");
    }
    if let Some(money) = one.money.line() {
        let _ = writeln!(text, "  {:<10} {money}", "money");
    }
    for attempt in &one.attempts {
        let _ = writeln!(
            text,
            "  {:<10} {}",
            format!("attempt {}", attempt.number),
            doing(attempt)
        );
    }
    let id = short(one.task.task_id);
    let next = match one.task.state {
        state if state.is_terminal() => format!("deckhands result {id}"),
        _ => format!("deckhands watch {id}"),
    };
    text + &format!("{}\n", format!("next: {next}").dimmed())
}

/// What an attempt does or came to.
fn doing(attempt: &AttemptView) -> String {
    let word = match (attempt.state, &attempt.outcome, attempt.cause) {
        (_, Some(outcome), Some(cause)) => format!("{outcome} ({cause})"),
        (_, Some(outcome), None) => shown::line(outcome),
        (AttemptState::Leased, ..) => "starting".to_owned(),
        (AttemptState::Paused, ..) => "paused".to_owned(),
        (AttemptState::Ended, ..) => "ended".to_owned(),
        (AttemptState::Running, ..) if attempt.phase.is_empty() => "running".to_owned(),
        (AttemptState::Running, ..) => format!("running: {}", shown::line(&attempt.phase)),
    };
    let route = attempt.route.as_deref().map(shown::line);
    let cost = attempt.cost_usd;
    let cost = cost.map(|usd| format!(" · {}", stored::so_far(Some(usd))));
    format!(
        "{word} · {:.1} s at work, {:.1} s waiting · {} events{}{}",
        attempt.work_time_s,
        attempt.wait_time_s,
        attempt.events,
        cost.unwrap_or_default(),
        route.map(|route| format!(" · {route}")).unwrap_or_default(),
    )
}

fn overview_text(all: &Overview, now: Timestamp) -> String {
    let mut text = stats::text(&all.stats, now);
    if !all.running.is_empty() {
        let _ = write!(text, "\n{}", stored::rows(&all.running, now));
    }
    text
}

#[cfg(test)]
mod tests;
