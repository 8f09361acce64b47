//! One client connection: reads requests, gives the answers, and breaks off where the script wants it.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Collected, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::answer::{self, Form, Occasion};
use super::cursor::Turn;
use super::desk::{Desk, Ticket};
use super::record::RecordedRequest;
use super::route::{Route, route};
use super::stream::{self, Streaming};
use crate::body::ServedBody;
use crate::script::{Reply, Step};

/// A longer request is refused with 413: 32 MiB, far above any model's context.
const MAX_REQUEST: usize = 32 << 20;

/// Bytes that a truncated answer announces beyond what it sends.
const MISSING: usize = 1000;

/// The text of a completion that breaks off.
const CUT_OFF: &str = "cut off";

/// Status of the provider's own complaint that the script has ended; no provider uses it.
const SCRIPT_ENDED: u16 = 599;

/// The connection ends without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Abort {
    Close,
    Reset,
}

impl fmt::Display for Abort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("connection ended by the script")
    }
}

impl std::error::Error for Abort {}

type Answer = Result<Response<ServedBody>, Abort>;

/// Serves one connection until the client leaves or the script breaks it off.
pub(super) async fn serve(stream: TcpStream, desk: Arc<Desk>) {
    let service = service_fn(|request| handle(request, &desk));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let end = Pin::new(&mut connection).await;
    if end.is_err_and(|error| wants_reset(&error)) {
        let stream = connection.into_parts().io.into_inner();
        // Without lingering the close is a reset; if that cannot be set, a plain close is what is left.
        let _ = stream.set_zero_linger();
    }
}

fn wants_reset(error: &hyper::Error) -> bool {
    let source = std::error::Error::source(error);
    source.and_then(|source| source.downcast_ref::<Abort>()) == Some(&Abort::Reset)
}

async fn handle(request: Request<Incoming>, desk: &Desk) -> Answer {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MAX_REQUEST)
        .collect()
        .await
        .map(Collected::to_bytes)
        .ok();
    let bytes = body.clone().unwrap_or_default();
    let path = head.uri.path();
    let mut record = RecordedRequest::new(head.method.as_str(), path, &head.headers, &bytes);
    let script = match route(&head.method, path) {
        Route::Chat(script) => script,
        Route::Models => return plain(desk, record, 200, &answer::models()),
        Route::Unknown => return refuse(desk, record, (404, "not_found", "no such path")),
    };
    match wanted(body.as_ref()) {
        Err(complaint) => refuse(desk, record, complaint),
        Ok(wanted) => {
            record.script = script.map(str::to_owned);
            play(desk, record, wanted).await
        }
    }
}

/// Status, type and message of the provider's own complaint.
type Complaint = (u16, &'static str, &'static str);

/// In what form a request wants its answer, if it can be answered at all.
fn wanted(body: Option<&Bytes>) -> Result<(Form, Streaming), Complaint> {
    let bytes = body.ok_or((413, "too_large", "request not read to its end"))?;
    match serde_json::from_slice::<Value>(bytes) {
        Ok(json) => Ok((Form::of(&json), Streaming::of(&json))),
        Err(_) => Err((400, "invalid_request_error", "request is not JSON")),
    }
}

/// Takes the script's next step and gives its answer.
async fn play(
    desk: &Desk,
    record: RecordedRequest,
    (form, streaming): (Form, Streaming),
) -> Answer {
    let model = record.model.clone().unwrap_or_default();
    let Ticket { sequence, turn } = desk.take(record, form);
    match turn {
        None => own_error(404, "not_found", "no script of this name"),
        Some(Turn::Ended(steps)) => own_error(
            SCRIPT_ENDED,
            "script_ended",
            &format!("script ended after {steps} steps"),
        ),
        Some(Turn::Step { step, part, .. }) => {
            let on = Occasion {
                sequence,
                model: &model,
                form,
                part,
            };
            give(on, streaming, &step).await
        }
    }
}

/// Answers without taking a step.
fn plain(desk: &Desk, record: RecordedRequest, status: u16, body: &Value) -> Answer {
    desk.note(record);
    respond(status, body, &[])
}

