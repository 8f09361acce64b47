//! The directories of one session, and what is in its workspace afterwards.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::table::{Access, Launch, Task};

#[cfg(test)]
mod tests;

/// The task of every session that has one; the scripts answer whatever is asked.
const TASK: &str = "Create a file named hello.txt with the content 'Hello from OpenHands'.\n";

/// The directories of one session.
#[derive(Debug)]
pub(super) struct Places {
    pub(super) root: PathBuf,
    pub(super) workspace: PathBuf,
    pub(super) home: PathBuf,
    pub(super) input: PathBuf,
}

impl Places {
    /// Makes them new below `root`, which must not exist.
    pub(super) fn create(root: PathBuf, launch: &Launch) -> Result<Self> {
        let places = Self {
            workspace: root.join("workspace"),
            home: root.join("home"),
            input: root.join("input"),
            root,
        };
        fs::create_dir_all(places.root.parent().unwrap_or(&places.root))
            .and_then(|()| fs::create_dir(&places.root))
            .with_context(|| format!("create `{}`", places.root.display()))?;
        let home = match launch.home {
            Access::NotWritable => 0o555,
            Access::Full | Access::ReadOnly => 0o777,
        };
        // The agent's user may be any, and has no right to pass over permissions.
        for (path, mode) in [
            (&places.workspace, 0o777),
            (&places.home, home),
            (&places.input, 0o755),
        ] {
            fs::create_dir(path)
                .and_then(|()| fs::set_permissions(path, Permissions::from_mode(mode)))
                .with_context(|| format!("create `{}`", path.display()))?;
        }
        let task = if launch.task == Task::Empty { "" } else { TASK };
        fs::write(places.input.join("task.md"), task).context("write the task")?;
        for (name, text) in &launch.files {
            fs::write(places.workspace.join(name), text)
                .with_context(|| format!("write `{name}` of the workspace"))?;
        }
        Ok(places)
    }

    /// Paths below the workspace that differ from the files it began with, in order. What git
    /// keeps for itself is left out.
    pub(super) fn changed(&self, began: &BTreeMap<String, String>) -> Result<Vec<String>> {
        let mut now = BTreeMap::new();
        collect(&self.workspace, &self.workspace, &mut now)?;
        let mut changed: Vec<String> = now
            .iter()
            .filter(|(path, bytes)| {
                began.get(*path).map(String::as_bytes) != Some(bytes.as_slice())
            })
            .map(|(path, _)| path.clone())
            .collect();
        changed.extend(
            began
                .keys()
                .filter(|path| !now.contains_key(*path))
                .cloned(),
        );
        changed.sort();
        Ok(changed)
    }

    /// The stored events so far: number and text, in order. None where nothing is stored yet.
    pub(super) fn events(&self) -> Result<Vec<(u64, String)>> {
        let mut events = Vec::new();
        for session in entries(&self.home.join("sessions"))? {
            for file in entries(&session.join("events"))? {
                let name = file
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                let number = name
                    .strip_suffix(".json")
                    .and_then(|stem| stem.parse().ok());
                if let Some(number) = number {
                    let text = fs::read_to_string(&file)
                        .with_context(|| format!("read `{}`", file.display()))?;
                    events.push((number, text));
                }
            }
        }
        events.sort_unstable();
        Ok(events)
    }
}

/// What a directory holds; nothing where there is none, or the agent has locked it.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = match fs::read_dir(folder) {
        Ok(read) => read,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(error).with_context(|| format!("list `{}`", folder.display()));
        }
    };
    let paths = read.map(|entry| entry.map(|entry| entry.path()));
    paths
        .collect::<Result<_, _>>()
        .with_context(|| format!("list `{}`", folder.display()))
}

fn collect(root: &Path, folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    for path in entries(folder)? {
        let relative = path
            .strip_prefix(root)
            .unwrap_or(&path)
            .to_string_lossy()
            .into_owned();
        let kind = path
            .symlink_metadata()
            .with_context(|| format!("look at `{relative}`"))?;
        if kind.is_dir() {
            if relative != ".git" {
                collect(root, &path, found)?;
            }
        } else {
            let bytes = fs::read(&path).with_context(|| format!("read `{relative}`"))?;
            found.insert(relative, bytes);
        }
    }
    Ok(())
}
