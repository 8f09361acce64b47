//! What is kept of a running attempt so that another process can go on with it: its baseline, how its
//! way out was made, and how far it is.
//!
//! Of the secrets that open something of ours only hashes are kept. All of it goes with the working
//! files.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use deckhands_model::{AttemptReport, ImageReport, ModelId, Timings, Versions};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::attempt_dir::{AttemptDir, write_private, write_private_soon};
use crate::stored_path;
use crate::workspace::{Manifest, read_manifest, write_manifest};

mod error;
mod keys;

pub use error::NotAdoptable;
pub(crate) use keys::{KeptApiKeys, KeptKeys};

/// Version of the files' form.
const VERSION: u32 = 2;

/// Largest of the small files in bytes; the notes are most of it.
const MAX_BYTES: u64 = 4 << 20;

/// What the document has when the agent begins.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Begun {
    /// When the attempt began.
    pub(crate) started_at: Timestamp,
    /// Where the time went until then.
    pub(crate) timings: Timings,
    /// The app's image and the sandbox's.
    pub(crate) images: (ImageReport, ImageReport),
    /// Versions of the parts.
    pub(crate) versions: Versions,
    /// Things worth knowing.
    pub(crate) notes: Vec<String>,
}

/// How an attempt's containers were made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Made {
    /// The form it is written in.
    pub(crate) version: u32,
    /// The model that is called.
    pub(crate) model: ModelId,
    /// What opens the way out; there is none where the app calls its model itself and starts its own
    /// sandbox.
    pub(crate) keys: Option<KeptKeys>,
    /// OpenHands' own id of the session.
    pub(crate) session: String,
    /// Name of the sandbox.
    pub(crate) sandbox: String,
    /// Id of the app container.
    pub(crate) app: String,
    /// Where the stored events are, below the agent's home.
    #[serde(with = "stored_path")]
    pub(crate) store: PathBuf,
    /// What was on the disk before the agent began.
    pub(crate) disk: Taken,
}

/// What an attempt takes of the disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Taken {
    pub(crate) bytes: u64,
    pub(crate) files: u64,
}

/// What the document has once the agent says that it is done: from here on everything can be done
/// again until the result is there.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settled {
    /// The attempt's part of the document.
    pub(crate) attempt: AttemptReport,
    /// The agent's last words.
    pub(crate) output: String,
    /// Models that answered.
    pub(crate) models: Vec<String>,
    /// Where the time went until then.
    pub(crate) timings: Timings,
    /// Versions of the parts.
    pub(crate) versions: Versions,
    /// Things worth knowing.
    pub(crate) notes: Vec<String>,
}

/// How far an attempt is, written down again and again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pulse {
    /// When it was looked at.
    pub(crate) at: Timestamp,
    /// Whether its containers are paused.
    pub(crate) paused: bool,
    /// Whether the agent waits for the end of something that its sandbox does.
    pub(crate) acting: bool,
    /// How far it is.
    pub(crate) measured: Measured,
}

/// Time of an attempt so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Measured {
    /// Whether the agent recorded anything.
    pub(crate) begun: bool,
    /// From the start of its app to its first record, or to the last look.
    pub(crate) start: Duration,
    /// Time at work.
    pub(crate) work: Duration,
    /// Time waited.
    pub(crate) wait: Duration,
}

impl Made {
    /// The form that is written.
    pub(crate) const VERSION: u32 = VERSION;
}

/// Everything that was kept of an attempt.
pub(crate) struct Kept {
    pub(crate) begun: Begun,
    pub(crate) made: Made,
    pub(crate) pulse: Pulse,
    /// Where the agent is done, and its containers are gone.
    pub(crate) settled: Option<Settled>,
    pub(crate) before: Manifest,
}

