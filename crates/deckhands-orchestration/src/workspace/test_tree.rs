//! Trees of files for the tests of this folder.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

use super::manifest::shown;

/// A directory that goes with the test.
pub(super) struct Tree(TempDir);

impl Tree {
    /// With these files, by path and content.
    pub(super) fn new<P: AsRef<Path>, C: AsRef<[u8]>>(files: &[(P, C)]) -> Self {
        let tree = Self(TempDir::new().unwrap());
        for (path, content) in files {
            tree.write(path, content);
        }
        tree
    }

    pub(super) fn empty() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn join(&self, path: impl AsRef<Path>) -> PathBuf {
        self.path().join(path)
    }

    /// Writes a file, with the directories above it.
    pub(super) fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        fs::write(self.place(path), content).unwrap();
    }

    pub(super) fn link(&self, path: &str, target: &str) {
        symlink(target, self.place(path)).unwrap();
    }

    pub(super) fn mode(&self, path: &str, mode: u32) {
        fs::set_permissions(self.join(path), fs::Permissions::from_mode(mode)).unwrap();
    }

    pub(super) fn fifo(&self, path: &str) {
        mknodat(CWD, self.place(path), FileType::Fifo, Mode::RWXU, 0).unwrap();
    }

    pub(super) fn socket(&self, path: &str) {
        UnixListener::bind(self.place(path)).unwrap();
    }

    pub(super) fn remove(&self, path: &str) {
        fs::remove_file(self.join(path)).unwrap();
    }

    /// Edits by words: `path=content`, `-path` (removes), `path->target` (a link in its place),
    /// `path+x`, `path-x`, `path|` (a pipe in its place).
    pub(super) fn edit(&self, words: &str) {
        for word in words.split_whitespace() {
            let free = |path: &str| fs::remove_file(self.join(path)).unwrap_or_default();
            if let Some((path, target)) = word.split_once("->") {
                free(path);
                self.link(path, target);
            } else if let Some((path, content)) = word.split_once('=') {
                self.write(path, content);
            } else if let Some(path) = word.strip_suffix("+x") {
                self.mode(path, 0o755);
            } else if let Some(path) = word.strip_suffix("-x") {
                self.mode(path, 0o644);
            } else if let Some(path) = word.strip_suffix('|') {
                free(path);
                self.fifo(path);
            } else if let Some(path) = word.strip_prefix('-') {
                self.remove(path);
            } else {
                panic!("`{word}` is no edit");
            }
        }
    }

    /// Every path: the content of a file (with `x ` in front where it may be executed), the target
    /// of a link; directories end with `/`.
    pub(super) fn listing(&self) -> BTreeMap<String, String> {
        let mut listing = BTreeMap::new();
        list(self.path(), Path::new(""), &mut listing);
        listing
    }

    /// Runs git here, apart from every configuration of the machine; gives what it printed.
    pub(super) fn git(&self, arguments: &[&str]) -> String {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=t", "-c", "user.email=t@example.org"]);
        git.args(["-c", "protocol.file.allow=always"]);
        git.args(arguments).current_dir(self.path());
        git.env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1");
        run(git)
    }

    fn place(&self, path: impl AsRef<Path>) -> PathBuf {
        let place = self.join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        place
    }
}

/// Runs a program that must succeed; gives what it printed.
pub(super) fn run(mut command: Command) -> String {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (said, complained) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{command:?}: {said}{complained}");
    said
}

/// Whether this process may read everything, whatever a mode says.
pub(super) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn list(root: &Path, below: &Path, listing: &mut BTreeMap<String, String>) {
    for item in fs::read_dir(root.join(below)).unwrap() {
        let path = below.join(item.unwrap().file_name());
        let meta = fs::symlink_metadata(root.join(&path)).unwrap();
        let name = shown(&path);
        if meta.is_dir() {
            listing.insert(format!("{name}/"), String::new());
            list(root, &path, listing);
        } else if meta.is_symlink() {
            let target = fs::read_link(root.join(&path)).unwrap();
            listing.insert(name, format!("-> {}", target.display()));
        } else if meta.is_file() {
            let content = fs::read(root.join(&path))
                .unwrap()
                .escape_ascii()
                .to_string();
            let mark = if meta.permissions().mode() & 0o100 == 0 {
                ""
            } else {
                "x "
            };
            listing.insert(name, format!("{mark}{content}"));
        } else {
            listing.insert(name, "special".to_owned());
        }
    }
}
