//! Attempts that somebody may still go on with.

use std::time::Duration;

use super::Sweep;
use crate::adoption::{Pulse, pulse};
use crate::attempt_dir::AttemptDir;
use crate::runner::blocking;

/// How long whoever may go on with an attempt has for it after the death of the one before.
const GRACE: Duration = Duration::from_secs(600);

/// What happens to attempts that another process may go on with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Adoptable {
    /// They stay for ten minutes after their process died, and paused ones until somebody asks for
    /// their end.
    #[default]
    Leave,
    /// They go like all others.
    Take,
}

impl Sweep<'_> {
    /// Whether a dead attempt is left to whoever may go on with it.
    pub(super) async fn is_left(&self, dir: &AttemptDir) -> bool {
        if self.options.adoptable == Adoptable::Take {
            return false;
        }
        let dir = dir.clone();
        let last = blocking(move || {
            let adoptable = dir.record().is_ok_and(|record| record.adoptable);
            let ended = dir.result().exists();
            // One that cannot be read cannot be gone on with.
            (adoptable && !ended).then(|| pulse(&dir).ok().flatten())
        });
        let last = last.await.ok().flatten().flatten();
        last.is_some_and(|pulse| self.may_go_on(&pulse))
    }

    fn may_go_on(&self, last: &Pulse) -> bool {
        let silent = Duration::try_from(self.options.now.duration_since(last.at));
        // A clock that went back tells of no time.
        last.paused || silent.unwrap_or_default() < GRACE
    }
}
