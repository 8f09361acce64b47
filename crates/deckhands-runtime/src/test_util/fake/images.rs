//! The port for images on the fake.

use async_trait::async_trait;
use deckhands_model::{ByteSize, ImageRef};
use futures::stream::{self, StreamExt as _};

use super::FakeRuntime;
use crate::error::{Operation, RuntimeError, RuntimeErrorKind};
use crate::images::{ImageInfo, Images, PullProgress, PullStream};

#[async_trait]
impl Images for FakeRuntime {
    async fn inspect(&self, image: &ImageRef) -> Result<Option<ImageInfo>, RuntimeError> {
        self.gate(Operation::Inspect, image.as_str()).await?;
        Ok(self.lock().image(image).cloned())
    }

    /// Comes in two halves; the image is there with the second.
    async fn pull(&self, image: &ImageRef) -> Result<PullStream, RuntimeError> {
        self.gate(Operation::Pull, image.as_str()).await?;
        let Some(total) = self.lock().images.get(image).map(|stored| stored.info.size) else {
            let kind = RuntimeErrorKind::ImageUnavailable;
            let words = format!("manifest for {image} not found");
            return Err(
                RuntimeError::new(Operation::Pull, image.as_str(), kind).with_message(words)
            );
        };
        let (runtime, image) = (self.clone(), image.clone());
        let halves = stream::iter([1, 2]).map(move |half| {
            if half == 2
                && let Some(stored) = runtime.lock().images.get_mut(&image)
            {
                stored.here = true;
            }
            Ok(PullProgress {
                done: ByteSize::bytes(total.as_u64() / 2 * half),
                total,
            })
        });
        Ok(halves.boxed())
    }
}
