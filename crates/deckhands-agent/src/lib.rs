//! How one kind of agent is started and how its record is read: pure translation and parsing.
//!
//! No I/O, no clock, no runtime calls: an adapter turns a [`LaunchRequest`] into a container
//! specification, and a reader turns output lines and stored event files into
//! [`AgentEvent`](deckhands_model::AgentEvent)s and one [`Outcome`](deckhands_model::Outcome).

mod adapter;
mod launch;
mod one_line;
mod redact;

pub mod openhands_headless;

pub use adapter::{
    AgentAdapter, AgentReader, ContainerFacts, EndedBy, EventFile, Progress, Unreadable,
};
pub use launch::{
    AgentDirs, ApiKey, EventStore, Launch, LaunchError, LaunchRequest, LauncherAccess, LlmAccess,
    ManagedAccess, Retry, SocketAccess, Walls,
};
pub use one_line::clean_text;
pub use redact::redact;
