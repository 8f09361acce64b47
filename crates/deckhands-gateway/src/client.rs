//! The HTTP client of one route: one address, one key, no redirects, no proxy.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::{CaptureConnection, HttpConnector, capture_connection};
use hyper_util::client::legacy::{self, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::client::Resumption;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};

use crate::limits::SessionLimits;
use crate::outline::Tap;
use crate::reply::{Broke, Ending, Reply, event_stream};
use crate::session::RouteError;
use crate::stream::Begun;
use crate::text;
use crate::upstream::Upstream;
use tokio::time::Sleep;

/// How long an unused connection is kept: below the idle limits of common load balancers (60 s), so
/// that a call seldom meets a connection that the other side is just closing.
const KEPT_IDLE: Duration = Duration::from_secs(20);

const AGENT: &str = concat!("deckhands/", env!("CARGO_PKG_VERSION"));

const TITLE: HeaderName = HeaderName::from_static("x-title");

/// Most bytes of a stream that are held back while no content comes: 256 KiB, two hundred comments and
/// empty events; what sends more of them has no answer.
const LONGEST_OVERTURE: usize = 256 << 10;

/// What came of a call, or is coming of it.
pub(crate) enum Opened {
    /// A stream with content, and its headers.
    Live(Begun, HeaderMap),
    /// It is over.
    Ended(Ending),
}

/// Sends calls to one upstream.
pub(crate) struct Client {
    http: legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    target: Uri,
    /// The same for every call; the key in it is marked sensitive.
    headers: HeaderMap,
    limits: SessionLimits,
}

impl Client {
    pub(crate) fn new(upstream: &Upstream, limits: SessionLimits) -> Result<Self, RouteError> {
        let target = target(upstream)?;
        let tls = tls(target.scheme_str() == Some("https"))?;
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(limits.connect));
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let http = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(KEPT_IDLE)
            .pool_max_idle_per_host(limits.concurrent)
            .build(connector);
        Ok(Self {
            http,
            target,
            headers: headers(upstream)?,
            limits,
        })
    }

    /// Makes one call: to its end, or to the first content of a stream. `time` is for all of that.
    /// Dropping the future ends the call.
    pub(crate) async fn open(&self, body: Bytes, streamed: bool, time: Duration) -> Opened {
        let late = tokio::time::sleep(time.min(self.limits.answer));
        tokio::pin!(late);
        let mut request = self.request(body, streamed);
        let connection = capture_connection(&mut request);
        let head = tokio::select! {
            biased;
            () = &mut late => return Opened::Ended(late_head(&connection)),
            head = self.http.request(request) => head,
        };
        let response = match head {
            Ok(response) => response,
            Err(error) if is_garbled(&error) => {
                return Opened::Ended(Ending::Garbled(text::chain(&error)));
            }
            Err(error) if error.is_connect() => {
                return Opened::Ended(Ending::NotConnected(text::chain(&error)));
            }
            Err(error) => return Opened::Ended(Ending::Unreachable(text::chain(&error))),
        };
        let events = response.status() == 200 && event_stream(response.headers()).is_some();
        let (head, incoming) = response.into_parts();
        if streamed && events {
            return self.begin(head, incoming, late).await;
        }
        let limit = self.limits.answer_bytes;
        let reply = Reply::read(head, incoming, limit, late);
        Opened::Ended(Ending::Replied(reply.await))
    }

    /// Reads a stream up to its first content. One that ends before, or with an error, is an answer
    /// like any other.
    async fn begin(&self, head: Parts, incoming: Incoming, mut late: Pin<&mut Sleep>) -> Opened {
        let mut begun = Begun {
            ahead: VecDeque::new(),
            tap: Tap::default(),
            incoming,
        };
        let mut bytes = 0;
        while bytes < LONGEST_OVERTURE {
            let frame = tokio::select! {
                biased;
                () = &mut late => break,
                frame = begun.incoming.frame() => frame,
            };
            let Some(Ok(frame)) = frame else {
                let broke = frame.and_then(Result::err);
                let broke = broke.map(|error| Broke::Off(text::chain(&error)));
                return Opened::Ended(Ending::Replied(whole(head, begun.ahead, broke)));
            };
            let part = frame.into_data().unwrap_or_default();
            bytes += part.len();
            begun.tap.feed(&part);
            begun.ahead.push_back(part);
            if begun.tap.outline.error.is_some() {
                return Opened::Ended(Ending::Replied(whole(head, begun.ahead, None)));
            }
            let outline = &begun.tap.outline;
            if outline.has_content || outline.is_whole {
                return Opened::Live(begun, head.headers);
            }
        }
        let broke = if bytes < LONGEST_OVERTURE {
            Broke::Late
        } else {
            Broke::TooLarge
        };
        Opened::Ended(Ending::Replied(whole(head, begun.ahead, Some(broke))))
    }

    fn request(&self, body: Bytes, streamed: bool) -> Request<Full<Bytes>> {
        let accepted = if streamed {
            "text/event-stream"
        } else {
            "application/json"
        };
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.target.clone();
        *request.headers_mut() = self.headers.clone();
        let accepted = HeaderValue::from_static(accepted);
        request.headers_mut().insert(ACCEPT, accepted);
        request
    }
}

