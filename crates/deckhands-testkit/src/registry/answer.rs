//! What a request gets: content as it is or as its fault makes it, or an error in the registry's form.

use bytes::Bytes;
use hyper::Response;
use hyper::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderName, WWW_AUTHENTICATE,
};
use hyper::http::response::Builder;
use serde_json::json;

use super::desk::{Desk, Turn};
use super::image::Blob;
use super::{RegistryFault, RegistryPlace};
use crate::body::ServedBody;

/// Which version of the protocol is spoken; clients look for it.
const VERSION: (HeaderName, &str) = (
    HeaderName::from_static("docker-distribution-api-version"),
    "registry/2.0",
);

/// The digest of the content.
const DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// Who is asked for a name and a password.
const CHALLENGE: &str = "Basic realm=\"registry stub\"";

/// What a request for the bytes from `from` on gets.
pub(super) fn answer(
    desk: &Desk,
    turn: Turn,
    from: usize,
) -> Result<Response<ServedBody>, hyper::http::Error> {
    let Turn { place, blob, fault } = turn;
    if let Some(RegistryFault::Status(status)) = fault {
        return error(status, place);
    }
    match (blob, place) {
        (Some(blob), _) if from > 0 && from >= blob.data.len() => error(416, place),
        (Some(blob), _) => content(desk, &blob, fault, from),
        (None, Some(RegistryPlace::Ping)) => json_body(versioned(200), "{}".to_owned()),
        (None, _) => error(404, place),
    }
}

fn content(
    desk: &Desk,
    blob: &Blob,
    fault: Option<RegistryFault>,
    from: usize,
) -> Result<Response<ServedBody>, hyper::http::Error> {
    let (whole, data) = (blob.data.len(), blob.data.slice(from..));
    let length = data.len();
    let body = match fault {
        Some(RegistryFault::Hold) => {
            let (first, rest) = halves(data);
            ServedBody::held(first, rest, desk.next_release())
        }
        Some(RegistryFault::Slow(pace)) => ServedBody::whole(data).paced(pace),
        Some(RegistryFault::Wrong) => ServedBody::whole(changed(&data)),
        Some(RegistryFault::Cut) => ServedBody::cut_off(halves(data).0),
        Some(RegistryFault::Status(_)) | None => ServedBody::whole(data),
    };
    let mut response = versioned(if from == 0 { 200 } else { 206 })
        .header(CONTENT_TYPE, blob.media_type)
        .header(CONTENT_LENGTH, length)
        .header(ACCEPT_RANGES, "bytes")
        .header(DIGEST, &blob.digest);
    if from > 0 {
        let range = format!("bytes {from}-{}/{whole}", whole - 1);
        response = response.header(CONTENT_RANGE, range);
    }
    response.body(body.with_guard(desk.transfer()))
}

fn error(
    status: u16,
    place: Option<RegistryPlace>,
) -> Result<Response<ServedBody>, hyper::http::Error> {
    let (code, message) = match (status, place) {
        (401, _) => ("UNAUTHORIZED", "authentication required"),
        (403, _) => ("DENIED", "requested access to the resource is denied"),
        (404, Some(RegistryPlace::Manifest)) => ("MANIFEST_UNKNOWN", "manifest unknown"),
        (404, _) => ("BLOB_UNKNOWN", "blob unknown to registry"),
        (416, _) => ("RANGE_INVALID", "invalid content range"),
        (429, _) => ("TOOMANYREQUESTS", "too many requests"),
        _ => ("UNKNOWN", "unknown error"),
    };
    let mut response = versioned(status);
    if status == 401 {
        response = response.header(WWW_AUTHENTICATE, CHALLENGE);
    }
    let body = json!({ "errors": [{ "code": code, "message": message, "detail": null }] });
    json_body(response, body.to_string())
}

fn json_body(response: Builder, text: String) -> Result<Response<ServedBody>, hyper::http::Error> {
    response
        .header(CONTENT_TYPE, "application/json")
        .header(CONTENT_LENGTH, text.len())
        .body(ServedBody::whole(text))
}

fn versioned(status: u16) -> Builder {
    let (name, version) = VERSION;
    Response::builder().status(status).header(name, version)
}

fn halves(mut data: Bytes) -> (Bytes, Bytes) {
    let first = data.split_to(data.len() / 2);
    (first, data)
}

/// Other content of the same length.
fn changed(data: &Bytes) -> Bytes {
    let mut data = data.to_vec();
    if let Some(last) = data.last_mut() {
        *last ^= 1;
    }
    data.into()
}
