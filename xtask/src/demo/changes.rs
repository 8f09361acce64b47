//! Copies a small folder and tells what changed in the copy. Plain files and folders only.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

#[cfg(test)]
mod tests;

/// Plain files by relative path.
type Contents = BTreeMap<PathBuf, Vec<u8>>;

/// Longest file content that is shown, in bytes.
const SHOWN: usize = 4096;

/// Copies a folder with everything in it.
pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    for (path, content) in contents(from)? {
        let target = to.join(path);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).context("create a folder of the copy")?;
        }
        fs::write(&target, content).with_context(|| format!("write `{}`", target.display()))?;
    }
    fs::create_dir_all(to).context("create the copied folder")
}

/// Files of `after` that are new or different from `before`, by relative path.
pub(super) fn between(before: &Path, after: &Path) -> Result<Vec<PathBuf>> {
    Ok(differing(&contents(before)?, contents(after)?))
}

/// Prints each changed file with its content.
pub(super) fn show(folder: &Path, changed: &[PathBuf]) {
    println!("\nWhat the agent left in {}:", folder.display());
    for path in changed {
        let content = fs::read(folder.join(path)).unwrap_or_default();
        let text = String::from_utf8_lossy(content.get(..SHOWN).unwrap_or(&content)).into_owned();
        println!("--- {}", path.display());
        println!("{}", text.trim_end());
    }
}

fn differing(old: &Contents, new: Contents) -> Vec<PathBuf> {
    let changed = |(path, content): &(PathBuf, Vec<u8>)| old.get(path) != Some(content);
    new.into_iter()
        .filter(changed)
        .map(|(path, _)| path)
        .collect()
}

/// Every plain file below `folder`, by its path relative to it. Links are left alone.
fn contents(folder: &Path) -> Result<Contents> {
    let mut found = BTreeMap::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(next) = pending.pop() {
        let entries = fs::read_dir(&next).with_context(|| format!("list `{}`", next.display()))?;
        for entry in entries {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            if kind.is_dir() {
                pending.push(path);
            } else if kind.is_file() {
                let content =
                    fs::read(&path).with_context(|| format!("read `{}`", path.display()))?;
                let relative = path.strip_prefix(folder).unwrap_or(&path).to_owned();
                found.insert(relative, content);
            }
        }
    }
    Ok(found)
}
