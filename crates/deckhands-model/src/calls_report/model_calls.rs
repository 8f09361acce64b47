//! Calls that ended alike, added up.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Distribution;
use crate::call_record::CallRecord;
use crate::cause::Cause;
use crate::gateway_fact::CostBy;
use crate::model_id::ModelId;
use crate::usd::Usd;

/// Calls of one route that one model answered, or that failed for one cause.
///
/// Sums of tokens and of money are over the calls that told them; `None` where none did.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ModelCalls {
    /// The route that served them, or was tried last; `None` where none could be tried.
    pub route: Option<ModelId>,
    /// The model that answered, in the provider's words.
    pub model: Option<String>,
    /// Why they failed; `None` for usable answers.
    pub cause: Option<Cause>,
    /// How many.
    pub calls: u64,
    /// Tokens sent.
    pub input_tokens: Option<u64>,
    /// Tokens answered.
    pub output_tokens: Option<u64>,
    /// Tokens of the input that the provider had in its cache.
    pub cached_tokens: Option<u64>,
    /// US dollars as far as they are known, those for failed tries included.
    pub cost_usd: Option<f64>,
    /// Tries that cost, or may have cost, what nobody told.
    pub cost_unknown: u64,
    /// Seconds for which they were held.
    pub held_s: f64,
    /// Tries of theirs that failed, by cause.
    pub failed_tries: BTreeMap<String, u64>,
    /// How long they took in microseconds, by [`Distribution::TOOK_US`].
    pub took_us: Distribution,
    /// Their tokens sent, by [`Distribution::TOKENS`].
    pub input: Distribution,
    /// Their tokens answered, by the same.
    pub output: Distribution,
}

impl ModelCalls {
    /// One call.
    #[must_use]
    pub fn of(call: &CallRecord) -> Self {
        let mut own = Self {
            route: call.route.clone(),
            model: call.model.clone(),
            cause: call.cause,
            calls: 1,
            input_tokens: call.input_tokens,
            output_tokens: call.output_tokens,
            cached_tokens: call.cached_tokens,
            held_s: add_seconds(0.0, call.held_s),
            ..Self::default()
        };
        own.take_cost(call);
        let last = call.cause.filter(|_| call.failed_at_its_route());
        let failed = call.tries.iter().map(|tried| tried.cause).chain(last);
        for cause in failed {
            *own.failed_tries.entry(cause.name()).or_default() += 1;
        }
        let took = Duration::try_from_secs_f64(call.took_s).unwrap_or_default();
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        own.took_us.add(&Distribution::TOOK_US, took);
        for (tokens, all) in [
            (call.input_tokens, &mut own.input),
            (call.output_tokens, &mut own.output),
        ] {
            if let Some(tokens) = tokens {
                all.add(&Distribution::TOKENS, tokens);
            }
        }
        own
    }

    /// Whether both are of the same route, model and cause.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        (&self.route, &self.model, self.cause) == (&other.route, &other.model, other.cause)
    }

    /// Adds others.
    pub fn merge(&mut self, other: &Self) {
        self.calls = self.calls.saturating_add(other.calls);
        for (own, more) in [
            (&mut self.input_tokens, other.input_tokens),
            (&mut self.output_tokens, other.output_tokens),
            (&mut self.cached_tokens, other.cached_tokens),
        ] {
            if let Some(more) = more {
                *own = Some(own.unwrap_or_default().saturating_add(more));
            }
        }
        self.add_cost(other.cost_usd);
        self.cost_unknown = self.cost_unknown.saturating_add(other.cost_unknown);
        self.held_s = add_seconds(self.held_s, other.held_s);
        for (cause, count) in &other.failed_tries {
            let own = self.failed_tries.entry(cause.clone()).or_default();
            *own = own.saturating_add(*count);
        }
        self.took_us.merge(&other.took_us);
        self.input.merge(&other.input);
        self.output.merge(&other.output);
    }

    /// What is known to have been spent.
    #[must_use]
    pub fn known_cost(&self) -> Usd {
        self.cost_usd.and_then(amount).unwrap_or_default()
    }

    fn take_cost(&mut self, call: &CallRecord) {
        let told = call
            .cost_usd
            .filter(|_| call.cost_by != Some(CostBy::Worst));
        self.add_cost(told);
        self.add_cost((call.lost_usd > 0.0).then_some(call.lost_usd));
        // A refusal costs nothing, and neither does what never went out; an answer costs something.
        let untold = told.is_none() && call.cause.is_none();
        self.cost_unknown = u64::from(call.cost_unknown.max(u32::from(untold)));
    }

    /// Sums are exact to the nanodollar, in whatever order they are made.
    fn add_cost(&mut self, usd: Option<f64>) {
        if let Some(more) = usd.and_then(amount) {
            self.cost_usd = Some(self.known_cost().saturating_add(more).as_f64());
        }
    }
}

/// The nanodollars that were written as this figure. A `Duration` is exactly that: whole units and
/// billionths, by rounding to the nearest.
fn amount(usd: f64) -> Option<Usd> {
    let nanos = Duration::try_from_secs_f64(usd).ok()?.as_nanos();
    u64::try_from(nanos).ok().map(Usd::nanos)
}

/// Sums of seconds are exact to the nanosecond, in whatever order they are made.
pub(super) fn add_seconds(seconds: f64, more: f64) -> f64 {
    let time = |seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default();
    time(seconds).saturating_add(time(more)).as_secs_f64()
}
