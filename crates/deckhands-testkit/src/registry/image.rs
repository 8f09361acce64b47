//! A small image in the forms that a registry serves: manifest, configuration, layers, each named by its digest.

use std::collections::BTreeMap;
use std::io;

use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};

/// Media types of schema 2. Layers are served as plain archives, so that each has the digest of its content.
const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const CONFIG: &str = "application/vnd.docker.container.image.v1+json";
const LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar";

/// An image as a registry has it.
#[derive(Debug, Clone)]
pub struct StubImage {
    pub(super) manifest: Blob,
    pub(super) config: Blob,
    pub(super) layers: Vec<Blob>,
}

/// One layer of an image: a tar archive.
#[derive(Debug, Clone)]
pub struct StubLayer(Bytes);

/// Bytes with their name and kind.
#[derive(Debug, Clone)]
pub(super) struct Blob {
    pub(super) data: Bytes,
    pub(super) digest: String,
    pub(super) media_type: &'static str,
}

impl StubImage {
    /// An image of these layers, lowest first, with labels and a command, for the platform of this machine.
    #[must_use]
    pub fn new(
        layers: impl IntoIterator<Item = StubLayer>,
        labels: &[(&str, &str)],
        command: &[&str],
    ) -> Self {
        let layers: Vec<Blob> = layers
            .into_iter()
            .map(|layer| Blob::new(layer.0, LAYER))
            .collect();
        let labels: BTreeMap<_, _> = labels.iter().copied().collect();
        let diff_ids: Vec<_> = layers.iter().map(|layer| layer.digest.as_str()).collect();
        let config = json!({
            "architecture": architecture(),
            "os": "linux",
            "created": "2026-01-01T00:00:00Z",
            "config": { "Labels": labels, "Cmd": command, "Env": ["PATH=/bin"] },
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
        });
        let config = Blob::new(config.to_string(), CONFIG);
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config.descriptor(),
            "layers": layers.iter().map(Blob::descriptor).collect::<Vec<_>>(),
        });
        Self {
            manifest: Blob::new(manifest.to_string(), MANIFEST),
            config,
            layers,
        }
    }

    /// The manifest's digest: what the image is pulled by in `name@sha256:…`.
    #[must_use]
    pub fn manifest_digest(&self) -> &str {
        &self.manifest.digest
    }

    /// The configuration's digest: the id that a daemon knows the image by.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.config.digest
    }
}

impl StubLayer {
    /// A layer with one file of root that everybody may read and run.
    ///
    /// # Errors
    /// The path is longer than an archive allows.
    pub fn file(path: &str, data: &[u8]) -> io::Result<Self> {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o755);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(u64::try_from(data.len()).map_err(io::Error::other)?);
        let mut tar = Builder::new(Vec::new());
        tar.append_data(&mut header, path, data)?;
        Ok(Self::archive(tar.into_inner()?))
    }

    /// A layer of this tar archive, not compressed.
    #[must_use]
    pub fn archive(tar: impl Into<Bytes>) -> Self {
        Self(tar.into())
    }
}

impl Blob {
    fn new(data: impl Into<Bytes>, media_type: &'static str) -> Self {
        let data = data.into();
        Self {
            digest: digest(&data),
            data,
            media_type,
        }
    }

    fn descriptor(&self) -> Value {
        json!({ "mediaType": self.media_type, "size": self.data.len(), "digest": self.digest })
    }
}

/// The name of content: `sha256:` and 64 hexadecimal digits.
fn digest(data: &[u8]) -> String {
    let hash = Sha256::digest(data);
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// This machine's architecture in the words of image configurations.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(test)]
mod tests;
