//! The change as a unified diff in git's form.
//!
//! `git apply` takes all of it. `patch -p1` takes everything but changes of links and deletions of
//! empty files.

mod hunks;

use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::change_set::{ChangeSet, ChangedEntry};
use super::files::open_plain;
use super::manifest::{Entry, read_entry};
use hunks::hunks;

/// Files above this are told by name only.
const MAX_TEXT: u64 = 1 << 20;

/// Once the whole text is larger than this (16 MiB), the other files are told by name only.
const MAX_ALL: usize = 16 << 20;

/// Writes the change between two trees as text. Binary and very large files are named only, and
/// so are files whose present content in `before` is not what the change began with: a diff
/// against anything else would take back what somebody else did.
#[must_use]
pub(crate) fn unified_diff(before: &Path, after: &Path, change: &ChangeSet) -> String {
    let mut text = String::new();
    for entry in change.entries.iter().flat_map(steps) {
        let sides = (text.len() <= MAX_ALL).then_some([before, after]);
        text.push_str(&file_diff(sides, &entry));
    }
    text
}

/// A path that changes its kind is deleted and created anew, as git wants it.
fn steps(entry: &ChangedEntry) -> Vec<ChangedEntry> {
    let other_kind = matches!(
        (&entry.before, &entry.after),
        (Some(Entry::File { .. }), Some(Entry::Link { .. }))
            | (Some(Entry::Link { .. }), Some(Entry::File { .. }))
    );
    let gone = ChangedEntry {
        after: None,
        ..entry.clone()
    };
    let made = ChangedEntry {
        before: None,
        ..entry.clone()
    };
    if other_kind {
        vec![gone, made]
    } else {
        vec![entry.clone()]
    }
}

/// The change of one file; only named where its `sides` are not to be read.
fn file_diff(sides: Option<[&Path; 2]>, entry: &ChangedEntry) -> String {
    let [old_name, new_name] = ["a", "b"].map(|side| quoted(side, &entry.path));
    let mut text = format!("diff --git {old_name} {new_name}\n{}", mode_lines(entry));
    let old = sides.and_then(|[before, _]| content(before, entry, entry.before.as_ref()));
    let new = sides.and_then(|[_, after]| content(after, entry, entry.after.as_ref()));
    match (old, new) {
        (Some(old), Some(new)) if old != new => {
            let old_name = header(old_name, entry.before.as_ref());
            let new_name = header(new_name, entry.after.as_ref());
            let hunks = hunks(&old, &new);
            // Writing to a `String` cannot fail.
            let _ = write!(text, "--- {old_name}\n+++ {new_name}\n{hunks}");
        }
        (Some(_), Some(_)) => {}
        // Writing to a `String` cannot fail.
        _ => _ = writeln!(text, "Binary files {old_name} and {new_name} differ"),
    }
    text
}

/// A name in a hunk's header; a tab marks the end of one with a space in it.
fn header(name: String, side: Option<&Entry>) -> String {
    match side {
        None => "/dev/null".to_owned(),
        Some(_) if name.contains(' ') => name + "\t",
        Some(_) => name,
    }
}

/// A path with its side in front; quoted as git does where it would be misread otherwise.
fn quoted(side: &str, path: &Path) -> String {
    let special = |c: char| c.is_control() || matches!(c, '"' | '\\');
    match path.to_str() {
        Some(text) if !text.contains(special) => format!("{side}/{text}"),
        _ => {
            let bytes = path.as_os_str().as_bytes().iter();
            let name: String = bytes.map(|byte| quoted_byte(*byte)).collect();
            format!("\"{side}/{name}\"")
        }
    }
}

fn quoted_byte(byte: u8) -> String {
    match byte {
        b'"' | b'\\' => format!("\\{}", char::from(byte)),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("\\{byte:03o}"),
    }
}

fn mode_lines(entry: &ChangedEntry) -> String {
    match (&entry.before, &entry.after) {
        (None, Some(new)) => format!("new file mode {}\n", git_mode(new)),
        (Some(old), None) => format!("deleted file mode {}\n", git_mode(old)),
        (Some(old), Some(new)) if git_mode(old) != git_mode(new) => {
            format!("old mode {}\nnew mode {}\n", git_mode(old), git_mode(new))
        }
        _ => String::new(),
    }
}

const fn git_mode(entry: &Entry) -> &'static str {
    match entry {
        Entry::File {
            executable: true, ..
        } => "100755",
        Entry::File {
            executable: false, ..
        } => "100644",
        Entry::Link { .. } => "120000",
    }
}

/// The text of one side; empty for an absent one, `None` for what is no text or too long.
fn content(root: &Path, entry: &ChangedEntry, side: Option<&Entry>) -> Option<String> {
    match side {
        None => Some(String::new()),
        Some(Entry::Link { target }) => target.to_str().map(str::to_owned),
        Some(Entry::File { size, .. }) if *size > MAX_TEXT => None,
        Some(side @ Entry::File { .. }) => {
            let meta = fs::symlink_metadata(root.join(&entry.path)).ok()?;
            if read_entry(root, &entry.path, &meta).as_ref() != Ok(side) {
                return None;
            }
            let mut bytes = Vec::new();
            let file = open_plain(&root.join(&entry.path)).ok()?;
            file.take(MAX_TEXT).read_to_end(&mut bytes).ok()?;
            String::from_utf8(bytes)
                .ok()
                .filter(|text| !text.contains('\0'))
        }
    }
}

#[cfg(test)]
mod tests;
