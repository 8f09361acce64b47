//! From a step to its answer: status, type, body and where it breaks; when steps are taken is `connection`'s matter.

use std::fmt;
use std::time::Duration;

use hyper::Response;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE};
use serde_json::{Value, json};

use super::answer::{self, Occasion};
use super::payload::Payload;
use super::stream::{self, Streaming};
use crate::body::ServedBody;
use crate::script::{Break, Mishap, Place, Reply, Step};

/// The text of a completion that breaks off.
const CUT_OFF: &str = "cut off";

/// The type of documents.
const JSON: &str = "application/json";

/// The connection ends without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Abort {
    Close,
    Reset,
}

impl fmt::Display for Abort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("connection ended by the script")
    }
}

impl std::error::Error for Abort {}

/// What of an answer is to be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Worth {
    /// It is no completion.
    Nothing,
    /// A completion that never comes to its end.
    BegunOnly,
    /// A completion that is whole at the body's end.
    WholeAtEnd,
}

/// An answer before it goes out.
#[derive(Debug)]
pub(super) struct Sheet {
    status: u16,
    content_type: &'static str,
    payload: Payload,
    broken: Option<Break>,
    pub(super) worth: Worth,
}

impl Sheet {
    /// A JSON document that costs nothing.
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::text(status, JSON, body.to_string())
    }

    fn text(status: u16, content_type: &'static str, text: String) -> Self {
        Self {
            status,
            content_type,
            payload: Payload::document(text),
            broken: None,
            worth: Worth::Nothing,
        }
    }

    fn events(payload: Payload) -> Self {
        Self {
            payload,
            ..Self::text(200, stream::CONTENT_TYPE, String::new())
        }
    }

    fn worth(self, worth: Worth) -> Self {
        Self { worth, ..self }
    }

    fn broken(self, broken: Option<Break>) -> Self {
        Self { broken, ..self }
    }

    /// The response, in which these headers are in place of its own of the same name.
    ///
    /// A step built in code may hold a header or status that HTTP does not allow: then the connection just closes.
    pub(super) fn response(
        self,
        headers: &[(String, String)],
    ) -> Result<Response<ServedBody>, Abort> {
        let mut response = Response::builder().status(self.status);
        let own_type = headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case(CONTENT_TYPE.as_str()));
        if !own_type {
            response = response.header(CONTENT_TYPE, self.content_type);
        }
        for (name, value) in headers {
            response = response.header(name, value);
        }
        if let Some(length) = self.payload.announced(self.broken) {
            response = response.header(CONTENT_LENGTH, length);
        }
        let body = self.payload.body(self.broken);
        response.body(body).map_err(|_refused| Abort::Close)
    }
}

/// The answer of a step, after its delay.
pub(super) async fn give(on: Occasion<'_>, asked: Streaming, step: &Step) -> Result<Sheet, Abort> {
    if !step.delay.is_zero() {
        tokio::time::sleep(step.delay).await;
    }
    let streaming = if step.events.unstreamed {
        Streaming::No
    } else {
        asked
    };
    let complete = |completion: Value| complete(&completion, streaming, step);
    let sheet = match &step.reply {
        Reply::Say(text) => complete(answer::message(on, step, text)),
        Reply::Call { text, calls } => complete(answer::calls(on, step, text, calls)),
        Reply::BrokenCall { tool, arguments } => {
            complete(answer::broken_call(on, step, tool, arguments))
        }
        Reply::Filtered(text) => complete(answer::filtered(on, step, text)),
        Reply::Refusal(text) => complete(answer::refusal(on, step, text)),
        Reply::EmptyChoices => complete(answer::no_choices(on, step)),
        Reply::Status { code, body } => match body {
            Value::String(text) => Sheet::text(*code, "text/plain", text.clone()),
            body => Sheet::json(*code, body),
        },
        Reply::Hang(time) => return Err(hang(*time).await),
        Reply::Reset => return Err(Abort::Reset),
        Reply::Raw(text) => Sheet::text(200, JSON, text.clone()),
        Reply::Truncate => return Ok(truncated(complete(answer::message(on, step, CUT_OFF)))),
        Reply::ErrorIn200(error) if streaming == Streaming::No => {
            Sheet::json(200, &json!({ "error": error }))
        }
        Reply::ErrorIn200(error) => {
            let none = answer::no_choices(on, step);
            Sheet::events(stream::broken_by(&none, &step.events, 0, error))
        }
        Reply::ErrorAfter {
            text,
            chunks,
            error,
        } => failed(on, streaming, step, (text, *chunks, error)),
    };
    let cut = step.broken.is_some_and(|broken| broken.by.ends_it());
    let sheet = sheet.broken(step.broken);
    Ok(match sheet.worth {
        Worth::WholeAtEnd if cut => sheet.worth(Worth::BegunOnly),
        _ => sheet,
    })
}

/// A completion in the form that was asked for.
fn complete(completion: &Value, streaming: Streaming, step: &Step) -> Sheet {
    let sheet = match streaming {
        Streaming::No => Sheet::json(200, completion),
        Streaming::Events(usage) => Sheet::events(stream::events(completion, usage, &step.events)),
    };
    sheet.worth(Worth::WholeAtEnd)
}

/// Events end in their middle; a document is whole but shorter than announced.
fn truncated(sheet: Sheet) -> Sheet {
    let length = sheet.payload.len();
    let at = if sheet.content_type == JSON {
        Place::Bytes(length)
    } else {
        Place::Bytes(length / 2)
    };
    let by = Mishap::Cut;
    sheet.broken(Some(Break { at, by })).worth(Worth::BegunOnly)
}

/// A completion that ends with an error after so many chunks of this text.
fn failed(
    on: Occasion<'_>,
    streaming: Streaming,
    step: &Step,
    (text, chunks, error): (&str, usize, &Value),
) -> Sheet {
    let sheet = if streaming == Streaming::No {
        let characters = step.events.chunk_chars.saturating_mul(chunks);
        let text: String = text.chars().take(characters).collect();
        Sheet::json(200, &answer::failed(on, step, &text, error))
    } else {
        let completion = answer::message(on, step, text);
        Sheet::events(stream::broken_by(&completion, &step.events, chunks, error))
    };
    sheet.worth(Worth::BegunOnly)
}

/// Ends when the time is over; the server drops it earlier when the client leaves.
async fn hang(time: Option<Duration>) -> Abort {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending::<()>().await,
    }
    Abort::Close
}
