//! What becomes of single requests: which they are, from which one on, how many of them, and what is done.

use std::time::Duration;

use super::head::ProxiedRequest;

/// What is done with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProxyAct {
    /// It is held until everything is [restored](super::DaemonProxy::restore), then it passes.
    Hang,
    /// The connection is closed; the daemon does not see the request.
    Cut,
    /// The daemon carries the request out, but the connection is closed after so many bytes of the answer's body; with
    /// 0 not even the answer's head is seen.
    CutAnswer(usize),
    /// It passes after this time.
    Delay(Duration),
    /// The daemon does not see the request; the answer is this status with this message as the daemon would word it.
    /// `{id}` in it stands for the part of the path that the first `*` of the pattern stands for.
    Answer(u16, String),
}

/// An [`ProxyAct`] for the requests that match.
#[derive(Debug, Clone)]
pub struct ProxyRule {
    method: String,
    pattern: String,
    header: Option<(String, String)>,
    skip: u64,
    times: u64,
    seen: u64,
    act: ProxyAct,
}

impl ProxyRule {
    /// For all requests of a method (`*` for any) to a path, e.g. `POST` to `/containers/*/start`.
    ///
    /// The path is without the API version and query. `*` stands for one part between slashes, and as the whole pattern
    /// for any path.
    #[must_use]
    pub fn on(method: &str, pattern: &str, act: ProxyAct) -> Self {
        Self {
            method: method.to_owned(),
            pattern: pattern.to_owned(),
            header: None,
            skip: 0,
            times: u64::MAX,
            seen: 0,
            act,
        }
    }

    /// Only for requests with this text in this header, e.g. `docker-sdk-python` in `User-Agent`.
    #[must_use]
    pub fn header(self, name: &str, part: &str) -> Self {
        let header = Some((name.to_ascii_lowercase(), part.to_owned()));
        Self { header, ..self }
    }

    /// Lets so many matching requests pass first.
    #[must_use]
    pub fn after(self, skip: u64) -> Self {
        Self { skip, ..self }
    }

    /// Acts on so many requests, then no more.
    #[must_use]
    pub fn times(self, times: u64) -> Self {
        Self { times, ..self }
    }

    /// Counts the request if it matches; says what is to be done with it, if this rule says so.
    pub(super) fn take(&mut self, request: &ProxiedRequest) -> Option<ProxyAct> {
        if !self.matches(request) {
            return None;
        }
        self.seen += 1;
        let acts = self.seen > self.skip && self.seen - self.skip <= self.times;
        acts.then(|| match &self.act {
            ProxyAct::Answer(status, message) => {
                let id = starred(&self.pattern, &request.path).unwrap_or_default();
                ProxyAct::Answer(*status, message.replace("{id}", id))
            }
            act => act.clone(),
        })
    }

    fn matches(&self, request: &ProxiedRequest) -> bool {
        let header = self.header.as_ref().is_none_or(|(name, part)| {
            let value = request.header(name);
            value.is_some_and(|value| value.contains(part))
        });
        header && is_request(request, &self.method, &self.pattern)
    }
}

/// Whether a request is of a method to a path pattern.
pub(super) fn is_request(request: &ProxiedRequest, method: &str, pattern: &str) -> bool {
    (method == "*" || method == request.method)
        && (pattern == "*" || {
            let (mut path, mut parts) = (request.path.split('/'), pattern.split('/'));
            parts.by_ref().all(|part| {
                let there = path.next();
                there.is_some_and(|there| part == "*" || part == there)
            }) && path.next().is_none()
        })
}

/// What the first `*` stands for.
fn starred<'a>(pattern: &str, path: &'a str) -> Option<&'a str> {
    let place = pattern.split('/').position(|part| part == "*")?;
    path.split('/').nth(place)
}

#[cfg(test)]
mod tests;
