//! A response body that may be slow, wait, or end too early.

use std::any::Any;
use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::task::yield_now;
use tokio::time::sleep;

/// The bytes of an answer and how they go out.
pub(crate) struct ServedBody {
    pieces: VecDeque<Piece>,
    /// Whether the server may announce how long it is.
    sized: bool,
    /// Called once the last piece has been handed over, and never if it breaks off.
    when_whole: Option<Box<dyn FnOnce() + Send>>,
    /// Dropped with the body, so that its owner learns that the transfer has ended.
    _guard: Option<Box<dyn Any + Send>>,
}

/// What is done next.
enum Piece {
    /// These bytes go out at once.
    Data(Bytes),
    /// These bytes go out little by little.
    Drip(Drip),
    /// Nothing goes out until this has happened.
    Wait(Wait),
    /// Nothing goes out for this time, which begins when it is this piece's turn; what was given before goes out first.
    Pause(Duration),
    /// What there is must first leave the buffers.
    Flush,
    /// The connection ends here.
    Break(CutOff),
}

/// Bytes that trickle.
struct Drip {
    rest: Bytes,
    pace: Pace,
    pause: Option<Wait>,
}

type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

/// How fast a body trickles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Bytes sent at a time, at least 1.
    pub bytes: usize,
    /// Wait after each of them; even without one each goes out by itself.
    pub every: Duration,
}

/// The connection ends here because the script says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CutOff {
    Close,
    Reset,
}

impl fmt::Display for CutOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("answer cut off by the script")
    }
}

impl std::error::Error for CutOff {}

impl fmt::Debug for ServedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServedBody")
            .field("pieces", &self.pieces.len())
            .field("sized", &self.sized)
            .finish_non_exhaustive()
    }
}

impl ServedBody {
    /// Sends nothing.
    pub(crate) fn empty() -> Self {
        Self {
            pieces: VecDeque::new(),
            sized: true,
            when_whole: None,
            _guard: None,
        }
    }

    /// Sends the data at once.
    pub(crate) fn whole(data: impl Into<Bytes>) -> Self {
        Self::empty().then(data)
    }

    /// Sends the data and then breaks the connection.
    pub(crate) fn cut_off(data: impl Into<Bytes>) -> Self {
        Self::whole(data).then_cut(CutOff::Close)
    }

    /// Sends the first part, and the rest once `until` has happened.
    pub(crate) fn held(
        first: impl Into<Bytes>,
        rest: impl Into<Bytes>,
        until: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        Self::whole(first).then_wait(until).then(rest)
    }

    /// The same, and then these bytes.
    pub(crate) fn then(self, data: impl Into<Bytes>) -> Self {
        let data = data.into();
        if data.is_empty() {
            return self;
        }
        self.with(Piece::Data(data))
    }

    /// The same, and then nothing until this has happened.
    pub(crate) fn then_wait(self, until: impl Future<Output = ()> + Send + 'static) -> Self {
        self.with(Piece::Wait(Box::pin(until)))
    }

    /// The same, and then nothing for this time.
    pub(crate) fn then_pause(self, time: Duration) -> Self {
        self.with(Piece::Pause(time))
    }

    /// The same, and then the connection breaks.
    pub(crate) fn then_cut(self, how: CutOff) -> Self {
        self.of_untold_length()
            .with(Piece::Flush)
            .with(Piece::Break(how))
    }

    /// The same without telling its length before.
    pub(crate) fn of_untold_length(self) -> Self {
        Self {
            sized: false,
            ..self
        }
    }

    /// The same, with a call once all of it has been handed to the connection.
    pub(crate) fn when_whole(self, call: impl FnOnce() + Send + 'static) -> Self {
        Self {
            when_whole: Some(Box::new(call)),
            ..self
        }
    }

    /// The same bytes little by little.
    pub(crate) fn paced(mut self, pace: Pace) -> Self {
        for piece in &mut self.pieces {
            if let Piece::Data(data) = piece {
                *piece = Piece::Drip(Drip {
                    rest: std::mem::take(data),
                    pace,
                    pause: None,
                });
            }
        }
        self
    }

    /// The same, with something that is dropped when the transfer ends, whole or not.
    pub(crate) fn with_guard(self, guard: impl Any + Send) -> Self {
        Self {
            _guard: Some(Box::new(guard)),
            ..self
        }
    }

    fn with(mut self, piece: Piece) -> Self {
        self.pieces.push_back(piece);
        self
    }
}

impl Piece {
    /// Bytes that it will send.
    fn len(&self) -> usize {
        match self {
            Self::Data(data) => data.len(),
            Self::Drip(drip) => drip.rest.len(),
            Self::Wait(_) | Self::Pause(_) | Self::Flush | Self::Break(_) => 0,
        }
    }

    /// Whether nothing of it is left to do.
    fn is_done(&self) -> bool {
        match self {
            Self::Data(data) => data.is_empty(),
            Self::Drip(drip) => drip.rest.is_empty(),
            Self::Wait(_) | Self::Pause(_) | Self::Flush | Self::Break(_) => false,
        }
    }

    /// The next frame of it; none once it is done with.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, CutOff>>> {
        match self {
            Self::Data(data) if data.is_empty() => Poll::Ready(None),
            Self::Data(data) => Poll::Ready(Some(Ok(std::mem::take(data)))),
            Self::Drip(drip) => drip.poll(context).map(|data| data.map(Ok)),
            Self::Pause(time) => {
                *self = Self::Wait(pause(*time));
                self.poll(context)
            }
            Self::Wait(until) => {
                ready!(until.as_mut().poll(context));
                Poll::Ready(None)
            }
            Self::Flush => {
                // The server flushes while the body is pending, so the client sees what was sent.
                *self = Self::Data(Bytes::new());
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Self::Break(how) => Poll::Ready(Some(Err(*how))),
        }
    }
}

impl Drip {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let size = self.pace.bytes.clamp(1, self.rest.len());
        let part = self.rest.split_to(size);
        if !self.rest.is_empty() {
            self.pause = Some(pause(self.pace.every));
        }
        Poll::Ready(Some(part))
    }
}

/// Pending at least once, so that the server flushes what it was given before.
fn pause(time: Duration) -> Wait {
    if time.is_zero() {
        Box::pin(yield_now())
    } else {
        Box::pin(sleep(time))
    }
}

impl Body for ServedBody {
    type Data = Bytes;
    type Error = CutOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        while let Some(piece) = self.pieces.front_mut() {
            let frame = ready!(piece.poll(context));
            if frame.is_none() || piece.is_done() {
                self.pieces.pop_front();
            }
            if self.pieces.is_empty()
                && let Some(call) = self.when_whole.take()
            {
                call();
            }
            if let Some(frame) = frame {
                return Poll::Ready(Some(frame.map(Frame::data)));
            }
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        if !self.sized {
            return SizeHint::default();
        }
        let length = self.pieces.iter().map(Piece::len).sum::<usize>();
        SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests;
