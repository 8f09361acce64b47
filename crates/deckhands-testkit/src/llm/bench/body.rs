//! A body of writes that all its answers share, given at a steady pace.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

/// The bytes of one answer and how they go out.
#[derive(Debug)]
pub(super) enum BenchBody {
    /// At once, with a length that is told before.
    Whole(Option<Bytes>),
    /// One write after the other.
    Paced(Paced),
}

/// Writes and how far they are given.
#[derive(Debug)]
pub(super) struct Paced {
    writes: Arc<[Bytes]>,
    next: usize,
    /// When the next one is due, and the time from one to the next.
    due: Instant,
    every: Duration,
    pause: Option<Pin<Box<Sleep>>>,
}

impl BenchBody {
    pub(super) fn whole(data: Bytes) -> Self {
        Self::Whole(Some(data))
    }

    pub(super) fn paced(writes: Arc<[Bytes]>, every: Duration) -> Self {
        Self::Paced(Paced {
            writes,
            next: 0,
            due: Instant::now(),
            every,
            pause: None,
        })
    }
}

impl Paced {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let Some(write) = self.writes.get(self.next) else {
            return Poll::Ready(None);
        };
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
        }
        self.next += 1;
        self.due += self.every;
        self.pause = Some(Box::pin(sleep_until(self.due)));
        Poll::Ready(Some(write.clone()))
    }
}

impl Body for BenchBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let data = match &mut *self {
            Self::Whole(data) => data.take(),
            Self::Paced(paced) => ready!(paced.poll(context)),
        };
        Poll::Ready(data.map(|data| Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(data) => data.is_none(),
            Self::Paced(paced) => paced.next >= paced.writes.len(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(data) => {
                let length = data.as_ref().map_or(0, Bytes::len);
                SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
            }
            Self::Paced(_) => SizeHint::default(),
        }
    }
}
