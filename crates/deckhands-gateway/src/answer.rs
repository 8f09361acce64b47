//! What the agent gets: a status, a few headers, a body.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use crate::body::AnswerBody;

/// Longest pause in seconds that the agent is asked for: the longest its client obeys.
const LONGEST_PAUSE: u64 = 60;

/// Where the agent's library looks for the price of a call before anything else.
pub(crate) const COST: HeaderName = HeaderName::from_static("x-litellm-response-cost");

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// An answer to the agent.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// A body of this type.
    pub(crate) fn new(status: u16, content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, content_type)]);
        let body = body.into();
        Self {
            status,
            headers,
            body,
        }
    }

    /// JSON.
    pub(crate) fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self::new(status, JSON, body)
    }

    /// An error in the form that OpenAI gives it.
    pub(crate) fn error(status: u16, message: &str) -> Self {
        Self::coded(status, message, &Value::from(status))
    }

    /// The error by which the agent knows that it has to shorten its history.
    pub(crate) fn too_long(words: &str) -> Self {
        let code = Value::from("context_length_exceeded");
        Self::coded(400, &format!("prompt is too long: {words}"), &code)
    }

    /// The answer after which no further call is made. Not 503: OpenHands tries again after that, and 402
    /// ends it at once.
    pub(crate) fn gave_up(words: &str) -> Self {
        Self::error(402, &format!("the gateway gave up: {words}"))
    }

    /// The one answer to whoever has no valid token.
    pub(crate) fn stranger() -> Self {
        Self::error(401, "the token is missing, wrong or no longer valid")
    }

    /// The method is not one of those allowed here.
    pub(crate) fn wrong_method(allowed: &'static str) -> Self {
        let mut answer = Self::error(405, "the method is not allowed here");
        let allowed = HeaderValue::from_static(allowed);
        answer.headers.insert(ALLOW, allowed);
        answer
    }

    fn coded(status: u16, message: &str, code: &Value) -> Self {
        let kind = kind(status);
        let error = json!({ "error": {
            "message": message, "type": kind, "param": null, "code": code,
        } });
        Self::json(status, error.to_string())
    }

    /// The same, with what the call cost in US dollars.
    pub(crate) fn with_cost(mut self, cost: Option<f64>) -> Self {
        // `Display` of a float has no exponent, which not every reader takes.
        let value = cost.and_then(|cost| HeaderValue::try_from(cost.to_string()).ok());
        if let Some(value) = value {
            self.headers.insert(COST, value);
        }
        self
    }

    /// The same, with a pause to make before the next call.
    pub(crate) fn with_pause(mut self, pause: Option<Duration>) -> Self {
        let whole = |pause: Duration| pause.as_secs() + u64::from(pause.subsec_nanos() > 0);
        let value = pause.map(|pause| HeaderValue::from(whole(pause).min(LONGEST_PAUSE)));
        if let Some(value) = value {
            self.headers.insert(RETRY_AFTER, value);
        }
        self
    }

    pub(crate) fn into_response(self) -> Response<AnswerBody> {
        let mut response = Response::new(AnswerBody::whole(self.body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        *response.headers_mut() = self.headers;
        response
    }
}

/// The word for a status in an error's `type`.
fn kind(status: u16) -> &'static str {
    match status {
        400 | 405 => "invalid_request_error",
        401 => "authentication_error",
        402 => "insufficient_credits",
        403 => "permission_error",
        404 => "not_found_error",
        408 | 504 => "timeout_error",
        _ => "service_unavailable_error",
    }
}

#[cfg(test)]
mod tests;
