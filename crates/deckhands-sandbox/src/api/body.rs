//! Request bodies: bounded, JSON.

use std::error::Error;

use http::StatusCode;
use http_body::Body;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use super::answer::Refusal;

/// Longest body that is read; OpenHands' own have a few KiB.
pub(super) const LIMIT: usize = 1024 * 1024;

/// The body as a value.
///
/// # Errors
/// A refusal for one that is too long, broken off or not what was expected.
pub(super) async fn read_json<T, B>(body: B) -> Result<T, Refusal>
where
    T: DeserializeOwned,
    B: Body,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let bytes = Limited::new(body, LIMIT).collect().await;
    let bytes = bytes.map_err(|error| unread(&*error))?.to_bytes();
    let refuse = |error: serde_json::Error| {
        let reason = format!("the body is not understood: {error}");
        Refusal::new(StatusCode::BAD_REQUEST, reason)
    };
    serde_json::from_slice(&bytes).map_err(refuse)
}

fn unread(error: &(dyn Error + Send + Sync + 'static)) -> Refusal {
    if error.is::<LengthLimitError>() {
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large")
    } else {
        Refusal::new(StatusCode::BAD_REQUEST, "the body broke off")
    }
}