/// A stream that ended before its first content, as an answer.
fn whole(head: Parts, parts: VecDeque<Bytes>, broke: Option<Broke>) -> Reply {
    Reply {
        status: head.status.as_u16(),
        headers: head.headers,
        body: Vec::from_iter(parts).concat().into(),
        broke,
    }
}

/// No head came in time. Where there was not even a connection, because the host's name or TLS took all
/// of it, nothing was sent.
fn late_head(connection: &CaptureConnection) -> Ending {
    if connection.connection_metadata().is_some() {
        return Ending::Silent;
    }
    Ending::NotConnected("there was no connection in time".to_owned())
}

/// Whether there was an answer, but not in HTTP.
fn is_garbled(error: &ClientError) -> bool {
    let source = std::error::Error::source(error);
    source
        .and_then(|source| source.downcast_ref::<hyper::Error>())
        .is_some_and(hyper::Error::is_parse)
}

fn target(upstream: &Upstream) -> Result<Uri, RouteError> {
    if upstream.base_url.contains(['@', '?', '#']) {
        return Err(RouteError::MoreThanAddress);
    }
    let refused = || RouteError::BadBaseUrl {
        base_url: upstream.base_url.clone(),
    };
    let target: Uri = upstream.target().parse().map_err(|_no_uri| refused())?;
    let is_http = matches!(target.scheme_str(), Some("http" | "https"));
    let has_host = target.host().is_some_and(|host| !host.is_empty());
    if is_http && has_host {
        Ok(target)
    } else {
        Err(refused())
    }
}

fn headers(upstream: &Upstream) -> Result<HeaderMap, RouteError> {
    let mut headers = HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (USER_AGENT, HeaderValue::from_static(AGENT)),
    ]);
    if upstream.is_openrouter() {
        headers.insert(TITLE, HeaderValue::from_static("Deckhands"));
    }
    if let Some(key) = &upstream.key {
        let key = key.expose();
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(RouteError::BadKey);
        }
        let mut value = HeaderValue::try_from(format!("Bearer {key}"))
            .expect("invariant: visible characters can stand in a header");
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

/// The system's roots where TLS is spoken, none where it is not.
fn tls(wanted: bool) -> Result<ClientConfig, RouteError> {
    if !wanted {
        let none = builder().with_root_certificates(RootCertStore::empty());
        let mut none = none.with_no_client_auth();
        none.resumption = Resumption::disabled();
        return Ok(none);
    }
    let mut known = with_roots()?;
    // Every relay has sessions of its own, with the one server that it calls: room for more takes some 20 kB.
    known.resumption = Resumption::in_memory_sessions(1);
    Ok(known)
}

/// The system's roots, read once in the life of a process: they are hundreds of files, and a relay is
/// opened for each attempt.
fn with_roots() -> Result<ClientConfig, RouteError> {
    static KNOWN: OnceLock<ClientConfig> = OnceLock::new();
    if let Some(known) = KNOWN.get() {
        return Ok(known.clone());
    }
    let read = builder().with_native_roots();
    let read = read.map_err(|source| RouteError::NoRoots { source })?;
    Ok(KNOWN.get_or_init(|| read.with_no_client_auth()).clone())
}

fn builder() -> ConfigBuilder<ClientConfig, WantsVerifier> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("invariant: ring has the ciphers of every version of TLS that is built in")
}

#[cfg(test)]
mod tests;
