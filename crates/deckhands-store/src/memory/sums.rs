//! Whether the sums of money fit, and what becomes of those of a task that is removed.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::State;
use super::ledger::{Batch, Slices};
use super::row::Row;
use crate::money::Booked;

/// A task was removed: its money goes on counting for its days, and for its batch if that has others.
pub(super) fn forget(state: &mut State, row: &Row) {
    for one in &row.tries {
        state.ledger.leave(&one.money);
    }
    if let Some(batch) = &row.record.batch {
        state.ledger.exit(batch, row.money());
    }
}

/// Sums that are not those of what they count.
pub(super) fn faults(state: &State) -> Vec<String> {
    let mut days = BTreeMap::<Date, Booked>::new();
    let mut batches = BTreeMap::<&str, Batch>::new();
    let mut add = |money: &Slices| {
        for (day, booked) in &money.0 {
            let of_day = days.entry(*day).or_default();
            *of_day = of_day.plus(*booked);
        }
    };
    for row in state.tasks.values() {
        row.tries.iter().for_each(|one| add(&one.money));
        if let Some(batch) = &row.record.batch {
            let of_batch = batches.entry(batch).or_default();
            of_batch.tasks += 1;
            of_batch.money.all = of_batch.money.all.plus(row.money());
        }
    }
    let payers = state.ledger.payers.values();
    payers.for_each(|payer| add(&payer.money));
    let mut findings = Vec::new();
    for (day, sum) in &state.ledger.days {
        let counted = days.remove(day).unwrap_or_default();
        if counted.plus(sum.gone) != sum.all {
            findings.push(format!("the money of day {day} does not fit"));
        }
    }
    for (batch, of) in &state.ledger.batches {
        let mut counted = batches.remove(batch.as_str()).unwrap_or_default();
        counted.money.all = counted.money.all.plus(of.money.gone);
        if (counted.tasks, counted.money.all) != (of.tasks, of.money.all) {
            findings.push(format!("the money of batch {batch} does not fit"));
        }
    }
    if !batches.is_empty() || days.into_values().any(|of| of != Booked::default()) {
        findings.push("there is money that no day or batch counts".to_owned());
    }
    findings
}
