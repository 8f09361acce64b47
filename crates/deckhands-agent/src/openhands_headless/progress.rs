//! What a session does and spent so far, for people who watch.
//!
//! Judges nothing: why a session failed is `evidence`'s and `outcome`'s part.

use std::collections::BTreeSet;

use deckhands_model::{ActionKind, AgentEvent, AgentState, EventKind, GatewayFact};

use crate::adapter::Progress;
use crate::one_line::one_line;

use super::log_line::LogFact;
use super::stored::{Metrics, ModelResponse, StoredEvent};

/// Models that are listed; a gateway may rotate, but not for ever.
const MAX_MODELS: usize = 64;

/// Answers whose cost is told apart; far above any iteration limit.
const MAX_ANSWERS: usize = 10_000;

/// Characters of a model's name, an answer's id or a version.
const MAX_NAME: usize = 200;

/// Adds up lines and events.
#[derive(Debug, Default)]
pub(super) struct Tracker {
    progress: Progress,
    /// Answers that are paid already: two events of one answer carry the same cost.
    answers: BTreeSet<String>,
    /// What the provider itself said, summed over `answers`.
    provider_cost: Option<f64>,
    /// Whether a gateway tells of the calls; then the log has no news about failed ones.
    has_gateway: bool,
}

impl Tracker {
    pub(super) fn progress(&self) -> &Progress {
        &self.progress
    }

    pub(super) fn set_state(&mut self, state: AgentState) {
        self.progress.state = state;
    }

    pub(super) fn log_fact(&mut self, fact: &LogFact) {
        match fact {
            LogFact::SandboxStarted => {
                self.progress.sandbox_seen = true;
                "waits for its sandbox".clone_into(&mut self.progress.doing);
            }
            LogFact::SandboxReady => {
                self.progress.sandbox_seen = true;
                "prepares its session".clone_into(&mut self.progress.doing);
            }
            LogFact::Retry if self.has_gateway => {}
            LogFact::Retry => {
                self.progress.retries += 1;
                self.progress.waiting = true;
                "repeats a failed model call".clone_into(&mut self.progress.doing);
            }
            LogFact::State(_) | LogFact::RunError(_) => self.progress.waiting = false,
            LogFact::Status(_)
            | LogFact::LimitsHit
            | LogFact::Uncaught(_)
            | LogFact::Exception(_)
            | LogFact::BadSetting(_) => {}
        }
    }

    /// A failed call is repeated by the agent after a wait, unless the gateway gave up.
    pub(super) fn gateway_fact(&mut self, fact: &GatewayFact) {
        self.has_gateway = true;
        self.progress.waiting = !fact.is_good() && !fact.gave_up;
        if self.progress.waiting {
            self.progress.retries += 1;
            "repeats a failed model call".clone_into(&mut self.progress.doing);
        }
    }

    pub(super) fn event(&mut self, event: &AgentEvent, stored: &StoredEvent) {
        self.progress.events += 1;
        self.progress.waiting = false;
        self.progress.missed_network |= misses_network(&event.kind, stored);
        if let Some(doing) = doing(&event.kind) {
            self.progress.doing = doing;
        }
        if let Some(version) = stored.args.openhands_version.0.as_deref() {
            self.progress.version = Some(one_line(version, MAX_NAME));
        }
        self.answer(&stored.tool_call_metadata.model_response);
        self.totals(&stored.llm_metrics);
    }

    /// Notes the model that answered, and what the provider took for it.
    fn answer(&mut self, response: &ModelResponse) {
        if let Some(model) = response.model.0.as_deref() {
            let model = one_line(model, MAX_NAME);
            let models = &mut self.progress.models;
            if !model.is_empty() && models.len() < MAX_MODELS && !models.contains(&model) {
                models.push(model);
            }
        }
        let (Some(id), Some(cost)) = (response.id.0.as_deref(), response.usage.cost.0) else {
            return;
        };
        let first_time =
            self.answers.len() < MAX_ANSWERS && self.answers.insert(one_line(id, MAX_NAME));
        let sum = self.provider_cost.unwrap_or_default() + cost;
        if first_time && cost >= 0.0 && sum.is_finite() {
            self.provider_cost = Some(sum);
            self.spent(sum);
        }
    }

    /// What was spent is never less than what was told before.
    fn spent(&mut self, cost: f64) {
        let told = self.progress.usage.cost_usd.unwrap_or_default();
        self.progress.usage.cost_usd = Some(cost.max(told));
    }

    /// Takes over OpenHands' own totals; a zero of it means that it does not know.
    fn totals(&mut self, metrics: &Metrics) {
        let known =
            |count: Option<i64>| count.and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0);
        let tokens = &metrics.accumulated_token_usage;
        let usage = &mut self.progress.usage;
        usage.input_tokens = known(tokens.prompt_tokens.0).max(usage.input_tokens);
        usage.output_tokens = known(tokens.completion_tokens.0).max(usage.output_tokens);
        let computed = metrics.accumulated_cost.0.filter(|cost| *cost > 0.0);
        if let (None, Some(cost)) = (self.provider_cost, computed) {
            self.spent(cost);
        }
    }
}

/// What programs say that reach no network, in lower case.
const NO_NETWORK: &[&str] = &[
    "could not resolve host",
    "temporary failure in name resolution",
    "temporary failure resolving",
    "name or service not known",
    "network is unreachable",
    "failed to establish a new connection",
    "getaddrinfo enotfound",
    "getaddrinfo eai_again",
];

/// Bytes of a command's output that are looked at, from its end.
const LAST_WORDS: usize = 16 << 10;

/// Whether a command failed for want of a network, in its own words.
fn misses_network(kind: &EventKind, stored: &StoredEvent) -> bool {
    let EventKind::Observation {
        name,
        failed: Some(true),
        ..
    } = kind
    else {
        return false;
    };
    let said = stored.content.0.as_deref().unwrap_or_default();
    let last = &said.as_bytes()[said.len().saturating_sub(LAST_WORDS)..];
    let last = String::from_utf8_lossy(last).to_lowercase();
    name == "run" && NO_NETWORK.iter().any(|words| last.contains(words))
}

/// What an event says about what the agent does now.
fn doing(kind: &EventKind) -> Option<String> {
    let EventKind::Action { action, summary } = kind else {
        return None;
    };
    let verb = match action {
        ActionKind::Command => "runs",
        ActionKind::Python => "runs python",
        ActionKind::Read => "reads",
        ActionKind::Edit => "edits",
        ActionKind::Browse => "browses",
        ActionKind::Message => "says",
        ActionKind::Think => "thinks",
        ActionKind::Plan => "plans",
        ActionKind::Finish => "finishes",
        ActionKind::Condense => "shortens its memory",
        ActionKind::Other => return None,
    };
    Some(if summary.is_empty() {
        verb.to_owned()
    } else {
        format!("{verb} {summary}")
    })
}

#[cfg(test)]
mod tests;
