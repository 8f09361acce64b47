//! What is told of an attempt beside its app: calls to the model, the end of its sandbox, a bound that
//! was reached.

use std::pin::Pin;
use std::time::Duration;

use deckhands_model::GatewayFact;
use deckhands_runtime::{ContainerId, Containers, ExitStatus, RuntimeError};
use futures::future::pending;
use tokio::time::{Instant, timeout, timeout_at};

use super::hold;
use crate::worker::limits::{Breach, Guard};
use crate::worker::served::Served;

type Waiting<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// One thing that was told.
pub(super) enum Told {
    /// A call to the model ended.
    Call(Box<GatewayFact>),
    /// The sandbox ended, or is out of sight for good.
    SandboxEnded(Result<ExitStatus, RuntimeError>),
    /// A bound was reached.
    Breach(Breach),
}

/// Pause between two looks at the way out.
const PULSE: Duration = Duration::from_secs(1);

/// Longest wait for the end of a sandbox that the agent has lost: the daemon knows of it at once, and
/// one that is being stopped needs less than a second for it.
const LAST_BREATH: Duration = Duration::from_secs(2);

/// Listens to all of it; of an attempt that is served nothing and starts its own sandbox nothing is
/// ever told.
#[derive(Default)]
pub(super) struct Beside<'a> {
    served: Option<&'a mut Served>,
    sandbox: Option<Waiting<'a, Result<ExitStatus, RuntimeError>>>,
    breach: Option<Waiting<'a, Breach>>,
    /// When the way out is looked at next.
    look: Option<Instant>,
}

impl<'a> Beside<'a> {
    /// Listens beside an app and, where it came to be, its sandbox.
    pub(super) fn of(
        served: Option<&'a mut Served>,
        containers: &'a dyn Containers,
        sandbox: Option<&'a (ContainerId, Guard)>,
    ) -> Self {
        let mut beside = Self {
            served,
            ..Self::default()
        };
        if let Some((id, guard)) = sandbox {
            beside.sandbox = Some(Box::pin(hold::wait(containers, id)));
            beside.breach = Some(Box::pin(guard.breach(containers, id)));
        }
        beside
    }

    /// The next thing that is told. It may be dropped at any point; nothing is lost by it.
    pub(super) async fn next(&mut self) -> Told {
        let calls = async {
            let Some(served) = &mut self.served else {
                return pending().await;
            };
            loop {
                // Kept, because whoever calls drops this future ten times a second.
                let look = *self.look.get_or_insert_with(|| Instant::now() + PULSE);
                match timeout_at(look, served.facts().recv()).await {
                    Ok(Some(fact)) => return fact,
                    Ok(None) => return pending().await,
                    Err(_elapsed) => served.mend(),
                }
                self.look = None;
            }
        };
        tokio::select! {
            // A call that ended before everything else did explains it.
            biased;
            fact = calls => Told::Call(Box::new(fact)),
            ended = once(&mut self.sandbox) => Told::SandboxEnded(ended),
            breach = once(&mut self.breach) => Told::Breach(breach),
        }
    }

    /// Gives a sandbox that may be lost the time to be seen ending, and tells whether it was: what it
    /// ended of is known only then.
    pub(super) async fn last_breath(&mut self) -> bool {
        if self.sandbox.is_none() {
            return false;
        }
        let ended = timeout(LAST_BREATH, once(&mut self.sandbox)).await;
        ended.is_ok_and(|ended| ended.is_ok())
    }

    /// What is there already.
    pub(super) fn rest(&mut self) -> Option<GatewayFact> {
        self.served.as_mut()?.facts().try_recv().ok()
    }

    /// Whether a call is held because no route to the model may be called.
    pub(super) fn is_held(&self) -> bool {
        self.served.as_ref().is_some_and(|served| served.is_held())
    }

    /// Whether a call to the model is under way.
    pub(super) fn is_calling(&self) -> bool {
        self.served
            .as_ref()
            .is_some_and(|served| served.is_calling())
    }
}

/// Waits for a future that ends once.
async fn once<T>(waiting: &mut Option<Waiting<'_, T>>) -> T {
    let Some(future) = waiting else {
        return pending().await;
    };
    let ended = future.await;
    *waiting = None;
    ended
}
