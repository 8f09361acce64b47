//! The durable record of tasks.
//!
//! A [`Store`] offers whole transitions, never single rows: each is done completely and durably
//! when it returns, or has changed nothing. Writes about an attempt carry a [`Fence`]; one whose
//! lease has gone to somebody else is refused as [`StoreError::Stale`]. Times are arguments.

mod ageing;
mod calls;
#[cfg(feature = "test-util")]
pub mod conformance;
mod error;
mod lease;
mod memory;
mod money;
mod port;
mod queue;
mod records;
#[cfg(feature = "sqlite")]
mod sqlite;
mod task;

pub use ageing::{AGEING_STEP_S, effective_priority};
pub use error::{StoreError, StoreResult};
pub use lease::{Epoch, Fence, LeaseTerm, SilentLease, WorkerId};
pub use memory::MemoryStore;
pub use money::{
    Booked, Draw, Drawn, MoneyCaps, MoneyOfAttempt, MoneyOfDay, MoneyOfPayer, MoneyOfTask,
    MoneySum, money_day,
};
pub use port::{Intake, Money, Queries, Store, Upkeep, Work};
pub use queue::TaskQueue;
pub use records::{
    AttemptEnd, AttemptRecord, AttemptState, EventRecord, Intent, ObjectKind, Progress, Session,
};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteOptions, SqliteStore};
pub use task::{
    Cancelled, Claim, NewTask, Page, QueueBounds, Renewed, Reported, Retention, Stats, Submitted,
    TaskEnd, TaskFilter, TaskRecord, Waiting,
};
