//! The closed choices of a run: profile and network.

use std::fmt;

/// How an attempt is walled in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Profile {
    /// OpenHands' documented form: the app container starts its sandbox through the Docker socket.
    /// Whoever controls that container controls the host.
    Socket,
}

/// What the agent's commands can reach.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Network {
    /// The model and nothing else. No profile of today can hold that.
    Llm,
    /// Any host that the container network reaches.
    Open,
}

impl Profile {
    /// Profiles that have a name but cannot be chosen yet.
    pub(crate) const NOT_YET: &[&str] = &["managed", "single"];
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Socket => "socket",
        })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Llm => "llm",
            Self::Open => "open",
        })
    }
}
