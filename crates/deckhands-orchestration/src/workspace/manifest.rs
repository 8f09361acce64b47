//! What a tree holds: each path with kind, executable bit, size and hash.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::io::{self, Read as _};
use std::ops::Bound;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

mod ignored;
mod read;
mod stored;

pub(super) use ignored::parsed;
pub(super) use read::{MAX_NEW_BYTES, MAX_PATH_BYTES, MAX_PATHS};
pub(crate) use stored::{read_manifest, write_manifest};

use super::files::{CHUNK, open_plain};
use super::{PROMOTION_PREFIX, raw_path};

/// A tree's files and links by relative path. Directories count by what is in them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Manifest {
    /// Files and links.
    pub(crate) entries: BTreeMap<PathBuf, Entry>,
    /// What is there, but can be no part of a change.
    pub(crate) refused: BTreeMap<PathBuf, Refusal>,
    /// Directories, so that empty ones are known; the root is the empty path.
    pub(crate) directories: BTreeSet<PathBuf>,
    /// Files whose originals have set-id or sticky bits, which a copy does not have.
    pub(crate) special: BTreeSet<PathBuf>,
    /// Directories with a `.git` in them, and its size in bytes where it was copied.
    pub(crate) repositories: BTreeMap<PathBuf, u64>,
}

/// The set-user-id, set-group-id and sticky bits of a mode.
pub(super) const SPECIAL_BITS: u32 = 0o7000;

/// One path of a tree.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
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
        #[serde(with = "raw_path")]
        target: PathBuf,
    },
}

/// Why a path can be no part of a change.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
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
    /// A file, or with it the tree, is larger than an agent's work may be.
    TooLarge,
    /// It has a name that promotions use for themselves.
    Reserved,
    /// A directory so deep that the system takes no path of what is in it.
    TooDeep,
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
            Self::TooLarge => "too large",
            Self::Reserved => "named like the place of a promotion",
            Self::TooDeep => "a directory too deep to be read",
        }
    }
}

impl Manifest {
    /// Reads a whole tree as if all of it were new.
    ///
    /// # Errors
    /// As [`Self::of_result`].
    #[cfg(test)]
    pub(crate) fn take(root: &Path) -> io::Result<Self> {
        Self::of_result(root, &Self::default(), false)
    }

    /// Reads the tree an agent left of one that was `before`. `.git` is left out at any depth.
    ///
    /// With `obey_git`, what is new and ignored by the `.gitignore` files in the tree is left out,
    /// too, e.g. caches and build products; only below a directory that had a `.git` before.
    /// What was there before is never left out, whatever it is called.
    ///
    /// # Errors
    /// The system's error where a directory cannot be read; `FileTooLarge` for a tree of more
    /// paths than any work has.
    pub(crate) fn of_result(root: &Path, before: &Self, obey_git: bool) -> io::Result<Self> {
        read::read(root, before, obey_git)
    }

    /// Whether a file, link or refused path is known here.
    pub(super) fn knows(&self, path: &Path) -> bool {
        self.entries.contains_key(path) || self.refused.contains_key(path)
    }

    /// Whether a copy had something at a path. Pipes and the like are refused, but not copied.
    pub(super) fn had(&self, path: &Path) -> bool {
        let copied = |why| matches!(why, &Refusal::OutwardLink | &Refusal::SpecialBits);
        self.entries.contains_key(path)
            || self.directories.contains(path)
            || self.refused.get(path).is_some_and(copied)
    }

    /// Whether anything is known at or below a directory.
    fn knows_below(&self, dir: &Path) -> bool {
        let from = (Bound::Included(dir), Bound::Unbounded);
        let entry = self.entries.range::<Path, _>(from).next();
        let refused = self.refused.range::<Path, _>(from).next();
        entry.is_some_and(|(path, _)| path.starts_with(dir))
            || refused.is_some_and(|(path, _)| path.starts_with(dir))
    }

    /// Puts one path where it belongs.
    pub(super) fn add(&mut self, path: &Path, entry: Result<Entry, Refusal>) {
        match entry {
            Ok(entry) => _ = self.entries.insert(path.to_owned(), entry),
            Err(refusal) => _ = self.refused.insert(path.to_owned(), refusal),
        }
    }
}

/// Whether a path at a workspace's root has a name that promotions use for themselves.
pub(super) fn is_reserved(path: &Path) -> bool {
    let first = path.components().next().map(Component::as_os_str);
    first.is_some_and(|name| name.as_bytes().starts_with(PROMOTION_PREFIX.as_bytes()))
}

/// Reads one path as it is now, without following links.
///
/// # Errors
/// [`Refusal`] for what can be no part of a change.
pub(super) fn read_entry(root: &Path, relative: &Path, meta: &Metadata) -> Result<Entry, Refusal> {
    read_entry_until(root, relative, meta, &|| false)
}

/// The same; `stop` is asked before each part of a file, which is unreadable where it is stopped.
///
/// # Errors
/// As [`read_entry`].
pub(super) fn read_entry_until(
    root: &Path,
    relative: &Path,
    meta: &Metadata,
    stop: &dyn Fn() -> bool,
) -> Result<Entry, Refusal> {
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
        if mode & SPECIAL_BITS != 0 {
            return Err(Refusal::SpecialBits);
        }
        let (size, hash) = hash_file(&path, stop).map_err(unreadable)?;
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

/// Size and SHA-256 of a file's content. `stop` is asked before each large part.
///
/// # Errors
/// The system's error; `Interrupted` where it was stopped.
pub(super) fn hash_file(path: &Path, stop: &dyn Fn() -> bool) -> io::Result<(u64, [u8; 32])> {
    let mut file = open_plain(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    let (mut size, mut asked) = (0, 0);
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok((size, hasher.finalize().into()));
        }
        hasher.update(&buffer[..count]);
        size += count as u64;
        if size - asked >= CHUNK {
            asked = size;
            if stop() {
                return Err(io::ErrorKind::Interrupted.into());
            }
        }
    }
}

/// Whether a link at `link` (relative to the root) with this target stays below the root.
///
/// Judged by the text alone: a target through another link is judged at that link.
pub(super) fn stays_inside(link: &Path, target: &Path) -> bool {
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
