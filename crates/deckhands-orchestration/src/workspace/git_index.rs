//! Which files git tracks, read from a repository's index. Git itself is never run.
//!
//! Tracked files are part of the work even where an ignore rule names them. An index that is not
//! understood counts as none: then the ignore rules alone decide.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

use super::GIT;
use super::files::read_small;

/// Largest index that is read: 256 MiB, some two million files.
const MAX_INDEX: u64 = 256 << 20;

/// Most bytes that all paths of an index have together: 256 MiB.
const MAX_PATH_BYTES: usize = 256 << 20;

/// Largest settings file that is read: 1 MiB.
const MAX_CONFIG: u64 = 1 << 20;

/// Bytes of an entry before the name of its object.
const BEFORE_OBJECT: usize = 40;

/// Where in an entry its mode is.
const MODE_AT: usize = 24;

/// The flag of an entry that has more flags.
const EXTENDED: u16 = 0x4000;

/// The files and links that an index names, relative to the work tree.
pub(super) fn tracked(index: &Path, config: &Path) -> BTreeSet<PathBuf> {
    let sha256 = read_small(config, MAX_CONFIG).is_some_and(|text| uses_sha256(&text));
    let object = if sha256 { 32 } else { 20 };
    read_small(index, MAX_INDEX)
        .and_then(|bytes| parsed(&bytes, object))
        .unwrap_or_default()
}

/// Whether a repository names its objects by SHA-256.
fn uses_sha256(config: &[u8]) -> bool {
    let text = String::from_utf8_lossy(config).to_ascii_lowercase();
    text.lines().any(|line| {
        let line: String = line.split_whitespace().collect();
        line == "objectformat=sha256"
    })
}

/// What is still to be read of an index.
struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(count)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_be_bytes)
    }

    /// Bytes up to a zero, which is passed over.
    fn name(&mut self) -> Option<&'a [u8]> {
        let length = self.bytes.get(self.at..)?.iter().position(|b| *b == 0)?;
        let name = self.take(length)?;
        self.take(1)?;
        Some(name)
    }

    /// A number in groups of seven bits, each but the last with its high bit set.
    fn varint(&mut self) -> Option<usize> {
        let mut byte = self.take(1)?[0];
        let mut value = usize::from(byte & 0x7f);
        while byte & 0x80 != 0 {
            byte = self.take(1)?[0];
            value = value.checked_add(1)?.checked_mul(128)? + usize::from(byte & 0x7f);
        }
        Some(value)
    }
}

/// The paths of an index of version 2, 3 or 4.
fn parsed(bytes: &[u8], object: usize) -> Option<BTreeSet<PathBuf>> {
    let mut input = Input { bytes, at: 0 };
    if input.take(4)? != b"DIRC" {
        return None;
    }
    let version = input.u32().filter(|version| (2..=4).contains(version))?;
    let count = input.u32()?;
    let (mut paths, mut name, mut path_bytes) = (BTreeSet::new(), Vec::new(), 0);
    for _ in 0..count {
        let begin = input.at;
        let mode = fixed_part(&mut input, version, object)?;
        if version == 4 {
            let kept = name.len().checked_sub(input.varint()?)?;
            name.truncate(kept);
            name.extend_from_slice(input.name()?);
        } else {
            name = input.name()?.to_vec();
            // One zero at least, and as many as make the entry a multiple of eight bytes long.
            let rest = (input.at - begin).next_multiple_of(8) - (input.at - begin);
            input.take(rest)?;
        }
        path_bytes += name.len();
        if path_bytes > MAX_PATH_BYTES {
            return None;
        }
        let path = PathBuf::from(OsString::from_vec(name.clone()));
        if is_file_or_link(mode) && is_inside(&path) {
            paths.insert(path);
        }
    }
    Some(paths)
}

/// Reads an entry up to its name; gives the mode.
fn fixed_part(input: &mut Input<'_>, version: u32, object: usize) -> Option<u32> {
    let head = input.take(BEFORE_OBJECT)?;
    let mode = head.get(MODE_AT..MODE_AT + 4)?.try_into().ok()?;
    input.take(object)?;
    if input.u16()? & EXTENDED != 0 {
        if version == 2 {
            return None;
        }
        input.u16()?;
    }
    Some(u32::from_be_bytes(mode))
}

/// Neither a submodule nor a directory that stands for what is below it.
const fn is_file_or_link(mode: u32) -> bool {
    matches!(mode >> 12, 0o10 | 0o12)
}

fn is_inside(path: &Path) -> bool {
    let named = |part: Component<'_>| matches!(part, Component::Normal(name) if name != GIT);
    path.components().count() > 0 && path.components().all(named)
}

#[cfg(test)]
mod tests;
