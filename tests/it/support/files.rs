//! Looking at trees of files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Content of each file below a directory, by relative path.
pub(crate) fn tree(root: &Path) -> BTreeMap<String, String> {
    let relative = |path: &PathBuf| path.strip_prefix(root).unwrap().display().to_string();
    let content = |path: &PathBuf| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
    files(root)
        .iter()
        .map(|path| (relative(path), content(path)))
        .collect()
}

/// The files below a directory whose content or name has this text in it.
pub(crate) fn contains(root: &Path, text: &str) -> Vec<PathBuf> {
    let has = |path: &PathBuf| {
        let content = fs::read(path).unwrap();
        let named = path.to_string_lossy().contains(text);
        named
            || content
                .windows(text.len())
                .any(|part| part == text.as_bytes())
    };
    files(root).into_iter().filter(has).collect()
}

fn files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for item in fs::read_dir(root).into_iter().flatten().flatten() {
        let path = item.path();
        match item.file_type().unwrap() {
            kind if kind.is_dir() => found.extend(files(&path)),
            kind if kind.is_file() => found.push(path),
            _ => {}
        }
    }
    found
}
