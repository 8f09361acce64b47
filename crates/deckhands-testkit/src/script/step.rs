//! One step of a script; reading it from JSON is left to `raw`.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::manner::{Break, EventForm, Mishap, Place};
use super::provider_error::{Dialect, ProviderError};
use super::usage::{Usage, WrongUsage};
use crate::body::Pace;

/// What huge messages are made of.
const FILLER: &str = "one of very many lines of text.\n";

/// One answer of the provider and how it is given.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The answer itself.
    pub reply: Reply,
    /// Wait before the answer.
    pub delay: Duration,
    /// How many requests get this answer.
    pub times: Times,
    /// Token counts and cost told with a completion.
    pub usage: Usage,
    /// What a completion tells in place of `usage`.
    pub wrong_usage: Option<WrongUsage>,
    /// How the answer trickles, if it does not come at once.
    pub pace: Option<Pace>,
    /// Extra response headers, for example `Retry-After` or `x-litellm-response-cost`; each is in place of one of the
    /// same name that the answer would have.
    pub headers: Vec<(String, String)>,
    /// Why a completion says that it ended, if it is not what its answer says, for example `length`.
    pub finish_reason: Option<String>,
    /// How a completion looks as a stream.
    pub events: EventForm,
    /// Where the answer breaks off or pauses.
    pub broken: Option<Break>,
}

/// The kinds of answer.
///
/// A request with `"stream": true` gets completions as server-sent events.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// A completion with text only.
    Say(String),
    /// A completion with tool calls; the text stands before them and may be empty.
    ///
    /// A request that sent `tools` gets all calls in one answer. In the text form a model is cut at its stop
    /// word after the first call, so there the calls are spread over as many requests.
    Call {
        /// Text beside the calls.
        text: String,
        /// The calls in order, at least one.
        calls: Vec<ToolCall>,
    },
    /// A completion with one tool call whose arguments are this text, which need not be JSON.
    BrokenCall {
        /// Tool name.
        tool: String,
        /// Arguments as they are sent.
        arguments: String,
    },
    /// A completion that the provider's content filter ended after this text, which may be empty.
    Filtered(String),
    /// A completion without content, with this text as its `refusal`.
    Refusal(String),
    /// An answer with this HTTP status; a JSON string is sent as plain text.
    Status {
        /// HTTP status, 200 to 999.
        code: u16,
        /// Response body.
        body: Value,
    },
    /// No answer: the connection is closed after this time, or stays open until the client leaves.
    Hang(Option<Duration>),
    /// The connection is reset without an answer.
    Reset,
    /// Status 200 with this text, which need not be JSON.
    Raw(String),
    /// A completion that breaks off: its `Content-Length` is larger than what is sent before the connection
    /// closes, or its events end in their middle.
    Truncate,
    /// A completion with `"choices": []`.
    EmptyChoices,
    /// Status 200 with this value under `error`; as an event after the first one in a stream.
    ErrorIn200(Value),
    /// A completion that ends with an error after some chunks of content: as OpenRouter's last event in a stream, which
    /// has no end mark then, or else as the `error` of a choice with so much text.
    ErrorAfter {
        /// The text that the completion would have.
        text: String,
        /// How many of its chunks come before the error.
        chunks: usize,
        /// The error.
        error: Value,
    },
}

/// One call of a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    /// Tool name, for example `execute_bash`.
    pub tool: String,
    /// Arguments by name.
    pub args: Map<String, Value>,
}

/// How many requests one step answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// This many, at least 1.
    Count(u32),
    /// All that follow.
    Forever,
}

impl Step {
    /// A step that gives this answer once and at once.
    #[must_use]
    pub fn new(reply: Reply) -> Self {
        Self {
            reply,
            delay: Duration::ZERO,
            times: Times::Count(1),
            usage: Usage::default(),
            wrong_usage: None,
            pace: None,
            headers: Vec::new(),
            finish_reason: None,
            events: EventForm::default(),
            broken: None,
        }
    }

    /// A message without a tool call.
    #[must_use]
    pub fn say(text: impl Into<String>) -> Self {
        Self::new(Reply::Say(text.into()))
    }

    /// One tool call; `args` that are no object count as no arguments.
    #[must_use]
    pub fn call(tool: impl Into<String>, args: Value) -> Self {
        let args = match args {
            Value::Object(args) => args,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Map::new(),
        };
        let calls = vec![ToolCall {
            tool: tool.into(),
            args,
        }];
        Self::new(Reply::Call {
            text: String::new(),
            calls,
        })
    }

    /// A call of the `finish` tool with this message.
    #[must_use]
    pub fn finish(message: impl Into<String>) -> Self {
        Self::call("finish", json!({ "message": message.into() }))
    }

    /// A message of this many mebibytes.
    #[must_use]
    pub fn huge(mebibytes: usize) -> Self {
        Self::say(filler(mebibytes << 20))
    }

    /// An answer with this HTTP status and body.
    #[must_use]
    pub fn status(code: u16, body: Value) -> Self {
        Self::new(Reply::Status { code, body })
    }

    /// A provider's error in the form that this provider uses.
    #[must_use]
    pub fn provider_error(dialect: Dialect, error: ProviderError) -> Self {
        error.step(dialect)
    }

    /// The same error inside an answer of status 200, after so many chunks of content.
    #[must_use]
    pub fn provider_error_after(dialect: Dialect, error: ProviderError, chunks: usize) -> Self {
        let text = filler(chunks * EventForm::default().chunk_chars);
        Self::new(error.reply_after(dialect, text, chunks))
    }

    /// The same step, given this many times.
    #[must_use]
    pub fn times(mut self, times: Times) -> Self {
        self.times = times;
        self
    }

    /// The same step after this wait.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// The same step whose answer comes little by little.
    #[must_use]
    pub fn paced(mut self, pace: Pace) -> Self {
        self.pace = Some(pace);
        self
    }

    /// The same step with a wrong usage.
    #[must_use]
    pub fn wrong_usage(mut self, usage: WrongUsage) -> Self {
        self.wrong_usage = Some(usage);
        self
    }

    /// The same step with one more response header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The same step that costs this and says so.
    #[must_use]
    pub fn usage(mut self, usage: Usage) -> Self {
        self.usage = usage;
        self
    }

    /// The same step whose completion says that it ended for this reason.
    #[must_use]
    pub fn ended_by(mut self, finish_reason: impl Into<String>) -> Self {
        self.finish_reason = Some(finish_reason.into());
        self
    }

    /// The same step whose stream looks like this.
    #[must_use]
    pub fn streamed_as(mut self, form: EventForm) -> Self {
        self.events = form;
        self
    }

    /// The same step that breaks there.
    #[must_use]
    pub fn broken(mut self, at: Place, by: Mishap) -> Self {
        self.broken = Some(Break { at, by });
        self
    }
}

/// So many bytes of text, all ASCII.
pub(crate) fn filler(bytes: usize) -> String {
    let mut text = FILLER.repeat(bytes.div_ceil(FILLER.len()));
    text.truncate(bytes);
    text
}
