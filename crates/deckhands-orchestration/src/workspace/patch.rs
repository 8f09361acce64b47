//! The change as a unified diff that `git apply` and `patch -p1` take.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use similar::{Algorithm, TextDiff};

use super::change_set::{ChangeSet, ChangedEntry};
use super::manifest::{Entry, shown};

/// Files above this are told by name only.
const MAX_TEXT: u64 = 1 << 20;

/// Longest time spent on the lines of one file; the diff is coarser, not wrong, beyond it.
const MAX_TIME: Duration = Duration::from_secs(2);

/// Writes the change between two trees as text. Binary and very large files are named only.
#[must_use]
pub(crate) fn unified_diff(before: &Path, after: &Path, change: &ChangeSet) -> String {
    change
        .entries
        .iter()
        .map(|entry| file_diff(before, after, entry))
        .collect()
}

fn file_diff(before: &Path, after: &Path, entry: &ChangedEntry) -> String {
    let name = shown(&entry.path);
    let mut text = format!("diff --git a/{name} b/{name}\n{}", mode_lines(entry));
    let old = content(before, entry, entry.before.as_ref());
    let new = content(after, entry, entry.after.as_ref());
    match (old, new) {
        (Some(old), Some(new)) if old != new => {
            let old_name = side_name("a", &name, entry.before.is_some());
            let new_name = side_name("b", &name, entry.after.is_some());
            let diff = TextDiff::configure()
                .algorithm(Algorithm::Myers)
                .timeout(MAX_TIME)
                .diff_lines(&old, &new);
            let shown = diff.unified_diff().header(&old_name, &new_name).to_string();
            text.push_str(&shown);
        }
        (Some(_), Some(_)) => {}
        // Writing to a `String` cannot fail.
        _ => _ = writeln!(text, "Binary files a/{name} and b/{name} differ"),
    }
    text
}

fn side_name(side: &str, name: &str, exists: bool) -> String {
    if exists {
        format!("{side}/{name}")
    } else {
        "/dev/null".to_owned()
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
        Some(Entry::File { .. }) => {
            let bytes = fs::read(root.join(&entry.path)).ok()?;
            String::from_utf8(bytes)
                .ok()
                .filter(|text| !text.contains('\0'))
        }
    }
}
