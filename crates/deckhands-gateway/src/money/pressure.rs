//! Whether somebody waits for money that other purses of the process have drawn and do not spend.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// How long one wish is remembered: longer than the second after which it is made again.
const LASTS: Duration = Duration::from_secs(5);

/// While somebody waits for money under a cap that others share, purses give back at once what no call
/// needs, and draw for no more than one call. Clones are the same; one for all purses of a process.
#[derive(Clone)]
pub struct Pressure(Arc<watch::Sender<Option<Instant>>>);

/// What a purse hears of it.
pub(super) struct Felt {
    until: watch::Receiver<Option<Instant>>,
    /// As long as it is here there is an end that tells.
    _source: Pressure,
}

impl Pressure {
    /// Nobody waits.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }

    /// Somebody waits now.
    pub fn raise(&self) {
        let now = Instant::now();
        self.0.send_if_modified(|until| {
            // All purses wake up for this: not for each one who waits.
            let fresh = until.is_some_and(|until| until > now + LASTS / 2);
            if !fresh {
                *until = Some(now + LASTS);
            }
            !fresh
        });
    }

    pub(super) fn felt(&self) -> Felt {
        Felt {
            until: self.0.subscribe(),
            _source: self.clone(),
        }
    }
}

impl Felt {
    /// Whether somebody waits.
    pub(super) fn is_on(&mut self, now: Instant) -> bool {
        self.until
            .borrow_and_update()
            .is_some_and(|until| now < until)
    }

    /// Resolves when somebody begins to wait, or goes on.
    pub(super) async fn raised(&mut self) {
        // Never an error: the source is here.
        let _ = self.until.changed().await;
    }
}

impl Default for Pressure {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Pressure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pressure").field(&*self.0.borrow()).finish()
    }
}
