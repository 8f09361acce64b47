//! Sums of calls: by route, answering model and cause. They only grow, as counters do, whatever becomes of
//! the tasks.

use deckhands_model::ModelCalls;

/// Most sums that are kept by the names of models; further models count without their names, so that a
/// provider cannot fill the record with names.
pub(crate) const NAMED: usize = 1000;

/// By what a sum is known and ordered: route, model and cause, empty where there is none.
pub(crate) fn key(sum: &ModelCalls) -> [String; 3] {
    let route = sum.route.as_ref().map(ToString::to_string);
    let cause = sum.cause.map(|cause| cause.name());
    [route, sum.model.clone(), cause].map(Option::unwrap_or_default)
}
