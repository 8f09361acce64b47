//! What the scripted provider answers, request by request; how an answer looks on the wire is left to `llm`.

mod error;
mod manner;
mod provider_error;
mod raw;
mod step;
mod usage;

use std::collections::BTreeMap;

use serde::Deserialize;

pub use error::{ScriptError, ScriptErrorKind};
pub use manner::{Break, EventForm, Mishap, Place};
pub use provider_error::{Dialect, ProviderError};
pub(crate) use step::filler;
pub use step::{Reply, Step, Times, ToolCall};
pub use usage::{Usage, WrongUsage};

/// The answers of one provider in order, one step for each request unless a step repeats itself.
///
/// As JSON it is `{"steps": [...], "after_end": "error"}`, and beside or instead of these
/// `"models": {"name": {"steps": [...], "after_end": "error"}}`: a request is answered by the steps of the `model` that it
/// names, each with a place of its own, or else by the common ones. Without common steps another model is status 404
/// with `model_not_found`. Unknown keys are refused. A step has one key that answers:
///
/// | key | what a request gets |
/// | --- | --- |
/// | `text` | a message; with `tool`, `tools` or `finish` the text before the calls |
/// | `text_mib` | a message of 1 to 64 MiB |
/// | `tool`, with `args` or `raw_args` | a call of any tool, known or not; `raw_args` is sent as it is, JSON or not |
/// | `tools` | several calls, each with `tool` and `args` |
/// | `finish` | a call of `finish` with this message |
/// | `filtered` | a message of this text that a content filter ended (`finish_reason` `content_filter`) |
/// | `refusal` | no content but this `refusal` |
/// | `status`, with `body` | this HTTP status |
/// | `provider_error` | an error in its provider's form, see below |
/// | `error_in_200` | status 200 with this `error`; in a stream as its last event |
/// | `empty_choices` | a completion without a choice |
/// | `raw` | status 200 with this text, of any type that `headers` say |
/// | `truncate` (`true`) | a completion that breaks off |
/// | `hang_s`, `hang` | silence for so long, or `forever` |
/// | `reset` | a reset of the connection |
///
/// A `provider_error` has the form of its `dialect`: `openrouter` (unless told otherwise), `openai` or `anthropic`.
///
/// | error | status | what else it tells |
/// | --- | --- | --- |
/// | `bad_key`, `refused`, `no_endpoint` | 401, 403, 404 | |
/// | `bad_model`, `context_window` | 400 | |
/// | `out_of_credit` | 402 | |
/// | `cannot_afford` | 402 | `requested_tokens` (4096) and `affordable_tokens` (0) in its text |
/// | `rate_limited` | 429 | when to try again: not at all, or as header `retry_after_s` or `retry_after_ms`, or `retry_in_body_s` in its text; in OpenRouter's form the provider behind it |
/// | `requests_per_minute`, `tokens_per_minute` | 429 | `retry_in_ms` (1000) in its text, in OpenAI's form also as `x-ratelimit-reset-…` like `6m0s` |
/// | `free_per_minute` | 429 | `reset_in_body_ms`, milliseconds since 1970, in OpenRouter's `metadata.headers` |
/// | `quota` | 429 | the same, if given |
/// | `internal`, `bad_gateway`, `unavailable`, `gateway_timeout` | 500, 502, 503, 504 | |
/// | `overloaded` | 529 | |
///
/// With `after_chunks` (and `text`, of which these chunks are) an `error_in_200` or a `provider_error` comes in an answer
/// of status 200 after so many chunks of content. Any answer has further keys that say how it is given:
///
/// | key | meaning |
/// | --- | --- |
/// | `times` | how many requests get it: a number or `forever` |
/// | `delay_ms` | wait before it |
/// | `headers` | more headers, or others than it would have, such as its type |
/// | `drip` | `bytes` at a time, `every_ms` |
/// | `truncate` | the connection closes `{"after_bytes": n}` of the body or `{"after_chunks": n}`, with `"reset": true` by a reset; 0 bytes is right after the head, 0 chunks before the first content |
/// | `stall_after` | the same for silence after so many `bytes` or `chunks`: for `ms`, or until the client leaves |
///
/// and a completion these:
///
/// | key | meaning |
/// | --- | --- |
/// | `usage` | what it costs and tells: `prompt_tokens`, `completion_tokens`, `cached_tokens`, `cost` |
/// | `raw_usage`, `no_usage` | what it tells instead: any value, or nothing |
/// | `finish_reason` | why it ended, for example `length` |
/// | `chunk_chars` | characters in one chunk of a stream, 256 unless told otherwise |
/// | `keepalive` | so many comments `: OPENROUTER PROCESSING` before a stream's first event |
/// | `event_every_ms` | each event by itself with this wait between two, 0 for none; otherwise all come at once |
/// | `crlf`, `no_done` | a stream's lines end with CR LF; it has no end mark |
/// | `unstreamed` | one document although a stream is asked for |
///
/// A stream tells the usage only where `stream_options.include_usage` or OpenRouter's `usage.include` asks for it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "raw::RawScript")]
pub struct Script {
    steps: Vec<Step>,
    after_end: AfterEnd,
    /// Scripts without models of their own.
    models: BTreeMap<String, Script>,
    /// Whether the steps are for every other model; if not, there are none.
    common: bool,
}

/// What a request gets that arrives after the last step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterEnd {
    /// Status 599 with the text `script ended`, which [`ran_off_end`](crate::ScriptedLlm::ran_off_end) reports.
    #[default]
    Error,
    /// The last step again, for ever.
    RepeatLast,
    /// A call of the `finish` tool.
    Finish,
}

impl Script {
    /// A script of these steps; a request after the last one is an error.
    #[must_use]
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            steps: steps.into_iter().collect(),
            after_end: AfterEnd::Error,
            models: BTreeMap::new(),
            common: true,
        }
    }

    /// A script that knows no model until one is [added](Self::model): a request for any other is status 404.
    #[must_use]
    pub fn only_models() -> Self {
        Self {
            common: false,
            ..Self::new([])
        }
    }

    /// The same script with steps of its own, and a place in them, for requests whose `model` is this name.
    ///
    /// Models that the added script has itself count for nothing.
    #[must_use]
    pub fn model(mut self, name: impl Into<String>, script: Self) -> Self {
        self.models.insert(name.into(), script);
        self
    }

    /// The same script with another rule for requests after its end.
    ///
    /// [`AfterEnd::RepeatLast`] of a script without steps behaves as [`AfterEnd::Error`].
    #[must_use]
    pub fn after_end(mut self, rule: AfterEnd) -> Self {
        self.after_end = rule;
        self
    }

    /// Reads a script file's text.
    ///
    /// # Errors
    /// The first fault found, with the number of its step (counted from 1).
    pub fn from_json(text: &str) -> Result<Self, ScriptError> {
        raw::parse(text)
    }

    /// The models that have steps of their own, by name.
    pub fn models(&self) -> impl Iterator<Item = (&str, &Self)> {
        let models = self.models.iter();
        models.map(|(name, script)| (name.as_str(), script))
    }

    /// Whether a model without steps of its own is answered.
    #[must_use]
    pub fn has_common_steps(&self) -> bool {
        self.common
    }

    /// The steps in order, those for models without their own.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The rule for requests after the last step.
    #[must_use]
    pub fn rule_after_end(&self) -> AfterEnd {
        self.after_end
    }
}

#[cfg(test)]
mod tests;
