//! What the scripted provider answers, request by request; how an answer looks on the wire is left to `llm`.

mod error;
mod provider_error;
mod raw;
mod step;

use serde::Deserialize;

pub use error::{ScriptError, ScriptErrorKind};
pub use provider_error::{Dialect, ProviderError};
pub use step::{Reply, Step, Times, ToolCall, Usage, WrongUsage};

/// The answers of one provider in order, one step for each request unless a step repeats itself.
///
/// As JSON it is `{"steps": [...], "after_end": "error"}`; unknown keys are refused. A step has one key that answers:
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
/// | `provider_error`, with `dialect` | an error in the form of `openrouter` or `openai`: `bad_key`, `out_of_credit`, `refused`, `no_endpoint`, `bad_model`, `context_window`, `rate_limited` (`retry_after_s` as header, or `retry_in_body_s`), `quota` (`reset_in_body_ms`), `internal`, `bad_gateway`, `unavailable`, `gateway_timeout` |
/// | `error_in_200` | status 200 with this `error`; in a stream as its last event |
/// | `empty_choices` | a completion without a choice |
/// | `raw` | status 200 with this text, of any type that `headers` say |
/// | `truncate` | a completion that breaks off |
/// | `hang_s`, `hang` | silence for so long, or `forever` |
/// | `reset` | a reset of the connection |
///
/// and any of these that say how: `delay_ms` before it, `drip` (`bytes` at a time, `every_ms`), `times` (a number or
/// `forever`), `headers`, `usage` (`prompt_tokens`, `completion_tokens`, `cached_tokens`, `cost`), `raw_usage` (any
/// value in its place) and `no_usage`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "raw::RawScript")]
pub struct Script {
    steps: Vec<Step>,
    after_end: AfterEnd,
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
        }
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

    /// The steps in order.
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
