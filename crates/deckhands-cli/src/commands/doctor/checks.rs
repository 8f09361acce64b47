//! The single checks, each on its own, in the order in which a run would meet them.

use std::path::Path;

use deckhands_config::Settings;
use deckhands_model::ImageRef;
use deckhands_orchestration::{Home, Ports};
use deckhands_runtime::RuntimeInfo;

use super::shared_files::check_shared_files;
use super::{Check, DockerFacts, Examination};
use crate::error::CliError;
use crate::wiring;

/// Free space below which a run is likely to fail, and below which it is worth a look. A run keeps
/// a copy of the workspace; a sandbox writes some hundred megabytes of its own.
const LITTLE_SPACE: u64 = 1 << 30;
const SOME_SPACE: u64 = 5 << 30;

/// Carries out every check.
pub(super) async fn examine(settings: &Settings, home: Result<Home, CliError>) -> Examination {
    let mut docker = DockerFacts::default();
    let mut checks = Vec::new();
    match wiring::connect(settings).await {
        Ok(wired) => {
            docker.endpoint = Some(wired.endpoint);
            daemon(&wired.ports, &mut docker, &mut checks).await;
            let images = [
                ("app image", &settings.app_image),
                ("sandbox", &settings.sandbox_image),
            ];
            for (name, image) in images {
                checks.push(check_image(&wired.ports, name, &image.value).await);
            }
            if let Ok(home) = &home {
                checks.push(check_shared_files(&wired.ports, home, settings).await);
            }
        }
        Err(error) => checks.push(failed("docker", &wiring::no_docker(&error))),
    }
    match &home {
        Ok(home) => checks.extend([check_home(home), check_disk(home.path())]),
        Err(error) => checks.push(failed("home", error)),
    }
    checks.push(check_key(settings));
    checks.push(check_model(settings));
    checks.extend(check_routes(settings));
    checks.extend(
        settings
            .notes
            .iter()
            .map(|n| Check::warn("settings", n, "deckhands config show --origin")),
    );
    Examination::of(checks, docker)
}

async fn daemon(ports: &Ports, docker: &mut DockerFacts, checks: &mut Vec<Check>) {
    match ports.containers.probe().await {
        Ok(info) => {
            let text = format!(
                "{} (API {}) at {}",
                info.version, info.api_version, info.endpoint
            );
            checks.push(Check::ok("docker", text));
            checks.extend(rootless(&info));
            docker.version = Some(info.version);
            docker.api_version = Some(info.api_version);
        }
        Err(error) => {
            checks.push(Check::fail(
                "docker",
                error.to_string(),
                "start Docker, then try again",
            ));
        }
    }
    match ports.networks.inspect("bridge").await {
        Ok(network) => match network.gateway {
            Some(address) => {
                docker.bridge_gateway = Some(address.to_string());
                checks.push(Check::ok(
                    "bridge",
                    format!("this host is {address} for containers"),
                ));
            }
            None => checks.push(Check::fail(
                "bridge",
                "the daemon's network `bridge` has no address for this host",
                "restart Docker with its default bridge",
            )),
        },
        Err(error) => checks.push(Check::fail(
            "bridge",
            error.to_string(),
            "restart Docker with its default bridge",
        )),
    }
}

/// A daemon whose containers' root is not the host's root.
fn rootless(info: &RuntimeInfo) -> Option<Check> {
    info.rootless.then(|| {
        Check::warn(
            "rootless",
            "the daemon is rootless or maps users: files of the agent cannot be given back to you; \
             neither profile is proved there",
            "use a daemon that runs as root, without `userns-remap`",
        )
    })
}

async fn check_image(ports: &Ports, name: &'static str, image: &ImageRef) -> Check {
    match ports.images.inspect(image).await {
        Ok(Some(info)) => Check::ok(name, format!("{image} ({} MiB)", info.size.as_u64() >> 20)),
        Ok(None) => Check::warn(
            name,
            format!("{image} is not here; the first run pulls it"),
            format!("docker pull {image}, or without a registry: cargo xtask image"),
        ),
        Err(error) => Check::fail(name, error.to_string(), "start Docker, then try again"),
    }
}

/// Whether the user can change and remove what is in the state directory.
fn check_home(home: &Home) -> Check {
    let path = home.path().display();
    match home.foreign_file() {
        None => Check::ok("home", path.to_string()),
        Some(foreign) => Check::warn(
            "home",
            format!("`{}` belongs to another user", foreign.display()),
            "deckhands reap gives back what dead attempts left",
        ),
    }
}

fn check_disk(path: &Path) -> Check {
    let Ok(stat) = rustix::fs::statvfs(path) else {
        return Check::warn("disk", "free space is not known", "df -h");
    };
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    let text = format!("{} MiB free at {}", free >> 20, path.display());
    match free {
        f if f < LITTLE_SPACE => Check::fail("disk", text, "free some space, or use --home DIR"),
        f if f < SOME_SPACE => Check::warn("disk", text, "free some space, or use --home DIR"),
        _ => Check::ok("disk", text),
    }
}

/// Whether the model's provider can be called in this profile; nobody is asked.
fn check_model(settings: &Settings) -> Check {
    let model = settings.model.value.to_string();
    match wiring::check_provider(settings) {
        Ok(()) => Check::ok("model", model),
        Err(error) => Check::fail(
            "model",
            format!("{model}: {}", error.0.message),
            error.0.hint.unwrap_or_default(),
        ),
    }
}

fn check_key(settings: &Settings) -> Check {
    match settings.model_key() {
        Ok(Some(key)) => Check::ok("key", format!("set ({})", key.origin)),
        Ok(None) => Check::ok("key", "none is set, and none is needed"),
        Err(missing) => Check::fail(
            "key",
            missing.to_string(),
            missing.hint().unwrap_or_default(),
        ),
    }
}

/// Whether the routes of the chosen pool can be called; what each of them lacks is in the notes.
fn check_routes(settings: &Settings) -> Option<Check> {
    let pool = settings.pool.as_ref()?;
    let all = settings.routes.len();
    let usable = settings.routes.iter().filter(|route| route.is_usable());
    let usable = usable.count();
    let text = format!("{usable} of the {all} of `{}` can be called", pool.value);
    let hint = "deckhands models routes";
    Some(match usable {
        0 => Check::fail("routes", text, hint),
        some if some < all => Check::warn("routes", text, hint),
        _ => Check::ok("routes", text),
    })
}

fn failed(name: &'static str, error: &CliError) -> Check {
    let causes = error.0.causes.join(": ");
    let text = if causes.is_empty() {
        error.0.message.clone()
    } else {
        format!("{}: {causes}", error.0.message)
    };
    Check::fail(name, text, error.0.hint.clone().unwrap_or_default())
}

#[cfg(test)]
mod tests;
