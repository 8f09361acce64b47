//! The API key: which one counts, and to whom it may go.
//!
//! The last layer that names a key decides, by the key itself, a file or a variable. Where none
//! does, the provider's own variable counts (`OPENROUTER_API_KEY`, `ANTHROPIC_API_KEY`, …); in the
//! environment it also counts where only a `.env` names a key.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use deckhands_model::ModelId;
use secrecy::{ExposeSecret, SecretString};

use crate::files;
use crate::key::Key;
use crate::layer::{RawValue, Stack, Winner};
use crate::origin::{Origin, Trust};
use crate::pool::{KeyPlace, RawRoute};
use crate::shown;
use crate::variables::Variables;

mod holders;
mod missing;

#[cfg(test)]
mod tests;

pub use missing::{MissingKey, MissingKeyKind};

/// An API key that may be sent to the configured endpoint. `Debug` does not show it.
#[derive(Clone)]
pub struct ApiKey {
    secret: SecretString,
    /// Where the key, or the file or variable that holds it, was named.
    pub origin: Origin,
    trust: Trust,
}

impl ApiKey {
    /// The key itself: for the environment of an app container or a header, nowhere else.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.secret.expose_secret()
    }

    pub(crate) fn trust(&self) -> Trust {
        self.trust
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

/// Where a key may be sent.
#[derive(Clone)]
pub(crate) struct Endpoint {
    /// The model's provider.
    pub(crate) provider: String,
    /// Who chose the address.
    pub(crate) address: Trust,
    /// Who chose the provider, which decides the address where none is set.
    pub(crate) provider_choice: Trust,
}

/// The keys at hand.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    /// The one that counts for the configured model.
    pub(crate) own: Result<ApiKey, MissingKey>,
    /// Those in variables of providers' names, by provider.
    pub(crate) by_variable: BTreeMap<String, ApiKey>,
}

/// The variables that keys may be in.
#[derive(Clone, Copy)]
pub(crate) struct Environments<'a> {
    pub(crate) process: &'a Variables,
    pub(crate) dotenv: Option<&'a Variables>,
}

/// Where keys are looked for.
pub(crate) struct Search<'a> {
    pub(crate) stack: &'a Stack,
    pub(crate) environments: Environments<'a>,
    pub(crate) endpoint: Endpoint,
    /// The value of [`Key::ApiKeyFile`].
    pub(crate) file: Option<PathBuf>,
    /// The value of [`Key::ApiKeyEnv`].
    pub(crate) variable: Option<String>,
}

/// Where a key was found, and how far whoever put it there is trusted.
struct Place {
    origin: Origin,
    trust: Trust,
}

/// A credential goes only to an endpoint that the same or a more trusted layer set.
pub(crate) fn may_go(key: Trust, endpoint: Trust) -> bool {
    endpoint >= key
}

impl Search<'_> {
    /// All keys at hand.
    pub(crate) fn keys(&self, notes: &mut Vec<String>) -> Keys {
        Keys {
            own: self.find(notes),
            by_variable: self.of_providers(),
        }
    }

    /// The key that counts, if it may go to the endpoint.
    pub(crate) fn find(&self, notes: &mut Vec<String>) -> Result<ApiKey, MissingKey> {
        let provider = &self.endpoint.provider;
        // This variable belongs to the provider by its name, whoever chose the provider.
        let name = provider_variable(provider);
        let named = self.named().filter(|(_, winner)| {
            let displaced = self.displaces(&winner.raw.origin, &name);
            notes.extend(displaced.then(|| does_not_count(&winner.raw.origin, &name)));
            !displaced
        });
        let Some((source, winner)) = named else {
            let key = self.environments.look_up(&name, None);
            let key = key.map_err(MissingKey::or_ours)?;
            return self.withhold(key, self.endpoint.address);
        };
        let place = Place {
            origin: winner.raw.origin.clone(),
            trust: winner.layer.trust,
        };
        let key = match (source, &self.file, &self.variable) {
            (Key::ApiKeyFile, Some(path), _) => read_file(path, place, notes),
            (Key::ApiKeyEnv, _, Some(name)) => self.environments.look_up(name, Some(&place.origin)),
            _ => usable(text(winner), place),
        }?;
        self.withhold(
            key,
            self.endpoint.address.min(self.endpoint.provider_choice),
        )
    }

    /// The keys that stand in variables of their providers' names.
    fn of_providers(&self) -> BTreeMap<String, ApiKey> {
        let providers = ModelId::providers().iter();
        let found = providers.filter_map(|provider| {
            let variable = provider_variable(provider);
            let key = self.environments.look_up(&variable, None).ok()?;
            Some(((*provider).to_owned(), key))
        });
        found.collect()
    }

    /// Whether a `.env` names a key and the environment, which wins, holds the provider's own.
    fn displaces(&self, origin: &Origin, name: &str) -> bool {
        matches!(origin, Origin::DotEnv { .. }) && self.environments.process.get(name).is_some()
    }

    /// What the last layer says about the key; within a layer the key itself wins.
    fn named(&self) -> Option<(Key, Winner<'_>)> {
        let sources = [Key::ApiKeyEnv, Key::ApiKeyFile, Key::ApiKey];
        let named = sources
            .into_iter()
            .filter_map(|key| Some((key, self.stack.winner(key)?)));
        named.max_by_key(|(_, winner)| winner.rank)
    }

    fn withhold(&self, key: ApiKey, endpoint: Trust) -> Result<ApiKey, MissingKey> {
        if may_go(key.trust, endpoint) {
            return Ok(key);
        }
        let provider = self.endpoint.provider.clone();
        Err(MissingKey::new(MissingKeyKind::Withheld {
            origin: key.origin,
            provider,
        }))
    }
}

