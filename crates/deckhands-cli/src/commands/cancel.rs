//! `cancel`: ends waiting tasks at once, and asks for the end of running ones.

use deckhands_orchestration::{Clock, SystemClock};
use deckhands_store::{Cancelled, Store};
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
    Ok(stored::tell(&all, text, console))
}

async fn carry_out(
    store: &dyn Store,
    words: &[String],
    now: Timestamp,
) -> Result<Vec<Done>, CliError> {
    stored::each(store, words, async |id| {
        Ok(match store.cancel(id, now).await? {
            Cancelled::Done => Done::new(id, "cancelled"),
            Cancelled::Requested => Done::new(id, "cancel_requested"),
            Cancelled::Ended(state) => Done {
                state: Some(state),
                ..Done::new(id, "already_ended")
            },
        })
    })
    .await
}

fn text(done: &Done) -> String {
    let said = match (done.outcome, done.state) {
        ("cancel_requested", _) => "is asked to end".to_owned(),
        (_, Some(state)) => format!("had ended before: {state}"),
        (outcome, None) => outcome.to_owned(),
    };
    stored::line(done, &said)
}

#[cfg(test)]
mod tests;
