//! What a task has cost whose last attempt cannot tell it any more.

use deckhands_model::MoneyReport;
use deckhands_store::Booked;
use serde_json::Value;

use super::work::Work;
use super::writes::{self, Unwritten};
use crate::money;

/// From the store: nothing for a task that never drew money and has no cap of its own.
pub(super) async fn money(work: &Work) -> Result<Option<MoneyReport>, Unwritten> {
    let sum = writes::money(&work.lease).await?.sum();
    let cap = work.job.spec.get("max_cost").and_then(Value::as_u64);
    let bounded = cap.is_some() || sum.used() > 0;
    let booked = Booked {
        open: sum.open,
        spent: sum.spent,
    };
    Ok(bounded.then(|| money::report(cap, booked)))
}
