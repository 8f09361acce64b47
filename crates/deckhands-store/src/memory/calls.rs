//! Sums of calls, in memory.

use deckhands_model::{CallsReport, ModelCalls};

use crate::calls::{NAMED, key};

/// Adds the calls of an attempt that ended.
pub(super) fn book(sums: &mut Vec<ModelCalls>, calls: &CallsReport) {
    for more in &calls.models {
        add(sums, more.clone());
    }
}

fn add(sums: &mut Vec<ModelCalls>, mut own: ModelCalls) {
    if sums.len() >= NAMED && !sums.iter().any(|known| known.is_like(&own)) {
        own.model = None;
    }
    if let Some(known) = sums.iter_mut().find(|known| known.is_like(&own)) {
        known.merge(&own);
        return;
    }
    let place = sums.partition_point(|known| key(known) < key(&own));
    sums.insert(place, own);
}
