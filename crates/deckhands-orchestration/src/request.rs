//! What is asked for: one task with its acceptance rules and bounds.

use std::path::PathBuf;
use std::time::Duration;

use deckhands_agent::{ApiKey, Retry};
use deckhands_gateway::RelayLimits;
use deckhands_model::{Deadlines, ImageRef, Limits, ModelId, ModelWay, Network, Profile, TaskText};
use serde::{Deserialize, Serialize};

/// One task for one run.
#[derive(Clone, Debug)]
pub struct TaskRequest {
    /// What the agent is asked to do.
    pub text: TaskText,
    /// The user's workspace; changed only by promotion.
    pub workspace: PathBuf,
    /// The model.
    pub model: ModelId,
    /// The provider's key.
    pub api_key: Option<ApiKey>,
    /// Files that hold keys. They are not handed to the agent, should they lie in the workspace.
    pub key_files: Vec<PathBuf>,
    /// Where the provider is; `None` is its own address. Where the agent calls it, it is as seen from
    /// a container.
    pub base_url: Option<String>,
    /// How the attempt is walled in.
    pub profile: Profile,
    /// What the agent's commands can reach.
    pub network: Network,
    /// Who calls the model.
    pub way: ModelWay,
    /// How the relay calls it.
    pub relay: RelaySettings,
    /// The images to run.
    pub images: ImagePair,
    /// The daemon's socket on its own host, for profile `socket`.
    pub docker_socket: PathBuf,
    /// Resources.
    pub limits: Limits,
    /// Deadlines.
    pub deadlines: Deadlines,
    /// How the agent repeats failed model calls.
    pub retry: Retry,
    /// Commands that must all exit 0 over the result.
    pub checks: Vec<String>,
    /// What is done with the result.
    pub policy: Policy,
}

/// How the relay calls the model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RelaySettings {
    /// Longest time for one answer.
    pub answer: Duration,
    /// Most tokens of one answer.
    pub max_output_tokens: u32,
}

impl Default for RelaySettings {
    fn default() -> Self {
        Self {
            answer: RelayLimits::default().answer,
            max_output_tokens: 8192,
        }
    }
}

/// The two images of a run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImagePair {
    /// The app: the agent's program.
    pub app: ImageRef,
    /// The sandbox: where the agent's commands run, and checks.
    pub sandbox: ImageRef,
}

/// What is done with a workspace and a result. Each is the user's word on one question.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// A finished task without any change is a success; its answer is the result.
    pub allow_no_change: bool,
    /// Files that git ignores are copied, too.
    pub include_ignored: bool,
    /// The change is taken over into the workspace.
    pub apply: bool,
    /// Working files of the attempt are kept.
    pub keep: bool,
    /// Workspaces above the size bound are copied, too.
    pub any_size: bool,
    /// Versions of the agent that nobody proved are run, too.
    pub unproved_version: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            allow_no_change: false,
            include_ignored: false,
            apply: true,
            keep: false,
            any_size: false,
            unproved_version: false,
        }
    }
}

#[cfg(test)]
mod test_request;
#[cfg(test)]
pub(crate) use test_request::test_request;
