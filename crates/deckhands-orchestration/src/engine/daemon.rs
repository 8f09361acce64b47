//! Watches over a daemon that gave reason to doubt it: while it does not answer, nothing is begun.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::observer::EngineEvent;
use super::shared::Shared;

/// Longest wait for one answer.
const ANSWER: Duration = Duration::from_secs(10);

/// The daemon as the engine sees it.
#[derive(Debug, Default)]
pub(super) struct Daemon {
    /// Asks it until it answers.
    asking: JoinSet<()>,
}

impl Daemon {
    /// Asks it whether it is well, unless somebody does so already.
    pub(super) fn doubt(&mut self, shared: &Arc<Shared>) {
        if self.asking.is_empty() {
            let shared = shared.clone();
            self.asking
                .spawn(async move { tell_of_outage(&shared).await });
        }
    }

    /// Whether it is not known to be well.
    pub(super) fn is_doubted(&self) -> bool {
        !self.asking.is_empty()
    }

    /// Waits until it is well again; `None` where it was not doubted.
    pub(super) async fn well_again(&mut self) -> Option<()> {
        self.asking.join_next().await.map(|_asked| ())
    }

    /// Gives up asking.
    pub(super) fn leave(&mut self) {
        self.asking.abort_all();
    }
}

/// Waits until it answers, and tells of the time in which it does not.
async fn tell_of_outage(shared: &Shared) {
    let mut told = false;
    let refused = |why| {
        if !told {
            shared.observer.tell(EngineEvent::DaemonTrouble(why));
            told = true;
        }
    };
    until_it_answers(shared, refused).await;
    if told {
        shared.observer.tell(EngineEvent::DaemonBack);
    }
}

/// Asks until it answers; `refused` gets what stands in the way each time.
pub(super) async fn until_it_answers(shared: &Shared, mut refused: impl FnMut(String)) {
    while let Err(why) = answers(shared).await {
        refused(why);
        sleep(shared.settings.poll).await;
    }
}

/// Whether it answers now.
///
/// # Errors
/// What stands in the way, for people.
pub(super) async fn answers(shared: &Shared) -> Result<(), String> {
    let greeted = timeout(ANSWER, shared.attempts.greet()).await;
    greeted.unwrap_or_else(|_elapsed| Err("it does not answer".to_owned()))
}
