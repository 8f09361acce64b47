//! One call of an agent to its model as it is kept: a line of its attempt's `calls.jsonl`.

use serde::{Deserialize, Serialize};

use crate::cause::Cause;
use crate::gateway_fact::{CallFault, CostBy, GatewayFact, Try};
use crate::model_id::ModelId;

/// One call, told when it has ended. Nothing that was said in it is in here. Unknown is `None`, never
/// zero.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CallRecord {
    /// Number within its attempt, from 1; a number is missing where a call ended with its connection.
    pub call: u64,
    /// When it arrived (RFC 3339, UTC).
    pub started_at: String,
    /// The route that served it, or was tried last; `None` where none could be tried.
    pub route: Option<ModelId>,
    /// The model that answered, in the provider's words.
    pub model: Option<String>,
    /// Tries before that one, all failed, in order.
    pub tries: Vec<TryRecord>,
    /// HTTP status of the provider's last answer.
    pub status: Option<u16>,
    /// What went wrong; `None` for a usable answer, and where no route was to blame.
    pub fault: Option<CallFault>,
    /// Why it failed; `None` for a usable answer.
    pub cause: Option<Cause>,
    /// Whether its answer was wanted as a stream of events.
    pub streamed: bool,
    /// Tokens sent.
    pub input_tokens: Option<u64>,
    /// Tokens answered.
    pub output_tokens: Option<u64>,
    /// Tokens of the input that the provider had in its cache; `None` also where it had none.
    pub cached_tokens: Option<u64>,
    /// What the last try cost, in US dollars; the most that it can have cost where `cost_by` says so.
    pub cost_usd: Option<f64>,
    /// Whose figure that is.
    pub cost_by: Option<CostBy>,
    /// The price table's figure, where the provider told another one.
    pub table_cost_usd: Option<f64>,
    /// What the tries before it cost, as far as that is known.
    pub lost_usd: f64,
    /// How many tries, the last one included, cost or may have cost something, and nobody told what.
    pub cost_unknown: u32,
    /// Seconds from its arrival to its end.
    pub took_s: f64,
    /// Seconds of those that it was held while no route could be called.
    pub held_s: f64,
    /// Seconds for which the provider wanted no more calls, if it said so.
    pub retry_after_s: Option<f64>,
    /// With it the gateway gave up: no further call was made for the attempt.
    pub gave_up: bool,
}

/// One try of a call at one route that failed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TryRecord {
    /// Where.
    pub route: ModelId,
    /// HTTP status of the answer, if there was one.
    pub status: Option<u16>,
    /// What went wrong.
    pub fault: CallFault,
    /// Why it failed.
    pub cause: Cause,
    /// Seconds that it took.
    pub took_s: f64,
    /// Seconds for which the provider wanted no more calls, if it said so.
    pub retry_after_s: Option<f64>,
}

impl CallRecord {
    /// Longest `model` in bytes: it is the provider's to say, and is kept in many places.
    pub const MAX_MODEL: usize = 200;

    /// What the gateway saw, as call of this number that arrived at that time.
    #[must_use]
    pub fn of(fact: &GatewayFact, call: u64, started_at: String) -> Self {
        let account = fact.account;
        Self {
            call,
            started_at,
            route: fact.route.clone(),
            model: fact.model.as_deref().filter(|m| !m.is_empty()).map(clipped),
            tries: fact.earlier.iter().map(TryRecord::of).collect(),
            status: fact.status,
            fault: fact.fault,
            cause: fact.cause,
            streamed: account.streamed,
            input_tokens: fact.usage.input_tokens,
            output_tokens: fact.usage.output_tokens,
            cached_tokens: account.cached_tokens,
            cost_usd: match account.cost {
                Some(cost) => Some(cost.usd.as_f64()),
                None => fact.usage.cost_usd,
            },
            cost_by: match account.cost {
                Some(cost) => Some(cost.by),
                // A call that is played from a recording has no price, but what was told of it.
                None => fact.usage.cost_usd.map(|_told| CostBy::Provider),
            },
            table_cost_usd: account
                .cost
                .and_then(|cost| cost.other)
                .map(|other| other.as_f64()),
            lost_usd: account.lost.as_f64(),
            cost_unknown: account.unknown,
            took_s: fact.took.as_secs_f64(),
            held_s: fact.held.as_secs_f64(),
            retry_after_s: fact.retry_after.map(|wait| wait.as_secs_f64()),
            gave_up: fact.gave_up,
        }
    }

    /// Whether the last try failed at its route. A call can fail otherwise, too: for want of a route, or
    /// of money.
    #[must_use]
    pub fn failed_at_its_route(&self) -> bool {
        self.route.is_some() && self.fault.is_some()
    }

    /// Tries at routes, those that failed included.
    #[must_use]
    pub fn tried(&self) -> u64 {
        let last = self.failed_at_its_route() || (self.route.is_some() && self.cause.is_none());
        self.tries.len() as u64 + u64::from(last)
    }
}

impl TryRecord {
    fn of(tried: &Try) -> Self {
        Self {
            route: tried.route.clone(),
            status: tried.status,
            fault: tried.fault,
            cause: tried.cause,
            took_s: tried.took.as_secs_f64(),
            retry_after_s: tried.retry_after.map(|wait| wait.as_secs_f64()),
        }
    }
}

fn clipped(model: &str) -> String {
    let mut end = model.len().min(CallRecord::MAX_MODEL);
    while !model.is_char_boundary(end) {
        end -= 1;
    }
    model[..end].to_owned()
}

#[cfg(test)]
mod tests;
