//! The port for images on a daemon.

use async_trait::async_trait;
use bollard::errors::Error;
use deckhands_model::ImageRef;

use super::classify::{classify, has_status};
use super::{DockerRuntime, pull, read};
use crate::error::{Operation, RuntimeError, RuntimeErrorKind};
use crate::images::{ImageInfo, Images, PullStream};

#[async_trait]
impl Images for DockerRuntime {
    async fn inspect(&self, image: &ImageRef) -> Result<Option<ImageInfo>, RuntimeError> {
        let answer = match self.client.inspect_image(image.as_str()).await {
            Ok(answer) => answer,
            Err(error) if has_status(&error, 404) => return Ok(None),
            Err(error) => return Err(refused(image, error)),
        };
        let digest = answer.id.unwrap_or_default().parse().map_err(|error| {
            let mut failure = RuntimeError::new(
                Operation::Inspect,
                image.as_str(),
                RuntimeErrorKind::Protocol,
            );
            failure.source = Some(Box::<deckhands_model::ImageError>::new(error));
            failure
        })?;
        let repo_digests = answer.repo_digests.unwrap_or_default();
        Ok(Some(ImageInfo {
            digest,
            size: read::byte_size(answer.size),
            repo_digests,
        }))
    }

    async fn pull(&self, image: &ImageRef) -> Result<PullStream, RuntimeError> {
        Ok(pull::pull(self, image))
    }
}

/// A name that no image can have is the caller's fault, whatever else the daemon says of it.
fn refused(image: &ImageRef, error: Error) -> RuntimeError {
    let impossible = has_status(&error, 400);
    let error = classify(Operation::Inspect, image.as_str(), error);
    let kind = if impossible {
        RuntimeErrorKind::InvalidSpec
    } else {
        error.kind
    };
    RuntimeError { kind, ..error }
}

#[cfg(test)]
mod tests;
