//! Stand-ins for what Deckhands talks to: a scripted LLM provider, a registry, a faulty daemon and a tiny agent image, for tests and for the demo.
//!
//! Nothing here knows about tasks, attempts or the product's own types; it only plays the other side of a wire.
//!
//! ```no_run
//! use deckhands_testkit::{Script, ScriptedLlm, Step};
//!
//! # async fn demo() -> std::io::Result<()> {
//! let script = Script::new([Step::finish("nothing to do")]);
//! let llm = ScriptedLlm::start(script, ([127, 0, 0, 1], 0).into()).await?;
//! println!("LLM_BASE_URL={}", llm.base_url("127.0.0.1"));
//! llm.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod body;
mod daemon_proxy;
mod llm;
mod registry;
mod script;
mod server;
pub mod tiny_image;

pub use body::Pace;
pub use daemon_proxy::{DaemonProxy, ProxiedRequest, ProxyAct, ProxyRule};
pub use llm::{BenchLlm, BenchReply, BenchStream, Charge, RecordedRequest, ScriptedLlm, Served};
pub use registry::{
    RegistryFault, RegistryPlace, RegistryRequest, RegistryStub, StubImage, StubLayer,
};
pub use script::{
    AfterEnd, Break, Dialect, EventForm, Mishap, Place, ProviderError, Reply, Script, ScriptError,
    ScriptErrorKind, Step, Times, ToolCall, Usage, WrongUsage,
};
