//! A stream of events on its way to the agent: passed on as it comes, read on the side.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use futures::{FutureExt as _, ready};
use hyper::body::{Body, Incoming};
use serde_json::json;
use tokio::time::{Instant, Sleep};

use crate::outline::{Outline, Tap};
use crate::reply::Broke;
use crate::secret::StreamVeil;
use crate::text;

mod unasked;

use unasked::Unasked;

/// A stream up to its first content: until then another route could still be tried.
pub(crate) struct Begun {
    /// What came so far, part by part.
    pub(crate) ahead: VecDeque<Bytes>,
    /// What was read of it.
    pub(crate) tap: Tap,
    /// What is to come.
    pub(crate) incoming: Incoming,
}

/// How a stream ended that had begun.
pub(crate) struct StreamEnd {
    /// What was read of it.
    pub(crate) outline: Outline,
    /// How.
    pub(crate) how: How,
    /// Bytes of it that came after its first content.
    pub(crate) came: usize,
    /// All that the agent was sent, where a copy was wanted.
    pub(crate) copy: Option<Bytes>,
}

/// How a stream ended.
pub(crate) enum How {
    /// By itself.
    Whole,
    /// The provider broke it off.
    Broke(Broke),
    /// The agent left, or its token ended.
    Left,
}

/// Told once, when the stream is over or dropped; what it gives is still done before the body ends.
pub(crate) type OnEnd = Box<dyn FnOnce(StreamEnd) -> Option<BoxFuture<'static, ()>> + Send>;

/// What bounds a stream.
pub(crate) struct Bounds {
    /// From one part to the next.
    pub(crate) patience: Duration,
    /// To its end.
    pub(crate) whole: Duration,
    /// Bytes of the whole.
    pub(crate) bytes: usize,
    /// Whether all that the agent is sent is kept until the end.
    pub(crate) copied: bool,
    /// Whether the agent has asked to be told the usage.
    pub(crate) usage_asked: bool,
    /// Resolves when the token ends.
    pub(crate) shut: BoxFuture<'static, ()>,
}

/// A stream that is under way. Dropping it ends the call.
pub(crate) struct Live {
    ahead: VecDeque<Bytes>,
    /// None once nothing more is wanted of it.
    incoming: Option<Incoming>,
    tap: Tap,
    veil: StreamVeil,
    /// None where the agent has asked for all that comes.
    unasked: Option<Unasked>,
    bytes: usize,
    came: usize,
    patience: Duration,
    idle: Pin<Box<Sleep>>,
    late: Pin<Box<Sleep>>,
    shut: BoxFuture<'static, ()>,
    on_end: Option<OnEnd>,
    copy: Option<BytesMut>,
    /// What is done before the body ends.
    last: Option<BoxFuture<'static, ()>>,
}

impl Live {
    pub(crate) fn new(begun: Begun, veil: StreamVeil, bounds: Bounds, on_end: OnEnd) -> Self {
        let Begun {
            ahead,
            tap,
            incoming,
        } = begun;
        let mut live = Self {
            ahead: VecDeque::with_capacity(ahead.len()),
            incoming: Some(incoming),
            tap,
            veil,
            unasked: (!bounds.usage_asked).then(Unasked::default),
            bytes: bounds.bytes,
            came: 0,
            patience: bounds.patience,
            idle: Box::pin(tokio::time::sleep(bounds.patience)),
            late: Box::pin(tokio::time::sleep(bounds.whole)),
            shut: bounds.shut,
            on_end: Some(on_end),
            copy: bounds.copied.then(BytesMut::new),
            last: None,
        };
        for part in ahead {
            live.pass(part);
        }
        live
    }