impl Environments<'_> {
    /// The key in a variable; the environment wins over `.env`.
    pub(crate) fn look_up(self, name: &str, named: Option<&Origin>) -> Result<ApiKey, MissingKey> {
        let sources = [Some(self.process), self.dotenv];
        let mut found = sources
            .into_iter()
            .flatten()
            .filter_map(|source| Some((source, source.get(name)?)));
        let Some((source, value)) = found.next() else {
            return Err(MissingKey::unset(vec![name.to_owned()]).named_by(named));
        };
        usable(
            value,
            Place {
                origin: source.origin(name),
                trust: source.trust,
            },
        )
    }

    /// The key that a route of a pool names, if it names one.
    pub(crate) fn of_route(
        self,
        route: &RawRoute,
        notes: &mut Vec<String>,
    ) -> Option<Result<ApiKey, MissingKey>> {
        // Whoever chose the route is trusted: nobody else may.
        match &route.key {
            KeyPlace::Usual => None,
            KeyPlace::Variable(name) => Some(self.look_up(name, Some(&route.origin))),
            KeyPlace::File(path) => {
                let place = Place {
                    origin: route.origin.clone(),
                    trust: Trust::Trusted,
                };
                Some(read_file(path, place, notes))
            }
        }
    }
}

/// The own key, where it is there, or wanted.
///
/// # Errors
/// It is wanted and missing, or something is wrong with it.
pub(crate) fn own_key(
    own: &Result<ApiKey, MissingKey>,
    keyless: bool,
) -> Result<Option<&ApiKey>, MissingKey> {
    match own {
        Ok(key) => Ok(Some(key)),
        Err(missing) if keyless && missing.may_be_missing() => Ok(None),
        Err(missing) => Err(missing.clone()),
    }
}

fn does_not_count(origin: &Origin, name: &str) -> String {
    format!("the API key of {origin} does not count: environment variable `{name}` is set, too")
}

/// The variable that a provider's key is usually in, e.g. `OPENAI_API_KEY`.
#[must_use]
pub fn provider_variable(provider: &str) -> String {
    format!("{}_API_KEY", provider.to_ascii_uppercase())
}

fn read_file(path: &Path, place: Place, notes: &mut Vec<String>) -> Result<ApiKey, MissingKey> {
    let text = files::read(path).map_err(|error| {
        let (path, origin) = (path.to_owned(), place.origin.clone());
        MissingKey::new(MissingKeyKind::Unreadable {
            path,
            origin,
            reason: error.to_string(),
        })
    })?;
    if files::readable_by_others(path) {
        let path = shown::shell_word(&path.to_string_lossy());
        notes.push(format!(
            "other users may read the API key in {path}: chmod 600 {path}"
        ));
    }
    usable(&text, place)
}

/// Takes a text as key; white space around it is an editor's or a shell's.
fn usable(text: &str, Place { origin, trust }: Place) -> Result<ApiKey, MissingKey> {
    let text = text.trim();
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(MissingKey::new(MissingKeyKind::Malformed { origin }));
    }
    Ok(ApiKey {
        secret: SecretString::from(text),
        origin,
        trust,
    })
}

fn text<'a>(winner: Winner<'a>) -> &'a str {
    match &winner.raw.value {
        RawValue::Text(text) => text,
        RawValue::List(_) => "",
    }
}
