//! Money that is held for one call, from before it goes out until it is known what it cost.

use std::fmt;
use std::sync::Arc;

use deckhands_model::Usd;
use tokio::sync::oneshot;

use super::line::Answer;
use super::{Refused, Shared};
use crate::money::booked::Booked;

/// The worst case of one call, held in a [`Purse`](super::Purse).
///
/// One that is dropped without a word books its worst case: the provider may have served the call. So
/// nothing is given back by accident.
#[must_use = "dropped, it books its worst case"]
pub struct Reservation {
    shared: Arc<Shared>,
    worst: Usd,
    over: bool,
}

impl Reservation {
    pub(super) fn new(shared: &Arc<Shared>, worst: Usd) -> Self {
        Self {
            shared: Arc::clone(shared),
            worst,
            over: false,
        }
    }

    /// How much is held.
    #[must_use]
    pub const fn worst(&self) -> Usd {
        self.worst
    }

    /// Books what the call cost, all of it, and frees the rest. Does not wait; the ledger hears of it
    /// in a batch that begins at most 50 ms later.
    pub fn settle(mut self, booked: Booked) {
        if booked.spent > self.worst {
            tracing::warn!(
                spent = %booked.spent,
                reserved = %self.worst,
                "a call cost more than its worst case"
            );
        }
        self.over = true;
        self.shared.finish(self.worst, booked.spent, true);
    }

    /// Frees all of it. Whoever calls this vouches that the provider served nothing: the call was not
    /// forwarded, or was refused before it began.
    pub fn unused(mut self) {
        self.over = true;
        self.shared.finish(self.worst, Usd::ZERO, true);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if !self.over {
            self.shared.finish(self.worst, self.worst, false);
        }
    }
}

impl fmt::Debug for Reservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reservation").field(&self.worst).finish()
    }
}

/// One who waits for money, and gives it back when it comes after he has gone.
pub(super) struct Waiting<'a> {
    shared: &'a Arc<Shared>,
    worst: Usd,
    answer: oneshot::Receiver<Answer>,
}

impl<'a> Waiting<'a> {
    pub(super) fn new(
        shared: &'a Arc<Shared>,
        worst: Usd,
        answer: oneshot::Receiver<Answer>,
    ) -> Self {
        Self {
            shared,
            worst,
            answer,
        }
    }

    pub(super) async fn granted(mut self) -> Result<Reservation, Refused> {
        match (&mut self.answer).await {
            Ok(Ok(())) => Ok(Reservation::new(self.shared, self.worst)),
            Ok(Err(refused)) => Err(refused),
            Err(_gone) => Err(Refused::Closed),
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        // After this nothing can be sent; what was sent before and not taken is here.
        self.answer.close();
        if matches!(self.answer.try_recv(), Ok(Ok(()))) {
            self.shared.finish(self.worst, Usd::ZERO, true);
        }
    }
}
