//! What a result document says of money.

use deckhands_model::{MoneyReport, Usd};
use deckhands_store::Booked;

/// What is booked for a task with this cap, in nanodollars, while nobody works on it: what is open now
/// will not be settled any more.
pub(crate) fn report(cap: Option<u64>, booked: Booked) -> MoneyReport {
    let usd = |nanos| Usd::nanos(nanos).as_f64();
    MoneyReport {
        cap_usd: cap.map(usd),
        spent_usd: usd(booked.spent),
        uncertain_usd: usd(booked.open),
    }
}
