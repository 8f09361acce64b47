//! The contexts of the `docker` command: which one is current, and which host it names.

use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::{ConnectOptions, EndpointError, EndpointErrorKind, EndpointOrigin, said};

/// The context that stands for the default socket and has no file.
const DEFAULT_CONTEXT: &str = "default";

/// The part of `config.json` that matters.
#[derive(Deserialize)]
struct ConfigFile {
    #[serde(rename = "currentContext")]
    current_context: Option<String>,
}

/// The part of a context's `meta.json` that matters.
#[derive(Deserialize)]
struct ContextFile {
    #[serde(rename = "Endpoints", default)]
    endpoints: Endpoints,
}

#[derive(Deserialize, Default)]
struct Endpoints {
    docker: Option<DockerEndpoint>,
}

#[derive(Deserialize)]
struct DockerEndpoint {
    #[serde(rename = "Host")]
    host: Option<String>,
}

/// The host that the chosen context names, and what chose it; `None` for the default one.
pub(super) fn host(
    options: &ConnectOptions,
) -> Result<Option<(String, EndpointOrigin)>, EndpointError> {
    let dir = options.docker_config_dir.as_deref();
    let chosen = match said(options.docker_context.as_deref()) {
        Some(name) => Some((
            name.to_owned(),
            EndpointOrigin::DockerContext(name.to_owned()),
        )),
        None => current(dir)?.map(|name| (name.clone(), EndpointOrigin::CurrentContext(name))),
    };
    match chosen {
        Some((name, _)) if name == DEFAULT_CONTEXT => Ok(None),
        Some((name, origin)) => host_of(&name, dir, &origin).map(|host| Some((host, origin))),
        None => Ok(None),
    }
}

/// The context that `config.json` calls current.
fn current(dir: Option<&Path>) -> Result<Option<String>, EndpointError> {
    let Some(dir) = dir else { return Ok(None) };
    let config: Option<ConfigFile> = read(&dir.join("config.json"), &EndpointOrigin::ConfigFile)?;
    let name = config.and_then(|config| config.current_context);
    Ok(said(name.as_deref()).map(str::to_owned))
}

fn host_of(
    name: &str,
    dir: Option<&Path>,
    origin: &EndpointOrigin,
) -> Result<String, EndpointError> {
    let fail = |kind| EndpointError::new(origin.clone(), kind);
    let file = dir.unwrap_or(Path::new("")).join(meta_file(name));
    let context: ContextFile = read(&file, origin)?
        .ok_or_else(|| fail(EndpointErrorKind::UnknownContext(file.clone())))?;
    let host = context.endpoints.docker.and_then(|docker| docker.host);
    said(host.as_deref())
        .map(str::to_owned)
        .ok_or_else(|| fail(EndpointErrorKind::NoDockerEndpoint))
}

/// Where the description of a context lies below the configuration directory.
fn meta_file(name: &str) -> PathBuf {
    let digest = Sha256::digest(name.as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    ["contexts", "meta", &hex, "meta.json"].iter().collect()
}

/// A JSON file; `None` where there is none.
fn read<T: DeserializeOwned>(
    file: &Path,
    origin: &EndpointOrigin,
) -> Result<Option<T>, EndpointError> {
    let fail = |kind| EndpointError::new(origin.clone(), kind);
    match std::fs::read(file) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| fail(EndpointErrorKind::Invalid(file.to_owned())).because(error)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(fail(EndpointErrorKind::Unreadable(file.to_owned())).because(error)),
    }
}
