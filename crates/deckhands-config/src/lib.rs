//! Settings in layers: raw, then merged, then resolved, each value with its origin and trust.
//!
//! Later layers win: defaults, the user's file, the project's `deckhands.toml`, the project's
//! `.env`, the environment, flags. A layer is a sparse map from [`Key`] to text; the table of keys
//! says what a file may hold, which variables count and what is accepted. Values are parsed once,
//! after the winner is known, so an error names the place that set it.
//!
//! Files of a project are not trusted: whoever sends a repository must not choose where a key
//! goes, which image runs or what is mounted. See [`TrustList`].
//!
//! All inputs are handed in by [`Sources`]; nothing here asks the process environment. Below the
//! command line nobody sees these types: it fills each component's own options from [`Settings`].

mod key;
mod origin;
mod shown;

mod base_url;
mod parse;
mod words;

mod layer;
mod pool;
mod sources;

mod dotenv;
mod files;
mod toml_layer;
mod variables;

mod credential;
mod load;
mod resolve;
mod settings;

mod error;
mod places;
mod schema;
mod trust;

#[cfg(test)]
mod tests;

pub use base_url::BaseUrl;
pub use credential::{ApiKey, MissingKey, MissingKeyKind, provider_variable};
pub use error::{ConfigError, ConfigErrorKind};
pub use key::Key;
pub use load::load;
pub use origin::{Origin, Setting, Trust};
pub use places::Places;
pub use pool::{PoolRoute, SelectModels, Wanted};
pub use schema::{KeyDoc, init_template, schema, schema_markdown};
pub use settings::{DockerSettings, EngineConfig, MoneyConfig, Row, Settings};
pub use sources::{Flags, Sources};
pub use trust::TrustList;

pub use deckhands_model::{ModelWay, Network, Profile};
