//! Completes the promotions that dead processes left unfinished.
//!
//! What the user changed meanwhile is never overwritten: such a path is left alone and told.

use std::fmt;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use deckhands_model::TaskId;
use serde::{Deserialize, Serialize};

use super::journal::Journal;
use super::manifest::shown;
use super::promote::PromoteError;
use super::site::Site;
use super::{PROMOTION_PREFIX, raw_path};
use crate::attempt_dir::write_private;
use crate::failure::error_chain;
use crate::home::Home;

/// What a recovery came to.
#[derive(Debug, Default)]
pub struct Recovered {
    /// Workspaces that hold the whole change now.
    pub completed: Vec<PathBuf>,
    /// Paths that the user changed meanwhile. They are told again until the stage directory
    /// that keeps their new contents is removed.
    pub left: Vec<LeftPath>,
    /// Promotions that resist; each stays for the next try.
    pub failed: Vec<PromoteError>,
}

impl Recovered {
    /// What was done and what was not, a line each, for people.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let completed = self.completed.iter();
        let completed =
            completed.map(|w| format!("completed an interrupted change of `{}`", w.display()));
        let failed = self.failed.iter().map(|error| {
            let causes = error_chain(error).join(": ");
            format!("{error}: {causes}")
        });
        let left = self.left.iter().map(LeftPath::to_string);
        completed.chain(left).chain(failed).collect()
    }
}

/// A path of an interrupted promotion that was left as the user made it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeftPath {
    /// The workspace.
    pub workspace: PathBuf,
    /// The path in it, for people.
    pub path: String,
    /// The directory to be removed once it has been looked at.
    pub stage: PathBuf,
    /// Where the content is that the promotion had for it; `None` for a deletion.
    pub kept: Option<PathBuf>,
}

impl fmt::Display for LeftPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (workspace, stage) = (self.workspace.display(), self.stage.display());
        write!(
            f,
            "`{}` in `{workspace}` changed during an interrupted promotion and is left alone; ",
            self.path
        )?;
        match &self.kept {
            Some(kept) => write!(f, "its new content is in `{}`; ", kept.display())?,
            None => f.write_str("it was to be deleted; ")?,
        }
        write!(f, "remove `{stage}` when done")
    }
}

/// What says that a workspace is about to change.
#[derive(Serialize, Deserialize)]
struct Pointer {
    #[serde(with = "raw_path")]
    workspace: PathBuf,
}

/// Completes or takes back every promotion that an earlier process left unfinished.
///
/// # Errors
/// [`PromoteError`] where none can be looked at; one that resists is in [`Recovered::failed`].
pub fn recover(home: &Home) -> Result<Recovered, PromoteError> {
    let dir = promotions_dir(home);
    let mut recovered = Recovered::default();
    if !dir.is_dir() {
        return Ok(recovered);
    }
    let _guard = home.promotion_guard().map_err(PromoteError::from)?;
    let fail = |path: &Path, source| PromoteError {
        action: "recover",
        path: path.to_owned(),
        source,
    };
    for pointer in fs::read_dir(&dir).map_err(|source| fail(&dir, source))? {
        let path = match pointer {
            Ok(pointer) => pointer.path(),
            Err(source) => {
                recovered.failed.push(fail(&dir, source));
                break;
            }
        };
        if let Err(source) = recover_one(&path, &mut recovered) {
            recovered.failed.push(fail(&path, source));
        }
    }
    Ok(recovered)
}

fn recover_one(pointer: &Path, recovered: &mut Recovered) -> io::Result<()> {
    if pointer.extension().is_some() {
        // A pointer that was still being written: nothing had begun.
        return fs::remove_file(pointer);
    }
    let Pointer { workspace } = serde_json::from_slice(&fs::read(pointer)?)?;
    if !workspace.is_dir() {
        let text = format!("the workspace `{}` is not there", workspace.display());
        return Err(io::Error::new(io::ErrorKind::NotFound, text));
    }
    let task = pointer.file_name().unwrap_or_default().to_string_lossy();
    let stage = stage_in(&workspace, &task);
    match fs::symlink_metadata(&stage) {
        Ok(meta) if meta.is_dir() => {}
        Ok(_) => return Err(io::ErrorKind::NotADirectory.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return fs::remove_file(pointer),
        Err(error) => return Err(error),
    }
    let site = Site::new(&workspace, &stage);
    if let Some(mut journal) = Journal::read(&stage)? {
        journal.complete(&site)?;
        let left = left(&journal, &site);
        if !left.is_empty() {
            journal.commit(&stage)?;
            recovered.left.extend(left);
            return Ok(());
        }
        recovered.completed.push(workspace.clone());
    }
    Journal::dissolve(&stage)?;
    fs::remove_file(pointer)
}

fn left(journal: &Journal, site: &Site<'_>) -> Vec<LeftPath> {
    let steps = journal.steps.iter().enumerate();
    let steps = steps.filter(|(_, step)| step.left);
    let told = steps.map(|(number, step)| LeftPath {
        workspace: site.workspace().to_owned(),
        path: shown(&step.entry.path),
        stage: site.stage().to_owned(),
        kept: step.entry.after.as_ref().map(|_| site.new_of(number)),
    });
    told.collect()
}

/// The stage directory of a task's promotion.
pub(super) fn stage_in(workspace: &Path, task: &str) -> PathBuf {
    workspace.join(format!("{PROMOTION_PREFIX}{task}"))
}

/// The file that says which workspace a task's promotion changes.
pub(super) fn pointer_to(home: &Home, task: TaskId) -> PathBuf {
    promotions_dir(home).join(task.to_string())
}

fn promotions_dir(home: &Home) -> PathBuf {
    home.path().join("promotions")
}

/// Says which workspace is about to change, before anything appears in it.
pub(super) fn write_pointer(pointer: &Path, workspace: &Path) -> io::Result<()> {
    if let Some(parent) = pointer.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(parent)?;
    }
    let workspace = workspace.to_owned();
    write_private(pointer, &serde_json::to_vec(&Pointer { workspace })?)
}
