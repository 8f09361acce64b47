//! Reading the tree an agent left, within bounds: it may hold anything, of any size.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::ignored::{Budget, Rules};
use super::{Entry, Manifest, Refusal, is_reserved, read_entry};
use crate::workspace::{GIT, is_too_long};

/// Largest new or resized file, in bytes of apparent size: 2 GiB. More is no work of an agent but
/// a sparse file, which would be read for ever.
const MAX_FILE_BYTES: u64 = 2 << 30;

/// Most bytes that new and resized files have together: 8 GiB, a few minutes of hashing.
pub(in crate::workspace) const MAX_NEW_BYTES: u64 = 8 << 30;

/// Most paths of a tree; large repositories have a tenth of it.
pub(in crate::workspace) const MAX_PATHS: u64 = 1_000_000;

/// Most bytes that all paths of a tree and the targets of its links have together: 256 MiB, which
/// must fit into memory.
pub(in crate::workspace) const MAX_PATH_BYTES: u64 = 256 << 20;

/// The bounds of one reading.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    /// See [`MAX_FILE_BYTES`].
    pub(super) file: u64,
    /// See [`MAX_NEW_BYTES`].
    pub(super) all: u64,
    /// See [`MAX_PATHS`].
    pub(super) paths: u64,
    /// See [`MAX_PATH_BYTES`].
    pub(super) path_bytes: u64,
}

/// One reading under way.
struct Reader<'a> {
    root: &'a Path,
    before: &'a Manifest,
    obey_git: bool,
    bounds: Bounds,
    new_bytes: u64,
    paths: u64,
    path_bytes: u64,
    rules: Budget,
    manifest: Manifest,
}

/// A directory that is still to be read.
struct Todo {
    path: PathBuf,
    rules: Option<Rc<Rules>>,
    /// Whether it is ignored, and with it everything new in it.
    ignored: bool,
}

/// Reads the tree; see [`Manifest::of_result`].
pub(super) fn read(root: &Path, before: &Manifest, obey_git: bool) -> io::Result<Manifest> {
    let bounds = Bounds {
        file: MAX_FILE_BYTES,
        all: MAX_NEW_BYTES,
        paths: MAX_PATHS,
        path_bytes: MAX_PATH_BYTES,
    };
    read_within(root, before, obey_git, bounds)
}

/// Reads the tree within other bounds.
pub(super) fn read_within(
    root: &Path,
    before: &Manifest,
    obey_git: bool,
    bounds: Bounds,
) -> io::Result<Manifest> {
    let mut reader = Reader {
        root,
        before,
        obey_git,
        bounds,
        new_bytes: 0,
        paths: 0,
        path_bytes: 0,
        rules: Budget::default(),
        manifest: Manifest::default(),
    };
    let mut todo = vec![Todo {
        path: PathBuf::new(),
        rules: None,
        ignored: false,
    }];
    while let Some(directory) = todo.pop() {
        reader.directory(directory, &mut todo)?;
    }
    Ok(reader.manifest)
}

impl Reader<'_> {
    fn directory(&mut self, mut dir: Todo, todo: &mut Vec<Todo>) -> io::Result<()> {
        self.manifest.directories.insert(dir.path.clone());
        if self.obey_git {
            self.enter(&mut dir);
        }
        for item in fs::read_dir(self.root.join(&dir.path))? {
            let item = item?;
            let path = dir.path.join(item.file_name());
            self.count(&path)?;
            if item.file_name() == GIT {
                self.manifest.repositories.insert(dir.path.clone(), 0);
                continue;
            }
            let place = self.root.join(&path);
            let meta = fs::symlink_metadata(&place)?;
            if meta.is_dir() && is_too_long(&place) {
                self.manifest.add(&path, Err(Refusal::TooDeep));
                continue;
            }
            let by_rule = || Rules::ignore(dir.rules.as_deref(), &path, meta.is_dir());
            let ignored = dir.ignored || by_rule();
            if !meta.is_dir() {
                self.leaf(&path, &meta, ignored);
            } else if !ignored || self.before.knows_below(&path) {
                todo.push(Todo {
                    path,
                    rules: dir.rules.clone(),
                    ignored,
                });
            }
        }
        Ok(())
    }

    /// Takes the rules of a directory on; a repository does not obey those around it.
    fn enter(&mut self, dir: &mut Todo) {
        let repository = self.before.repositories.contains_key(&dir.path);
        if repository {
            dir.rules = Some(Rc::default());
            dir.ignored = false;
        }
        if let Some(above) = dir.rules.take() {
            dir.rules = Some(Rules::of(self.root, &dir.path, above, &mut self.rules));
        }
    }

    fn leaf(&mut self, path: &Path, meta: &Metadata, ignored: bool) {
        if ignored && !self.before.knows(path) {
            return;
        }
        let entry = if is_reserved(path) && !self.before.knows(path) {
            Err(Refusal::Reserved)
        } else if meta.is_file() && self.is_too_large(path, meta.len()) {
            Err(Refusal::TooLarge)
        } else {
            read_entry(self.root, path, meta)
        };
        if let Ok(Entry::Link { target }) = &entry {
            self.path_bytes += target.as_os_str().len() as u64;
        }
        self.manifest.add(path, entry);
    }

    /// Whether a file goes beyond the bounds. One of the size it had before does not count: the
    /// copy read it once already.
    fn is_too_large(&mut self, path: &Path, size: u64) -> bool {
        match self.before.entries.get(path) {
            Some(Entry::File { size: known, .. }) if *known == size => return false,
            _ if size > self.bounds.file => return true,
            _ => {}
        }
        let all = self.new_bytes.saturating_add(size);
        if all <= self.bounds.all {
            self.new_bytes = all;
        }
        all > self.bounds.all
    }

    fn count(&mut self, path: &Path) -> io::Result<()> {
        self.paths += 1;
        self.path_bytes += path.as_os_str().len() as u64;
        if self.paths <= self.bounds.paths && self.path_bytes <= self.bounds.path_bytes {
            return Ok(());
        }
        let most = self.bounds.paths;
        let text = format!("the tree has more than {most} paths, or they are too long");
        Err(io::Error::new(io::ErrorKind::FileTooLarge, text))
    }
}
