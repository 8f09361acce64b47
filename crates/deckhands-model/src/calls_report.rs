//! Calls of an attempt, or of many, added up: what a result and the figures say of them.

mod distribution;
mod model_calls;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::call_record::CallRecord;
use crate::cause::Cause;
use crate::model_id::ModelId;
use crate::usd::Usd;
pub use distribution::Distribution;
pub use model_calls::ModelCalls;
use model_calls::add_seconds;

/// The calls of an attempt to its models, as the gateway saw them.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct CallsReport {
    /// How many.
    pub count: u64,
    /// How many of them got no usable answer.
    pub failed: u64,
    /// Tries at routes, those that failed included.
    pub tries: u64,
    /// Tries that failed, by cause.
    pub failed_tries: BTreeMap<String, u64>,
    /// Seconds for which calls were held while no route could be called.
    pub held_s: f64,
    /// The same by route, answering model and cause, in the order of their first call.
    pub models: Vec<ModelCalls>,
    /// The first calls, at most [`LISTED`](Self::LISTED), in the order in which they ended.
    pub list: Vec<CallLine>,
    /// How many more there were.
    pub left_out: u64,
}

/// One call in a [`CallsReport`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CallLine {
    /// Number within its attempt.
    pub call: u64,
    /// The route that served it, or was tried last.
    pub route: Option<ModelId>,
    /// The model that answered, in the provider's words.
    pub model: Option<String>,
    /// HTTP status of the provider's last answer.
    pub status: Option<u16>,
    /// Why it failed; `None` for a usable answer.
    pub cause: Option<Cause>,
}

impl CallsReport {
    /// Most calls that are listed one by one.
    pub const LISTED: usize = 200;

    /// Most entries by route, model and cause; what else there is counts without its model.
    pub const MODELS: usize = 100;

    /// Adds a call that ended.
    pub fn add(&mut self, call: &CallRecord) {
        self.count += 1;
        self.failed += u64::from(call.cause.is_some());
        self.tries += call.tried();
        self.held_s = add_seconds(self.held_s, call.held_s);
        let own = ModelCalls::of(call);
        for (cause, count) in &own.failed_tries {
            *self.failed_tries.entry(cause.clone()).or_default() += count;
        }
        self.take(own);
        if self.list.len() < Self::LISTED {
            self.list.push(CallLine {
                call: call.call,
                route: call.route.clone(),
                model: call.model.clone(),
                status: call.status,
                cause: call.cause,
            });
        } else {
            self.left_out += 1;
        }
    }

    /// Adds the calls of another one, which come after these.
    pub fn merge(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.failed = self.failed.saturating_add(other.failed);
        self.tries = self.tries.saturating_add(other.tries);
        self.held_s = add_seconds(self.held_s, other.held_s);
        for (cause, count) in &other.failed_tries {
            *self.failed_tries.entry(cause.clone()).or_default() += count;
        }
        other.models.iter().for_each(|one| self.take(one.clone()));
        let room = Self::LISTED - self.list.len().min(Self::LISTED);
        self.list.extend(other.list.iter().take(room).cloned());
        let untaken = other.list.len().saturating_sub(room) as u64;
        self.left_out = self.left_out.saturating_add(other.left_out + untaken);
    }

    /// What all calls cost together, failed tries included; `None` where there was no call, or where the
    /// cost of one is not known.
    #[must_use]
    pub fn cost(&self) -> Option<Usd> {
        let unknown = self.models.iter().any(|one| one.cost_unknown > 0);
        (self.count > 0 && !unknown).then(|| self.known_cost())
    }

    /// What is known to have been spent.
    #[must_use]
    pub fn known_cost(&self) -> Usd {
        self.models.iter().map(ModelCalls::known_cost).sum()
    }

    fn take(&mut self, mut own: ModelCalls) {
        let full = self.models.len() >= Self::MODELS;
        if full && !self.models.iter().any(|known| known.is_like(&own)) {
            own.model = None;
        }
        match self.models.iter_mut().find(|known| known.is_like(&own)) {
            Some(known) => known.merge(&own),
            None => self.models.push(own),
        }
    }
}

#[cfg(test)]
mod tests;
