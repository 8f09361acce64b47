//! Whether the cost of a request is bounded by the bytes of its text.

use serde::Deserialize;
use serde::de::IgnoredAny;

use self::content::Content;

mod content;

/// Why the greatest cost of a request is not known from its bytes.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unbounded {
    /// It has a part that is no text. An image may have more tokens than bytes, and what an address or
    /// a number of a file stands for is not in the body at all.
    #[error("it has a part of kind `{kind}`, whose tokens nobody can count before the call")]
    Part {
        /// The kind, in the request's words.
        kind: String,
    },
    /// A field that lets the provider do or charge more than its text and the bound on output say.
    #[error("its field `{field}` may make it dearer than its text")]
    Field {
        /// The field's name.
        field: &'static str,
    },
    /// A tool that the provider runs itself, at a price of its own.
    #[error("it wants the provider's own tool `{kind}`, which has a price of its own")]
    Tool {
        /// The tool's kind, in the request's words.
        kind: String,
    },
    /// It is no chat request, or has the same field twice, so that the provider may read another one.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
}

/// Checks that a chat request costs no more than [`worst_case`](super::worst_case) says.
///
/// What is looked for is data here, and grows with what providers offer: parts that are no text, more
/// than one choice, answers that are no text, the provider's own tools and searches, other models or
/// routes than the one whose price is known, dearer service, and a cache that is dearer than usual.
/// Memory does not grow with the texts of the request. A field that nobody here knows passes.
///
/// # Errors
/// The first thing found; [`Unbounded::Unreadable`] also where a known field is there twice.
pub fn bounded(body: &[u8]) -> Result<(), Unbounded> {
    let request: Request =
        serde_json::from_slice(body).map_err(|error| Unbounded::Unreadable(error.to_string()))?;
    request.fields()?;
    for message in &request.messages {
        message.check()?;
    }
    for tool in request.tools.iter().flatten() {
        tool.check()?;
    }
    Ok(())
}

/// Whether a field is there, and is not null.
type Given = Option<IgnoredAny>;

#[derive(Deserialize)]
struct Request {
    messages: Vec<Message>,
    #[serde(default)]
    tools: Option<Vec<Tool>>,
    #[serde(default)]
    modalities: Option<Vec<String>>,
    #[serde(default)]
    service_tier: Option<String>,
    #[serde(default)]
    n: Option<u64>,
    #[serde(default)]
    audio: Given,
    #[serde(default)]
    models: Given,
    #[serde(default)]
    plugins: Given,
    #[serde(default)]
    prediction: Given,
    #[serde(default)]
    preset: Given,
    #[serde(default)]
    provider: Given,
    #[serde(default)]
    search_parameters: Given,
    #[serde(default)]
    web_search_options: Given,
    #[serde(default)]
    cache_control: Option<CacheControl>,
}

impl Request {
    fn fields(&self) -> Result<(), Unbounded> {
        let tiers = ["default", "flex"];
        let tier = self.service_tier.as_deref();
        let modalities = self.modalities.as_deref().unwrap_or_default();
        let rows = [
            ("n", self.n.is_some_and(|n| n > 1)),
            ("modalities", modalities.iter().any(|kind| kind != "text")),
            (
                "service_tier",
                tier.is_some_and(|tier| !tiers.contains(&tier)),
            ),
            ("audio", self.audio.is_some()),
            ("models", self.models.is_some()),
            ("plugins", self.plugins.is_some()),
            ("prediction", self.prediction.is_some()),
            ("preset", self.preset.is_some()),
            ("provider", self.provider.is_some()),
            ("search_parameters", self.search_parameters.is_some()),
            ("web_search_options", self.web_search_options.is_some()),
            ("cache_control", is_dear(self.cache_control.as_ref())),
        ];
        none_of(&rows)
    }
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    content: Content,
    #[serde(default)]
    audio: Given,
    #[serde(default)]
    images: Given,
    #[serde(default)]
    cache_control: Option<CacheControl>,
}

impl Message {
    fn check(&self) -> Result<(), Unbounded> {
        let rows = [
            ("audio", self.audio.is_some()),
            ("images", self.images.is_some()),
            ("cache_control", is_dear(self.cache_control.as_ref())),
        ];
        none_of(&rows)?;
        self.content.check()
    }
}

#[derive(Deserialize)]
struct Tool {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    cache_control: Option<CacheControl>,
}

impl Tool {
    fn check(&self) -> Result<(), Unbounded> {
        let kind = self.kind.as_deref().unwrap_or("function");
        if kind != "function" {
            return Err(Unbounded::Tool {
                kind: kind.to_owned(),
            });
        }
        none_of(&[("cache_control", is_dear(self.cache_control.as_ref()))])
    }
}

/// A mark that what stands before it be cached.
#[derive(Deserialize)]
struct CacheControl {
    #[serde(default)]
    ttl: Option<String>,
}

/// Putting tokens into a cache that holds longer than five minutes costs more than prices say.
fn is_dear(mark: Option<&CacheControl>) -> bool {
    let ttl = mark.and_then(|mark| mark.ttl.as_deref());
    ttl.is_some_and(|ttl| ttl != "5m")
}

fn none_of(rows: &[(&'static str, bool)]) -> Result<(), Unbounded> {
    match rows.iter().find(|(_, found)| *found) {
        Some((field, _)) => Err(Unbounded::Field { field }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
