//! From a request's method and path to what is wanted.

use http::Method;

/// What a request asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Route {
    /// A completion.
    Chat,
    /// The list of models.
    Models,
    /// What is known about models; the agent's library asks a proxy for it.
    ModelInfo,
    /// Whether the relay is there.
    Health,
    /// Something that is served, but by this method only.
    WrongMethod(&'static str),
    /// Nothing that is served.
    Unknown,
}

/// Paths by their ends, with their method. The longer one first.
const ROUTES: [(&str, Method, Route); 4] = [
    ("/chat/completions", Method::POST, Route::Chat),
    ("/v1/model/info", Method::GET, Route::ModelInfo),
    ("/models", Method::GET, Route::Models),
    ("/health", Method::GET, Route::Health),
];

pub(crate) fn route(method: &Method, path: &str) -> Route {
    let path = path.trim_end_matches('/');
    let Some((_, wanted, route)) = ROUTES.iter().find(|(end, _, _)| path.ends_with(end)) else {
        return Route::Unknown;
    };
    if method == wanted {
        return *route;
    }
    Route::WrongMethod(if *wanted == Method::POST {
        "POST"
    } else {
        "GET"
    })
}

#[cfg(test)]
mod tests;
