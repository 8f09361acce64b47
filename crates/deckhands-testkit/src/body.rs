//! A response body that may be slow, wait, or end too early.

use std::any::Any;
use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

/// The bytes of an answer and how they go out.
pub(crate) struct ServedBody {
    pieces: VecDeque<Piece>,
    breaks_off: bool,
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
    Wait(Pin<Box<dyn Future<Output = ()> + Send>>),
    /// What there is must first leave the buffers.
    Flush,
    /// The connection ends here.
    Break,
}

/// Bytes that trickle.
struct Drip {
    rest: Bytes,
    pace: Pace,
    pause: Option<Pin<Box<Sleep>>>,
}

/// How fast a body trickles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Bytes sent at a time, at least 1.
    pub bytes: usize,
    /// Wait after each of them.
    pub every: Duration,
}

/// The connection ends here because the script says so.
#[derive(Debug)]
pub(crate) struct CutOff;

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
            .field("breaks_off", &self.breaks_off)
            .finish_non_exhaustive()
    }
}

impl ServedBody {
    /// Sends the data at once.
    pub(crate) fn whole(data: impl Into<Bytes>) -> Self {
        Self::of([Piece::Data(data.into())])
    }

    /// Sends the data and then breaks the connection.
    pub(crate) fn cut_off(data: impl Into<Bytes>) -> Self {
        Self {
            breaks_off: true,
            ..Self::of([Piece::Data(data.into()), Piece::Flush, Piece::Break])
        }
    }

    /// Sends the first part, and the rest once `until` has happened.
    pub(crate) fn held(
        first: impl Into<Bytes>,
        rest: impl Into<Bytes>,
        until: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        Self::of([
            Piece::Data(first.into()),
            Piece::Wait(Box::pin(until)),
            Piece::Data(rest.into()),
        ])
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

    fn of(pieces: impl IntoIterator<Item = Piece>) -> Self {
        Self {
            pieces: pieces
                .into_iter()
                .filter(|piece| !piece.is_done())
                .collect(),
            breaks_off: false,
            _guard: None,
        }
    }
}

impl Piece {
    /// Bytes that it will send.
    fn len(&self) -> usize {
        match self {
            Self::Data(data) => data.len(),
            Self::Drip(drip) => drip.rest.len(),
            Self::Wait(_) | Self::Flush | Self::Break => 0,
        }
    }

    /// Whether nothing of it is left to do.
    fn is_done(&self) -> bool {
        match self {
            Self::Data(data) => data.is_empty(),
            Self::Drip(drip) => drip.rest.is_empty(),
            Self::Wait(_) | Self::Flush | Self::Break => false,
        }
    }

    /// The next frame of it; none once it is done with.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, CutOff>>> {
        match self {
            Self::Data(data) if data.is_empty() => Poll::Ready(None),
            Self::Data(data) => Poll::Ready(Some(Ok(std::mem::take(data)))),
            Self::Drip(drip) => drip.poll(context).map(|data| data.map(Ok)),
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
            Self::Break => Poll::Ready(Some(Err(CutOff))),
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
            self.pause = Some(Box::pin(sleep(self.pace.every)));
        }
        Poll::Ready(Some(part))
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
        if self.breaks_off {
            return SizeHint::default();
        }
        let length = self.pieces.iter().map(Piece::len).sum::<usize>();
        SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests;
