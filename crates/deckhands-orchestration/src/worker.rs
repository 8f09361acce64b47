//! One attempt: its containers from before the first create call to the proof that all are gone.

mod adopt;
mod call_log;
mod cleanup;
mod launch;
mod limits;
mod lines;
mod managed;
mod model_way;
mod ownership;
mod served;
mod socket;
mod start;
mod tail;
mod tapes;
mod transcript;
mod watch;
mod watchdog;

pub(crate) use adopt::adopt;
pub(crate) use cleanup::{Leftovers, clear};
pub(crate) use launch::prepare;
pub(crate) use managed::planned;
pub(crate) use model_way::upstream;
pub(crate) use ownership::give_back;
pub(crate) use socket::access as socket_access;
pub(crate) use start::{Live, start};
pub(crate) use watch::{Watch, Watched, watch};

use std::sync::Arc;

use deckhands_agent::AgentAdapter;
use deckhands_gateway::Gateway;
use deckhands_model::{AttemptId, ImageReport};
use deckhands_runtime::Owned;

use crate::attempt_dir::AttemptDir;
use crate::clock::{Clock, IdSource};
use crate::money::TaskLedger;
use crate::observer::Observer;
use crate::order::{Halt, Ownership};
use crate::ports::Ports;
use crate::request::TaskRequest;
use crate::shared_files::SharedFiles;

/// What every part of an attempt needs.
pub(crate) struct AttemptCtx<'a> {
    pub(crate) ports: &'a Ports,
    pub(crate) owned: Owned,
    pub(crate) adapter: &'a Arc<dyn AgentAdapter>,
    pub(crate) gateway: &'a Gateway,
    pub(crate) request: &'a TaskRequest,
    pub(crate) observer: &'a dyn Observer,
    pub(crate) halt: &'a Halt,
    pub(crate) ownership: &'a Ownership,
    pub(crate) id: AttemptId,
    pub(crate) dir: AttemptDir,
    /// Whether its daemon is known to see our files.
    pub(crate) shared_files: &'a SharedFiles,
    /// Where its money is drawn from, where that is bounded.
    pub(crate) ledger: Option<&'a Arc<dyn TaskLedger>>,
    pub(crate) ids: &'a dyn IdSource,
    pub(crate) clock: &'a dyn Clock,
    /// Whether another process may go on with it.
    pub(crate) adoptable: bool,
    /// Whether the daemon runs without root rights; then only its user 0 is the caller.
    pub(crate) rootless: bool,
    pub(crate) app_image: ImageReport,
    pub(crate) sandbox_image: ImageReport,
}

impl AttemptCtx<'_> {
    /// Values that must not be written anywhere.
    pub(crate) fn secrets(&self) -> Vec<String> {
        self.request.secrets()
    }
}
