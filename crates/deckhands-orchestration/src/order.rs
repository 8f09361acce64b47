//! One attempt at a stored task: what is ordered, who is asked on the way, and what comes back.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use deckhands_model::{AttemptId, AttemptReport, Cause, Limits, RunReport, Usage};
use deckhands_runtime::{ContainerOwner, Disowned, Intent};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::daemon_info::DaemonInfo;
use crate::money::TaskLedger;
use crate::provider_access::NoKey;
use crate::request::TaskRequest;
use crate::shared_files::SharedFiles;

/// Asked once an attempt's result is accepted, right before anything follows from it.
#[async_trait]
pub trait PromoteGate: Send + Sync + 'static {
    /// Whether whoever carries the attempt out may still take its result over.
    ///
    /// # Errors
    /// [`Disowned`] where he may not, or nobody can tell.
    async fn may_promote(&self) -> Result<(), Disowned>;
}

/// One attempt that is to be carried out, or to be gone on with.
#[derive(Clone)]
pub struct AttemptOrder {
    /// Which attempt of which task. Numbers are the caller's: each is used once.
    pub id: AttemptId,
    /// What is asked for.
    pub request: TaskRequest,
    /// Other limits than the request's, e.g. more memory after an attempt that had too little.
    pub limits: Option<Limits>,
    /// Attempts before this one, which result documents list, too.
    pub earlier: Vec<AttemptReport>,
    /// Told before each container and network comes into being.
    pub owner: Option<Arc<dyn ContainerOwner>>,
    /// Asked before the result is believed and taken over.
    pub promote_gate: Option<Arc<dyn PromoteGate>>,
    /// Where its money is drawn from, before any call that could cost some. A capped request needs one.
    pub ledger: Option<Arc<dyn TaskLedger>>,
    /// Another process may go on with it after the death of this one.
    pub adoptable: bool,
    /// There is no key for its model: one that was begun can be ended where its agent is done, and no more.
    pub no_key: Option<NoKey>,
    /// Triggered to have it paused: its containers stay, frozen, for another process to go on with.
    /// One that is not adoptable is only stopped before its agent runs, and one whose agent has ended
    /// comes to its end.
    pub pause: CancellationToken,
    /// What the daemon says of itself: clones of one value, in all orders for one daemon, have it asked once.
    pub daemon: DaemonInfo,
    /// What is known of the daemon's view of our files: clones of one value, in all orders for one daemon
    /// and one state directory, have it looked at once. Of a new value nothing is known.
    pub shared_files: SharedFiles,
}

impl AttemptOrder {
    /// An attempt without any of the choices: nobody is told, nobody asked, nobody goes on with it.
    #[must_use]
    pub fn new(id: AttemptId, request: TaskRequest) -> Self {
        Self {
            id,
            request,
            limits: None,
            earlier: Vec::new(),
            owner: None,
            promote_gate: None,
            ledger: None,
            adoptable: false,
            no_key: None,
            pause: CancellationToken::new(),
            daemon: DaemonInfo::default(),
            shared_files: SharedFiles::default(),
        }
    }
}

impl fmt::Debug for AttemptOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttemptOrder")
            .field("id", &self.id)
            .field("request", &self.request)
            .field("limits", &self.limits)
            .field("adoptable", &self.adoptable)
            .finish_non_exhaustive()
    }
}

/// What became of an ordered attempt.
#[derive(Clone, PartialEq, Debug)]
pub enum AttemptEnd {
    /// It ended, and nothing of it is left but its evidence.
    Ended(Box<AttemptResult>),
    /// It was taken from us on the way: whatever came of it counts nowhere. Nothing was promoted
    /// after that was known, and nothing of it is left.
    Disowned(Box<AttemptResult>),
    /// It was paused as asked. Everything of it is in place, and its directory is free to be claimed.
    Paused,
    /// The daemon did not answer for too long, or not to a pause: whether it works on is not known.
    /// Everything of it is in place, and its directory is free to be claimed.
    Left,
    /// The pause was asked for before its agent ran: nothing was done, and nothing of it is left. The
    /// same order may be carried out again.
    NotBegun,
}

/// How an attempt ended, and what decides over the next one.
#[derive(Clone, PartialEq, Debug)]
pub struct AttemptResult {
    /// The result document, as if this were the task's last attempt.
    pub report: RunReport,
    /// This attempt's part of the document; there is one also where no agent ran.
    pub attempt: AttemptReport,
    /// Why it failed, if it did.
    pub cause: Option<Cause>,
    /// How long from now on the provider of the model wants no more calls, if it said so of the last
    /// call and that call failed.
    pub retry_after: Option<Duration>,
    /// The same as a time of day.
    pub reset_at: Option<Timestamp>,
    /// Time the agent worked, waits left out.
    pub work: Duration,
    /// Time the agent waited for its provider, or for us.
    pub wait: Duration,
    /// What it spent.
    pub usage: Usage,
}

/// Whose the attempt is: the caller's ports as one, which remembers a no.
pub(crate) struct Ownership {
    owner: Option<Arc<dyn ContainerOwner>>,
    gate: Option<Arc<dyn PromoteGate>>,
    lost: AtomicBool,
}

impl Ownership {
    pub(crate) fn of(order: &AttemptOrder) -> Arc<Self> {
        Arc::new(Self {
            owner: order.owner.clone(),
            gate: order.promote_gate.clone(),
            lost: AtomicBool::new(false),
        })
    }

    /// Whether anybody ever said no.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// Whether the result may be believed and taken over.
    ///
    /// # Errors
    /// [`Disowned`] where it may not; also where something was refused before.
    pub(crate) async fn may_promote(&self) -> Result<(), Disowned> {
        if self.is_lost() {
            return Err(Disowned::new("something was refused to its worker before"));
        }
        match &self.gate {
            Some(gate) => self.noted(gate.may_promote().await),
            None => Ok(()),
        }
    }

    fn noted(&self, answer: Result<(), Disowned>) -> Result<(), Disowned> {
        if answer.is_err() {
            self.lost.store(true, Ordering::Relaxed);
        }
        answer
    }
}

#[async_trait]
impl ContainerOwner for Ownership {
    async fn announce(&self, intent: &Intent) -> Result<(), Disowned> {
        match &self.owner {
            Some(owner) => self.noted(owner.announce(intent).await),
            None => Ok(()),
        }
    }
}

/// What ends an attempt from outside: the end, or a pause.
#[derive(Clone, Debug)]
pub(crate) struct Halt {
    pub(crate) cancel: CancellationToken,
    pub(crate) pause: CancellationToken,
}

impl Halt {
    /// Whether either was asked for.
    pub(crate) fn is_asked(&self) -> bool {
        self.cancel.is_cancelled() || self.pause.is_cancelled()
    }

    /// What the work gives; nothing where either is asked for before.
    pub(crate) async fn run_until<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => None,
            () = self.pause.cancelled() => None,
            done = work => Some(done),
        }
    }
}
