//! How one kind of agent is started and how its record is read: pure translation and parsing.
//!
//! No I/O, no clock, no runtime calls: an adapter turns a [`LaunchRequest`] into a container
//! specification, and a reader turns output lines and stored event files into
//! [`AgentEvent`](deckhands_model::AgentEvent)s and one [`Outcome`](deckhands_model::Outcome).

mod adapter;
mod one_line;
mod redact;

pub mod openhands_headless;

pub use adapter::{
    AgentAdapter, AgentDirs, AgentReader, ApiKey, ContainerFacts, EndedBy, EventFile, EventStore,
    Launch, LaunchError, LaunchRequest, Progress, Retry, SocketAccess, Unreadable,
};
pub use one_line::clean_text;
pub use redact::redact;
