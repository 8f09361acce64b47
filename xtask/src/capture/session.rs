//! One session from its start to its record.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use super::cleaner::Cleaner;
use super::containers::{Containers, docker};
use super::facts::{Ended, Facts};
use super::launch::{self, Surroundings};
use super::places::Places;
use super::provider::Provider;
use super::record::Record;
use super::table::{Act, Container, Deed, Moment, Row, Situation};
use crate::bench;

/// How long a session may take, unless the table says otherwise.
const LIMIT: Duration = Duration::from_secs(180);

/// Between two looks at a running session.
const LOOK: Duration = Duration::from_millis(500);

/// What every session of a run is played with.
#[derive(Debug)]
pub(super) struct Stage {
    /// The scripted provider's program.
    pub(super) provider: PathBuf,
    /// Address of this host as containers see it.
    pub(super) gateway: String,
    /// Id of the run.
    pub(super) run: String,
    /// Directory for what the sessions need while they last.
    pub(super) temporary: PathBuf,
    /// Where the scripts are.
    pub(super) corpus: PathBuf,
    /// Where the records go.
    pub(super) out: PathBuf,
}

/// Plays the situation and writes its record; gives back where it differs from the table.
pub(super) fn play(stage: &Stage, number: usize, situation: &Situation) -> Result<Vec<String>> {
    let Situation { name, row } = situation;
    let root = stage.temporary.join(number.to_string());
    let places = Places::create(root, &row.launch)?;
    let script = stage.corpus.join(name).join("script.json");
    let log = places.root.join("requests.log");
    let provider = Provider::start(&stage.provider, &script, &stage.gateway, log)?;
    let around = Surroundings {
        places: &places,
        gateway: &stage.gateway,
        port: provider.port,
        run: &stage.run,
        number,
    };
    let arguments = launch::arguments(&row.launch, &around);
    let containers = Containers::start(&arguments, around.app(), &stage.run, number)?;
    let session = Session {
        row,
        places: &places,
        provider: &provider,
        containers: &containers,
    };
    let taken = session.run_to_end();
    let written = taken.and_then(|(record, mut cleaner)| {
        cleaner.replace(places.root.display().to_string(), "/capture");
        cleaner.replace(format!(":{}/v1", provider.port), ":8000/v1");
        cleaner.replace(&stage.gateway, "172.17.0.1");
        record.write(&stage.out.join(name), &cleaner)?;
        Ok(record.facts.differences(&row.expect))
    });
    containers.remove()?;
    remove(&places.root)?;
    written
}

struct Session<'a> {
    row: &'a Row,
    places: &'a Places,
    provider: &'a Provider,
    containers: &'a Containers,
}

impl Session<'_> {
    fn run_to_end(&self) -> Result<(Record, Cleaner)> {
        let ended = self.follow(&self.containers.end())?;
        let app = self.containers.app()?;
        let sandbox = self.containers.sandbox()?;
        let (stdout, stderr) = self.containers.logs()?;
        let events = self.places.events()?;
        let mut cleaner = Cleaner::default();
        cleaner.replace_id(&app.id, "a");
        if let Some(sandbox) = &sandbox {
            cleaner.replace_id(&sandbox.id, "b");
        }
        let facts = Facts {
            exit: app.exit,
            ended,
            app_oom: app.oom,
            sandbox: sandbox
                .as_ref()
                .map_or("none".to_owned(), |it| it.status.clone()),
            sandbox_oom: sandbox.is_some_and(|it| it.oom),
            state: last_state(&events)?,
            events: events.len(),
            requests: self.provider.requests()?,
            changed: self.places.changed(&self.row.launch.files)?,
        };
        let events = events.into_iter().map(|(_, text)| text).collect();
        let record = Record {
            stdout,
            stderr,
            events,
            facts,
        };
        Ok((record, cleaner))
    }

    /// Waits for the end; does meanwhile what the table says, or ends what takes too long.
    fn follow(&self, end: &Receiver<()>) -> Result<Ended> {
        let limit = self.row.launch.limit_s.map_or(LIMIT, Duration::from_secs);
        let began = bench::now();
        let mut act = self.row.act.as_ref();
        let mut ended = Ended::Itself;
        while matches!(end.recv_timeout(LOOK), Err(RecvTimeoutError::Timeout)) {
            if ended == Ended::Limit {
                continue;
            }
            if let Some(due) = act.filter(|act| self.is_due(act).unwrap_or_default()) {
                // A state is stored before all of its log is written, a container runs before it works.
                let _ = end.recv_timeout(settling(due.at));
                self.containers.act(due.deed, due.to)?;
                act = None;
                ended = Ended::Act;
            }
            if began.elapsed() > limit {
                self.containers.act(Deed::Kill, Container::App)?;
                ended = Ended::Limit;
            }
        }
        Ok(ended)
    }

    /// Whether the moment has come. A half-written event counts as not yet stored.
    fn is_due(&self, act: &Act) -> Result<bool> {
        Ok(match act.at {
            Moment::SandboxCreated => {
                let sandbox = self.containers.sandbox()?;
                sandbox.is_some_and(|sandbox| sandbox.status == "running")
            }
            Moment::SecondRequest => self.provider.requests()? >= 2,
            Moment::CommandRunning => {
                let events = self.places.events()?;
                events.iter().any(|(_, text)| is_command(text))
            }
            Moment::RateLimited => last_state(&self.places.events()?)? == "rate_limited",
            Moment::AwaitingUserInput => {
                last_state(&self.places.events()?)? == "awaiting_user_input"
            }
        })
    }
}

fn settling(moment: Moment) -> Duration {
    match moment {
        Moment::SandboxCreated | Moment::CommandRunning | Moment::SecondRequest => {
            Duration::from_secs(1)
        }
        Moment::RateLimited | Moment::AwaitingUserInput => Duration::from_secs(3),
    }
}

fn is_command(event: &str) -> bool {
    let event: Value = serde_json::from_str(event).unwrap_or_default();
    event.get("action").and_then(Value::as_str) == Some("run")
}

/// The last state that the agent stored, or `none`.
fn last_state(events: &[(u64, String)]) -> Result<String> {
    for (number, text) in events.iter().rev() {
        let event: Value =
            serde_json::from_str(text).with_context(|| format!("read event {number}"))?;
        let state = event.pointer("/extras/agent_state").and_then(Value::as_str);
        if let Some(state) = state {
            return Ok(state.to_owned());
        }
    }
    Ok("none".to_owned())
}

/// Removes a session's directories; what belongs to the containers' user is removed by one of them.
fn remove(root: &Path) -> Result<()> {
    if std::fs::remove_dir_all(root).is_ok() {
        return Ok(());
    }
    let mount = format!("type=bind,source={},target=/clean", root.display());
    let words = [
        "run",
        "--rm",
        "--entrypoint",
        "find",
        "--mount",
        &mount,
        launch::APP_IMAGE,
        "/clean",
        "-mindepth",
        "1",
        "-delete",
    ];
    docker(&words.map(str::to_owned))?;
    std::fs::remove_dir_all(root).with_context(|| format!("remove `{}`", root.display()))
}

#[cfg(test)]
mod tests;
