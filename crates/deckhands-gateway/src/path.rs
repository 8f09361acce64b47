//! From a request's method and path to what is wanted.

use http::Method;

/// What a request asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wanted {
    /// A completion.
    Chat,
    /// The list of models.
    Models,
    /// What is known about models; the agent's library asks a proxy for it.
    ModelInfo,
    /// Whether the gateway is there.
    Health,
    /// Something that is served, but by this method only.
    WrongMethod(&'static str),
    /// Nothing that is served.
    Unknown,
}

/// Paths by their ends, with their method. The longer one first.
const PATHS: [(&str, Method, Wanted); 4] = [
    ("/chat/completions", Method::POST, Wanted::Chat),
    ("/v1/model/info", Method::GET, Wanted::ModelInfo),
    ("/models", Method::GET, Wanted::Models),
    ("/health", Method::GET, Wanted::Health),
];

pub(crate) fn wanted(method: &Method, path: &str) -> Wanted {
    let path = path.trim_end_matches('/');
    let Some((_, only, found)) = PATHS.iter().find(|(end, _, _)| path.ends_with(end)) else {
        return Wanted::Unknown;
    };
    if method == only {
        return *found;
    }
    Wanted::WrongMethod(if *only == Method::POST { "POST" } else { "GET" })
}

#[cfg(test)]
mod tests;
