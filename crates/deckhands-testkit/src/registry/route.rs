//! From a request's path to what is wanted.

/// What a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route<'a> {
    /// Whether a registry is here.
    Ping,
    /// A manifest of a repository, by tag or digest.
    Manifest(&'a str, &'a str),
    /// A configuration or a layer of a repository, by digest.
    Blob(&'a str, &'a str),
    /// Nothing that is served.
    Unknown,
}

pub(super) fn route(path: &str) -> Route<'_> {
    let Some(rest) = path.strip_prefix("/v2") else {
        return Route::Unknown;
    };
    let rest = match rest {
        "" | "/" => return Route::Ping,
        rest => rest.strip_prefix('/').unwrap_or_default(),
    };
    // A repository's name may have slashes, what follows it has none.
    let two = |middle| {
        rest.rsplit_once(middle)
            .filter(|(name, item)| !name.is_empty() && is_item(item))
    };
    if let Some((name, reference)) = two("/manifests/") {
        Route::Manifest(name, reference)
    } else if let Some((name, digest)) = two("/blobs/") {
        Route::Blob(name, digest)
    } else {
        Route::Unknown
    }
}

fn is_item(text: &str) -> bool {
    !text.is_empty() && !text.contains('/')
}

#[cfg(test)]
mod tests;
