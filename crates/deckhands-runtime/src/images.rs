//! The port for images.

use async_trait::async_trait;
use deckhands_model::{ByteSize, ImageDigest, ImageRef};
use futures::stream::BoxStream;

use crate::error::RuntimeError;

/// How a pull goes on; ends after the last layer, or with the one error.
pub type PullStream = BoxStream<'static, Result<PullProgress, RuntimeError>>;

/// Looks images up and pulls them. Cheap to share as `Arc<dyn Images>`.
#[cfg_attr(feature = "test-util", mockall::automock)]
#[async_trait]
pub trait Images: Send + Sync + 'static {
    /// What a reference means on this daemon; `None` where the image is not there.
    async fn inspect(&self, image: &ImageRef) -> Result<Option<ImageInfo>, RuntimeError>;

    /// Pulls an image. Dropping the stream stops the pull; Docker notices it when it next has
    /// progress to tell, and never has half an image. A registry that is unreachable or lacks the
    /// image is `ImageUnavailable`, one that refuses the user `Denied`, a full disk `Exhausted`.
    async fn pull(&self, image: &ImageRef) -> Result<PullStream, RuntimeError>;
}

/// What a reference means on a daemon.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImageInfo {
    /// The image's content address on this daemon (the id).
    pub digest: ImageDigest,
    /// Size of its layers.
    pub size: ByteSize,
    /// Digests under which registries know it, `name@sha256:…`; empty for a local build.
    pub repo_digests: Vec<String>,
}

/// Progress of a pull over all layers seen so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PullProgress {
    /// Bytes that are here.
    pub done: ByteSize,
    /// Bytes known to come in all; grows while layers are discovered.
    pub total: ByteSize,
}
