//! `release`: lets tasks start that are held or wait for their time.

use deckhands_orchestration::{Clock, SystemClock};
use deckhands_store::Store;
use jiff::Timestamp;

use super::stored::{self, Done};
use crate::args::{Global, IdsArgs};
use crate::console::Console;
use crate::error::CliError;
use crate::wiring;

/// Carries the command out.
pub(crate) fn run(global: &Global, args: &IdsArgs, console: &Console) -> Result<u8, CliError> {
    let store = stored::open(global)?.store;
    let now = SystemClock.now();
    let all = wiring::block_on(carry_out(&*store, &args.ids, now))??;
    Ok(stored::tell(
        &all,
        |done| stored::line(done, done.outcome),
        console,
    ))
}

async fn carry_out(
    store: &dyn Store,
    words: &[String],
    now: Timestamp,
) -> Result<Vec<Done>, CliError> {
    stored::each(store, words, async |id| {
        store.release(id, now).await?;
        Ok(Done::new(id, "released"))
    })
    .await
}

#[cfg(test)]
mod tests;
