//! How a call ended on the wire, before anybody judges it.

use std::pin::Pin;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_TYPE, DATE};
use http::response::Parts;
use http::{HeaderMap, HeaderValue};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::Sleep;

use crate::text;

/// What came of a call.
#[derive(Debug)]
pub(crate) enum Ending {
    /// An answer, or at least its head.
    Replied(Reply),
    /// No connection: nothing was sent.
    NotConnected(String),
    /// The connection broke before an answer began.
    Unreachable(String),
    /// What came was no HTTP.
    Garbled(String),
    /// Nothing came in time.
    Silent,
}

/// The upstream's answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// As much of the body as came and was allowed.
    pub(crate) body: Bytes,
    /// Why that is not all of it, if it is not.
    pub(crate) broke: Option<Broke>,
}

/// Why a body was not read to its end.
#[derive(Debug)]
pub(crate) enum Broke {
    /// The connection ended in its midst.
    Off(String),
    /// It is larger than allowed.
    TooLarge,
    /// It did not come in time.
    Late,
}

impl Broke {
    /// A stream whose connection was closed in good order before it said that it was whole.
    pub(crate) fn early() -> Self {
        Self::Off("it ended before it said that it was whole".to_owned())
    }

    /// Why, for people. The words of a library are not yet veiled.
    pub(crate) fn words(&self) -> &str {
        match self {
            Self::Off(why) => why,
            Self::TooLarge => "it is too large",
            Self::Late => "nothing more came in time",
        }
    }
}

impl Reply {
    /// Reads the body up to the bound and until it is late.
    pub(crate) async fn read(
        head: Parts,
        mut incoming: Incoming,
        limit: usize,
        mut late: Pin<&mut Sleep>,
    ) -> Self {
        let mut body = BytesMut::new();
        let broke = loop {
            let frame = tokio::select! {
                biased;
                () = &mut late => break Some(Broke::Late),
                frame = incoming.frame() => frame,
            };
            let data = match frame {
                None => break None,
                Some(Err(error)) => break Some(Broke::Off(text::chain(&error))),
                Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            };
            let room = limit - body.len();
            body.extend_from_slice(&data[..data.len().min(room)]);
            if data.len() > room {
                break Some(Broke::TooLarge);
            }
        };
        Self {
            status: head.status.as_u16(),
            headers: head.headers,
            body: body.freeze(),
            broke,
        }
    }

    /// What type the body is announced as, if it is a stream of events.
    pub(crate) fn event_stream(&self) -> Option<&HeaderValue> {
        event_stream(&self.headers)
    }

    /// The text of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The provider's time when it answered.
    pub(crate) fn date(&self) -> Option<&str> {
        self.header(DATE.as_str())
    }
}

/// The announced type of a stream of events.
pub(crate) fn event_stream(headers: &HeaderMap) -> Option<&HeaderValue> {
    let announced = headers.get(CONTENT_TYPE)?;
    let kind = announced.to_str().ok()?.trim_start();
    let wanted = "text/event-stream";
    let begins = kind.get(..wanted.len())?.eq_ignore_ascii_case(wanted);
    begins.then_some(announced)
}
