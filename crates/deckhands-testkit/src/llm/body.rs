//! A response body that may end too early.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// The bytes of an answer, sent whole or cut off.
#[derive(Debug)]
pub(super) struct AnswerBody {
    data: Option<Bytes>,
    cut: Cut,
}

/// Where a body stands on its way to being cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// It is sent whole.
    Never,
    /// What there is must first leave the buffers.
    AfterFlush,
    /// The next poll fails.
    Now,
}

/// The connection ends here because the script says so.
#[derive(Debug)]
pub(super) struct CutOff;

impl fmt::Display for CutOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("answer cut off by the script")
    }
}

impl std::error::Error for CutOff {}

impl AnswerBody {
    pub(super) fn whole(data: impl Into<Bytes>) -> Self {
        Self {
            data: Some(data.into()),
            cut: Cut::Never,
        }
    }

    /// Sends the data and then breaks the connection.
    pub(super) fn cut_off(data: impl Into<Bytes>) -> Self {
        Self {
            data: Some(data.into()),
            cut: Cut::AfterFlush,
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = CutOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        if let Some(data) = self.data.take() {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        match self.cut {
            Cut::Never => Poll::Ready(None),
            Cut::AfterFlush => {
                // The server flushes while the body is pending, so the client sees what was sent.
                self.cut = Cut::Now;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Cut::Now => Poll::Ready(Some(Err(CutOff))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none() && self.cut == Cut::Never
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.data.as_ref().map_or(0, Bytes::len);
        match self.cut {
            Cut::Never => SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX)),
            Cut::AfterFlush | Cut::Now => SizeHint::default(),
        }
    }
}
