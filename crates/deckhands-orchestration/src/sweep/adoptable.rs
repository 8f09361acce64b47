//! Attempts that somebody may still go on with.

use std::time::Duration;

use deckhands_model::AttemptId;
use deckhands_store::{AttemptState, Queries, StoreError};

use super::Sweep;
use crate::adoption::{Pulse, pulse};
use crate::attempt_dir::AttemptDir;
use crate::runner::blocking;

/// How long whoever may go on with an attempt has for it after the death of the one before.
const GRACE: Duration = Duration::from_secs(600);

/// What happens to attempts that another process may go on with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Adoptable {
    /// They stay for ten minutes after their process died, or their lease ended, and paused ones until
    /// somebody asks for their end.
    #[default]
    Leave,
    /// They go like all others.
    Take,
}

impl Sweep<'_> {
    /// Whether a dead attempt is left to whoever may go on with it. Asked while its lock is held.
    pub(super) async fn is_left(&self, dir: &AttemptDir, attempt: AttemptId) -> bool {
        if self.options.adoptable == Adoptable::Take || dir.result().exists() {
            return false;
        }
        match self.record {
            Some(record) if *dir == AttemptDir::of(self.home, attempt) => {
                self.is_live(record, dir, attempt).await
            }
            _ => self.is_kept(dir).await,
        }
    }

    /// What the record of tasks says. Where it does not answer, nothing is removed.
    async fn is_live(&self, record: &dyn Queries, dir: &AttemptDir, attempt: AttemptId) -> bool {
        let attempts = match record.attempts(attempt.task).await {
            Ok(attempts) => attempts,
            Err(StoreError::UnknownTask(_)) => return false,
            Err(error) => {
                tracing::warn!(%attempt, %error, "left: whether it is live cannot be told");
                return true;
            }
        };
        let own = attempts.iter().find(|own| own.id() == Some(attempt));
        let Some(own) = own else {
            return false;
        };
        match own.state {
            AttemptState::Ended => false,
            AttemptState::Paused => true,
            AttemptState::Leased | AttemptState::Running => {
                let silent = self.options.now.duration_since(own.lease_until);
                // Whoever leased a paused one may have failed before it let go what is paused.
                Duration::try_from(silent).unwrap_or_default() < GRACE
                    || last_pulse(dir).await.is_some_and(|last| last.paused)
            }
        }
    }

    /// What its own directory says, where nobody else does.
    async fn is_kept(&self, dir: &AttemptDir) -> bool {
        let last = last_pulse(dir).await;
        last.is_some_and(|pulse| self.may_go_on(&pulse))
    }

    fn may_go_on(&self, last: &Pulse) -> bool {
        let silent = Duration::try_from(self.options.now.duration_since(last.at));
        // A clock that went back tells of no time.
        last.paused || silent.unwrap_or_default() < GRACE
    }
}

/// How far an adoptable attempt was. One that cannot be read cannot be gone on with.
async fn last_pulse(dir: &AttemptDir) -> Option<Pulse> {
    let dir = dir.clone();
    let last = blocking(move || {
        let adoptable = dir.record().is_ok_and(|record| record.adoptable);
        adoptable.then(|| pulse(&dir).ok().flatten())
    });
    last.await.ok().flatten().flatten()
}