impl Kept {
    /// Reads it all.
    ///
    /// # Errors
    /// [`NotAdoptable::NotBegun`] where the agent was not about to be started yet,
    /// [`NotAdoptable::Damaged`] for what is none of it.
    pub(crate) fn read(dir: &AttemptDir) -> Result<Self, NotAdoptable> {
        let place = dir.adoption();
        // Written last: without it the app was never started.
        let Some(pulse) = pulse(dir).map_err(damaged)? else {
            return Err(NotAdoptable::NotBegun);
        };
        let made: Made = read_json(&place.join(MADE)).map_err(damaged)?;
        if made.version != VERSION {
            let text = format!("it was written in the form {}", made.version);
            return Err(damaged(io::Error::new(io::ErrorKind::InvalidData, text)));
        }
        if !is_relative(&made.store) {
            let text = "its events are not in its directory";
            return Err(damaged(io::Error::new(io::ErrorKind::InvalidData, text)));
        }
        Ok(Self {
            begun: read_json(&place.join(BEGUN)).map_err(damaged)?,
            settled: optional(read_json(&place.join(SETTLED))).map_err(damaged)?,
            before: read_manifest(&place.join(MANIFEST)).map_err(damaged)?,
            made,
            pulse,
        })
    }
}

const BEGUN: &str = "begun.json";
const MADE: &str = "made.json";
const SETTLED: &str = "settled.json";
const PULSE: &str = "pulse.json";
const MANIFEST: &str = "manifest.json";

/// Keeps the baseline, against which the change is read in the end.
///
/// # Errors
/// The system's error.
pub(crate) fn keep_baseline(dir: &AttemptDir, before: &Manifest) -> io::Result<()> {
    let place = dir.adoption();
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&place)?;
    write_manifest(&place.join(MANIFEST), before)
}

/// Keeps what the document has so far.
///
/// # Errors
/// The system's error.
pub(crate) fn keep_begun(dir: &AttemptDir, begun: &Begun) -> io::Result<()> {
    write_private(&dir.adoption().join(BEGUN), &serde_json::to_vec(begun)?)
}

/// Keeps how the containers are made, and from then on the attempt is adoptable.
///
/// # Errors
/// The system's error.
pub(crate) fn keep_made(dir: &AttemptDir, made: &Made, now: Timestamp) -> io::Result<()> {
    write_private(&dir.adoption().join(MADE), &serde_json::to_vec(made)?)?;
    let pulse = Pulse {
        at: now,
        paused: false,
        acting: false,
        measured: Measured::default(),
    };
    keep_pulse(dir, &pulse)
}

/// Keeps how far the attempt is. It is not waited for the disk: a machine that fails takes the
/// containers with it.
///
/// # Errors
/// The system's error.
pub(crate) fn keep_pulse(dir: &AttemptDir, pulse: &Pulse) -> io::Result<()> {
    write_private_soon(&dir.adoption().join(PULSE), &serde_json::to_vec(pulse)?)
}

/// How far the attempt was; `None` where its app was not about to be started yet.
///
/// # Errors
/// The system's error.
pub(crate) fn pulse(dir: &AttemptDir) -> io::Result<Option<Pulse>> {
    optional(read_json(&dir.adoption().join(PULSE)))
}

/// Keeps what the document has once the agent is done.
///
/// # Errors
/// The system's error.
pub(crate) fn keep_settled(dir: &AttemptDir, settled: &Settled) -> io::Result<()> {
    let path = dir.adoption().join(SETTLED);
    write_private(&path, &serde_json::to_vec(settled)?)
}

fn optional<T>(read: io::Result<T>) -> io::Result<Option<T>> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(serde_json::from_slice(&bytes)?)
}

fn damaged(source: io::Error) -> NotAdoptable {
    NotAdoptable::Damaged { source }
}

fn is_relative(path: &Path) -> bool {
    let normal = |part| matches!(part, std::path::Component::Normal(_));
    path.components().all(normal)
}

/// Removes what an earlier process wrote down of the agent: it is read again from the begin.
///
/// # Errors
/// The system's error.
pub(crate) fn begin_evidence_anew(dir: &AttemptDir, with_output: bool) -> io::Result<()> {
    let output = with_output.then(|| dir.transcript());
    for path in output.into_iter().chain([dir.events()]) {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
