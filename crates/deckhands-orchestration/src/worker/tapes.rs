//! The tapes of an attempt: what its model answers is recorded, or played from a recording.

use deckhands_gateway::Recorder;

use super::AttemptCtx;
use crate::failure::error_chain;

/// Opens the recording of an attempt; one that another process began is gone on with. An attempt does
/// not end for want of it, and one that is played has none: it would be the same again.
pub(super) async fn recorder(ctx: &AttemptCtx<'_>) -> Option<Recorder> {
    if ctx.request.replay.is_some() {
        return None;
    }
    match Recorder::open(ctx.dir.tape(), Recorder::DEFAULT_BYTES).await {
        Ok(recorder) => Some(recorder),
        Err(error) => {
            let error = error_chain(&error);
            tracing::warn!(?error, "what the model answers is not recorded");
            None
        }
    }
}