    /// The next part for the agent; nothing after the last one.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            if self.incoming.is_some() && self.shut.poll_unpin(cx).is_ready() {
                self.ahead.clear();
                self.end(How::Left);
            }
            if let Some(part) = self.ahead.pop_front() {
                return Poll::Ready(Some(part));
            }
            if let Some(last) = &mut self.last {
                ready!(last.poll_unpin(cx));
                self.last = None;
            }
            if self.incoming.is_none() {
                return Poll::Ready(None);
            }
            ready!(self.poll_provider(cx));
        }
    }

    /// Takes one part of the provider's, or the end.
    fn poll_provider(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.late.as_mut().poll(cx).is_ready() {
            self.stopped(Broke::Late);
            return Poll::Ready(());
        }
        let Some(incoming) = &mut self.incoming else {
            return Poll::Ready(());
        };
        let Poll::Ready(next) = Pin::new(incoming).poll_frame(cx) else {
            ready!(self.idle.as_mut().poll(cx));
            self.stopped(Broke::Late);
            return Poll::Ready(());
        };
        match next {
            None if !self.tap.outline.is_whole && self.tap.outline.error.is_none() => {
                self.break_off(Broke::early());
            }
            None => {
                self.queue_rest();
                self.end(How::Whole);
            }
            Some(Err(error)) => self.stopped(Broke::Off(text::chain(&error))),
            Some(Ok(frame)) => {
                let part = frame.into_data().unwrap_or_default();
                if part.len() > self.bytes {
                    self.break_off(Broke::TooLarge);
                } else {
                    // A provider that only says that it is there gives no answer.
                    if part.windows(5).any(|word| word == b"data:") {
                        self.idle.as_mut().reset(Instant::now() + self.patience);
                    }
                    self.tap.feed(&part);
                    self.pass(part);
                }
            }
        }
        Poll::Ready(())
    }

    fn pass(&mut self, part: Bytes) {
        self.bytes = self.bytes.saturating_sub(part.len());
        self.came += part.len();
        let part = match &mut self.unasked {
            Some(unasked) => unasked.part(part),
            None => part,
        };
        let part = self.veil.part(part);
        self.queue(part);
    }

    /// What was kept back, when nothing more comes.
    fn queue_rest(&mut self) {
        let kept = self.unasked.as_mut().map(Unasked::rest);
        let kept = self.veil.part(kept.unwrap_or_default());
        self.queue(kept);
        let rest = self.veil.rest();
        self.queue(rest);
    }

    fn queue(&mut self, part: Bytes) {
        if let Some(copy) = &mut self.copy {
            copy.extend_from_slice(&part);
        }
        if !part.is_empty() {
            self.ahead.push_back(part);
        }
    }

    /// Nothing more comes. Where the answer was whole by then, nothing more was wanted.
    fn stopped(&mut self, broke: Broke) {
        if self.is_whole() {
            self.queue_rest();
            self.end(How::Whole);
        } else {
            self.break_off(broke);
        }
    }

    fn is_whole(&self) -> bool {
        let outline = &self.tap.outline;
        outline.is_whole && outline.error.is_none()
    }

    /// Two models are never spliced: the agent is told that this one broke off, as a provider tells it.
    fn break_off(&mut self, broke: Broke) {
        self.queue_rest();
        let error = json!({ "error": {
            "message": format!("the answer broke off: {}", broke.words()),
            "type": "service_unavailable_error", "param": null, "code": 502,
        } });
        self.queue(Bytes::from(format!("\n\ndata: {error}\n\n")));
        self.end(How::Broke(broke));
    }

    fn end(&mut self, how: How) {
        self.incoming = None;
        let outline = std::mem::take(&mut self.tap.outline);
        if let Some(on_end) = self.on_end.take() {
            let came = self.came;
            let copy = self.copy.take().map(BytesMut::freeze);
            self.last = on_end(StreamEnd {
                outline,
                how,
                came,
                copy,
            });
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // Many clients leave with the last event: they have had all of it.
        let how = if self.is_whole() {
            How::Whole
        } else {
            How::Left
        };
        self.end(how);
    }
}
