//! A look at the daemon through its own command line, so that no product code vouches for itself.

use std::process::Command;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

/// A container as `docker inspect` tells it.
#[derive(Clone, Debug)]
pub struct Container {
    /// Its name without the leading `/`.
    pub name: String,
    /// `created`, `running`, `exited`, …
    pub state: String,
    /// Everything that `docker inspect` prints.
    pub inspect: Value,
}

/// Runs the Docker command and returns what it printed.
///
/// # Panics
/// When the command fails: an end-to-end test needs the daemon.
#[must_use]
pub fn docker(args: &[&str]) -> String {
    let output = Command::new("docker")
        .args(args)
        .output()
        .expect("the docker command");
    assert!(
        output.status.success(),
        "docker {args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// All containers, running or not, that carry a label (`key=value`).
#[must_use]
pub fn containers(label: &str) -> Vec<Container> {
    let ids = docker(&[
        "ps",
        "-aq",
        "--no-trunc",
        "--filter",
        &format!("label={label}"),
    ]);
    ids.lines().filter_map(inspect).collect()
}

/// `None` for a container that has gone meanwhile.
fn inspect(id: &str) -> Option<Container> {
    let output = Command::new("docker")
        .args(["inspect", id])
        .output()
        .expect("the docker command");
    let inspect = serde_json::from_slice::<Value>(&output.stdout)
        .ok()?
        .get(0)?
        .clone();
    Some(Container {
        name: inspect["Name"].as_str()?.trim_start_matches('/').to_owned(),
        state: inspect["State"]["Status"].as_str()?.to_owned(),
        inspect,
    })
}

/// What happened to a container, by the daemon's own record.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Moment {
    /// `create`, `start`, `kill`, `oom`, `die`, `destroy`, …
    pub(crate) action: String,
    /// The container's name.
    pub(crate) container: String,
    /// When, on the host's clock, which containers share.
    pub(crate) at: Timestamp,
}

/// What happened to the containers of a label since a moment. To be asked soon after: the daemon
/// remembers its last 256 events only.
///
/// # Panics
/// When the daemon's record cannot be read.
#[must_use]
pub(crate) fn history(label: &str, since: Timestamp) -> Vec<Moment> {
    let filter = format!("label={label}");
    let (since, until) = (since.to_string(), Timestamp::now().to_string());
    let told = docker(&[
        "events",
        "--since",
        &since,
        "--until",
        &until,
        "--filter",
        "type=container",
        "--filter",
        &filter,
        "--format",
        "{{json .}}",
    ]);
    let moment = |line: &str| {
        let event: Value = serde_json::from_str(line).expect("JSON of docker events");
        let nanoseconds = event["timeNano"].as_i64().expect("a time");
        Moment {
            action: event["Action"].as_str().expect("an action").to_owned(),
            container: event["Actor"]["Attributes"]["name"]
                .as_str()
                .expect("a name")
                .to_owned(),
            at: Timestamp::from_nanosecond(nanoseconds.into()).expect("a time"),
        }
    };
    told.lines().map(moment).collect()
}

/// Names of the networks that carry a label (`key=value`).
///
/// # Panics
/// When the daemon does not tell.
#[must_use]
pub fn networks(label: &str) -> Vec<String> {
    let filter = format!("label={label}");
    let names = docker(&[
        "network",
        "ls",
        "--filter",
        &filter,
        "--format",
        "{{.Name}}",
    ]);
    names.lines().map(str::to_owned).collect()
}

/// Names of all containers there are, whoever made them.
///
/// # Panics
/// When the daemon does not tell.
#[must_use]
pub fn container_names() -> Vec<String> {
    let names = docker(&["ps", "-a", "--no-trunc", "--format", "{{.Names}}"]);
    names.lines().map(str::to_owned).collect()
}

/// The host's address on the daemon's default bridge, where containers reach a provider of ours.
#[must_use]
pub fn bridge_address() -> String {
    let config = docker(&[
        "network",
        "inspect",
        "bridge",
        "--format",
        "{{json .IPAM.Config}}",
    ]);
    let config: Value = serde_json::from_str(&config).expect("JSON of docker network inspect");
    let gateway = config[0]["Gateway"].as_str().map(str::to_owned);
    gateway.unwrap_or_else(|| {
        let subnet = config[0]["Subnet"].as_str().expect("the bridge's subnet");
        let (network, _bits) = subnet.split_once('/').expect("a subnet with its length");
        let (front, _last) = network.rsplit_once('.').expect("an IPv4 network");
        format!("{front}.1")
    })
}

/// Waits until `look` finds something.
///
/// # Panics
/// When nothing is found within `limit`; says what was looked for.
pub fn wait_for<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let pause = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let pause = pause.expect("a runtime to wait in");
    let until = Instant::now() + limit;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            Instant::now() < until,
            "not within {} s: {what}",
            limit.as_secs()
        );
        pause.block_on(async { tokio::time::sleep(Duration::from_millis(50)).await });
    }
}
