//! What changed between two manifests.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use deckhands_model::{Change, ChangeKind, Finding, Severity};
use serde::{Deserialize, Serialize};

use super::manifest::{Entry, Manifest, Refusal, shown};
use super::raw_path;

/// Most refused paths that are told one by one.
const MAX_FINDINGS: usize = 100;

/// Every path that differs, in path order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct ChangeSet {
    /// Paths that differ and may be promoted.
    pub(crate) entries: Vec<ChangedEntry>,
    /// Paths that appeared or differ but can be no part of a change.
    pub(crate) refused: Vec<RefusedPath>,
    /// Paths that were refused before and are for the same reason.
    pub(crate) still_refused: Vec<PathBuf>,
}

/// One path that differs but can be no part of a change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct RefusedPath {
    /// Relative to the workspace.
    pub(crate) path: PathBuf,
    /// Why it can be none.
    pub(crate) why: Refusal,
    /// Whether it was there before: what the workspace keeps is then not what the agent meant.
    pub(crate) was_there: bool,
}

/// One path that differs. At least one side is there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct ChangedEntry {
    /// Relative to the workspace.
    #[serde(with = "raw_path")]
    pub(crate) path: PathBuf,
    /// What it was.
    pub(crate) before: Option<Entry>,
    /// What it is.
    pub(crate) after: Option<Entry>,
}

impl ChangeSet {
    /// Compares the tree an attempt began with to the one it left.
    #[must_use]
    pub(crate) fn between(before: &Manifest, after: &Manifest) -> Self {
        let paths: BTreeSet<&PathBuf> = before.entries.keys().chain(after.entries.keys()).collect();
        let (special, entries): (Vec<_>, Vec<_>) = paths
            .into_iter()
            .filter(|path| !after.refused.contains_key(*path))
            .filter_map(|path| differing(path, before.entries.get(path), after.entries.get(path)))
            .partition(|entry| before.special.contains(&entry.path));
        let new = after
            .refused
            .iter()
            .filter(|(path, why)| before.refused.get(*path) != Some(why))
            .map(|(path, why)| RefusedPath {
                path: path.clone(),
                why: *why,
                was_there: before.had(path),
            });
        // The workspace's own file has bits that a promotion would not keep.
        let special = special.into_iter().map(|entry| RefusedPath {
            path: entry.path,
            why: Refusal::SpecialBits,
            was_there: true,
        });
        let refused = new.chain(special).collect();
        let same = |(path, why): &(&PathBuf, &Refusal)| before.refused.get(*path) == Some(*why);
        let still_refused = after.refused.iter().filter(same);
        Self {
            entries,
            refused,
            still_refused: still_refused.map(|(path, _why)| path.clone()).collect(),
        }
    }

    /// Whether nothing differs.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The change as the result document lists it.
    #[must_use]
    pub(crate) fn changes(&self) -> Vec<Change> {
        self.entries.iter().map(ChangedEntry::change).collect()
    }

    /// Moves every file and link that the change made from one tree to another. What is there
    /// already stays, so that a move which was broken off can be gone on with.
    ///
    /// # Errors
    /// The system's error for the first path; those before it are moved.
    pub(crate) fn move_files(&self, from: &Path, to: &Path) -> io::Result<()> {
        for entry in self.entries.iter().filter(|entry| entry.after.is_some()) {
            let target = to.join(&entry.path);
            if fs::symlink_metadata(&target).is_ok() {
                continue;
            }
            if let Some(parent) = target.parent() {
                DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(parent)?;
            }
            fs::rename(from.join(&entry.path), target)?;
        }
        Ok(())
    }

    /// A finding for each path that is not taken over, the gravest first, at most [`MAX_FINDINGS`]
    /// and one that counts the others.
    #[must_use]
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let (grave, new): (Vec<_>, Vec<_>) = self.refused.iter().partition(|r| r.was_there);
        let mut all = grave.iter().chain(&new).copied();
        let mut findings: Vec<Finding> = all.by_ref().take(MAX_FINDINGS).map(finding).collect();
        let rest: Vec<_> = all.collect();
        if let Some(gravest) = rest.first() {
            findings.push(Finding {
                message: format!("and {} more paths are not taken over", rest.len()),
                ..finding(gravest)
            });
        }
        findings
    }
}

fn finding(refused: &RefusedPath) -> Finding {
    Finding {
        severity: if refused.was_there {
            Severity::Error
        } else {
            Severity::Warning
        },
        check: "refused_path".to_owned(),
        message: format!(
            "`{}` is {} and is not taken over",
            shortened(&shown(&refused.path)),
            refused.why.describe()
        ),
    }
}

/// A path as its begin and its end, where it is longer than anybody reads.
fn shortened(path: &str) -> String {
    const SHOWN: usize = 100;
    let length = path.chars().count();
    if length <= 3 * SHOWN {
        return path.to_owned();
    }
    let begin: String = path.chars().take(SHOWN).collect();
    let end: String = path.chars().skip(length - SHOWN).collect();
    format!("{begin}…{end}")
}

impl ChangedEntry {
    /// What happened to the path.
    #[must_use]
    pub(crate) fn kind(&self) -> ChangeKind {
        match (&self.before, &self.after) {
            (None, _) => ChangeKind::Created,
            (Some(_), Some(_)) => ChangeKind::Modified,
            (Some(_), None) => ChangeKind::Deleted,
        }
    }

    fn change(&self) -> Change {
        let bytes = match &self.after {
            Some(Entry::File { size, .. }) => *size,
            Some(Entry::Link { .. }) | None => 0,
        };
        Change {
            path: shown(&self.path),
            kind: self.kind(),
            bytes,
        }
    }
}

fn differing(path: &Path, before: Option<&Entry>, after: Option<&Entry>) -> Option<ChangedEntry> {
    let changed = || ChangedEntry {
        path: path.to_owned(),
        before: before.cloned(),
        after: after.cloned(),
    };
    (before != after).then(changed)
}

#[cfg(test)]
mod tests;
