//! Wall time and random ids come from outside, so that tests can fix both.

use std::fmt;

use jiff::Timestamp;

/// Tells wall time. Durations never come from here: they follow tokio's clock.
pub trait Clock: Send + Sync + fmt::Debug + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// Makes random bits for identities.
pub trait IdSource: Send + Sync + fmt::Debug + 'static {
    /// Sixteen random bytes.
    fn random(&self) -> [u8; 16];
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// The machine's source of random bits.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemIds;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

impl IdSource for SystemIds {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one id source of the product"
    )]
    fn random(&self) -> [u8; 16] {
        uuid::Uuid::new_v4().into_bytes()
    }
}
