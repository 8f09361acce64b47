//! What the commands over the store share: opening it, naming tasks, and how tasks and events are
//! told.

mod each;
mod events;
mod ids;
mod locate;
mod money;
mod redaction;
mod spec;
#[cfg(test)]
pub(super) mod test_store;
mod view;
mod watching;

use std::sync::Arc;

use deckhands_config::Settings;
use deckhands_orchestration::Home;
use deckhands_store::Store;

use crate::args::Global;
use crate::error::CliError;
use crate::wiring;

pub(super) use each::{Done, each, line, tell};
pub(super) use events::{EventView, Follow};
pub(super) use ids::{resolve, short};
pub(super) use locate::locate;
pub(super) use money::MoneyView;
pub(super) use redaction::Redaction;
pub(super) use spec::spec_of;
pub(super) use view::{AttemptView, TaskView, ago, rows, so_far, with_costs};
pub(super) use watching::until_signal;

/// The store of a home, opened.
pub(super) struct Opened {
    /// The settings without flags of one command.
    pub(super) settings: Settings,
    /// The home.
    pub(super) home: Home,
    /// Its store.
    pub(super) store: Arc<dyn Store>,
}

/// Opens the store that the global flags mean.
pub(super) fn open(global: &Global) -> Result<Opened, CliError> {
    let settings = wiring::settings(global, wiring::no_flags())?;
    let home = wiring::home(&settings)?;
    let store = wiring::store(&home)?;
    Ok(Opened {
        settings,
        home,
        store,
    })
}
