//! Carries a task from its text to a proved result.
//!
//! [`Client`] is the short way in: one text, one result. [`Runner`] is the same with everything
//! told on the way. Both work on any implementation of the runtime's ports and of the agent
//! adapter; nothing here knows which one it was given.

mod admission;
mod adoption;
mod attempt_dir;
mod call_file;
mod clock;
mod failure;
mod home;
mod labels;
mod model_gateway;
mod money;
mod observer;
mod order;
mod ports;
mod provider_access;
mod request;
mod stored_path;
mod task_spec;

mod daemon_info;
mod images;
mod shared_files;
#[cfg(test)]
mod slow_client;
mod workspace;

mod validate;
mod way_out;
mod worker;

mod kept;
mod runner;
mod sweep;

mod client;
pub mod engine;
mod gateway_alone;
mod plan;

mod batch;
mod batch_report;
mod metrics;

pub use admission::Admission;
pub use adoption::NotAdoptable;
pub use batch::{
    Batch, BatchError, BatchEvent, BatchObserver, BatchOptions, BatchOutcome, BatchParts, BatchTask,
};
pub use batch_report::{
    BATCH_SCHEMA_VERSION, BatchCounts, BatchHead, BatchItem, BatchRow, BatchSummary, BatchTally,
};
pub use call_file::KeptCalls;
pub use client::{Client, TaskResult};
pub use clock::{Clock, IdSource, SystemClock, SystemIds};
pub use daemon_info::DaemonInfo;
pub use failure::{RunFailure, error_chain};
pub use gateway_alone::{open_alone, serve_alone};
pub use home::{Home, HomeError};
pub use kept::{ApplyOptions, ApplyReport, Evidence, KeptChange, KeptError, KeptTask};
pub use metrics::{
    AttemptFigures, Figures, METRICS_SCHEMA_VERSION, Metrics, MoneyFigures, Tally, TaskCounts,
    TaskFigures, UnknownUsage, UsageFigures,
};
pub use model_gateway::{model_gateway, route_health};
pub use money::{LeaseLedger, MoneyLimits, RunLedger, TaskLedger, ledger_of_run};
pub use observer::{Observer, Phase, RunEvent, Silent};
pub use order::{AttemptEnd, AttemptOrder, AttemptResult, PromoteGate};
pub use plan::{Plan, plan};
pub use ports::Ports;
pub use provider_access::{NoKey, ProviderAccess};
pub use request::{ImagePair, OtherModel, Policy, RelaySettings, TaskRequest};
pub use runner::{Runner, check_provider, is_delicate, not_started, simulated};
pub use shared_files::{SharedFiles, probe_shared_files};
pub use sweep::{Adoptable, SweepOptions, SweepReport, sweep, sweep_beside};
pub use task_spec::{RunnerSettings, SpecVersion, TaskSpec, TaskSpecError};
pub use workspace::{LeftPath, PromoteError, Recovered, recover};
