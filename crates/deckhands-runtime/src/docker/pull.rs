//! Pulling an image: the daemon's lines about single layers as one figure for all of them.

use std::collections::BTreeMap;

use bollard::models::CreateImageInfo;
use bollard::query_parameters::CreateImageOptions;
use deckhands_model::{ByteSize, ImageRef};
use futures::stream::StreamExt as _;

use super::DockerRuntime;
use super::classify::classify;
use super::output::until_error;
use crate::error::{Operation, RuntimeError, RuntimeErrorKind};
use crate::images::{PullProgress, PullStream};

/// How registries say, through the daemon and in lower case, that they want another login or none at all.
const REFUSALS: [&str; 6] = [
    "no basic auth credentials",
    "unauthorized",
    "authorization failed",
    "failed to authorize",
    "access denied",
    "docker login",
];

/// Begins when the stream is first polled.
pub(super) fn pull(runtime: &DockerRuntime, image: &ImageRef) -> PullStream {
    let options = CreateImageOptions {
        from_image: Some(image.as_str().to_owned()),
        ..Default::default()
    };
    let lines = runtime.patient.create_image(Some(options), None, None);
    let subject = image.as_str().to_owned();
    let mut layers = Layers::default();
    until_error(lines.map(move |line| match line {
        Ok(line) => Ok(layers.take_in(&line)),
        Err(error) => Err(refused(classify(Operation::Pull, &subject, error))),
    }))
}

/// Tells a registry that refuses the user from one that has no such image.
fn refused(error: RuntimeError) -> RuntimeError {
    let words = error.message.as_deref().unwrap_or_default().to_lowercase();
    let refused = words == "denied"
        || words.contains("denied: ")
        || REFUSALS.iter().any(|refusal| words.contains(refusal));
    let kind = match error.kind {
        RuntimeErrorKind::ImageUnavailable if refused => RuntimeErrorKind::Denied,
        kind => kind,
    };
    RuntimeError { kind, ..error }
}

/// Bytes here and to come, by layer.
#[derive(Default)]
struct Layers(BTreeMap<String, Layer>);

#[derive(Clone, Copy, Default)]
struct Layer {
    done: u64,
    total: u64,
}

impl Layers {
    fn take_in(&mut self, line: &CreateImageInfo) -> PullProgress {
        if let (Some(id), Some(status)) = (&line.id, line.status.as_deref()) {
            let layer = self.0.entry(id.clone()).or_default();
            match status {
                "Downloading" => layer.download(line),
                "Download complete" | "Pull complete" => layer.done = layer.total,
                // Others say nothing about the way here; extracting has figures of its own.
                _ => {}
            }
        }
        let sum = |part: fn(&Layer) -> u64| ByteSize::bytes(self.0.values().map(part).sum());
        PullProgress {
            done: sum(|layer| layer.done),
            total: sum(|layer| layer.total),
        }
    }
}

impl Layer {
    fn download(&mut self, line: &CreateImageInfo) {
        let detail = line.progress_detail.as_ref();
        let figure = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok());
        let current = figure(detail.and_then(|detail| detail.current)).unwrap_or(self.done);
        self.done = current;
        self.total = figure(detail.and_then(|detail| detail.total))
            .unwrap_or(self.total)
            .max(current);
    }
}

#[cfg(test)]
mod tests;
