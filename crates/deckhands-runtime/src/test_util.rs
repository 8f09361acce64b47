//! Test doubles of the ports, for other crates' tests only.
//!
//! [`fake::FakeRuntime`] behaves like a daemon and plays scripts; the mocks are for single facts
//! ("an error here becomes that"). [`contract`] runs one suite on any implementation, so that the
//! fake stays as honest as Docker.

pub mod contract;
pub mod fake;
mod spec;

pub use crate::containers::MockContainers;
pub use crate::images::MockImages;
pub use crate::networks::MockNetworks;
pub use crate::owner::MockContainerOwner;
pub use fake::{FakeRuntime, Match, Script, Sibling};
pub use spec::bare_spec;
