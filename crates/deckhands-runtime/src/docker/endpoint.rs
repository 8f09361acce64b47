//! Which daemon is meant: the same rules as the `docker` command, so that both talk to the same one.
//! Reads the command's files, never the process environment; connecting is left to `connect`.

mod context;

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

const DEFAULT_SOCKET: &str = "/var/run/docker.sock";

/// The port of an unencrypted daemon, as the `docker` command assumes it.
const DEFAULT_PORT: u16 = 2375;

/// What decides which daemon is meant, in this order; the first that says something wins.
///
/// Empty texts count as absent, the context `default` as the default socket.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ConnectOptions {
    /// `DOCKER_HOST`: `unix:///path` or `tcp://host:port`.
    pub docker_host: Option<String>,
    /// `DOCKER_CONTEXT`: the name of a context.
    pub docker_context: Option<String>,
    /// `DOCKER_CONFIG`, else `.docker` in the home directory: holds `config.json` with the current
    /// context, and the contexts. Absent, or without the files, it says nothing.
    pub docker_config_dir: Option<PathBuf>,
}

/// Where a daemon listens.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Endpoint {
    /// A unix socket by its absolute path.
    Unix(PathBuf),
    /// `host:port`, without encryption.
    Tcp(String),
}

/// Why no daemon could be told from the options.
#[derive(Debug, thiserror::Error)]
#[error("find the Docker daemon by {origin}: {kind}")]
pub struct EndpointError {
    /// What named the daemon.
    pub origin: EndpointOrigin,
    /// What is wrong with it.
    pub kind: EndpointErrorKind,
    /// The error of reading a file, if that was it.
    #[source]
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

/// What named a daemon.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EndpointOrigin {
    /// `DOCKER_HOST`.
    DockerHost,
    /// The context of this name, from `DOCKER_CONTEXT`.
    DockerContext(String),
    /// The context of this name, from `config.json`.
    CurrentContext(String),
    /// The file `config.json` itself.
    ConfigFile,
}

/// What is wrong with a daemon's description.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum EndpointErrorKind {
    /// There is no such context; the file that was looked for.
    UnknownContext(PathBuf),
    /// The context describes no Docker daemon.
    NoDockerEndpoint,
    /// A way to connect that is not spoken, e.g. `ssh` or `https`.
    UnsupportedScheme(String),
    /// Not an address at all.
    Malformed(String),
    /// A file that is there but cannot be read.
    Unreadable(PathBuf),
    /// A file that is not JSON of the expected form.
    Invalid(PathBuf),
}

impl Endpoint {
    /// Finds the daemon that is meant.
    ///
    /// # Errors
    /// A context that does not exist or cannot be read, and an address that is not `unix://` or
    /// `tcp://`. Nothing falls back to the default socket silently.
    pub fn resolve(options: &ConnectOptions) -> Result<Self, EndpointError> {
        if let Some(host) = said(options.docker_host.as_deref()) {
            return parse(host, EndpointOrigin::DockerHost);
        }
        let Some((host, origin)) = context::host(options)? else {
            return Ok(Self::Unix(PathBuf::from(DEFAULT_SOCKET)));
        };
        parse(&host, origin)
    }

    /// The path of a unix socket, e.g. to mount it.
    #[must_use]
    pub fn socket_path(&self) -> Option<&Path> {
        match self {
            Self::Unix(path) => Some(path),
            Self::Tcp(_) => None,
        }
    }
}

impl EndpointError {
    fn new(origin: EndpointOrigin, kind: EndpointErrorKind) -> Self {
        Self {
            origin,
            kind,
            source: None,
        }
    }

    fn because(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }
}

/// A setting that says something.
fn said(value: Option<&str>) -> Option<&str> {
    value.map(str::trim).filter(|value| !value.is_empty())
}

fn parse(host: &str, origin: EndpointOrigin) -> Result<Endpoint, EndpointError> {
    let malformed = || EndpointErrorKind::Malformed(host.to_owned());
    let result = match host.split_once("://") {
        Some(("unix", path)) if path.starts_with('/') => Ok(Endpoint::Unix(PathBuf::from(path))),
        Some(("tcp" | "http", rest)) => authority(rest).map(Endpoint::Tcp).ok_or_else(malformed),
        Some(("unix", _)) | None => Err(malformed()),
        Some((scheme, _)) => Err(EndpointErrorKind::UnsupportedScheme(scheme.to_owned())),
    };
    result.map_err(|kind| EndpointError::new(origin, kind))
}

/// `host:port`, with the default port where none is written.
fn authority(rest: &str) -> Option<String> {
    let rest = rest.trim_end_matches('/');
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
        _ => (rest, DEFAULT_PORT),
    };
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let valid = match bare {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.chars().all(plain),
    };
    valid.then(|| format!("{host}:{port}"))
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(authority) => write!(f, "tcp://{authority}"),
        }
    }
}

impl fmt::Display for EndpointOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DockerHost => f.write_str("`DOCKER_HOST`"),
            Self::DockerContext(name) => write!(f, "`DOCKER_CONTEXT={name}`"),
            Self::CurrentContext(name) => write!(f, "the current Docker context `{name}`"),
            Self::ConfigFile => f.write_str("the Docker configuration"),
        }
    }
}

impl fmt::Display for EndpointErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownContext(file) => {
                write!(f, "no such context, `{}` does not exist", file.display())
            }
            Self::NoDockerEndpoint => f.write_str("the context names no Docker endpoint"),
            Self::UnsupportedScheme(scheme) => {
                write!(
                    f,
                    "`{scheme}://` is not supported, only `unix://` and `tcp://` are"
                )
            }
            Self::Malformed(text) => {
                write!(
                    f,
                    "`{text}` is neither `unix:///path` nor `tcp://host:port`"
                )
            }
            Self::Unreadable(file) => write!(f, "`{}` cannot be read", file.display()),
            Self::Invalid(file) => write!(f, "`{}` is not as expected", file.display()),
        }
    }
}

#[cfg(test)]
mod tests;
