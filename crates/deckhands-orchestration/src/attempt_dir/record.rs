//! What is written down about an attempt, so that whoever clears up after a death knows it.

use std::path::PathBuf;

use deckhands_model::{ImageRef, Network, Profile};
use serde::{Deserialize, Serialize};

/// What is written down about an attempt before anything of it comes into being.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct AttemptRecord {
    /// The task.
    pub(crate) task_id: String,
    /// The attempt's number.
    pub(crate) number: u32,
    /// When it began (RFC 3339, UTC).
    pub(crate) started_at: String,
    /// The user's workspace.
    pub(crate) workspace: PathBuf,
    /// The image that gives ownership back, once known.
    pub(crate) sandbox_image: Option<ImageRef>,
    /// How it is walled in.
    #[serde(default = "socket")]
    pub(crate) profile: Profile,
    /// What its commands can reach.
    #[serde(default = "open")]
    pub(crate) network: Network,
    /// Whether the user wants to keep the working files.
    #[serde(default)]
    pub(crate) keep: bool,
    /// Whether another process may go on with it after the death of the one that began it.
    #[serde(default)]
    pub(crate) adoptable: bool,
}

/// What records say that were written before there was a choice.
fn socket() -> Profile {
    Profile::Socket
}

fn open() -> Network {
    Network::Open
}
