//! A provider for measurements: one answer, given at once or event by event, and nothing remembered of any request.

mod body;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpStream;

use super::answer::{self, Form, Occasion};
use super::payload::Payload;
use super::route::{Route, route};
use super::stream::{self, UsageAsked};
use crate::script::{EventForm, Step, filler};
use crate::server::Server;
use body::BenchBody;

/// Connections served at once: more than one core can keep busy.
const MAX_CONNECTIONS: usize = 16_384;

/// A longer request is refused with 413: 32 MiB.
const MAX_REQUEST: usize = 32 << 20;

/// What every request for a completion gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BenchReply {
    /// Bytes of the message's text.
    pub content_bytes: usize,
    /// How a stream is given; none sends all its events at once.
    pub stream: Option<BenchStream>,
}

/// A stream at a steady pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BenchStream {
    /// How many writes the text comes in, at least 1; the first and the last have what else belongs to a stream.
    pub events: usize,
    /// Time from one to the next, counted from the first so that a late one delays no other.
    pub every: Duration,
}

/// A provider that answers each request for a completion in the same way, on a port of its own.
///
/// It keeps nothing of a request, so its memory does not grow, and sends each write at once (`TCP_NODELAY`). It tells
/// the same usage each time: 700 and 50 tokens without a price. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct BenchLlm {
    server: Server,
}

impl BenchLlm {
    /// Binds the address (port 0 for a free one) and serves.
    ///
    /// # Errors
    /// The address cannot be bound.
    pub async fn start(reply: BenchReply, bind: SocketAddr) -> io::Result<Self> {
        let answers = Arc::new(Answers::new(reply));
        let serve = move |stream| serve(stream, Arc::clone(&answers));
        let server = Server::start_for(MAX_CONNECTIONS, bind, serve).await?;
        Ok(Self { server })
    }

    /// The bound address.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// Closes the port and all connections and waits for their tasks.
    pub async fn shutdown(self) {
        self.server.shutdown().await;
    }
}

/// All answers, made once.
#[derive(Debug)]
struct Answers {
    whole: Bytes,
    models: Bytes,
    refusal: Bytes,
    /// Writes of a stream without the usage.
    events: Arc<[Bytes]>,
    /// Writes of a stream with the usage.
    events_with_usage: Arc<[Bytes]>,
    every: Duration,
}

impl Answers {
    fn new(reply: BenchReply) -> Self {
        let text = filler(reply.content_bytes);
        let on = Occasion {
            sequence: 1,
            model: "bench",
            form: Form::Native,
            part: 0,
        };
        let completion = answer::message(on, &Step::say(""), &text);
        let writes = reply.stream.map_or(1, |stream| stream.events.max(1));
        let form = EventForm {
            chunk_chars: text.len().div_ceil(writes).max(1),
            ..EventForm::default()
        };
        let events = |usage| writes_of(&stream::events(&completion, usage, &form), writes);
        let refusal = answer::own_error(404, "not_found", "no such path");
        Self {
            whole: completion.to_string().into(),
            models: answer::models(&["bench".to_owned()]).to_string().into(),
            refusal: refusal.to_string().into(),
            events: events(UsageAsked::No),
            events_with_usage: events(UsageAsked::OpenAi),
            every: reply.stream.map_or(Duration::ZERO, |stream| stream.every),
        }
    }

    fn to(&self, wanted: &Wanted) -> Response<BenchBody> {
        if !wanted.stream {
            return document(200, &self.whole);
        }
        let events = if wanted.stream_options.include_usage {
            &self.events_with_usage
        } else {
            &self.events
        };
        let body = BenchBody::paced(Arc::clone(events), self.every);
        with_type(Response::new(body), stream::CONTENT_TYPE)
    }
}

/// The events in so many writes at most, each with one chunk of content; what comes before or after goes along with the
/// first and the last.
fn writes_of(payload: &Payload, most: usize) -> Arc<[Bytes]> {
    let ends = payload.chunk_ends();
    let inner = ends
        .iter()
        .copied()
        .take(most.min(ends.len()).saturating_sub(1));
    let text = Bytes::from(payload.text());
    let mut from = 0;
    let mut writes = Vec::new();
    for end in inner.chain([text.len()]) {
        writes.push(text.slice(from..end));
        from = end;
    }
    writes.into()
}

/// What of a request decides its answer; nothing else is kept.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Wanted {
    stream: bool,
    stream_options: WantedOptions,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WantedOptions {
    include_usage: bool,
}

async fn serve(stream: TcpStream, answers: Arc<Answers>) {
    // Where it cannot be set, small writes may wait for each other.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| handle(request, &answers));
    // A client that leaves ends the connection and concerns nobody else.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn handle(
    request: Request<Incoming>,
    answers: &Answers,
) -> Result<Response<BenchBody>, Infallible> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MAX_REQUEST).collect().await;
    let Ok(body) = body else {
        return Ok(document(413, &answers.refusal));
    };
    Ok(match route(&head.method, head.uri.path()) {
        Route::Chat(_) => {
            let wanted = serde_json::from_slice(&body.to_bytes());
            answers.to(&wanted.unwrap_or_default())
        }
        Route::Models => document(200, &answers.models),
        Route::Unknown => document(404, &answers.refusal),
    })
}

fn document(status: u16, text: &Bytes) -> Response<BenchBody> {
    let mut response = Response::new(BenchBody::whole(text.clone()));
    // Only the numbers above are given, all of which are statuses.
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    with_type(response, "application/json")
}

fn with_type(mut response: Response<BenchBody>, kind: &'static str) -> Response<BenchBody> {
    let kind = hyper::header::HeaderValue::from_static(kind);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

#[cfg(test)]
mod tests;
