//! The address of a model provider.

use std::fmt;

use url::{Host, Url};

#[cfg(test)]
mod tests;

/// An http or https address with a host, without user, query or fragment: nothing in it is secret,
/// so it may be shown. Without a slash at the end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// Where OpenRouter is reached.
    #[must_use]
    pub fn openrouter() -> Self {
        Self("https://openrouter.ai/api/v1".to_owned())
    }

    /// The address, or nothing if it is not of this form.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text.trim()).ok()?;
        let web = matches!(url.scheme(), "http" | "https") && url.has_host();
        let bare = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        (web && bare).then(|| Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether what is sent there can be read on the way: http to another machine.
    #[must_use]
    pub fn is_readable_on_the_way(&self) -> bool {
        self.0.starts_with("http:") && !self.is_loopback()
    }

    /// Whether it is on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let url = Url::parse(&self.0).ok();
        match url.as_ref().and_then(Url::host) {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        }
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
