//! The profile under test, and what differs by it for somebody who looks from outside.
//!
//! How a task ends differs by nothing; a test that says otherwise has found a fault.

/// Names the profile: `managed`, which it is where nothing is said, or `socket`.
const VARIABLE: &str = "DECKHANDS_E2E_PROFILE";

/// How the tested binary walls an attempt in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Profile {
    /// We start the sandbox, and model calls go through our process.
    Managed,
    /// The agent starts its sandbox by the Docker socket and calls the model itself.
    Socket,
}

/// The profile of this run of the tests.
///
/// # Panics
/// When the environment names one that there is not.
#[must_use]
pub fn profile() -> Profile {
    let named = std::env::var_os(VARIABLE);
    match named.as_ref().map(|name| name.to_string_lossy()) {
        None => Profile::Managed,
        Some(name) if name == Profile::Managed.name() => Profile::Managed,
        Some(name) => {
            assert_eq!(name, Profile::Socket.name(), "{VARIABLE} names no profile");
            Profile::Socket
        }
    }
}

impl Profile {
    /// Its name among the settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Managed => "managed",
            Self::Socket => "socket",
        }
    }
}

/// The one of two figures that holds in this run.
#[must_use]
pub fn by_profile<T>(managed: T, socket: T) -> T {
    match profile() {
        Profile::Managed => managed,
        Profile::Socket => socket,
    }
}

/// The part of its name by which a sandbox is known among the containers of an attempt.
#[must_use]
pub fn sandbox_part() -> &'static str {
    by_profile("-sandbox", "openhands-runtime-")
}
