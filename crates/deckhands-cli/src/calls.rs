//! Calls to models for people: a short line for each route and model.

use std::fmt::Write as _;

use deckhands_model::{ModelCalls, ModelId, Usage, Usd};
use serde::Serialize;

use crate::progress::tokens;
use crate::shown;

/// Most models that are listed.
const LISTED: usize = 20;

/// Calls of one route that one model answered; those that failed without an answer have no model.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct CallsOfModel {
    route: Option<ModelId>,
    /// In the provider's words.
    model: Option<String>,
    calls: u64,
    /// How many of them failed.
    failed: u64,
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    /// As far as it is known.
    cost_usd: Option<f64>,
    /// Tries that cost, or may have cost, what nobody told.
    cost_unknown: u64,
}

/// Sums whatever the cause of a failure was, in the order in which each model comes first.
pub(crate) fn by_model<'a>(sums: impl IntoIterator<Item = &'a ModelCalls>) -> Vec<CallsOfModel> {
    let mut models: Vec<(ModelCalls, u64)> = Vec::new();
    for sum in sums {
        let failed = if sum.cause.is_some() { sum.calls } else { 0 };
        let own = ModelCalls {
            cause: None,
            ..sum.clone()
        };
        match models.iter_mut().find(|(known, _)| known.is_like(&own)) {
            Some((known, count)) => {
                known.merge(&own);
                *count = count.saturating_add(failed);
            }
            None => models.push((own, failed)),
        }
    }
    models.into_iter().map(CallsOfModel::of).collect()
}

/// A line for each, no more than anybody reads.
pub(crate) fn lines(models: &[CallsOfModel]) -> String {
    let mut text = String::new();
    for model in models.iter().take(LISTED) {
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "{}", model.line());
    }
    if let Some(more) = models.len().checked_sub(LISTED).filter(|more| *more > 0) {
        let _ = writeln!(text, "… and {more} more models");
    }
    text
}

impl CallsOfModel {
    fn of((sum, failed): (ModelCalls, u64)) -> Self {
        Self {
            route: sum.route,
            model: sum.model,
            calls: sum.calls,
            failed,
            input_tokens: sum.input_tokens,
            output_tokens: sum.output_tokens,
            cost_usd: sum.cost_usd,
            cost_unknown: sum.cost_unknown,
        }
    }

    fn line(&self) -> String {
        let route = self.route.as_ref().map(|route| shown::line(route.as_str()));
        let model = self.model.as_deref().map(shown::line);
        let failed = match self.failed {
            0 => String::new(),
            failed => format!(", {failed} failed"),
        };
        let calls = if self.calls == 1 { "call" } else { "calls" };
        let usage = Usage {
            input_tokens: self.input_tokens,
            output_tokens: self.output_tokens,
            cost_usd: None,
        };
        format!(
            "{}{}: {} {calls}{failed} · {} · {}",
            route.unwrap_or_else(|| "no route".to_owned()),
            model.map(|model| format!(" ({model})")).unwrap_or_default(),
            self.calls,
            tokens(usage),
            cost(self.cost_usd, self.cost_unknown > 0),
        )
    }
}

/// A cost for people; one that leaves something out says so by a `+`.
pub(crate) fn cost(usd: Option<f64>, more: bool) -> String {
    let known = usd.and_then(Usd::from_f64_up);
    match known {
        None if more => "cost unknown".to_owned(),
        None => "no cost".to_owned(),
        Some(usd) if more => format!("{usd}+"),
        Some(usd) => usd.to_string(),
    }
}

#[cfg(test)]
mod tests;
