//! The black-box suite over a store: what holds for one implementation must hold for every one.
//!
//! A [`Bench`] makes empty stores of one implementation, and
//! [`conformance_tests!`](crate::conformance_tests) makes a test of each case, played on a store of
//! its own with a look at the whole record afterwards. [`model::run`] plays random transitions
//! against a small model, [`twin::run`] random calls on two implementations.

mod attempts;
mod audit;
mod calls;
mod cancel;
mod cases;
mod claim;
mod concurrent;
mod desk;
mod ends;
mod fault;
mod fencing;
mod give_back;
mod hold;
mod lease;
pub mod model;
mod money;
mod purses;
mod queries;
mod submit;
pub mod twin;
mod upkeep;
mod written;

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::runtime::Builder;

use crate::error::StoreResult;
use crate::port::Store;
use desk::Desk;
pub use fault::{Fault, Verdict};

/// Makes stores of one implementation.
#[async_trait]
pub trait Bench: Send + Sync {
    /// An empty store that shares nothing with the ones before.
    ///
    /// # Errors
    /// Whatever keeps it from being made.
    async fn fresh(&self) -> StoreResult<Arc<dyn Store>>;

    /// A path in a directory that exists; nothing is there, and each call names another one.
    fn scratch(&self) -> PathBuf;

    /// A store over what a backup holds.
    ///
    /// # Errors
    /// Whatever keeps it from being read.
    async fn open_backup(&self, from: &Path) -> StoreResult<Arc<dyn Store>>;
}

type Playing<'a> = Pin<Box<dyn Future<Output = Verdict> + Send + 'a>>;

/// Plays one case on a fresh store, then looks at the whole record. It blocks, so it is not for
/// async code.
///
/// # Errors
/// What did not hold.
pub fn check(bench: &Arc<dyn Bench>, name: &str) -> Verdict {
    let case = cases::CASES.iter().find(|(known, _)| *known == name);
    let (_, play) = case.ok_or_else(|| Fault::new(format_args!("there is no case {name}")))?;
    // Several threads, for the cases of several callers at once.
    let runtime = Builder::new_multi_thread().worker_threads(4).build();
    runtime.map_err(Fault::new)?.block_on(async {
        let mut desk = Desk::new(Arc::clone(bench)).await?;
        play(&mut desk).await?;
        audit::audit(desk.store.as_ref(), desk.now).await
    })
}
