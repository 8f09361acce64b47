//! What can go wrong at a registry, and where.

use crate::body::Pace;

/// What a client asks a registry for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RegistryPlace {
    /// Whether a registry is here at all (`/v2/`).
    Ping,
    /// An image's manifest, by tag or by digest.
    Manifest,
    /// An image's configuration.
    Config,
    /// One of an image's layers.
    Layer,
}

impl RegistryPlace {
    /// Every place.
    pub const ALL: [Self; 4] = [Self::Ping, Self::Manifest, Self::Config, Self::Layer];
}

/// How a request goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistryFault {
    /// This HTTP status with the error that belongs to it; 401 comes with `WWW-Authenticate`.
    Status(u16),
    /// Half of the content, and the rest after [`release`](crate::RegistryStub::release).
    Hold,
    /// The content little by little.
    Slow(Pace),
    /// Content of the right length that does not have its digest.
    Wrong,
    /// Half of the content, then the connection breaks.
    Cut,
}
