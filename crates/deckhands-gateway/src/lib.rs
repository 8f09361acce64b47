//! Relays an agent's model calls: the attempt's token comes in, the real key goes out.
//!
//! A [`Relay`] is a service without a listener: its caller accepts the connections of one attempt's
//! container and hands every request to [`Relay::handle`]. It checks the token, puts the key in its
//! place, makes one call to one upstream and answers so that OpenHands 0.59 neither hangs nor gives
//! up too early. How each call ended comes out as a [`GatewayFact`](deckhands_model::GatewayFact).
//!
//! It knows no task, no attempt and no other route: which model is tried next is the engine's to
//! decide, by the facts. Nothing here reads a setting, opens a socket for others or prints.
//!
//! ```no_run
//! use deckhands_gateway::{ProviderKey, Relay, RelayLimits, SessionToken, Upstream};
//! use deckhands_model::ModelId;
//!
//! # async fn demo(request: http::Request<http_body_util::Full<bytes::Bytes>>) -> Result<(), Box<dyn std::error::Error>> {
//! let model = ModelId::resolve("openrouter/deepseek/deepseek-chat-v3.1:free")?;
//! let upstream = Upstream::of(&model, None, Some(ProviderKey::new("the real key")))?;
//! let token = SessionToken::new("32 random bytes in hexadecimal...");
//! let (relay, mut facts) = Relay::open(upstream, &token, RelayLimits::default())?;
//! let answer = relay.handle(request).await;
//! println!("{}", answer.status());
//! relay.revoke();
//! while let Some(fact) = facts.recv().await {
//!     println!("call {} took {:?}", fact.call, fact.took);
//! }
//! # Ok(())
//! # }
//! ```

mod limits;
mod provider;
mod secret;
mod upstream;

mod relay;

mod door;
mod request;
mod route;

mod client;
mod reply;

mod complaint;
mod outline;
mod pick;
mod retry;
mod standing;
mod verdict;

mod answer;
mod text;

mod loops;
mod money;
mod tape;

pub use limits::RelayLimits;
pub use loops::{CallEnd, LoopBound, LoopDetector, LoopKind, LoopPolicy, Sighting, Watch};
pub use money::{
    Account, Booked, BookedBy, Draw, Ledger, LedgerError, LongPrice, MARGIN_TOKENS, MemoryLedger,
    Origin, Price, PriceError, PriceTable, PriceTableError, Purse, PursePolicy, PurseState, Rate,
    Refusal, Refused, Reservation, Tokens, Told, Unbounded, bounded, cost, worst_case,
};
pub use provider::{Incompatible, default_base_url, own_model_id};
pub use relay::{Relay, RelayError};
pub use secret::{ProviderKey, SessionToken};
pub use tape::{
    Divergence, Recorded, Recorder, Replay, Replayed, Tape, TapeEnd, TapeError, TapedAnswer,
    TapedCall,
};
pub use upstream::{Upstream, UpstreamError};
