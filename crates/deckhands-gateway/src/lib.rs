//! The agents' way to their models: a token comes in, the real key goes out, and every call is told.
//!
//! A [`Gateway`] is a service without a listener: its caller accepts connections and hands every request
//! to the [`Session`] of an attempt, or to the gateway where tokens alone tell sessions apart. A session
//! has one or several [`Route`]s. A call that a provider refuses, or that breaks before the first content
//! of its answer, is tried again, there or at the next route, and the agent notices nothing but the time;
//! where no route may be called it is held for at most a minute. What the agent gets is such that
//! OpenHands 0.59 neither hangs nor gives up too early. How each call ended comes out as a
//! [`GatewayFact`](deckhands_model::GatewayFact).
//!
//! The gateway knows no task and no agent; what a failure means is said by its caller's [`Diagnose`], and
//! the health of routes is read by whoever plans through [`Health`]. Nothing here reads a setting or a
//! clock, opens a socket for others or prints.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use deckhands_gateway::{
//!     Gateway, Health, LoopPolicy, ProviderKey, Route, SessionLimits, SessionSpec, SessionToken, Upstream,
//! };
//! use deckhands_model::{Cause, ModelId};
//! use deckhands_resilience::route_health::BreakerPolicy;
//!
//! # async fn demo(request: http::Request<http_body_util::Full<bytes::Bytes>>) -> Result<(), Box<dyn std::error::Error>> {
//! let health = Health::new(BreakerPolicy::default(), Arc::new(jiff::Timestamp::now));
//! let gateway = Gateway::new(health, Arc::new(|_failure| Cause::ProviderError));
//! let model = ModelId::resolve("openrouter/deepseek/deepseek-chat-v3.1:free")?;
//! let upstream = Upstream::of(&model, None, Some(ProviderKey::new("the real key")))?;
//! let route = Route { model, upstream, price: None, max_output_tokens: 8192 };
//! let (session, mut facts) = gateway.open(SessionSpec {
//!     token: SessionToken::new("32 random bytes in hexadecimal...").hash(),
//!     expires: None,
//!     routes: vec![route],
//!     limits: SessionLimits::default(),
//!     money: None,
//!     loops: LoopPolicy::default(),
//!     recorder: None,
//!     replay: None,
//! })?;
//! let answer = session.handle(request).await;
//! println!("{}", answer.status());
//! session.revoke();
//! while let Some(fact) = facts.recv().await {
//!     println!("call {} took {:?}", fact.call, fact.took);
//! }
//! # Ok(())
//! # }
//! ```

mod limits;
mod provider;
mod route;
mod secret;
mod upstream;

mod gateway;
mod health;
mod session;

mod path;
mod request;

mod client;
mod reply;
mod stream;

mod complaint;
mod outline;
mod pick;
mod retry;
mod verdict;

mod answer;
mod body;
mod text;

mod loops;
mod money;
mod tape;

pub use body::AnswerBody;
pub use gateway::Gateway;
pub use health::{Health, Now};
pub use limits::SessionLimits;
pub use loops::{CallEnd, LoopBound, LoopDetector, LoopKind, LoopPolicy, Sighting, Watch};
pub use money::{
    Account, Booked, BookedBy, Draw, Ledger, LedgerError, LongPrice, MARGIN_TOKENS, MemoryLedger,
    Origin, Pressure, Price, PriceError, PriceTable, PriceTableError, Purse, PursePolicy,
    PurseState, Rate, Refusal, Refused, Reservation, Tokens, Told, Unbounded, bounded, cost,
    worst_case,
};
pub use provider::{Incompatible, default_base_url, own_model_id, runs_here};
pub use route::{Route, Scope};
pub use secret::{ProviderKey, SessionToken};
pub use session::{Diagnose, RouteError, Session, SessionMoney, SessionSpec};
pub use tape::{
    Divergence, Recorded, Recorder, Replay, Replayed, Tape, TapeEnd, TapeError, TapedAnswer,
    TapedCall,
};
pub use upstream::Upstream;
