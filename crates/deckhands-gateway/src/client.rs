//! The HTTP client of one relay: one address, one key, no redirects, no proxy.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{self, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::client::Resumption;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};

use crate::limits::RelayLimits;
use crate::relay::RelayError;
use crate::reply::{Ending, Reply};
use crate::request::Call;
use crate::text;
use crate::upstream::Upstream;

/// How long an unused connection is kept: below the idle limits of common load balancers (60 s), so
/// that a call seldom meets a connection that the other side is just closing.
const KEPT_IDLE: Duration = Duration::from_secs(20);

const AGENT: &str = concat!("deckhands/", env!("CARGO_PKG_VERSION"));

const TITLE: HeaderName = HeaderName::from_static("x-title");

/// Sends calls to one upstream.
pub(crate) struct Client {
    http: legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    target: Uri,
    /// The same for every call; the key in it is marked sensitive.
    headers: HeaderMap,
    limits: RelayLimits,
}

impl Client {
    pub(crate) fn new(upstream: &Upstream, limits: RelayLimits) -> Result<Self, RelayError> {
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

    /// Makes one call. Dropping the future ends it.
    pub(crate) async fn send(&self, call: Call) -> Ending {
        let late = tokio::time::sleep(self.limits.answer);
        tokio::pin!(late);
        let head = tokio::select! {
            biased;
            () = &mut late => return Ending::Silent,
            head = self.http.request(self.request(call)) => head,
        };
        match head {
            Ok(response) => {
                Ending::Replied(Reply::read(response, self.limits.answer_bytes, late).await)
            }
            Err(error) if is_garbled(&error) => Ending::Garbled(text::chain(&error)),
            Err(error) => Ending::Unreachable(text::chain(&error)),
        }
    }

    fn request(&self, call: Call) -> Request<Full<Bytes>> {
        let accepted = if call.streamed {
            "text/event-stream"
        } else {
            "application/json"
        };
        let mut request = Request::new(Full::new(call.body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.target.clone();
        *request.headers_mut() = self.headers.clone();
        let accepted = HeaderValue::from_static(accepted);
        request.headers_mut().insert(ACCEPT, accepted);
        request
    }
}

/// Whether there was an answer, but not in HTTP.
fn is_garbled(error: &ClientError) -> bool {
    let source = std::error::Error::source(error);
    source
        .and_then(|source| source.downcast_ref::<hyper::Error>())
        .is_some_and(hyper::Error::is_parse)
}

fn target(upstream: &Upstream) -> Result<Uri, RelayError> {
    if upstream.base_url.contains(['@', '?', '#']) {
        return Err(RelayError::MoreThanAddress);
    }
    let refused = || RelayError::BadBaseUrl {
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

fn headers(upstream: &Upstream) -> Result<HeaderMap, RelayError> {
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
            return Err(RelayError::BadKey);
        }
        let mut value = HeaderValue::try_from(format!("Bearer {key}"))
            .expect("invariant: visible characters can stand in a header");
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

/// The system's roots where TLS is spoken, none where it is not.
fn tls(wanted: bool) -> Result<ClientConfig, RelayError> {
    if !wanted {
        let none = builder().with_root_certificates(RootCertStore::empty());
        return Ok(none.with_no_client_auth());
    }
    let mut known = with_roots()?;
    // Every relay has sessions of its own.
    known.resumption = Resumption::default();
    Ok(known)
}

/// The system's roots, read once in the life of a process: they are hundreds of files, and a relay is
/// opened for each attempt.
fn with_roots() -> Result<ClientConfig, RelayError> {
    static KNOWN: OnceLock<ClientConfig> = OnceLock::new();
    if let Some(known) = KNOWN.get() {
        return Ok(known.clone());
    }
    let read = builder().with_native_roots();
    let read = read.map_err(|source| RelayError::NoRoots { source })?;
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
