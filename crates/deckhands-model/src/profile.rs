//! The closed choices of a run: how it is walled in, what its commands can reach, and who calls its
//! model.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How an attempt is walled in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Profile {
    /// We start both containers, and the only thing that leads out of them is one socket of ours.
    Managed,
    /// OpenHands' documented form: the app container starts its sandbox through the Docker socket.
    /// Whoever controls that container controls the host.
    Socket,
}

/// What the agent's commands can reach.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Network {
    /// Nothing: only the agent itself reaches its model.
    Llm,
    /// Any host that the container network reaches.
    Open,
}

/// Who calls the provider of the model.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ModelWay {
    /// Our relay, which alone has the key.
    Relay,
    /// The agent's program itself, with the key in its environment; only in profile `socket`.
    Direct,
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Managed => "managed",
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

impl fmt::Display for ModelWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Relay => "relay",
            Self::Direct => "direct",
        })
    }
}
