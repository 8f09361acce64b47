//! From a request's method and path to what is wanted, and of which script.

use hyper::Method;

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route<'a> {
    /// A completion, from the named script or from the default one.
    Chat(Option<&'a str>),
    /// The list of models.
    Models,
    /// Nothing that is served.
    Unknown,
}

pub(super) fn route<'a>(method: &Method, path: &'a str) -> Route<'a> {
    if method == Method::POST && path.ends_with("/chat/completions") {
        Route::Chat(script_name(path))
    } else if method == Method::GET && path.ends_with("/models") {
        Route::Models
    } else {
        Route::Unknown
    }
}

fn script_name(path: &str) -> Option<&str> {
    let (name, _) = path.strip_prefix("/s/")?.split_once('/')?;
    Some(name)
}

#[cfg(test)]
mod tests;
