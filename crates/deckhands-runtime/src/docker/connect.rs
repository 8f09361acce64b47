//! Opens a daemon's socket and asks it once who it is, so that a runtime exists only where a daemon
//! answers. Which daemon is meant is left to `endpoint`.

use std::io;
use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use bollard::{API_DEFAULT_VERSION, Docker};
use tokio::sync::Semaphore;

use super::DockerRuntime;
use super::classify::classify;
use super::endpoint::{ConnectOptions, Endpoint, EndpointError};
use crate::error::{Operation, RuntimeError, RuntimeErrorKind};

/// Until then the answer's head of a prompt call must be here. Bodies and streams are not covered.
/// The client's own default.
const ANSWER: Duration = Duration::from_secs(120);

/// The same for the first question, which every daemon that is well answers at once.
const GREETING: Duration = Duration::from_secs(20);

/// The same for calls whose answer may begin late; a day stands for no limit.
const PATIENT: Duration = Duration::from_secs(24 * 60 * 60);

/// Creates and starts under way at a time, per processor. Measured on 2 processors: 4 at a time
/// gave 6.2 cycles per second, 8 gave 6.4, while each took longer.
const BIRTHS_PER_PROCESSOR: usize = 2;

/// Why there is no runtime.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// It could not be told which daemon is meant.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// The daemon is not there (`Unreachable`), keeps us out (`Denied`) or is not one.
    #[error(transparent)]
    Daemon(#[from] RuntimeError),
}

impl ConnectError {
    /// The kind of failure in the words of the ports; `InvalidSpec` for a bad endpoint.
    #[must_use]
    pub fn kind(&self) -> RuntimeErrorKind {
        match self {
            Self::Endpoint(_) => RuntimeErrorKind::InvalidSpec,
            Self::Daemon(error) => error.kind,
        }
    }
}

impl DockerRuntime {
    /// Finds the daemon that is meant and asks it once.
    ///
    /// # Errors
    /// See [`ConnectError`]. Dropping the future leaves nothing behind.
    pub async fn connect(options: &ConnectOptions) -> Result<Self, ConnectError> {
        let endpoint = Endpoint::resolve(options)?;
        Ok(Self::connect_to(endpoint).await?)
    }

    /// Asks the daemon at an endpoint once.
    ///
    /// # Errors
    /// `Unreachable` without a socket or an answer, `Denied` without permission on the socket.
    pub async fn connect_to(endpoint: Endpoint) -> Result<Self, RuntimeError> {
        let subject = endpoint.to_string();
        let fail = |error| classify(Operation::Probe, &subject, error);
        if let Some(path) = endpoint.socket_path() {
            check_socket(path, &subject)?;
        }
        let greeting = open(&endpoint).map_err(fail)?.with_timeout(GREETING);
        let client = greeting.negotiate_version().await.map_err(fail)?;
        let client = client.with_timeout(ANSWER);
        let patient = client.clone().with_timeout(PATIENT);
        let processors = available_parallelism().map_or(1, NonZero::get);
        let births = Arc::new(Semaphore::new(processors * BIRTHS_PER_PROCESSOR));
        Ok(Self {
            client,
            patient,
            endpoint,
            births,
        })
    }
}

fn open(endpoint: &Endpoint) -> Result<Docker, bollard::errors::Error> {
    let seconds = ANSWER.as_secs();
    match endpoint {
        Endpoint::Unix(path) => {
            Docker::connect_with_unix(&path.to_string_lossy(), seconds, API_DEFAULT_VERSION)
        }
        Endpoint::Tcp(authority) => {
            Docker::connect_with_http(authority, seconds, API_DEFAULT_VERSION)
        }
    }
}

/// Tells a missing socket from one that we may not even see; the client takes both for missing.
fn check_socket(path: &Path, subject: &str) -> Result<(), RuntimeError> {
    let Err(error) = std::fs::metadata(path) else {
        return Ok(());
    };
    let (kind, words) = match error.kind() {
        io::ErrorKind::NotFound => (RuntimeErrorKind::Unreachable, "the socket does not exist"),
        io::ErrorKind::PermissionDenied => (RuntimeErrorKind::Denied, "the socket is out of reach"),
        _ => (
            RuntimeErrorKind::Unreachable,
            "the socket cannot be looked at",
        ),
    };
    let mut failure = RuntimeError::new(Operation::Probe, subject, kind).with_message(words);
    failure.source = Some(Box::new(error));
    Err(failure)
}
