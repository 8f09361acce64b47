//! Streams out of a container: its output as it comes, the kept output, and files.

use std::time::Duration;

use bollard::container::{AttachContainerResults, LogOutput};
use bollard::errors::Error;
use bollard::query_parameters::{
    AttachContainerOptions, DownloadFromContainerOptions, LogsOptions,
};
use futures::stream::{self, BoxStream, Stream, StreamExt as _};

use super::DockerRuntime;
use super::classify::classify;
use crate::containers::{
    ByteStream, Containers as _, OutputChunk, OutputSource, OutputStream, Phase,
};
use crate::error::{Operation, RuntimeError, RuntimeErrorKind};
use crate::spec::ContainerId;

/// How long an attachment to a container that has ended stays without a byte before it counts as
/// ended, too. The daemon holds such an attachment open for ever, waiting for another start.
const ENDED_SILENCE: Duration = Duration::from_secs(2);

/// Attaches to both streams; see [`until_gone`] for what the end of an attachment means.
pub(super) async fn attach(
    runtime: &DockerRuntime,
    id: &ContainerId,
) -> Result<OutputStream, RuntimeError> {
    let options = AttachContainerOptions {
        stream: true,
        stdout: true,
        stderr: true,
        ..Default::default()
    };
    let attached = runtime.client.attach_container(&id.0, Some(options)).await;
    let attached = attached.map_err(|error| classify(Operation::Attach, &id.0, error))?;
    let ended = runtime.inspect(&id.0).await?.phase == Phase::Exited;
    let frames = chunks(frames(attached, ended), Operation::Attach, id);
    Ok(until_error(frames.chain(until_gone(runtime, id))))
}

/// What the daemon kept, up to now.
pub(super) async fn logs_since(
    runtime: &DockerRuntime,
    id: &ContainerId,
    seconds: i64,
) -> Result<OutputStream, RuntimeError> {
    // The client's type for times ends in 2038, and so do these stamps.
    let since = i32::try_from(seconds.max(0)).unwrap_or(i32::MAX);
    let options = LogsOptions {
        stdout: true,
        stderr: true,
        since,
        tail: "all".to_owned(),
        ..Default::default()
    };
    let frames = runtime.client.logs(&id.0, Some(options));
    begin(until_error(chunks(frames, Operation::Logs, id))).await
}

/// A path as a tar stream.
pub(super) async fn archive(
    runtime: &DockerRuntime,
    id: &ContainerId,
    path: &str,
) -> Result<ByteStream, RuntimeError> {
    let options = DownloadFromContainerOptions {
        path: path.to_owned(),
    };
    let subject = format!("{id}:{path}");
    let bytes = runtime.client.download_from_container(&id.0, Some(options));
    let bytes =
        bytes.map(move |item| item.map_err(|e| classify(Operation::GetArchive, &subject, e)));
    begin(until_error(bytes)).await
}

/// Ends a stream after its first error.
pub(super) fn until_error<T: Send + 'static>(
    stream: impl Stream<Item = Result<T, RuntimeError>> + Send + 'static,
) -> BoxStream<'static, Result<T, RuntimeError>> {
    let fused = stream.scan(false, |failed, item| {
        let next = (!*failed).then_some(item);
        *failed = matches!(next, Some(Err(_)));
        std::future::ready(next)
    });
    fused.boxed()
}

/// Waits for the first item, so that a refusal is an error of the call and not of the stream.
async fn begin<T: Send + 'static>(
    mut stream: BoxStream<'static, Result<T, RuntimeError>>,
) -> Result<BoxStream<'static, Result<T, RuntimeError>>, RuntimeError> {
    match stream.next().await.transpose()? {
        Some(first) => Ok(stream::iter([Ok(first)]).chain(stream).boxed()),
        None => Ok(stream::empty().boxed()),
    }
}

/// The frames of an attachment; of an ended container only as long as they come promptly.
fn frames(
    attached: AttachContainerResults,
    ended: bool,
) -> impl Stream<Item = Result<LogOutput, Error>> + Send + 'static {
    // The writing half is kept: the connection belongs to both.
    stream::unfold(attached, move |mut attached| async move {
        let next = attached.output.next();
        let next = if ended {
            tokio::time::timeout(ENDED_SILENCE, next)
                .await
                .ok()
                .flatten()
        } else {
            next.await
        };
        next.map(|frame| (frame, attached))
    })
}

fn chunks(
    frames: impl Stream<Item = Result<LogOutput, Error>> + Send + 'static,
    operation: Operation,
    id: &ContainerId,
) -> impl Stream<Item = Result<OutputChunk, RuntimeError>> + Send + 'static {
    let id = id.clone();
    frames.map(move |frame| match frame {
        Ok(frame) => Ok(chunk(frame)),
        Err(error) => Err(classify(operation, &id.0, error)),
    })
}

fn chunk(frame: LogOutput) -> OutputChunk {
    let source = match &frame {
        LogOutput::StdErr { .. } => OutputSource::Stderr,
        // A console frame is the rest of a frame that was cut off: better misplaced than lost.
        LogOutput::StdOut { .. } | LogOutput::StdIn { .. } | LogOutput::Console { .. } => {
            OutputSource::Stdout
        }
    };
    OutputChunk {
        source,
        bytes: frame.into_bytes(),
    }
}

/// Says at the end of an attachment whether the daemon went away: the end of the connection looks
/// the same whether the container or the daemon died.
fn until_gone(
    runtime: &DockerRuntime,
    id: &ContainerId,
) -> impl Stream<Item = Result<OutputChunk, RuntimeError>> + Send + 'static {
    let (runtime, id) = (runtime.clone(), id.clone());
    let look = async move { runtime.inspect(&id.0).await.err() };
    stream::once(look).filter_map(|failure| {
        let gone = failure.filter(|error| error.kind == RuntimeErrorKind::Unreachable);
        std::future::ready(gone.map(|error| {
            Err(RuntimeError {
                operation: Operation::Attach,
                ..error
            })
        }))
    })
}