fn refuse(desk: &Desk, record: RecordedRequest, (status, kind, message): Complaint) -> Answer {
    plain(
        desk,
        record,
        status,
        &answer::own_error(status, kind, message),
    )
}

fn own_error(status: u16, kind: &str, message: &str) -> Answer {
    respond(status, &answer::own_error(status, kind, message), &[])
}

async fn give(on: Occasion<'_>, streaming: Streaming, step: &Step) -> Answer {
    if !step.delay.is_zero() {
        tokio::time::sleep(step.delay).await;
    }
    let headers = &step.headers;
    let complete = |completion: Value| complete(&completion, streaming, headers);
    let answer = match &step.reply {
        Reply::Say(text) => complete(answer::message(on, step, text)),
        Reply::Call { text, calls } => complete(answer::calls(on, step, text, calls)),
        Reply::BrokenCall { tool, arguments } => {
            complete(answer::broken_call(on, step, tool, arguments))
        }
        Reply::Filtered(text) => complete(answer::filtered(on, step, text)),
        Reply::Refusal(text) => complete(answer::refusal(on, step, text)),
        Reply::EmptyChoices => complete(answer::no_choices(on, step)),
        Reply::Status { code, body } => match body {
            Value::String(text) => send(*code, "text/plain", text.clone(), headers),
            body => respond(*code, body, headers),
        },
        Reply::Hang(time) => hang(*time).await,
        Reply::Reset => Err(Abort::Reset),
        Reply::Raw(text) => send(200, "application/json", text.clone(), headers),
        Reply::Truncate => truncated(&answer::message(on, step, CUT_OFF), streaming, headers),
        Reply::ErrorIn200(error) if streaming == Streaming::No => {
            respond(200, &json!({ "error": error }), headers)
        }
        Reply::ErrorIn200(error) => {
            let events = stream::broken_by(&answer::no_choices(on, step), error);
            send(200, stream::CONTENT_TYPE, events, headers)
        }
    };
    match step.pace {
        Some(pace) => answer.map(|answer| answer.map(|body| body.paced(pace))),
        None => answer,
    }
}

/// A completion in the form that was asked for.
fn complete(completion: &Value, streaming: Streaming, headers: &[(String, String)]) -> Answer {
    match streaming {
        Streaming::No => respond(200, completion, headers),
        Streaming::Events { usage } => {
            let events = stream::events(completion, usage);
            send(200, stream::CONTENT_TYPE, events, headers)
        }
    }
}

/// Ends when the time is over; the server drops it earlier when the client leaves.
async fn hang(time: Option<Duration>) -> Answer {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending::<()>().await,
    }
    Err(Abort::Close)
}

fn respond(status: u16, body: &Value, headers: &[(String, String)]) -> Answer {
    send(status, "application/json", body.to_string(), headers)
}

fn send(status: u16, content_type: &str, body: String, headers: &[(String, String)]) -> Answer {
    build(status, content_type, headers, ServedBody::whole(body))
}

fn truncated(completion: &Value, streaming: Streaming, headers: &[(String, String)]) -> Answer {
    if let Streaming::Events { usage } = streaming {
        let mut events = stream::events(completion, usage).into_bytes();
        events.truncate(events.len() / 2);
        return build(
            200,
            stream::CONTENT_TYPE,
            headers,
            ServedBody::cut_off(events),
        );
    }
    let text = completion.to_string();
    let announced = (
        CONTENT_LENGTH.to_string(),
        (text.len() + MISSING).to_string(),
    );
    let headers: Vec<_> = headers.iter().cloned().chain([announced]).collect();
    build(200, "application/json", &headers, ServedBody::cut_off(text))
}

/// A step built in code may hold a header or status that HTTP does not allow: then the connection just closes.
fn build(
    status: u16,
    content_type: &str,
    headers: &[(String, String)],
    body: ServedBody,
) -> Answer {
    let mut response = Response::builder().status(status);
    let own_type = headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    if !own_type {
        response = response.header(CONTENT_TYPE, content_type);
    }
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(body).map_err(|_refused| Abort::Close)
}
