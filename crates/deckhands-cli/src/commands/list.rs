//! `list`: the newest stored tasks.

use std::collections::VecDeque;

use deckhands_orchestration::{Clock, SystemClock};
use deckhands_store::{Page, Store, TaskFilter};
use jiff::Timestamp;
use serde::Serialize;

use super::stored::{self, TaskView};
use crate::args::{Global, ListArgs};
use crate::console::Console;
use crate::error::CliError;
use crate::{exit_code, wiring};

/// Tasks read at once.
const PAGE: u64 = 500;

/// The tasks that are shown, in the order of their hand-in.
#[derive(Clone, PartialEq, Debug, Serialize)]
struct Listing {
    tasks: Vec<TaskView>,
    /// Older ones that the limit left out.
    left_out: u64,
}

/// Carries the command out.
pub(crate) fn run(global: &Global, args: &ListArgs, console: &Console) -> Result<u8, CliError> {
    let store = stored::open(global)?.store;
    let now = SystemClock.now();
    let listing = wiring::block_on(newest(&*store, args, now))??;
    if console.json {
        console.document(&listing);
        return Ok(exit_code::OK);
    }
    if listing.tasks.is_empty() {
        console.note("no such task is stored");
    } else {
        console.data(&stored::rows(&listing.tasks, now));
    }
    if listing.left_out > 0 {
        let left_out = listing.left_out;
        console.note(&format!("and {left_out} older ones: see `--limit`"));
    }
    Ok(exit_code::OK)
}

/// The newest tasks that the arguments want.
async fn newest(store: &dyn Store, args: &ListArgs, now: Timestamp) -> Result<Listing, CliError> {
    let filter = TaskFilter {
        states: args.state.clone(),
        batch: args.batch.clone(),
    };
    let limit = usize::try_from(args.limit.get()).unwrap_or(usize::MAX);
    let (mut tasks, mut page) = (
        VecDeque::new(),
        first_page(store, &filter, limit, now).await?,
    );
    let mut left_out = page.offset;
    loop {
        let read = store.list(&filter, page, now).await?;
        tasks.extend(read.iter().map(TaskView::from));
        while tasks.len() > limit {
            tasks.pop_front();
            left_out += 1;
        }
        if read.is_empty() {
            let mut tasks: Vec<_> = tasks.into();
            stored::with_costs(&mut tasks, &store.live_attempts().await?);
            return Ok(Listing { tasks, left_out });
        }
        page.offset += PAGE;
    }
}

/// Where reading begins: the counters tell how many tasks can be skipped, unless one batch is asked
/// for.
async fn first_page(
    store: &dyn Store,
    filter: &TaskFilter,
    limit: usize,
    now: Timestamp,
) -> Result<Page, CliError> {
    let mut page = Page {
        offset: 0,
        limit: PAGE,
    };
    if filter.batch.is_none() {
        let stats = store.stats(now).await?;
        let wanted = |word: &str| {
            let states = &filter.states;
            states.is_empty() || states.iter().any(|state| state.word() == word)
        };
        let counted = stats.states.iter().filter(|(word, _)| wanted(word));
        let count: u64 = counted.map(|(_, n)| n).sum();
        page.offset = count.saturating_sub(limit.try_into().unwrap_or(u64::MAX));
    }
    Ok(page)
}

#[cfg(test)]
mod tests;
