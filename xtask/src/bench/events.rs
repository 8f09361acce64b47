//! A container's life in the daemon's events.

use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process;

#[cfg(test)]
mod tests;

/// The stamps of one container, in nanoseconds of the daemon's clock.
#[derive(Default, Debug, PartialEq, Eq)]
struct Stamps {
    created: Option<u64>,
    started: Option<u64>,
    ended: Option<u64>,
    removed: Option<u64>,
}

/// How long a container lived.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Life {
    /// From the event `create` to the event `destroy`.
    pub(super) existed: Duration,
    /// From the event `start` to the event `die`.
    pub(super) ran: Duration,
}

/// The life of the one container whose label `key` has a value that begins with `value`.
///
/// The daemon remembers a few hundred events only, so this is asked soon after.
pub(super) fn life(key: &str, value: &str, since: SystemTime) -> Result<Life> {
    let (since, until) = (unix(since)?, unix(clock())?);
    let mut docker = Command::new("docker");
    docker.args(["events", "--filter", "type=container", "--filter"]);
    docker.arg(format!("label={key}"));
    docker.args(["--since", &since, "--until", &until]);
    let text = process::output(docker.args(["--format", "{{json .}}"]))?;
    read(&text, key, value)
}

fn read(text: &str, key: &str, value: &str) -> Result<Life> {
    let mut found: Option<(String, Stamps)> = None;
    for line in text.lines() {
        let event: Value = serde_json::from_str(line).context("read an event of the daemon")?;
        let told = event["Actor"]["Attributes"][key].as_str();
        if !told.is_some_and(|told| told.starts_with(value)) {
            continue;
        }
        let id = event["Actor"]["ID"].as_str().unwrap_or_default();
        let (known, stamps) = found.get_or_insert_with(|| (id.to_owned(), Stamps::default()));
        if known != id {
            bail!("there is more than one container with `{key}={value}`");
        }
        let time = event["timeNano"].as_u64();
        match event["Action"].as_str() {
            Some("create") => stamps.created = time,
            Some("start") => stamps.started = time,
            Some("die") => stamps.ended = time,
            Some("destroy") => stamps.removed = time,
            _ => {}
        }
    }
    let life = found.and_then(|(_, stamps)| stamps.life());
    life.with_context(|| format!("the life of `{key}={value}` is not complete in the events"))
}

impl Stamps {
    /// `None` where an event is missing or they are out of order.
    fn life(&self) -> Option<Life> {
        let between = |from: u64, to: u64| to.checked_sub(from).map(Duration::from_nanos);
        Some(Life {
            existed: between(self.created?, self.removed?)?,
            ran: between(self.started?, self.ended?)?,
        })
    }
}

/// Seconds and nanoseconds as `docker events` takes them.
fn unix(time: SystemTime) -> Result<String> {
    let time = time.duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(format!("{}.{:09}", time.as_secs(), time.subsec_nanos()))
}

/// The wall clock, to ask the daemon for a stretch of time.
#[expect(
    clippy::disallowed_methods,
    reason = "the daemon is asked for real time"
)]
pub(super) fn clock() -> SystemTime {
    SystemTime::now()
}
