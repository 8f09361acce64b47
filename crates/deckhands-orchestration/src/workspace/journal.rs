//! The journal of a promotion: what will be done, written down before the first step.

use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::change_set::{ChangeSet, ChangedEntry};
use super::files::{open_plain, prune, remove_if_there};
use super::site::{Progress, Site};
use crate::attempt_dir::{remove_tree, write_private};

/// The steps of a promotion; each has its place in the list as its number in the stage directory.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Journal {
    pub(super) steps: Vec<Step>,
}

/// One path that is replaced, made or deleted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Step {
    /// The path, what it was and what it becomes.
    pub(super) entry: ChangedEntry,
    /// Whether a recovery found that the user changed the path meanwhile. It is never tried again.
    pub(super) left: bool,
}

/// Why and where a promotion was stopped, and whether what was done of it is undone.
#[derive(Debug)]
pub(super) struct Stopped {
    pub(super) path: PathBuf,
    pub(super) why: Stop,
    pub(super) taken_back: io::Result<()>,
}

/// Why a promotion was stopped.
#[derive(Debug)]
pub(super) enum Stop {
    /// The path changed after the promotion had begun.
    MovedOn,
    /// The system refused a step.
    Failed(io::Error),
}

impl Journal {
    const FILE: &'static str = "journal.json";

    /// The steps of a change.
    pub(super) fn of(change: &ChangeSet) -> Self {
        let step = |entry: &ChangedEntry| Step {
            entry: entry.clone(),
            left: false,
        };
        Self {
            steps: change.entries.iter().map(step).collect(),
        }
    }

    /// Writes the journal; a promotion that dies from here on is completed.
    pub(super) fn commit(&self, stage: &Path) -> io::Result<()> {
        write_private(&stage.join(Self::FILE), &serde_json::to_vec(self)?)?;
        File::open(stage)?.sync_all()
    }

    /// The journal of a stage directory; `None` where the promotion never began.
    pub(super) fn read(stage: &Path) -> io::Result<Option<Self>> {
        let file = match open_plain(&stage.join(Self::FILE)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let journal: Self = serde_json::from_reader(io::BufReader::new(file))?;
        let inside = |path: &Path| path.components().all(|c| matches!(c, Component::Normal(_)));
        if journal.steps.iter().all(|step| inside(&step.entry.path)) {
            Ok(Some(journal))
        } else {
            let text = "the journal names a path outside of the workspace";
            Err(io::Error::new(io::ErrorKind::InvalidData, text))
        }
    }

    /// Removes a stage directory, the journal first: without it nothing is ever completed.
    pub(super) fn dissolve(stage: &Path) -> io::Result<()> {
        remove_if_there(&stage.join(Self::FILE))?;
        remove_tree(stage)
    }

    /// Carries out every step, or none.
    ///
    /// Deletions come first, so that a file can take the place of a directory and the other way
    /// round; emptied directories go last, so that one that is used again stays as it is.
    ///
    /// # Errors
    /// [`Stopped`], also where a path moved on since the conflict check.
    pub(super) fn carry_out(&self, site: &Site<'_>) -> Result<(), Stopped> {
        let mut made = Vec::new();
        for (number, step) in self.in_order() {
            let path = &step.entry.path;
            let why = match self.step(site, number, &mut made) {
                Ok(Progress::Due | Progress::Done) => continue,
                Ok(Progress::MovedOn) => Stop::MovedOn,
                Err(source) => Stop::Failed(source),
            };
            return Err(Stopped {
                path: path.clone(),
                why,
                taken_back: self.take_back(site, &made),
            });
        }
        self.prune(site);
        Ok(())
    }

    /// Completes what an earlier process began; a path that moved on is marked as left alone.
    ///
    /// # Errors
    /// The system's error for the first step that fails; the others are tried all the same.
    pub(super) fn complete(&mut self, site: &Site<'_>) -> io::Result<()> {
        let mut result = Ok(());
        let numbers: Vec<usize> = self.in_order().map(|(number, _)| number).collect();
        for number in numbers {
            if self.steps[number].left {
                continue;
            }
            match self.step(site, number, &mut Vec::new()) {
                Ok(progress) => self.steps[number].left = progress == Progress::MovedOn,
                Err(error) => result = result.and(Err(error)),
            }
        }
        self.prune(site);
        result
    }

    /// Does one step if it is due; gives how far it was.
    fn step(
        &self,
        site: &Site<'_>,
        number: usize,
        made: &mut Vec<PathBuf>,
    ) -> io::Result<Progress> {
        let entry = &self.steps[number].entry;
        let progress = site.progress(number, entry)?;
        if progress == Progress::Due {
            site.set_aside(number, &entry.path)?;
            if entry.after.is_some() {
                site.put(number, &entry.path, made)?;
            }
        }
        Ok(progress)
    }

    fn take_back(&self, site: &Site<'_>, made: &[PathBuf]) -> io::Result<()> {
        let steps: Vec<_> = self.in_order().collect();
        for (number, step) in steps.iter().rev().filter(|(_, s)| s.entry.after.is_some()) {
            site.take_back(*number, &step.entry)?;
        }
        for dir in made.iter().rev() {
            fs::remove_dir(dir)?;
        }
        for (number, step) in steps.iter().rev().filter(|(_, s)| s.entry.after.is_none()) {
            site.take_back(*number, &step.entry)?;
        }
        Ok(())
    }

    /// Every step with its number, deletions first.
    fn in_order(&self) -> impl Iterator<Item = (usize, &Step)> {
        let numbered = || self.steps.iter().enumerate();
        let deletions = numbered().filter(|(_, step)| step.entry.after.is_none());
        deletions.chain(numbered().filter(|(_, step)| step.entry.after.is_some()))
    }

    fn prune(&self, site: &Site<'_>) {
        let gone = |step: &&Step| step.entry.after.is_none() && !step.left;
        for step in self.steps.iter().filter(gone) {
            prune(site.workspace(), &step.entry.path);
        }
    }
}
