//! What a tree holds: each path with kind, executable bit, size and hash.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

use ignore::WalkBuilder;
use sha2::{Digest, Sha256};

use super::GIT;

/// A tree's files and links by relative path. Directories count by what is in them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Manifest {
    /// Files and links.
    pub(crate) entries: BTreeMap<PathBuf, Entry>,
    /// What is there, but can be no part of a change.
    pub(crate) refused: BTreeMap<PathBuf, Refusal>,
}

/// One path of a tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Entry {
    /// A plain file.
    File {
        /// Whether its owner may execute it.
        executable: bool,
        /// Size in bytes.
        size: u64,
        /// SHA-256 of its content.
        hash: [u8; 32],
    },
    /// A symbolic link that stays inside the tree.
    Link {
        /// Where it points, as written.
        target: PathBuf,
    },
}

/// Why a path can be no part of a change.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Refusal {
    /// A symbolic link that leads out of the tree.
    OutwardLink,
    /// A device.
    Device,
    /// A named pipe.
    Pipe,
    /// A socket.
    Socket,
    /// A file with a set-user-id, set-group-id or sticky bit.
    SpecialBits,
    /// It cannot be read.
    Unreadable,
}

impl Refusal {
    /// For people.
    #[must_use]
    pub(crate) const fn describe(self) -> &'static str {
        match self {
            Self::OutwardLink => "a link that leads out of the workspace",
            Self::Device => "a device",
            Self::Pipe => "a named pipe",
            Self::Socket => "a socket",
            Self::SpecialBits => "a file with a set-id or sticky bit",
            Self::Unreadable => "not readable",
        }
    }
}

impl Manifest {
    /// Reads a tree. `.git` is left out at any depth.
    ///
    /// # Errors
    /// The system's error where the tree itself cannot be read.
    pub(crate) fn take(root: &Path) -> io::Result<Self> {
        let mut manifest = Self::default();
        for item in plain_walk(root) {
            let item = item.map_err(io::Error::other)?;
            let Ok(relative) = item.path().strip_prefix(root) else {
                continue;
            };
            let meta = fs::symlink_metadata(item.path())?;
            if !meta.is_dir() {
                manifest.add(relative, read_entry(root, relative, &meta));
            }
        }
        Ok(manifest)
    }

    /// Forgets what is new since `before` and what git ignores in the tree at `root`, e.g. caches
    /// and build products. What was there before is never forgotten, whatever it is called.
    pub(crate) fn forget_new_ignored(&mut self, root: &Path, before: &Self) {
        let seen = unignored(root);
        let known =
            |path: &PathBuf| before.entries.contains_key(path) || before.refused.contains_key(path);
        self.entries
            .retain(|path, _| known(path) || seen.contains(path));
        self.refused
            .retain(|path, _| known(path) || seen.contains(path));
    }

    /// Puts one path where it belongs.
    pub(super) fn add(&mut self, path: &Path, entry: Result<Entry, Refusal>) {
        match entry {
            Ok(entry) => _ = self.entries.insert(path.to_owned(), entry),
            Err(refusal) => _ = self.refused.insert(path.to_owned(), refusal),
        }
    }
}

/// Every path below `root` but `root` itself, links not followed, `.git` left out.
fn plain_walk(root: &Path) -> impl Iterator<Item = Result<ignore::DirEntry, ignore::Error>> {
    let mut walk = WalkBuilder::new(root);
    walk.standard_filters(false).follow_links(false);
    walk.filter_entry(|entry| entry.file_name() != GIT);
    walk.build()
        .filter(|item| item.as_ref().map_or(true, |entry| entry.depth() > 0))
}

/// Every path below `root` that git's own rules do not ignore there.
fn unignored(root: &Path) -> BTreeSet<PathBuf> {
    let mut walk = WalkBuilder::new(root);
    walk.standard_filters(false).follow_links(false);
    walk.git_ignore(true).git_exclude(true).require_git(true);
    let relative =
        |entry: ignore::DirEntry| entry.path().strip_prefix(root).ok().map(Path::to_owned);
    walk.build().flatten().filter_map(relative).collect()
}

/// Reads one path as it is now, without following links.
///
/// # Errors
/// [`Refusal`] for what can be no part of a change.
pub(super) fn read_entry(root: &Path, relative: &Path, meta: &Metadata) -> Result<Entry, Refusal> {
    let kind = meta.file_type();
    let path = root.join(relative);
    if kind.is_symlink() {
        let target = fs::read_link(&path).map_err(unreadable)?;
        return if stays_inside(relative, &target) {
            Ok(Entry::Link { target })
        } else {
            Err(Refusal::OutwardLink)
        };
    }
    if kind.is_file() {
        let mode = meta.permissions().mode();
        if mode & 0o7000 != 0 {
            return Err(Refusal::SpecialBits);
        }
        let (size, hash) = hash_file(&path).map_err(unreadable)?;
        return Ok(Entry::File {
            executable: mode & 0o100 != 0,
            size,
            hash,
        });
    }
    Err(if kind.is_fifo() {
        Refusal::Pipe
    } else if kind.is_socket() {
        Refusal::Socket
    } else {
        Refusal::Device
    })
}

fn unreadable(_error: io::Error) -> Refusal {
    Refusal::Unreadable
}

/// Size and SHA-256 of a file's content.
fn hash_file(path: &Path) -> io::Result<(u64, [u8; 32])> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    let mut size = 0;
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok((size, hasher.finalize().into()));
        }
        hasher.update(&buffer[..count]);
        size += count as u64;
    }
}

/// Whether a link at `link` (relative to the root) with this target stays below the root.
///
/// Judged by the text alone: a target through another link is judged at that link.
fn stays_inside(link: &Path, target: &Path) -> bool {
    let mut depth = link.components().count().saturating_sub(1);
    for part in target.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(_) => depth += 1,
            Component::ParentDir if depth > 0 => depth -= 1,
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return false,
        }
    }
    true
}

/// A relative path for people and JSON: UTF-8 as it is, everything else escaped.
pub(crate) fn shown(path: &Path) -> String {
    match path.to_str() {
        Some(text) if !text.chars().any(char::is_control) => text.to_owned(),
        _ => path.as_os_str().as_bytes().escape_ascii().to_string(),
    }
}

#[cfg(test)]
mod tests;
