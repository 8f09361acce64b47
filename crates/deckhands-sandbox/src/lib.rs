//! The sandbox of one attempt when OpenHands runs with `RUNTIME=remote`: its remote-runtime API, the
//! container of the sandbox, and the two launchers that run inside the containers.
//!
//! An attempt has an app container without a network (OpenHands) and a sandbox container in the app's
//! network namespace (OpenHands' action execution server). The app's launcher listens on
//! [`LOOPBACK_PORT`] there: `/llm/…` and `/api/…` go to a unix socket of the host, `/action/…` to the
//! action server on [`ACTION_PORT`]. The host's side of `/api` is [`SandboxApi`], a service without a
//! listener: whoever holds the socket takes the prefix away and calls it. The environment of the app
//! that belongs to this is in [`app_env`]; nothing here creates a container, and nothing here knows of
//! model calls.
//!
//! ```
//! use std::path::Path;
//! use deckhands_sandbox::{ACTION_URL, RuntimeKey, SandboxApi, SandboxApiOptions, SessionKey, launchers};
//!
//! # async fn demo(dir: &Path, random: [u8; 32], other: [u8; 32]) -> std::io::Result<()> {
//! let launchers = launchers::write(dir)?; // `launchers.app` is mounted at `APP_LAUNCHER`
//! let (key, session_key) = (RuntimeKey::from_random(random), SessionKey::from_random(other));
//! let api = SandboxApi::new(SandboxApiOptions {
//!     session_id: "demo-a27b58493dc291d0edbf9d10190".to_owned(),
//!     runtime_id: "demo-1".to_owned(),
//!     key: key.hash(),
//!     session_key,
//!     url: ACTION_URL.to_owned(),
//! });
//! api.wait_started().await; // OpenHands asks for its sandbox
//! # Ok(())
//! # }
//! ```

mod keys;

pub mod app_env;
pub mod launchers;

mod api;
mod container;

pub use api::{PodStatus, SandboxApi, SandboxApiOptions};
pub use container::{SandboxRequest, sandbox_spec};
pub use keys::{RuntimeKey, SessionKey};
pub use launchers::Launchers;

/// Port on the app's loopback that the app's launcher listens on, and nothing else of ours.
pub const LOOPBACK_PORT: u16 = 8079;

/// Port on the same loopback that the action execution server listens on.
pub const ACTION_PORT: u16 = 60000;

/// Where OpenHands reaches the action server: through the app's launcher.
pub const ACTION_URL: &str = "http://127.0.0.1:8079/action";
